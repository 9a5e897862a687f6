//! The methods of `range`.

use super::protocol;
use crate::heap::{Gc, Value};
use crate::objects::Range;
use crate::vm::{Result, Vm};
use num_bigint::BigInt;

crate::natives! { pub static RANGE_NEW:
    /// range(stop) -> range object
    /// range(start, stop[, step]) -> range object
    ///
    /// Return an object that produces a sequence of integers from start (inclusive)
    /// to stop (exclusive) by step.
    "__new__(cls, *args)" => new;
}

crate::methods! { pub static RANGE for Range, "range":
    /// rangeobject.count(value) -> integer -- return number of occurrences of value
    "count(self, value, /)" => count;
    /// rangeobject.index(value) -> integer -- return index of value.
    /// Raise ValueError if the value is not present.
    "index(self, value, /)" => index;
    "__len__(self, /)" => protocol::len;
    "__getitem__(self, key, /)" => protocol::getitem;
    "__contains__(self, key, /)" => protocol::contains;
    "__iter__(self, /)" => protocol::iter;
    "__reversed__(self, /)" => reversed;
    "__repr__(self, /)" => protocol::repr;
    "__hash__(self, /)" => protocol::hash;
    "__eq__(self, value, /)" => protocol::eq;
    "__ne__(self, value, /)" => protocol::ne;
    "__bool__(self, /)" => truth;
}

// Read as attributes.
crate::methods! { pub static RANGE_GETTERS for Range, "range":
    "start(self, /)" => start;
    "stop(self, /)" => stop;
    "step(self, /)" => step;
}

fn range_of(vm: &mut Vm, v: Value) -> Result<Gc<Range>> {
    v.cast::<Range>().ok_or_else(|| vm.type_error("a range was expected"))
}

fn new(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let given = args.len() - 1;
    let parts = match given {
        0 => return Err(vm.type_error("range expected at least 1 argument, got 0")),
        1 => [Value::int(0), args[1], Value::int(1)],
        2 => [args[1], args[2], Value::int(1)],
        3 => [args[1], args[2], args[3]],
        _ => return Err(vm.type_error(format!("range expected at most 3 arguments, got {given}"))),
    };
    let mut bounds = [Value::int(0); 3];
    for (bound, part) in bounds.iter_mut().zip(parts) {
        *bound = vm.index(part)?;
        vm.root(*bound);
    }
    let [start, stop, step] = bounds;
    if step == Value::int(0) {
        return Err(vm.value_error("range() arg 3 must not be zero"));
    }
    Ok(vm.make_range(start, stop, step).value())
}

fn count(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let range = range_of(vm, args[0])?;
    if let Some(wanted) = vm.big_of(args[1]) {
        return Ok(Value::int(i64::from(vm.range_index(range, &wanted).is_some())));
    }
    let it = vm.iter(args[0])?;
    vm.root(it);
    let mut found = 0;
    while let Some(item) = vm.next(it)? {
        found += i64::from(vm.equals(item, args[1])?);
    }
    Ok(Value::int(found))
}

fn index(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let range = range_of(vm, args[0])?;
    if let Some(wanted) = vm.big_of(args[1]) {
        if let Some(at) = vm.range_index(range, &wanted) {
            return Ok(vm.heap.big_int(at));
        }
        let value = vm.repr(args[1])?;
        return Err(vm.value_error(format!("{value} is not in range")));
    }
    let it = vm.iter(args[0])?;
    vm.root(it);
    let mut at = 0;
    while let Some(item) = vm.next(it)? {
        if vm.equals(item, args[1])? {
            return Ok(Value::int(at));
        }
        at += 1;
    }
    Err(vm.value_error("sequence.index(x): x not in sequence"))
}

/// An iterator over the items backwards.
pub(super) fn reversed(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let range = range_of(vm, args[0])?;
    let length = vm.range_length(range);
    let (Some(start), Some(step), Some(length)) =
        (vm.big_of(range.start), vm.big_of(range.step), vm.big_of(length))
    else {
        return vm.iter(args[0]);
    };
    let last: BigInt = &start + (&length - 1) * &step;
    let (first, stop, step) = (vm.heap.big_int(last), vm.heap.big_int(start - &step), vm.heap.big_int(-step));
    let backwards = vm.make_range(first, stop, step);
    vm.iter(backwards.value())
}

fn truth(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let range = range_of(vm, args[0])?;
    Ok(Value::bool(vm.range_length(range) != Value::int(0)))
}

fn start(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(range_of(vm, args[0])?.start)
}

fn stop(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(range_of(vm, args[0])?.stop)
}

fn step(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(range_of(vm, args[0])?.step)
}
