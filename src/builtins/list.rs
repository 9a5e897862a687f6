//! The methods of `list`.

use super::sorting;
use crate::heap::{Gc, Value};
use crate::objects::{IterState, List};
use crate::vm::{BinaryOp, Result, Vm};

crate::natives! { pub static LIST_NEW:
    /// Built-in mutable sequence.
    ///
    /// If no argument is given, the constructor creates a new empty list.
    /// The argument must be an iterable if specified.
    "__new__(cls, *args, **kwargs)" => new;
}

crate::methods! { pub static LIST for List, "list":
    "__init__(self, iterable=..., /)" => init;
    /// Append object to the end of the list.
    "append(self, object, /)" => append;
    /// Extend list by appending elements from the iterable.
    "extend(self, iterable, /)" => extend;
    /// Insert object before index.
    "insert(self, index, object, /)" => insert;
    /// Remove first occurrence of value.
    ///
    /// Raises ValueError if the value is not present.
    "remove(self, value, /)" => remove;
    /// Remove and return item at index (default last).
    ///
    /// Raises IndexError if list is empty or index is out of range.
    "pop(self, index=-1, /)" => pop;
    /// Remove all items from list.
    "clear(self, /)" => clear;
    /// Return first index of value.
    ///
    /// Raises ValueError if the value is not present.
    "index(self, value, start=0, stop=..., /)" => index;
    /// Return number of occurrences of value.
    "count(self, value, /)" => count;
    /// Sort the list in ascending order and return None.
    ///
    /// The sort is in-place (i.e. the list itself is modified) and stable (i.e. the
    /// order of two equal elements is maintained).
    "sort(self, /, *, key=None, reverse=False)" => sort;
    /// Reverse *IN PLACE*.
    "reverse(self, /)" => reverse;
    /// Return a shallow copy of the list.
    "copy(self, /)" => copy;
    "__reversed__(self, /)" => reversed;
    "__len__(self, /)" => super::protocol::len;
    "__getitem__(self, key, /)" => super::protocol::getitem;
    "__setitem__(self, key, value, /)" => super::protocol::setitem;
    "__delitem__(self, key, /)" => super::protocol::delitem;
    "__contains__(self, key, /)" => super::protocol::contains;
    "__iter__(self, /)" => super::protocol::iter;
    "__repr__(self, /)" => super::protocol::repr;
    "__eq__(self, value, /)" => super::protocol::eq;
    "__ne__(self, value, /)" => super::protocol::ne;
    "__lt__(self, value, /)" => super::protocol::lt;
    "__le__(self, value, /)" => super::protocol::le;
    "__gt__(self, value, /)" => super::protocol::gt;
    "__ge__(self, value, /)" => super::protocol::ge;
    "__add__(self, value, /)" => add;
    "__mul__(self, value, /)" => super::protocol::repeat;
    "__rmul__(self, value, /)" => super::protocol::repeat;
    "__iadd__(self, value, /)" => iadd;
    "__imul__(self, value, /)" => imul;
}

#[inline(always)]
pub(super) fn list_of(vm: &mut Vm, v: Value) -> Result<Gc<List>> {
    match v.cast::<List>() {
        Some(list) => Ok(list),
        None => Err(vm.type_error("a list was expected")),
    }
}

fn new(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let list = vm.list(Vec::new());
    vm.wrap_payload(args[0], list)
}

fn init(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let mut list = list_of(vm, args[0])?;
    if args[1].is_unbound() {
        list.items.clear();
        return Ok(Value::NONE);
    }
    let mut items = vm.collect(args[1])?;
    list.items = std::mem::take(&mut items.items);
    Ok(Value::NONE)
}

fn append(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let list = list_of(vm, args[0])?;
    vm.heap.push(list, args[1]);
    Ok(Value::NONE)
}

/// What is built in is copied first, so that a list can be extended by itself.
fn extend(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let mut list = list_of(vm, args[0])?;
    let from = args[1];
    if vm.known_len(from).is_some() {
        let items = vm.collect(from)?;
        vm.heap.charge(items.items.len() * 8);
        list.items.extend_from_slice(&items.items);
    } else {
        vm.extend_from(list, from)?;
    }
    Ok(Value::NONE)
}

fn insert(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let mut list = list_of(vm, args[0])?;
    let index = vm.index_i64(args[1])?;
    let len = list.items.len();
    let at =
        if index < 0 { index.saturating_add(len as i64).max(0) as usize } else { (index as usize).min(len) };
    vm.heap.charge(8);
    list.items.insert(at, args[2]);
    Ok(Value::NONE)
}

fn remove(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let mut list = list_of(vm, args[0])?;
    let mut i = 0;
    while let Some(&item) = list.items.get(i) {
        if vm.equals(item, args[1])? {
            if i < list.items.len() {
                list.items.remove(i);
            }
            return Ok(Value::NONE);
        }
        i += 1;
    }
    Err(vm.value_error("list.remove(x): x not in list"))
}

fn pop(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let mut list = list_of(vm, args[0])?;
    if args[1] == Value::int(-1)
        && let Some(v) = list.items.pop()
    {
        return Ok(v);
    }
    let index = vm.index_i64(args[1])?;
    if list.items.is_empty() {
        return Err(vm.index_error("pop from empty list"));
    }
    match crate::vm::items::position(index, list.items.len()) {
        Some(at) => Ok(list.items.remove(at)),
        None => Err(vm.index_error("pop index out of range")),
    }
}

fn clear(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let mut list = list_of(vm, args[0])?;
    list.items = Vec::new();
    Ok(Value::NONE)
}

fn index(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let list = list_of(vm, args[0])?;
    match super::protocol::find(vm, args, list.items.len())? {
        Some(i) => Ok(Value::int(i as i64)),
        None => {
            let value = vm.repr(args[1])?;
            Err(vm.value_error(format!("{value} is not in list")))
        }
    }
}

fn count(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    super::protocol::count(vm, args)
}

fn sort(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let list = list_of(vm, args[0])?;
    let reverse = vm.truthy(args[2])?;
    sorting::sort_list(vm, list, args[1], reverse)?;
    Ok(Value::NONE)
}

fn reverse(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let mut list = list_of(vm, args[0])?;
    list.items.reverse();
    Ok(Value::NONE)
}

fn copy(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let list = list_of(vm, args[0])?;
    Ok(vm.list(list.items.clone()))
}

fn reversed(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let list = list_of(vm, args[0])?;
    Ok(vm.heap.iter(IterState::ListReversed { list, left: list.items.len() }))
}

fn add(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let other = vm.unwrap(args[1]);
    if !other.is::<List>() {
        let class = vm.class_name(args[1]);
        return Err(vm.type_error(format!("can only concatenate list (not \"{class}\") to list")));
    }
    vm.binary(BinaryOp::Add, args[0], other)
}

fn iadd(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    extend(vm, args)?;
    Ok(args[0])
}

fn imul(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let mut list = list_of(vm, args[0])?;
    let mut repeated = list_of_result(vm, args)?;
    list.items = std::mem::take(&mut repeated.items);
    Ok(args[0])
}

fn list_of_result(vm: &mut Vm, args: &[Value]) -> Result<Gc<List>> {
    let repeated = super::protocol::repeat(vm, args)?;
    list_of(vm, repeated)
}
