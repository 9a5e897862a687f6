//! `heapq`: what works on a list in place; the rest is in the language.
//!
//! Comparisons may run code of the language, which may change the list: its length is looked at after each. Items are
//! swapped step by step, so that the list holds all of them when a comparison fails.

use super::{ModuleSpec, embed};
use crate::heap::{Gc, Value};
use crate::objects::List;
use crate::vm::{Result, Vm};

pub static SPEC: ModuleSpec = ModuleSpec {
    name: "heapq",
    natives: NATIVES,
    init: |vm, dict| embed(vm, dict, "<heapq>", include_str!("lib/heapq.aio")),
};

crate::natives! { static NATIVES:
    /// Push item onto heap, maintaining the heap invariant.
    "heappush(heap, item, /)" => push;
    /// Pop the smallest item off the heap, maintaining the heap invariant.
    "heappop(heap, /)" => pop;
    /// Pop and return the smallest item, and push the new one.
    "heapreplace(heap, item, /)" => replace;
    /// Push item on the heap, then pop and return the smallest item.
    "heappushpop(heap, item, /)" => push_pop;
    /// Transform list into a heap, in-place, in O(len(heap)) time.
    "heapify(heap, /)" => heapify;
}

/// The heap in an argument.
fn heap_of(vm: &mut Vm, v: Value, argument: &str) -> Result<Gc<List>> {
    match vm.unwrap(v).cast::<List>() {
        Some(list) => Ok(list),
        None => {
            let class = vm.class_name(v);
            Err(vm.type_error(format!("{argument} must be list, not {class}")))
        }
    }
}

/// Whether the item at `a` is smaller than the one at `b`.
fn less(vm: &mut Vm, list: Gc<List>, a: usize, b: usize) -> Result<bool> {
    let n = list.items.len();
    let (Some(&x), Some(&y)) = (list.items.get(a), list.items.get(b)) else {
        return Err(vm.value_error("the heap is shorter than its places"));
    };
    if let Some(answer) = vm.plain_less(x, y) {
        return Ok(answer);
    }
    let base = vm.roots.len();
    vm.roots.extend([x, y]);
    let answer = vm.less(x, y);
    vm.roots.truncate(base);
    let answer = answer?;
    if list.items.len() != n {
        return Err(vm.runtime_error("list changed size during iteration"));
    }
    Ok(answer)
}

/// Moves the item at a place towards `first`, until its parent is not larger.
fn rise(vm: &mut Vm, mut list: Gc<List>, first: usize, mut at: usize) -> Result<()> {
    while at > first {
        let parent = (at - 1) / 2;
        if !less(vm, list, at, parent)? {
            break;
        }
        list.items.swap(at, parent);
        at = parent;
    }
    Ok(())
}

/// Moves the item at a place to a leaf along the smaller children, then up to where it belongs: fewer comparisons than
/// stopping on the way, since what is moved here came from a leaf.
fn sink(vm: &mut Vm, mut list: Gc<List>, first: usize) -> Result<()> {
    vm.tick()?;
    let end = list.items.len();
    let mut at = first;
    let mut child = 2 * at + 1;
    while child < end {
        let right = child + 1;
        if right < end && !less(vm, list, child, right)? {
            child = right;
        }
        list.items.swap(at, child);
        at = child;
        child = 2 * at + 1;
    }
    rise(vm, list, first, at)
}

fn push(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let list = heap_of(vm, args[0], "heappush() argument 1")?;
    vm.heap.push(list, args[1]);
    rise(vm, list, 0, list.items.len() - 1)?;
    Ok(Value::NONE)
}

fn pop(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let mut list = heap_of(vm, args[0], "heappop() argument")?;
    let Some(last) = list.items.pop() else { return Err(empty(vm)) };
    let Some(first) = list.items.first_mut() else { return Ok(last) };
    let smallest = vm.root(std::mem::replace(first, last));
    sink(vm, list, 0)?;
    Ok(smallest)
}

fn replace(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let mut list = heap_of(vm, args[0], "heapreplace() argument 1")?;
    let Some(first) = list.items.first_mut() else { return Err(empty(vm)) };
    let smallest = vm.root(std::mem::replace(first, args[1]));
    sink(vm, list, 0)?;
    Ok(smallest)
}

fn push_pop(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let mut list = heap_of(vm, args[0], "heappushpop() argument 1")?;
    let Some(&first) = list.items.first() else { return Ok(args[1]) };
    vm.root(first);
    if !vm.less(first, args[1])? {
        return Ok(args[1]);
    }
    let Some(place) = list.items.first_mut() else { return Err(empty(vm)) };
    let smallest = vm.root(std::mem::replace(place, args[1]));
    sink(vm, list, 0)?;
    Ok(smallest)
}

fn heapify(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let list = heap_of(vm, args[0], "heapify() argument")?;
    for at in (0..list.items.len() / 2).rev() {
        sink(vm, list, at)?;
    }
    Ok(Value::NONE)
}

fn empty(vm: &mut Vm) -> crate::vm::Raise {
    vm.error(vm.exceptions.IndexError, "index out of range")
}
