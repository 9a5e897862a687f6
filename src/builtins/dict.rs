//! The methods of `dict` and `mappingproxy`.

use super::protocol;
use crate::heap::{Gc, Kind, Value};
use crate::objects::{Dict, Instance, IterState, MappingProxy, ViewKind};
use crate::vm::{BinaryOp, Result, Vm};

crate::natives! { pub static DICT_NEW:
    /// dict() -> new empty dictionary
    /// dict(mapping) -> new dictionary initialized from a mapping object's
    ///     (key, value) pairs
    /// dict(iterable) -> new dictionary initialized from an iterable of pairs
    /// dict(**kwargs) -> new dictionary initialized with the name=value pairs
    ///     in the keyword argument list.  For example:  dict(one=1, two=2)
    "__new__(cls, *args, **kwargs)" => new;
}

// Bound to the class: class methods.
crate::natives! { pub static DICT_CLASS:
    /// Create a new dictionary with keys from iterable and values set to value.
    "fromkeys(cls, iterable, value=None, /)" => fromkeys;
    "__class_getitem__(cls, key, /)" => class_getitem;
}

// The receiver stays an instance, whose class may have a `__missing__`.
crate::methods! { pub static DICT_GETITEM for fn |v| v.is::<Dict>() || v.is::<Instance>(), "dict":
    "__getitem__(self, key, /)" => getitem;
}

crate::methods! { pub static DICT for Dict, "dict":
    "__init__(self, iterable=..., /, **kwargs)" => update;
    /// Return the value for key if key is in the dictionary, else default.
    "get(self, key, default=None, /)" => get;
    /// Insert key with a value of default if key is not in the dictionary.
    ///
    /// Return the value for key if key is in the dictionary, else default.
    "setdefault(self, key, default=None, /)" => setdefault;
    /// D.pop(k[,d]) -> v, remove specified key and return the corresponding value.
    ///
    /// If the key is not found, return the default if given; otherwise,
    /// raise a KeyError.
    "pop(self, key, default=..., /)" => pop;
    /// Remove and return a (key, value) pair as a 2-tuple.
    ///
    /// Pairs are returned in LIFO (last-in, first-out) order.
    /// Raises KeyError if the dict is empty.
    "popitem(self, /)" => popitem;
    /// D.update([E, ]**F) -> None.  Update D from mapping/iterable E and F.
    "update(self, iterable=..., /, **kwargs)" => update;
    /// Return a set-like object providing a view on the dict's keys.
    "keys(self, /)" => keys;
    /// Return an object providing a view on the dict's values.
    "values(self, /)" => values;
    /// Return a set-like object providing a view on the dict's items.
    "items(self, /)" => items;
    /// Return a shallow copy of the dict.
    "copy(self, /)" => copy;
    /// Remove all items from the dict.
    "clear(self, /)" => clear;
    "__len__(self, /)" => protocol::len;
    "__setitem__(self, key, value, /)" => protocol::setitem;
    "__delitem__(self, key, /)" => protocol::delitem;
    "__contains__(self, key, /)" => protocol::contains;
    "__iter__(self, /)" => protocol::iter;
    "__reversed__(self, /)" => reversed;
    "__repr__(self, /)" => protocol::repr;
    "__eq__(self, value, /)" => protocol::eq;
    "__ne__(self, value, /)" => protocol::ne;
    "__or__(self, value, /)" => or;
    "__ror__(self, value, /)" => ror;
    "__ior__(self, value, /)" => ior;
}

crate::natives! { pub static MAPPINGPROXY_NEW:
    /// Read-only proxy of a mapping.
    "__new__(cls, mapping, /)" => proxy_new;
}

crate::methods! { pub static MAPPINGPROXY for MappingProxy, "mappingproxy":
    "get(self, key, default=None, /)" => get;
    "keys(self, /)" => keys;
    "values(self, /)" => values;
    "items(self, /)" => items;
    "copy(self, /)" => copy;
    "__len__(self, /)" => protocol::len;
    "__getitem__(self, key, /)" => protocol::getitem;
    "__contains__(self, key, /)" => protocol::contains;
    "__iter__(self, /)" => protocol::iter;
    "__reversed__(self, /)" => reversed;
    "__eq__(self, value, /)" => protocol::eq;
    "__ne__(self, value, /)" => protocol::ne;
    "__or__(self, value, /)" => or;
    "__ror__(self, value, /)" => ror;
}

/// The dict itself, or the one behind a proxy or instance.
#[inline]
fn dict_of(vm: &mut Vm, v: Value) -> Result<Gc<Dict>> {
    match v.cast::<Dict>() {
        Some(dict) => Ok(dict),
        None => dict_behind(vm, v),
    }
}

#[inline(never)]
fn dict_behind(vm: &mut Vm, v: Value) -> Result<Gc<Dict>> {
    let v = vm.unwrap(v);
    if let Some(dict) = v.cast::<Dict>() {
        return Ok(dict);
    }
    match v.cast::<MappingProxy>() {
        Some(proxy) => Ok(proxy.dict),
        None => {
            let class = vm.class_name(v);
            Err(vm.type_error(format!(
                "descriptor '__getitem__' requires a 'dict' object but received a '{class}'"
            )))
        }
    }
}

fn new(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let dict = vm.heap.dict().value();
    vm.wrap_payload(args[0], dict)
}

fn fromkeys(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let own = args[0] == vm.types.dict.value();
    let target = if own { vm.heap.dict().value() } else { vm.call(args[0], &[])? };
    vm.root(target);
    let it = vm.iter(args[1])?;
    vm.root(it);
    while let Some(key) = vm.next(it)? {
        let base = vm.roots.len();
        vm.root(key);
        vm.set_item(target, key, args[2])?;
        vm.roots.truncate(base);
    }
    Ok(target)
}

pub(super) fn class_getitem(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(crate::modules::types::alias::make(vm, args[0], args[1]))
}

fn getitem(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let dict = dict_of(vm, args[0])?;
    match vm.dict_get(dict, args[1])? {
        Some(v) => Ok(v),
        None => vm.missing(args[0], args[1]),
    }
}

fn get(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let dict = dict_of(vm, args[0])?;
    Ok(vm.dict_get(dict, args[1])?.unwrap_or(args[2]))
}

fn setdefault(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let dict = dict_of(vm, args[0])?;
    if let Some(v) = vm.dict_get(dict, args[1])? {
        return Ok(v);
    }
    vm.dict_set(dict, args[1], args[2])?;
    Ok(args[2])
}

fn pop(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let dict = dict_of(vm, args[0])?;
    match vm.dict_remove(dict, args[1])? {
        Some(v) => Ok(v),
        None if args[2].is_unbound() => Err(vm.key_error(args[1])),
        None => Ok(args[2]),
    }
}

fn popitem(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let mut dict = dict_of(vm, args[0])?;
    let Some(slot) = dict.table.previous_slot(dict.table.slots()) else {
        let message = vm.str("popitem(): dictionary is empty");
        return Err(vm.key_error(message));
    };
    dict.keys_changed();
    let (key, value) = dict.table.remove_at(slot);
    Ok(vm.tuple(&[key, value]))
}

fn update(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let dict = dict_of(vm, args[0])?;
    if !args[1].is_unbound() {
        update_from(vm, dict, args[1])?;
    }
    if let Some(more) = args[2].cast::<Dict>() {
        update_from(vm, dict, more.value())?;
    }
    Ok(Value::NONE)
}

/// `dict.update(from)`: a mapping, which has `keys`, or pairs.
pub fn update_from(vm: &mut Vm, dict: Gc<Dict>, from: Value) -> Result<()> {
    vm.releasing(|vm| {
        vm.root(dict);
        vm.root(from);
        if let Some(other) = vm.plain_entries(from) {
            return vm.dict_extend(dict, other);
        }
        let name = vm.names.keys;
        if vm.find_attr(from, name)?.is_some() {
            let keys = vm.call_method(from, "keys", &[])?;
            let keys = vm.collect(keys)?;
            for i in 0..keys.items.len() {
                let value = vm.get_item(from, keys.items[i])?;
                vm.dict_set(dict, keys.items[i], value)?;
            }
            return Ok(());
        }
        let it = vm.iter(from)?;
        vm.root(it);
        let mut n = 0;
        while let Some(pair) = vm.next(it)? {
            set_pair(vm, dict, pair, n)?;
            n += 1;
        }
        Ok(())
    })
}

/// The n-th element that `update` got, which should be a pair.
fn set_pair(vm: &mut Vm, dict: Gc<Dict>, pair: Value, n: usize) -> Result<()> {
    vm.releasing(|vm| {
        vm.root(pair);
        let items = match vm.collect(pair) {
            Ok(items) => items,
            Err(raise) if vm.is_instance_of(raise.0, vm.exceptions.TypeError) => {
                let message = format!("cannot convert dictionary update sequence element #{n} to a sequence");
                return Err(vm.type_error(message));
            }
            Err(raise) => return Err(raise),
        };
        match items.items[..] {
            [key, value] => vm.dict_set(dict, key, value),
            _ => {
                let len = items.items.len();
                Err(vm.value_error(format!(
                    "dictionary update sequence element #{n} has length {len}; 2 is required"
                )))
            }
        }
    })
}

fn view(vm: &mut Vm, args: &[Value], kind: ViewKind) -> Result<Value> {
    let dict = dict_of(vm, args[0])?;
    Ok(vm.heap.dict_view(dict, kind))
}

fn keys(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    view(vm, args, ViewKind::Keys)
}

fn values(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    view(vm, args, ViewKind::Values)
}

fn items(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    view(vm, args, ViewKind::Items)
}

fn copy(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let dict = dict_of(vm, args[0])?;
    Ok(vm.heap.dict_from(dict.table.clone()).value())
}

fn clear(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let mut dict = dict_of(vm, args[0])?;
    dict.keys_changed();
    dict.table.clear();
    Ok(Value::NONE)
}

fn reversed(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let dict = dict_of(vm, args[0])?;
    Ok(reversed_view(vm, dict, ViewKind::Keys))
}

pub(super) fn reversed_view(vm: &mut Vm, dict: Gc<Dict>, kind: ViewKind) -> Value {
    let (at, expected) = (dict.table.slots(), dict.table.len());
    vm.heap.iter(IterState::DictReversed { dict, kind, at, expected })
}

fn or(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let (left, right) = (dict_of(vm, args[0])?, vm.unwrap(args[1]));
    protocol::operate(vm, BinaryOp::Or, left.value(), right)
}

fn ror(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let (left, right) = (vm.unwrap(args[1]), dict_of(vm, args[0])?);
    protocol::operate(vm, BinaryOp::Or, left, right.value())
}

fn ior(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let dict = dict_of(vm, args[0])?;
    update_from(vm, dict, args[1])?;
    Ok(args[0])
}

fn proxy_new(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    match vm.unwrap(args[1]).cast::<Dict>() {
        Some(dict) => Ok(vm.heap.mapping_proxy(dict)),
        None if args[1].kind() == Some(Kind::MappingProxy) => Ok(args[1]),
        None => {
            let class = vm.class_name(args[1]);
            Err(vm.type_error(format!("mappingproxy() argument must be a mapping, not {class}")))
        }
    }
}
