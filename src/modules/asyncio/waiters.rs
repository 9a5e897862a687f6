//! Tasks parked on a lock, an event or a queue: one awaitable each, in the order in which they came.
//!
//! Leaving is O(1) however many leave: who is cancelled stays in the queue as a tombstone until the tombstones are
//! more than the others. An awaitable's `aux` says whether it is in the queue.

use crate::heap::{Gc, Tracer, Value};
use crate::objects::Awaitable;
use crate::objects::task::{STARTED, WAIT_CANCELLED, WOKEN};
use crate::vm::Resume;
use std::collections::VecDeque;

#[derive(Default)]
pub struct Waiters {
    queue: VecDeque<Value>,
    /// The first so many were woken or cancelled, or have left.
    settled: usize,
    gone: usize,
}

fn is_in(awaitable: Gc<Awaitable>) -> bool {
    awaitable.header.aux.get() != 0
}

impl Waiters {
    /// How many are in the queue, woken ones included.
    pub fn len(&self) -> usize {
        self.queue.len() - self.gone
    }

    pub fn push(&mut self, awaitable: Gc<Awaitable>) {
        awaitable.header.aux.set(1);
        awaitable.set(WOKEN, false);
        self.queue.push_back(awaitable.value());
    }

    /// Takes one out, wherever it is.
    pub fn remove(&mut self, awaitable: Gc<Awaitable>) {
        if !is_in(awaitable) {
            return;
        }
        awaitable.header.aux.set(0);
        self.gone += 1;
        if self.gone > 32 && self.gone * 2 > self.queue.len() {
            self.queue.retain(|w| w.cast::<Awaitable>().is_some_and(is_in));
            self.gone = 0;
            self.settled = 0;
        }
    }

    fn pop_front(&mut self) {
        self.queue.pop_front();
        self.settled = self.settled.saturating_sub(1);
    }

    /// The one in front.
    pub fn first(&mut self) -> Option<Gc<Awaitable>> {
        loop {
            let first = self.queue.front()?.cast::<Awaitable>()?;
            if is_in(first) {
                return Some(first);
            }
            self.pop_front();
            self.gone -= 1;
        }
    }

    /// The first that still waits; it stays in the queue.
    pub fn next_waiting(&mut self) -> Option<Gc<Awaitable>> {
        while let Some(next) = self.queue.get(self.settled) {
            let next = next.cast::<Awaitable>()?;
            if is_in(next) && next.is_waiting() {
                return Some(next);
            }
            self.settled += 1;
        }
        None
    }

    /// The first that still waits, taken out with all before it.
    pub fn pop_waiting(&mut self) -> Option<Gc<Awaitable>> {
        while let Some(first) = self.first() {
            self.pop_front();
            first.header.aux.set(0);
            if first.is_waiting() {
                return Some(first);
            }
        }
        None
    }

    /// Whether all that are in the queue were cancelled.
    pub fn all_cancelled(&self) -> bool {
        self.queue.iter().filter_map(|w| w.cast::<Awaitable>()).all(|w| !is_in(w) || w.has(WAIT_CANCELLED))
    }

    pub fn trace(&self, tracer: &mut Tracer) {
        tracer.values(&self.queue);
    }
}

/// Why a parked awaitable is stepped.
pub enum Entry {
    /// For the first time.
    Start,
    /// It was woken.
    Woken,
    /// For no reason: somebody drives it by hand.
    Spurious,
    /// It is to leave; `true` if it had started.
    Thrown(Value, bool),
}

pub fn enter(awaitable: Gc<Awaitable>, resume: Resume) -> Entry {
    let started = awaitable.has(STARTED);
    match resume {
        Resume::Throw(exc) => Entry::Thrown(exc, started),
        Resume::Send(_) if !started => {
            awaitable.set(STARTED, true);
            Entry::Start
        }
        Resume::Send(_) if awaitable.has(WOKEN) => Entry::Woken,
        Resume::Send(_) => Entry::Spurious,
    }
}
