//! Futures: setting their outcome, reading it, and who is told.

use super::STOP;
use crate::heap::{Gc, Value};
use crate::objects::task::{FAILED, FutureState, UNRETRIEVED};
use crate::objects::{Class, Exception, Future, Handle, List, Task};
use crate::vm::{Raise, Result, Vm};

/// The result, or the exception raised; a failed future counts as looked at.
///
/// # Errors
/// Its exception, `CancelledError`, or `InvalidStateError` while it is pending.
pub fn result(vm: &mut Vm, future: Gc<Future>) -> Result<Value> {
    match future.state() {
        FutureState::Pending => Err(vm.error(vm.exceptions.InvalidStateError, "Result is not set.")),
        FutureState::Cancelled => Err(Raise(cancelled_error(vm, future))),
        FutureState::Finished => {
            future.set(UNRETRIEVED, false);
            if future.has(FAILED) { Err(Raise(future.result)) } else { Ok(future.result) }
        }
    }
}

/// Its exception, or None; it counts as looked at.
///
/// # Errors
/// `CancelledError`, or `InvalidStateError` while it is pending.
pub fn exception(vm: &mut Vm, future: Gc<Future>) -> Result<Value> {
    match future.state() {
        FutureState::Pending => Err(vm.error(vm.exceptions.InvalidStateError, "Exception is not set.")),
        FutureState::Cancelled => Err(Raise(cancelled_error(vm, future))),
        FutureState::Finished => {
            future.set(UNRETRIEVED, false);
            Ok(if future.has(FAILED) { future.result } else { Value::NONE })
        }
    }
}

/// A `CancelledError` with the message, if there is one.
pub fn new_cancelled_error(vm: &mut Vm, message: Value) -> Value {
    let args = [message];
    vm.error_with(vm.exceptions.CancelledError, if message.is_none() { &[] } else { &args }).0
}

/// The exception to be raised for a cancelled future: once the one that ended its task, then new ones.
pub fn cancelled_error(vm: &mut Vm, mut future: Gc<Future>) -> Value {
    if future.state() == FutureState::Cancelled && !future.result.is_unbound() {
        return std::mem::take(&mut future.result);
    }
    new_cancelled_error(vm, future.cancel_message)
}

fn invalid_state(vm: &mut Vm) -> Raise {
    vm.error(vm.exceptions.InvalidStateError, "invalid state")
}

/// # Errors
/// `InvalidStateError` if it is done already.
pub fn set_result(vm: &mut Vm, future: Gc<Future>, value: Value) -> Result<()> {
    if future.is_done() {
        return Err(invalid_state(vm));
    }
    resolve(vm, future, value);
    Ok(())
}

/// Sets the result of a pending future.
pub fn resolve(vm: &mut Vm, mut future: Gc<Future>, value: Value) {
    future.result = value;
    future.set_state(FutureState::Finished);
    schedule_callbacks(vm, future);
}

/// Sets the exception of a pending future; nobody has looked at it yet.
pub fn fail(vm: &mut Vm, mut future: Gc<Future>, exception: Value) {
    future.result = exception;
    future.set_state(FutureState::Finished);
    future.set(FAILED, true);
    schedule_callbacks(vm, future);
    future.set(UNRETRIEVED, true);
    vm.event_loop.failed.push(future);
}

/// # Errors
/// `InvalidStateError` if it is done already, `TypeError` for what is no exception.
pub fn set_exception(vm: &mut Vm, future: Gc<Future>, exception: Value) -> Result<()> {
    if future.is_done() {
        return Err(invalid_state(vm));
    }
    let mut exception = exception;
    if let Some(class) = exception.cast::<Class>()
        && class.is_subclass_of(vm.exceptions.BaseException)
    {
        exception = vm.call(exception, &[])?;
    }
    if !exception.is::<Exception>() {
        return Err(vm.type_error("invalid exception object"));
    }
    if vm.is_instance_of(exception, vm.exceptions.StopIteration) {
        let message = "StopIteration interacts badly with generators and cannot be raised into a Future";
        let wrapped = vm.runtime_error(message).0;
        if let Some(mut wrapped) = wrapped.cast::<Exception>() {
            wrapped.cause = exception;
            wrapped.context = exception;
            wrapped.set_suppress_context(true);
        }
        exception = wrapped;
    }
    fail(vm, future, exception);
    Ok(())
}

/// Cancels a future that is no task and no gather's. Whether it was pending.
pub fn cancel_plain(vm: &mut Vm, mut future: Gc<Future>, message: Value) -> bool {
    future.set(UNRETRIEVED, false);
    if future.is_done() {
        return false;
    }
    future.set_state(FutureState::Cancelled);
    future.cancel_message = message;
    schedule_callbacks(vm, future);
    true
}

/// Each callback becomes an entry of the ready queue, in order.
fn schedule_callbacks(vm: &mut Vm, mut future: Gc<Future>) {
    let callbacks = std::mem::take(&mut future.callbacks);
    if callbacks.is_unbound() {
        return;
    }
    match callbacks.cast::<List>() {
        Some(list) => list.items.iter().for_each(|&c| schedule(vm, future, c)),
        None => schedule(vm, future, callbacks),
    }
}

fn schedule(vm: &mut Vm, future: Gc<Future>, callback: Value) {
    if let Some(mut handle) = callback.cast::<Handle>() {
        handle.args = future.value();
    }
    vm.event_loop.ready.push(callback);
}

/// Adds a callback: a task to be woken, a handle that gets the future as its argument, or [`STOP`].
pub fn add_callback(vm: &mut Vm, mut future: Gc<Future>, callback: Value) {
    debug_assert!(callback.is::<Task>() || callback.is::<Handle>() || callback == STOP);
    if future.is_done() {
        schedule(vm, future, callback);
    } else if future.callbacks.is_unbound() {
        future.callbacks = callback;
    } else if let Some(list) = future.callbacks.cast::<List>() {
        vm.heap.push(list, callback);
    } else {
        future.callbacks = vm.heap.list(vec![future.callbacks, callback]).value();
    }
}

/// Its callbacks, in order.
#[must_use]
pub fn callbacks(future: Gc<Future>) -> Vec<Value> {
    match future.callbacks.cast::<List>() {
        Some(list) => list.items.clone(),
        None if future.callbacks.is_unbound() => Vec::new(),
        None => vec![future.callbacks],
    }
}

/// Removes the callbacks that `gone` names.
pub fn remove_callbacks(mut future: Gc<Future>, gone: impl Fn(Value) -> bool) {
    if let Some(mut list) = future.callbacks.cast::<List>() {
        list.items.retain(|&c| !gone(c));
    } else if !future.callbacks.is_unbound() && gone(future.callbacks) {
        future.callbacks = Value::UNBOUND;
    }
}
