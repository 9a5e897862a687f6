//! Where tasks come from and who cancelled them: what reports tell, kept small since every task has it.
//!
//! A task's `extra` is an int while nobody has cancelled it: the place where it was made. The first cancel turns it into
//! a tuple: (made at, by whom, at which place, why, how often). "By whom" is a task, or words for what is no task.

use super::task;
use crate::heap::{Gc, Value};
use crate::objects::{Frame, Task, Tuple};
use crate::source::{SourceId, Span};
use crate::vm::Vm;

/// Remembers where the running code makes this task.
#[inline]
pub(super) fn made_here(vm: &Vm, task: Gc<Task>) {
    task.as_future().extra = here(vm);
}

/// Remembers that the running code asks the task to cancel itself.
pub(super) fn cancelled_here(vm: &mut Vm, task: Gc<Task>, message: Value) {
    let mut own = task.as_future();
    let (made, count) = match own.extra.cast::<Tuple>() {
        Some(before) => (before.items()[0], before.items()[4].as_int().unwrap_or(0)),
        None => (own.extra, 0),
    };
    let by = match (vm.event_loop.current, vm.event_loop.cancelling_for) {
        (_, Some(words)) => vm.intern(words).value(),
        (Some(task), None) => task.value(),
        (None, None) => vm.activations.last().map_or(Value::NONE, |act| act.code.qualname.value()),
    };
    let at = if vm.event_loop.cancelling_for.is_some() { Value::NONE } else { here(vm) };
    let made = if made.is_unbound() { Value::NONE } else { made };
    own.extra = vm.heap.tuple(&[made, by, at, message, Value::int(count + 1)]).value();
}

/// The place that the running code of the script has reached, or None: what ships inside the binary does not count.
fn here(vm: &Vm) -> Value {
    let script = |source: SourceId| vm.sources.get(source).is_script();
    let span = |spans: &[Span], pc: u32| spans.get(pc.saturating_sub(1) as usize).map_or(0, |s| s.start);
    for act in vm.activations.iter().rev() {
        let plain = &act.code.plain;
        if script(plain.source) {
            return pack(plain.source, span(&plain.spans, act.pc()));
        }
    }
    let mut awaiter = vm.activations.last().and_then(|act| act.frame).and_then(|f| vm.awaiter_of(f));
    while let Some(frame) = awaiter {
        let plain = &frame.function.code.plain;
        if script(plain.source) {
            return pack(plain.source, span(&plain.spans, frame.pc));
        }
        awaiter = vm.awaiter_of(frame);
    }
    Value::NONE
}

fn pack(source: SourceId, offset: u32) -> Value {
    Value::int(i64::from(source.0) << 32 | i64::from(offset))
}

/// `file.aio:12:5`
fn place(vm: &Vm, packed: Value) -> Option<String> {
    let packed = packed.as_int()?;
    Some(place_of(vm, SourceId((packed >> 32) as u32), packed as u32))
}

fn place_of(vm: &Vm, source: SourceId, offset: u32) -> String {
    let source = vm.sources.get(source);
    let (line, column) = source.line_column(offset);
    format!("{}:{line}:{}", source.name, column + 1)
}

/// Where the task was made, with the text of that line.
pub fn made_at(vm: &Vm, task: Gc<Task>) -> Option<(String, String)> {
    let extra = task.future.extra;
    let packed = extra.cast::<Tuple>().map_or(extra, |t| t.items()[0]);
    let source = vm.sources.get(SourceId((packed.as_int()? >> 32) as u32));
    let (line, _) = source.line_column(packed.as_int()? as u32);
    Some((place(vm, packed)?, source.line(line).trim().to_owned()))
}

/// Where a suspended task waits: the innermost place in the script.
pub fn waits_at(vm: &Vm, task: Gc<Task>) -> Option<String> {
    let root = task.coroutine.cast::<Frame>()?;
    let mut next = Some(root.inner.cast::<Frame>().unwrap_or(root));
    while let Some(frame) = next {
        let plain = &frame.function.code.plain;
        if vm.sources.get(plain.source).is_script() {
            let span = plain.spans.get(frame.pc.saturating_sub(1) as usize)?;
            return Some(place_of(vm, plain.source, span.start));
        }
        next = vm.awaiter_of(frame);
    }
    None
}

/// `task 'a' was cancelled by task 'b' at x.aio:3:5: why (2 requests)`, if somebody asked for it.
pub fn cancel_report(vm: &mut Vm, task: Gc<Task>) -> Option<String> {
    let story = task.future.extra.cast::<Tuple>()?;
    vm.root(story);
    let &[_, by, at, message, count] = story.items() else { return None };
    let name = named(vm, task);
    let mut text = format!("task '{name}' was cancelled");
    if let Some(other) = by.cast::<Task>() {
        let other = named(vm, other);
        text += &format!(" by task '{other}'");
    } else if let Some(words) = by.as_str() {
        text += &format!(" by {}", words.as_str());
    }
    if let Some(at) = place(vm, at) {
        text += &format!(" at {at}");
    }
    if !message.is_none()
        && let Ok(why) = vm.to_str(message)
    {
        text += &format!(": {}", why.as_str());
    }
    let count = count.as_int().unwrap_or(1);
    if count > 1 {
        text += &format!(" (the last of {count} requests)");
    }
    Some(text)
}

/// The task's name as text.
pub fn named(vm: &mut Vm, task: Gc<Task>) -> String {
    task::name(vm, task).as_str().map_or_else(String::new, |s| s.as_str().to_owned())
}
