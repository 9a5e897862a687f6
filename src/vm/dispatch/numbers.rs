//! Arithmetic and comparisons that give a value.

use super::state::State;
use super::{Halt, Vm};
use crate::bytecode::op::Op;
use crate::heap::{Gc, Value};
use crate::objects::CodeObject;
use crate::text::root::half_power;
use crate::vm::Activation;
use std::num::NonZero;

/// A number that is not boxed, as a float.
#[inline(always)]
fn int_or_float(v: Value) -> Option<f64> {
    if v.is_int() { Some(v.int_unchecked() as f64) } else { v.inline_float() }
}

/// An integer and a float, or two floats, as floats; not two integers.
#[inline(always)]
fn mixed_pair(a: Value, b: Value) -> Option<(f64, f64)> {
    match (int_or_float(a), int_or_float(b)) {
        (Some(x), Some(y)) if !a.both_ints(b) => Some((x, y)),
        _ => None,
    }
}

/// Two floats that are not boxed, maybe `0.0`.
#[inline(always)]
pub(super) fn float_pair(a: Value, b: Value) -> Option<(f64, f64)> {
    Some((a.inline_float()?, b.inline_float()?))
}

/// Whether a value is true, if that takes no look at an object.
#[inline(always)]
pub(super) fn quick_truth(v: Value) -> Option<bool> {
    if v.is_int() {
        return Some(v != Value::int(0));
    }
    v.as_bool().or(if v.is_none() { Some(false) } else { None })
}

// What is quick: of two integers that give one, of two floats that are not boxed nor zero, nor is the result.
macro_rules! quick {
    ($name:ident, $ints:ident, $float:tt) => {
        #[inline(always)]
        pub(super) fn $name(a: Value, b: Value) -> Option<Value> {
            if a.both_ints(b) {
                a.$ints(b)
            } else if a.both_small_floats(b) {
                Value::small_float_not_zero(a.float_unchecked() $float b.float_unchecked())
            } else {
                None
            }
        }
    };
}

quick!(sum, add_ints, +);
quick!(difference, sub_ints, -);
quick!(product, mul_ints, *);

/// The sum with a number that is part of an op.
#[inline(always)]
pub(super) fn sum_with_small(a: Value, b: i16) -> Option<Value> {
    if a.is_int() { a.add_small(b) } else { None }
}

/// Two integers of which the first can be divided by the second in half the time, and nothing is to be rounded: neither is
/// negative, nor the second zero, and both have 32 bits.
#[inline(always)]
fn dividend(a: Value, b: Value) -> Option<(u32, NonZero<u32>)> {
    let fit = (a.bits() | b.bits()) >> 33 == 0;
    let divisor = NonZero::new((b.bits() >> 1) as u32)?;
    (fit && a.both_ints(b)).then_some(((a.bits() >> 1) as u32, divisor))
}

// The same for a product and a third number.
macro_rules! quick_with_product {
    ($name:ident, $ints:ident, $float:tt) => {
        #[inline(always)]
        pub(super) fn $name(b: Value, c: Value, d: Value) -> Option<Value> {
            if b.both_ints(c) {
                if d.is_int() { d.$ints(b.mul_ints(c)?) } else { None }
            } else if b.both_small_floats(c) && d.is_small_float() {
                Value::small_float_not_zero(
                    d.float_unchecked() $float b.float_unchecked() * c.float_unchecked(),
                )
            } else {
                None
            }
        }
    };
}

quick_with_product!(product_plus, add_ints, +);
quick_with_product!(product_minus, sub_ints, -);

macro_rules! arithmetic {
    ($s:ident, $quick:ident, $otherwise:ident) => {{
        let op = $s.op();
        if let Some(v) = $quick($s.reg(op.b()), $s.reg(op.c())) {
            return $s.done(op.a(), v);
        }
        $s.then($otherwise)
    }};
}

macro_rules! mixed {
    ($s:ident, $float:tt) => {{
        let op = $s.op();
        if let Some((x, y)) = mixed_pair($s.reg(op.b()), $s.reg(op.c()))
            && let Some(v) = Value::small_float(x $float y)
        {
            return $s.done(op.a(), v);
        }
    }};
}

// What is in the register that `Extra` names, and a product.
macro_rules! fused {
    ($s:ident, $quick:ident, $otherwise:ident) => {{
        let op = $s.op();
        // The verifier saw an `Extra` behind this op.
        if let Some(v) = $quick($s.reg(op.b()), $s.reg(op.c()), $s.reg(op.after(1).c())) {
            $s.set(op.a(), v);
            return $s.skip(2);
        }
        $s.then($otherwise)
    }};
}

// The same where integers or zeros are among the floats.
macro_rules! fused_mixed {
    ($s:ident, $float:tt) => {{
        let op = $s.op();
        let (b, c, d) = ($s.reg(op.b()), $s.reg(op.c()), $s.reg(op.after(1).c()));
        // A product of integers is one before it is rounded.
        let product = if !b.both_ints(c) {
            mixed_pair(b, c).map(|(b, c)| b * c)
        } else if d.is_int() {
            None
        } else {
            b.mul_ints(c).map(|product| product.int_unchecked() as f64)
        };
        if let Some(product) = product
            && let Some(d) = int_or_float(d)
            && let Some(v) = Value::small_float(d $float product)
        {
            $s.set(op.a(), v);
            return $s.skip(2);
        }
        $s.general()
    }};
}

macro_rules! bitwise {
    ($s:ident, $bits:tt) => {{
        let op = $s.op();
        let (a, b) = ($s.reg(op.b()), $s.reg(op.c()));
        if a.both_ints(b) {
            return $s.done(op.a(), Value::int(a.int_unchecked() $bits b.int_unchecked()));
        }
        $s.general()
    }};
}

macro_rules! compare {
    ($s:ident, $cmp:tt) => {{
        let op = $s.op();
        let (a, b) = ($s.reg(op.b()), $s.reg(op.c()));
        if a.both_ints(b) {
            return $s.done(op.a(), Value::bool(a.signed_bits() $cmp b.signed_bits()));
        }
        if let Some((x, y)) = float_pair(a, b) {
            return $s.done(op.a(), Value::bool(x $cmp y));
        }
    }};
}

handlers! {
    fn add(s) {
        arithmetic!(s, sum, add_otherwise)
    }

    fn add_otherwise(s) {
        if s.reg(s.op().b()).is_object() {
            return s.then(concat);
        }
        mixed!(s, +);
        s.general()
    }

    /// Of texts, most of which are short.
    fn concat(s) {
        let op = s.op();
        if let Some(a) = s.reg(op.b()).as_str()
            && let Some(b) = s.reg(op.c()).as_str()
            && let Some(text) = s.vm.heap.concat_quickly(a, b)
        {
            return s.done(op.a(), text.value());
        }
        s.then(concat_otherwise)
    }

    /// Of texts, or tuples.
    fn concat_otherwise(s) {
        let op = s.op();
        let (a, b) = (s.reg(op.b()), s.reg(op.c()));
        let (s, v) = s.lend(|vm| vm.quick_concat(a, b));
        s.given(v)
    }

    fn sub(s) {
        arithmetic!(s, difference, sub_otherwise)
    }

    fn sub_otherwise(s) {
        mixed!(s, -);
        s.general()
    }

    fn mul(s) {
        arithmetic!(s, product, mul_otherwise)
    }

    fn mul_otherwise(s) {
        if s.reg(s.op().b()).is_object() {
            return s.then(repeat);
        }
        mixed!(s, *);
        s.general()
    }

    /// Of a text.
    fn repeat(s) {
        let op = s.op();
        let (a, b) = (s.reg(op.b()), s.reg(op.c()));
        let (s, v) = s.lend(|vm| vm.quick_repeat(a, b));
        s.given(v)
    }

    fn mul_add(s) {
        fused!(s, product_plus, mul_add_otherwise)
    }

    fn mul_add_otherwise(s) {
        fused_mixed!(s, +)
    }

    fn mul_sub(s) {
        fused!(s, product_minus, mul_sub_otherwise)
    }

    fn mul_sub_otherwise(s) {
        fused_mixed!(s, -)
    }

    fn div(s) {
        let op = s.op();
        let (a, b) = (s.reg(op.b()), s.reg(op.c()));
        if a.both_small_floats(b) {
            // An inline float that is no constant is not zero.
            if let Some(v) = Value::small_float_not_zero(a.float_unchecked() / b.float_unchecked()) {
                return s.done(op.a(), v);
            }
        }
        s.then(div_otherwise)
    }

    fn div_otherwise(s) {
        let op = s.op();
        let (a, b) = (s.reg(op.b()), s.reg(op.c()));
        // Integers of up to 53 bits divide exactly as floats do.
        let exact = |v: Value| v.int_unchecked().unsigned_abs() < 1 << 53;
        let pair = if !a.both_ints(b) {
            mixed_pair(a, b)
        } else if exact(a) && exact(b) {
            Some((a.int_unchecked() as f64, b.int_unchecked() as f64))
        } else {
            None
        };
        if let Some((x, y)) = pair
            && y != 0.0
            && let Some(v) = Value::small_float(x / y)
        {
            return s.done(op.a(), v);
        }
        s.general()
    }

    fn floor_div(s) {
        let op = s.op();
        if let Some((a, b)) = dividend(s.reg(op.b()), s.reg(op.c())) {
            return s.done(op.a(), Value::int(i64::from(a / b)));
        }
        s.then(floor_div_otherwise)
    }

    fn floor_div_otherwise(s) {
        let op = s.op();
        let (a, b) = (s.reg(op.b()), s.reg(op.c()));
        if a.both_ints(b) && b.int_unchecked() > 0 {
            return s.done(op.a(), Value::int(a.int_unchecked().div_euclid(b.int_unchecked())));
        }
        s.general()
    }

    fn modulo(s) {
        let op = s.op();
        if let Some((a, b)) = dividend(s.reg(op.b()), s.reg(op.c())) {
            return s.done(op.a(), Value::int(i64::from(a % b)));
        }
        s.then(modulo_otherwise)
    }

    fn modulo_otherwise(s) {
        let op = s.op();
        let (a, b) = (s.reg(op.b()), s.reg(op.c()));
        if a.both_ints(b) && b.int_unchecked() > 0 {
            return s.done(op.a(), Value::int(a.int_unchecked().rem_euclid(b.int_unchecked())));
        }
        s.general()
    }

    fn mod_int(s) {
        let op = s.op();
        if let Some((a, b)) = dividend(s.reg(op.b()), Value::int(op.signed_c())) {
            return s.done(op.a(), Value::int(i64::from(a % b)));
        }
        s.then(mod_int_otherwise)
    }

    fn mod_int_otherwise(s) {
        let op = s.op();
        let (a, b) = (s.reg(op.b()), op.signed_c());
        if a.is_int() && b > 0 {
            return s.done(op.a(), Value::int(a.int_unchecked().rem_euclid(b)));
        }
        s.general()
    }

    fn add_int(s) {
        let op = s.op();
        if let Some(v) = sum_with_small(s.reg(op.b()), op.c() as i16) {
            return s.done(op.a(), v);
        }
        s.then(add_int_to_float)
    }

    fn add_int_to_float(s) {
        let op = s.op();
        if let Some(x) = s.reg(op.b()).inline_float()
            && let Some(v) = Value::small_float(x + op.signed_c() as f64)
        {
            return s.done(op.a(), v);
        }
        s.general()
    }

    /// `x ** 0.5` is how many write a square root.
    fn pow(s) {
        let op = s.op();
        let a = s.reg(op.b());
        if s.reg(op.c()) == Value::HALF
            && a.is_positive_float()
            && let Some(root) = half_power(a.float_unchecked())
            && let Some(v) = Value::small_float_not_zero(root)
        {
            return s.done(op.a(), v);
        }
        s.then(pow_otherwise)
    }

    fn pow_otherwise(s) {
        let op = s.op();
        if let Some((x, y)) = float_pair(s.reg(op.b()), s.reg(op.c()))
            && x > 0.0
            && let Some(v) = Value::small_float(x.powf(y))
        {
            return s.done(op.a(), v);
        }
        s.general()
    }

    fn shift_left(s) {
        let op = s.op();
        let (a, b) = (s.reg(op.b()), s.reg(op.c()));
        if a.both_ints(b)
            && (0..32).contains(&b.int_unchecked())
            && let Ok(small) = i32::try_from(a.int_unchecked())
            && let Some(v) = Value::small_int(i64::from(small) << b.int_unchecked())
        {
            return s.done(op.a(), v);
        }
        s.general()
    }

    fn shift_right(s) {
        let op = s.op();
        let (a, b) = (s.reg(op.b()), s.reg(op.c()));
        if a.both_ints(b) && (0..63).contains(&b.int_unchecked()) {
            return s.done(op.a(), Value::int(a.int_unchecked() >> b.int_unchecked()));
        }
        s.general()
    }

    fn bit_and(s) {
        bitwise!(s, &)
    }

    fn bit_or(s) {
        bitwise!(s, |)
    }

    fn bit_xor(s) {
        bitwise!(s, ^)
    }

    fn negate(s) {
        let op = s.op();
        let a = s.reg(op.b());
        if a.is_int() {
            if let Some(v) = Value::int(0).sub_ints(a) {
                return s.done(op.a(), v);
            }
        } else if a.is_small_float()
            && let Some(v) = Value::small_float(-a.float_unchecked())
        {
            return s.done(op.a(), v);
        }
        s.general()
    }

    fn not(s) {
        let op = s.op();
        match quick_truth(s.reg(op.b())) {
            Some(truth) => s.done(op.a(), Value::bool(!truth)),
            None => s.general(),
        }
    }

    fn lt(s) {
        compare!(s, <);
        s.general()
    }

    fn le(s) {
        compare!(s, <=);
        s.general()
    }

    fn gt(s) {
        compare!(s, >);
        s.general()
    }

    fn ge(s) {
        compare!(s, >=);
        s.general()
    }

    fn eq(s) {
        compare!(s, ==);
        s.then(eq_of_texts)
    }

    fn eq_of_texts(s) {
        let op = s.op();
        match Vm::quick_equal(s.reg(op.b()), s.reg(op.c())) {
            Some(equal) => s.done(op.a(), Value::bool(equal)),
            None => s.general(),
        }
    }

    fn ne(s) {
        compare!(s, !=);
        s.then(ne_of_texts)
    }

    fn ne_of_texts(s) {
        let op = s.op();
        match Vm::quick_equal(s.reg(op.b()), s.reg(op.c())) {
            Some(equal) => s.done(op.a(), Value::bool(!equal)),
            None => s.general(),
        }
    }

    fn is(s) {
        let op = s.op();
        let (a, b) = (s.reg(op.b()), s.reg(op.c()));
        if !a.is_object() || !b.is_object() || a == b {
            return s.done(op.a(), Value::bool(a == b));
        }
        s.general()
    }

    fn is_not(s) {
        let op = s.op();
        let (a, b) = (s.reg(op.b()), s.reg(op.c()));
        if !a.is_object() || !b.is_object() || a == b {
            return s.done(op.a(), Value::bool(a != b));
        }
        s.general()
    }
}
