//! What the loop tells on stderr: exceptions in callbacks, exceptions nobody looked at, and who waits for whom when
//! nothing can go on.

use super::task;
use crate::heap::{Gc, Tracer, Value};
use crate::objects::task::UNRETRIEVED;
use crate::objects::{Awaitable, Exception, Frame, Future, Task};
use crate::vm::{Raise, Result, Vm};

/// Futures that failed and that nobody may have looked at.
#[derive(Default)]
pub(super) struct Failed {
    futures: Vec<Value>,
    /// How many there may be before those that were looked at are dropped.
    limit: usize,
}

impl Failed {
    pub fn push(&mut self, future: Gc<Future>) {
        if self.futures.len() >= self.limit {
            self.futures.retain(|f| f.cast::<Future>().is_some_and(|f| f.has(UNRETRIEVED)));
            self.limit = self.futures.len() * 2 + 64;
        }
        self.futures.push(future.value());
    }

    pub fn trace(&self, tracer: &mut Tracer) {
        tracer.values(&self.futures);
    }
}

/// Reports the failures nobody looked at: at the end of a run.
pub(super) fn report_failed(vm: &mut Vm) {
    let futures = std::mem::take(&mut vm.event_loop.failed.futures);
    for &future in &futures {
        vm.root(future);
    }
    for future in futures.into_iter().filter_map(|f| f.cast::<Future>()) {
        if future.has(UNRETRIEVED) {
            future.set(UNRETRIEVED, false);
            let (kind, label) =
                if future.value().is::<Task>() { ("Task", "future") } else { ("Future", "future") };
            let message = format!("{kind} exception was never retrieved");
            report(vm, &message, future.result, &[(label, future.value())]);
        }
    }
}

/// Calls the loop's exception handler, or prints what it is told.
pub fn report(vm: &mut Vm, message: &str, exception: Value, about: &[(&str, Value)]) {
    let outcome = match vm.event_loop.exception_handler {
        handler if handler.is_none() => print(vm, message, exception, about),
        handler => call_handler(vm, handler, message, exception, about),
    };
    if let Err(raise) = outcome {
        let text = describe(vm, raise.0);
        let _ = writeln!(vm.host.stderr, "Unhandled error in exception handler\n{text}");
    }
}

fn call_handler(
    vm: &mut Vm,
    handler: Value,
    message: &str,
    exc: Value,
    about: &[(&str, Value)],
) -> Result<()> {
    let context = vm.heap.dict();
    vm.root(context);
    let message = vm.str(message);
    for &(name, value) in [("message", message), ("exception", exc)].iter().chain(about) {
        if !value.is_unbound() {
            let name = vm.intern(name);
            vm.dict_set(context, name.value(), value)?;
        }
    }
    let this = vm.event_loop.classes.loop_object;
    vm.call(handler, &[this, context.value()])?;
    Ok(())
}

/// The default report, on stderr.
///
/// # Errors
/// What a `repr` raises.
pub fn print(vm: &mut Vm, message: &str, exception: Value, about: &[(&str, Value)]) -> Result<()> {
    let mut text = format!("{message}\n");
    for &(name, value) in about {
        text += &format!("{name}: {}\n", vm.repr(value)?);
    }
    if exception.is::<Exception>() {
        text += &describe(vm, exception);
        text.push('\n');
    }
    let _ = vm.host.stdout.flush();
    let _ = vm.host.stderr.write_all(text.as_bytes());
    Ok(())
}

/// `ValueError: no such thing`
fn describe(vm: &mut Vm, exception: Value) -> String {
    let class = vm.class_name(exception);
    match vm.to_str(exception) {
        Ok(text) if text.as_str().is_empty() => class.into(),
        Ok(text) => format!("{class}: {}", text.as_str()),
        Err(_) => format!("{class}: <exception str() failed>"),
    }
}

/// Nothing is ready, no timer is set, and nothing can arrive.
#[cold]
pub(super) fn deadlock(vm: &mut Vm) -> Raise {
    let tasks: Vec<Gc<Task>> = vm.event_loop.tasks.iter().collect();
    let mut text = String::from("deadlock: every task waits for something that cannot happen any more");
    for &task in tasks.iter().take(20) {
        let line = describe_wait(vm, task);
        text += &format!("\n  {line}");
    }
    if tasks.len() > 20 {
        text += &format!("\n  and {} more", tasks.len() - 20);
    }
    vm.runtime_error(text)
}

/// `Task-3 (worker) waits for Event.wait`
fn describe_wait(vm: &mut Vm, task: Gc<Task>) -> String {
    let name = name_of(vm, task);
    let coroutine = coroutine_name(vm, task.coroutine);
    let waits_for = if let Some(other) = task.waiting.cast::<Task>() {
        format!("task {}", name_of(vm, other))
    } else if let Some(awaitable) = task.waiting.cast::<Awaitable>() {
        let on = awaitable.a;
        match on.kind() {
            Some(crate::heap::Kind::Boxed) => match vm.repr(on) {
                Ok(on) => format!("{} of {on}", awaitable.def.name),
                Err(_) => awaitable.def.name.into(),
            },
            _ => awaitable.def.name.into(),
        }
    } else if task.waiting.is::<Future>() {
        "a future that nobody completes".into()
    } else {
        "nothing".into()
    };
    format!("{name} ({coroutine}) waits for {waits_for}")
}

fn name_of(vm: &mut Vm, task: Gc<Task>) -> String {
    let name = task::name(vm, task);
    name.as_str().map_or_else(String::new, |s| s.as_str().to_owned())
}

/// The qualified name of the function that a coroutine runs.
pub fn coroutine_name(vm: &Vm, coroutine: Value) -> String {
    if let Some(frame) = coroutine.cast::<Frame>() {
        frame.function.code.qualname.as_str().to_owned()
    } else if let Some(awaitable) = coroutine.cast::<Awaitable>() {
        awaitable.def.name.into()
    } else {
        vm.class_name(coroutine).into()
    }
}
