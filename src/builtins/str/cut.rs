//! Cutting strings apart and putting them together.

use super::{own, part, str_argument};
use crate::heap::{Gc, Str, Value};
use crate::objects::{List, Tuple};
use crate::text::strings::{self, Ends, Limit};
use crate::vm::{Result, Vm};

/// A count argument: negative ones mean as many as there are.
pub fn limit(vm: &mut Vm, v: Value) -> Result<Limit> {
    Ok(usize::try_from(vm.index_i64(v)?).ok())
}

/// A separator argument that may be None: `Some` is not empty.
fn separator(vm: &mut Vm, v: Value) -> Result<Option<&'static str>> {
    if v.is_none() {
        return Ok(None);
    }
    let separator = str_argument(vm, v, "must be str or None")?;
    if separator.len_bytes() == 0 {
        return Err(vm.value_error("empty separator"));
    }
    Ok(Some(separator.text()))
}

/// A list of parts of the receiver.
fn listed(vm: &mut Vm, args: &[Value], parts: &[&str]) -> Value {
    let ascii = args[0].as_str().is_some_and(|s| s.is_ascii());
    let parts = parts.iter().map(|part| if ascii { vm.ascii_str(part) } else { vm.str(part) }).collect();
    vm.list(parts)
}

pub fn split(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let separator = separator(vm, args[1])?;
    let limit = limit(vm, args[2])?;
    let parts = match separator {
        Some(separator) => strings::split(own(args), separator, limit),
        None => strings::split_whitespace(own(args), limit),
    };
    Ok(listed(vm, args, &parts))
}

pub fn rsplit(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let separator = separator(vm, args[1])?;
    let limit = limit(vm, args[2])?;
    let parts = match separator {
        Some(separator) => strings::rsplit(own(args), separator, limit),
        None => strings::rsplit_whitespace(own(args), limit),
    };
    Ok(listed(vm, args, &parts))
}

pub fn splitlines(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let keepends = vm.truthy(args[1])?;
    Ok(listed(vm, args, &strings::splitlines(own(args), keepends)))
}

fn stripped(vm: &mut Vm, args: &[Value], name: &str, ends: Ends) -> Result<Value> {
    let set = if args[1].is_none() {
        None
    } else {
        let Some(set) = vm.unwrap(args[1]).as_str() else {
            return Err(vm.type_error(format!("{name} arg must be None or str")));
        };
        Some(set.text())
    };
    Ok(part(vm, args, strings::strip(own(args), set, ends)))
}

pub fn strip(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    stripped(vm, args, "strip", Ends::Both)
}

pub fn lstrip(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    stripped(vm, args, "lstrip", Ends::Left)
}

pub fn rstrip(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    stripped(vm, args, "rstrip", Ends::Right)
}

fn parted(
    vm: &mut Vm,
    args: &[Value],
    cut: for<'a> fn(&'a str, &str) -> (&'a str, &'a str, &'a str),
) -> Result<Value> {
    let separator = str_argument(vm, args[1], "must be str")?;
    if separator.len_bytes() == 0 {
        return Err(vm.value_error("empty separator"));
    }
    let (before, found, after) = cut(own(args), separator.text());
    let parts = [before, found, after].map(|text| part(vm, args, text));
    Ok(vm.tuple(&parts))
}

pub fn partition(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    parted(vm, args, strings::partition)
}

pub fn rpartition(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    parted(vm, args, strings::rpartition)
}

pub fn removeprefix(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let prefix = str_argument(vm, args[1], "removeprefix() argument must be str")?;
    Ok(part(vm, args, strings::removeprefix(own(args), prefix.text())))
}

pub fn removesuffix(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let suffix = str_argument(vm, args[1], "removesuffix() argument must be str")?;
    Ok(part(vm, args, strings::removesuffix(own(args), suffix.text())))
}

pub fn replace(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let old = str_argument(vm, args[1], "replace() argument 1 must be str")?;
    let new = str_argument(vm, args[2], "replace() argument 2 must be str")?;
    let limit = limit(vm, args[3])?;
    let growth = new.len_bytes().saturating_sub(old.len_bytes());
    if growth > 0 {
        let text = own(args);
        let found = if old.len_bytes() == 0 { text.len() + 1 } else { strings::count(text, old.text()) };
        vm.check_text(found.min(limit.unwrap_or(usize::MAX)).saturating_mul(growth))?;
    }
    vm.owned_str(&strings::replace(own(args), old.text(), new.text(), limit))
}

/// The items of what is joined; for a sequence without a copy of the language's.
pub fn joined_items(vm: &mut Vm, iterable: Value) -> Result<Vec<Value>> {
    if let Some(list) = iterable.cast::<List>() {
        return Ok(list.items.clone());
    }
    if let Some(tuple) = iterable.cast::<Tuple>() {
        return Ok(tuple.items().to_vec());
    }
    match vm.iter(iterable) {
        Ok(iter) => {
            vm.root(iter);
            Ok(vm.collect(iter)?.items.clone())
        }
        Err(raise) if vm.raised_is(raise, vm.exceptions.TypeError) && !has_iter(vm, iterable) => {
            Err(vm.type_error("can only join an iterable"))
        }
        Err(raise) => Err(raise),
    }
}

/// Whether it has an `__iter__` of its own, whose errors are its own too.
fn has_iter(vm: &Vm, v: Value) -> bool {
    vm.has_operators(v) && vm.type_of(v).mro.iter().any(|c| c.dict.table.get_str(vm.names.__iter__).is_some())
}

pub fn join(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let items = joined_items(vm, args[1])?;
    let separator = own(args);
    let gaps = items.len().saturating_sub(1);
    let mut total = separator.len().saturating_mul(gaps);
    let mut chars = args[0].as_str().map_or(0, |s| s.chars()).saturating_mul(gaps);
    let mut texts: Vec<Gc<Str>> = Vec::with_capacity(items.len());
    for (i, &item) in items.iter().enumerate() {
        let Some(text) = item.as_str().or_else(|| vm.unwrap(item).as_str()) else {
            let class = vm.class_name(item);
            return Err(vm.type_error(format!("sequence item {i}: expected str instance, {class} found")));
        };
        total = total.saturating_add(text.len_bytes());
        chars = chars.saturating_add(text.chars());
        texts.push(text);
    }
    if let [only] = texts[..] {
        return Ok(only.value());
    }
    vm.check_text(total)?;
    Ok(vm.build_text(|out| {
        out.reserve(total);
        for (i, text) in texts.iter().enumerate() {
            if i > 0 {
                out.push_str(separator);
            }
            out.push_str(text.text());
        }
        chars
    }))
}
