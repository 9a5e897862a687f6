//! Items, slices, membership, and what is made of several values.

use super::state::State;
use super::{Halt, Vm};
use crate::bytecode::op::{NO_REG, Op};
use crate::heap::{Gc, Kind, Str, Value};
use crate::objects::table::Found;
use crate::objects::{CodeObject, Dict, List, Set, Tuple};
use crate::vm::Activation;

/// The items of a list or tuple; none of anything else.
#[inline(always)]
fn sequence<'a>(v: Value) -> &'a [Value] {
    let Some(header) = v.header() else { return &[] };
    // SAFETY: the kinds were just looked at; whoever asks is done with the items before anything changes them.
    unsafe {
        match header.kind() {
            Kind::List => &(*std::ptr::from_ref(header).cast::<List>()).items,
            Kind::Tuple => (*std::ptr::from_ref(header).cast::<Tuple>()).items(),
            _ => &[],
        }
    }
}

/// An index that may be negative as one from the front; past the end if there is none such.
#[inline(always)]
fn index(i: i64, n: usize) -> usize {
    (if i < 0 { i.wrapping_add(n as i64) } else { i }) as usize
}

handlers! {
    fn load_item(s) {
        let op = s.op();
        let key = s.reg(op.c());
        if !key.is_int() {
            return s.then(load_item_by_key);
        }
        // A negative index is past the end of every list.
        if let Some(list) = s.reg(op.b()).cast::<List>()
            && let Some(&v) = list.items.get(key.int_unchecked() as usize)
        {
            return s.done(op.a(), v);
        }
        s.then(load_item_by_int)
    }

    fn load_item_by_int(s) {
        let op = s.op();
        let (object, key) = (s.reg(op.b()), s.reg(op.c()));
        let items = sequence(object);
        if let Some(&v) = items.get(index(key.int_unchecked(), items.len())) {
            return s.done(op.a(), v);
        }
        if let Some(dict) = object.cast::<Dict>()
            && let Found::At(slot) = dict.table.glance_for_int(key)
        {
            return s.done(op.a(), dict.table.value_at(slot));
        }
        s.then(load_item_by_search)
    }

    fn load_item_by_key(s) {
        let op = s.op();
        if let Some(dict) = s.reg(op.b()).cast::<Dict>()
            && let Found::At(slot) = dict.table.glance_for_other(s.reg(op.c()), &s.vm.recent)
        {
            return s.done(op.a(), dict.table.value_at(slot));
        }
        s.then(load_item_by_search)
    }

    fn load_item_by_search(s) {
        let op = s.op();
        if let Some(dict) = s.reg(op.b()).cast::<Dict>() {
            return match s.vm.search(&dict.table, s.reg(op.c())) {
                Found::At(slot) => s.done(op.a(), dict.table.value_at(slot)),
                _ => s.general(),
            };
        }
        s.then(load_item_otherwise)
    }

    fn load_item_otherwise(s) {
        let op = s.op();
        let (object, key) = (s.reg(op.b()), s.reg(op.c()));
        let (s, v) = s.lend(|vm| vm.quick_item(object, key));
        s.given(v)
    }

    fn load_item_int(s) {
        let op = s.op();
        // A negative index is past the end of every list.
        if let Some(list) = s.reg(op.b()).cast::<List>()
            && let Some(&v) = list.items.get(op.signed_c() as usize)
        {
            return s.done(op.a(), v);
        }
        s.then(load_item_int_otherwise)
    }

    fn load_item_int_otherwise(s) {
        let op = s.op();
        let object = s.reg(op.b());
        let items = sequence(object);
        if let Some(&v) = items.get(index(op.signed_c(), items.len())) {
            return s.done(op.a(), v);
        }
        let key = Value::int(op.signed_c());
        let (s, v) = s.lend(|vm| vm.quick_item(object, key));
        s.given(v)
    }

    fn load_slice(s) {
        let op = s.op();
        let (object, parts) = (s.reg(op.b()), s.slice(op.c(), 3));
        let (s, v) = s.lend(|vm| vm.quick_slice(object, parts));
        s.given(v)
    }

    fn store_item(s) {
        let op = s.op();
        let key = s.reg(op.b());
        // A negative index is past the end of every list.
        if let Some(mut list) = s.reg(op.a()).cast::<List>()
            && key.is_int()
            && let Some(item) = list.items.get_mut(key.int_unchecked() as usize)
        {
            *item = s.reg(op.c());
            return s.next();
        }
        s.then(store_in_dict)
    }

    fn store_in_dict(s) {
        let op = s.op();
        let (object, key, v) = (s.reg(op.a()), s.reg(op.b()), s.reg(op.c()));
        if let Some(mut dict) = object.cast::<Dict>() {
            let found = dict.table.glance(key, &s.vm.recent);
            if dict.put(found, key, v) {
                return s.next();
            }
        }
        s.then(store_in_dict_by_search)
    }

    fn store_in_dict_by_search(s) {
        let op = s.op();
        let (object, key) = (s.reg(op.a()), s.reg(op.b()));
        if let Some(mut dict) = object.cast::<Dict>() {
            let found = s.vm.search(&dict.table, key);
            if dict.put(found, key, s.reg(op.c())) {
                return s.next();
            }
        }
        s.then(store_in_dict_otherwise)
    }

    /// The dict grows, or there is one behind an instance; or the index of a list is negative.
    fn store_in_dict_otherwise(s) {
        let op = s.op();
        let (object, key, v) = (s.reg(op.a()), s.reg(op.b()), s.reg(op.c()));
        if let Some(mut list) = object.cast::<List>()
            && key.is_int()
        {
            let i = index(key.int_unchecked(), list.items.len());
            if let Some(item) = list.items.get_mut(i) {
                *item = v;
                return s.next();
            }
        }
        if s.vm.quick_store(object, key, v) { s.next() } else { s.general() }
    }

    fn store_item_int(s) {
        let op = s.op();
        // A negative index is past the end of every list.
        if let Some(mut list) = s.reg(op.a()).cast::<List>()
            && let Some(item) = list.items.get_mut(op.signed_c() as usize)
        {
            *item = s.reg(op.b());
            return s.next();
        }
        s.general()
    }

    fn is_in(s) {
        let op = s.op();
        match s.vm.glance_in(s.reg(op.c()), s.reg(op.b())) {
            Some(found) => s.done(op.a(), Value::bool(found)),
            None => s.then(is_in_otherwise),
        }
    }

    fn is_in_otherwise(s) {
        let op = s.op();
        match s.vm.quick_contains(s.reg(op.c()), s.reg(op.b())) {
            Some(found) => s.done(op.a(), Value::bool(found)),
            None => s.general(),
        }
    }

    fn is_not_in(s) {
        let op = s.op();
        match s.vm.glance_in(s.reg(op.c()), s.reg(op.b())) {
            Some(found) => s.done(op.a(), Value::bool(!found)),
            None => s.then(is_not_in_otherwise),
        }
    }

    fn is_not_in_otherwise(s) {
        let op = s.op();
        match s.vm.quick_contains(s.reg(op.c()), s.reg(op.b())) {
            Some(found) => s.done(op.a(), Value::bool(!found)),
            None => s.general(),
        }
    }

    fn list_append(s) {
        let op = s.op();
        if let Some(mut list) = s.reg(op.a()).cast::<List>()
            && list.items.len() < list.items.capacity()
        {
            let v = s.reg(op.b());
            // SAFETY: there is room for one more.
            unsafe {
                let n = list.items.len();
                list.items.as_mut_ptr().add(n).write(v);
                list.items.set_len(n + 1);
            }
            return s.next();
        }
        s.general()
    }

    fn set_add(s) {
        let op = s.op();
        let v = s.reg(op.b());
        if v.is_int()
            && let Some(mut set) = s.reg(op.a()).cast::<Set>()
            && set.table.add_int(v, Value::UNBOUND)
        {
            return s.next();
        }
        s.then(set_add_otherwise)
    }

    fn set_add_otherwise(s) {
        let op = s.op();
        let v = s.reg(op.b());
        if let Some(set) = s.reg(op.a()).cast::<Set>()
            && s.vm.set_add_plain(set, v)
        {
            return s.next();
        }
        s.general()
    }

    fn unpack(s) {
        let op = s.op();
        // Most are pairs.
        if op.c() == 2
            && let Some(tuple) = s.reg(op.b()).cast::<Tuple>()
            && let &[first, second] = tuple.items()
        {
            s.set(usize::from(op.a()) + 1, second);
            return s.done(op.a(), first);
        }
        s.then(unpack_many)
    }

    fn unpack_many(s) {
        let op = s.op();
        let from = sequence(s.reg(op.b()));
        if from.len() == usize::from(op.c()) && !from.is_empty() {
            let first = usize::from(op.a());
            for (i, &v) in from.iter().enumerate() {
                s.set(first + i, v);
            }
            return s.next();
        }
        s.general()
    }

    fn build_tuple(s) {
        let op = s.op();
        // Most are pairs.
        if op.c() == 2
            && let Some(pair) = s.vm.heap.pair_again(s.reg(op.b()), s.reg(usize::from(op.b()) + 1))
        {
            return s.done(op.a(), pair.value());
        }
        s.then(build_small_tuple)
    }

    fn build_small_tuple(s) {
        let op = s.op();
        let n = usize::from(op.c());
        if (1..=8).contains(&n)
            && let Some(tuple) = s.vm.heap.tuple_of_few(s.slice(op.b(), n))
        {
            return s.done(op.a(), tuple.value());
        }
        s.then(build_any_tuple)
    }

    fn build_any_tuple(s) {
        let op = s.op();
        let items = s.slice(op.b(), usize::from(op.c()));
        let (s, v) = s.lend(|vm| vm.tuple(items));
        s.given(v)
    }

    fn build_list(s) {
        let op = s.op();
        let items = s.slice(op.b(), usize::from(op.c()));
        let (s, v) = s.lend(|vm| vm.list_of(items));
        s.given(v)
    }

    fn build_string(s) {
        let op = s.op();
        let parts = s.slice(op.b(), usize::from(op.c()));
        s.save(1);
        let (vm, act) = (s.vm, s.act);
        let result = vm.build_string(parts);
        let s = State::of(vm, act);
        let dst = s.before(1).a();
        s.finish(result, dst, 0)
    }

    fn format_value(s) {
        let op = s.op();
        let v = s.reg(op.b());
        let whole = op.x() == 4 && v.is_int() || matches!(op.x(), 0 | 4) && v.is::<Str>();
        if whole && op.c() == NO_REG { s.done(op.a(), v) } else { s.then(format_plain) }
    }

    /// A number or text, of which no code of the language is asked.
    fn format_plain(s) {
        let op = s.op();
        let v = s.reg(op.b());
        if matches!(op.x(), 0 | 4) && (v.is_int() || v.inline_float().is_some() || v.is::<Str>()) {
            let spec = if op.c() == NO_REG { Value::UNBOUND } else { s.reg(op.c()) };
            s.save(1);
            let (vm, act) = (s.vm, s.act);
            let result = vm.format_value(v, 0, spec);
            let s = State::of(vm, act);
            let dst = s.before(1).a();
            return s.finish(result, dst, 0);
        }
        s.general()
    }
}
