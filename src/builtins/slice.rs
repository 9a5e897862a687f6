//! The methods of `slice`.

use super::protocol;
use crate::heap::{Gc, Value};
use crate::objects::Slice;
use crate::vm::{Result, Vm};
use num_bigint::Sign;

crate::natives! { pub static SLICE_NEW:
    /// slice(stop)
    /// slice(start, stop[, step])
    ///
    /// Create a slice object.  This is used for extended slicing (e.g. a[0:10:2]).
    "__new__(cls, *args)" => new;
}

crate::methods! { pub static SLICE for Slice, "slice":
    /// S.indices(len) -> (start, stop, stride)
    ///
    /// Assuming a sequence of length len, calculate the start and stop
    /// indices, and the stride length of the extended slice described by
    /// S. Out of bounds indices are clipped in a manner consistent with the
    /// handling of normal slices.
    "indices(self, object, /)" => indices;
    "__repr__(self, /)" => protocol::repr;
    "__hash__(self, /)" => protocol::hash;
    "__eq__(self, value, /)" => protocol::eq;
    "__ne__(self, value, /)" => protocol::ne;
    "__lt__(self, value, /)" => protocol::lt;
    "__le__(self, value, /)" => protocol::le;
    "__gt__(self, value, /)" => protocol::gt;
    "__ge__(self, value, /)" => protocol::ge;
}

// Read as attributes.
crate::methods! { pub static SLICE_GETTERS for Slice, "slice":
    "start(self, /)" => start;
    "stop(self, /)" => stop;
    "step(self, /)" => step;
}

fn slice_of(vm: &mut Vm, v: Value) -> Result<Gc<Slice>> {
    v.cast::<Slice>().ok_or_else(|| vm.type_error("a slice was expected"))
}

fn new(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let given = args.len() - 1;
    let [start, stop, step] = match given {
        0 => return Err(vm.type_error("slice expected at least 1 argument, got 0")),
        1 => [Value::NONE, args[1], Value::NONE],
        2 => [args[1], args[2], Value::NONE],
        3 => [args[1], args[2], args[3]],
        _ => return Err(vm.type_error(format!("slice expected at most 3 arguments, got {given}"))),
    };
    Ok(vm.heap.slice(start, stop, step).value())
}

fn indices(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let slice = slice_of(vm, args[0])?;
    let length = vm.index(args[1])?;
    let Some(length) = vm.big_of(length) else { return Ok(Value::NONE) };
    if length.sign() == Sign::Minus {
        return Err(vm.value_error("length should not be negative"));
    }
    let (start, stop, step) = vm.slice_indices(slice, &length)?;
    let parts = [vm.heap.big_int(start), vm.heap.big_int(stop), vm.heap.big_int(step)];
    Ok(vm.tuple(&parts))
}

fn start(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(slice_of(vm, args[0])?.start)
}

fn stop(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(slice_of(vm, args[0])?.stop)
}

fn step(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(slice_of(vm, args[0])?.step)
}
