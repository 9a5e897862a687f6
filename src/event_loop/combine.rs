//! Futures made of futures: the bookkeeping of `gather`, `shield`, `wait` and of `wait_for` without time.
//!
//! Each child gets a handle as its callback, whose `callback` is no function but what is to be told: the outer future
//! of a gather or shield, the awaitable that waits, or (to take back a shield) the other handle.

use super::EventLoop;
use super::future::{self, add_callback, cancelled_error};
use super::task::cancel;
use crate::heap::{Gc, Tracer, Value};
use crate::objects::task::{
    AwaitableDef, CANCEL_REQUESTED, FAILED, FINISHED, FutureState, STARTED, UNRETRIEVED, WOKEN,
};
use crate::objects::{Awaitable, Boxed, Exception, Future, Handle, List, NativeData, Table};
use crate::vm::{Raise, Result, Resume, Step, Vm};
use std::any::Any;
use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};

/// Futures, told apart by what they are: their addresses need no hash that withstands attacks.
pub type Futures = HashSet<Value, BuildHasherDefault<Spread>>;

/// Spreads the bits of one word.
#[derive(Default)]
pub struct Spread(u64);

impl Hasher for Spread {
    fn write(&mut self, bytes: &[u8]) {
        for &b in bytes {
            self.write_u64(self.0 ^ u64::from(b));
        }
    }

    fn write_u64(&mut self, n: u64) {
        self.0 = n.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(26);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// What a gather's outer future keeps in `extra`.
struct Gather {
    /// Futures, in the order of the arguments.
    children: Vec<Value>,
    /// How many different ones.
    unique: usize,
    finished: usize,
    return_exceptions: bool,
    cancel_siblings: bool,
}

impl NativeData for Gather {
    fn trace(&self, tracer: &mut Tracer) {
        tracer.values(&self.children);
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}

/// A handle that tells `whom` when a future is done.
pub fn notice(vm: &mut Vm, whom: Value) -> Gc<Handle> {
    vm.heap.handle(whom, Value::UNBOUND, Value::UNBOUND, f64::NAN)
}

/// The outer future of a gather that has no children yet.
pub fn new_gather(vm: &mut Vm, return_exceptions: bool, cancel_siblings: bool) -> Gc<Future> {
    let state = Gather { children: Vec::new(), unique: 0, finished: 0, return_exceptions, cancel_siblings };
    let class = vm.types.object;
    let state = vm.heap.boxed(class, state);
    let mut outer = vm.heap.future();
    outer.extra = state.value();
    outer
}

/// Adds a child; `first` unless it was an argument before.
pub fn add_child(vm: &mut Vm, outer: Gc<Future>, child: Gc<Future>, first: bool) {
    let Some(mut state) = outer.extra.cast::<Boxed>() else { return };
    let Some(state) = state.data_as::<Gather>() else { return };
    state.children.push(child.value());
    if first {
        state.unique += 1;
        if !child.is_done() {
            let notice = notice(vm, outer.value());
            add_callback(vm, child, notice.value());
        }
    }
}

#[must_use]
pub fn is_gather(future: Gc<Future>) -> bool {
    future.extra.cast::<Boxed>().is_some_and(|mut b| b.data_as::<Gather>().is_some())
}

/// `cancel()` of a gather: it is done when its children are.
pub fn cancel_children(vm: &mut Vm, outer: Gc<Future>, message: Value) -> bool {
    if outer.is_done() {
        return false;
    }
    let Some(mut state) = outer.extra.cast::<Boxed>() else { return false };
    let Some(state) = state.data_as::<Gather>() else { return false };
    // A gathering may wait for itself: what is already asked is not asked again.
    if vm.enter().is_err() {
        return false;
    }
    let mut any = false;
    for child in state.children.iter().filter_map(|c| c.cast::<Future>()) {
        any |= cancel(vm, child, message);
    }
    vm.leave();
    if any {
        outer.set(CANCEL_REQUESTED, true);
    }
    any
}

/// Whether a handle's `callback` is to be told of a future, rather than called.
#[must_use]
pub fn is_told(callback: Value) -> bool {
    callback.is::<Future>()
        || callback.is::<Awaitable>()
        || callback.is::<Handle>()
        || callback.cast::<Boxed>().is_some_and(|mut group| super::groups::of(&mut group).is_some())
}

/// A future in which `whom` takes part is done.
pub fn child_done(vm: &mut Vm, whom: Value, child: Gc<Future>) {
    if let Some(outer) = whom.cast::<Future>() {
        if outer.extra.is::<Handle>() {
            shielded_done(vm, outer, child);
        } else {
            gathered_done(vm, outer, child);
        }
    } else if let Some(awaitable) = whom.cast::<Awaitable>() {
        awaited_done(vm, awaitable, child);
    } else if whom.is::<Boxed>() {
        super::groups::child_done(vm, whom, child);
    } else if let Some(notice) = whom.cast::<Handle>()
        && let Some(inner) = notice.args.cast::<Future>()
        && !inner.is_done()
    {
        // The outer future of a shield is done before the inner one.
        future::remove_callbacks(inner, |c| c == whom);
    }
}

/// What a gather's or shield's future waits for.
#[must_use]
pub fn waited_for(outer: Gc<Future>) -> Option<Vec<Value>> {
    if let Some(mut state) = outer.extra.cast::<Boxed>() {
        return state.data_as::<Gather>().map(|state| state.children.clone());
    }
    outer.extra.cast::<Handle>().map(|up| vec![up.args])
}

pub fn gathered_done(vm: &mut Vm, outer: Gc<Future>, child: Gc<Future>) {
    let Some(mut state) = outer.extra.cast::<Boxed>() else { return };
    let Some(state) = state.data_as::<Gather>() else { return };
    state.finished += 1;
    child.set(UNRETRIEVED, false);
    if outer.is_done() {
        return;
    }
    let failed = child.state() == FutureState::Cancelled || child.has(FAILED);
    if failed && !state.return_exceptions {
        let exception = match child.state() {
            FutureState::Cancelled => cancelled_error(vm, child),
            FutureState::Pending | FutureState::Finished => child.result,
        };
        future::fail(vm, outer, exception);
        if state.cancel_siblings && !outer.has(CANCEL_REQUESTED) {
            let mut seen = Futures::from_iter([child.value()]);
            for &other in state.children.iter().filter(|&&c| seen.insert(c)) {
                if let Some(other) = other.cast::<Future>() {
                    EventLoop::cancelling_for(vm, "the failure of its gather", |vm| {
                        cancel(vm, other, Value::NONE)
                    });
                }
            }
        }
    } else if state.finished == state.unique {
        let last = state.children.last().and_then(|c| c.cast::<Future>());
        match last {
            Some(last) if outer.has(CANCEL_REQUESTED) => {
                let exception = cancelled_error(vm, last);
                future::fail(vm, outer, exception);
            }
            _ => {
                let mut results = Vec::with_capacity(state.children.len());
                for child in state.children.iter().filter_map(|c| c.cast::<Future>()) {
                    results.push(gathered_result(vm, child));
                }
                let results = vm.list(results);
                future::resolve(vm, outer, results);
            }
        }
    }
}

fn gathered_result(vm: &mut Vm, child: Gc<Future>) -> Value {
    if child.state() != FutureState::Cancelled {
        return child.result;
    }
    let message = if child.cancel_message.is_none() { vm.empty_str.value() } else { child.cancel_message };
    future::new_cancelled_error(vm, message)
}

/// A future that ends as `inner` does, but whose cancellation does not reach it.
pub fn shield(vm: &mut Vm, inner: Gc<Future>) -> Gc<Future> {
    if inner.is_done() {
        return inner;
    }
    let mut outer = vm.heap.future();
    let mut up = notice(vm, outer.value());
    up.args = inner.value();
    outer.extra = up.value();
    let down = notice(vm, up.value());
    add_callback(vm, inner, up.value());
    add_callback(vm, outer, down.value());
    outer
}

fn shielded_done(vm: &mut Vm, outer: Gc<Future>, inner: Gc<Future>) {
    inner.set(UNRETRIEVED, false);
    if outer.is_done() {
        return;
    }
    if inner.state() == FutureState::Cancelled {
        future::cancel_plain(vm, outer, Value::NONE);
    } else if inner.has(FAILED) {
        future::fail(vm, outer, inner.result);
    } else {
        future::resolve(vm, outer, inner.result);
    }
}

/// `asyncio.wait`: `a` the futures (first as given, then a list), `b` the timeout, `c` which of them to wait for. `aux`
/// counts those that are not done.
pub static WAIT: AwaitableDef = AwaitableDef { name: "wait", step: wait };

pub const ALL_COMPLETED: i64 = 0;
pub const FIRST_COMPLETED: i64 = 1;
pub const FIRST_EXCEPTION: i64 = 2;

fn awaited_done(vm: &mut Vm, awaitable: Gc<Awaitable>, child: Gc<Future>) {
    if !std::ptr::eq(awaitable.def, &raw const WAIT) {
        vm.event_loop.wake(awaitable);
        return;
    }
    let left = awaitable.header.aux.get().saturating_sub(1);
    awaitable.header.aux.set(left);
    let enough = left == 0
        || match awaitable.c.as_int() {
            Some(FIRST_COMPLETED) => true,
            Some(FIRST_EXCEPTION) if child.has(FAILED) => {
                child.set(UNRETRIEVED, false);
                true
            }
            _ => false,
        };
    if enough {
        vm.event_loop.cancel_timer(awaitable);
        vm.event_loop.wake(awaitable);
    }
}

fn wait(vm: &mut Vm, awaitable: Gc<Awaitable>, resume: Resume) -> Step {
    if !awaitable.has(STARTED) {
        return match resume {
            Resume::Send(_) => {
                begin_wait(vm, awaitable).unwrap_or_else(|raise| finish(awaitable, Err(raise)))
            }
            Resume::Throw(exc) => finish(awaitable, Err(Raise(exc))),
        };
    }
    if matches!(resume, Resume::Send(_)) && !awaitable.has(WOKEN) {
        return Step::Pending(awaitable.value());
    }
    vm.event_loop.cancel_timer(awaitable);
    let futures = awaitable.a.cast::<List>();
    for future in futures.iter().flat_map(|l| l.items.iter()).filter_map(|f| f.cast::<Future>()) {
        forget(awaitable, future);
    }
    let result = match resume {
        Resume::Throw(exc) => Err(Raise(exc)),
        Resume::Send(_) => waited(vm, awaitable),
    };
    finish(awaitable, result)
}

/// Takes the awaitable's notice out of the callbacks.
fn forget(awaitable: Gc<Awaitable>, future: Gc<Future>) {
    let whom = awaitable.value();
    future::remove_callbacks(future, |c| c.cast::<Handle>().is_some_and(|h| h.callback == whom));
}

fn begin_wait(vm: &mut Vm, mut awaitable: Gc<Awaitable>) -> Result<Step> {
    awaitable.set(STARTED, true);
    let given = awaitable.a;
    if given.is::<Future>() || is_coroutine(vm, given) {
        let class = vm.class_name(given);
        return Err(vm.type_error(format!("expect a list of futures, not {class}")));
    }
    if !vm.truthy(given)? {
        return Err(vm.value_error("Set of Tasks/Futures is empty."));
    }
    let how = awaitable.c.as_str().map_or("", |s| s.text());
    let how = match how {
        "ALL_COMPLETED" => ALL_COMPLETED,
        "FIRST_COMPLETED" => FIRST_COMPLETED,
        "FIRST_EXCEPTION" => FIRST_EXCEPTION,
        _ => {
            let text = vm.to_str(awaitable.c)?;
            return Err(vm.value_error(format!("Invalid return_when value: {}", text.as_str())));
        }
    };
    let mut list = vm.collect(given)?;
    let mut seen = Futures::default();
    list.items.retain(|&f| seen.insert(f));
    for i in 0..list.items.len() {
        let f = list.items[i];
        if is_coroutine(vm, f) {
            return Err(vm.type_error("Passing coroutines is forbidden, use tasks explicitly."));
        }
        if !f.is::<Future>() {
            let class = vm.class_name(f);
            return Err(vm.attribute_error(format!("'{class}' object has no attribute 'add_done_callback'")));
        }
    }
    require_running(vm)?;
    if !awaitable.b.is_none() {
        let delay = vm.as_f64(awaitable.b)?;
        let when = vm.event_loop.time() + delay;
        vm.event_loop.wake_at(awaitable, when);
    }
    awaitable.a = list.value();
    awaitable.c = Value::int(how);
    awaitable.header.aux.set(list.items.len() as u32);
    for future in list.items.iter().filter_map(|f| f.cast::<Future>()) {
        let notice = notice(vm, awaitable.value());
        add_callback(vm, future, notice.value());
    }
    Ok(Step::Pending(awaitable.value()))
}

/// The sets of those that are done and of those that are not.
fn waited(vm: &mut Vm, awaitable: Gc<Awaitable>) -> Result<Value> {
    let (done, pending) = (vm.heap.set(Table::default()), vm.heap.set(Table::default()));
    vm.root(done);
    vm.root(pending);
    let Some(futures) = awaitable.a.cast::<List>() else { return Ok(Value::NONE) };
    for i in 0..futures.items.len() {
        let Some(future) = futures.items[i].cast::<Future>() else { continue };
        vm.set_add(if future.is_done() { done } else { pending }, future.value())?;
    }
    Ok(vm.tuple(&[done.value(), pending.value()]))
}

/// `wait_for` with a timeout of zero: what is not done at once is cancelled, and its end awaited. `a` is what was
/// given, then its future.
pub static POLL: AwaitableDef = AwaitableDef { name: "wait_for", step: poll };

fn poll(vm: &mut Vm, mut awaitable: Gc<Awaitable>, resume: Resume) -> Step {
    if !awaitable.has(STARTED) {
        if let Resume::Throw(exc) = resume {
            return finish(awaitable, Err(Raise(exc)));
        }
        awaitable.set(STARTED, true);
        let future = match ensure_future(vm, awaitable.a) {
            Ok(future) => future,
            Err(raise) => return finish(awaitable, Err(raise)),
        };
        if future.is_done() {
            let result = future::result(vm, future);
            return finish(awaitable, result);
        }
        awaitable.a = future.value();
        let notice = notice(vm, awaitable.value());
        add_callback(vm, future, notice.value());
        cancel(vm, future, Value::NONE);
        return Step::Pending(awaitable.value());
    }
    let Some(future) = awaitable.a.cast::<Future>() else { return finish(awaitable, Ok(Value::NONE)) };
    let result = match resume {
        Resume::Send(_) if !awaitable.has(WOKEN) => return Step::Pending(awaitable.value()),
        Resume::Throw(exc) => Err(Raise(exc)),
        Resume::Send(_) => match future::result(vm, future) {
            Err(raise) if vm.raised_is(raise, vm.exceptions.CancelledError) => {
                Err(timeout_error(vm, raise.0))
            }
            result => result,
        },
    };
    forget(awaitable, future);
    finish(awaitable, result)
}

/// `TimeoutError`, caused by the cancellation.
pub fn timeout_error(vm: &mut Vm, cause: Value) -> Raise {
    let raise = vm.error_with(vm.exceptions.TimeoutError, &[]);
    if let Some(mut error) = raise.0.cast::<Exception>() {
        error.cause = cause;
        error.context = cause;
        error.set_suppress_context(true);
    }
    raise
}

/// The last step of an awaitable.
pub fn finish(awaitable: Gc<Awaitable>, result: Result<Value>) -> Step {
    awaitable.set(FINISHED, true);
    match result {
        Ok(v) => Step::Ready(v),
        Err(raise) => Step::Failed(raise),
    }
}

/// # Errors
/// `RuntimeError` outside of a running loop.
pub fn require_running(vm: &mut Vm) -> Result<()> {
    if vm.event_loop.is_present() { Ok(()) } else { Err(vm.runtime_error("no running event loop")) }
}

/// Whether `asyncio.iscoroutine(v)`.
pub fn is_coroutine(vm: &mut Vm, v: Value) -> bool {
    use crate::heap::Kind;
    match v.kind() {
        Some(Kind::Coroutine | Kind::Awaitable | Kind::AsyncGenStep) => true,
        Some(Kind::Instance) => {
            let names = vm.names;
            [names.__await__, names.send, names.throw, names.close]
                .iter()
                .all(|&n| vm.special(v, n).is_some())
        }
        _ => false,
    }
}

/// The future itself, or a new task for a coroutine or an awaitable.
///
/// # Errors
/// `TypeError` for anything else.
pub fn ensure_future(vm: &mut Vm, v: Value) -> Result<Gc<Future>> {
    if let Some(future) = v.cast::<Future>() {
        return Ok(future);
    }
    let coroutine = if is_coroutine(vm, v) {
        v
    } else if vm.special(v, vm.names.__await__).is_some() {
        vm.heap.awaitable(&WRAP, v, Value::UNBOUND, Value::UNBOUND).value()
    } else {
        return Err(vm.type_error("An asyncio.Future, a coroutine or an awaitable is required"));
    };
    let task = super::task::create(vm, coroutine, Value::UNBOUND, Value::UNBOUND)?;
    match task.cast::<Future>() {
        Some(future) => Ok(future),
        None => Err(vm.type_error("the task factory made something that is no task")),
    }
}

/// What `anext(iterator, default)` gives: awaits `a`, whose end is the default `c`. `b` is what is driven.
pub fn or_default(vm: &mut Vm, awaitable: Value, default: Value) -> Value {
    vm.heap.awaitable(&OR_DEFAULT, awaitable, Value::UNBOUND, default).value()
}

static OR_DEFAULT: AwaitableDef = AwaitableDef { name: "anext", step: or_default_step };

fn or_default_step(vm: &mut Vm, awaitable: Gc<Awaitable>, resume: Resume) -> Step {
    match wrap(vm, awaitable, resume) {
        Step::Failed(raise) if vm.raised_is(raise, vm.exceptions.StopAsyncIteration) => {
            Step::Ready(awaitable.c)
        }
        step => step,
    }
}

/// A coroutine that awaits an object with `__await__`: `a` the object, `b` its iterator.
static WRAP: AwaitableDef = AwaitableDef { name: "_wrap_awaitable", step: wrap };

fn wrap(vm: &mut Vm, mut awaitable: Gc<Awaitable>, resume: Resume) -> Step {
    use crate::vm::Driven;
    if !awaitable.has(STARTED) {
        if let Resume::Throw(exc) = resume {
            return finish(awaitable, Err(Raise(exc)));
        }
        awaitable.set(STARTED, true);
        if awaitable.a.is::<Future>() || is_coroutine(vm, awaitable.a) {
            awaitable.b = awaitable.a;
        } else {
            match vm.call_special(awaitable.a, vm.names.__await__, &[]) {
                Ok(iterator) => awaitable.b = iterator.unwrap_or_default(),
                Err(raise) => return finish(awaitable, Err(raise)),
            }
        }
    }
    match drive_inner(vm, awaitable.b, resume) {
        Driven::Suspended(on) => Step::Pending(on),
        Driven::Returned(v) => finish(awaitable, Ok(v)),
        Driven::Raised(raise) => finish(awaitable, Err(raise)),
    }
}

/// Like `Vm::drive`, for what `__await__` may give: a future too.
fn drive_inner(vm: &mut Vm, inner: Value, resume: Resume) -> crate::vm::Driven {
    use crate::vm::Driven;
    let Some(future) = inner.cast::<Future>() else { return vm.drive(inner, resume) };
    match resume {
        Resume::Throw(exc) => Driven::Raised(Raise(exc)),
        Resume::Send(_) if !future.is_done() => Driven::Suspended(inner),
        Resume::Send(_) => match future::result(vm, future) {
            Ok(v) => Driven::Returned(v),
            Err(raise) => Driven::Raised(raise),
        },
    }
}
