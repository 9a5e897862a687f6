//! What the loop tells on stderr: exceptions in callbacks, exceptions nobody looked at, and who waits for whom when
//! nothing can go on.

use super::{combine, provenance};
use crate::heap::{Gc, Tracer, Value};
use crate::objects::task::UNRETRIEVED;
use crate::objects::{Awaitable, Exception, Frame, Future, List, Task};
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

/// Somebody looks at an exception that ended the loop's turns: the task that raised it need not be reported.
pub(super) fn retrieved(vm: &Vm, exception: Value) {
    for future in vm.event_loop.failed.futures.iter().filter_map(|f| f.cast::<Future>()) {
        if future.result == exception {
            future.set(UNRETRIEVED, false);
        }
    }
}

/// Reports the failures nobody looked at: at the end of a run, or before a prompt.
pub fn report_failed(vm: &mut Vm) {
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
    // The mistake as `aio check` finds it: nobody keeps the task.
    let ours = message.starts_with("Task exception was never") && !vm.python_tracebacks;
    let code = if ours { " (see: aio explain A102)" } else { "" };
    let mut text = format!("{message}{code}\n");
    for &(name, value) in about {
        text += &format!("{name}: {}\n", vm.repr(value)?);
        if !vm.python_tracebacks
            && let Some((place, line)) = value.cast::<Task>().and_then(|task| provenance::made_at(vm, task))
        {
            text += &format!("  created at {place}\n    {line}\n");
        }
    }
    if exception.is::<Exception>()
        && vm.python_tracebacks
        && let Some(traceback) = vm.python_traceback(exception)
    {
        text += &traceback;
    } else if exception.is::<Exception>() {
        text += &raised_at(vm, exception);
        text += &describe(vm, exception);
        text.push('\n');
    }
    let _ = vm.host.stdout.flush();
    let _ = vm.host.stderr.write_all(text.as_bytes());
    Ok(())
}

/// The innermost place of the script that the exception passed.
fn raised_at(vm: &Vm, exception: Value) -> String {
    let lines = vm.traceback_lines(exception);
    let Some(raised) = lines.iter().rfind(|l| vm.sources.get(l.source).is_script()) else {
        return String::new();
    };
    let source = vm.sources.get(raised.source);
    let (line, column) = source.line_column(raised.span.start);
    let (name, text, column) = (&source.name, source.line(line).trim(), column + 1);
    format!("  raised at {name}:{line}:{column} in {}\n    {text}\n", raised.function)
}

/// In debug mode: a task was cancelled, and returned a result all the same.
#[cold]
pub(super) fn ended_in_spite(vm: &mut Vm, task: Gc<Task>) {
    if let Some(story) = provenance::cancel_report(vm, task) {
        let _ = vm.host.stdout.flush();
        let _ = writeln!(vm.host.stderr, "{story}; it ended normally all the same");
    }
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

/// `Task-3 (worker) waits for Event.wait of <...> at file.aio:3:5`
fn describe_wait(vm: &mut Vm, task: Gc<Task>) -> String {
    let name = provenance::named(vm, task);
    let coroutine = coroutine_name(vm, task.coroutine);
    let mut text = format!("{name} ({coroutine}) waits for {}", waits_for(vm, task));
    if let Some(place) = provenance::waits_at(vm, task) {
        text += &format!(" at {place}");
    }
    text
}

pub(super) fn waits_for(vm: &mut Vm, task: Gc<Task>) -> String {
    if let Some(other) = task.waiting.cast::<Task>() {
        return format!("task {}", provenance::named(vm, other));
    }
    if let Some(future) = task.waiting.cast::<Future>() {
        if let Some(children) = combine::waited_for(future) {
            let what = if combine::is_gather(future) { "gather of" } else { "the shielded" };
            return format!("{what} {}", listed(vm, &children));
        }
        let inner = task.coroutine.cast::<Frame>().map(|f| f.inner.cast::<Frame>().unwrap_or(f));
        return match inner {
            Some(frame) if !vm.sources.get(frame.function.code.plain.source).is_script() => {
                frame.function.code.qualname.as_str().to_owned()
            }
            _ => "a future that nobody completes".into(),
        };
    }
    let Some(awaitable) = task.waiting.cast::<Awaitable>() else { return "nothing".into() };
    let (name, on) = (awaitable.def.name, awaitable.a);
    if let Some(futures) = on.cast::<List>() {
        let waiting: Vec<Value> = futures.items.iter().copied().filter(|f| is_pending(*f)).collect();
        return format!("{name} of {}", listed(vm, &waiting));
    }
    match on.kind() {
        Some(crate::heap::Kind::Boxed) => match vm.repr(on) {
            Ok(on) => format!("{name} of {}", without_address(&on)),
            Err(_) => name.into(),
        },
        _ => name.into(),
    }
}

/// `<Queue maxsize=0>` for `<Queue at 0x7f32 maxsize=0>`: which one it is says nobody's address.
fn without_address(text: &str) -> String {
    let Some((before, rest)) = text.split_once(" at 0x") else { return text.to_owned() };
    format!(
        "{}{}",
        before.trim_end_matches(" object"),
        rest.trim_start_matches(|c: char| c.is_ascii_hexdigit())
    )
}

fn is_pending(future: Value) -> bool {
    future.cast::<Future>().is_some_and(|f| !f.is_done())
}

/// The names of the tasks among them that are not done.
fn listed(vm: &mut Vm, futures: &[Value]) -> String {
    const SHOWN: usize = 5;
    let pending: Vec<Value> = futures.iter().copied().filter(|&f| is_pending(f)).collect();
    let mut names: Vec<String> = pending
        .iter()
        .take(SHOWN)
        .map(|f| f.cast::<Task>().map_or_else(|| "a future".into(), |task| provenance::named(vm, task)))
        .collect();
    if pending.len() > SHOWN {
        names.push(format!("{} more", pending.len() - SHOWN));
    }
    names.join(", ")
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
