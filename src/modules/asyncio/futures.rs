//! The methods of `Future`, `Task`, `Handle` and `TimerHandle`.

use super::waiting::make_task;
use crate::event_loop::{combine, context, future, provenance, report, task};
use crate::heap::{Gc, Value};
use crate::objects::task::{FAILED, FutureState};
use crate::objects::{Awaitable, Frame, FrameState, Future, Handle, Task};
use crate::source::{SourceId, Span};
use crate::vm::{Result, Vm};

crate::natives! { pub static FUTURE_NEW:
    "__new__(cls, *, loop=None)" => future_new;
}

crate::natives! { pub static TASK_NEW:
    "__new__(cls, coro, *, loop=None, name=None, context=None, eager_start=False)" => task_new;
}

crate::methods! { pub static FUTURE for Future, "Future":
    /// Return the result, or raise the exception.
    "result(self)" => result;
    /// Return the exception, or None.
    "exception(self)" => exception;
    /// Mark the future done and set its result.
    "set_result(self, result, /)" => set_result;
    /// Mark the future done and set its exception.
    "set_exception(self, exception, /)" => set_exception;
    /// Cancel the future; True unless it was done.
    "cancel(self, msg=None)" => cancel;
    /// Return True if the future was cancelled.
    "cancelled(self)" => cancelled;
    /// Return True if the future is done.
    "done(self)" => done;
    /// Call fn with the future soon after it is done.
    "add_done_callback(self, fn, /, *, context=None)" => add_done_callback;
    /// Remove all instances of a callback; how many there were.
    "remove_done_callback(self, fn, /)" => remove_done_callback;
    /// Return the event loop.
    "get_loop(self)" => get_loop;
    "_make_cancelled_error(self)" => make_cancelled_error;
    "__await__(self)" => await_;
    "__iter__(self)" => await_;
    "__repr__(self)" => repr;
}

crate::methods! { pub static TASK for Task, "Task":
    /// Return the task's name.
    "get_name(self)" => get_name;
    /// Set the task's name.
    "set_name(self, value, /)" => set_name;
    /// Return the coroutine.
    "get_coro(self)" => get_coro;
    /// Return the task's contextvars.Context.
    "get_context(self)" => get_context;
    /// How many requests to cancel the task there are.
    "cancelling(self)" => cancelling;
    /// Take back one request to cancel the task; how many are left.
    "uncancel(self)" => uncancel;
    /// Who asked the task to cancel itself, where and why, in words; None if nobody did.
    "cancel_report(self)" => cancel_report;
    /// Where the task stands: its frames, or those its exception passed.
    "get_stack(self, *, limit=None)" => get_stack;
    /// Print where the task stands.
    "print_stack(self, *, limit=None, file=None)" => print_stack;
    "set_result(self, result, /)" => task_set_result;
    "set_exception(self, exception, /)" => task_set_exception;
}

crate::methods! { pub static HANDLE for Handle, "Handle":
    /// Do not call the callback.
    "cancel(self)" => handle_cancel;
    /// Return True if the handle was cancelled.
    "cancelled(self)" => handle_cancelled;
    "get_context(self)" => handle_context;
    "__repr__(self)" => handle_repr;
}

crate::methods! { pub static TIMER_HANDLE for Handle, "TimerHandle":
    /// Return the time the callback is due.
    "when(self)" => handle_when;
}

fn future_of(v: Value) -> Gc<Future> {
    v.cast().unwrap_or_else(|| unreachable!("the binder has checked the receiver"))
}

fn task_of(v: Value) -> Gc<Task> {
    v.cast().unwrap_or_else(|| unreachable!("the binder has checked the receiver"))
}

fn handle_of(v: Value) -> Gc<Handle> {
    v.cast().unwrap_or_else(|| unreachable!("the binder has checked the receiver"))
}

fn future_new(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let future = vm.heap.future().value();
    vm.wrap_payload(args[0], future)
}

fn task_new(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let eager = vm.truthy(args[5])? && vm.event_loop.running;
    let task = if eager {
        make_task(vm, args[1], args[3], args[4], |vm, coroutine, name, context| {
            Ok(task::spawn_eager(vm, coroutine, name, context)?.value())
        })?
    } else {
        make_task(vm, args[1], args[3], args[4], |vm, coroutine, name, context| {
            Ok(task::spawn(vm, coroutine, name, context).value())
        })?
    };
    vm.wrap_payload(args[0], task)
}

fn result(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    future::result(vm, future_of(args[0])).map_err(|raise| vm.set_context_now(raise))
}

fn exception(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    future::exception(vm, future_of(args[0]))
}

fn set_result(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    future::set_result(vm, future_of(args[0]), args[1])?;
    Ok(Value::NONE)
}

fn set_exception(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    future::set_exception(vm, future_of(args[0]), args[1])?;
    Ok(Value::NONE)
}

fn cancel_report(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let report = provenance::cancel_report(vm, task_of(args[0]));
    Ok(report.map_or(Value::NONE, |text| vm.str(&text)))
}

fn get_stack(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let function = super::embedded(vm, "_get_stack")?;
    vm.call(function, &[args[0], args[1], failure(args[0])])
}

fn print_stack(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let function = super::embedded(vm, "_print_stack")?;
    vm.call(function, &[args[0], args[1], args[2], failure(args[0])])
}

/// The task's exception, which nobody retrieves by this.
fn failure(task: Value) -> Value {
    let future = future_of(task);
    if future.state() == FutureState::Finished && future.has(FAILED) { future.result } else { Value::NONE }
}

fn task_set_result(vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    Err(vm.runtime_error("Task does not support set_result operation"))
}

fn task_set_exception(vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    Err(vm.runtime_error("Task does not support set_exception operation"))
}

fn cancel(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(task::cancel(vm, future_of(args[0]), args[1]).into())
}

fn cancelled(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok((future_of(args[0]).state() == FutureState::Cancelled).into())
}

fn done(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(future_of(args[0]).is_done().into())
}

fn add_done_callback(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let context = if args[2].is_none() { context::copy(vm) } else { args[2] };
    let handle = vm.heap.handle(args[1], Value::UNBOUND, context, f64::NAN);
    future::add_callback(vm, future_of(args[0]), handle.value());
    Ok(Value::NONE)
}

fn remove_done_callback(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let future = future_of(args[0]);
    let callbacks = future::callbacks(future);
    for &callback in &callbacks {
        vm.root(callback);
    }
    let mut gone = Vec::new();
    for callback in callbacks {
        if let Some(handle) = callback.cast::<Handle>()
            && !combine::is_told(handle.callback)
            && vm.equals(handle.callback, args[1])?
        {
            gone.push(callback);
        }
    }
    future::remove_callbacks(future, |c| gone.contains(&c));
    Ok(Value::int(gone.len() as i64))
}

fn get_loop(vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    Ok(vm.event_loop.classes.loop_object)
}

fn make_cancelled_error(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(future::cancelled_error(vm, future_of(args[0])))
}

/// A future is its own iterator: `await` and `yield from` look at it again when they are resumed.
fn await_(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(args[0])
}

fn get_name(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(task::name(vm, task_of(args[0])))
}

fn set_name(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let name = vm.to_str(args[1])?.value();
    task_of(args[0]).name = name;
    Ok(Value::NONE)
}

fn get_coro(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(task_of(args[0]).coroutine)
}

fn get_context(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let context = task_of(args[0]).context;
    Ok(if context.is_unbound() { Value::NONE } else { context })
}

fn cancelling(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(Value::int(i64::from(task_of(args[0]).cancels)))
}

fn uncancel(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(Value::int(i64::from(task::uncancel(task_of(args[0])))))
}

// How they are shown.

fn repr(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    // Tasks may wait for one another in a circle.
    if !vm.begin_repr(args[0]) {
        return Ok(vm.str("..."));
    }
    let text = vm.enter().and_then(|()| {
        let text = describe(vm, future_of(args[0]));
        vm.leave();
        text
    });
    vm.end_repr();
    Ok(vm.str(&text?))
}

fn describe(vm: &mut Vm, future: Gc<Future>) -> Result<String> {
    let task = future.value().cast::<Task>();
    let state = match future.state() {
        FutureState::Pending if task.is_some_and(|t| t.cancels > 0) => "cancelling",
        FutureState::Pending => "pending",
        FutureState::Cancelled => "cancelled",
        FutureState::Finished => "finished",
    };
    let class = match task {
        Some(_) => "Task",
        None if crate::event_loop::combine::is_gather(future) => "_GatheringFuture",
        None => "Future",
    };
    let mut text = format!("<{class} {state}");
    if let Some(task) = task {
        let name = task::name(vm, task);
        text += &format!(" name={}", vm.repr(name)?);
        text += &format!(" coro=<{}>", describe_coroutine(vm, task.coroutine));
        if task.waiting.is::<Future>() {
            text += &format!(" wait_for={}", vm.repr(task.waiting)?);
        } else if task.waiting.is::<Awaitable>() {
            text += " wait_for=<Future pending cb=[Task.task_wakeup()]>";
        }
    }
    if future.state() == FutureState::Finished {
        let label = if future.has(FAILED) { "exception" } else { "result" };
        text += &format!(" {label}={}", vm.repr(future.result)?);
    }
    let callbacks = future::callbacks(future);
    let shown: Vec<String> = match callbacks[..] {
        [] => Vec::new(),
        [one] => vec![describe_callback(vm, one)?],
        [first, .., last] => {
            let mut shown = vec![describe_callback(vm, first)?, describe_callback(vm, last)?];
            if callbacks.len() > 2 {
                shown.insert(1, format!("<{} more>", callbacks.len() - 2));
            }
            shown
        }
    };
    if !shown.is_empty() {
        text += &format!(" cb=[{}]", shown.join(", "));
    }
    Ok(text + ">")
}

fn describe_callback(vm: &mut Vm, callback: Value) -> Result<String> {
    let Some(handle) = callback.cast::<Handle>() else {
        let name = if callback.is::<Task>() { "Task.task_wakeup()" } else { "_run_until_complete_cb()" };
        return Ok(name.into());
    };
    if let Some(outer) = handle.callback.cast::<Future>() {
        let name = if outer.extra.is::<Handle>() {
            "shield.<locals>._inner_done_callback"
        } else {
            "gather.<locals>._done_callback"
        };
        return Ok(format!("{name}()"));
    }
    if handle.callback.is::<Handle>() {
        return Ok("shield.<locals>._outer_done_callback()".into());
    }
    if let Some(awaitable) = handle.callback.cast::<Awaitable>() {
        return Ok(format!("{}.<locals>._on_completion()", awaitable.def.name));
    }
    describe_function(vm, handle.callback)
}

fn describe_function(vm: &mut Vm, function: Value) -> Result<String> {
    if let Some(f) = function.cast::<crate::objects::Function>() {
        let place = place(vm, f.code.plain.source, f.code.plain.span);
        return Ok(format!("{}() at {place}", f.code.qualname.as_str()));
    }
    vm.repr(function)
}

/// `file.aio:12`
fn place(vm: &Vm, source: SourceId, span: Span) -> String {
    let source = vm.sources.get(source);
    let (line, _) = source.line_column(span.start);
    format!("{}:{line}", source.name)
}

/// `worker() running at file.aio:12`
fn describe_coroutine(vm: &Vm, coroutine: Value) -> String {
    let name = report::coroutine_name(vm, coroutine);
    let Some(frame) = coroutine.cast::<Frame>() else { return format!("{name}()") };
    let code = frame.function.code;
    if frame.state() == FrameState::Done {
        return format!("{name}() done, defined at {}", place(vm, code.plain.source, code.plain.span));
    }
    let at = code.plain.spans.get((frame.pc as usize).saturating_sub(1)).copied().unwrap_or(code.plain.span);
    let at = if frame.state() == FrameState::Created { code.plain.span } else { at };
    format!("{name}() running at {}", place(vm, code.plain.source, at))
}

// Handles.

fn handle_cancel(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    vm.event_loop.cancel_handle(handle_of(args[0]));
    Ok(Value::NONE)
}

fn handle_cancelled(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(handle_of(args[0]).is_cancelled().into())
}

fn handle_context(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let context = handle_of(args[0]).context;
    Ok(if context.is_unbound() { Value::NONE } else { context })
}

fn handle_when(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let when = handle_of(args[0]).when;
    Ok(vm.float(when))
}

fn handle_repr(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let handle = handle_of(args[0]);
    let class = vm.class_name(args[0]);
    let mut text = format!("<{class}");
    if handle.is_cancelled() {
        text += " cancelled";
    }
    if !handle.when.is_nan() {
        let when = vm.float(handle.when);
        text += &format!(" when={}", vm.repr(when)?);
    }
    if !handle.callback.is_none() {
        let what = if combine::is_told(handle.callback) {
            "callback".into()
        } else {
            describe_function(vm, handle.callback)?
        };
        text += &format!(" {what}");
    }
    Ok(vm.str(&(text + ">")))
}
