//! `weakref`: what the module's classes, which are in the language, need to know of the collector.

use super::{ModuleSpec, embed};
use crate::heap::{Kind, Value};
use crate::native::is_builtin;
use crate::objects::class::Layout;
use crate::vm::items::{item_at, item_count};
use crate::vm::{Result, Vm};

pub static SPEC: ModuleSpec = ModuleSpec {
    name: "weakref",
    natives: NATIVES,
    init: |vm, dict| embed(vm, dict, "<weakref>", include_str!("lib/weakref.aio")),
};

crate::natives! { static NATIVES:
    /// The number of an object, which is not held; None if it never goes.
    "_watch(object, /)" => watch;
    /// Whether the object with that number is there, and the object.
    "_look(number, /)" => look;
    /// The numbers of objects that went since the last call.
    "_gone()" => gone;
    /// Find out what is still there, if that takes little time.
    "_settle()" => settle;
}

fn watch(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let object = args[0];
    // A subclass of int or tuple has no room for references to it.
    let layout = vm.type_of(object).layout;
    let refused = match object.kind() {
        None => true,
        Some(Kind::Instance) => {
            matches!(layout, Layout::Payload(Kind::BigInt | Kind::Tuple | Kind::Bytes))
                || !has_room(vm, object)
        }
        Some(Kind::Exception) => is_builtin(vm.type_of(object)),
        Some(kind) => matches!(
            kind,
            Kind::Float
                | Kind::BigInt
                | Kind::Complex
                | Kind::Str
                | Kind::Bytes
                | Kind::ByteArray
                | Kind::List
                | Kind::Tuple
                | Kind::Dict
                | Kind::Range
                | Kind::Slice
                | Kind::DictView
                | Kind::Iter
                | Kind::Cell
        ),
    };
    if refused {
        let class = vm.class_name(object);
        return Err(vm.type_error(format!("cannot create weak reference to '{class}' object")));
    }
    // Their cells may be given back at once, without a collection.
    if matches!(object.kind(), Some(Kind::Coroutine | Kind::AsyncGenStep | Kind::Awaitable)) {
        return Ok(Value::NONE);
    }
    Ok(vm.heap.int(vm.weak.watch(object).cast_signed()))
}

/// Whether the slots of the object's classes have room for references to it.
fn has_room(vm: &mut Vm, object: Value) -> bool {
    let class = vm.type_of(object);
    let slots = vm.intern("__slots__");
    let named = |v: Value| v.as_str().is_some_and(|s| s.text() == "__weakref__");
    !class.flags.slots_only
        || class
            .mro
            .iter()
            .filter_map(|class| class.dict.table.get_str(slots))
            .any(|slots| named(slots) || (0..item_count(slots)).any(|i| item_at(slots, i).is_some_and(named)))
}

fn look(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let number = vm.index_i64(args[0])?;
    let object = vm.weak.object(number.cast_unsigned());
    Ok(vm.tuple(&[Value::bool(object.is_some()), object.unwrap_or(Value::NONE)]))
}

fn gone(vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    let numbers: Vec<Value> = vm.weak.take_gone().into_iter().map(|n| Value::int(n.cast_signed())).collect();
    Ok(vm.list(numbers))
}

fn settle(vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    let live = vm.heap.stats().live_bytes;
    if vm.weak.worth_looking(live) {
        vm.collect_closely();
    }
    Ok(Value::NONE)
}
