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
    let ascii = args[0].as_str().is_some_and(|s| s.is_ascii());
    let mut parts = Vec::with_capacity(limit.map_or(4, |limit| limit.min(3) + 1));
    let part = |text: &str| parts.push(if ascii { vm.ascii_str(text) } else { vm.str(text) });
    match separator {
        Some(separator) => strings::split(own(args), separator, limit, part),
        None => strings::split_whitespace(own(args), limit, part),
    }
    Ok(vm.list(parts))
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
    let Some(text) = args[0].as_str() else { return Ok(args[0]) };
    if old.len_bytes() == 0 {
        let found = (text.len_bytes() + 1).min(limit.unwrap_or(usize::MAX));
        vm.check_text(found.saturating_mul(new.len_bytes()))?;
        return vm.own_str(strings::interleave(text.text(), new.text(), limit));
    }
    let found = strings::count(text.text(), old.text()).min(limit.unwrap_or(usize::MAX));
    if found == 0 {
        return Ok(args[0]);
    }
    let bytes =
        (text.len_bytes() - found * old.len_bytes()).saturating_add(found.saturating_mul(new.len_bytes()));
    vm.check_text(bytes)?;
    if bytes < 2 {
        let mut made = String::new();
        strings::replace(text.text(), old.text(), new.text(), limit, |part| made.push_str(part));
        return Ok(vm.str(&made));
    }
    let chars = text.chars() - found * old.chars() + found * new.chars();
    let made = vm.heap.string_with(bytes, chars, |out| {
        strings::replace(text.text(), old.text(), new.text(), limit, |part| out.push_str(part));
    });
    Ok(made.value())
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
    // A list or tuple is read where it is: nothing runs meanwhile.
    if let Some(list) = args[1].cast::<List>() {
        return join_items(vm, args, &list.items);
    }
    if let Some(tuple) = args[1].cast::<Tuple>() {
        return join_items(vm, args, tuple.items());
    }
    let items = joined_items(vm, args[1])?;
    join_items(vm, args, &items)
}

fn join_items(vm: &mut Vm, args: &[Value], items: &[Value]) -> Result<Value> {
    let Some(separator) = args[0].as_str() else { return Ok(args[0]) };
    let gaps = items.len().saturating_sub(1);
    let mut total = separator.len_bytes().saturating_mul(gaps);
    let mut chars = separator.chars().saturating_mul(gaps);
    let mut plain = true;
    for (i, &item) in items.iter().enumerate() {
        plain &= item.is::<Str>();
        let Some(text) = joined_text(vm, item) else {
            let class = vm.class_name(item);
            return Err(vm.type_error(format!("sequence item {i}: expected str instance, {class} found")));
        };
        total = total.saturating_add(text.len_bytes());
        chars = chars.saturating_add(text.chars());
    }
    if let [only] = *items {
        return Ok(joined_text(vm, only).map_or(only, Gc::value));
    }
    vm.check_text(total)?;
    if total < 2 {
        let text: String = items.iter().filter_map(|&item| joined_text(vm, item)).map(Gc::text).collect();
        return Ok(vm.str(if text.is_empty() { separator.text().get(..total).unwrap_or("") } else { &text }));
    }
    let texts: Option<Vec<Value>> = if plain {
        None
    } else {
        Some(items.iter().filter_map(|&item| joined_text(vm, item)).map(Gc::value).collect())
    };
    let made = vm.heap.string_with(total, chars, |out| {
        let mut first = true;
        for text in texts.as_deref().unwrap_or(items) {
            if !first {
                out.push_str(separator.text());
            }
            first = false;
            out.push_str(text.as_str().map_or("", Gc::text));
        }
    });
    Ok(made.value())
}

/// What a string, or an instance of a class over it, adds.
fn joined_text(vm: &Vm, item: Value) -> Option<Gc<Str>> {
    item.as_str().or_else(|| vm.unwrap(item).as_str())
}
