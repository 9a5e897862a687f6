//! `TaskGroup`: the tasks of a block. What it does when they end is in `event_loop/groups.rs`.

use super::boxes::{data, is_box, make};
use super::waiting::new_task;
use crate::event_loop::combine::require_running;
use crate::event_loop::groups::{self, EXIT, Group};
use crate::heap::Value;
use crate::objects::Future;
use crate::objects::task::AwaitableDef;
use crate::vm::{Raise, Result, Resume, Vm};

crate::natives! { pub static TASK_GROUP_NEW:
    "__new__(cls, /)" => new;
}

crate::methods! { pub static TASK_GROUP for fn is_box::<Group>, "TaskGroup":
    /// Run a coroutine as a task of the group.
    "create_task(self, coro, *, name=None, context=None)" => create_task;
    "__aenter__(self)" => aenter;
    "__aexit__(self, et, exc, tb)" => aexit;
    "_on_task_done(self, task)" => on_task_done;
    "__repr__(self)" => repr;
}

fn new(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    make(vm, args[0], vm.event_loop.classes.task_group, Group::default())
}

/// `a`: the group; `b`: what the block gets.
static ENTER: AwaitableDef = AwaitableDef {
    name: "TaskGroup.__aenter__",
    step: |vm, this, resume| {
        let result = match resume {
            Resume::Throw(exc) => Err(Raise(exc)),
            Resume::Send(_) => enter(vm, this.a).map(|()| this.b),
        };
        crate::event_loop::combine::finish(this, result)
    },
};

fn aenter(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let group = own(vm, args[0]);
    let ready = vm.event_loop.current.is_some() && data::<Group, _>(args[0], |g| !g.is_entered());
    if vm.is_awaited() && ready {
        enter_now(vm, args[0]);
        return Ok(vm.at_once(group));
    }
    Ok(vm.heap.awaitable(&ENTER, args[0], group, Value::UNBOUND).value())
}

/// The instance of a derived class that stands for the group, or the group itself.
fn own(vm: &Vm, group: Value) -> Value {
    if vm.payload(vm.receiver) == group { vm.receiver } else { group }
}

fn enter_now(vm: &mut Vm, group: Value) {
    let parent = vm.event_loop.current.map_or(Value::UNBOUND, crate::heap::Gc::value);
    data::<Group, _>(group, |g| g.parent = parent);
}

fn enter(vm: &mut Vm, group: Value) -> Result<()> {
    if data::<Group, _>(group, |g| g.is_entered()) {
        let shown = vm.repr(group)?;
        return Err(vm.runtime_error(format!("TaskGroup {shown} has already been entered")));
    }
    require_running(vm)?;
    if vm.event_loop.current.is_none() {
        let shown = vm.repr(group)?;
        return Err(vm.runtime_error(format!("TaskGroup {shown} cannot determine the parent task")));
    }
    enter_now(vm, group);
    Ok(())
}

fn aexit(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if vm.is_awaited() && args[2].is_none() && data::<Group, _>(args[0], |g| g.ends_at_once()) {
        data::<Group, _>(args[0], |g| g.leaving = true);
        return Ok(vm.at_once(Value::NONE));
    }
    Ok(vm.heap.awaitable(&EXIT, Value::NONE, args[0], args[2]).value())
}

fn create_task(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let (group, coroutine) = (args[0], args[1]);
    let problem = data::<Group, _>(group, |g| {
        if !g.is_entered() {
            Some("has not been entered")
        } else if g.leaving && g.left == 0 {
            Some("is finished")
        } else if g.aborting {
            Some("is shutting down")
        } else {
            None
        }
    });
    if let Some(problem) = problem {
        vm.call_method(coroutine, "close", &[])?;
        let shown = vm.repr(group)?;
        return Err(vm.runtime_error(format!("TaskGroup {shown} {problem}")));
    }
    let task = new_task(vm, coroutine, args[2], args[3])?;
    vm.root(task);
    if task.cast::<Future>().is_some_and(|t| t.is_done()) {
        // It began eagerly and has nothing to wait for.
        data::<Group, _>(group, |g| g.left += 1);
        on_task_done(vm, &[group, task])?;
        return Ok(task);
    }
    groups::add(vm, group, task, |vm| vm.heap.native(&TASK_GROUP[3], group))?;
    Ok(task)
}

/// What a foreign task calls.
fn on_task_done(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if let Some(task) = args[1].cast::<Future>() {
        groups::child_done(vm, args[0], task);
        return Ok(Value::NONE);
    }
    let cancelled = vm.call_method(args[1], "cancelled", &[])?;
    let cancelled = vm.truthy(cancelled)?;
    let exc = if cancelled { Value::NONE } else { vm.call_method(args[1], "exception", &[])? };
    groups::one_less(vm, args[0]);
    if !exc.is_none() {
        groups::failed(vm, args[0], args[1], exc);
    }
    Ok(Value::NONE)
}

fn repr(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let text = data::<Group, _>(args[0], |g| {
        let mut text = String::from("<TaskGroup");
        if g.left > 0 {
            text += &format!(" tasks={}", g.left);
        }
        if !g.errors.is_empty() {
            text += &format!(" errors={}", g.errors.len());
        }
        if g.aborting {
            text += " cancelling";
        } else if g.is_entered() {
            text += " entered";
        }
        text + ">"
    });
    Ok(vm.str(&text))
}
