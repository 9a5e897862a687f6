//! Tasks parked on a lock, an event or a queue: one awaitable each, in the order in which they came.
//!
//! Leaving is O(1) however many leave: who is cancelled stays in the queue as a tombstone until the tombstones are
//! more than the others. An awaitable's `aux` counts its comings and goings in all queues, so that it is odd in one, and
//! an entry with another count is a tombstone: who waits for a condition goes on to its lock, and comes back.

use crate::heap::{Gc, Tracer, Value};
use crate::objects::Awaitable;
use crate::objects::task::{STARTED, WAIT_CANCELLED, WOKEN};
use crate::vm::Resume;
use std::collections::VecDeque;

// Packed, since there may be as many as there are tasks: 12 bytes instead of 16.
#[derive(Clone, Copy)]
#[repr(C, packed(4))]
struct Waiter {
    awaitable: Gc<Awaitable>,
    /// Its `aux` while it is in this place.
    stay: u32,
}

impl Waiter {
    fn awaitable(self) -> Gc<Awaitable> {
        self.awaitable
    }

    fn is_here(self) -> bool {
        self.awaitable().header.aux.get() == self.stay
    }
}

#[derive(Default)]
pub struct Waiters {
    queue: VecDeque<Waiter>,
    /// The first so many were woken or cancelled, or have left.
    settled: usize,
    gone: usize,
}

/// It comes into a queue, or leaves it.
fn count(awaitable: Gc<Awaitable>) -> u32 {
    let stay = awaitable.header.aux.get().wrapping_add(1);
    awaitable.header.aux.set(stay);
    stay
}

impl Waiters {
    /// How many are in the queue, woken ones included.
    pub fn len(&self) -> usize {
        self.queue.len() - self.gone
    }

    pub fn push(&mut self, awaitable: Gc<Awaitable>) {
        awaitable.set(WOKEN | WAIT_CANCELLED, false);
        self.queue.push_back(Waiter { awaitable, stay: count(awaitable) });
    }

    /// Takes one out of this queue, wherever it is, if it is in one.
    pub fn remove(&mut self, awaitable: Gc<Awaitable>) {
        if awaitable.header.aux.get().is_multiple_of(2) {
            return;
        }
        count(awaitable);
        self.gone += 1;
        if self.gone > 32 && self.gone * 2 > self.queue.len() {
            self.queue.retain(|w| w.is_here());
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
            let first = self.queue.front()?;
            if first.is_here() {
                return Some(first.awaitable());
            }
            self.pop_front();
            self.gone -= 1;
        }
    }

    /// The first that still waits; it stays in the queue.
    pub fn next_waiting(&mut self) -> Option<Gc<Awaitable>> {
        while let Some(next) = self.queue.get(self.settled) {
            if next.is_here() && next.awaitable().is_waiting() {
                return Some(next.awaitable());
            }
            self.settled += 1;
        }
        None
    }

    /// The first that still waits, taken out with all before it.
    pub fn pop_waiting(&mut self) -> Option<Gc<Awaitable>> {
        while let Some(first) = self.first() {
            self.pop_front();
            count(first);
            if first.is_waiting() {
                return Some(first);
            }
        }
        None
    }

    /// Whether all that are in the queue were cancelled.
    pub fn all_cancelled(&self) -> bool {
        self.queue.iter().all(|w| !w.is_here() || w.awaitable().has(WAIT_CANCELLED))
    }

    pub fn trace(&self, tracer: &mut Tracer) {
        for waiter in &self.queue {
            tracer.gc(waiter.awaitable());
        }
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
