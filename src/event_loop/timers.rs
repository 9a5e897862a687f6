//! What is to happen at a time: a binary heap. A cancelled timer stays in it until it is due, or until the dead ones
//! outnumber the living.

use crate::heap::{Tracer, Value};
use crate::objects::task::SCHEDULED;
use crate::objects::{Awaitable, Handle};
use std::cmp::Ordering;
use std::collections::BinaryHeap;

struct Timer {
    /// As [`key`] gives it.
    when: i64,
    /// Timers of the same time fire in the order in which they were set.
    sequence: u64,
    /// A handle or an awaitable.
    value: Value,
}

impl Timer {
    fn is_live(&self) -> bool {
        if let Some(awaitable) = self.value.cast::<Awaitable>() {
            return awaitable.has(SCHEDULED);
        }
        self.value.cast::<Handle>().is_some_and(|h| !h.is_cancelled())
    }
}

/// A time as an integer: of two times the later one has the greater (and not a number the greatest), as with `total_cmp`.
fn key(when: f64) -> i64 {
    let bits = when.to_bits() as i64;
    bits ^ ((bits >> 63) as u64 >> 1) as i64
}

/// The time of a key.
fn time(key: i64) -> f64 {
    f64::from_bits((key ^ ((key >> 63) as u64 >> 1) as i64) as u64)
}

// The greatest is the one that is due first.
impl Ord for Timer {
    fn cmp(&self, other: &Self) -> Ordering {
        other.when.cmp(&self.when).then(other.sequence.cmp(&self.sequence))
    }
}

impl PartialOrd for Timer {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Timer {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Timer {}

#[derive(Default)]
pub struct Timers {
    heap: BinaryHeap<Timer>,
    sequence: u64,
    dead: usize,
}

impl Timers {
    /// Forgets all timers.
    pub fn clear(&mut self) {
        for timer in self.heap.drain() {
            if let Some(awaitable) = timer.value.cast::<Awaitable>() {
                awaitable.set(SCHEDULED, false);
            } else if let Some(handle) = timer.value.cast::<Handle>() {
                handle.set_scheduled(false);
            }
        }
        self.dead = 0;
    }

    pub fn push(&mut self, when: f64, value: Value) {
        self.sequence += 1;
        self.heap.push(Timer { when: key(when), sequence: self.sequence, value });
    }

    /// A timer in the heap was cancelled.
    pub fn one_died(&mut self) {
        self.dead += 1;
        if self.dead > 64 && self.dead * 2 > self.heap.len() {
            self.heap.retain(Timer::is_live);
            self.dead = 0;
        }
    }

    /// When the next living timer is due.
    pub fn next(&mut self) -> Option<f64> {
        while let Some(first) = self.heap.peek() {
            if first.is_live() {
                return Some(time(first.when));
            }
            self.heap.pop();
            self.dead = self.dead.saturating_sub(1);
        }
        None
    }

    /// Takes out the next timer that is due before `end`.
    pub fn pop_before(&mut self, end: f64) -> Option<Value> {
        if self.next()? >= end {
            return None;
        }
        let value = self.heap.pop()?.value;
        if let Some(awaitable) = value.cast::<Awaitable>() {
            awaitable.set(SCHEDULED, false);
        } else if let Some(handle) = value.cast::<Handle>() {
            handle.set_scheduled(false);
        }
        Some(value)
    }

    pub(super) fn trace(&self, tracer: &mut Tracer) {
        for timer in &self.heap {
            tracer.value(timer.value);
        }
    }
}
