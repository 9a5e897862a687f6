//! `_collections`: `deque`, what `collections` has in Rust; the rest of it is written in the language.

use super::asyncio::boxes::{data, is_box, make, native_data};
use super::{ModuleSpec, set};
use crate::heap::{Gc, Value};
use crate::objects::table::Found;
use crate::objects::{Class, Dict};
use crate::vm::{BinaryOp, CompareOp, Result, Vm};
use std::collections::VecDeque;

pub static SPEC: ModuleSpec = ModuleSpec { name: "_collections", natives: NATIVES, init };

crate::natives! { static NATIVES:
    /// Count the elements of an iterable in a dict.
    "_count_elements(mapping, iterable, /)" => count_elements;
    /// Have sites remember which item of a tuple an attribute is whose descriptor is of this class: its `_at`.
    "_fields(cls, /)" => fields;
}

fn count_elements(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let Some(dict) = vm.unwrap(args[0]).cast::<Dict>() else {
        return Err(vm.type_error("the counts must be in a dict"));
    };
    let it = vm.iter(args[1])?;
    vm.root(it);
    let base = vm.roots.len();
    let one = Value::int(1);
    let mut counts = dict;
    while let Some(key) = vm.next(it)? {
        // As a rule the key is known, or plain, and one look at the table is enough.
        if let Found::At(slot) = vm.look_up(&dict.table, key)
            && let Some(count) =
                dict.table.value_at(slot).add_ints(one).filter(|_| dict.table.value_at(slot).is_int())
        {
            counts.set_slot(slot, count);
            continue;
        }
        vm.root(key);
        let before = vm.dict_get(dict, key)?.unwrap_or(Value::int(0));
        let count = match before.add_ints(one) {
            Some(count) if before.is_int() => count,
            _ => vm.binary(BinaryOp::Add, before, one)?,
        };
        vm.dict_set(dict, key, count)?;
        vm.roots.truncate(base);
    }
    Ok(Value::NONE)
}

fn fields(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    vm.field_class = args[0];
    Ok(args[0])
}

fn init(vm: &mut Vm, dict: Gc<Dict>) -> Result<()> {
    let object = vm.types.object;
    let class = vm.native_class("deque", "collections", object, &[DEQUE_NEW, DEQUE]);
    vm.add_properties(class, DEQUE_PROPERTIES, &[]);
    let generic = vm.types.generic_alias.value();
    let generic = vm.heap.class_method(generic);
    let mut attributes = class.dict;
    attributes.set_str(vm.names.__hash__, Value::NONE);
    let name = vm.intern("__class_getitem__");
    attributes.set_str(name, generic);
    vm.update_class_flags(class);
    set(vm, dict, "deque", class);
    let iterator = vm.native_class("_deque_iterator", "_collections", object, &[ITERATOR]);
    set(vm, dict, "_deque_iterator", iterator);
    Ok(())
}

/// More items than this are not made at once.
const MAX_ITEMS: usize = 1 << 30;

struct Deque {
    items: VecDeque<Value>,
    maxlen: Option<usize>,
    /// Counts what an iterator must not see happen.
    changes: u64,
}

native_data!(Deque, |this, t| t.values(&this.items), count | this | this.items.len());

struct Iterator {
    deque: Value,
    /// How many items were given out.
    at: usize,
    reversed: bool,
    changes: u64,
}

native_data!(Iterator, |this, t| t.value(this.deque));

crate::natives! { static DEQUE_NEW:
    "__new__(cls, /, *args, **kwargs)" => new;
}

crate::methods! { static DEQUE for fn is_box::<Deque>, "deque":
    "__init__(self, iterable=..., maxlen=None)" => init_deque;
    /// Add an element to the right side of the deque.
    "append(self, item, /)" => append;
    /// Add an element to the left side of the deque.
    "appendleft(self, item, /)" => appendleft;
    /// Remove all elements from the deque.
    "clear(self)" => clear;
    /// Return a shallow copy of a deque.
    "copy(self)" => copy;
    "__copy__(self)" => copy;
    /// Return number of occurrences of value.
    "count(self, value, /)" => count;
    /// Extend the right side of the deque with elements from the iterable.
    "extend(self, iterable, /)" => extend;
    /// Extend the left side of the deque with elements from the iterable.
    "extendleft(self, iterable, /)" => extendleft;
    /// Return first index of value.
    "index(self, value, start=0, stop=None, /)" => index;
    /// Insert value before index.
    "insert(self, index, value, /)" => insert;
    /// Remove and return the rightmost element.
    "pop(self)" => pop;
    /// Remove and return the leftmost element.
    "popleft(self)" => popleft;
    /// Remove first occurrence of value.
    "remove(self, value, /)" => remove;
    /// Reverse in place.
    "reverse(self)" => reverse;
    /// Rotate the deque n steps to the right; if n is negative, to the left.
    "rotate(self, n=1, /)" => rotate;
    "__len__(self)" => len;
    "__bool__(self)" => bool;
    "__getitem__(self, index, /)" => get_item;
    "__setitem__(self, index, value, /)" => set_item;
    "__delitem__(self, index, /)" => del_item;
    "__contains__(self, item, /)" => contains;
    "__iter__(self)" => iter;
    "__reversed__(self)" => reversed;
    "__repr__(self)" => repr;
    "__eq__(self, other, /)" => eq;
    "__ne__(self, other, /)" => ne;
    "__lt__(self, other, /)" => lt;
    "__le__(self, other, /)" => le;
    "__gt__(self, other, /)" => gt;
    "__ge__(self, other, /)" => ge;
    "__add__(self, other, /)" => add;
    "__iadd__(self, other, /)" => iadd;
    "__mul__(self, n, /)" => mul;
    "__rmul__(self, n, /)" => mul;
    "__imul__(self, n, /)" => imul;
    "__reduce__(self)" => reduce;
}

crate::methods! { static DEQUE_PROPERTIES for fn is_box::<Deque>, "deque":
    "maxlen(self)" => maxlen;
}

crate::methods! { static ITERATOR for fn is_box::<Iterator>, "_deque_iterator":
    "__iter__(self)" => itself;
    "__next__(self)" => next;
    "__length_hint__(self)" => length_hint;
}

/// The class, as `_collections` has it.
fn class_of_module(vm: &mut Vm, name: &str) -> Value {
    let module = vm.intern("_collections");
    let name = vm.intern(name);
    let module = vm.modules.table.get_str(module).and_then(|m| m.cast::<crate::objects::Module>());
    module.and_then(|m| m.dict.table.get_str(name)).unwrap_or_default()
}

fn make_deque(vm: &mut Vm, cls: Value, deque: Deque) -> Result<Value> {
    let class = class_of_module(vm, "deque");
    make(vm, cls, class, deque)
}

fn new(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    make_deque(vm, args[0], Deque { items: VecDeque::new(), maxlen: None, changes: 0 })
}

/// What the method was called on: the deque, or the instance of a subclass around it.
fn whole(vm: &Vm, deque: Value) -> Value {
    if vm.payload(vm.receiver) == deque { vm.receiver } else { deque }
}

fn length(deque: Value) -> usize {
    data::<Deque, _>(deque, |d| d.items.len())
}

fn init_deque(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let maxlen = if args[2].is_none() {
        None
    } else {
        match usize::try_from(vm.index_i64(args[2])?) {
            Ok(n) => Some(n),
            Err(_) => return Err(vm.value_error("maxlen must be non-negative")),
        }
    };
    data::<Deque, _>(args[0], |d| {
        d.items.clear();
        d.maxlen = maxlen;
        d.changes += 1;
    });
    if args[1].is_unbound() {
        return Ok(Value::NONE);
    }
    extend(vm, &args[..2])
}

fn maxlen(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let maxlen = data::<Deque, _>(args[0], |d| d.maxlen);
    Ok(maxlen.map_or(Value::NONE, |n| vm.int(n as i64)))
}

fn push(vm: &mut Vm, deque: Value, item: Value, left: bool) {
    vm.heap.charge(size_of::<Value>());
    data::<Deque, _>(deque, |d| {
        d.changes += 1;
        if d.maxlen == Some(0) {
            return;
        }
        let full = d.maxlen == Some(d.items.len());
        if left {
            if full {
                d.items.pop_back();
            }
            d.items.push_front(item);
        } else {
            if full {
                d.items.pop_front();
            }
            d.items.push_back(item);
        }
    });
}

fn append(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    push(vm, args[0], args[1], false);
    Ok(Value::NONE)
}

fn appendleft(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    push(vm, args[0], args[1], true);
    Ok(Value::NONE)
}

fn clear(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    data::<Deque, _>(args[0], |d| {
        d.items.clear();
        d.changes += 1;
    });
    Ok(Value::NONE)
}

fn copy(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let (items, maxlen) = data::<Deque, _>(args[0], |d| (d.items.clone(), d.maxlen));
    vm.heap.charge(items.len() * size_of::<Value>());
    let class = vm.type_of(whole(vm, args[0])).value();
    make_deque(vm, class, Deque { items, maxlen, changes: 0 })
}

fn count(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let mut found = 0;
    walk(vm, args[0], 0, usize::MAX, |vm, item| {
        found += i64::from(vm.equals(item, args[1])?);
        Ok(false)
    })?;
    Ok(Value::int(found))
}

/// Shows the items from `start` to `stop` to a function, which may run the language's code and stops at true; the place
/// where it stopped.
fn walk(
    vm: &mut Vm,
    deque: Value,
    start: usize,
    stop: usize,
    mut stops: impl FnMut(&mut Vm, Value) -> Result<bool>,
) -> Result<Option<usize>> {
    let changes = data::<Deque, _>(deque, |d| d.changes);
    let mut at = start;
    while at < stop
        && let Some(item) = data::<Deque, _>(deque, |d| d.items.get(at).copied())
    {
        let found = stops(vm, item)?;
        if data::<Deque, _>(deque, |d| d.changes) != changes {
            return Err(mutated(vm));
        }
        if found {
            return Ok(Some(at));
        }
        at += 1;
    }
    Ok(None)
}

fn mutated(vm: &mut Vm) -> crate::vm::Raise {
    vm.runtime_error("deque mutated during iteration")
}

/// The items of an iterable, which may be the deque itself.
fn each(vm: &mut Vm, args: &[Value], left: bool) -> Result<Value> {
    if args[0] == args[1] {
        let items: Vec<Value> = data::<Deque, _>(args[0], |d| d.items.iter().copied().collect());
        for item in items {
            push(vm, args[0], item, left);
        }
        return Ok(Value::NONE);
    }
    let iter = vm.iter(args[1])?;
    vm.root(iter);
    while let Some(item) = vm.next(iter)? {
        push(vm, args[0], item, left);
    }
    Ok(Value::NONE)
}

fn extend(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    each(vm, args, false)
}

fn extendleft(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    each(vm, args, true)
}

/// A place from an index that counts from the end if it is negative, cut to the deque.
fn bound(index: i64, length: usize) -> usize {
    let index = if index < 0 { index.saturating_add(length as i64).max(0) } else { index };
    (index as usize).min(length)
}

fn index(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let length = length(args[0]);
    let start = bound(vm.index_i64(args[2])?, length);
    let stop = if args[3].is_none() { length } else { bound(vm.index_i64(args[3])?, length) };
    match walk(vm, args[0], start, stop, |vm, item| vm.equals(item, args[1]))? {
        Some(at) => Ok(Value::int(at as i64)),
        None => {
            let shown = vm.repr(args[1])?;
            Err(vm.value_error(format!("{shown} is not in deque")))
        }
    }
}

fn insert(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let at = vm.index_i64(args[1])?;
    if data::<Deque, _>(args[0], |d| d.maxlen == Some(d.items.len())) {
        return Err(vm.index_error("deque already at its maximum size"));
    }
    vm.heap.charge(size_of::<Value>());
    data::<Deque, _>(args[0], |d| {
        let at = bound(at, d.items.len());
        d.items.insert(at, args[2]);
        d.changes += 1;
    });
    Ok(Value::NONE)
}

fn taken(
    vm: &mut Vm,
    deque: Value,
    take: impl FnOnce(&mut VecDeque<Value>) -> Option<Value>,
) -> Result<Value> {
    let item = data::<Deque, _>(deque, |d| {
        d.changes += 1;
        take(&mut d.items)
    });
    item.ok_or_else(|| vm.index_error("pop from an empty deque"))
}

fn pop(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    taken(vm, args[0], VecDeque::pop_back)
}

fn popleft(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    taken(vm, args[0], VecDeque::pop_front)
}

fn remove(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let changes = data::<Deque, _>(args[0], |d| d.changes);
    let found = walk(vm, args[0], 0, usize::MAX, |vm, item| vm.equals(item, args[1]));
    if data::<Deque, _>(args[0], |d| d.changes) != changes {
        return Err(vm.index_error("deque mutated during remove()."));
    }
    match found? {
        Some(at) => {
            data::<Deque, _>(args[0], |d| {
                d.items.remove(at);
                d.changes += 1;
            });
            Ok(Value::NONE)
        }
        None => {
            let shown = vm.repr(args[1])?;
            Err(vm.value_error(format!("{shown} is not in deque")))
        }
    }
}

fn reverse(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    data::<Deque, _>(args[0], |d| d.items.make_contiguous().reverse());
    Ok(Value::NONE)
}

fn rotate(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let n = vm.index_i64(args[1])?;
    data::<Deque, _>(args[0], |d| {
        d.changes += 1;
        if !d.items.is_empty() {
            d.items.rotate_right(n.rem_euclid(d.items.len() as i64) as usize);
        }
    });
    Ok(Value::NONE)
}

fn len(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(Value::int(length(args[0]) as i64))
}

fn bool(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(Value::bool(length(args[0]) > 0))
}

fn place(vm: &mut Vm, args: &[Value]) -> Result<usize> {
    if vm.index(args[1]).is_err() {
        let class = vm.class_name(args[1]);
        return Err(vm.type_error(format!("sequence index must be integer, not '{class}'")));
    }
    let index = vm.index_i64(args[1])?;
    let length = length(args[0]) as i64;
    let at = if index < 0 { index.saturating_add(length) } else { index };
    if (0..length).contains(&at) { Ok(at as usize) } else { Err(vm.index_error("deque index out of range")) }
}

fn get_item(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let at = place(vm, args)?;
    Ok(data::<Deque, _>(args[0], |d| d.items[at]))
}

fn set_item(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let at = place(vm, args)?;
    data::<Deque, _>(args[0], |d| d.items[at] = args[2]);
    Ok(Value::NONE)
}

fn del_item(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let at = place(vm, args)?;
    data::<Deque, _>(args[0], |d| {
        d.items.remove(at);
        d.changes += 1;
    });
    Ok(Value::NONE)
}

fn contains(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let found = walk(vm, args[0], 0, usize::MAX, |vm, item| vm.equals(item, args[1]))?;
    Ok(Value::bool(found.is_some()))
}

fn iterator(vm: &mut Vm, deque: Value, reversed: bool) -> Value {
    let class = class_of_module(vm, "_deque_iterator").cast::<Class>().unwrap_or(vm.types.object);
    let changes = data::<Deque, _>(deque, |d| d.changes);
    vm.heap.boxed(class, Iterator { deque, at: 0, reversed, changes }).value()
}

fn iter(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(iterator(vm, args[0], false))
}

fn reversed(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(iterator(vm, args[0], true))
}

fn next(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let (deque, at, reversed, changes) =
        data::<Iterator, _>(args[0], |i| (i.deque, i.at, i.reversed, i.changes));
    let (item, now) = data::<Deque, _>(deque, |d| {
        let place = if reversed { d.items.len().wrapping_sub(at + 1) } else { at };
        (d.items.get(place).copied(), d.changes)
    });
    if now != changes {
        return Err(mutated(vm));
    }
    match item {
        Some(item) => {
            data::<Iterator, _>(args[0], |i| i.at += 1);
            Ok(item)
        }
        None => Err(vm.stop_iteration(Value::NONE)),
    }
}

fn itself(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(args[0])
}

fn length_hint(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let (deque, at) = data::<Iterator, _>(args[0], |i| (i.deque, i.at));
    Ok(Value::int(length(deque).saturating_sub(at) as i64))
}

/// The items as a list of the language, rooted.
fn listed(vm: &mut Vm, deque: Value) -> Value {
    let items = data::<Deque, _>(deque, |d| d.items.iter().copied().collect());
    let list = vm.list(items);
    vm.root(list)
}

fn repr(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let class = vm.type_of(whole(vm, args[0])).short_name();
    if !vm.begin_repr(args[0]) {
        return Ok(vm.str("[...]"));
    }
    let list = listed(vm, args[0]);
    let shown = vm.repr(list);
    vm.end_repr();
    let shown = shown?;
    let maxlen = data::<Deque, _>(args[0], |d| d.maxlen);
    let maxlen = maxlen.map_or(String::new(), |n| format!(", maxlen={n}"));
    Ok(vm.str(&format!("{class}({shown}{maxlen})")))
}

fn compare(vm: &mut Vm, args: &[Value], op: CompareOp) -> Result<Value> {
    let other = vm.unwrap(args[1]);
    if !is_box::<Deque>(other) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let (a, b) = (listed(vm, args[0]), listed(vm, other));
    vm.compare(op, a, b)
}

fn eq(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    compare(vm, args, CompareOp::Eq)
}

fn ne(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    compare(vm, args, CompareOp::Ne)
}

fn lt(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    compare(vm, args, CompareOp::Lt)
}

fn le(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    compare(vm, args, CompareOp::Le)
}

fn gt(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    compare(vm, args, CompareOp::Gt)
}

fn ge(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    compare(vm, args, CompareOp::Ge)
}

fn add(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let other = vm.unwrap(args[1]);
    if !is_box::<Deque>(other) {
        let class = vm.class_name(args[1]);
        return Err(vm.type_error(format!("can only concatenate deque (not \"{class}\") to deque")));
    }
    let sum = copy(vm, args)?;
    vm.root(sum);
    let target = vm.unwrap(sum);
    extend(vm, &[target, other])?;
    Ok(sum)
}

fn iadd(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let whole = whole(vm, args[0]);
    extend(vm, args)?;
    Ok(whole)
}

/// Repeats the items; of a bounded deque the last ones stay.
fn repeat(vm: &mut Vm, deque: Value, n: Value) -> Result<()> {
    let n = usize::try_from(vm.index_i64(n)?).unwrap_or(0);
    let (items, maxlen) = data::<Deque, _>(deque, |d| (d.items.clone(), d.maxlen));
    let Some(total) = items.len().checked_mul(n).filter(|&t| t < MAX_ITEMS) else {
        return Err(vm.memory_error(""));
    };
    let kept = maxlen.map_or(total, |m| m.min(total));
    vm.heap.charge(kept * size_of::<Value>());
    let repeated =
        items.iter().copied().cycle().skip(total.saturating_sub(kept) % items.len().max(1)).take(kept);
    let repeated = if items.is_empty() { VecDeque::new() } else { repeated.collect() };
    data::<Deque, _>(deque, |d| {
        d.items = repeated;
        d.changes += 1;
    });
    Ok(())
}

fn mul(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let result = copy(vm, args)?;
    vm.root(result);
    let target = vm.unwrap(result);
    repeat(vm, target, args[1])?;
    Ok(result)
}

fn imul(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let whole = whole(vm, args[0]);
    repeat(vm, args[0], args[1])?;
    Ok(whole)
}

fn reduce(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let class = vm.type_of(whole(vm, args[0])).value();
    let maxlen = maxlen(vm, args)?;
    let empty = vm.empty_tuple;
    let given = if maxlen.is_none() { empty } else { vm.tuple(&[empty, maxlen]) };
    vm.root(given);
    let items = iterator(vm, args[0], false);
    Ok(vm.tuple(&[class, given, Value::NONE, items]))
}
