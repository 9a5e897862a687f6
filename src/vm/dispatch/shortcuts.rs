//! Calls of the methods of built-in types that programs call most, without a call in Rust.

use super::calls::call_native_method;
use super::state::State;
use super::{Halt, Handler, Vm};
use crate::bytecode::op::Op;
use crate::heap::{Gc, Kind, Value};
use crate::objects::table::Found;
use crate::objects::{CodeObject, Dict, List, Set, Shortcut};
use crate::vm::Activation;

/// What does the call of a native method.
#[inline(always)]
pub(super) fn shortcut(shortcut: Shortcut) -> Handler {
    static HANDLERS: [Handler; 6] =
        [call_native_method, append_to_list, add_to_set, remove_from_set, discard_from_set, get_from_dict];
    HANDLERS[shortcut as usize]
}

/// The set whose method is called, and the only argument.
#[inline(always)]
fn set_and_item(s: &State<'_>) -> Option<(Gc<Set>, Value)> {
    let op = s.op();
    let receiver = usize::from(op.a()) + 1;
    let set = s.reg(receiver);
    if op.b() == 1 && set.kind() == Some(Kind::Set) {
        return Some((set.cast()?, s.reg(receiver + 1)));
    }
    None
}

// `dict.get` of what `$find` finds in a table; of what nobody can know at once it is `$otherwise`'s.
macro_rules! get_from_dict {
    ($s:ident, |$table:ident, $key:ident| $find:expr, $otherwise:ident) => {{
        let op = $s.op();
        let receiver = usize::from(op.a()) + 1;
        if matches!(op.b(), 1 | 2)
            && let Some(dict) = $s.reg(receiver).cast::<Dict>()
            && let ($table, $key) = (&dict.table, $s.reg(receiver + 1))
        {
            let v = match $find {
                Found::At(slot) => dict.table.value_at(slot),
                Found::Absent(_) if op.b() == 2 => $s.reg(receiver + 2),
                Found::Absent(_) => Value::NONE,
                Found::Unsure => return $s.then($otherwise),
            };
            return $s.done(op.c(), v);
        }
        $s.then(call_native_method)
    }};
}

handlers! {
    fn get_from_dict(s) {
        let op = s.op();
        if op.b() > 0 && s.reg(usize::from(op.a()) + 2).is_int() {
            return s.then(get_from_dict_by_int);
        }
        s.then(get_from_dict_by_key)
    }

    fn get_from_dict_by_key(s) {
        get_from_dict!(s, |table, key| table.glance_for_other(key, &s.vm.recent), get_from_dict_by_search)
    }

    fn get_from_dict_by_int(s) {
        get_from_dict!(s, |table, key| table.glance_for_int(key), get_from_dict_by_search)
    }

    fn get_from_dict_by_search(s) {
        get_from_dict!(s, |table, key| s.vm.search(table, key), call_native_method)
    }

    fn append_to_list(s) {
        let op = s.op();
        let receiver = usize::from(op.a()) + 1;
        if op.b() == 1
            && let Some(mut list) = s.reg(receiver).cast::<List>()
            && list.items.len() < list.items.capacity()
        {
            let v = s.reg(receiver + 1);
            // SAFETY: there is room for one more.
            unsafe {
                let n = list.items.len();
                list.items.as_mut_ptr().add(n).write(v);
                list.items.set_len(n + 1);
            }
            return s.done(op.c(), Value::NONE);
        }
        s.then(call_native_method)
    }

    fn add_to_set(s) {
        if let Some((mut set, item)) = set_and_item(&s)
            && item.is_int()
            && set.table.add_int(item, Value::UNBOUND)
        {
            let dst = s.op().c();
            return s.done(dst, Value::NONE);
        }
        s.then(add_other_to_set)
    }

    fn add_other_to_set(s) {
        let op = s.op();
        if let Some((mut set, item)) = set_and_item(&s) {
            match set.table.glance_for_other(item, &s.vm.recent) {
                Found::At(_) => return s.done(op.c(), Value::NONE),
                Found::Absent(hash) if !set.table.is_full() => {
                    set.table.push_fitting(hash, item, Value::UNBOUND);
                    return s.done(op.c(), Value::NONE);
                }
                _ => (),
            }
        }
        s.then(call_native_method)
    }

    fn remove_from_set(s) {
        if let Some((mut set, item)) = set_and_item(&s)
            && item.is_int()
            && set.table.remove_int_at_a_glance(item) == Some(true)
        {
            let dst = s.op().c();
            return s.done(dst, Value::NONE);
        }
        s.then(call_native_method)
    }

    fn discard_from_set(s) {
        if let Some((mut set, item)) = set_and_item(&s)
            && item.is_int()
            && set.table.remove_int_at_a_glance(item).is_some()
        {
            let dst = s.op().c();
            return s.done(dst, Value::NONE);
        }
        s.then(call_native_method)
    }
}
