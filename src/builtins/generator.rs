//! The methods of generators, coroutines, async generators and their steps.

use crate::heap::{Gc, Kind, Value};
use crate::modules::asyncio::boxes::{data, is_box, native_data};
use crate::objects::frame::{ASYNC_RUNNING, ESCAPED, STEP_STARTED, StepMode};
use crate::objects::task::EPHEMERAL;
use crate::objects::{AsyncGenStep, Awaitable, Class, Exception, Frame, FrameState};
use crate::vm::{Driven, Exit, Raise, Result, Resume, Vm};

crate::methods! { pub static GENERATOR for kind Generator, "generator":
    /// Implement iter(self).
    "__iter__(self, /)" => itself;
    /// Implement next(self).
    "__next__(self, /)" => next;
    "send(self, arg, /)" => send;
    "throw(self, typ, val=..., tb=..., /)" => throw;
    "close(self, /)" => close;
}

crate::natives! { pub static NAME_PROPERTIES:
    "__name__(self)" => name;
    "__qualname__(self)" => qualname;
}

crate::natives! { pub static NAME_SETTERS:
    "__name__(self, value)" => set_name;
    "__qualname__(self, value)" => set_qualname;
}

crate::natives! { pub static GENERATOR_PROPERTIES:
    "gi_running(self)" => running;
    "gi_suspended(self)" => suspended;
    "gi_frame(self)" => frame_or_none;
    "gi_code(self)" => code;
    "gi_yieldfrom(self)" => awaited;
}

crate::methods! { pub static COROUTINE for fn |v| matches!(v.kind(), Some(Kind::Coroutine | Kind::Awaitable)), "coroutine":
    "__await__(self, /)" => await_wrapper;
    "send(self, arg, /)" => send;
    "throw(self, typ, val=..., tb=..., /)" => throw;
    "close(self, /)" => close;
}

crate::methods! { pub static WRAPPER for fn is_box::<Wrapper>, "coroutine_wrapper":
    "send(self, arg, /)" => wrapper_send;
    "throw(self, typ, val=..., tb=..., /)" => wrapper_throw;
    "close(self, /)" => wrapper_close;
    "__next__(self, /)" => wrapper_next;
    "__iter__(self, /)" => itself;
}

crate::natives! { pub static COROUTINE_PROPERTIES:
    "cr_running(self)" => running;
    "cr_suspended(self)" => suspended;
    "cr_frame(self)" => frame_or_none;
    "cr_code(self)" => code;
    "cr_await(self)" => awaited;
    "cr_origin(self)" => none;
}

crate::methods! { pub static ASYNC_GENERATOR for kind AsyncGenerator, "async_generator":
    "__aiter__(self, /)" => itself;
    "__anext__(self, /)" => anext;
    "asend(self, value, /)" => asend;
    "athrow(self, typ, val=..., tb=..., /)" => athrow;
    "aclose(self, /)" => aclose;
}

crate::natives! { pub static ASYNC_GENERATOR_PROPERTIES:
    "ag_running(self)" => ag_running;
    "ag_frame(self)" => frame_or_none;
    "ag_code(self)" => code;
    "ag_await(self)" => awaited;
    "ag_suspended(self)" => suspended;
}

crate::methods! { pub static STEP for AsyncGenStep, "async_generator_asend":
    "__await__(self, /)" => itself;
    "__iter__(self, /)" => itself;
    "__next__(self, /)" => next;
    "send(self, arg, /)" => send;
    "throw(self, typ, val=..., tb=..., /)" => throw;
    "close(self, /)" => close;
}

/// What a coroutine's `__await__` gives: an iterator that drives it.
struct Wrapper(Value);

native_data!(Wrapper, |this, t| t.value(this.0));

/// The coroutine inside what its `__await__` gave.
#[must_use]
pub fn wrapped_coroutine(v: Value) -> Option<Value> {
    is_box::<Wrapper>(v).then(|| data::<Wrapper, _>(v, |w| w.0))
}

fn await_wrapper(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(vm.heap.boxed(vm.types.coroutine_wrapper, Wrapper(args[0])).value())
}

/// The same arguments for the coroutine itself.
fn unwrapped(args: &[Value]) -> Vec<Value> {
    let mut inner = args.to_vec();
    inner[0] = wrapped_coroutine(args[0]).unwrap_or(args[0]);
    inner
}

fn wrapper_send(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    send(vm, &unwrapped(args))
}

fn wrapper_throw(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    throw(vm, &unwrapped(args))
}

fn wrapper_close(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    close(vm, &unwrapped(args))
}

fn wrapper_next(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    next(vm, &unwrapped(args))
}

fn itself(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(args[0])
}

fn none(_vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    Ok(Value::NONE)
}

/// Runs it on; its end is a StopIteration with the value.
fn run_on(vm: &mut Vm, v: Value, resume: Resume) -> Result<Value> {
    if let Some(frame) = v.cast::<Frame>() {
        return match vm.send_generator(frame, resume)? {
            Exit::Yield(v) => Ok(v),
            Exit::Return(v) => Err(vm.stop_iteration(v)),
        };
    }
    match vm.drive(v, resume) {
        Driven::Suspended(v) => Ok(v),
        Driven::Returned(v) => Err(vm.stop_iteration(v)),
        Driven::Raised(raise) => Err(raise),
    }
}

fn next(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    run_on(vm, args[0], Resume::Send(Value::NONE))
}

fn send(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    run_on(vm, args[0], Resume::Send(args[1]))
}

/// What `throw(type_or_value, value, traceback)` throws.
fn thrown(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let (kind, value, traceback) = (args[1], args[2], args[3]);
    if !traceback.is_unbound() && !traceback.is_none() && vm.class_name(traceback) != "traceback" {
        return Err(vm.type_error("throw() third argument must be a traceback object"));
    }
    if kind.is::<Exception>() {
        if !value.is_unbound() && !value.is_none() {
            return Err(vm.type_error("instance exception may not have a separate value"));
        }
        return Ok(kind);
    }
    let class = kind.cast::<Class>().filter(|c| c.is_subclass_of(vm.exceptions.BaseException));
    let Some(class) = class else {
        let got = vm.class_name(kind);
        return Err(vm.type_error(format!(
            "exceptions must be classes or instances deriving from BaseException, not {got}"
        )));
    };
    if value.is::<Exception>() && vm.is_instance_of(value, class) {
        return Ok(value);
    }
    let made = if value.is_unbound() || value.is_none() {
        vm.call(kind, &[])?
    } else if let Some(several) = value.cast::<crate::objects::Tuple>() {
        vm.call(kind, several.items())?
    } else {
        vm.call(kind, &[value])?
    };
    if made.is::<Exception>() {
        return Ok(made);
    }
    let (shown, got) = (vm.repr(kind)?, vm.class_name(made));
    Err(vm
        .type_error(format!("calling {shown} should have returned an instance of BaseException, not {got}")))
}

fn throw(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let exc = thrown(vm, args)?;
    vm.root(exc);
    run_on(vm, args[0], Resume::Throw(exc))
}

fn close(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if let Some(frame) = args[0].cast::<Frame>() {
        return vm.close_generator(frame);
    }
    if let Some(awaitable) = args[0].cast::<Awaitable>() {
        if !awaitable.has(crate::objects::task::STARTED) {
            awaitable.set(crate::objects::task::FINISHED, true);
            return Ok(Value::NONE);
        }
        let exit = vm.error_with(vm.exceptions.GeneratorExit, &[]);
        return match vm.drive(args[0], Resume::Throw(exit.0)) {
            Driven::Suspended(_) => Err(vm.runtime_error("coroutine ignored GeneratorExit")),
            Driven::Returned(_) => Ok(Value::NONE),
            Driven::Raised(Raise(e)) if vm.is_instance_of(e, vm.exceptions.GeneratorExit) => Ok(Value::NONE),
            Driven::Raised(raise) => Err(raise),
        };
    }
    if let Some(mut step) = args[0].cast::<AsyncGenStep>() {
        if step.is_spent() || !step.is_started() {
            step.spend();
            return Ok(Value::NONE);
        }
        let exit = vm.error_with(vm.exceptions.GeneratorExit, &[]);
        return match vm.drive(args[0], Resume::Throw(exit.0)) {
            Driven::Suspended(_) => Err(vm.runtime_error("coroutine ignored GeneratorExit")),
            Driven::Returned(_) => Ok(Value::NONE),
            Driven::Raised(raise)
                if ["GeneratorExit", "StopAsyncIteration", "StopIteration"]
                    .contains(&vm.class_name(raise.0)) =>
            {
                Ok(Value::NONE)
            }
            Driven::Raised(raise) => Err(raise),
        };
    }
    Ok(Value::NONE)
}

fn frame_of(v: Value) -> Option<Gc<Frame>> {
    v.cast::<Frame>()
}

fn running(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(Value::bool(frame_of(args[0]).is_some_and(|f| f.state() == FrameState::Running)))
}

fn suspended(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(Value::bool(frame_of(args[0]).is_some_and(|f| f.state() == FrameState::Suspended)))
}

/// The frame object, while there is something left to run.
fn frame_or_none(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(match frame_of(args[0]) {
        Some(f) if f.state() != FrameState::Done => vm.frame_view(f),
        _ => Value::NONE,
    })
}

/// What it delegates to or awaits while it is suspended.
fn awaited(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let Some(frame) = frame_of(args[0]).filter(|f| f.state() == FrameState::Suspended && f.pc > 0) else {
        return Ok(Value::NONE);
    };
    let op = frame.function.code.ops[frame.pc as usize - 1];
    if op.code != crate::bytecode::op::Opcode::Await {
        return Ok(Value::NONE);
    }
    let n = frame.registers();
    let awaited = frame.tail(n)[usize::from(op.b)];
    if awaited.kind() == Some(Kind::AsyncGenerator) {
        return Ok(step_between(vm, frame, awaited, op.b));
    }
    // From here on others than its awaiter may hold it: it is not given back when it ends.
    if let Some(inner) = awaited.cast::<Frame>() {
        inner.set(ESCAPED, true);
    } else if let Some(native) = awaited.cast::<Awaitable>() {
        native.set(EPHEMERAL, false);
    }
    Ok(awaited)
}

/// The step that an `async for` awaits: it does without the object until somebody wants to see it.
fn step_between(vm: &mut Vm, mut consumer: Gc<Frame>, awaited: Value, register: u16) -> Value {
    let Some(mut generator) = awaited.cast::<Frame>() else { return awaited };
    if generator.awaiter != consumer.value() {
        return awaited;
    }
    let mut step = vm.heap.async_gen_step(generator, StepMode::Send, Value::NONE);
    step.header.flags.set(STEP_STARTED);
    step.awaiter = consumer.value();
    generator.awaiter = step.value();
    let n = consumer.registers();
    consumer.tail_mut(n)[usize::from(register)] = step.value();
    step.value()
}

fn code(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(frame_of(args[0]).map_or(Value::NONE, |f| f.function.code.value()))
}

fn name(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    match frame_of(args[0]) {
        Some(f) => {
            let name = vm.names.__name__;
            vm.get_attr(f.function.value(), name)
        }
        None => {
            let full = args[0].cast::<Awaitable>().map_or("", |a| a.def.name);
            Ok(vm.str(full.rsplit('.').next().unwrap_or(full)))
        }
    }
}

fn qualname(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let text = vm.coroutine_name(args[0]);
    Ok(vm.str(&text))
}

/// A name of its own: that of a function that differs in it alone.
fn rename(vm: &mut Vm, args: &[Value], attribute: Gc<crate::heap::Str>) -> Result<Value> {
    if args[1].as_str().is_none() {
        let attribute = attribute.text();
        return Err(vm.type_error(format!("{attribute} must be set to a string object")));
    }
    if let Some(mut frame) = frame_of(args[0]) {
        let f = frame.function;
        let mut own = vm.heap.function(f.code, f.globals, f.closure(), f.defaults(), f.keyword_defaults);
        let mut names = match f.special.cast::<crate::objects::Dict>() {
            Some(dict) => vm.heap.dict_from(dict.table.clone()),
            None => vm.heap.dict(),
        };
        names.set_str(attribute, args[1]);
        own.special = names.value();
        frame.function = own;
    }
    Ok(Value::NONE)
}

fn set_name(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    rename(vm, args, vm.names.__name__)
}

fn set_qualname(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    rename(vm, args, vm.names.__qualname__)
}

impl Vm {
    /// The `__qualname__` of a coroutine, generator or native awaitable.
    #[must_use]
    pub fn coroutine_name(&self, v: Value) -> String {
        if let Some(f) = v.cast::<Frame>() {
            return self.function_qualname(f.function).to_owned();
        }
        if let Some(step) = v.cast::<AsyncGenStep>() {
            return self.function_qualname(step.generator.function).to_owned();
        }
        v.cast::<Awaitable>().map_or(self.class_name(v), |a| a.def.name).to_owned()
    }
}

fn generator_of(vm: &mut Vm, v: Value) -> Result<Gc<Frame>> {
    v.cast().ok_or_else(|| vm.type_error("expected an async generator"))
}

fn anext(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let g = generator_of(vm, args[0])?;
    Ok(vm.heap.async_gen_step(g, StepMode::Send, Value::NONE).value())
}

fn asend(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let g = generator_of(vm, args[0])?;
    Ok(vm.heap.async_gen_step(g, StepMode::Send, args[1]).value())
}

fn athrow(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let exc = thrown(vm, args)?;
    let g = generator_of(vm, args[0])?;
    Ok(vm.heap.async_gen_step(g, StepMode::Throw, exc).value())
}

fn aclose(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let g = generator_of(vm, args[0])?;
    Ok(vm.heap.async_gen_step(g, StepMode::Close, Value::NONE).value())
}

fn ag_running(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(Value::bool(frame_of(args[0]).is_some_and(|f| f.has(ASYNC_RUNNING))))
}
