//! What only a `bytearray` can: change.

use crate::heap::{Gc, Value};
use crate::objects::ByteArray;
use crate::vm::{BinaryOp, Result, Vm};

fn own(vm: &mut Vm, args: &[Value]) -> Result<Gc<ByteArray>> {
    match args[0].cast() {
        Some(array) => Ok(array),
        None => Err(vm.type_error("a bytearray is required")),
    }
}

fn byte(vm: &mut Vm, v: Value) -> Result<u8> {
    let i = vm.index(v)?;
    match vm.small_int_of(i).and_then(|i| u8::try_from(i).ok()) {
        Some(byte) => Ok(byte),
        None => Err(vm.value_error("byte must be in range(0, 256)")),
    }
}

pub fn append(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let byte = byte(vm, args[1])?;
    vm.heap.charge(1);
    own(vm, args)?.value.push(byte);
    Ok(Value::NONE)
}

pub fn clear(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    own(vm, args)?.value.clear();
    Ok(Value::NONE)
}

pub fn copy(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let bytes = own(vm, args)?.value.clone();
    Ok(vm.heap.bytearray(bytes).value())
}

pub fn extend(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let source = args[1];
    if vm.unwrap(source).as_str().is_some() {
        return Err(vm.type_error("expected iterable of integers; got: 'str'"));
    }
    if vm.big_of(source).is_some() || source.is_none() || source.is_float() {
        let class = vm.class_name(source);
        return Err(vm.type_error(format!("can't extend bytearray with {class}")));
    }
    let more = super::collect(vm, source, true)?;
    vm.heap.charge(more.len());
    own(vm, args)?.value.extend_from_slice(&more);
    Ok(Value::NONE)
}

pub fn insert(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let index = vm.index_i64(args[1])?;
    let byte = byte(vm, args[2])?;
    let mut array = own(vm, args)?;
    let length = i64::try_from(array.value.len()).unwrap_or(i64::MAX);
    let at = if index < 0 { (index + length).max(0) } else { index.min(length) };
    array.value.insert(usize::try_from(at).unwrap_or(0), byte);
    Ok(Value::NONE)
}

pub fn pop(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let index = vm.index_i64(args[1])?;
    let mut array = own(vm, args)?;
    let length = i64::try_from(array.value.len()).unwrap_or(i64::MAX);
    if length == 0 {
        return Err(vm.index_error("pop from empty bytearray"));
    }
    let at = if index < 0 { index.saturating_add(length) } else { index };
    match usize::try_from(at) {
        Ok(at) if at < array.value.len() => Ok(Value::int(i64::from(array.value.remove(at)))),
        _ => Err(vm.index_error("pop index out of range")),
    }
}

pub fn remove(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let byte = byte(vm, args[1])?;
    let mut array = own(vm, args)?;
    match array.value.iter().position(|&b| b == byte) {
        Some(at) => {
            array.value.remove(at);
            Ok(Value::NONE)
        }
        None => Err(vm.value_error("value not found in bytearray")),
    }
}

pub fn reverse(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    own(vm, args)?.value.reverse();
    Ok(Value::NONE)
}

pub fn iadd(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    vm.inplace(BinaryOp::Add, args[0], args[1])
}

pub fn imul(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    vm.inplace(BinaryOp::Mul, args[0], args[1])
}
