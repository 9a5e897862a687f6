//! What the loop runs next.

use crate::heap::{Tracer, Value};
use std::collections::VecDeque;

/// An entry that ends the loop with the turn that meets it.
pub const STOP: Value = Value::TRUE;

/// Which ready entry is next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Policy {
    /// The oldest: CPython's order.
    #[default]
    Fifo,
}

/// The ready queue: a task (to be stepped), a handle (to be called), an awaitable (its timer fired), or [`STOP`].
#[derive(Default)]
pub struct Ready {
    queue: VecDeque<Value>,
}

impl Ready {
    #[inline]
    pub fn push(&mut self, entry: impl Into<Value>) {
        self.queue.push_back(entry.into());
    }

    #[inline]
    pub fn pop(&mut self, policy: Policy) -> Option<Value> {
        match policy {
            Policy::Fifo => self.queue.pop_front(),
        }
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.queue.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    pub(super) fn trace(&self, tracer: &mut Tracer) {
        tracer.values(&self.queue);
    }
}
