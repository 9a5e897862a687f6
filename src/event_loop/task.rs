//! Tasks: their steps, and what cancelling them does.
//!
//! ```text
//!   ready --step--> runs --awaits a pending future--> waits --the future is done--> ready
//!                     |--bare yield--> ready
//!                     '--ends--> done: its own callbacks become ready
//! ```
//! A waiting task is a callback of the future it waits for (or the waiter of an awaitable), a ready one is in the
//! ready queue exactly once.

use super::{combine, context, future, provenance, report};
use crate::heap::{Gc, Kind, Tracer, Value};
use crate::objects::task::{FAILED, FutureState, LISTED, MUST_CANCEL, UNRETRIEVED, WAIT_CANCELLED};
use crate::objects::{Awaitable, Exception, Future, Task, Tuple};
use crate::vm::{Driven, Raise, Result, Resume, Vm};

/// All tasks that are not done, in the order of their creation: the loop holds its tasks. In pieces of one size, so that
/// nothing is copied, and no hole left behind in memory, while they become many.
#[derive(Default)]
pub struct TaskList {
    /// Unbound where a task is done.
    full: Vec<Vec<Value>>,
    last: Vec<Value>,
    gone: usize,
}

impl TaskList {
    const PIECE: usize = 1024;

    #[inline]
    fn add(&mut self, mut task: Gc<Task>) {
        if self.last.len() == Self::PIECE {
            self.full.push(std::mem::replace(&mut self.last, Vec::with_capacity(Self::PIECE)));
        }
        task.index = self.slots() as u32;
        task.future.set(LISTED, true);
        self.last.push(task.value());
    }

    fn slots(&self) -> usize {
        self.full.len() * Self::PIECE + self.last.len()
    }

    fn remove(&mut self, task: Gc<Task>) {
        if !task.future.has(LISTED) {
            return;
        }
        task.future.set(LISTED, false);
        let index = task.index as usize;
        let piece = self.full.get_mut(index / Self::PIECE).unwrap_or(&mut self.last);
        piece[index % Self::PIECE] = Value::UNBOUND;
        self.gone += 1;
        if self.gone > 64 && self.gone * 2 > self.slots() {
            let old = std::mem::take(self);
            for task in old.iter() {
                self.add(task);
            }
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = Gc<Task>> {
        self.full.iter().flatten().chain(&self.last).filter_map(|t| t.cast::<Task>())
    }

    pub(super) fn trace(&self, tracer: &mut Tracer) {
        tracer.values(self.full.iter().flatten());
        tracer.values(&self.last);
    }
}

/// Makes a task, to be stepped in the next turn. `name` is a string or unbound, `context` a context or unbound for a
/// copy of the current one.
pub fn spawn(vm: &mut Vm, coroutine: Value, name: Value, context: Value) -> Gc<Task> {
    let task = new(vm, coroutine, name, context);
    vm.event_loop.ready.push(task);
    task
}

#[inline(always)]
fn new(vm: &mut Vm, coroutine: Value, name: Value, context: Value) -> Gc<Task> {
    let context = if context.is_unbound() { context::copy(vm) } else { context };
    let number = if name.is_unbound() {
        vm.event_loop.task_number += 1;
        vm.event_loop.task_number
    } else {
        0
    };
    let task = vm.heap.task(number, coroutine, name, context);
    provenance::made_here(vm, task);
    vm.unawaited.taken(coroutine);
    vm.event_loop.tasks.add(task);
    task
}

/// The same through the loop's task factory, if it has one: `loop.create_task`. The factory decides what it makes.
///
/// # Errors
/// What the factory raises.
pub fn create(vm: &mut Vm, coroutine: Value, name: Value, context: Value) -> Result<Value> {
    let factory = vm.event_loop.task_factory;
    if factory.is_none() {
        return Ok(spawn(vm, coroutine, name, context).value());
    }
    let loop_object = vm.event_loop.classes.loop_object;
    let task = if context.is_unbound() {
        vm.call(factory, &[loop_object, coroutine])?
    } else {
        let word = vm.intern("context").value();
        let words = vm.tuple(&[word]);
        vm.call_keywords(factory, &[loop_object, coroutine, context], words.cast::<Tuple>())?
    };
    vm.root(task);
    if !name.is_unbound() {
        vm.call_method(task, "set_name", &[name])?;
    }
    Ok(task)
}

/// Makes a task and runs its first step at once.
///
/// # Errors
/// As [`step`].
pub fn spawn_eager(vm: &mut Vm, coroutine: Value, name: Value, context: Value) -> Result<Gc<Task>> {
    let task = new(vm, coroutine, name, context);
    vm.root(task);
    step(vm, task)?;
    Ok(task)
}

/// The task's name.
pub fn name(vm: &mut Vm, task: Gc<Task>) -> Value {
    if task.name.is_unbound() { vm.str(&format!("Task-{}", task.future.header.aux.get())) } else { task.name }
}

/// Runs a ready task until it waits again or ends.
///
/// # Errors
/// Only what ends the loop: `KeyboardInterrupt` and `SystemExit`.
pub fn step(vm: &mut Vm, mut task: Gc<Task>) -> Result<()> {
    if task.future.is_done() {
        return Ok(());
    }
    let resume = if task.waiting.is_none() && !task.future.has(MUST_CANCEL) {
        Resume::Send(Value::NONE)
    } else {
        next_resume(vm, task)
    };
    task.waiting = Value::NONE;
    let before = vm.event_loop.current.replace(task);
    let outside = context::enter(vm, task.context);
    let driven = vm.drive(task.coroutine, resume);
    task.context = std::mem::replace(&mut vm.event_loop.context, outside);
    vm.event_loop.current = before;
    match driven {
        Driven::Suspended(on) => {
            if on.is_none() {
                vm.event_loop.ready.push(task);
            } else {
                wait_on(vm, task, on);
            }
            if vm.event_loop.watch.is_some() {
                super::watch::suspended(vm, task);
            }
            Ok(())
        }
        Driven::Returned(v) => {
            returned(vm, task, v);
            Ok(())
        }
        Driven::Raised(raise) => raised(vm, task, raise),
    }
}

/// With what the task runs on: as a rule nothing, since whoever awaits a future looks at it itself.
fn next_resume(vm: &mut Vm, task: Gc<Task>) -> Resume {
    let mut own = task.as_future();
    let cancel = own.has(MUST_CANCEL);
    own.set(MUST_CANCEL, false);
    let mut thrown = None;
    if let Some(future) = task.waiting.cast::<Future>() {
        if cancel {
            future.set(UNRETRIEVED, false);
            if future.state() == FutureState::Cancelled {
                thrown = Some(future::cancelled_error(vm, future));
            } else if future.has(FAILED) {
                thrown = Some(future.result);
            }
        }
    } else if let Some(awaitable) = task.waiting.cast::<Awaitable>() {
        if awaitable.has(WAIT_CANCELLED) {
            let message = std::mem::take(&mut own.result);
            thrown = Some(future::new_cancelled_error(vm, message));
        }
    } else if task.waiting.is::<Exception>() {
        thrown = Some(task.waiting);
    }
    match thrown {
        Some(exc) if !cancel || vm.is_instance_of(exc, vm.exceptions.CancelledError) => Resume::Throw(exc),
        _ if cancel => Resume::Throw(future::new_cancelled_error(vm, own.cancel_message)),
        _ => Resume::Send(Value::NONE),
    }
}

/// The task suspended on something.
fn wait_on(vm: &mut Vm, mut task: Gc<Task>, on: Value) {
    let mut own = task.as_future();
    if let Some(mut awaitable) = on.cast::<Awaitable>() {
        task.waiting = on;
        awaitable.waiter = task.value();
        if !awaitable.is_waiting() {
            vm.event_loop.ready.push(task);
        } else if own.has(MUST_CANCEL) {
            own.set(MUST_CANCEL, false);
            awaitable.set(WAIT_CANCELLED, true);
            own.result = own.cancel_message;
            vm.event_loop.ready.push(task);
        }
    } else if on == task.value() {
        let text = vm.repr(on);
        fail_next(vm, task, text.map(|task| format!("Task cannot await on itself: {task}")));
    } else if let Some(future) = on.cast::<Future>() {
        task.waiting = on;
        future::add_callback(vm, future, task.value());
        if own.has(MUST_CANCEL) && cancel(vm, future, own.cancel_message) {
            own.set(MUST_CANCEL, false);
        }
    } else {
        let text = bad_yield(vm, task, on);
        fail_next(vm, task, text);
    }
}

#[cold]
fn bad_yield(vm: &mut Vm, task: Gc<Task>, on: Value) -> Result<String> {
    let what = vm.repr(on)?;
    if on.kind() != Some(Kind::Generator) {
        return Ok(format!("Task got bad yield: {what}"));
    }
    let task = vm.repr(task.value())?;
    Ok(format!("yield was used instead of yield from for generator in task {task} with {what}"))
}

/// Throws a `RuntimeError` in at the next step.
#[cold]
fn fail_next(vm: &mut Vm, mut task: Gc<Task>, message: Result<String>) {
    task.waiting = match message {
        Ok(message) => vm.runtime_error(message).0,
        Err(raise) => raise.0,
    };
    vm.event_loop.ready.push(task);
}

fn returned(vm: &mut Vm, task: Gc<Task>, v: Value) {
    let own = task.as_future();
    vm.event_loop.tasks.remove(task);
    if own.has(MUST_CANCEL) {
        // It was cancelled right before it ended.
        own.set(MUST_CANCEL, false);
        future::cancel_plain(vm, own, own.cancel_message);
    } else {
        future::resolve(vm, own, v);
        if vm.event_loop.debug && task.cancels > 0 {
            report::ended_in_spite(vm, task);
        }
    }
}

fn raised(vm: &mut Vm, task: Gc<Task>, raise: Raise) -> Result<()> {
    let mut own = task.as_future();
    vm.event_loop.tasks.remove(task);
    vm.left_task(raise, task);
    if vm.raised_is(raise, vm.exceptions.CancelledError) {
        own.result = raise.0;
        future::cancel_plain(vm, own, Value::NONE);
        return Ok(());
    }
    future::fail(vm, own, raise.0);
    if is_fatal(vm, raise) {
        return Err(raise);
    }
    Ok(())
}

/// Whether an exception ends the loop itself.
#[must_use]
pub fn is_fatal(vm: &Vm, raise: Raise) -> bool {
    vm.raised_is(raise, vm.exceptions.KeyboardInterrupt) || vm.raised_is(raise, vm.exceptions.SystemExit)
}

/// Asks any future to cancel itself. Whether it will.
pub fn cancel(vm: &mut Vm, future: Gc<Future>, message: Value) -> bool {
    if let Some(task) = future.value().cast::<Task>() {
        cancel_task(vm, task, message)
    } else if combine::is_gather(future) {
        combine::cancel_children(vm, future, message)
    } else {
        future::cancel_plain(vm, future, message)
    }
}

/// `CancelledError` is thrown into the task, or into the task it waits for, in the next turn. Whether it was not done.
///
/// A chain of tasks that wait for one another is followed in a loop: it may be long.
fn cancel_task(vm: &mut Vm, task: Gc<Task>, message: Value) -> bool {
    let mut task = task;
    let mut own = task.as_future();
    own.set(UNRETRIEVED, false);
    if own.is_done() {
        return false;
    }
    // Tasks may wait for one another in a circle; the mark moves up at every power of two.
    let (mut mark, mut steps) = (task, 0_usize);
    loop {
        task.cancels = task.cancels.saturating_add(1);
        provenance::cancelled_here(vm, task, message);
        if let Some(next) = task.waiting.cast::<Task>() {
            if !next.future.is_done() && next != mark {
                steps += 1;
                if steps.is_power_of_two() {
                    mark = next;
                }
                task = next;
                own = task.as_future();
                continue;
            }
            next.future.set(UNRETRIEVED, false);
        } else if let Some(future) = task.waiting.cast::<Future>() {
            if cancel(vm, future, message) {
                return true;
            }
        } else if let Some(awaitable) = task.waiting.cast::<Awaitable>()
            && awaitable.is_waiting()
        {
            awaitable.set(WAIT_CANCELLED, true);
            // What is waited for is cancelled, not yet the task: the message is kept where its result will be.
            own.result = message;
            vm.event_loop.ready.push(task);
            return true;
        }
        own.set(MUST_CANCEL, true);
        own.cancel_message = message;
        return true;
    }
}

/// Takes back one cancellation; down to none, a pending one is dropped. How many are left.
pub fn uncancel(mut task: Gc<Task>) -> u32 {
    task.cancels = task.cancels.saturating_sub(1);
    if task.cancels == 0 {
        task.future.set(MUST_CANCEL, false);
    }
    task.cancels
}
