//! Searching in bytes, for bytes or for one byte given as an integer.

use super::{buffer, own};
use crate::heap::Value;
use crate::objects::Tuple;
use crate::objects::sequence::BytesLike;
use crate::text::bytes as text;
use crate::vm::{Result, Vm};

/// What is searched for.
fn wanted(vm: &mut Vm, v: Value) -> Result<Vec<u8>> {
    if let Some(bytes) = BytesLike::of(vm.unwrap(v)) {
        return Ok(bytes.to_vec());
    }
    match vm.try_index(v)? {
        Some(i) => match vm.small_int_of(i).and_then(|i| u8::try_from(i).ok()) {
            Some(byte) => Ok(vec![byte]),
            None => Err(vm.value_error("byte must be in range(0, 256)")),
        },
        None => {
            let class = vm.class_name(v);
            Err(vm.type_error(format!("argument should be integer or bytes-like object, not '{class}'")))
        }
    }
}

/// `args[2]..args[3]` of the receiver; `None` where the start is beyond the end.
fn range(vm: &mut Vm, args: &[Value]) -> Result<Option<(usize, usize)>> {
    let length = own(args).len();
    let start = vm.position(args[2], 0, length)?;
    let end = vm.position(args[3], length, length)?.min(length);
    Ok((start <= end).then_some((start, end)))
}

fn locate(vm: &mut Vm, args: &[Value], search: fn(&[u8], &[u8]) -> Option<usize>) -> Result<Option<i64>> {
    let wanted = wanted(vm, args[1])?;
    let Some((start, end)) = range(vm, args)? else { return Ok(None) };
    let found = own(args).get(start..end).and_then(|part| search(part, &wanted));
    Ok(found.and_then(|at| i64::try_from(at + start).ok()))
}

pub fn find(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(Value::int(locate(vm, args, text::find)?.unwrap_or(-1)))
}

pub fn rfind(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(Value::int(locate(vm, args, text::rfind)?.unwrap_or(-1)))
}

pub fn index(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    match locate(vm, args, text::find)? {
        Some(at) => Ok(Value::int(at)),
        None => Err(vm.value_error("subsection not found")),
    }
}

pub fn rindex(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    match locate(vm, args, text::rfind)? {
        Some(at) => Ok(Value::int(at)),
        None => Err(vm.value_error("subsection not found")),
    }
}

pub fn count(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let wanted = wanted(vm, args[1])?;
    let Some((start, end)) = range(vm, args)? else { return Ok(Value::int(0)) };
    let count = own(args).get(start..end).map_or(0, |part| text::count(part, &wanted));
    Ok(Value::int(i64::try_from(count).unwrap_or(0)))
}

fn affixed(vm: &mut Vm, args: &[Value], name: &str, test: fn(&[u8], &[u8]) -> bool) -> Result<Value> {
    let range = range(vm, args)?;
    let bytes = own(args);
    let part = range.and_then(|(start, end)| bytes.get(start..end));
    let plain = vm.unwrap(args[1]);
    if let Some(wanted) = BytesLike::of(plain) {
        return Ok(Value::bool(part.is_some_and(|part| test(part, &wanted))));
    }
    let Some(all) = plain.cast::<Tuple>() else {
        let class = vm.class_name(args[1]);
        let message = format!("{name} first arg must be bytes or a tuple of bytes, not {class}");
        return Err(vm.type_error(message));
    };
    for &one in all.items() {
        let wanted = buffer(vm, one)?;
        if part.is_some_and(|part| test(part, &wanted)) {
            return Ok(Value::TRUE);
        }
    }
    Ok(Value::FALSE)
}

pub fn startswith(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    affixed(vm, args, "startswith", |bytes, prefix| bytes.starts_with(prefix))
}

pub fn endswith(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    affixed(vm, args, "endswith", |bytes, suffix| bytes.ends_with(suffix))
}
