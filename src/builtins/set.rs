//! The methods of `set` and `frozenset`. Results have the order of the left operand, then of the others.

use super::protocol;
use crate::heap::{Gc, Kind, Value};
use crate::objects::{Set, Table};
use crate::vm::{BinaryOp, Result, Vm};

crate::natives! { pub static SET_NEW:
    /// Build an unordered collection of unique elements.
    "__new__(cls, *args, **kwargs)" => set_new;
}

crate::natives! { pub static FROZENSET_NEW:
    /// Build an immutable unordered collection of unique elements.
    "__new__(cls, iterable=..., /)" => frozenset_new;
}

crate::methods! { pub static SET for kind Set, "set":
    "__init__(self, iterable=..., /)" => init;
    /// Add an element to a set.
    ///
    /// This has no effect if the element is already present.
    "add(self, object, /)" => add;
    /// Remove an element from a set if it is a member.
    ///
    /// Unlike set.remove(), the discard() method does not raise
    /// an exception when an element is missing from the set.
    "discard(self, object, /)" => discard;
    /// Remove an element from a set; it must be a member.
    ///
    /// If the element is not a member, raise a KeyError.
    "remove(self, object, /)" => remove;
    /// Remove and return an arbitrary set element.
    ///
    /// Raises KeyError if the set is empty.
    "pop(self, /)" => pop;
    /// Remove all elements from this set.
    "clear(self, /)" => clear;
    /// Update the set, adding elements from all others.
    "update(self, /, *others)" => update;
    /// Update the set, keeping only elements found in it and all others.
    "intersection_update(self, /, *others)" => intersection_update;
    /// Update the set, removing elements found in others.
    "difference_update(self, /, *others)" => difference_update;
    /// Update the set, keeping only elements found in either set, but not in both.
    "symmetric_difference_update(self, other, /)" => symmetric_difference_update;
    "__ior__(self, value, /)" => ior;
    "__iand__(self, value, /)" => iand;
    "__isub__(self, value, /)" => isub;
    "__ixor__(self, value, /)" => ixor;
}

crate::methods! { pub static FROZENSET for kind FrozenSet, "frozenset":
    "__hash__(self, /)" => protocol::hash;
}

// Of both: a set's method may be called on a frozenset too.
crate::methods! { pub static SET_SHARED for Set, "set":
    /// Return a shallow copy of a set.
    "copy(self, /)" => copy;
    /// Return a new set with elements from the set and all others.
    "union(self, /, *others)" => union;
    /// Return a new set with elements common to the set and all others.
    "intersection(self, /, *others)" => intersection;
    /// Return a new set with elements in the set that are not in the others.
    "difference(self, /, *others)" => difference;
    /// Return a new set with elements in either the set or other but not both.
    "symmetric_difference(self, other, /)" => symmetric_difference;
    /// Return True if two sets have a null intersection.
    "isdisjoint(self, other, /)" => isdisjoint;
    /// Report whether another set contains this set.
    "issubset(self, other, /)" => issubset;
    /// Report whether this set contains another set.
    "issuperset(self, other, /)" => issuperset;
    "__len__(self, /)" => protocol::len;
    "__contains__(self, object, /)" => protocol::contains;
    "__iter__(self, /)" => protocol::iter;
    "__repr__(self, /)" => protocol::repr;
    "__eq__(self, value, /)" => protocol::eq;
    "__ne__(self, value, /)" => protocol::ne;
    "__lt__(self, value, /)" => protocol::lt;
    "__le__(self, value, /)" => protocol::le;
    "__gt__(self, value, /)" => protocol::gt;
    "__ge__(self, value, /)" => protocol::ge;
    "__and__(self, value, /)" => and;
    "__or__(self, value, /)" => or;
    "__sub__(self, value, /)" => sub;
    "__xor__(self, value, /)" => xor;
    "__rand__(self, value, /)" => rand;
    "__ror__(self, value, /)" => ror;
    "__rsub__(self, value, /)" => rsub;
    "__rxor__(self, value, /)" => rxor;
}

#[inline]
fn set_of(vm: &mut Vm, v: Value) -> Result<Gc<Set>> {
    match v.cast::<Set>() {
        Some(set) => Ok(set),
        None => no_set(vm),
    }
}

#[cold]
fn no_set(vm: &mut Vm) -> Result<Gc<Set>> {
    Err(vm.type_error("a set was expected"))
}

fn set_new(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let set = vm.heap.set(Table::default()).value();
    vm.wrap_payload(args[0], set)
}

fn init(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let mut set = set_of(vm, args[0])?;
    set.table.clear();
    if !args[1].is_unbound() {
        vm.set_extend(set, args[1])?;
    }
    Ok(Value::NONE)
}

fn frozenset_new(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let own = args[0] == vm.types.frozenset.value();
    if own && args[1].kind() == Some(Kind::FrozenSet) {
        return Ok(args[1]);
    }
    let set = vm.heap.frozenset(Table::default());
    vm.root(set);
    if !args[1].is_unbound() {
        vm.set_extend(set, args[1])?;
    }
    vm.wrap_payload(args[0], set.value())
}

/// A set of what an iterable gives, rooted; a set itself as it is.
fn as_set(vm: &mut Vm, v: Value) -> Result<Gc<Set>> {
    let plain = vm.unwrap(v);
    if let Some(set) = plain.cast::<Set>() {
        return Ok(set);
    }
    let set = vm.heap.set(Table::default());
    vm.root(set);
    vm.set_extend(set, v)?;
    Ok(set)
}

/// A copy of the same kind, rooted.
fn copy_of(vm: &mut Vm, set: Gc<Set>) -> Gc<Set> {
    like(vm, set, set.table.clone())
}

fn like(vm: &mut Vm, set: Gc<Set>, table: Table) -> Gc<Set> {
    let copy = match set.value().kind() {
        Some(Kind::FrozenSet) => vm.heap.frozenset(table),
        _ => vm.heap.set(table),
    };
    vm.root(copy);
    copy
}

/// Those items of a set that are in another, or those that are not; rooted, of the first one's kind.
fn filtered(vm: &mut Vm, set: Gc<Set>, other: Gc<Set>, keep: bool) -> Result<Gc<Set>> {
    // As a rule all keys can be compared without asking anybody.
    if let Some(table) = set.table.filtered(&other.table, keep, |a, b| vm.plain_equal(a, b)) {
        vm.heap.charge(table.capacity() * 32);
        return Ok(like(vm, set, table));
    }
    let result = like(vm, set, Table::default());
    let mut at = 0;
    while let Some(slot) = set.table.next_slot(at) {
        let key = set.table.key_at(slot);
        let hash = set.table.hash_at(slot);
        vm.releasing(|vm| {
            vm.root(key);
            if vm.find_slot(other.into(), hash, key)?.is_some() == keep {
                vm.set_add_hashed(result, hash, key)?;
            }
            Ok(())
        })?;
        at = slot + 1;
    }
    Ok(result)
}

fn add(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let set = set_of(vm, args[0])?;
    vm.set_add(set, args[1])?;
    Ok(Value::NONE)
}

fn discard(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let set = set_of(vm, args[0])?;
    vm.set_remove(set, args[1])?;
    Ok(Value::NONE)
}

fn remove(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let set = set_of(vm, args[0])?;
    if vm.set_remove(set, args[1])? { Ok(Value::NONE) } else { Err(vm.key_error(args[1])) }
}

fn pop(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let mut set = set_of(vm, args[0])?;
    let Some(slot) = set.table.next_slot(0) else {
        let message = vm.str("pop from an empty set");
        return Err(vm.key_error(message));
    };
    Ok(set.table.remove_at(slot).0)
}

fn clear(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let mut set = set_of(vm, args[0])?;
    set.table.clear();
    Ok(Value::NONE)
}

fn update(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let set = set_of(vm, args[0])?;
    for &other in &args[1..] {
        vm.set_extend(set, other)?;
    }
    Ok(Value::NONE)
}

fn copy(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let set = set_of(vm, args[0])?;
    if args[0].kind() == Some(Kind::FrozenSet) { Ok(args[0]) } else { Ok(copy_of(vm, set).value()) }
}

fn union(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let set = set_of(vm, args[0])?;
    let result = copy_of(vm, set);
    for &other in &args[1..] {
        vm.set_extend(result, other)?;
    }
    Ok(result.value())
}

fn intersection(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    narrowed(vm, args, true)
}

fn difference(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    narrowed(vm, args, false)
}

fn narrowed(vm: &mut Vm, args: &[Value], keep: bool) -> Result<Value> {
    let set = set_of(vm, args[0])?;
    let mut result = set;
    for &other in &args[1..] {
        let other = as_set(vm, other)?;
        result = filtered(vm, result, other, keep)?;
    }
    Ok(if result == set { copy_of(vm, set).value() } else { result.value() })
}

fn symmetric_difference(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let set = set_of(vm, args[0])?;
    let other = as_set(vm, args[1])?;
    let result = filtered(vm, set, other, false)?;
    let added = filtered(vm, other, set, false)?;
    vm.set_extend(result, added.value())?;
    Ok(result.value())
}

/// Puts a result in the place of the set's items.
fn replace(vm: &mut Vm, args: &[Value], result: Value) -> Result<Value> {
    let mut set = set_of(vm, args[0])?;
    let mut result = set_of(vm, result)?;
    set.table = std::mem::take(&mut result.table);
    Ok(Value::NONE)
}

fn intersection_update(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let result = intersection(vm, args)?;
    replace(vm, args, result)
}

fn difference_update(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let result = difference(vm, args)?;
    replace(vm, args, result)
}

fn symmetric_difference_update(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let result = symmetric_difference(vm, args)?;
    replace(vm, args, result)
}

fn isdisjoint(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let set = set_of(vm, args[0])?;
    let other = as_set(vm, args[1])?;
    let common = filtered(vm, set, other, true)?;
    Ok(Value::bool(common.table.is_empty()))
}

fn issubset(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let set = set_of(vm, args[0])?;
    let other = as_set(vm, args[1])?;
    Ok(Value::bool(vm.table_is_subset(set, other)?))
}

fn issuperset(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let set = set_of(vm, args[0])?;
    let other = as_set(vm, args[1])?;
    Ok(Value::bool(vm.table_is_subset(other, set)?))
}

/// The operators want sets (or dict views) on both sides.
fn operator(vm: &mut Vm, op: BinaryOp, a: Value, b: Value) -> Result<Value> {
    let (a, b) = (vm.unwrap(a), vm.unwrap(b));
    if !a.is::<Set>() || !b.is::<Set>() {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    protocol::operate(vm, op, a, b)
}

fn inplace(vm: &mut Vm, op: BinaryOp, args: &[Value]) -> Result<Value> {
    let result = operator(vm, op, args[0], args[1])?;
    if result == Value::NOT_IMPLEMENTED {
        return Ok(result);
    }
    replace(vm, args, result)?;
    Ok(args[0])
}

fn and(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    operator(vm, BinaryOp::And, args[0], args[1])
}

fn or(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    operator(vm, BinaryOp::Or, args[0], args[1])
}

fn sub(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    operator(vm, BinaryOp::Sub, args[0], args[1])
}

fn xor(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    operator(vm, BinaryOp::Xor, args[0], args[1])
}

fn rand(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    operator(vm, BinaryOp::And, args[1], args[0])
}

fn ror(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    operator(vm, BinaryOp::Or, args[1], args[0])
}

fn rsub(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    operator(vm, BinaryOp::Sub, args[1], args[0])
}

fn rxor(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    operator(vm, BinaryOp::Xor, args[1], args[0])
}

fn ior(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    inplace(vm, BinaryOp::Or, args)
}

fn iand(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    inplace(vm, BinaryOp::And, args)
}

fn isub(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    inplace(vm, BinaryOp::Sub, args)
}

fn ixor(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    inplace(vm, BinaryOp::Xor, args)
}
