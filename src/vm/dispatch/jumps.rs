//! Jumps, with the comparisons that are part of them.

use super::numbers::{float_pair, quick_truth};
use super::state::State;
use super::{Halt, Vm};
use crate::bytecode::op::Op;
use crate::heap::{Gc, Value};
use crate::objects::CodeObject;
use crate::vm::Activation;

// Jumps if the comparison gives `$want`. What is neither two integers nor two floats other than zero goes on in
// `$otherwise`.
macro_rules! compare {
    ($s:ident, $cmp:tt, $want:expr, $otherwise:ident) => {{
        let op = $s.op();
        let (a, b) = ($s.reg(op.a()), $s.reg(op.b()));
        if a.both_ints(b) {
            return $s.branch(a.signed_bits() $cmp b.signed_bits(), $want);
        }
        if a.both_small_floats(b) {
            return $s.branch(a.float_unchecked() $cmp b.float_unchecked(), $want);
        }
        $s.then($otherwise)
    }};
}

macro_rules! compare_zero {
    ($s:ident, $cmp:tt, $want:expr) => {{
        let op = $s.op();
        if let Some((x, y)) = float_pair($s.reg(op.a()), $s.reg(op.b())) {
            return $s.branch(x $cmp y, $want);
        }
        $s.general()
    }};
}

macro_rules! compare_int {
    ($s:ident, $cmp:tt, $want:expr) => {{
        let op = $s.op();
        let a = $s.reg(op.a());
        if a.is_int() {
            return $s.branch(a.signed_bits() $cmp Value::int(op.signed_b()).signed_bits(), $want);
        }
        if let Some(x) = a.inline_float() {
            return $s.branch(x $cmp op.signed_b() as f64, $want);
        }
        $s.general()
    }};
}

// Jumps if the container holds the item, or if it does not; does the last where that is not known.
macro_rules! contains {
    ($s:ident, $contains:expr, $want:expr, $otherwise:expr) => {
        match $contains {
            Some(found) => $s.branch(found, $want),
            None => $otherwise,
        }
    };
}

// The same by a glance into a dict or set, for an integer; anything else is looked for in `$other`.
macro_rules! contains_int {
    ($s:ident, $want:expr, $other:ident, $otherwise:ident) => {{
        let op = $s.op();
        let item = $s.reg(op.a());
        if !item.is_int() {
            return $s.then($other);
        }
        contains!($s, Vm::glance_for_int($s.reg(op.b()), item), $want, $s.then($otherwise))
    }};
}

macro_rules! contains_int_further {
    ($s:ident, $want:expr, $otherwise:ident) => {{
        let op = $s.op();
        contains!($s, Vm::look_for_int($s.reg(op.b()), $s.reg(op.a())), $want, $s.then($otherwise))
    }};
}

macro_rules! contains_other {
    ($s:ident, $want:expr, $otherwise:ident) => {{
        let op = $s.op();
        contains!($s, $s.vm.glance_for_other($s.reg(op.b()), $s.reg(op.a())), $want, $s.then($otherwise))
    }};
}

macro_rules! contains_anything {
    ($s:ident, $want:expr) => {{
        let op = $s.op();
        contains!($s, $s.vm.quick_contains($s.reg(op.b()), $s.reg(op.a())), $want, $s.general())
    }};
}

handlers! {
    fn jump(s) {
        s.jump()
    }

    fn if_true(s) {
        match quick_truth(s.reg(s.op().a())) {
            Some(truth) => s.branch(truth, true),
            None => s.general(),
        }
    }

    fn if_false(s) {
        match quick_truth(s.reg(s.op().a())) {
            Some(truth) => s.branch(truth, false),
            None => s.general(),
        }
    }

    fn if_none(s) {
        let none = s.reg(s.op().a()).is_none();
        s.branch(none, true)
    }

    fn if_not_none(s) {
        let none = s.reg(s.op().a()).is_none();
        s.branch(none, false)
    }

    fn if_in(s) {
        contains_int!(s, true, if_other_in, if_int_in)
    }

    fn if_int_in(s) {
        contains_int_further!(s, true, if_in_otherwise)
    }

    fn if_other_in(s) {
        contains_other!(s, true, if_in_otherwise)
    }

    fn if_in_otherwise(s) {
        contains_anything!(s, true)
    }

    fn if_not_in(s) {
        contains_int!(s, false, if_other_not_in, if_int_not_in)
    }

    fn if_int_not_in(s) {
        contains_int_further!(s, false, if_not_in_otherwise)
    }

    fn if_other_not_in(s) {
        contains_other!(s, false, if_not_in_otherwise)
    }

    fn if_not_in_otherwise(s) {
        contains_anything!(s, false)
    }

    fn if_lt(s) {
        compare!(s, <, true, if_lt_zero)
    }

    fn if_lt_zero(s) {
        compare_zero!(s, <, true)
    }

    fn if_not_lt(s) {
        compare!(s, <, false, if_not_lt_zero)
    }

    fn if_not_lt_zero(s) {
        compare_zero!(s, <, false)
    }

    fn if_le(s) {
        compare!(s, <=, true, if_le_zero)
    }

    fn if_le_zero(s) {
        compare_zero!(s, <=, true)
    }

    fn if_not_le(s) {
        compare!(s, <=, false, if_not_le_zero)
    }

    fn if_not_le_zero(s) {
        compare_zero!(s, <=, false)
    }

    fn if_gt(s) {
        compare!(s, >, true, if_gt_zero)
    }

    fn if_gt_zero(s) {
        compare_zero!(s, >, true)
    }

    fn if_not_gt(s) {
        compare!(s, >, false, if_not_gt_zero)
    }

    fn if_not_gt_zero(s) {
        compare_zero!(s, >, false)
    }

    fn if_ge(s) {
        compare!(s, >=, true, if_ge_zero)
    }

    fn if_ge_zero(s) {
        compare_zero!(s, >=, true)
    }

    fn if_not_ge(s) {
        compare!(s, >=, false, if_not_ge_zero)
    }

    fn if_not_ge_zero(s) {
        compare_zero!(s, >=, false)
    }

    fn if_eq(s) {
        compare!(s, ==, true, if_eq_otherwise)
    }

    fn if_eq_otherwise(s) {
        let op = s.op();
        let (a, b) = (s.reg(op.a()), s.reg(op.b()));
        if let Some(equal) = Vm::quick_equal(a, b) {
            return s.branch(equal, true);
        }
        if let Some((x, y)) = float_pair(a, b) {
            return s.branch(x == y, true);
        }
        s.general()
    }

    fn if_not_eq(s) {
        compare!(s, ==, false, if_not_eq_otherwise)
    }

    fn if_not_eq_otherwise(s) {
        let op = s.op();
        let (a, b) = (s.reg(op.a()), s.reg(op.b()));
        if let Some(equal) = Vm::quick_equal(a, b) {
            return s.branch(equal, false);
        }
        if let Some((x, y)) = float_pair(a, b) {
            return s.branch(x == y, false);
        }
        s.general()
    }

    fn if_lt_int(s) {
        compare_int!(s, <, true)
    }

    fn if_not_lt_int(s) {
        compare_int!(s, <, false)
    }

    fn if_le_int(s) {
        compare_int!(s, <=, true)
    }

    fn if_not_le_int(s) {
        compare_int!(s, <=, false)
    }

    fn if_gt_int(s) {
        compare_int!(s, >, true)
    }

    fn if_not_gt_int(s) {
        compare_int!(s, >, false)
    }

    fn if_ge_int(s) {
        compare_int!(s, >=, true)
    }

    fn if_not_ge_int(s) {
        compare_int!(s, >=, false)
    }

    fn if_eq_int(s) {
        compare_int!(s, ==, true)
    }

    fn if_not_eq_int(s) {
        compare_int!(s, ==, false)
    }
}
