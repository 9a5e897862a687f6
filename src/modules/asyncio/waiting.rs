//! `sleep`, `gather`, `wait`, `shield` and the like: what waits for time or for other tasks.

use super::waiters::{Entry, enter};
use crate::event_loop::combine::{self, POLL, Spread, WAIT, finish, require_running};
use crate::event_loop::{future, task};
use crate::heap::{Gc, Value};
use crate::objects::task::{AwaitableDef, GATHERED};
use crate::objects::{Awaitable, Future};
use crate::vm::{CompareOp, Raise, Result, Resume, Step, Vm};
use std::collections::HashMap;
use std::hash::BuildHasherDefault;

crate::natives! { pub static FUNCTIONS:
    /// Return after delay seconds, with result.
    "sleep(delay, result=None)" => sleep;
    /// Run a coroutine as a task, beginning in the next turn of the loop.
    "create_task(coro, *, name=None, context=None)" => create_task;
    /// Wait for all; the list of their results. The first exception is raised at once and cancels the others, unless
    /// return_exceptions is true (then exceptions are results) or cancel_siblings is false.
    "gather(*aws, return_exceptions=False, cancel_siblings=...)" => gather;
    /// Wait for tasks and futures; the set of those that are done and the set of those that are not.
    "wait(fs, *, timeout=None, return_when='ALL_COMPLETED')" => wait;
    /// Wait for something without letting a cancellation reach it.
    "shield(arg)" => shield;
    /// The future itself, or a task for a coroutine or an awaitable.
    "ensure_future(coro_or_future, *, loop=None)" => ensure_future;
    /// The task that runs, or None.
    "current_task(loop=None)" => current_task;
    /// The set of all tasks that are not done, in the order of their creation.
    "all_tasks(loop=None)" => all_tasks;
    "isfuture(obj)" => isfuture;
    "iscoroutine(obj)" => iscoroutine;
    "iscoroutinefunction(func)" => iscoroutinefunction;
    /// wait_for without time.
    "_poll(aw)" => poll;
}

/// `a`: the delay; `b`: the result.
static SLEEP: AwaitableDef = AwaitableDef { name: "sleep", step: sleep_step };

fn sleep(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if args[0] == Value::int(0) && args[1].is_none() && vm.is_awaited() {
        return Ok(vm.in_next_turn());
    }
    Ok(vm.heap.awaitable(&SLEEP, args[0], args[1], Value::UNBOUND).value())
}

fn sleep_step(vm: &mut Vm, this: Gc<Awaitable>, resume: Resume) -> Step {
    match enter(this, resume) {
        Entry::Start => begin_sleep(vm, this).unwrap_or_else(|raise| finish(this, Err(raise))),
        Entry::Woken => finish(this, Ok(this.b)),
        // After a bare yield.
        Entry::Spurious if this.c.is_none() => finish(this, Ok(this.b)),
        Entry::Spurious => Step::Pending(this.value()),
        Entry::Thrown(exc, _) => {
            vm.event_loop.cancel_timer(this);
            finish(this, Err(Raise(exc)))
        }
    }
}

fn begin_sleep(vm: &mut Vm, mut this: Gc<Awaitable>) -> Result<Step> {
    let delay = match (this.a.as_int(), this.a.as_float()) {
        (Some(i), _) => i as f64,
        (_, Some(f)) => f,
        _ => {
            let none_left = vm.compare(CompareOp::Le, this.a, Value::int(0))?;
            if vm.truthy(none_left)? { 0.0 } else { vm.as_f64(this.a)? }
        }
    };
    if delay <= 0.0 {
        this.c = Value::NONE;
        return Ok(Step::Pending(Value::NONE));
    }
    if delay.is_nan() {
        return Err(vm.value_error("Invalid delay: NaN (not a number)"));
    }
    require_running(vm)?;
    let when = vm.event_loop.time() + delay;
    vm.event_loop.wake_at(this, when);
    Ok(Step::Pending(this.value()))
}

/// Makes a task, with its arguments as the language gives them.
pub fn new_task(vm: &mut Vm, coroutine: Value, name: Value, context: Value) -> Result<Value> {
    make_task(vm, coroutine, name, context, task::create)
}

/// The same with a way to make it of checked arguments.
pub fn make_task(
    vm: &mut Vm,
    coroutine: Value,
    name: Value,
    context: Value,
    make: fn(&mut Vm, Value, Value, Value) -> Result<Value>,
) -> Result<Value> {
    if !combine::is_coroutine(vm, coroutine) {
        let what = vm.repr(coroutine)?;
        return Err(vm.type_error(format!("a coroutine was expected, got {what}")));
    }
    let name = if name.is_none() { Value::UNBOUND } else { vm.to_str(name)?.value() };
    let context = if context.is_none() { Value::UNBOUND } else { context };
    make(vm, coroutine, name, context)
}

fn create_task(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    require_running(vm)?;
    new_task(vm, args[0], args[1], args[2])
}

fn gather(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let return_exceptions = vm.truthy(args[0])?;
    let cancel_siblings = if args[1].is_unbound() { !vm.host.cpython_gather } else { vm.truthy(args[1])? };
    let given = &args[2..];
    if given.is_empty() {
        let outer = vm.heap.future();
        let empty = vm.list(Vec::new());
        future::resolve(vm, outer, empty);
        return Ok(outer.value());
    }
    let outer = combine::new_gather(vm, return_exceptions, cancel_siblings);
    vm.root(outer);
    if given.iter().all(|arg| arg.is::<Future>()) {
        gather_futures(vm, outer, given);
        return Ok(outer.value());
    }
    let mut known = HashMap::with_hasher(BuildHasherDefault::<Spread>::default());
    let mut done = Vec::new();
    for &arg in given {
        if let Some(&child) = known.get(&arg) {
            combine::add_child(vm, outer, child, false);
            continue;
        }
        let child = match combine::ensure_future(vm, arg) {
            Ok(child) => child,
            Err(raise) => {
                // CPython asks for its hash first.
                let raise = vm.hash(arg).err().unwrap_or(raise);
                // The tasks made so far run on, for nobody.
                future::cancel_plain(vm, outer, Value::NONE);
                return Err(raise);
            }
        };
        if child.is_done() {
            done.push(child);
        }
        known.insert(arg, child);
        combine::add_child(vm, outer, child, true);
    }
    for child in done {
        combine::gathered_done(vm, outer, child);
    }
    Ok(outer.value())
}

/// Futures are marked while their gathering is put together: which of them were given before needs no table.
fn gather_futures(vm: &mut Vm, outer: Gc<Future>, given: &[Value]) {
    let children = || given.iter().filter_map(|arg| arg.cast::<Future>());
    for child in children() {
        combine::add_child(vm, outer, child, !child.has(GATHERED));
        child.set(GATHERED, true);
    }
    for child in children() {
        if child.has(GATHERED) && child.is_done() {
            combine::gathered_done(vm, outer, child);
        }
        child.set(GATHERED, false);
    }
}

fn wait(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(vm.heap.awaitable(&WAIT, args[0], args[1], args[2]).value())
}

fn shield(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let inner = combine::ensure_future(vm, args[0])?;
    Ok(combine::shield(vm, inner).value())
}

fn ensure_future(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(combine::ensure_future(vm, args[0])?.value())
}

fn current_task(vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    require_running(vm)?;
    Ok(vm.event_loop.current.map_or(Value::NONE, Gc::value))
}

fn all_tasks(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if args[0].is_none() {
        require_running(vm)?;
    }
    let all = vm.heap.set(crate::objects::Table::default());
    vm.root(all);
    let tasks: Vec<Value> = vm.event_loop.tasks.iter().map(Gc::value).collect();
    for task in tasks {
        vm.set_add(all, task)?;
    }
    Ok(all.value())
}

fn isfuture(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(args[0].is::<crate::objects::Future>().into())
}

fn iscoroutine(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(combine::is_coroutine(vm, args[0]).into())
}

fn iscoroutinefunction(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    use crate::bytecode::code::CodeKind;
    use crate::objects::{BoundMethod, Function};
    let mut f = args[0];
    while let Some(method) = f.cast::<BoundMethod>() {
        f = method.function;
    }
    Ok(f.cast::<Function>().is_some_and(|f| f.code.kind == CodeKind::Coroutine).into())
}

fn poll(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(vm.heap.awaitable(&POLL, args[0], Value::UNBOUND, Value::UNBOUND).value())
}
