//! What the classes of this module have in common: instances are boxes.

use crate::heap::Value;
use crate::objects::{Boxed, Class, NativeData};
use crate::vm::{Result, Vm};

/// Says how a struct is traced, and makes it the data of a box.
macro_rules! native_data {
    ($type:ty, |$this:ident, $tracer:ident| $trace:expr $(, count |$c:ident| $count:expr)?) => {
        impl $crate::objects::NativeData for $type {
            fn trace(&self, $tracer: &mut $crate::heap::Tracer) {
                let $this = self;
                $trace
            }

            $(
                fn count(&self) -> Option<usize> {
                    let $c = self;
                    Some($count)
                }
            )?

            fn as_any(&self) -> &dyn std::any::Any {
                self
            }

            fn as_any_mut(&mut self) -> &mut dyn std::any::Any {
                self
            }
        }
    };
}
pub(crate) use native_data;

/// Whether a value is a box around a `T`: what a table of methods accepts.
pub fn is_box<T: NativeData>(v: Value) -> bool {
    v.cast::<Boxed>().is_some_and(|mut b| b.data_as::<T>().is_some())
}

/// Works on the data of a receiver that the binder has checked. `f` must not let the VM run.
pub fn data<T: NativeData, R>(v: Value, f: impl FnOnce(&mut T) -> R) -> R {
    let mut boxed = v.cast::<Boxed>().unwrap_or_else(|| unreachable!("the binder has checked the receiver"));
    f(boxed.data_as().unwrap_or_else(|| unreachable!("the binder has checked the receiver")))
}

/// An instance of `cls`, which is `class` or derived from it.
pub fn make(vm: &mut Vm, cls: Value, class: Value, data: impl NativeData) -> Result<Value> {
    let class = class.cast::<Class>().unwrap_or(vm.types.object);
    let value = vm.heap.boxed(class, data).value();
    vm.wrap_payload(cls, value)
}

/// What a method was called on, whose box is `payload`: itself, or an instance of a class derived from its own.
pub fn receiver(vm: &Vm, payload: Value) -> Value {
    if vm.payload(vm.receiver) == payload { vm.receiver } else { payload }
}

/// `<asyncio.locks.Lock object at 0x7f... [locked, waiters:2]>`
pub fn object_repr(vm: &mut Vm, payload: Value, state: &str, waiters: usize) -> Value {
    let plain = vm.default_repr(receiver(vm, payload));
    let plain = plain.strip_suffix('>').unwrap_or(&plain);
    let waiters = if waiters > 0 { format!(", waiters:{waiters}") } else { String::new() };
    vm.str(&format!("{plain} [{state}{waiters}]>"))
}
