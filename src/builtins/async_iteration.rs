//! `aiter` and `anext`.

use crate::event_loop::combine::or_default;
use crate::heap::{Kind, Value};
use crate::objects::{Frame, StepMode};
use crate::vm::{Result, Vm};

crate::natives! { pub static FUNCTIONS:
    /// Return an asynchronous iterator over an object.
    "aiter(async_iterable, /)" => aiter;
    /// Return an awaitable for the next item of an asynchronous iterator; the default, if there is one, at its end.
    "anext(async_iterator, default=..., /)" => anext;
}

fn aiter(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if args[0].kind() == Some(Kind::AsyncGenerator) {
        return Ok(args[0]);
    }
    match vm.call_special(args[0], vm.names.__aiter__, &[])? {
        Some(iterator) => Ok(iterator),
        None => {
            let class = vm.class_name(args[0]);
            Err(vm.type_error(format!("'{class}' object is not an async iterable")))
        }
    }
}

fn anext(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let step = match args[0].cast::<Frame>() {
        Some(frame) if frame.header.kind() == Kind::AsyncGenerator => {
            vm.heap.async_gen_step(frame, StepMode::Send, Value::NONE).value()
        }
        _ => match vm.call_special(args[0], vm.names.__anext__, &[])? {
            Some(awaitable) => awaitable,
            None => {
                let class = vm.class_name(args[0]);
                return Err(vm.type_error(format!("'{class}' object is not an async iterator")));
            }
        },
    };
    Ok(if args[1].is_unbound() { step } else { or_default(vm, step, args[1]) })
}
