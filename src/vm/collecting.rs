//! Going through a whole iterable: collecting and unpacking. The root stack is left as it was, but for the list that
//! is given back.

use super::{Result, Vm};
use crate::heap::{Gc, Kind, Value};
use crate::objects::frame::Drain;
use crate::objects::{Dict, Frame, Iter, IterState, List, Range, Set, Table, Tuple};

/// Collecting more items than this is a MemoryError, rather than an attempt.
const MAX_ITEMS: usize = 1 << 30;

/// Ranges from this length on are collected item by item, so that something may come in between.
const LONG_RANGE: i64 = 1 << 12;

/// A generator that runs on for whoever asks.
pub fn generator(it: Value) -> Option<Gc<Frame>> {
    if it.kind() == Some(Kind::Generator) { it.cast() } else { None }
}

fn keys(table: &Table) -> Vec<Value> {
    let mut keys = Vec::with_capacity(table.len());
    keys.extend(table.keys());
    keys
}

impl Vm {
    /// A fresh list of all items, rooted.
    pub fn collect(&mut self, v: Value) -> Result<Gc<List>> {
        self.make_room(self.known_len(v).unwrap_or(0).saturating_mul(8))?;
        let items = if let Some(list) = v.cast::<List>() {
            list.items.clone()
        } else if let Some(tuple) = v.cast::<Tuple>() {
            tuple.items().to_vec()
        } else if let Some(dict) = v.cast::<Dict>() {
            keys(&dict.table)
        } else if let Some(set) = v.cast::<Set>() {
            keys(&set.table)
        } else if let Some(range) = v.cast::<Range>()
            && let (Some(start), Some(step), Some(length)) =
                (range.start.as_int(), range.step.as_int(), range.length.as_int())
            && length < LONG_RANGE
            && range.stop.is_int()
        {
            (0..length).map(|i| Value::int(start + i * step)).collect()
        } else {
            return self.collect_slowly(v);
        };
        let list = self.heap.list(items);
        self.root(list);
        Ok(list)
    }

    fn collect_slowly(&mut self, v: Value) -> Result<Gc<List>> {
        let list = self.releasing(|vm| {
            let list = vm.heap.list(Vec::new());
            vm.root(list);
            vm.extend_from(list, v)?;
            Ok(list)
        })?;
        self.root(list);
        Ok(list)
    }

    /// Appends all items; the list is held by the caller.
    pub fn extend_from(&mut self, mut list: Gc<List>, v: Value) -> Result<()> {
        self.releasing(|vm| {
            let it = vm.iter(v)?;
            vm.root(it);
            let hint = vm.asked_length_hint(v)?;
            if hint > MAX_ITEMS {
                return Err(vm.memory_error(""));
            }
            list.items.reserve(hint.min(1 << 16));
            vm.heap.charge(list.items.capacity() * 8);
            if let Some(frame) = generator(it) {
                while let Some(item) = vm.drain(frame, Some(list), Drain::Items)? {
                    vm.tick()?;
                    vm.heap.push(list, item);
                }
                return Ok(());
            }
            while let Some(item) = vm.next(it)? {
                vm.heap.push(list, item);
            }
            Ok(())
        })
    }

    /// The same, asking `__len__` and `__length_hint__`; as CPython's `PyObject_LengthHint`.
    fn asked_length_hint(&mut self, v: Value) -> Result<usize> {
        if !matches!(v.kind(), Some(Kind::Instance | Kind::Boxed)) {
            return Ok(self.length_hint(v));
        }
        if self.special(v, self.names.__len__).is_some() {
            return match self.len(v) {
                Err(raise) if self.raised_is(raise, self.exceptions.TypeError) => Ok(0),
                result => result,
            };
        }
        let hint = match self.call_special(v, self.names.__length_hint__, &[]) {
            Err(raise) if self.raised_is(raise, self.exceptions.TypeError) => return Ok(0),
            Err(raise) => return Err(raise),
            Ok(None | Some(Value::NOT_IMPLEMENTED)) => return Ok(0),
            Ok(Some(hint)) => hint,
        };
        let unwrapped = self.unwrap(hint);
        if self.big_of(unwrapped).is_none() {
            let class = self.class_name(hint);
            return Err(self.type_error(format!("__length_hint__ must be an integer, not {class}")));
        }
        let hint = self.index_i64(unwrapped)?;
        usize::try_from(hint).map_err(|_| self.value_error("__length_hint__() should return >= 0"))
    }

    /// How many items it will probably give; 0 if that is not known without asking.
    #[must_use]
    pub fn length_hint(&self, v: Value) -> usize {
        if let Some(n) = self.known_len(v) {
            return n;
        }
        if v.is::<Range>() {
            return usize::MAX;
        }
        let Some(it) = v.cast::<Iter>() else { return 0 };
        match &it.state {
            IterState::List { list, at } => list.items.len().saturating_sub(*at),
            IterState::ListReversed { list, left } => (*left).min(list.items.len()),
            IterState::Tuple { tuple, at } => tuple.len() - at,
            IterState::Str { text, at } if text.is_ascii() => text.len_bytes() - at,
            IterState::Str { text, at } => text.text()[*at..].chars().count(),
            IterState::Bytes { bytes, at } => self.known_len(*bytes).unwrap_or(0).saturating_sub(*at),
            IterState::BigRange { left, .. } => {
                self.small_int_of(*left).and_then(|n| usize::try_from(n).ok()).unwrap_or(usize::MAX)
            }
            IterState::Range { left, .. } => usize::try_from(*left).unwrap_or(usize::MAX),
            IterState::Dict { dict, left, expected, .. } if *expected as usize == dict.table.len() => {
                *left as usize
            }
            IterState::DictReversed { dict, at, expected, .. } if *expected == dict.table.len() => {
                (*at).min(*expected)
            }
            IterState::Set { set, at, expected } if *expected == set.table.len() => {
                set.table.slots().saturating_sub(*at).min(*expected)
            }
            IterState::SequenceReversed { left, .. } => usize::try_from(*left).unwrap_or(0),
            _ => 0,
        }
    }

    /// Exactly `count` items as a list, rooted: `a, b = v`.
    pub fn unpack_exact(&mut self, v: Value, count: usize) -> Result<Gc<List>> {
        let items = match (v.cast::<List>(), v.cast::<Tuple>()) {
            (Some(list), _) => list.items.clone(),
            (_, Some(tuple)) => tuple.items().to_vec(),
            _ => return self.unpack_slowly(v, count),
        };
        self.check_count(items.len(), count)?;
        let list = self.heap.list(items);
        self.root(list);
        Ok(list)
    }

    fn check_count(&mut self, got: usize, expected: usize) -> Result<()> {
        if got < expected {
            return Err(
                self.value_error(format!("not enough values to unpack (expected {expected}, got {got})"))
            );
        }
        if got > expected {
            return Err(self.value_error(format!("too many values to unpack (expected {expected})")));
        }
        Ok(())
    }

    /// Takes no more than one item too many from the iterator.
    fn unpack_slowly(&mut self, v: Value, count: usize) -> Result<Gc<List>> {
        let list = self.releasing(|vm| {
            let it = vm.iter_to_unpack(v)?;
            vm.root(it);
            let list = vm.heap.list(Vec::with_capacity(count));
            vm.root(list);
            let mut taken = 0;
            while taken <= count {
                let Some(item) = vm.next(it)? else { break };
                vm.heap.push(list, item);
                taken += 1;
            }
            vm.check_count(taken, count)?;
            Ok(list)
        })?;
        self.root(list);
        Ok(list)
    }

    fn iter_to_unpack(&mut self, v: Value) -> Result<Value> {
        let builtin = !matches!(v.kind(), Some(Kind::Instance | Kind::Exception | Kind::Boxed | Kind::Class));
        if !builtin && (self.answers(v, self.names.__iter__) || self.answers(v, self.names.__getitem__)) {
            return self.iter(v);
        }
        self.iter(v).map_err(|raise| {
            if !self.is_instance_of(raise.0, self.exceptions.TypeError) {
                return raise;
            }
            let class = self.class_name(v);
            self.type_error(format!("cannot unpack non-iterable {class} object"))
        })
    }

    /// `before` items, the list of those in the middle, `after` items; as a list, rooted: `a, *b, c = v`.
    pub fn unpack_star(&mut self, v: Value, before: usize, after: usize) -> Result<Gc<List>> {
        let mut list = self.releasing(|vm| {
            let it = vm.iter_to_unpack(v)?;
            vm.root(it);
            vm.collect(it)
        })?;
        let got = list.items.len();
        if got < before + after {
            let least = before + after;
            return Err(self
                .value_error(format!("not enough values to unpack (expected at least {least}, got {got})")));
        }
        let middle = list.items.drain(before..got - after).collect();
        let middle = self.heap.list(middle).value();
        list.items.insert(before, middle);
        self.root(list);
        Ok(list)
    }
}
