//! Sorting: stable, with the comparisons of the language allowed to fail or to change things.
//!
//! The standard library's sort is used only where all keys are of one plain type: it may panic on comparisons that
//! contradict one another. Otherwise the shape is CPython's: short runs by binary insertion, then merges.

use crate::heap::{Gc, Value};
use crate::objects::List;
use crate::vm::{Result, Vm};

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
        order.sort_by(|(a, _), (b, _)| match (a.as_str(), b.as_str()) {
            (Some(a), Some(b)) => a.as_str().cmp(b.as_str()),
            _ => std::cmp::Ordering::Equal,
        });
        return true;
    }
    let number = |k: Value| k.as_float().filter(|f| !f.is_nan());
    if order.iter().all(|(k, _)| number(*k).is_some()) {
        order.sort_by(|(a, _), (b, _)| {
            number(*a).partial_cmp(&number(*b)).unwrap_or(std::cmp::Ordering::Equal)
        });
        return true;
    }
    false
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
