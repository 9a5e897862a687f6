//! `run`, `Runner`, and the object that stands for the event loop.

use super::boxes::{data, is_box, make, native_data};
use super::waiting::new_task;
use crate::event_loop::combine::{self, require_running};
use crate::event_loop::{context, report, run};
use crate::heap::Value;
use crate::objects::{Class, Dict, Handle};
use crate::vm::{Result, Vm};

crate::natives! { pub static FUNCTIONS:
    /// Run a coroutine as the main task of an event loop, to its end; its result.
    "run(main, *, debug=None, loop_factory=None)" => run_function;
    /// The running event loop.
    "get_running_loop()" => get_running_loop;
    "_get_running_loop()" => maybe_running_loop;
    /// The event loop.
    "get_event_loop()" => get_event_loop;
    "new_event_loop()" => new_event_loop;
    "set_event_loop(loop)" => set_event_loop;
}

fn run_function(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if vm.event_loop.running {
        return Err(vm.runtime_error("asyncio.run() cannot be called from a running event loop"));
    }
    if !args[1].is_none() {
        vm.event_loop.debug = vm.truthy(args[1])?;
    }
    if combine::is_coroutine(vm, args[0]) {
        return run::run_main(vm, args[0]);
    }
    let error = not_a_coroutine(vm, args[0]);
    vm.root(error.0);
    run::close(vm)?;
    Err(error)
}

fn not_a_coroutine(vm: &mut Vm, v: Value) -> crate::vm::Raise {
    match vm.repr(v) {
        Ok(what) => vm.value_error(format!("a coroutine was expected, got {what}")),
        Err(raise) => raise,
    }
}

fn get_running_loop(vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    require_running(vm)?;
    Ok(vm.event_loop.classes.loop_object)
}

fn maybe_running_loop(vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    Ok(if vm.event_loop.is_present() { vm.event_loop.classes.loop_object } else { Value::NONE })
}

fn get_event_loop(vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    Ok(vm.event_loop.classes.loop_object)
}

/// There is one loop: a new one is the same, open again.
fn new_event_loop(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    vm.event_loop.closed = false;
    get_event_loop(vm, args)
}

fn set_event_loop(_vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    Ok(Value::NONE)
}

// Runner.

#[derive(Default)]
struct Runner {
    closed: bool,
    /// What all its tasks run in.
    context: Value,
}

native_data!(Runner, |this, t| t.value(this.context));

crate::natives! { pub static RUNNER_NEW:
    "__new__(cls, *, debug=None, loop_factory=None)" => runner_new;
}

crate::methods! { pub static RUNNER for fn is_box::<Runner>, "Runner":
    /// Run a coroutine in the loop; its result.
    "run(self, coro, *, context=None)" => runner_run;
    /// Return the loop.
    "get_loop(self)" => runner_loop;
    /// Cancel what is left and end.
    "close(self)" => runner_close;
    "__enter__(self)" => runner_enter;
    "__exit__(self, exc_type, exc, tb)" => runner_exit;
}

fn runner_new(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    make(vm, args[0], vm.event_loop.classes.runner, Runner::default())
}

fn require_open(vm: &mut Vm, runner: Value) -> Result<()> {
    if data::<Runner, _>(runner, |r| r.closed) { Err(vm.runtime_error("Runner is closed")) } else { Ok(()) }
}

fn runner_run(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if !combine::is_coroutine(vm, args[1]) {
        return Err(not_a_coroutine(vm, args[1]));
    }
    if vm.event_loop.running {
        return Err(vm.runtime_error("Runner.run() cannot be called from a running event loop"));
    }
    require_open(vm, args[0])?;
    if !args[2].is_none() {
        return run::run_main_task(vm, args[1], args[2]).0;
    }
    let context = match data::<Runner, _>(args[0], |r| r.context) {
        none if none.is_unbound() => context::copy(vm),
        context => context,
    };
    let (result, context) = run::run_main_task(vm, args[1], context);
    data::<Runner, _>(args[0], |r| r.context = context);
    result
}

fn runner_loop(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    require_open(vm, args[0])?;
    Ok(vm.event_loop.classes.loop_object)
}

fn runner_close(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if !data::<Runner, _>(args[0], |r| std::mem::replace(&mut r.closed, true)) {
        run::close(vm)?;
    }
    Ok(Value::NONE)
}

fn runner_enter(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    require_open(vm, args[0])?;
    Ok(args[0])
}

fn runner_exit(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    runner_close(vm, args)
}

// The loop's object.

/// There is one loop in an interpreter: its object has no data of its own.
pub struct LoopObject;

native_data!(LoopObject, |_this, _t| ());

crate::methods! { pub static LOOP for fn is_box::<LoopObject>, "EventLoop":
    /// The loop's clock, in seconds.
    "time(self)" => time;
    /// Call something in the next turn.
    "call_soon(self, callback, *args, context=None)" => call_soon;
    "call_soon_threadsafe(self, callback, *args, context=None)" => call_soon;
    /// Call something after a delay.
    "call_later(self, delay, callback, *args, context=None)" => call_later;
    /// Call something at a time of the loop's clock.
    "call_at(self, when, callback, *args, context=None)" => call_at;
    "create_future(self)" => create_future;
    "create_task(self, coro, *, name=None, context=None)" => create_task;
    "run_until_complete(self, future)" => run_until_complete;
    "run_forever(self)" => run_forever;
    "stop(self)" => stop;
    "close(self)" => close;
    "is_running(self)" => is_running;
    "is_closed(self)" => is_closed;
    "shutdown_asyncgens(self)" => shutdown_asyncgens;
    "shutdown_default_executor(self, timeout=None)" => shutdown_default_executor;
    /// Call a function when the running task waits; a future for its result.
    "run_in_executor(self, executor, func, *args)" => run_in_executor;
    "set_default_executor(self, executor)" => set_default_executor;
    /// Call something in the loop when a signal arrives.
    "add_signal_handler(self, sig, callback, *args)" => add_signal_handler;
    /// Give a signal its own meaning back; whether it had another.
    "remove_signal_handler(self, sig)" => remove_signal_handler;
    /// Return what makes the loop's tasks, or None.
    "get_task_factory(self)" => get_task_factory;
    /// Set what makes the loop's tasks.
    "set_task_factory(self, factory)" => set_task_factory;
    "get_debug(self)" => get_debug;
    "set_debug(self, enabled)" => set_debug;
    "get_exception_handler(self)" => get_exception_handler;
    "set_exception_handler(self, handler)" => set_exception_handler;
    "call_exception_handler(self, context)" => call_exception_handler;
    "default_exception_handler(self, context)" => default_exception_handler;
    "__repr__(self)" => repr;
}

crate::methods! { pub static LOOP_PROPERTIES for fn is_box::<LoopObject>, "EventLoop":
    "slow_callback_duration(self)" => slow_callback_duration;
}

crate::methods! { pub static LOOP_SETTERS for fn is_box::<LoopObject>, "EventLoop":
    "slow_callback_duration(self, value)" => set_slow_callback_duration;
}

fn time(vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    let now = vm.event_loop.time();
    Ok(vm.float(now))
}

fn new_handle(
    vm: &mut Vm,
    callback: Value,
    context: Value,
    args: &[Value],
    when: f64,
) -> crate::heap::Gc<Handle> {
    let args = if args.is_empty() { Value::UNBOUND } else { vm.tuple(args) };
    let context = if context.is_none() { context::copy(vm) } else { context };
    vm.heap.handle(callback, args, context, when)
}

fn call_soon(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    require_not_closed(vm)?;
    let handle = new_handle(vm, args[1], args[2], &args[3..], f64::NAN);
    vm.event_loop.ready.push(handle);
    Ok(handle.value())
}

fn call_later(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if args[1].is_none() {
        return Err(vm.type_error("delay must not be None"));
    }
    let when = vm.event_loop.time() + vm.as_f64(args[1])?;
    Ok(schedule(vm, when, args))
}

fn call_at(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if args[1].is_none() {
        return Err(vm.type_error("when cannot be None"));
    }
    let when = vm.as_f64(args[1])?;
    Ok(schedule(vm, when, args))
}

fn schedule(vm: &mut Vm, when: f64, args: &[Value]) -> Value {
    let handle = new_handle(vm, args[2], args[3], &args[4..], when);
    vm.event_loop.call_at(handle, when);
    handle.value()
}

fn create_future(vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    Ok(vm.heap.future().value())
}

fn create_task(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    require_not_closed(vm)?;
    new_task(vm, args[1], args[2], args[3])
}

fn require_not_closed(vm: &mut Vm) -> Result<()> {
    if vm.event_loop.closed { Err(vm.runtime_error("Event loop is closed")) } else { Ok(()) }
}

fn run_until_complete(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    require_not_closed(vm)?;
    if vm.event_loop.running {
        return Err(vm.runtime_error("This event loop is already running"));
    }
    let future = combine::ensure_future(vm, args[1])?;
    run::run_until_complete(vm, future)
}

fn run_forever(vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    run::run_forever(vm)?;
    Ok(Value::NONE)
}

fn stop(vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    vm.event_loop.stopping = true;
    Ok(Value::NONE)
}

fn close(vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    if vm.event_loop.running {
        return Err(vm.runtime_error("Cannot close a running event loop"));
    }
    vm.event_loop.closed = true;
    vm.event_loop.ready.clear();
    vm.event_loop.timers.clear();
    Ok(Value::NONE)
}

fn is_running(vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    Ok(vm.event_loop.running.into())
}

fn is_closed(vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    Ok(vm.event_loop.closed.into())
}

fn shutdown_asyncgens(vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    Ok(run::shutdown_asyncgens(vm))
}

fn shutdown_default_executor(vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    Ok(run::shutdown_default_executor(vm))
}

fn run_in_executor(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    require_not_closed(vm)?;
    let function = super::embedded(vm, "_run_in_executor")?;
    vm.root(function);
    vm.call(function, args)
}

fn add_signal_handler(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    require_not_closed(vm)?;
    let function = super::embedded(vm, "_add_signal_handler")?;
    vm.call(function, args)
}

fn remove_signal_handler(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let function = super::embedded(vm, "_remove_signal_handler")?;
    vm.call(function, args)
}

fn set_default_executor(_vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    Ok(Value::NONE)
}

fn get_task_factory(vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    Ok(vm.event_loop.task_factory)
}

fn set_task_factory(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if !args[1].is_none() && !vm.is_callable(args[1]) {
        return Err(vm.type_error("task factory must be a callable or None"));
    }
    vm.event_loop.task_factory = args[1];
    Ok(Value::NONE)
}

fn slow_callback_duration(vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    let seconds = vm.event_loop.slow_callback_duration;
    Ok(vm.float(seconds))
}

fn set_slow_callback_duration(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    vm.event_loop.slow_callback_duration = vm.as_f64(args[1])?;
    Ok(Value::NONE)
}

fn get_debug(vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    Ok(vm.event_loop.debug.into())
}

fn set_debug(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    vm.event_loop.debug = vm.truthy(args[1])?;
    Ok(Value::NONE)
}

fn get_exception_handler(vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    Ok(vm.event_loop.exception_handler)
}

fn set_exception_handler(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    vm.event_loop.exception_handler = args[1];
    Ok(Value::NONE)
}

fn call_exception_handler(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let handler = vm.event_loop.exception_handler;
    if handler.is_none() {
        return default_exception_handler(vm, args);
    }
    vm.call(handler, &[args[0], args[1]])?;
    Ok(Value::NONE)
}

fn default_exception_handler(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let Some(given) = args[1].cast::<Dict>() else {
        return Err(vm.type_error("the context of an exception handler is a dict"));
    };
    let mut message = String::from("Unhandled exception in event loop");
    let mut exception = Value::NONE;
    let mut about = Vec::new();
    let entries: Vec<(Value, Value)> = given.table.iter().collect();
    for (name, value) in entries {
        match name.as_str().map_or("", |s| s.text()) {
            "message" => message = vm.to_str(value)?.as_str().to_owned(),
            "exception" => exception = value,
            name => about.push((name, value)),
        }
    }
    report::print(vm, &message, exception, &about)?;
    Ok(Value::NONE)
}

fn repr(vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    let title = |b: bool| if b { "True" } else { "False" };
    let state = &vm.event_loop;
    let (running, closed, debug) = (title(state.running), title(state.closed), title(state.debug));
    Ok(vm.str(&format!("<_UnixSelectorEventLoop running={running} closed={closed} debug={debug}>")))
}

/// Makes the loop's object.
pub fn make_loop_object(vm: &mut Vm) -> Value {
    let class = vm.event_loop.classes.event_loop.cast::<Class>().unwrap_or(vm.types.object);
    vm.heap.boxed(class, LoopObject).value()
}
