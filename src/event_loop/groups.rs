//! Task groups: the bookkeeping of `asyncio.TaskGroup`. The first task that fails cancels the others, and the task that
//! runs the block.
//!
//! Each child gets a handle as its callback whose `callback` is the group; leaving the block waits on the awaitable that
//! `__aexit__` gives, which is woken when no child is left.

use super::task::{cancel, uncancel};
use super::{EventLoop, future, report};
use crate::heap::{Gc, Tracer, Value};
use crate::objects::task::{AwaitableDef, FAILED, FutureState, STARTED, UNRETRIEVED, WAIT_CANCELLED, WOKEN};
use crate::objects::{Awaitable, Boxed, Exception, Future, NativeData, Task};
use crate::vm::{Raise, Result, Resume, Step, Vm};
use std::any::Any;

#[derive(Default)]
pub struct Group {
    /// The task that runs the block; unbound before it is entered.
    pub parent: Value,
    /// In the order of their creation; those that are done may still be there.
    tasks: Vec<Value>,
    /// How many have not told that they are done.
    pub left: usize,
    pub errors: Vec<Value>,
    /// SystemExit or KeyboardInterrupt; unbound without.
    fatal: Value,
    /// The awaitable of the `__aexit__` that waits; unbound if none does.
    waiting: Value,
    pub leaving: bool,
    pub aborting: bool,
    cancelled_parent: bool,
}

impl NativeData for Group {
    fn trace(&self, tracer: &mut Tracer) {
        tracer.values(&[self.parent, self.fatal, self.waiting]);
        tracer.values(&self.tasks);
        tracer.values(&self.errors);
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}

impl Group {
    #[must_use]
    pub fn is_entered(&self) -> bool {
        !self.parent.is_unbound()
    }

    /// Whether the end of the block has nothing to wait for and nothing to raise.
    #[must_use]
    pub fn ends_at_once(&self) -> bool {
        self.left == 0 && self.errors.is_empty() && self.fatal.is_unbound() && !self.cancelled_parent
    }
}

/// The group behind a value.
pub fn of(boxed: &mut Gc<Boxed>) -> Option<&mut Group> {
    boxed.data_as::<Group>()
}

/// Works on a group without letting the VM run.
fn with<R>(group: Value, f: impl FnOnce(&mut Group) -> R) -> Option<R> {
    let mut boxed = group.cast::<Boxed>()?;
    of(&mut boxed).map(f)
}

/// A task of the group, which will tell when it is done.
///
/// # Errors
/// What a foreign task's `add_done_callback` raises.
pub fn add(vm: &mut Vm, group: Value, task: Value, done: impl FnOnce(&mut Vm) -> Value) -> Result<()> {
    with(group, |g| {
        if g.tasks.len() >= 64 && g.tasks.len() > 2 * g.left {
            g.tasks.retain(|t| t.cast::<Future>().is_none_or(|t| !t.is_done()));
        }
        g.tasks.push(task);
        g.left += 1;
    });
    if let Some(future) = task.cast::<Future>() {
        let notice = super::combine::notice(vm, group);
        future::add_callback(vm, future, notice.value());
        return Ok(());
    }
    let done = done(vm);
    vm.root(done);
    vm.call_method(task, "add_done_callback", &[done])?;
    Ok(())
}

fn ends_program(vm: &Vm, exc: Value) -> bool {
    super::task::is_fatal(vm, Raise(exc))
}

fn abort(vm: &mut Vm, group: Value) {
    let tasks = with(group, |g| {
        g.aborting = true;
        g.tasks.clone()
    });
    for task in tasks.unwrap_or_default() {
        if let Some(task) = task.cast::<Future>() {
            if !task.is_done() {
                cancel(vm, task, Value::NONE);
            }
        } else if let Err(raise) = vm.call_method(task, "cancel", &[]) {
            vm.root(raise.0);
            report::report(vm, "Exception in a task group's cancellation", raise.0, &[]);
        }
    }
}

/// A task of the group told that it is done.
pub fn one_less(vm: &mut Vm, group: Value) {
    let waiting = with(group, |g| {
        g.left = g.left.saturating_sub(1);
        if g.left == 0 { g.waiting } else { Value::UNBOUND }
    });
    if let Some(waiting) = waiting.and_then(Value::cast::<Awaitable>) {
        vm.event_loop.wake(waiting);
    }
}

/// A task of the group is done.
pub fn child_done(vm: &mut Vm, group: Value, child: Gc<Future>) {
    one_less(vm, group);
    if child.state() != FutureState::Finished || !child.has(FAILED) {
        return;
    }
    child.set(UNRETRIEVED, false);
    failed(vm, group, child.value(), child.result);
}

/// A task of the group ended with an exception.
pub fn failed(vm: &mut Vm, group: Value, child: Value, exc: Value) {
    let fatal = ends_program(vm, exc);
    let found = with(group, |g| {
        g.errors.push(exc);
        if fatal && g.fatal.is_unbound() {
            g.fatal = exc;
        }
        (g.parent, g.aborting || g.cancelled_parent)
    });
    let Some((parent, aborted)) = found else { return };
    let Some(parent) = parent.cast::<Task>() else { return };
    if parent.future.is_done() {
        let shown = vm.repr(child).and_then(|child| Ok((child, vm.repr(parent.value())?)));
        let (child_text, parent_text) = shown.unwrap_or_default();
        let message = format!(
            "Task {child_text} has errored out but its parent task {parent_text} is already completed"
        );
        report::report(vm, &message, exc, &[("task", child)]);
    } else if !aborted {
        // Whatever the block waits for now is to end; `__aexit__` takes the cancellation back.
        EventLoop::cancelling_for(vm, "its task group", |vm| {
            abort(vm, group);
            with(group, |g| g.cancelled_parent = true);
            cancel(vm, parent.as_future(), Value::NONE);
        });
    }
}

/// `b`: the group; `c`: the exception that left the block, or None. `a` is what is to be raised at the end, or None: the
/// block's cancellation.
pub static EXIT: AwaitableDef = AwaitableDef { name: "TaskGroup.__aexit__", step: exit };

fn exit(vm: &mut Vm, mut this: Gc<Awaitable>, resume: Resume) -> Step {
    let group = this.b;
    if this.has(STARTED) {
        with(group, |g| g.waiting = Value::UNBOUND);
        match resume {
            Resume::Send(_) if !this.has(WOKEN) => {
                with(group, |g| g.waiting = this.value());
                return Step::Pending(this.value());
            }
            Resume::Send(_) => (),
            Resume::Throw(exc) if vm.is_instance_of(exc, vm.exceptions.CancelledError) => {
                // Cancelling the parent ends only one wait: the group still waits for all its tasks.
                if with(group, |g| g.aborting) == Some(false) {
                    this.a = exc;
                    abort(vm, group);
                }
            }
            Resume::Throw(exc) => return super::combine::finish(this, Err(Raise(exc))),
        }
    } else {
        if let Resume::Throw(exc) = resume {
            return super::combine::finish(this, Err(Raise(exc)));
        }
        this.set(STARTED, true);
        with(group, |g| g.leaving = true);
        let exc = this.c;
        this.a = if vm.is_instance_of(exc, vm.exceptions.CancelledError) { exc } else { Value::NONE };
        if !exc.is_none() {
            let fatal = ends_program(vm, exc);
            let aborting = with(group, |g| {
                if fatal && g.fatal.is_unbound() {
                    g.fatal = exc;
                }
                g.aborting
            });
            if aborting == Some(false) {
                abort(vm, group);
            }
        }
    }
    if with(group, |g| g.left).is_some_and(|left| left > 0) {
        this.set(WOKEN | WAIT_CANCELLED, false);
        with(group, |g| g.waiting = this.value());
        return Step::Pending(this.value());
    }
    let result = end(vm, this);
    super::combine::finish(this, result)
}

/// All tasks are done: what the block raises.
fn end(vm: &mut Vm, this: Gc<Awaitable>) -> Result<Value> {
    let (group, exc) = (this.b, this.c);
    let mut to_raise = this.a;
    let found = with(group, |g| (g.fatal, g.cancelled_parent, g.parent, g.errors.is_empty()));
    let Some((fatal, cancelled_parent, parent, faultless)) = found else { return Ok(Value::NONE) };
    let Some(parent) = parent.cast::<Task>() else { return Ok(Value::NONE) };
    if !fatal.is_unbound() {
        return Err(Raise(fatal));
    }
    if cancelled_parent && uncancel(parent) == 0 {
        // The only cancellation was the group's own.
        to_raise = Value::NONE;
    }
    if !exc.is_none() && !vm.is_instance_of(exc, vm.exceptions.CancelledError) {
        if !to_raise.is_none() && faultless {
            return Err(Raise(to_raise));
        }
        with(group, |g| g.errors.push(exc));
    }
    let errors = with(group, |g| std::mem::take(&mut g.errors)).unwrap_or_default();
    if errors.is_empty() {
        return if to_raise.is_none() { Ok(Value::NONE) } else { Err(Raise(to_raise)) };
    }
    if parent.cancels > 0 {
        // A cancellation from outside is not forgotten over the errors.
        uncancel(parent);
        cancel(vm, parent.as_future(), Value::NONE);
    }
    let errors = vm.list(errors);
    vm.root(errors);
    let message = vm.str("unhandled errors in a TaskGroup");
    vm.root(message);
    let class = vm.exceptions.BaseExceptionGroup.value();
    let error = vm.call(class, &[message, errors])?;
    if let Some(error) = error.cast::<Exception>() {
        error.set_suppress_context(true);
    }
    Err(Raise(error))
}
