//! The iterators' own methods, and the classes that make iterators: `enumerate`, `zip`, `map`, `filter`, `reversed`.

use super::{dict, range};
use crate::heap::{Kind, Value};
use crate::objects::{Dict, DictView, Iter, IterState, List, MappingProxy, Range, ViewKind};
use crate::vm::{Result, Vm};

crate::methods! { pub static ITERATOR for Iter, "iterator":
    /// Implement iter(self).
    "__iter__(self, /)" => iter;
    /// Implement next(self).
    "__next__(self, /)" => next;
    /// Private method returning an estimate of len(list(it)).
    "__length_hint__(self, /)" => length_hint;
}

crate::natives! { pub static ENUMERATE_NEW:
    /// Return an enumerate object.
    ///
    ///   iterable
    ///     an object supporting iteration
    ///
    /// The enumerate object yields pairs containing a count (from start, which
    /// defaults to zero) and a value yielded by the iterable argument.
    "__new__(cls, iterable, start=0)" => enumerate;
}

crate::natives! { pub static ZIP_NEW:
    /// The zip object yields n-length tuples, where n is the number of iterables
    /// passed as positional arguments to zip().  The i-th element in every tuple
    /// comes from the i-th iterable argument to zip().  This continues until the
    /// shortest argument is exhausted.
    ///
    /// If strict is true and one of the arguments is exhausted before the others,
    /// raise a ValueError.
    "__new__(cls, /, *iterables, strict=False)" => zip;
}

crate::natives! { pub static MAP_NEW:
    /// Make an iterator that computes the function using arguments from
    /// each of the iterables.  Stops when the shortest iterable is exhausted.
    "__new__(cls, /, *args)" => map;
}

crate::natives! { pub static FILTER_NEW:
    /// Return an iterator yielding those items of iterable for which function(item)
    /// is true. If function is None, return the items that are true.
    "__new__(cls, function, iterable, /)" => filter;
}

crate::natives! { pub static REVERSED_NEW:
    /// Return a reverse iterator over the values of the given sequence.
    "__new__(cls, sequence, /)" => reversed;
}

/// `__iter__` of an iterator.
pub(crate) fn iter(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(args[0])
}

/// `__next__` of one that the core knows.
pub(crate) fn next(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    match vm.next(args[0])? {
        Some(v) => Ok(v),
        None => Err(vm.error_with(vm.exceptions.StopIteration, &[])),
    }
}

fn length_hint(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let hint = vm.length_hint(args[0]);
    Ok(vm.int(hint as i64))
}

/// The iterator, wrapped if a class derived from the built-in one is to be made.
fn derived(vm: &mut Vm, cls: Value, state: IterState) -> Result<Value> {
    let made = vm.heap.iter(state);
    vm.wrap_payload(cls, made)
}

fn enumerate(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let count = vm.index(args[2])?;
    vm.root(count);
    let iter = vm.iter(args[1])?;
    derived(vm, args[0], IterState::Enumerate { iter, count })
}

/// An iterator for each of the values, rooted.
fn iterators(vm: &mut Vm, values: &[Value]) -> Result<Vec<Value>> {
    let mut iters = Vec::with_capacity(values.len());
    for &v in values {
        let it = vm.iter(v)?;
        iters.push(vm.root(it));
    }
    Ok(iters)
}

fn zip(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let strict = vm.truthy(args[1])?;
    let iters = iterators(vm, &args[2..])?;
    derived(vm, args[0], IterState::Zip { iters, strict })
}

fn map(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if args.len() < 3 {
        return Err(vm.type_error("map() must have at least two arguments."));
    }
    let iters = iterators(vm, &args[2..])?;
    derived(vm, args[0], IterState::Map { function: args[1], iters })
}

fn filter(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let iter = vm.iter(args[2])?;
    derived(vm, args[0], IterState::Filter { function: args[1], iter })
}

fn reversed(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let v = args[1];
    if let Some(list) = v.cast::<List>() {
        return Ok(vm.heap.iter(IterState::ListReversed { list, left: list.items.len() }));
    }
    if v.is::<Range>() {
        return range::reversed(vm, &[v]);
    }
    if let Some(of) = v.cast::<Dict>() {
        return Ok(dict::reversed_view(vm, of, ViewKind::Keys));
    }
    if let Some(proxy) = v.cast::<MappingProxy>() {
        return Ok(dict::reversed_view(vm, proxy.dict, ViewKind::Keys));
    }
    if let Some(view) = v.cast::<DictView>() {
        return Ok(dict::reversed_view(vm, view.dict, view.kind));
    }
    let name = vm.names.__reversed__;
    let class = vm.type_of(v);
    let refused = vm.lookup(class, name).is_some_and(Value::is_none);
    if !refused {
        if let Some(it) = vm.call_special(v, name, &[])? {
            return Ok(it);
        }
        let builtin = matches!(v.kind(), Some(Kind::Str | Kind::Tuple | Kind::Bytes | Kind::ByteArray));
        let name = vm.names.__getitem__;
        if builtin || vm.special(v, name).is_some() {
            let left = vm.len(v)? as i64;
            return Ok(vm.heap.iter(IterState::SequenceReversed { object: v, left }));
        }
    }
    let class = vm.class_name(v);
    Err(vm.type_error(format!("'{class}' object is not reversible")))
}
