//! `timeout` and `timeout_at`: async context managers that cancel their task when time is up, and turn that
//! cancellation into a `TimeoutError`.

use super::boxes::{data, is_box, make, native_data};
use crate::event_loop::EventLoop;
use crate::event_loop::combine::{finish, require_running, timeout_error};
use crate::event_loop::task::{cancel, uncancel};
use crate::heap::Value;
use crate::objects::task::AwaitableDef;
use crate::objects::{Class, Exception, Handle, Task, Tuple};
use crate::vm::{BinaryOp, Raise, Result, Resume, Vm};

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Created,
    Entered,
    Expiring,
    Expired,
    Exited,
}

impl State {
    fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Entered => "active",
            Self::Expiring => "expiring",
            Self::Expired => "expired",
            Self::Exited => "finished",
        }
    }
}

struct Timeout {
    state: State,
    /// Loop time, or None.
    when: Value,
    /// The task that entered it; unbound before.
    task: Value,
    /// The handle that will cancel it; unbound if there is none.
    handle: Value,
    /// How many cancellations of the task were on their way when it was entered.
    cancelling: u32,
}

native_data!(Timeout, |this, t| t.values(&[this.when, this.task, this.handle]));

crate::natives! { pub static FUNCTIONS:
    /// An async context manager that cancels what runs in it after delay seconds (None: never).
    "timeout(delay)" => timeout;
    /// Like timeout, at an absolute time of the loop's clock.
    "timeout_at(when)" => timeout_at;
}

crate::natives! { pub static TIMEOUT_NEW:
    "__new__(cls, when)" => timeout_new;
}

crate::methods! { pub static TIMEOUT for fn is_box::<Timeout>, "Timeout":
    /// Return the time of the deadline, or None.
    "when(self)" => when;
    /// Change the deadline.
    "reschedule(self, when)" => reschedule;
    /// Return True if the deadline has passed and the task was cancelled for it.
    "expired(self)" => expired;
    "__aenter__(self)" => aenter;
    "__aexit__(self, exc_type, exc, tb)" => aexit;
    "__repr__(self)" => repr;
}

fn new(vm: &mut Vm, when: Value) -> Result<Value> {
    let class = vm.event_loop.classes.timeout;
    let timeout =
        Timeout { state: State::Created, when, task: Value::UNBOUND, handle: Value::UNBOUND, cancelling: 0 };
    make(vm, class, class, timeout)
}

fn timeout(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    require_running(vm)?;
    if args[0].is_none() {
        return new(vm, Value::NONE);
    }
    let now = vm.event_loop.time();
    let now = vm.float(now);
    let when = vm.binary(BinaryOp::Add, now, args[0])?;
    new(vm, when)
}

fn timeout_at(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    new(vm, args[0])
}

fn timeout_new(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    new(vm, args[1])
}

fn when(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(data::<Timeout, _>(args[0], |t| t.when))
}

fn expired(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(data::<Timeout, _>(args[0], |t| matches!(t.state, State::Expiring | State::Expired).into()))
}

fn reschedule(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let state = data::<Timeout, _>(args[0], |t| t.state);
    match state {
        State::Entered => set_deadline(vm, args[0], args[1]),
        State::Created => Err(vm.runtime_error("Timeout has not been entered")),
        _ => Err(vm.runtime_error(format!("Cannot change state of {} Timeout", state.name()))),
    }
}

fn cancel_handle(vm: &mut Vm, timeout: Value) {
    let handle = data::<Timeout, _>(timeout, |t| std::mem::take(&mut t.handle));
    if let Some(handle) = handle.cast::<Handle>() {
        vm.event_loop.cancel_handle(handle);
    }
}

fn set_deadline(vm: &mut Vm, timeout: Value, when: Value) -> Result<Value> {
    data::<Timeout, _>(timeout, |t| t.when = when);
    cancel_handle(vm, timeout);
    if when.is_none() {
        return Ok(Value::NONE);
    }
    let at = vm.as_f64(when)?;
    let callback = vm.heap.native(&ON_TIMEOUT[0], timeout);
    let handle = vm.heap.handle(callback, Value::UNBOUND, Value::UNBOUND, f64::NAN);
    if at <= vm.event_loop.time() {
        vm.event_loop.ready.push(handle);
    } else {
        vm.event_loop.call_at(handle, at);
    }
    data::<Timeout, _>(timeout, |t| t.handle = handle.value());
    Ok(Value::NONE)
}

crate::methods! { static ON_TIMEOUT for fn is_box::<Timeout>, "Timeout":
    "_on_timeout(self)" => on_timeout;
}

fn on_timeout(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let task = data::<Timeout, _>(args[0], |t| {
        t.state = State::Expiring;
        t.handle = Value::UNBOUND;
        t.task
    });
    if let Some(task) = task.cast::<Task>() {
        EventLoop::cancelling_for(vm, "a timeout", |vm| cancel(vm, task.as_future(), Value::NONE));
    }
    Ok(Value::NONE)
}

/// `a`: the timeout.
static ENTER: AwaitableDef = AwaitableDef {
    name: "Timeout.__aenter__",
    step: |vm, this, resume| match resume {
        Resume::Throw(exc) => finish(this, Err(Raise(exc))),
        Resume::Send(_) => {
            let result = enter(vm, this.a);
            finish(this, result)
        }
    },
};

fn aenter(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if vm.is_awaited()
        && data::<Timeout, _>(args[0], |t| {
            t.state == State::Created && (t.when.is_none() || t.when.as_float().is_some())
        })
    {
        let entered = enter(vm, args[0])?;
        return Ok(vm.at_once(entered));
    }
    Ok(vm.heap.awaitable(&ENTER, args[0], Value::UNBOUND, Value::UNBOUND).value())
}

fn enter(vm: &mut Vm, timeout: Value) -> Result<Value> {
    if data::<Timeout, _>(timeout, |t| t.state != State::Created) {
        return Err(vm.runtime_error("Timeout has already been entered"));
    }
    let Some(task) = vm.event_loop.current else {
        return Err(vm.runtime_error("Timeout should be used inside a task"));
    };
    let when = data::<Timeout, _>(timeout, |t| {
        t.state = State::Entered;
        t.task = task.value();
        t.cancelling = task.cancels;
        t.when
    });
    set_deadline(vm, timeout, when)?;
    Ok(timeout)
}

/// `a`: the timeout; `b`: the exception's class, or None; `c`: the exception.
static EXIT: AwaitableDef = AwaitableDef {
    name: "Timeout.__aexit__",
    step: |vm, this, resume| match resume {
        Resume::Throw(exc) => finish(this, Err(Raise(exc))),
        Resume::Send(_) => {
            let result = exit(vm, this.a, this.b, this.c);
            finish(this, result)
        }
    },
};

fn aexit(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if vm.is_awaited() && data::<Timeout, _>(args[0], |t| t.state == State::Entered) {
        let done = exit(vm, args[0], args[1], args[2])?;
        return Ok(vm.at_once(done));
    }
    Ok(vm.heap.awaitable(&EXIT, args[0], args[1], args[2]).value())
}

fn exit(vm: &mut Vm, timeout: Value, class: Value, exc: Value) -> Result<Value> {
    cancel_handle(vm, timeout);
    let (state, task, cancelling) = data::<Timeout, _>(timeout, |t| {
        let state = t.state;
        match state {
            State::Expiring => t.state = State::Expired,
            State::Entered => t.state = State::Exited,
            State::Created | State::Expired | State::Exited => (),
        }
        (state, t.task, t.cancelling)
    });
    let Some(task) = task.cast::<Task>().filter(|_| state == State::Expiring) else { return Ok(Value::NONE) };
    if uncancel(task) > cancelling {
        // Somebody else cancelled the task too: that goes on.
        return Ok(Value::NONE);
    }
    let Some(class) = class.cast::<Class>() else { return Ok(Value::NONE) };
    if class.is_subclass_of(vm.exceptions.CancelledError) {
        return Err(timeout_error(vm, exc));
    }
    insert_timeout_error(vm, exc);
    if vm.is_instance_of(exc, vm.exceptions.BaseExceptionGroup)
        && vm.is_instance_of(exc, vm.exceptions.Exception)
    {
        let name = vm.names.exceptions;
        let members = vm.get_attr(exc, name)?;
        for &member in members.cast::<Tuple>().iter().flat_map(|t| t.items()) {
            insert_timeout_error(vm, member);
        }
    }
    Ok(Value::NONE)
}

/// An exception whose handling the cancellation led to gets the timeout into its chain of contexts.
fn insert_timeout_error(vm: &mut Vm, exc: Value) {
    let mut at = exc.cast::<Exception>();
    while let Some(mut exc) = at {
        let context = exc.context;
        if context.is::<Exception>() && vm.is_instance_of(context, vm.exceptions.CancelledError) {
            exc.context = timeout_error(vm, context).0;
            return;
        }
        at = context.cast::<Exception>();
    }
}

fn repr(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let (state, when) = data::<Timeout, _>(args[0], |t| (t.state, t.when));
    let mut text = format!("<Timeout [{}]", state.name());
    if state == State::Entered {
        let when = match when.as_float() {
            Some(when) => {
                let rounded = vm.float((when * 1000.0).round_ties_even() / 1000.0);
                vm.repr(rounded)?
            }
            None => vm.repr(when)?,
        };
        text += &format!(" when={when}");
    }
    Ok(vm.str(&format!("{text}>")))
}
