//! The VM's stack of registers: one reservation that never moves; the system commits its pages as they are touched.

use super::{Tracer, Value};
use std::alloc::{Layout, alloc_zeroed, dealloc};

/// Registers of calls on the way; a callee's window begins inside its caller's, at its first argument.
pub struct Stack {
    base: *mut Value,
    limit: *mut Value,
    /// No register from here on was written since the last collection.
    high: *mut Value,
    /// The top at the last poll, up to which registers are roots.
    top: *mut Value,
}

impl Stack {
    /// # Panics
    /// If the reservation fails.
    #[must_use]
    pub fn new(registers: usize) -> Self {
        let layout = Self::layout(registers);
        // SAFETY: the layout has a size; zero is a valid `Value`.
        let base = unsafe { alloc_zeroed(layout) }.cast::<Value>();
        assert!(!base.is_null(), "the stack cannot be reserved");
        Self { base, limit: base.wrapping_add(registers), high: base, top: base }
    }

    fn layout(registers: usize) -> Layout {
        Layout::array::<Value>(registers).unwrap_or(Layout::new::<Value>())
    }

    #[must_use]
    #[inline(always)]
    pub fn base(&self) -> *mut Value {
        self.base
    }

    /// Whether a window ending at `top` fits; if so it is remembered as touched.
    #[must_use]
    #[inline(always)]
    pub fn reserve(&mut self, top: *mut Value) -> bool {
        if top > self.high {
            if top > self.limit {
                return false;
            }
            self.high = top;
        }
        true
    }

    /// A window of registers below the reserved top, as a slice. The stack never moves; whoever asks is about to push
    /// the activation whose window it is, and writes no other.
    #[must_use]
    pub fn window(&mut self, start: *mut Value, len: usize) -> &'static mut [Value] {
        assert!(start >= self.base && start.wrapping_add(len) <= self.high, "a window outside the stack");
        // SAFETY: inside the reservation, which was zeroed.
        unsafe { std::slice::from_raw_parts_mut(start, len) }
    }

    /// Lets go of what the registers of an ended call hold; those above the last collection's top were cleared by it.
    pub fn clear(&mut self, start: *mut Value, len: usize) {
        let end = start.wrapping_add(len).min(self.high);
        if start >= self.base && start < end {
            // SAFETY: inside the reservation, which was zeroed.
            unsafe { std::ptr::write_bytes(start, 0, end.offset_from(start) as usize) }
        }
    }

    /// Before a collection: registers below `top` are roots, those above are cleared (invariant 3).
    pub fn prepare(&mut self, top: *mut Value) {
        self.top = top;
        if self.high > top {
            // SAFETY: both lie in the reservation.
            unsafe {
                let n = self.high.offset_from(top) as usize;
                std::ptr::write_bytes(top, 0, n);
            }
            self.high = top;
        }
    }

    pub fn trace(&self, tracer: &mut Tracer) {
        // SAFETY: `prepare` put the top inside the reservation.
        let live = unsafe { std::slice::from_raw_parts(self.base, self.top.offset_from(self.base) as usize) };
        tracer.values(live);
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        // SAFETY: allocated with this layout.
        unsafe {
            let registers = self.limit.offset_from(self.base) as usize;
            dealloc(self.base.cast(), Self::layout(registers));
        }
    }
}
