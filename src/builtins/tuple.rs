//! The methods of `tuple`.

use super::protocol;
use crate::heap::Value;
use crate::objects::Tuple;
use crate::vm::{BinaryOp, Result, Vm};

crate::natives! { pub static TUPLE_NEW:
    /// Built-in immutable sequence.
    ///
    /// If no argument is given, the constructor returns an empty tuple.
    /// If iterable is specified the tuple is initialized from iterable's items.
    "__new__(cls, iterable=..., /)" => new;
}

crate::methods! { pub static TUPLE for Tuple, "tuple":
    /// Return first index of value.
    ///
    /// Raises ValueError if the value is not present.
    "index(self, value, start=0, stop=..., /)" => index;
    /// Return number of occurrences of value.
    "count(self, value, /)" => protocol::count;
    "__len__(self, /)" => protocol::len;
    "__getitem__(self, key, /)" => protocol::getitem;
    "__contains__(self, key, /)" => protocol::contains;
    "__iter__(self, /)" => protocol::iter;
    "__repr__(self, /)" => protocol::repr;
    "__hash__(self, /)" => protocol::hash;
    "__eq__(self, value, /)" => protocol::eq;
    "__ne__(self, value, /)" => protocol::ne;
    "__lt__(self, value, /)" => protocol::lt;
    "__le__(self, value, /)" => protocol::le;
    "__gt__(self, value, /)" => protocol::gt;
    "__ge__(self, value, /)" => protocol::ge;
    "__add__(self, value, /)" => add;
    "__mul__(self, value, /)" => protocol::repeat;
    "__rmul__(self, value, /)" => protocol::repeat;
    "__getnewargs__(self, /)" => getnewargs;
}

fn new(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let tuple = if args[1].is_unbound() {
        vm.empty_tuple
    } else if args[1].is::<Tuple>() {
        args[1]
    } else {
        let items = vm.collect(args[1])?;
        vm.tuple(&items.items)
    };
    vm.wrap_payload(args[0], tuple)
}

fn index(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let len = args[0].cast::<Tuple>().map_or(0, |t| t.len());
    match protocol::find(vm, args, len)? {
        Some(i) => Ok(Value::int(i as i64)),
        None => Err(vm.value_error("tuple.index(x): x not in tuple")),
    }
}

fn add(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let other = vm.unwrap(args[1]);
    if !other.is::<Tuple>() {
        let class = vm.class_name(args[1]);
        return Err(vm.type_error(format!("can only concatenate tuple (not \"{class}\") to tuple")));
    }
    vm.binary(BinaryOp::Add, args[0], other)
}

fn getnewargs(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(vm.tuple(&[args[0]]))
}
