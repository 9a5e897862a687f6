//! What the run loop asks of built-in containers, texts and natives in their common cases: functions that look at few
//! things and call little, so that the loop keeps its state. Each says when the case is not its own, and has changed
//! nothing then: the op is left to `general`.

use crate::bytecode::op::{Op, Opcode};
use crate::heap::{Gc, Kind, Value};
use crate::native::NativeFn;
use crate::objects::frame::Drain;
use crate::objects::table::{Found, same_text};
use crate::objects::{Class, Dict, Frame, Iter, IterState, Layout, List, Set, Table, Tuple, ViewKind};
use crate::text::{int, seek};
use crate::vm::items::position;
use crate::vm::slices::{Span, plain_span};
use crate::vm::{Result, Vm};

/// Strings below this many bytes are made without asking whether there is room.
const SHORT: usize = 1 << 12;

impl Vm {
    /// Whether all objects of this kind are of one type, whose methods are natives.
    #[inline(always)]
    pub(in crate::vm) fn tells_type(kind: Kind) -> bool {
        matches!(
            kind,
            Kind::Str
                | Kind::List
                | Kind::Dict
                | Kind::Set
                | Kind::Tuple
                | Kind::Bytes
                | Kind::ByteArray
                | Kind::Generator
                | Kind::FrozenSet
        )
    }

    /// Calls a built-in class; the class lies before its arguments.
    #[inline(never)]
    pub(super) fn construct_builtin(&mut self, class: Gc<Class>, all: &[Value]) -> Result<Value> {
        match (all, class.convert) {
            (&[_, start, stop], _) if class == self.types.range => {
                if let Some(range) = self.quick_range(start, stop) {
                    return Ok(range);
                }
            }
            (&[_, _], Some(convert)) => return self.call_exact(convert, all),
            _ => (),
        }
        self.construct_fully(all)
    }

    /// The same by the class's constructor.
    #[inline(never)]
    fn construct_fully(&mut self, all: &[Value]) -> Result<Value> {
        match all[0].cast::<Class>().and_then(|class| class.constructor) {
            Some(def) => self.call_positional(def, all),
            None => Ok(Value::UNBOUND),
        }
    }

    /// What a call of a built-in class with one argument does, where that is often little.
    pub(in crate::vm) fn conversion(&self, class: Gc<Class>) -> Option<NativeFn> {
        let t = &self.types;
        let known: [(Gc<Class>, NativeFn); 3] = [
            (t.str, |vm, all| match all[1].as_int() {
                Some(i) => Ok(vm.int_str(i).value()),
                None => vm.to_str(all[1]).map(Gc::value),
            }),
            (t.int, |vm, all| {
                if all[1].is_int() {
                    return Ok(all[1]);
                }
                match all[1].as_str().and_then(|text| int::parse_small(text.text())) {
                    Some(i) => Ok(Value::int(i)),
                    None => vm.construct_fully(all),
                }
            }),
            (t.range, |vm, all| match vm.quick_range(Value::int(0), all[1]) {
                Some(range) => Ok(range),
                None => vm.construct_fully(all),
            }),
        ];
        known.iter().find(|(known, _)| *known == class).map(|&(_, convert)| convert)
    }

    /// `range(start, stop)` of small integers.
    #[inline(always)]
    fn quick_range(&mut self, start: Value, stop: Value) -> Option<Value> {
        if !start.both_ints(stop) {
            return None;
        }
        let length = Value::small_int((stop.int_unchecked() - start.int_unchecked()).max(0))?;
        Some(self.heap.range(start, stop, Value::int(1), length).value())
    }

    /// `object[key]`, or unbound.
    #[inline(never)]
    pub(super) fn quick_item(&mut self, object: Value, key: Value) -> Value {
        let dict = object.cast::<Dict>().or_else(|| self.plain_dict(object, |class| class.flags.getitem));
        if let Some(dict) = dict {
            return match self.search(&dict.table, key) {
                Found::At(slot) => dict.table.value_at(slot),
                _ => Value::UNBOUND,
            };
        }
        match object.kind() {
            Some(Kind::Str) => {
                if let Some(text) = object.as_str()
                    && let Some(i) = key.as_int()
                    && text.is_ascii()
                    && let Some(at) = position(i, text.chars())
                {
                    return self.characters[text.as_str().as_bytes()[at] as usize].value();
                }
                Value::UNBOUND
            }
            Some(Kind::Bytes) => match (object.cast::<crate::objects::Bytes>(), key.as_int()) {
                (Some(bytes), Some(i)) => position(i, bytes.value.len())
                    .map_or(Value::UNBOUND, |at| Value::int(bytes.value[at].into())),
                _ => Value::UNBOUND,
            },
            Some(Kind::ByteArray) => match (object.cast::<crate::objects::ByteArray>(), key.as_int()) {
                (Some(bytes), Some(i)) => position(i, bytes.value.len())
                    .map_or(Value::UNBOUND, |at| Value::int(bytes.value[at].into())),
                _ => Value::UNBOUND,
            },
            _ => Value::UNBOUND,
        }
    }

    /// A list of these items.
    #[inline(never)]
    pub(super) fn list_of(&mut self, items: &[Value]) -> Value {
        self.list(items.to_vec())
    }

    /// `object[start:stop:step]`, or unbound; the parts are three.
    #[inline(never)]
    pub(super) fn quick_slice(&mut self, object: Value, parts: &[Value]) -> Value {
        let &[start, stop, step] = parts else { return Value::UNBOUND };
        if !step.is_none() {
            return self.quick_steps(object, [start, stop, step]);
        }
        match object.kind() {
            Some(Kind::List) => {
                let Some(list) = object.cast::<List>() else { return Value::UNBOUND };
                match plain_span(start, stop, list.items.len()) {
                    Some((from, to)) => self.list(list.items[from..to].to_vec()),
                    None => Value::UNBOUND,
                }
            }
            Some(Kind::Tuple) => {
                let Some(tuple) = object.cast::<Tuple>() else { return Value::UNBOUND };
                match plain_span(start, stop, tuple.len()) {
                    Some((0, to)) if to == tuple.len() => object,
                    Some((from, to)) => self.tuple(&tuple.all()[from..to]),
                    None => Value::UNBOUND,
                }
            }
            Some(Kind::Str) => match object.as_str() {
                Some(text) if text.is_ascii() => match plain_span(start, stop, text.chars()) {
                    Some((from, to)) => self.part(text, from, to),
                    None => Value::UNBOUND,
                },
                _ => Value::UNBOUND,
            },
            _ => Value::UNBOUND,
        }
    }

    /// The same with a step.
    fn quick_steps(&mut self, object: Value, [start, stop, step]: [Value; 3]) -> Value {
        let small = |v: Value| v.is_none() || v.as_int().is_some_and(|i| i.unsigned_abs() < 1 << 32);
        let Some(by) = step.as_int().filter(|&by| by != 0 && by.unsigned_abs() < 1 << 32) else {
            return Value::UNBOUND;
        };
        if !small(start) || !small(stop) {
            return Value::UNBOUND;
        }
        let (start, stop) = (start.as_int(), stop.as_int());
        match object.kind() {
            Some(Kind::List) => {
                let Some(list) = object.cast::<List>() else { return Value::UNBOUND };
                let span = Span::new(start, stop, by, list.items.len());
                let items = span.positions().map(|i| list.items[i]).collect();
                self.list(items)
            }
            Some(Kind::Str) => match object.as_str() {
                Some(text) if text.is_ascii() => {
                    let span = Span::new(start, stop, by, text.chars());
                    let bytes = text.text().as_bytes();
                    let picked: String = span.positions().map(|i| char::from(bytes[i])).collect();
                    self.ascii_str(&picked)
                }
                _ => Value::UNBOUND,
            },
            _ => Value::UNBOUND,
        }
    }

    /// `object[key] = value`; whether it was done.
    #[inline(never)]
    pub(super) fn quick_store(&mut self, object: Value, key: Value, value: Value) -> bool {
        let dict = object.cast::<Dict>().or_else(|| self.plain_dict(object, |class| class.flags.setitem));
        match dict {
            Some(dict) => {
                let found = self.search(&dict.table, key);
                self.dict_put(dict, found, key, value)
            }
            None => false,
        }
    }

    /// `item in container` of a dict or set, where a glance is enough.
    #[inline(always)]
    pub(super) fn glance_in(&self, container: Value, item: Value) -> Option<bool> {
        table_of(container)?.glance(item, &self.recent).known()
    }

    /// The same for an integer.
    #[inline(always)]
    pub(super) fn glance_for_int(container: Value, item: Value) -> Option<bool> {
        table_of(container)?.glance_for_int(item).known()
    }

    /// The same where a glance was not enough.
    #[inline(always)]
    pub(super) fn look_for_int(container: Value, item: Value) -> Option<bool> {
        if item.is_int() { table_of(container)?.holds_int(item) } else { None }
    }

    /// `item in container` of a dict or set, and what is no integer, where a glance is enough.
    #[inline(always)]
    pub(super) fn glance_for_other(&self, container: Value, item: Value) -> Option<bool> {
        table_of(container)?.glance_for_other(item, &self.recent).known()
    }

    /// The dict around which an instance is, unless its class has a method of its own for what is asked.
    fn plain_dict(&self, object: Value, own: impl Fn(Gc<Class>) -> bool) -> Option<Gc<Dict>> {
        let instance = object.cast::<crate::objects::Instance>()?;
        let class = self.shape(instance.shape()).class;
        if class.layout != Layout::Payload(Kind::Dict) || own(class) {
            return None;
        }
        instance.slot(0).cast()
    }

    /// `item in container`.
    #[inline(always)]
    pub(super) fn quick_contains(&mut self, container: Value, item: Value) -> Option<bool> {
        match table_of(container) {
            Some(table) => self.search(table, item).known(),
            None => self.quick_contains_otherwise(container, item),
        }
    }

    /// The same of what is not hashed.
    #[inline(never)]
    fn quick_contains_otherwise(&self, container: Value, item: Value) -> Option<bool> {
        match container.kind()? {
            Kind::Str => {
                let (text, part) = (container.as_str()?, item.as_str()?);
                Some(seek::contains(text.as_str(), part.as_str()))
            }
            Kind::Tuple => {
                let tuple = container.cast::<Tuple>()?;
                if let Some(text) = item.as_str() {
                    return contains_text(tuple.items(), text);
                }
                (item.is_int() && tuple.items().contains(&item)).then_some(true)
            }
            _ => None,
        }
    }

    /// Whether two strings are equal; `None` of anything else.
    #[inline(never)]
    pub(super) fn quick_equal(a: Value, b: Value) -> Option<bool> {
        Some(same_text(a.as_str()?, b.as_str()?))
    }

    /// `a + b` of two short strings or tuples, or unbound.
    #[inline(never)]
    pub(super) fn quick_concat(&mut self, a: Value, b: Value) -> Value {
        if let (Some(a), Some(b)) = (a.as_str(), b.as_str()) {
            if a.len_bytes() + b.len_bytes() < SHORT {
                return self.heap.concat(a, b).value();
            }
        } else if let (Some(a), Some(b)) = (a.cast::<Tuple>(), b.cast::<Tuple>())
            && a.len() + b.len() < SHORT / 8
        {
            // With an empty one it is the other, as in CPython.
            if a.len() == 0 {
                return b.value();
            }
            if b.len() == 0 {
                return a.value();
            }
            return self.heap.joined_tuple(a.items(), b.items()).value();
        }
        Value::UNBOUND
    }

    /// `text * times` that is short, or unbound.
    #[inline(never)]
    pub(super) fn quick_repeat(&mut self, a: Value, b: Value) -> Value {
        if let Some(text) = a.as_str()
            && let Some(times) = b.as_int()
            && (2..SHORT as i64).contains(&times)
            && (2..SHORT).contains(&(text.len_bytes() * times as usize))
        {
            return self.heap.repeated(text, times as usize).value();
        }
        Value::UNBOUND
    }

    /// The next item of a built-in iterator, or unbound: at its end, too.
    #[inline(never)]
    pub(in crate::vm) fn quick_next(&mut self, iter: Gc<Iter>) -> Value {
        match &iter.state {
            IterState::Zip { iters, .. } if iters.len() > 2 => self.quick_zip(iters),
            IterState::Dict { kind: ViewKind::Items, .. }
            | IterState::Enumerate { .. }
            | IterState::Zip { .. } => {
                let (a, b) = self.quick_pair(iter);
                if a.is_unbound() { a } else { self.heap.tuple(&[a, b]).value() }
            }
            IterState::Tool(_) => self.quick_tool(iter),
            _ => self.quick_flat(iter),
        }
    }

    /// The same of `zip` with three or four arguments.
    fn quick_zip(&mut self, iters: &[Value]) -> Value {
        let mut items = [Value::UNBOUND; 4];
        if iters.len() > items.len() {
            return Value::UNBOUND;
        }
        // The first ones must not have gone on when a later one turns out to have ended, or is one of them.
        for (i, later) in iters.iter().enumerate().skip(1) {
            if iters[..i].contains(later) || !later.cast::<Iter>().is_some_and(|iter| has_more(&iter)) {
                return Value::UNBOUND;
            }
        }
        for (item, from) in items.iter_mut().zip(iters) {
            let Some(from) = from.cast::<Iter>() else { return Value::UNBOUND };
            *item = self.quick_flat(from);
            if item.is_unbound() {
                return Value::UNBOUND;
            }
        }
        self.heap.tuple(&items[..iters.len()]).value()
    }

    /// The same for iterators that are around no other.
    #[inline]
    pub(in crate::vm) fn quick_flat(&mut self, mut iter: Gc<Iter>) -> Value {
        match &mut iter.state {
            IterState::Range { next, step, left } if *left > 0 => {
                let v = *next;
                *left -= 1;
                *next = v.wrapping_add(*step);
                Value::int(v)
            }
            IterState::List { list, at } => match list.items.get(*at) {
                Some(&v) => {
                    *at += 1;
                    v
                }
                None => Value::UNBOUND,
            },
            IterState::Tuple { tuple, at } => match tuple.items().get(*at) {
                Some(&v) => {
                    *at += 1;
                    v
                }
                None => Value::UNBOUND,
            },
            IterState::ListReversed { list, left } if *left > 0 && *left <= list.items.len() => {
                *left -= 1;
                list.items[*left]
            }
            IterState::Str { text, at } => {
                let bytes = text.text().as_bytes();
                match bytes.get(*at) {
                    Some(&byte) if byte.is_ascii() => {
                        *at += 1;
                        self.characters[byte as usize].value()
                    }
                    _ => Value::UNBOUND,
                }
            }
            IterState::Set { set, at, expected } if set.table.len() == *expected => {
                match set.table.next_slot(*at) {
                    Some(slot) => {
                        *at = slot + 1;
                        set.table.key_at(slot)
                    }
                    None => Value::UNBOUND,
                }
            }
            IterState::Dict {
                dict,
                kind: kind @ (ViewKind::Keys | ViewKind::Values),
                at,
                expected,
                left,
            } if dict.table.len() == *expected as usize && *left > 0 => {
                let Some(slot) = dict.table.next_slot(*at) else { return Value::UNBOUND };
                *left -= 1;
                *at = slot + 1;
                match kind {
                    ViewKind::Keys => dict.table.key_at(slot),
                    _ => dict.table.value_at(slot),
                }
            }
            IterState::Bytes { bytes, at } => match bytes.cast::<crate::objects::Bytes>() {
                Some(b) if *at < b.value.len() => {
                    *at += 1;
                    Value::int(b.value[*at - 1].into())
                }
                _ => Value::UNBOUND,
            },
            _ => Value::UNBOUND,
        }
    }

    /// The next item of an iterator over pairs, not made a tuple; the first is unbound if there is none.
    #[inline(never)]
    pub(super) fn quick_pair(&mut self, iter: Gc<Iter>) -> (Value, Value) {
        self.pair(iter).unwrap_or_default()
    }

    #[inline(always)]
    fn pair(&mut self, mut iter: Gc<Iter>) -> Option<(Value, Value)> {
        match &mut iter.state {
            IterState::Dict { dict, kind: ViewKind::Items, at, expected, left }
                if dict.table.len() == *expected as usize && *left > 0 =>
            {
                let slot = dict.table.next_slot(*at)?;
                *left -= 1;
                *at = slot + 1;
                Some((dict.table.key_at(slot), dict.table.value_at(slot)))
            }
            IterState::Enumerate { iter: inner, count } => {
                let now = *count;
                let next = now.add_ints(Value::int(1)).filter(|_| now.is_int())?;
                let item = self.quick_flat(inner.cast::<Iter>()?);
                if item.is_unbound() {
                    return None;
                }
                *count = next;
                Some((now, item))
            }
            IterState::Zip { iters, .. } => {
                let [first, second] = **iters else { return None };
                let (first, second) = (first.cast::<Iter>()?, second.cast::<Iter>()?);
                // The first one must not have gone on when the second one turns out to have ended.
                if first == second || !has_more(&second) {
                    return None;
                }
                let a = match first.state {
                    IterState::Tool(_) => self.quick_tool(first),
                    _ => self.quick_flat(first),
                };
                if a.is_unbound() { None } else { Some((a, self.quick_flat(second))) }
            }
            _ => None,
        }
    }

    /// Whether the native that drains a generator has no need to see this value now.
    #[inline(never)]
    pub(super) fn drains(frame: Gc<Frame>, what: u16, v: Value) -> bool {
        const FALSE: u16 = Drain::False as u16;
        const TRUE: u16 = Drain::True as u16;
        match what {
            FALSE => v == Value::FALSE || v.is_none() || v == Value::int(0),
            TRUE => v == Value::TRUE || v.is_int() && v != Value::int(0),
            _ => match frame.awaiter.cast::<List>() {
                Some(mut list) if list.items.len() < list.items.capacity() => {
                    let taken = what == Drain::Items as u16 || v.is_int() || v.inline_float().is_some();
                    if taken {
                        list.items.push(v);
                    }
                    taken
                }
                _ => false,
            },
        }
    }

    /// Where an op that unpacks a pair puts its parts, if that is what a loop's variable is for.
    #[inline(always)]
    pub(super) fn unpacks_pair(op: Op, variable: u16, locals: usize) -> bool {
        op.code == Opcode::Unpack && op.c == 2 && op.b == variable && variable as usize >= locals
    }
}

/// The table of a dict or set.
#[inline(always)]
fn table_of<'a>(container: Value) -> Option<&'a Table> {
    let header = container.header()?;
    let cell = std::ptr::from_ref(header);
    // SAFETY: the kinds are looked at; whoever asks is done with the table before anything changes it.
    unsafe {
        match header.kind() {
            Kind::Dict => Some(&(*cell.cast::<Dict>()).table),
            Kind::Set | Kind::FrozenSet => Some(&(*cell.cast::<Set>()).table),
            _ => None,
        }
    }
}

/// Whether an iterator that `quick_next` knows has an item.
fn has_more(iter: &Iter) -> bool {
    match &iter.state {
        IterState::Range { left, .. } => *left > 0,
        IterState::List { list, at } => *at < list.items.len(),
        IterState::Tuple { tuple, at } => *at < tuple.len(),
        _ => false,
    }
}

/// Whether a text is among the items; `None` if one of them is no string and may be equal all the same.
fn contains_text(items: &[Value], text: Gc<crate::heap::Str>) -> Option<bool> {
    for item in items {
        if same_text(item.as_str()?, text) {
            return Some(true);
        }
    }
    Some(false)
}
