//! Cutting strings apart and putting them together.

use super::{own, part, str_argument};
use crate::heap::{Gc, Str, Value, Writer};
use crate::objects::{List, Tuple};
use crate::text::seek;
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
    /// In a longer text the parts are counted before, so that the list is not made anew again and again.
    const LONG: usize = 1 << 12;
    let separator = separator(vm, args[1])?;
    let limit = limit(vm, args[2])?;
    let Some(text) = args[0].as_str() else { return Ok(args[0]) };
    let room = match (separator, limit) {
        (Some(separator), None) if text.len_bytes() > LONG => strings::count(text.text(), separator) + 1,
        // Words are as long as that.
        _ => (text.len_bytes() / 6).clamp(4, 16).min(limit.unwrap_or(LONG) + 1),
    };
    let mut parts = Vec::with_capacity(room);
    match separator {
        Some(separator) => {
            strings::split(text.text(), separator, limit, |from, to| parts.push(vm.part(text, from, to)));
        }
        None if text.is_ascii() && limit.is_none() => {
            strings::split_ascii_whitespace(text.text(), |from, to| parts.push(vm.part(text, from, to)));
        }
        None => {
            strings::split_whitespace(text.text(), limit, |from, to| parts.push(vm.part(text, from, to)));
        }
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
    let Some(text) = args[0].as_str() else { return Ok(args[0]) };
    let set = if args[1].is_none() {
        None
    } else {
        let Some(set) = vm.unwrap(args[1]).as_str() else {
            return Err(vm.type_error(format!("{name} arg must be None or str")));
        };
        Some(set.text())
    };
    if !text.is_ascii() {
        return Ok(part(vm, args, strings::strip(text.text(), set, ends)));
    }
    let (from, to) = strings::strip_ascii(text.text().as_bytes(), set.map(str::as_bytes), ends);
    Ok(vm.part(text, from, to))
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

/// The parts before, in and behind what `find` finds; if it does not, all is before it if `before` says so.
fn parted(
    vm: &mut Vm,
    args: &[Value],
    find: fn(&str, &str, usize, usize) -> Option<usize>,
    before: bool,
) -> Result<Value> {
    let separator = str_argument(vm, args[1], "must be str")?;
    if separator.len_bytes() == 0 {
        return Err(vm.value_error("empty separator"));
    }
    let Some(text) = args[0].as_str() else { return Ok(args[0]) };
    let end = text.len_bytes();
    let empty = vm.empty_str.value();
    let parts = match find(text.text(), separator.text(), 0, end) {
        Some(at) => {
            let first = vm.part(text, 0, at);
            [first, separator.value(), vm.part(text, at + separator.len_bytes(), end)]
        }
        None if before => [text.value(), empty, empty],
        None => [empty, empty, text.value()],
    };
    Ok(vm.tuple(&parts))
}

pub fn partition(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    parted(vm, args, strings::find, true)
}

pub fn rpartition(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    parted(vm, args, strings::rfind, false)
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
    let (whole, limit) = (text.text().as_bytes(), Some(found));
    if bytes < 2 {
        // Nothing is left but one part, or what is put in once.
        let mut made = if new.len_bytes() > 0 { new.value() } else { vm.empty_str.value() };
        strings::split(text.text(), old.text(), limit, |from, to| {
            if from < to {
                made = vm.part(text, from, to);
            }
        });
        return Ok(made);
    }
    let chars = text.chars() - found * old.chars() + found * new.chars();
    let (wanted, width) = (old.text(), old.len_bytes());
    let made = match *wanted.as_bytes() {
        [byte] => vm.heap.string_with(bytes, chars, |out| {
            put_in(out, whole, new, width, seek::bytes(text.text(), byte).take(found));
        }),
        _ if seek::is_far(text.text()) => vm.heap.string_with(bytes, chars, |out| {
            put_in(out, whole, new, width, seek::far_matches(text.text(), wanted).take(found));
        }),
        _ => vm.heap.string_with(bytes, chars, |out| {
            put_in(out, whole, new, width, seek::matches(text.text(), wanted).take(found));
        }),
    };
    Ok(made.value())
}

/// Writes a text with something new in place of what is so wide and at these offsets.
#[inline(always)]
fn put_in(out: &mut Writer, text: &[u8], new: Gc<Str>, width: usize, at: impl Iterator<Item = usize>) {
    let mut from = 0;
    for at in at {
        out.push_within(text, from, at);
        out.push(new);
        from = at + width;
    }
    out.push_within(text, from, text.len());
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
    if items.len() > 1
        && let Some(made) = vm.heap.joined(separator, items)
    {
        return Ok(made.value());
    }
    join_any(vm, separator, items)
}

/// The same where not all are short strings, or they are many.
#[inline(never)]
fn join_any(vm: &mut Vm, separator: Gc<Str>, items: &[Value]) -> Result<Value> {
    let (mut total, mut chars) = (0, 0);
    for &item in items {
        // Most are strings; the class of what is none may be over them.
        let Some(text) = item.as_str() else { return join_texts(vm, separator, items) };
        total += text.len_bytes();
        chars += text.chars();
    }
    if let [only] = *items {
        return Ok(only);
    }
    let gaps = items.len().saturating_sub(1);
    total = total.saturating_add(separator.len_bytes().saturating_mul(gaps));
    chars = chars.saturating_add(separator.chars().saturating_mul(gaps));
    vm.check_text(total)?;
    if total < 2 {
        let mut all = items.iter().filter_map(|item| item.as_str()).chain([separator, vm.empty_str]);
        return Ok(all.find(|text| text.len_bytes() == total).map_or(separator.value(), Gc::value));
    }
    let made = vm.heap.string_with(total, chars, |out| {
        let mut first = true;
        for text in items.iter().filter_map(|item| item.as_str()) {
            if !first {
                out.push(separator);
            }
            first = false;
            out.push(text);
        }
    });
    Ok(made.value())
}

/// The same where not all items are strings.
#[inline(never)]
fn join_texts(vm: &mut Vm, separator: Gc<Str>, items: &[Value]) -> Result<Value> {
    let mut texts = Vec::with_capacity(items.len());
    for (i, &item) in items.iter().enumerate() {
        let Some(text) = joined_text(vm, item) else {
            let class = vm.class_name(item);
            return Err(vm.type_error(format!("sequence item {i}: expected str instance, {class} found")));
        };
        texts.push(text.value());
    }
    join_any(vm, separator, &texts)
}

/// What a string, or an instance of a class over it, adds.
fn joined_text(vm: &Vm, item: Value) -> Option<Gc<Str>> {
    item.as_str().or_else(|| vm.unwrap(item).as_str())
}
