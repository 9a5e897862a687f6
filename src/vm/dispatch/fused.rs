//! Several ops at once, where the items are a list's and the numbers small: see `bytecode/fused.rs`. Where they are not, the
//! first op is done alone.

use super::items::load_item_int;
use super::numbers::{
    add, add_int, difference, mul, mul_add, product, product_minus, product_plus, sub, sum, sum_with_small,
};
use super::state::State;
use super::{Halt, Vm};
use crate::bytecode::op::Op;
use crate::heap::{Gc, Value};
use crate::objects::{CodeObject, List};
use crate::vm::{Activation, Return};

// Two items, and what is made of them.
macro_rules! of_items {
    ($s:ident, $quick:ident) => {{
        // The verifier saw these ops (2).
        let (first, second, third) = ($s.op(), $s.op().after(1), $s.op().after(2));
        if let Some(list) = $s.reg(first.b()).cast::<List>()
            && let Some(other) = $s.reg(second.b()).cast::<List>()
            // A negative index is past the end of every list.
            && let Some(&a) = list.items.get(first.signed_c() as usize)
            && let Some(&b) = other.items.get(second.signed_c() as usize)
            && let Some(v) = $quick(a, b)
        {
            $s.set(first.a(), a);
            $s.set(second.a(), b);
            $s.set(third.a(), v);
            return $s.skip(3);
        }
        $s.then(load_item_int)
    }};
}

// An item in whose place goes what is made of it; the ops are so many.
macro_rules! item_becomes {
    ($s:ident, $width:literal, |$item:ident, $op:ident| $v:expr) => {{
        // The verifier saw these ops (2).
        let (first, $op) = ($s.op(), $s.op().after(1));
        if let Some(mut list) = $s.reg(first.b()).cast::<List>()
            && let Some(item) = list.items.get_mut(first.signed_c() as usize)
            && let $item = *item
            && let Some(v) = $v
        {
            *item = v;
            $s.set(first.a(), v);
            return $s.skip($width);
        }
        $s.then(load_item_int)
    }};
}

/// The product of two small floats.
#[inline(always)]
fn float_product(a: Value, b: Value) -> Option<f64> {
    a.both_small_floats(b).then(|| a.float_unchecked() * b.float_unchecked())
}

// Two products, and what is made of them.
macro_rules! of_products {
    ($s:ident, $ints:ident, $float:tt) => {{
        // The verifier saw these ops (2).
        let (first, second) = ($s.op(), $s.op().after(1));
        let (a, b) = ($s.reg(first.b()), $s.reg(first.c()));
        let (c, d) = ($s.reg(second.b()), $s.reg(second.c()));
        if a.both_ints(b) {
            if c.both_ints(d)
                && let Some(product) = a.mul_ints(b)
                && let Some(other) = c.mul_ints(d)
                && let Some(v) = product.$ints(other)
            {
                $s.set(first.a(), v);
                return $s.skip(3);
            }
        } else if a.both_small_floats(b)
            && c.both_small_floats(d)
            && let Some(v) = Value::small_float_not_zero(
                a.float_unchecked() * b.float_unchecked() $float c.float_unchecked() * d.float_unchecked(),
            )
        {
            $s.set(first.a(), v);
            return $s.skip(3);
        }
        $s.then(mul)
    }};
}

// What the caller gets, which is in no register of the callee before.
macro_rules! returned {
    ($s:ident, |$op:ident| $v:expr, $otherwise:ident) => {{
        let $op = $s.op();
        if $s.act().ret == Return::Register
            && let Some(v) = $v
        {
            let (_, dst) = $s.pop();
            let s = $s.caller();
            s.set(dst, v);
            return s.go();
        }
        $s.then($otherwise)
    }};
}

handlers! {
    fn add_items(s) {
        of_items!(s, sum)
    }

    fn sub_items(s) {
        of_items!(s, difference)
    }

    fn mul_items(s) {
        of_items!(s, product)
    }

    fn mul_mul_add(s) {
        of_products!(s, add_ints, +)
    }

    /// Of floats: a scalar product in space.
    fn mul_mul_mul_add(s) {
        // The verifier saw these ops (2).
        let (first, second, third) = (s.op(), s.op().after(1), s.op().after(3));
        if let Some(ab) = float_product(s.reg(first.b()), s.reg(first.c()))
            && let Some(cd) = float_product(s.reg(second.b()), s.reg(second.c()))
            && let Some(ef) = float_product(s.reg(third.b()), s.reg(third.c()))
            && let Some(v) = Value::small_float_not_zero(ab + cd + ef)
        {
            s.set(first.a(), v);
            return s.skip(5);
        }
        s.then(mul_mul_add)
    }

    fn mul_mul_sub(s) {
        of_products!(s, sub_ints, -)
    }

    fn add_return(s) {
        returned!(s, |op| sum(s.reg(op.b()), s.reg(op.c())), add)
    }

    fn sub_return(s) {
        returned!(s, |op| difference(s.reg(op.b()), s.reg(op.c())), sub)
    }

    fn mul_return(s) {
        returned!(s, |op| product(s.reg(op.b()), s.reg(op.c())), mul)
    }

    fn add_int_return(s) {
        returned!(s, |op| sum_with_small(s.reg(op.b()), op.c() as i16), add_int)
    }

    fn mul_add_return(s) {
        // The verifier saw an `Extra` behind this op.
        returned!(s, |op| product_plus(s.reg(op.b()), s.reg(op.c()), s.reg(op.after(1).c())), mul_add)
    }

    fn item_add(s) {
        item_becomes!(s, 3, |item, op| sum(item, s.reg(op.c())))
    }

    fn item_sub(s) {
        item_becomes!(s, 3, |item, op| difference(item, s.reg(op.c())))
    }

    fn item_add_int(s) {
        item_becomes!(s, 3, |item, op| sum_with_small(item, op.c() as i16))
    }

    fn item_mul_add(s) {
        item_becomes!(s, 4, |item, op| product_plus(s.reg(op.b()), s.reg(op.c()), item))
    }

    fn item_mul_add_item(s) {
        // The verifier saw these ops (2).
        let (first, second, third) = (s.op(), s.op().after(1), s.op().after(2));
        if let Some(mut list) = s.reg(first.b()).cast::<List>()
            && let Some(other) = s.reg(second.b()).cast::<List>()
            && let Some(&factor) = other.items.get(second.signed_c() as usize)
            && let Some(item) = list.items.get_mut(first.signed_c() as usize)
        {
            // One of the factors, and written again if all begins anew.
            s.set(second.a(), factor);
            if let Some(v) = product_plus(s.reg(third.b()), s.reg(third.c()), *item) {
                *item = v;
                s.set(first.a(), v);
                return s.skip(5);
            }
        }
        s.then(load_item_int)
    }

    fn item_mul_sub(s) {
        item_becomes!(s, 4, |item, op| product_minus(s.reg(op.b()), s.reg(op.c()), item))
    }
}
