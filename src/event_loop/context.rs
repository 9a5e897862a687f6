//! What `contextvars` keeps: each task and each callback runs in a context of its own.
//!
//! A context is made when a variable is first set in it; until then it is unbound, so that programs without context
//! variables pay nothing. Copies share their table until one of them is changed.

use super::EventLoop;
use crate::heap::{Tracer, Value};
use crate::objects::{Boxed, NativeData};
use crate::vm::Vm;
use std::any::Any;
use std::rc::Rc;

/// The data of a `contextvars.Context`.
#[derive(Clone, Default)]
pub struct Context {
    /// Variables and their values.
    pub entries: Rc<Vec<(Value, Value)>>,
    /// Some `Context.run` of it is on the way.
    pub entered: bool,
}

impl NativeData for Context {
    fn trace(&self, tracer: &mut Tracer) {
        for (variable, value) in self.entries.iter() {
            tracer.value(*variable);
            tracer.value(*value);
        }
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}

impl Context {
    #[must_use]
    pub fn get(&self, variable: Value) -> Option<Value> {
        self.entries.iter().find(|(v, _)| *v == variable).map(|&(_, value)| value)
    }

    /// Sets a variable, or removes it.
    pub fn set(&mut self, variable: Value, value: Option<Value>) {
        let entries = Rc::make_mut(&mut self.entries);
        let found = entries.iter().position(|(v, _)| *v == variable);
        match (found, value) {
            (Some(i), Some(value)) => entries[i].1 = value,
            (Some(i), None) => {
                entries.remove(i);
            }
            (None, Some(value)) => entries.push((variable, value)),
            (None, None) => (),
        }
    }
}

impl EventLoop {
    /// The value that a variable has now.
    #[must_use]
    pub fn context_get(&self, variable: Value) -> Option<Value> {
        self.context.cast::<Boxed>()?.data_as::<Context>()?.get(variable)
    }
}

/// A copy of the current context, for what will run later; unbound if it is empty.
pub fn copy(vm: &mut Vm) -> Value {
    let current = vm.event_loop.context;
    let Some(mut boxed) = current.cast::<Boxed>() else { return Value::UNBOUND };
    let Some(context) = boxed.data_as::<Context>() else { return Value::UNBOUND };
    if context.entries.is_empty() {
        return Value::UNBOUND;
    }
    let copied = Context { entries: Rc::clone(&context.entries), entered: false };
    vm.heap.boxed(boxed.class, copied).value()
}

/// Makes `context` the current one; gives back the one before, which it keeps alive for the calling native.
pub fn enter(vm: &mut Vm, context: Value) -> Value {
    let before = std::mem::replace(&mut vm.event_loop.context, context);
    if before.is_object() { vm.root(before) } else { before }
}
