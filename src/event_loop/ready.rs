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
    /// Any of this turn's, by a sequence of random numbers with this state: the same state gives the same run.
    Random(u64),
}

impl Policy {
    /// A number below `n`, which is not 0, by SplitMix64 (Steele, Lea, Flood 2014).
    fn choose(&mut self, n: usize) -> usize {
        let Self::Random(state) = self else { return 0 };
        *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = *state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % n as u64) as usize
    }
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

    /// The next entry; `turn` is how many of this turn's are left.
    #[inline]
    pub fn pop(&mut self, policy: &mut Policy, turn: usize) -> Option<Value> {
        match policy {
            Policy::Fifo => self.queue.pop_front(),
            // The oldest one takes its place: this turn's entries stay before the next one's.
            Policy::Random(_) => self.queue.swap_remove_front(policy.choose(turn)),
        }
    }

    /// Forgets all entries.
    pub fn clear(&mut self) {
        self.queue.clear();
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
