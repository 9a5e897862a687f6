//! Cutting bytes apart, putting them together, translating them.

use super::{buffer, own};
use crate::builtins::str::{joined_items, limit};
use crate::heap::Value;
use crate::objects::sequence::BytesLike;
use crate::text::bytes as text;
use crate::text::strings::{Ends, Limit};
use crate::vm::{Result, Vm};

type Splitter = for<'a> fn(&'a [u8], &[u8], Limit) -> Vec<&'a [u8]>;

fn listed(vm: &mut Vm, model: Value, parts: &[&[u8]]) -> Value {
    let parts = parts.iter().map(|part| vm.bytes_like(model, part.to_vec())).collect();
    vm.list(parts)
}

fn separated(
    vm: &mut Vm,
    args: &[Value],
    by: Splitter,
    by_space: fn(&[u8], Limit) -> Vec<&[u8]>,
) -> Result<Value> {
    let limit = limit(vm, args[2])?;
    if args[1].is_none() {
        return Ok(listed(vm, args[0], &by_space(&own(args), limit)));
    }
    let separator = buffer(vm, args[1])?;
    if separator.is_empty() {
        return Err(vm.value_error("empty separator"));
    }
    Ok(listed(vm, args[0], &by(&own(args), &separator, limit)))
}

pub fn split(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    separated(vm, args, text::split, text::split_whitespace)
}

pub fn rsplit(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    separated(vm, args, text::rsplit, rsplit_whitespace)
}

fn rsplit_whitespace(bytes: &[u8], limit: Limit) -> Vec<&[u8]> {
    let mut parts = Vec::new();
    let mut rest = text::strip(bytes, None, Ends::Right);
    while !rest.is_empty() {
        if limit.is_some_and(|limit| parts.len() >= limit) {
            parts.push(rest);
            break;
        }
        let start = rest.iter().rposition(|&byte| text::is_space(byte)).map_or(0, |at| at + 1);
        parts.push(&rest[start..]);
        rest = text::strip(&rest[..start], None, Ends::Right);
    }
    parts.reverse();
    parts
}

pub fn splitlines(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let keepends = vm.truthy(args[1])?;
    Ok(listed(vm, args[0], &text::splitlines(&own(args), keepends)))
}

fn stripped(vm: &mut Vm, args: &[Value], ends: Ends) -> Result<Value> {
    let set = if args[1].is_none() { None } else { Some(buffer(vm, args[1])?) };
    let part = text::strip(&own(args), set.as_deref(), ends).to_vec();
    Ok(vm.bytes_like(args[0], part))
}

pub fn strip(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    stripped(vm, args, Ends::Both)
}

pub fn lstrip(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    stripped(vm, args, Ends::Left)
}

pub fn rstrip(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    stripped(vm, args, Ends::Right)
}

fn parted(vm: &mut Vm, args: &[Value], from_right: bool) -> Result<Value> {
    let separator = buffer(vm, args[1])?;
    if separator.is_empty() {
        return Err(vm.value_error("empty separator"));
    }
    let bytes = own(args);
    let at = if from_right { text::rfind(&bytes, &separator) } else { text::find(&bytes, &separator) };
    let parts: [&[u8]; 3] = match at {
        Some(at) => [&bytes[..at], &separator, &bytes[at + separator.len()..]],
        None if from_right => [&[], &[], &bytes],
        None => [&bytes, &[], &[]],
    };
    let parts = parts.map(|part| vm.bytes_like(args[0], part.to_vec()));
    Ok(vm.tuple(&parts))
}

pub fn partition(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    parted(vm, args, false)
}

pub fn rpartition(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    parted(vm, args, true)
}

pub fn removeprefix(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let (bytes, prefix) = (own(args), buffer(vm, args[1])?);
    let rest = bytes.strip_prefix(&*prefix).unwrap_or(&bytes).to_vec();
    Ok(vm.bytes_like(args[0], rest))
}

pub fn removesuffix(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let (bytes, suffix) = (own(args), buffer(vm, args[1])?);
    let rest = bytes.strip_suffix(&*suffix).unwrap_or(&bytes).to_vec();
    Ok(vm.bytes_like(args[0], rest))
}

pub fn replace(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let (old, new) = (buffer(vm, args[1])?, buffer(vm, args[2])?);
    let limit = limit(vm, args[3])?;
    let growth = new.len().saturating_sub(old.len());
    if growth > 0 {
        // At most: overlapping ones are counted too.
        let bytes = own(args);
        let found = if old.is_empty() { bytes.len() + 1 } else { bytes.len() / old.len() };
        vm.make_room(found.min(limit.unwrap_or(usize::MAX)).saturating_mul(growth))?;
    }
    let replaced = text::replace(&own(args), &old, &new, limit);
    Ok(vm.bytes_like(args[0], replaced))
}

pub fn join(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let items = joined_items(vm, args[1])?;
    let separator = own(args);
    let mut out = Vec::new();
    for (i, &item) in items.iter().enumerate() {
        if i > 0 {
            out.extend_from_slice(&separator);
        }
        let Some(bytes) = BytesLike::of(vm.unwrap(item)) else {
            let class = vm.class_name(item);
            return Err(
                vm.type_error(format!("sequence item {i}: expected a bytes-like object, {class} found"))
            );
        };
        vm.make_room(out.len() + bytes.len() + separator.len())?;
        out.extend_from_slice(&bytes);
    }
    Ok(vm.bytes_like(args[0], out))
}

/// `translate(self, table, /, delete=...)`
pub fn translate(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let table = if args[1].is_none() { None } else { Some(buffer(vm, args[1])?) };
    if table.is_some_and(|table| table.len() != 256) {
        return Err(vm.value_error("translation table must be 256 characters long"));
    }
    let deleted = if args[2].is_unbound() { BytesLike::Empty } else { buffer(vm, args[2])? };
    let kept = own(args).iter().copied().filter(|byte| !deleted.contains(byte)).collect::<Vec<u8>>();
    let out = match table {
        Some(table) => kept.iter().map(|&byte| table[usize::from(byte)]).collect(),
        None => kept,
    };
    Ok(vm.bytes_like(args[0], out))
}

/// `maketrans(frm, to, /)`: a static method.
pub fn maketrans(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let (from, to) = (buffer(vm, args[0])?, buffer(vm, args[1])?);
    if from.len() != to.len() {
        return Err(vm.value_error("maketrans arguments must have same length"));
    }
    let mut table: Vec<u8> = (0..=255).collect();
    for (&a, &b) in from.iter().zip(to.iter()) {
        table[usize::from(a)] = b;
    }
    Ok(vm.heap.bytes(table).value())
}
