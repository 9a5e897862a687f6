//! Searching: positions are code points outside and byte offsets inside.

use super::{own, str_argument};
use crate::heap::{Gc, Str, Value};
use crate::objects::Tuple;
use crate::text::strings;
use crate::vm::{Result, Vm};

/// The byte range of `text[start:end]`; `None` where the start is beyond the end or the text.
fn range(vm: &mut Vm, text: Gc<Str>, start: Value, end: Value) -> Result<Option<(usize, usize)>> {
    let length = text.chars();
    if start.is_none() && end.is_none() {
        return Ok(Some((0, text.len_bytes())));
    }
    let start = vm.position(start, 0, length)?;
    let end = vm.position(end, length, length)?.min(length);
    if start > end {
        return Ok(None);
    }
    Ok(Some((text.byte_offset(start), text.byte_offset(end))))
}

/// The position in code points that the search gives.
fn locate(
    vm: &mut Vm,
    args: &[Value],
    wants: &str,
    search: fn(&str, &str, usize, usize) -> Option<usize>,
) -> Result<Option<i64>> {
    let wanted = str_argument(vm, args[1], wants)?;
    let Some(text) = args[0].as_str() else { return Ok(None) };
    let Some((start, end)) = range(vm, text, args[2], args[3])? else { return Ok(None) };
    let Some(at) = search(text.text(), wanted.text(), start, end) else { return Ok(None) };
    let at = if text.is_ascii() { at } else { text.text()[..at].chars().count() };
    Ok(i64::try_from(at).ok())
}

pub fn find(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(Value::int(locate(vm, args, "find() argument 1 must be str", strings::find)?.unwrap_or(-1)))
}

pub fn rfind(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(Value::int(locate(vm, args, "rfind() argument 1 must be str", strings::rfind)?.unwrap_or(-1)))
}

pub fn index(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    match locate(vm, args, "index() argument 1 must be str", strings::find)? {
        Some(at) => Ok(Value::int(at)),
        None => Err(vm.value_error("substring not found")),
    }
}

pub fn rindex(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    match locate(vm, args, "rindex() argument 1 must be str", strings::rfind)? {
        Some(at) => Ok(Value::int(at)),
        None => Err(vm.value_error("substring not found")),
    }
}

pub fn count(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let wanted = str_argument(vm, args[1], "count() argument 1 must be str")?;
    let Some(text) = args[0].as_str() else { return Ok(Value::int(0)) };
    let Some((start, end)) = range(vm, text, args[2], args[3])? else { return Ok(Value::int(0)) };
    let count = strings::count(&own(args)[start..end], wanted.text());
    Ok(Value::int(i64::try_from(count).unwrap_or(0)))
}

/// `startswith` and `endswith`: one string, or any of a tuple.
fn affixed(vm: &mut Vm, args: &[Value], name: &str, test: fn(&str, &str) -> bool) -> Result<Value> {
    let Some(text) = args[0].as_str() else { return Ok(Value::FALSE) };
    let wanted = vm.unwrap(args[1]);
    if let Some(wanted) = wanted.as_str()
        && args[2].is_none()
        && args[3].is_none()
    {
        return Ok(Value::bool(test(text.text(), wanted.text())));
    }
    let range = range(vm, text, args[2], args[3])?;
    let part = range.map(|(start, end)| &text.text()[start..end]);
    let found = |wanted: Gc<Str>| part.is_some_and(|part| test(part, wanted.text()));
    if let Some(wanted) = wanted.as_str() {
        return Ok(Value::bool(found(wanted)));
    }
    let Some(all) = wanted.cast::<Tuple>() else {
        let class = vm.class_name(args[1]);
        return Err(vm.type_error(format!("{name} first arg must be str or a tuple of str, not {class}")));
    };
    for &one in all.items() {
        let one = str_argument(vm, one, &format!("tuple for {name} must only contain str"))?;
        if found(one) {
            return Ok(Value::TRUE);
        }
    }
    Ok(Value::FALSE)
}

pub fn startswith(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    affixed(vm, args, "startswith", |text, prefix| text.starts_with(prefix))
}

pub fn endswith(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    affixed(vm, args, "endswith", |text, suffix| text.ends_with(suffix))
}
