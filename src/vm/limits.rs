//! What a program may use up, and the poll that watches over it: the collector, Ctrl-C, the limits.
//!
//! The run loop polls at calls, backward jumps and awaits; a native that loops for as long as the script says polls
//! through [`Vm::tick`], which `next` and comparisons for sorting call already. Both count down the same counter, so
//! that limits cost nothing: what is counted is known from how far the counter came.

use super::{Raise, Result, Vm};
use std::sync::atomic::Ordering;

/// Polls between two looks at the outside world.
const SLICE: i64 = 1 << 14;

/// What an embedder allows a program; without limits at first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Calls, turns of loops and resumptions, of natives too. Then the program is stopped: no handler runs.
    pub steps: Option<u64>,
    /// Bytes of the heap. What goes beyond is a `MemoryError`.
    pub memory: Option<usize>,
}

impl Vm {
    pub fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
        self.heap.set_limit(limits.memory.unwrap_or(usize::MAX));
        self.heap.refuel(0);
    }

    /// The program ended: telling why takes memory, even if there was too little of it.
    pub fn spare_for_the_report(&mut self) {
        self.heap.set_limit(self.limits.memory.map_or(usize::MAX, |limit| limit.saturating_mul(2)));
    }

    /// Whether the steps ran out.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// Polls inside a native. It may collect: what the native still needs is rooted, as for calls.
    #[inline]
    pub fn tick(&mut self) -> Result<()> {
        let fuel = self.heap.fuel.get() - 1;
        self.heap.fuel.set(fuel);
        if fuel < 0 { self.poll() } else { Ok(()) }
    }

    /// A native is about to work for as long as so many turns of a loop take. Nothing is collected.
    pub fn work(&mut self, turns: u64) -> Result<()> {
        let turns = i64::try_from(turns).unwrap_or(i64::MAX >> 1);
        self.heap.fuel.set(self.heap.fuel.get().saturating_sub(turns));
        if self.heap.fuel.get() >= 0 {
            return Ok(());
        }
        self.look_outside()?;
        if self.heap.collection_due() {
            self.heap.cut_short();
        }
        Ok(())
    }

    /// Before a native makes something so large: a MemoryError if that is beyond the limit.
    pub fn make_room(&mut self, bytes: usize) -> Result<()> {
        if self.heap.has_room(bytes) {
            return Ok(());
        }
        self.heap.want_room();
        Err(self.memory_error(""))
    }

    /// Looks at what made the counter run out.
    #[cold]
    #[inline(never)]
    pub(super) fn poll(&mut self) -> Result<()> {
        let grown = self.heap.is_over_budget();
        if self.heap.collection_due() {
            self.collect_garbage();
        }
        self.look_outside()?;
        // Once for each bit of growth, so that a handler gets somewhere; what it lets go is looked for at once.
        if grown && self.heap.is_over_limit() {
            self.heap.want_room();
            return Err(self.memory_error(""));
        }
        Ok(())
    }

    /// What is not about memory: the steps that are left, Ctrl-C.
    fn look_outside(&mut self) -> Result<()> {
        let spent = self.heap.refuel(if self.heap.stress { 0 } else { SLICE });
        if let Some(steps) = &mut self.limits.steps {
            *steps = steps.saturating_sub(spent);
            let left = i64::try_from(*steps).unwrap_or(i64::MAX);
            if left == 0 {
                return Err(self.stop());
            }
            if left < SLICE {
                self.heap.refuel(if self.heap.stress { 0 } else { left - 1 });
            }
        }
        if self.host.interrupt.load(Ordering::Relaxed) {
            crate::event_loop::run::interrupted(self)?;
        }
        Ok(())
    }

    /// The exception that ends the program. The event loop lets this class through.
    fn stop(&mut self) -> Raise {
        self.stopped = true;
        self.heap.refuel(-1);
        self.error(self.exceptions.SystemExit, "out of steps")
    }
}
