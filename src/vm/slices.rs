//! Slices of sequences: reading, assigning and deleting, with any step.

use super::items::with_bytes;
use super::{Result, Vm};
use crate::heap::{Gc, Kind, Str, Value};
use crate::objects::{ByteArray, List, Range, Slice, Tuple};
use num_bigint::BigInt;
use num_traits::{Signed, ToPrimitive};

/// What a slice means for a sequence of a given length: `count` items from `start` on.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    pub start: i64,
    pub stop: i64,
    pub step: i64,
    pub count: usize,
}

impl Span {
    /// What bounds mean for a length; the step is not 0.
    pub fn new(start: Option<i64>, stop: Option<i64>, step: i64, len: usize) -> Self {
        let len = len as i64;
        let (lowest, highest) = if step < 0 { (-1, len - 1) } else { (0, len) };
        let place =
            |bound: i64| if bound < 0 { (bound.saturating_add(len)).max(lowest) } else { bound.min(highest) };
        let start = start.map_or(if step < 0 { highest } else { lowest }, place);
        let stop = stop.map_or(if step < 0 { lowest } else { highest }, place);
        let count = if step > 0 && start < stop {
            (stop - start - 1) / step + 1
        } else if step < 0 && stop < start {
            (start - stop - 1) / -step + 1
        } else {
            0
        };
        Self { start, stop, step, count: count as usize }
    }

    /// The positions, in the slice's order.
    pub fn positions(self) -> impl Iterator<Item = usize> {
        (0..self.count as i64).map(move |i| (self.start + i * self.step) as usize)
    }

    /// The positions in ascending order.
    fn ascending(self) -> Vec<usize> {
        let mut all: Vec<usize> = self.positions().collect();
        if self.step < 0 {
            all.reverse();
        }
        all
    }
}

/// Where a slice without a step begins and ends, if its bounds are small integers or absent.
#[inline]
pub fn plain_span(start: Value, stop: Value, len: usize) -> Option<(usize, usize)> {
    let place = |bound: Value, absent: usize| {
        if bound.is_none() {
            return Some(absent);
        }
        let bound = bound.as_int()?;
        Some(if bound < 0 {
            bound.saturating_add(len as i64).max(0) as usize
        } else {
            (bound as usize).min(len)
        })
    };
    let (from, to) = (place(start, 0)?, place(stop, len)?);
    Some((from, to.max(from)))
}

impl Vm {
    /// The bounds as written, converted by `__index__`; what is beyond 64 bits is cut.
    fn slice_bound(&mut self, v: Value) -> Result<Option<i64>> {
        if v.is_none() {
            return Ok(None);
        }
        if let Some(i) = v.as_int() {
            return Ok(Some(i));
        }
        let big = match self.big_of(v) {
            Some(big) => Some(big),
            None if self.answers(v, self.names.__index__) || self.big_of(self.payload(v)).is_some() => {
                let index = self.index(v)?;
                self.big_of(index)
            }
            None => None,
        };
        match big {
            Some(big) => Ok(Some(saturate(&big))),
            None => {
                Err(self.type_error("slice indices must be integers or None or have an __index__ method"))
            }
        }
    }

    /// What a slice means for a length; the length is asked for after the bounds, whose `__index__` may change it.
    pub fn slice_span(&mut self, slice: Gc<Slice>, len: impl FnOnce() -> usize) -> Result<Span> {
        let step = self.slice_bound(slice.step)?.unwrap_or(1).max(-i64::MAX);
        if step == 0 {
            return Err(self.value_error("slice step cannot be zero"));
        }
        let start = self.slice_bound(slice.start)?;
        let stop = self.slice_bound(slice.stop)?;
        Ok(Span::new(start, stop, step, len()))
    }

    /// `obj[slice]` of a built-in sequence.
    pub(super) fn get_slice(&mut self, obj: Value, slice: Gc<Slice>) -> Result<Value> {
        if let Some(range) = obj.cast::<Range>() {
            return self.get_range_slice(range, slice);
        }
        let span = self
            .slice_span(slice, || super::items::item_count(obj).max(obj.as_str().map_or(0, |s| s.chars())))?;
        let whole = span.step == 1;
        let (from, to) = (span.start as usize, span.start as usize + span.count);
        if let Some(list) = obj.cast::<List>() {
            let items = if whole { list.items[from..to].to_vec() } else { pick(&list.items, span) };
            return Ok(self.heap.list(items).value());
        }
        if let Some(tuple) = obj.cast::<Tuple>() {
            if whole && span.count == tuple.len() {
                return Ok(obj);
            }
            let items = if whole { tuple.items()[from..to].to_vec() } else { pick(tuple.items(), span) };
            return Ok(self.tuple(&items));
        }
        if let Some(text) = obj.as_str() {
            if whole && span.count == text.chars() {
                return Ok(obj);
            }
            let text_all = text.text();
            if whole {
                let start = text.byte_offset(from);
                let end = if text.is_ascii() {
                    to
                } else {
                    let rest = &text_all[start..];
                    rest.char_indices().nth(span.count).map_or(text_all.len(), |(i, _)| start + i)
                };
                return Ok(self.text_slice(&text_all[start..end]));
            }
            let chars: Vec<char> = text_all.chars().collect();
            let picked: String = span.positions().filter_map(|i| chars.get(i)).collect();
            return Ok(self.text_slice(&picked));
        }
        let bytes = with_bytes(obj, |all| if whole { all[from..to].to_vec() } else { pick(all, span) });
        let bytes = bytes.unwrap_or_default();
        Ok(match obj.kind() {
            Some(Kind::ByteArray) => self.heap.bytearray(bytes).value(),
            _ => self.heap.bytes(bytes).value(),
        })
    }

    /// A string of this text, which is ASCII.
    #[inline]
    pub fn ascii_str(&mut self, text: &str) -> Value {
        match *text.as_bytes() {
            [] => self.empty_str.value(),
            [byte] => self.characters[byte as usize].value(),
            _ => self.heap.string_counted(text, text.len()).value(),
        }
    }

    /// The part of a text between two bytes.
    #[inline(never)]
    pub(crate) fn part(&mut self, text: Gc<Str>, from: usize, to: usize) -> Value {
        let n = to.wrapping_sub(from);
        if n > 1
            && n < text.len_bytes()
            && let Some(part) = self.heap.cut_quickly(text, from, to)
        {
            return part.value();
        }
        self.part_of_any(text, from, to)
    }

    #[inline(never)]
    fn part_of_any(&mut self, text: Gc<Str>, from: usize, to: usize) -> Value {
        let part = &text.text()[from..to];
        match part.len() {
            n if n == text.len_bytes() => text.value(),
            _ if text.is_ascii() => self.ascii_str(part),
            _ => self.str(part),
        }
    }

    /// `obj[start:stop:step]`
    pub(super) fn get_sliced(&mut self, obj: Value, parts: [Value; 3]) -> Result<Value> {
        let slice = self.heap.slice(parts[0], parts[1], parts[2]);
        self.releasing(|vm| {
            vm.root(slice);
            vm.get_item(obj, slice.value())
        })
    }

    /// `obj[start:stop:step] = value`
    pub(super) fn set_sliced(&mut self, obj: Value, parts: [Value; 3], value: Value) -> Result<()> {
        if let Some(mut list) = obj.cast::<List>()
            && let Some(new) = value.cast::<List>()
            && parts[2].is_none()
            && list != new
            && let Some((from, to)) = plain_span(parts[0], parts[1], list.items.len())
        {
            if to - from == new.items.len() {
                list.items[from..to].copy_from_slice(&new.items);
            } else {
                list.items.splice(from..to, new.items.iter().copied());
                self.heap.charge(new.items.len() * 8);
            }
            return Ok(());
        }
        let slice = self.heap.slice(parts[0], parts[1], parts[2]);
        self.releasing(|vm| {
            vm.root(slice);
            vm.set_item(obj, slice.value(), value)
        })
    }

    /// A string of this text; one character comes from the cache.
    fn text_slice(&mut self, text: &str) -> Value {
        let mut chars = text.chars();
        match (chars.next(), chars.next()) {
            (Some(c), None) => self.char_str(c),
            _ => self.str(text),
        }
    }

    fn get_range_slice(&mut self, range: Gc<Range>, slice: Gc<Slice>) -> Result<Value> {
        let length = self.range_length(range);
        let parts = (self.big_of(range.start), self.big_of(range.step), self.big_of(length));
        let (Some(start), Some(step), Some(length)) = parts else { return Ok(range.value()) };
        let (from, to, by) = self.slice_indices(slice, &length)?;
        let first = self.heap.big_int(&start + &from * &step);
        let last = self.heap.big_int(&start + &to * &step);
        let by = self.heap.big_int(step * by);
        Ok(self.make_range(first, last, by).value())
    }

    /// `slice.indices(length)` for any integers: start, stop and step.
    pub fn slice_indices(&mut self, slice: Gc<Slice>, length: &BigInt) -> Result<(BigInt, BigInt, BigInt)> {
        let step = self.slice_part(slice.step)?.unwrap_or_else(|| BigInt::from(1));
        if step == BigInt::ZERO {
            return Err(self.value_error("slice step cannot be zero"));
        }
        let (lowest, highest) =
            if step.is_negative() { (BigInt::from(-1), length - 1) } else { (BigInt::ZERO, length.clone()) };
        let place = |bound: BigInt| {
            if bound.is_negative() {
                (bound + length).max(lowest.clone())
            } else {
                bound.min(highest.clone())
            }
        };
        let start = self.slice_part(slice.start)?.map(place);
        let stop = self.slice_part(slice.stop)?.map(place);
        let down = step.is_negative();
        let start = start.unwrap_or_else(|| if down { highest.clone() } else { lowest.clone() });
        let stop = stop.unwrap_or(if down { lowest } else { highest });
        Ok((start, stop, step))
    }

    fn slice_part(&mut self, v: Value) -> Result<Option<BigInt>> {
        if v.is_none() {
            return Ok(None);
        }
        if let Some(big) = self.big_of(v) {
            return Ok(Some(big));
        }
        if !self.answers(v, self.names.__index__) {
            return Err(self.type_error("slice indices must be integers or None or have an __index__ method"));
        }
        let index = self.index(v)?;
        Ok(self.big_of(index))
    }

    /// `list[slice] = value`
    pub(super) fn set_slice(&mut self, mut list: Gc<List>, slice: Gc<Slice>, value: Value) -> Result<()> {
        let new = self.releasing(|vm| match vm.collect(value) {
            Ok(new) => Ok(new),
            Err(raise) if vm.is_instance_of(raise.0, vm.exceptions.TypeError) && !vm.is_iterable(value) => {
                Err(vm.type_error("must assign iterable to extended slice"))
            }
            Err(raise) => Err(raise),
        })?;
        let base = self.roots.len();
        self.root(new);
        let span = self.slice_span(slice, || list.items.len());
        self.roots.truncate(base);
        let span = span?;
        if span.step == 1 {
            let (from, to) = (span.start as usize, span.stop.max(span.start) as usize);
            list.items.splice(from..to, new.items.iter().copied());
            self.heap.charge(new.items.len() * 8);
            return Ok(());
        }
        if new.items.len() != span.count {
            let (given, wanted) = (new.items.len(), span.count);
            return Err(self.value_error(format!(
                "attempt to assign sequence of size {given} to extended slice of size {wanted}"
            )));
        }
        for (at, &v) in span.positions().zip(&new.items) {
            list.items[at] = v;
        }
        Ok(())
    }

    fn is_iterable(&mut self, v: Value) -> bool {
        self.known_len(v).is_some()
            || self.is_iterator(v)
            || self.answers(v, self.names.__iter__)
            || self.answers(v, self.names.__getitem__)
    }

    /// `del list[slice]`
    pub(super) fn del_slice(&mut self, mut list: Gc<List>, slice: Gc<Slice>) -> Result<()> {
        let span = self.slice_span(slice, || list.items.len())?;
        remove(&mut list.items, span);
        Ok(())
    }

    pub(super) fn del_byte_slice(&mut self, mut bytes: Gc<ByteArray>, slice: Gc<Slice>) -> Result<()> {
        let span = self.slice_span(slice, || bytes.value.len())?;
        remove(&mut bytes.value, span);
        Ok(())
    }

    /// `bytearray[slice] = value`
    pub(super) fn set_byte_slice(
        &mut self,
        mut bytes: Gc<ByteArray>,
        slice: Gc<Slice>,
        value: Value,
    ) -> Result<()> {
        let given = self.unwrap(value);
        let new = match with_bytes(given, <[u8]>::to_vec) {
            Some(new) => new,
            None => self.collect_bytes(given)?,
        };
        let span = self.slice_span(slice, || bytes.value.len())?;
        if span.step == 1 {
            let (from, to) = (span.start as usize, span.stop.max(span.start) as usize);
            self.heap.charge(new.len());
            bytes.value.splice(from..to, new);
            return Ok(());
        }
        if new.is_empty() {
            remove(&mut bytes.value, span);
            return Ok(());
        }
        if new.len() != span.count {
            let (given, wanted) = (new.len(), span.count);
            return Err(self.value_error(format!(
                "attempt to assign bytes of size {given} to extended slice of size {wanted}"
            )));
        }
        for (at, &byte) in span.positions().zip(&new) {
            bytes.value[at] = byte;
        }
        Ok(())
    }

    fn collect_bytes(&mut self, v: Value) -> Result<Vec<u8>> {
        if self.big_of(v).is_some() || v.as_str().is_some() || !self.is_iterable(v) {
            return Err(
                self.type_error("can assign only bytes, buffers, or iterables of ints in range(0, 256)")
            );
        }
        self.releasing(|vm| {
            let items = vm.collect(v)?;
            let mut new = Vec::with_capacity(items.items.len());
            for i in 0..items.items.len() {
                new.push(vm.byte_of(items.items[i])?);
            }
            Ok(new)
        })
    }
}

fn pick<T: Copy>(items: &[T], span: Span) -> Vec<T> {
    span.positions().filter_map(|i| items.get(i).copied()).collect()
}

fn remove<T>(items: &mut Vec<T>, span: Span) {
    if span.step == 1 {
        items.drain(span.start as usize..span.start as usize + span.count);
        return;
    }
    let doomed = span.ascending();
    let (mut at, mut next) = (0, 0);
    items.retain(|_| {
        let gone = doomed.get(next) == Some(&at);
        at += 1;
        next += usize::from(gone);
        !gone
    });
}

fn saturate(big: &BigInt) -> i64 {
    big.to_i64().unwrap_or(if big.is_negative() { i64::MIN } else { i64::MAX })
}
