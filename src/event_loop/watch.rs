//! Looking at the tasks from outside: who waits for whom, for what, and since when.

use super::{combine, provenance, report};
use crate::heap::{Gc, Value};
use crate::objects::{Future, Task};
use crate::vm::Vm;
use std::collections::{HashMap, HashSet};

/// Since when tasks wait, in loop time; by the address of the task, which may be another one's later.
#[derive(Default)]
pub struct Watch {
    since: HashMap<u64, f64>,
    /// How many there may be before those of tasks that ended are dropped.
    limit: usize,
}

/// One task of the tree.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// How many tasks that wait for it stand above it.
    pub depth: usize,
    pub name: String,
    /// The function that it runs: `worker`.
    pub runs: String,
    /// What it waits for; None if it is ready to run.
    pub waits_for: Option<String>,
    /// `file.aio:3:5`
    pub at: Option<String>,
    /// For how long, in seconds.
    pub waited: Option<f64>,
    pub made_at: Option<String>,
    /// Cancellations that it was asked for and did not take back.
    pub cancelling: u32,
}

/// A task suspended.
#[cold]
pub(super) fn suspended(vm: &mut Vm, task: Gc<Task>) {
    let now = vm.event_loop.time();
    let crate::event_loop::EventLoop { watch: Some(watch), tasks, .. } = &mut vm.event_loop else { return };
    if watch.since.len() >= watch.limit {
        let alive: HashSet<u64> = tasks.iter().map(|task| task.value().bits()).collect();
        watch.since.retain(|task, _| alive.contains(task));
        watch.limit = watch.since.len() * 2 + 64;
    }
    watch.since.insert(task.value().bits(), now);
}

/// The tasks that are not done, each below the one that waits for it.
pub fn tree(vm: &mut Vm) -> Vec<Line> {
    let tasks: Vec<Gc<Task>> = vm.event_loop.tasks.iter().collect();
    let mut awaited = HashSet::new();
    for &task in &tasks {
        vm.root(task);
        awaited.extend(waited_tasks(task).iter().map(|task| task.value().bits()));
    }
    let mut lines = Vec::new();
    let mut seen = HashSet::new();
    let roots = tasks.iter().filter(|task| !awaited.contains(&task.value().bits()));
    // Those that wait for each other in a circle have no root: whichever comes first is one.
    for &task in roots.chain(&tasks) {
        branch(vm, task, 0, &mut seen, &mut lines);
    }
    lines
}

fn branch(vm: &mut Vm, root: Gc<Task>, depth: usize, seen: &mut HashSet<u64>, lines: &mut Vec<Line>) {
    // A stack of its own: chains of tasks can be long.
    let mut left = vec![(root, depth)];
    while let Some((task, depth)) = left.pop() {
        if task.future.is_done() || !seen.insert(task.value().bits()) {
            continue;
        }
        lines.push(line(vm, task, depth));
        left.extend(waited_tasks(task).into_iter().rev().map(|task| (task, depth + 1)));
    }
}

fn line(vm: &mut Vm, task: Gc<Task>, depth: usize) -> Line {
    let waiting = !task.waiting.is_none();
    let now = vm.event_loop.time();
    let since = vm.event_loop.watch.as_ref().and_then(|watch| watch.since.get(&task.value().bits()).copied());
    Line {
        depth,
        name: provenance::named(vm, task),
        runs: report::coroutine_name(vm, task.coroutine),
        waits_for: waiting.then(|| report::waits_for(vm, task)),
        at: provenance::waits_at(vm, task),
        waited: since.filter(|_| waiting).map(|since| now - since),
        made_at: provenance::made_at(vm, task).map(|(place, _)| place),
        cancelling: task.cancels,
    }
}

/// The tasks that a task waits for: one, or those of a gather.
fn waited_tasks(task: Gc<Task>) -> Vec<Gc<Task>> {
    if let Some(other) = task.waiting.cast::<Task>() {
        return vec![other];
    }
    let children = task.waiting.cast::<Future>().and_then(combine::waited_for).unwrap_or_default();
    children.into_iter().filter_map(Value::cast::<Task>).collect()
}

/// Cancels the tasks of that name; how many there were.
pub fn cancel_named(vm: &mut Vm, name: &str) -> usize {
    let tasks: Vec<Gc<Task>> = vm.event_loop.tasks.iter().collect();
    let mut found = 0;
    for task in tasks {
        vm.root(task);
        if provenance::named(vm, task) == name {
            super::EventLoop::cancelling_for(vm, "the prompt", |vm| {
                super::task::cancel(vm, task.as_future(), Value::NONE)
            });
            found += 1;
        }
    }
    found
}
