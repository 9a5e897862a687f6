//! Iteration: `iter` and `next`. The root stack is left as it was.

use super::Exit;
use super::{Raise, Result, Resume, Vm};
use crate::heap::{Gc, Kind, Value};
use crate::objects::{
    ByteArray, Bytes, Dict, DictView, Frame, Iter, IterState, List, MappingProxy, Native, Range, Set, Tuple,
    ViewKind,
};
use smallvec::SmallVec;

impl Vm {
    /// Runs something and releases what it rooted.
    pub fn releasing<T>(&mut self, run: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        let base = self.roots.len();
        let result = run(self);
        self.roots.truncate(base);
        result
    }

    /// `iter(v)`
    pub fn iter(&mut self, v: Value) -> Result<Value> {
        let state = if let Some(list) = v.cast::<List>() {
            IterState::List { list, at: 0 }
        } else if let Some(tuple) = v.cast::<Tuple>() {
            IterState::Tuple { tuple, at: 0 }
        } else if let Some(range) = v.cast::<Range>() {
            self.range_iter(range)
        } else if let Some(dict) = v.cast::<Dict>() {
            dict_state(dict, ViewKind::Keys)
        } else if let Some(set) = v.cast::<Set>() {
            IterState::Set { set, at: 0, expected: set.table.len() }
        } else if let Some(text) = v.as_str() {
            IterState::Str { text, at: 0 }
        } else if let Some(view) = v.cast::<DictView>() {
            dict_state(view.dict, view.kind)
        } else if let Some(proxy) = v.cast::<MappingProxy>() {
            dict_state(proxy.dict, ViewKind::Keys)
        } else if v.is::<Bytes>() || v.is::<ByteArray>() {
            IterState::Bytes { bytes: v, at: 0 }
        } else if v.is::<Iter>() || v.kind() == Some(Kind::Generator) {
            return Ok(v);
        } else {
            return self.iter_of_object(v);
        };
        Ok(self.heap.iter(state))
    }

    fn iter_of_object(&mut self, v: Value) -> Result<Value> {
        if self.refuses(v, self.names.__iter__) {
            return Err(self.iteration_error(v));
        }
        if let Some(it) = self.call_special(v, self.names.__iter__, &[])? {
            if !self.is_iterator(it) {
                let class = self.class_name(it);
                return Err(self.type_error(format!("iter() returned non-iterator of type '{class}'")));
            }
            return Ok(it);
        }
        let payload = self.payload(v);
        if !payload.is_unbound() && self.payload_iterates(payload) {
            return self.iter(payload);
        }
        if self.answers(v, self.names.__getitem__) {
            return Ok(self.heap.iter(IterState::Sequence { object: v, at: 0 }));
        }
        Err(self.iteration_error(v))
    }

    pub(super) fn iteration_error(&mut self, v: Value) -> Raise {
        let class = self.class_name(v);
        self.type_error(format!("'{class}' object is not iterable"))
    }

    fn payload_iterates(&self, payload: Value) -> bool {
        payload.is_object()
            && !payload.is_float()
            && !matches!(payload.kind(), Some(Kind::BigInt | Kind::Complex))
    }

    /// Whether it has a `__next__`.
    #[must_use]
    pub fn is_iterator(&mut self, v: Value) -> bool {
        v.is::<Iter>() || v.kind() == Some(Kind::Generator) || self.answers(v, self.names.__next__)
    }

    /// The state at the start of a range.
    pub fn range_iter(&mut self, range: Gc<Range>) -> IterState {
        // What lies between two inline integers is one, too.
        match (range.start.as_int(), range.step.as_int(), range.length.as_int()) {
            (Some(next), Some(step), Some(left)) if range.stop.as_int().is_some() => {
                IterState::Range { next, step, left: left as u64 }
            }
            _ => {
                let left = self.range_length(range);
                IterState::BigRange { next: range.start, step: range.step, left }
            }
        }
    }

    /// `next(it)`: `None` at the end. A native's loop polls here, even where nothing of the language runs.
    #[inline]
    pub fn next(&mut self, it: Value) -> Result<Option<Value>> {
        self.tick()?;
        match it.cast::<Iter>() {
            Some(mut iter) => {
                if let IterState::List { list, at } = &mut iter.state
                    && let Some(&v) = list.items.get(*at)
                {
                    *at += 1;
                    return Ok(Some(v));
                }
                self.iter_next(iter)
            }
            None => self.next_of_object(it),
        }
    }

    fn next_of_object(&mut self, it: Value) -> Result<Option<Value>> {
        if it.kind() == Some(Kind::Generator)
            && let Some(frame) = it.cast::<Frame>()
        {
            return self.resume_generator(frame, Resume::Send(Value::NONE));
        }
        match self.call_special(it, self.names.__next__, &[]) {
            Ok(Some(v)) => Ok(Some(v)),
            Ok(None) => Err(self.not_an_iterator(it)),
            Err(raise) => self.end_of_iteration(raise),
        }
    }

    /// `next(it)` as a program sees it: the end is a StopIteration, with what a generator returned.
    pub fn next_or_raise(&mut self, it: Value) -> Result<Value> {
        if it.kind() == Some(Kind::Generator)
            && let Some(frame) = it.cast::<Frame>()
        {
            return match self.send_generator(frame, Resume::Send(Value::NONE))? {
                Exit::Yield(v) => Ok(v),
                Exit::Return(v) if v.is_none() => Err(self.error_with(self.exceptions.StopIteration, &[])),
                Exit::Return(v) => Err(self.error_with(self.exceptions.StopIteration, &[v])),
            };
        }
        if it.is::<Iter>() {
            return match self.next(it)? {
                Some(v) => Ok(v),
                None => Err(self.error_with(self.exceptions.StopIteration, &[])),
            };
        }
        match self.call_special(it, self.names.__next__, &[])? {
            Some(v) => Ok(v),
            None => Err(self.not_an_iterator(it)),
        }
    }

    fn not_an_iterator(&mut self, it: Value) -> Raise {
        let class = self.class_name(it);
        self.type_error(format!("'{class}' object is not an iterator"))
    }

    /// StopIteration is the end; other exceptions go on.
    fn end_of_iteration(&mut self, raise: Raise) -> Result<Option<Value>> {
        if self.is_instance_of(raise.0, self.exceptions.StopIteration) { Ok(None) } else { Err(raise) }
    }

    /// The next item of a built-in iterator: the common ones here, the others below.
    #[inline(never)]
    pub fn iter_next(&mut self, mut it: Gc<Iter>) -> Result<Option<Value>> {
        match &mut it.state {
            IterState::Range { next, step, left } => {
                if *left == 0 {
                    return Ok(None);
                }
                *left -= 1;
                let v = *next;
                *next = v.wrapping_add(*step);
                Ok(Some(self.heap.int(v)))
            }
            IterState::List { list, at } => {
                if let Some(&v) = list.items.get(*at) {
                    *at += 1;
                    return Ok(Some(v));
                }
                // A list that grows later does not start an exhausted iterator again.
                *at = usize::MAX;
                Ok(None)
            }
            IterState::Tuple { tuple, at } => {
                let item = tuple.items().get(*at).copied();
                *at += usize::from(item.is_some());
                Ok(item)
            }
            IterState::Dict { dict, kind, at, expected, left } => {
                if dict.table.len() != *expected as usize {
                    return self.changed_size(it);
                }
                let Some(slot) = dict.table.next_slot(*at) else {
                    // Changes after the end are no error.
                    it.state = IterState::Done;
                    return Ok(None);
                };
                if *left == 0 {
                    return Err(self.runtime_error("dictionary keys changed during iteration"));
                }
                *left -= 1;
                *at = slot + 1;
                let (dict, kind) = (*dict, *kind);
                Ok(Some(self.dict_entry(dict, kind, slot)))
            }
            IterState::Map { function, iters } if iters.len() == 1 => {
                let (function, iter) = (*function, iters[0]);
                self.map_next(it, function, iter)
            }
            IterState::Filter { function, iter } => {
                let (function, iter) = (*function, *iter);
                self.filter_next(it, function, iter)
            }
            IterState::Tool(_) => {
                let v = self.quick_tool(it);
                if v.is_unbound() { self.nested(it, |vm| vm.tool_next(it)) } else { Ok(Some(v)) }
            }
            _ => self.iter_next_rare(it),
        }
    }

    /// The next item of `map` with one iterable.
    #[inline(never)]
    fn map_next(&mut self, it: Gc<Iter>, function: Value, iter: Value) -> Result<Option<Value>> {
        self.nested(it, |vm| {
            let Some(v) = vm.next(iter)? else { return Ok(None) };
            vm.root(v);
            match function.cast::<Native>() {
                Some(native) if native.receiver.is_unbound() => {
                    vm.call_positional(native.def, &[v]).map(Some)
                }
                _ => vm.call(function, &[v]).map(Some),
            }
        })
    }

    fn dict_entry(&mut self, dict: Gc<Dict>, kind: ViewKind, slot: usize) -> Value {
        match kind {
            ViewKind::Keys => dict.table.key_at(slot),
            ViewKind::Values => dict.table.value_at(slot),
            ViewKind::Items => {
                let pair = [dict.table.key_at(slot), dict.table.value_at(slot)];
                self.heap.tuple(&pair).value()
            }
        }
    }

    /// A dict or set changed size while it was iterated over. The iterator stays broken.
    #[cold]
    fn changed_size(&mut self, mut it: Gc<Iter>) -> Result<Option<Value>> {
        match &mut it.state {
            IterState::Dict { expected, .. } => {
                *expected = u32::MAX;
                Err(self.runtime_error("dictionary changed size during iteration"))
            }
            IterState::DictReversed { expected, .. } => {
                *expected = usize::MAX;
                Err(self.runtime_error("dictionary changed size during iteration"))
            }
            IterState::Set { expected, .. } => {
                *expected = usize::MAX;
                Err(self.runtime_error("Set changed size during iteration"))
            }
            _ => Ok(None),
        }
    }

    fn iter_next_rare(&mut self, mut it: Gc<Iter>) -> Result<Option<Value>> {
        match &mut it.state {
            IterState::ListReversed { list, left } => {
                if *left == 0 || *left > list.items.len() {
                    *left = 0;
                    return Ok(None);
                }
                *left -= 1;
                Ok(Some(list.items[*left]))
            }
            IterState::Str { text, at } => {
                let Some(c) = text.text()[*at..].chars().next() else { return Ok(None) };
                *at += c.len_utf8();
                Ok(Some(self.char_str(c)))
            }
            IterState::Bytes { bytes, at } => {
                let byte = match (bytes.cast::<Bytes>(), bytes.cast::<ByteArray>()) {
                    (Some(b), _) => b.value.get(*at).copied(),
                    (_, Some(b)) => b.value.get(*at).copied(),
                    _ => None,
                };
                *at += usize::from(byte.is_some());
                Ok(byte.map(|b| Value::int(i64::from(b))))
            }
            IterState::BigRange { next, step, left } => {
                let (now, step, left) = (*next, *step, *left);
                let one = num_bigint::BigInt::from(1);
                let (Some(n), Some(s), Some(l)) = (self.big_of(now), self.big_of(step), self.big_of(left))
                else {
                    return Ok(None);
                };
                if l < one {
                    return Ok(None);
                }
                let (next, left) = (self.heap.big_int(n + s), self.heap.big_int(l - one));
                it.state = IterState::BigRange { next, step, left };
                Ok(Some(now))
            }
            IterState::DictReversed { dict, kind, at, expected } => {
                if dict.table.len() != *expected {
                    return self.changed_size(it);
                }
                let Some(slot) = dict.table.previous_slot(*at) else { return Ok(None) };
                *at = slot;
                let (dict, kind) = (*dict, *kind);
                Ok(Some(self.dict_entry(dict, kind, slot)))
            }
            IterState::Set { set, at, expected } => {
                if set.table.len() != *expected {
                    return self.changed_size(it);
                }
                let Some(slot) = set.table.next_slot(*at) else {
                    it.state = IterState::Done;
                    return Ok(None);
                };
                *at = slot + 1;
                Ok(Some(set.table.key_at(slot)))
            }
            _ => self.nested(it, |vm| vm.iter_next_asking(it)),
        }
    }

    /// What runs code of the language; the iterator may be held by nobody but the caller. Iterators around iterators
    /// recurse here, on the machine's stack.
    #[inline(always)]
    fn nested<T>(&mut self, it: Gc<Iter>, run: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.iterators >= super::MAX_ITERATORS {
            return Err(self.recursion_error("maximum recursion depth exceeded"));
        }
        self.iterators += 1;
        let base = self.roots.len();
        self.root(it);
        let item = run(self);
        self.roots.truncate(base);
        self.iterators -= 1;
        item
    }

    fn iter_next_asking(&mut self, mut it: Gc<Iter>) -> Result<Option<Value>> {
        match &mut it.state {
            IterState::Sequence { object, at } => {
                let (object, index) = (*object, *at);
                *at += 1;
                self.sequence_next(it, object, index)
            }
            IterState::SequenceReversed { object, left } => {
                if *left <= 0 {
                    return Ok(None);
                }
                *left -= 1;
                let (object, index) = (*object, *left);
                self.sequence_next(it, object, index)
            }
            IterState::Callable { function, sentinel } => {
                let (function, sentinel) = (*function, *sentinel);
                let v = match self.call(function, &[]) {
                    Ok(v) => v,
                    Err(raise) => {
                        let end = self.end_of_iteration(raise);
                        if end.is_ok() {
                            it.state = IterState::Done;
                        }
                        return end;
                    }
                };
                self.root(v);
                if self.equals(sentinel, v)? {
                    it.state = IterState::Done;
                    return Ok(None);
                }
                Ok(Some(v))
            }
            IterState::Enumerate { iter, .. } => {
                let iter = *iter;
                let Some(item) = self.next(iter)? else { return Ok(None) };
                let IterState::Enumerate { count, .. } = it.state else { return Ok(None) };
                let next = match count.as_int() {
                    Some(i) => self.heap.int(i + 1),
                    None => match self.big_of(count) {
                        Some(big) => self.heap.big_int(big + 1),
                        None => count,
                    },
                };
                if let IterState::Enumerate { count, .. } = &mut it.state {
                    *count = next;
                }
                Ok(Some(self.heap.tuple(&[count, item]).value()))
            }
            IterState::Zip { iters, strict } => {
                let (n, strict) = (iters.len(), *strict);
                self.zip_next(it, n, strict)
            }
            IterState::Map { function, iters } => {
                let (function, n) = (*function, iters.len());
                let mut args = Vec::with_capacity(n);
                for i in 0..n {
                    let Some(source) = source(it, i) else { return Ok(None) };
                    let Some(v) = self.next(source)? else { return Ok(None) };
                    args.push(self.root(v));
                }
                self.call(function, &args).map(Some)
            }
            _ => Ok(None),
        }
    }

    fn sequence_next(&mut self, mut it: Gc<Iter>, object: Value, index: i64) -> Result<Option<Value>> {
        let index = self.int(index);
        match self.get_item(object, index) {
            Ok(v) => Ok(Some(v)),
            Err(raise)
                if self.is_instance_of(raise.0, self.exceptions.IndexError)
                    || self.is_instance_of(raise.0, self.exceptions.StopIteration) =>
            {
                it.state = IterState::Done;
                Ok(None)
            }
            Err(raise) => Err(raise),
        }
    }

    fn zip_next(&mut self, it: Gc<Iter>, n: usize, strict: bool) -> Result<Option<Value>> {
        let v = if n > 1 { self.quick_next(it) } else { Value::UNBOUND };
        if !v.is_unbound() {
            return Ok(Some(v));
        }
        let mut items: SmallVec<[Value; 8]> = SmallVec::new();
        for i in 0..n {
            let Some(from) = source(it, i) else { return Ok(None) };
            let quick = from.cast::<Iter>().map_or(Value::UNBOUND, |iter| self.quick_flat(iter));
            if !quick.is_unbound() {
                items.push(self.root(quick));
            } else if let Some(v) = self.next(from)? {
                items.push(self.root(v));
            } else if !strict {
                return Ok(None);
            } else if i > 0 {
                return Err(self.zip_length(i, "shorter"));
            } else {
                for later in 1..n {
                    if let Some(from) = source(it, later)
                        && self.next(from)?.is_some()
                    {
                        return Err(self.zip_length(later, "longer"));
                    }
                }
                return Ok(None);
            }
        }
        Ok(if n == 0 { None } else { Some(self.heap.tuple(&items).value()) })
    }

    fn zip_length(&mut self, i: usize, how: &str) -> Raise {
        let others = if i == 1 { " 1".to_owned() } else { format!("s 1-{i}") };
        self.value_error(format!("zip() argument {} is {how} than argument{others}", i + 1))
    }

    #[inline(never)]
    fn filter_next(&mut self, it: Gc<Iter>, function: Value, iter: Value) -> Result<Option<Value>> {
        let plain = function.is_none() || function == self.types.bool.value();
        self.nested(it, |vm| {
            let base = vm.roots.len();
            while let Some(item) = vm.next(iter)? {
                vm.root(item);
                let good = if plain { item } else { vm.call(function, &[item])? };
                if vm.truthy(good)? {
                    return Ok(Some(item));
                }
                vm.roots.truncate(base);
            }
            Ok(None)
        })
    }
}

/// The i-th iterator that a zip or map draws from.
fn source(it: Gc<Iter>, i: usize) -> Option<Value> {
    match &it.state {
        IterState::Zip { iters, .. } | IterState::Map { iters, .. } => iters.get(i).copied(),
        _ => None,
    }
}

fn dict_state(dict: Gc<Dict>, kind: ViewKind) -> IterState {
    let expected = u32::try_from(dict.table.len()).unwrap_or(u32::MAX);
    IterState::Dict { dict, kind, at: 0, expected, left: expected }
}
