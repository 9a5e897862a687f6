//! Special methods that the built-in containers have in common, as natives: `super().__len__()` and the like.

use crate::heap::Value;
use crate::vm::items::{item_at, item_count};
use crate::vm::{BinaryOp, CompareOp, Result, Vm};

pub(super) fn len(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let n = vm.len(args[0])?;
    Ok(vm.int(n as i64))
}

pub(super) fn getitem(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    vm.get_item(args[0], args[1])
}

pub(super) fn setitem(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    vm.set_item(args[0], args[1], args[2])?;
    Ok(Value::NONE)
}

pub(super) fn delitem(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    vm.del_item(args[0], args[1])?;
    Ok(Value::NONE)
}

pub(super) fn contains(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(Value::bool(vm.contains(args[0], args[1])?))
}

pub(super) fn iter(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    vm.iter(args[0])
}

pub(super) fn repr(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let text = vm.repr(args[0])?;
    Ok(vm.str(&text))
}

pub(super) fn hash(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let hash = vm.hash(args[0])?;
    Ok(vm.int(hash))
}

/// Comparing a built-in value to what may be an instance of a subclass.
fn compare(vm: &mut Vm, op: CompareOp, args: &[Value]) -> Result<Value> {
    let other = vm.unwrap(args[1]);
    vm.compare_builtins(op, args[0], other)
}

pub(super) fn eq(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    compare(vm, CompareOp::Eq, args)
}

pub(super) fn ne(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    compare(vm, CompareOp::Ne, args)
}

pub(super) fn lt(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    compare(vm, CompareOp::Lt, args)
}

pub(super) fn le(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    compare(vm, CompareOp::Le, args)
}

pub(super) fn gt(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    compare(vm, CompareOp::Gt, args)
}

pub(super) fn ge(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    compare(vm, CompareOp::Ge, args)
}

/// `sequence * count`
pub(super) fn repeat(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let count = vm.index(args[1])?;
    vm.root(count);
    vm.binary(BinaryOp::Mul, args[0], count)
}

/// The operator on the built-in values; NotImplemented if they have none.
pub(super) fn operate(vm: &mut Vm, op: BinaryOp, a: Value, b: Value) -> Result<Value> {
    let (a, b) = (vm.unwrap(a), vm.unwrap(b));
    Ok(vm.builtin_binary(op, a, b)?.unwrap_or(Value::NOT_IMPLEMENTED))
}

/// `index(self, value, start, stop)` of a list or tuple of this length.
pub(super) fn find(vm: &mut Vm, args: &[Value], len: usize) -> Result<Option<usize>> {
    let start = bound(vm, args[2], len, 0)?;
    let stop = bound(vm, args[3], len, usize::MAX)?;
    let mut i = start;
    while i < stop
        && let Some(item) = item_at(args[0], i)
    {
        if vm.equals(item, args[1])? {
            return Ok(Some(i));
        }
        i += 1;
    }
    Ok(None)
}

/// A position that may count from the end.
fn bound(vm: &mut Vm, v: Value, len: usize, default: usize) -> Result<usize> {
    if v.is_unbound() {
        return Ok(default);
    }
    let big = match vm.try_index(v)? {
        Some(index) => vm.big_of(index),
        None => return Err(vm.type_error("slice indices must be integers or have an __index__ method")),
    };
    let (negative, small) = match big {
        Some(big) => (big.sign() == num_bigint::Sign::Minus, i64::try_from(&big).ok()),
        None => (false, None),
    };
    Ok(match small {
        Some(i) if i < 0 => usize::try_from(i + len as i64).unwrap_or(0),
        Some(i) => usize::try_from(i).unwrap_or(usize::MAX),
        None if negative => 0,
        None => usize::MAX,
    })
}

/// `count(self, value)` of a list or tuple.
pub(super) fn count(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let mut found = 0;
    let mut i = 0;
    while i < item_count(args[0])
        && let Some(item) = item_at(args[0], i)
    {
        found += i64::from(vm.equals(item, args[1])?);
        i += 1;
    }
    Ok(Value::int(found))
}
