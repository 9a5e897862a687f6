//! The turns of the loop, and running a program's main task to its end.

use super::clock::RESOLUTION;
use super::future::{self, add_callback, remove_callbacks};
use super::task::{self, cancel, is_fatal, spawn, uncancel};
use super::{EventLoop, STOP, combine, context, report};
use crate::heap::{Gc, Value};
use crate::objects::task::{AwaitableDef, FAILED, FutureState, STARTED, UNRETRIEVED};
use crate::objects::{Awaitable, Exception, Frame, FrameState, Future, Handle, List, Task, Tuple};
use crate::vm::{Raise, Result, Resume, Step, Vm};
use std::collections::HashSet;
use std::io::Write;
use std::sync::atomic::Ordering;

/// Runs the loop until the future is done; its result.
///
/// # Errors
/// Its exception, or what ended the loop before.
pub fn run_until_complete(vm: &mut Vm, future: Gc<Future>) -> Result<Value> {
    if vm.event_loop.running {
        return Err(vm.runtime_error("This event loop is already running"));
    }
    vm.root(future);
    add_callback(vm, future, STOP);
    if let Err(raise) = run_forever(vm) {
        remove_callbacks(future, |c| c == STOP);
        future.set(UNRETRIEVED, false);
        return Err(raise);
    }
    if !future.is_done() {
        remove_callbacks(future, |c| c == STOP);
        return Err(vm.runtime_error("Event loop stopped before Future completed."));
    }
    future::result(vm, future)
}

/// Runs the loop until `stop()`.
///
/// # Errors
/// What ended the loop before.
pub fn run_forever(vm: &mut Vm) -> Result<()> {
    if vm.event_loop.closed {
        return Err(vm.runtime_error("Event loop is closed"));
    }
    if vm.event_loop.running {
        return Err(vm.runtime_error("This event loop is already running"));
    }
    vm.event_loop.running = true;
    // Code that runs the loop runs in no task and sees its own context again afterwards.
    let outside = vm.event_loop.context;
    vm.root(outside);
    let task = vm.event_loop.current.take();
    let outcome = turns(vm);
    vm.event_loop.current = task;
    vm.event_loop.context = outside;
    vm.event_loop.stopping = false;
    vm.event_loop.running = false;
    outcome
}

fn turns(vm: &mut Vm) -> Result<()> {
    loop {
        fire_timers(vm);
        take_arrivals(vm)?;
        run_ready(vm)?;
        if vm.event_loop.stopping {
            return Ok(());
        }
        wait(vm)?;
    }
}

/// First phase: timers that are due become ready.
fn fire_timers(vm: &mut Vm) {
    // Without one, nobody needs to know what time it is.
    if vm.event_loop.timers.next().is_none() {
        return;
    }
    let end = vm.event_loop.time() + RESOLUTION;
    while let Some(due) = vm.event_loop.timers.pop_before(end) {
        vm.event_loop.ready.push(due);
    }
}

/// Second phase: what came from outside. Today that is Ctrl-C alone.
fn take_arrivals(vm: &mut Vm) -> Result<()> {
    if vm.host.interrupt.load(Ordering::Relaxed) { interrupted(vm) } else { Ok(()) }
}

/// Ctrl-C was pressed: the first time, the main task is cancelled. The VM's poll comes here too.
///
/// # Errors
/// `KeyboardInterrupt`, when there is no main task or it was cancelled before.
pub fn interrupted(vm: &mut Vm) -> Result<()> {
    vm.host.interrupt.store(false, Ordering::Relaxed);
    if handled_by_script(vm)? {
        return Ok(());
    }
    vm.event_loop.interrupts += 1;
    if vm.event_loop.interrupts == 1
        && vm.event_loop.running
        && let Some(main) = vm.event_loop.main
        && !main.future.is_done()
    {
        EventLoop::cancelling_for(vm, "Ctrl-C", |vm| cancel(vm, main.as_future(), Value::NONE));
        return Ok(());
    }
    Err(vm.error_with(vm.exceptions.KeyboardInterrupt, &[]))
}

/// Whether the script has said, by `signal.signal`, what Ctrl-C does; it is done then.
fn handled_by_script(vm: &mut Vm) -> Result<bool> {
    ask_signals(vm, "_interrupted")
}

/// Asks the module `signal`, if the script has imported it.
fn ask_signals(vm: &mut Vm, question: &str) -> Result<bool> {
    let name = vm.intern("signal");
    let Some(module) = vm.modules.table.get_str(name) else { return Ok(false) };
    let name = vm.intern(question);
    let Some(function) = vm.find_attr(module, name)? else { return Ok(false) };
    let handled = vm.call(function, &[])?;
    vm.truthy(handled)
}

/// Third phase: what was ready when the turn began. What becomes ready meanwhile waits for the next turn.
fn run_ready(vm: &mut Vm) -> Result<()> {
    for left in (1..=vm.event_loop.ready.len()).rev() {
        let EventLoop { ready, policy, .. } = &mut vm.event_loop;
        let Some(entry) = ready.pop(policy, left) else { break };
        let roots = vm.roots.len();
        vm.root(entry);
        let outcome = vm
            .tick()
            .and_then(|()| if vm.event_loop.debug { run_watched(vm, entry) } else { run_entry(vm, entry) });
        vm.roots.truncate(roots);
        outcome?;
    }
    Ok(())
}

/// In debug mode: tells of an entry that kept the loop for long.
#[cold]
fn run_watched(vm: &mut Vm, entry: Value) -> Result<()> {
    let start = vm.event_loop.time();
    let outcome = run_entry(vm, entry);
    let took = vm.event_loop.time() - start;
    if took >= vm.event_loop.slow_callback_duration && (entry.is::<Task>() || entry.is::<Handle>()) {
        let what = vm.repr(entry)?;
        let _ = vm.host.stdout.flush();
        let _ = writeln!(vm.host.stderr, "Executing {what} took {took:.3} seconds (see: aio explain A301)");
    }
    outcome
}

#[inline]
fn run_entry(vm: &mut Vm, entry: Value) -> Result<()> {
    if let Some(task) = entry.cast::<Task>() {
        return task::step(vm, task);
    }
    if let Some(awaitable) = entry.cast::<Awaitable>() {
        vm.event_loop.wake(awaitable);
    } else if let Some(handle) = entry.cast::<Handle>() {
        return run_handle(vm, handle);
    } else if entry == STOP {
        vm.event_loop.stopping = true;
    }
    Ok(())
}

fn run_handle(vm: &mut Vm, handle: Gc<Handle>) -> Result<()> {
    if handle.is_cancelled() {
        return Ok(());
    }
    let callback = handle.callback;
    if combine::is_told(callback) {
        if let Some(child) = handle.args.cast::<Future>() {
            combine::child_done(vm, callback, child);
        }
        return Ok(());
    }
    let args = match handle.args.cast::<Tuple>() {
        Some(args) => args.items().to_vec(),
        None if handle.args.is_unbound() => Vec::new(),
        None => vec![handle.args],
    };
    vm.root(callback);
    vm.root(handle.args);
    let outside = context::enter(vm, handle.context);
    let outcome = vm.call(callback, &args);
    vm.event_loop.context = outside;
    match outcome {
        Err(raise) if is_fatal(vm, raise) => Err(raise),
        Err(raise) => {
            vm.root(raise.0);
            let what = vm.repr(callback).unwrap_or_default();
            report::report(
                vm,
                &format!("Exception in callback {what}"),
                raise.0,
                &[("handle", handle.value())],
            );
            Ok(())
        }
        Ok(_) => Ok(()),
    }
}

/// Last phase: how long to wait. A virtual clock jumps to the next timer.
fn wait(vm: &mut Vm) -> Result<()> {
    if !vm.event_loop.ready.is_empty() {
        return Ok(());
    }
    if vm.unawaited.has_lost() {
        vm.report_unawaited(false);
    }
    let when = match vm.event_loop.timers.next() {
        Some(when) => when,
        None if !vm.host.virtual_time && ask_signals(vm, "_awaited")? => f64::INFINITY,
        None => return Err(report::deadlock(vm)),
    };
    let _ = vm.host.stdout.flush();
    let interrupt = std::sync::Arc::clone(&vm.host.interrupt);
    let when = vm.event_loop.clock.wake_time(when);
    vm.event_loop.clock.sleep_until(when, || interrupt.load(Ordering::Relaxed));
    Ok(())
}

/// How long a prompt may wait for what is typed, before the loop goes on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pause {
    /// Tasks are ready: not at all.
    Ready,
    /// Until a timer is due, in seconds.
    For(f64),
    /// Nothing happens on its own. So it is with a virtual clock: it stands still at a prompt.
    Forever,
}

/// Runs the loop while a prompt waits, until `arrived` says that there is something to do.
///
/// # Errors
/// What ended the loop before: `KeyboardInterrupt` and `SystemExit`.
pub fn idle(vm: &mut Vm, arrived: &mut dyn FnMut(Pause) -> bool) -> Result<()> {
    vm.event_loop.running = true;
    let outside = vm.event_loop.context;
    vm.root(outside);
    let outcome = idle_turns(vm, arrived);
    if let Err(raise) = outcome {
        report::retrieved(vm, raise.0);
    }
    vm.event_loop.context = outside;
    vm.event_loop.running = false;
    outcome
}

fn idle_turns(vm: &mut Vm, arrived: &mut dyn FnMut(Pause) -> bool) -> Result<()> {
    loop {
        fire_timers(vm);
        take_arrivals(vm)?;
        run_ready(vm)?;
        vm.event_loop.stopping = false;
        if vm.unawaited.has_lost() {
            vm.report_unawaited(false);
        }
        let pause = match vm.event_loop.timers.next() {
            _ if !vm.event_loop.ready.is_empty() => Pause::Ready,
            Some(when) if !vm.event_loop.clock.is_virtual() => {
                Pause::For((when - vm.event_loop.time()).max(0.0))
            }
            _ => Pause::Forever,
        };
        if pause != Pause::Ready {
            // Nobody who waits for them is about to run.
            report::report_failed(vm);
            let _ = vm.host.stdout.flush();
        }
        if arrived(pause) {
            return Ok(());
        }
    }
}

/// Runs what was typed at a prompt, in the context that all of it shares.
///
/// # Errors
/// What it raises, or what ended the loop before.
pub fn run_input(vm: &mut Vm, coroutine: Value) -> Result<Value> {
    vm.root(coroutine);
    let context = vm.event_loop.context;
    let (result, context) = run_main_task(vm, coroutine, context);
    vm.event_loop.context = context;
    if result.is_err() {
        // A deadlock, say, leaves it waiting.
        let left: Vec<Gc<Task>> = vm.event_loop.tasks.iter().filter(|t| t.coroutine == coroutine).collect();
        for task in left {
            EventLoop::cancelling_for(vm, "the prompt", |vm| cancel(vm, task.as_future(), Value::NONE));
        }
    }
    result
}

/// What a program's end leaves alone: the tasks and async generators that were there before it began.
#[derive(Default)]
struct Before {
    /// By their addresses; they are rooted.
    tasks: HashSet<u64>,
    generators: Vec<Value>,
}

impl Before {
    /// At a prompt, `asyncio.run` shares the loop with what was begun there; elsewhere there is nothing to spare.
    fn of(vm: &mut Vm) -> Self {
        if !vm.event_loop.at_prompt {
            return Self::default();
        }
        let tasks: Vec<Value> = vm.event_loop.tasks.iter().map(Gc::value).collect();
        let generators = std::mem::take(&mut vm.event_loop.async_generators);
        for &v in tasks.iter().chain(&generators) {
            vm.root(v);
        }
        Self { tasks: tasks.iter().map(|task| task.bits()).collect(), generators }
    }
}

/// Runs a coroutine as the program's main task, then ends what it left behind: `asyncio.run`.
///
/// # Errors
/// What the main task raises, or what ended the loop.
pub fn run_main(vm: &mut Vm, coroutine: Value) -> Result<Value> {
    vm.root(coroutine);
    let before = Before::of(vm);
    let (result, _) = run_main_task(vm, coroutine, Value::UNBOUND);
    match result {
        Ok(v) => vm.root(v),
        Err(raise) => vm.root(raise.0),
    };
    let closed = end(vm, &before.tasks);
    vm.event_loop.async_generators.extend(before.generators);
    let v = result?;
    closed?;
    Ok(v)
}

/// Runs the main task alone: its result, and the context it ran in.
pub fn run_main_task(vm: &mut Vm, coroutine: Value, context: Value) -> (Result<Value>, Value) {
    vm.event_loop.closed = false;
    // What is typed at a prompt takes no number from the tasks that it makes.
    let name = if vm.event_loop.at_prompt { vm.str("prompt") } else { Value::UNBOUND };
    let main = spawn(vm, coroutine, name, context);
    let before = vm.event_loop.main.replace(main);
    vm.event_loop.interrupts = 0;
    vm.root(main);
    let result = run_until_complete(vm, main.as_future());
    vm.event_loop.main = before;
    let result = match result {
        Err(raise)
            if vm.event_loop.interrupts > 0
                && vm.raised_is(raise, vm.exceptions.CancelledError)
                && uncancel(main) == 0 =>
        {
            Err(vm.error_with(vm.exceptions.KeyboardInterrupt, &[]))
        }
        result => result,
    };
    (result, main.context)
}

/// Cancels all tasks that are left and runs them to their end, closes async generators, and reports the exceptions
/// nobody looked at.
///
/// # Errors
/// What ended the loop meanwhile.
pub fn close(vm: &mut Vm) -> Result<()> {
    end(vm, &HashSet::new())
}

fn end(vm: &mut Vm, spared: &HashSet<u64>) -> Result<()> {
    let outcome = cancel_all(vm, spared).and_then(|()| {
        // Two steps of CPython's runner that are tasks of their own: the numbers in later tasks' names depend on it.
        for def in [&CLOSE_GENERATORS, &CLOSE_EXECUTOR] {
            let coroutine = vm.heap.awaitable(def, Value::UNBOUND, Value::UNBOUND, Value::UNBOUND).value();
            let task = spawn(vm, coroutine, Value::UNBOUND, Value::UNBOUND);
            run_until_complete(vm, task.as_future())?;
        }
        Ok(())
    });
    report::report_failed(vm);
    vm.report_unawaited(false);
    outcome
}

fn cancel_all(vm: &mut Vm, spared: &HashSet<u64>) -> Result<()> {
    let tasks: Vec<Gc<Task>> =
        vm.event_loop.tasks.iter().filter(|task| !spared.contains(&task.value().bits())).collect();
    if tasks.is_empty() {
        return Ok(());
    }
    for &task in &tasks {
        vm.root(task);
        EventLoop::cancelling_for(vm, "the end of the run", |vm| cancel(vm, task.as_future(), Value::NONE));
    }
    let all = combine::new_gather(vm, true, false);
    vm.root(all);
    for &task in &tasks {
        combine::add_child(vm, all, task.as_future(), true);
    }
    run_until_complete(vm, all)?;
    for task in tasks {
        if task.future.has(FAILED) && task.future.state() == FutureState::Finished {
            let message = "unhandled exception during asyncio.run() shutdown";
            report::report(vm, message, task.future.result, &[("task", task.value())]);
        }
    }
    Ok(())
}

/// What `loop.shutdown_asyncgens()` gives.
pub fn shutdown_asyncgens(vm: &mut Vm) -> Value {
    vm.heap.awaitable(&CLOSE_GENERATORS, Value::UNBOUND, Value::UNBOUND, Value::UNBOUND).value()
}

/// What `loop.shutdown_default_executor()` gives: there are no threads to wait for.
pub fn shutdown_default_executor(vm: &mut Vm) -> Value {
    vm.heap.awaitable(&CLOSE_EXECUTOR, Value::UNBOUND, Value::UNBOUND, Value::UNBOUND).value()
}

static CLOSE_GENERATORS: AwaitableDef = AwaitableDef { name: "shutdown_asyncgens", step: close_generators };

/// Closes the async generators that began and did not end: `a` is the gather of their `aclose()`, `b` the generators.
fn close_generators(vm: &mut Vm, mut awaitable: Gc<Awaitable>, resume: Resume) -> Step {
    if let Resume::Throw(exc) = resume {
        return combine::finish(awaitable, Err(Raise(exc)));
    }
    if awaitable.has(STARTED) {
        return match report_not_closed(vm, awaitable) {
            Ok(()) => combine::finish(awaitable, Ok(Value::NONE)),
            Err(raise) => combine::finish(awaitable, Err(raise)),
        };
    }
    awaitable.set(STARTED, true);
    let mut generators = std::mem::take(&mut vm.event_loop.async_generators);
    generators.retain(|g| g.cast::<Frame>().is_some_and(|f| f.state() != FrameState::Done));
    if generators.is_empty() {
        return combine::finish(awaitable, Ok(Value::NONE));
    }
    for &generator in &generators {
        vm.root(generator);
    }
    awaitable.b = vm.tuple(&generators);
    let all = combine::new_gather(vm, true, false);
    vm.root(all);
    for generator in generators {
        let closing = vm.call_method(generator, "aclose", &[]).and_then(|c| combine::ensure_future(vm, c));
        match closing {
            Ok(future) => combine::add_child(vm, all, future, true),
            Err(raise) => return combine::finish(awaitable, Err(raise)),
        }
    }
    awaitable.a = all.value();
    Step::Pending(awaitable.a)
}

/// Tells of the exceptions that async generators raised when they were closed.
fn report_not_closed(vm: &mut Vm, awaitable: Gc<Awaitable>) -> Result<()> {
    let results = awaitable.a.cast::<Future>().and_then(|all| all.result.cast::<List>());
    let (Some(results), Some(generators)) = (results, awaitable.b.cast::<Tuple>()) else { return Ok(()) };
    for (i, &generator) in generators.items().iter().enumerate() {
        let Some(&result) = results.items.get(i) else { break };
        if result.is::<Exception>() {
            let shown = vm.repr(generator)?;
            let message = format!("an error occurred during closing of asynchronous generator {shown}");
            report::report(vm, &message, result, &[("asyncgen", generator)]);
        }
    }
    Ok(())
}

static CLOSE_EXECUTOR: AwaitableDef =
    AwaitableDef { name: "shutdown_default_executor", step: close_executor };

fn close_executor(_vm: &mut Vm, awaitable: Gc<Awaitable>, _resume: Resume) -> Step {
    combine::finish(awaitable, Ok(Value::NONE))
}
