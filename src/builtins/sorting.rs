//! Sorting: stable, with the comparisons of the language allowed to fail or to change things.
//!
//! The standard library's sort is used only where all keys are of one plain type: it may panic on comparisons that
//! contradict one another. Otherwise the shape is CPython's: short runs by binary insertion, then merges.

use crate::heap::{Gc, Value};
use crate::objects::{List, Tuple};
use crate::vm::{Result, Vm};
use std::cmp::Ordering;

/// Runs up to this length are sorted by insertion.
const RUN: usize = 32;

/// `list.sort(key=key, reverse=reverse)`. The list is empty meanwhile, as CPython's is.
pub fn sort_list(vm: &mut Vm, mut list: Gc<List>, key: Value, reverse: bool) -> Result<()> {
    let items = std::mem::take(&mut list.items);
    let mut held = vm.heap.list(items);
    vm.releasing(|vm| {
        vm.root(list);
        vm.root(held);
        let result = sort_held(vm, held, key, reverse);
        let touched = !list.items.is_empty() || list.items.capacity() > 0;
        list.items = std::mem::take(&mut held.items);
        result?;
        if touched { Err(vm.value_error("list modified during sort")) } else { Ok(()) }
    })
}

/// Sorts what a rooted list of our own holds.
fn sort_held(vm: &mut Vm, mut held: Gc<List>, key: Value, reverse: bool) -> Result<()> {
    let keyed = !key.is_none();
    let keys = if keyed {
        let keys = vm.heap.list(Vec::with_capacity(held.items.len()));
        vm.root(keys);
        for i in 0..held.items.len() {
            let k = vm.call(key, &[held.items[i]])?;
            vm.heap.push(keys, k);
        }
        keys
    } else {
        held
    };
    // Sorting the reversed items and reversing the result keeps equal ones in order.
    let mut order: Vec<(Value, u32)> = keys.items.iter().copied().zip(0..).collect();
    if reverse {
        order.reverse();
    }
    let result = if sort_plain(&mut order) { Ok(()) } else { merge_sort(vm, &mut order) };
    if reverse {
        order.reverse();
    }
    let sorted: Vec<Value> = order.iter().map(|&(_, i)| held.items[i as usize]).collect();
    held.items = sorted;
    result
}

/// Sorts keys that are all small integers, all floats or all strings; whether they were.
fn sort_plain(order: &mut [(Value, u32)]) -> bool {
    if order.iter().all(|(k, _)| k.is_int()) {
        order.sort_by_key(|(k, _)| k.signed_bits());
        return true;
    }
    if order.iter().all(|(k, _)| k.as_str().is_some()) {
        sort_texts(order);
        return true;
    }
    if order.iter().all(|(k, _)| number(*k).is_some()) {
        order.sort_by(|(a, _), (b, _)| plain_order(*a, *b));
        return true;
    }
    if are_alike(order) {
        order.sort_by(|(a, _), (b, _)| match (a.cast::<Tuple>(), b.cast::<Tuple>()) {
            (Some(a), Some(b)) => {
                let places = a.items().iter().zip(b.items());
                let first = places.map(|(&x, &y)| plain_order(x, y)).find(|o| o.is_ne());
                first.unwrap_or_else(|| a.len().cmp(&b.len()))
            }
            _ => Ordering::Equal,
        });
        return true;
    }
    false
}

/// A float that has an order.
fn number(v: Value) -> Option<f64> {
    v.as_float().filter(|f| !f.is_nan())
}

/// Most texts differ in their first bytes, which are compared as one word. UTF-8 has the order of code points.
fn sort_texts(order: &mut [Keyed]) {
    let text = |v: Value| v.as_str().map_or("", Gc::text);
    let beginning = |v: Value| {
        let text = text(v).as_bytes();
        let mut word = [0; 8];
        let n = text.len().min(8);
        word[..n].copy_from_slice(&text[..n]);
        u64::from_be_bytes(word)
    };
    let mut words: Vec<(u64, Keyed)> = order.iter().map(|&keyed| (beginning(keyed.0), keyed)).collect();
    words.sort_by(|(a, x), (b, y)| a.cmp(b).then_with(|| text(x.0).cmp(text(y.0))));
    for (place, (_, keyed)) in order.iter_mut().zip(words) {
        *place = keyed;
    }
}

/// Whether all keys are tuples that have small integers, strings, or floats in the same places.
fn are_alike(order: &[Keyed]) -> bool {
    let kind = |v: Value| match () {
        () if v.is_int() => Some(0),
        () if v.as_str().is_some() => Some(1),
        () if number(v).is_some() => Some(2),
        () => None,
    };
    let mut kinds: Vec<u8> = Vec::new();
    order.iter().all(|(key, _)| {
        key.cast::<Tuple>().is_some_and(|tuple| {
            tuple.items().iter().enumerate().all(|(i, &item)| match (kind(item), kinds.get(i)) {
                (Some(kind), Some(&known)) => kind == known,
                (Some(kind), None) => {
                    kinds.push(kind);
                    true
                }
                (None, _) => false,
            })
        })
    })
}

/// The order of two small integers, two strings, or two floats.
fn plain_order(a: Value, b: Value) -> Ordering {
    if a.both_ints(b) {
        a.signed_bits().cmp(&b.signed_bits())
    } else if let (Some(a), Some(b)) = (a.as_str(), b.as_str()) {
        a.as_str().cmp(b.as_str())
    } else {
        number(a).partial_cmp(&number(b)).unwrap_or(Ordering::Equal)
    }
}

type Keyed = (Value, u32);

/// `a < b`, polling: sorting can take long.
fn less(vm: &mut Vm, a: Value, b: Value) -> Result<bool> {
    vm.tick()?;
    vm.less(a, b)
}

fn merge_sort(vm: &mut Vm, order: &mut Vec<Keyed>) -> Result<()> {
    let n = order.len();
    let mut start = 0;
    while start < n {
        let end = if n < 2 * RUN { n } else { (start + RUN).min(n) };
        insertion_sort(vm, &mut order[start..end])?;
        start = end;
    }
    let mut width = if n < 2 * RUN { n.max(1) } else { RUN };
    let mut buffer = Vec::with_capacity(n);
    while width < n {
        buffer.clear();
        let mut at = 0;
        while at < n {
            let middle = (at + width).min(n);
            let end = (at + 2 * width).min(n);
            // On an error nothing has been moved in `order` yet: it still holds every item once.
            merge(vm, &order[at..middle], &order[middle..end], &mut buffer)?;
            at = end;
        }
        std::mem::swap(order, &mut buffer);
        width *= 2;
    }
    Ok(())
}

fn merge(vm: &mut Vm, left: &[Keyed], right: &[Keyed], out: &mut Vec<Keyed>) -> Result<()> {
    if let (Some(last), Some(first)) = (left.last(), right.first())
        && !less(vm, first.0, last.0)?
    {
        out.extend_from_slice(left);
        out.extend_from_slice(right);
        return Ok(());
    }
    let (mut i, mut j) = (0, 0);
    while i < left.len() && j < right.len() {
        if less(vm, right[j].0, left[i].0)? {
            out.push(right[j]);
            j += 1;
        } else {
            out.push(left[i]);
            i += 1;
        }
    }
    out.extend_from_slice(&left[i..]);
    out.extend_from_slice(&right[j..]);
    Ok(())
}

/// CPython's: the run at the start is taken as it is (or reversed, if it strictly descends).
fn insertion_sort(vm: &mut Vm, order: &mut [Keyed]) -> Result<()> {
    if order.len() < 2 {
        return Ok(());
    }
    let mut sorted = 2;
    if less(vm, order[1].0, order[0].0)? {
        while sorted < order.len() && less(vm, order[sorted].0, order[sorted - 1].0)? {
            sorted += 1;
        }
        order[..sorted].reverse();
    } else {
        while sorted < order.len() && !less(vm, order[sorted].0, order[sorted - 1].0)? {
            sorted += 1;
        }
    }
    for i in sorted..order.len() {
        let pivot = order[i];
        let (mut low, mut high) = (0, i);
        while low < high {
            let middle = low + (high - low) / 2;
            if less(vm, pivot.0, order[middle].0)? { high = middle } else { low = middle + 1 }
        }
        order[low..=i].rotate_right(1);
    }
    Ok(())
}
