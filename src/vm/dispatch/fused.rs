//! Several ops at once, where the items are a list's and the numbers small: see `bytecode/fused.rs`. Where they are not, the
//! first op is done alone.

use super::items::load_item_int;
use super::numbers::{difference, product, product_minus, product_plus, sum, sum_with_small};
use super::state::State;
use super::{Halt, Vm};
use crate::bytecode::op::Op;
use crate::heap::{Gc, Value};
use crate::objects::{CodeObject, List};
use crate::vm::Activation;

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

    fn item_mul_sub(s) {
        item_becomes!(s, 4, |item, op| product_minus(s.reg(op.b()), s.reg(op.c()), item))
    }
}
