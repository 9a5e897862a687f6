//! The methods of what `d.keys()`, `d.values()` and `d.items()` give.

use super::{dict, protocol};
use crate::heap::{Gc, Value};
use crate::objects::{DictView, ViewKind};
use crate::vm::{BinaryOp, Result, Vm};

crate::methods! { pub static DICT_KEYS for fn |v| is_view(v, ViewKind::Keys), "dict_keys":
    /// Return True if the view and the given iterable have a null intersection.
    "isdisjoint(self, other, /)" => isdisjoint;
    "__len__(self, /)" => protocol::len;
    "__contains__(self, key, /)" => protocol::contains;
    "__iter__(self, /)" => protocol::iter;
    "__reversed__(self, /)" => reversed;
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
}

crate::methods! { pub static DICT_ITEMS for fn |v| is_view(v, ViewKind::Items), "dict_items":
    /// Return True if the view and the given iterable have a null intersection.
    "isdisjoint(self, other, /)" => isdisjoint;
    "__len__(self, /)" => protocol::len;
    "__contains__(self, key, /)" => protocol::contains;
    "__iter__(self, /)" => protocol::iter;
    "__reversed__(self, /)" => reversed;
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
}

crate::methods! { pub static DICT_VALUES for fn |v| is_view(v, ViewKind::Values), "dict_values":
    "__len__(self, /)" => protocol::len;
    "__iter__(self, /)" => protocol::iter;
    "__reversed__(self, /)" => reversed;
    "__repr__(self, /)" => protocol::repr;
}

// Read as attributes.
crate::methods! { pub static DICT_VIEW_GETTERS for DictView, "dict_keys":
    /// dictionary that this view refers to
    "mapping(self, /)" => mapping;
}

fn is_view(v: Value, kind: ViewKind) -> bool {
    v.cast::<DictView>().is_some_and(|view| view.kind == kind)
}

fn view_of(vm: &mut Vm, v: Value) -> Result<Gc<DictView>> {
    v.cast::<DictView>().ok_or_else(|| vm.type_error("a dict view was expected"))
}

fn isdisjoint(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let it = vm.iter(args[1])?;
    vm.root(it);
    while let Some(item) = vm.next(it)? {
        let base = vm.roots.len();
        vm.root(item);
        if vm.contains(args[0], item)? {
            return Ok(Value::FALSE);
        }
        vm.roots.truncate(base);
    }
    Ok(Value::TRUE)
}

fn reversed(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let view = view_of(vm, args[0])?;
    Ok(dict::reversed_view(vm, view.dict, view.kind))
}

fn and(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    protocol::operate(vm, BinaryOp::And, args[0], args[1])
}

fn or(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    protocol::operate(vm, BinaryOp::Or, args[0], args[1])
}

fn sub(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    protocol::operate(vm, BinaryOp::Sub, args[0], args[1])
}

fn xor(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    protocol::operate(vm, BinaryOp::Xor, args[0], args[1])
}

fn mapping(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let view = view_of(vm, args[0])?;
    Ok(vm.heap.mapping_proxy(view.dict))
}
