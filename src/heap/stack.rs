//! The VM's stack of registers: one reservation that never moves; the system commits its pages as they are touched.

use super::value::unbind;
use super::{Tracer, Value};
use std::alloc::{Layout, alloc_zeroed, dealloc};

/// Registers of calls on the way; a callee's window begins inside its caller's, at its first argument.
pub struct Stack {
    base: *mut Value,
    limit: *mut Value,
    /// No register from here on was written since the last collection.
    high: *mut Value,
    /// No register from here on was ever written, nor is it a value.
    touched: *mut Value,
    /// The top at the last poll, up to which registers are roots.
    top: *mut Value,
}

impl Stack {
    /// # Panics
    /// If the reservation fails.
    #[must_use]
    pub fn new(registers: usize) -> Self {
        let layout = Self::layout(registers);
        // SAFETY: the layout has a size.
        let base = unsafe { alloc_zeroed(layout) }.cast::<Value>();
        assert!(!base.is_null(), "the stack cannot be reserved");
        Self { base, limit: base.wrapping_add(registers), high: base, touched: base, top: base }
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
    #[inline]
    pub fn reserve(&mut self, top: *mut Value) -> bool {
        top <= self.high || self.raise(top)
    }

    /// Whether a window ending at `top` fits where one was before.
    #[must_use]
    #[inline(always)]
    pub fn has(&self, top: *mut Value) -> bool {
        top <= self.high
    }

    #[cold]
    #[inline(never)]
    fn raise(&mut self, top: *mut Value) -> bool {
        if top > self.limit {
            return false;
        }
        if top > self.touched {
            // SAFETY: both lie in the reservation.
            unsafe { unbind(self.touched, top.offset_from(self.touched) as usize) }
            self.touched = top;
        }
        self.high = top;
        true
    }

    /// A window of registers below the reserved top, as a slice. The stack never moves; whoever asks is about to push
    /// the activation whose window it is, and writes no other.
    #[must_use]
    pub fn window(&mut self, start: *mut Value, len: usize) -> &'static mut [Value] {
        assert!(start >= self.base && start.wrapping_add(len) <= self.high, "a window outside the stack");
        // SAFETY: inside the reservation, below `high`.
        unsafe { std::slice::from_raw_parts_mut(start, len) }
    }

    /// Lets go of what the registers of an ended call hold; those above the last collection's top were cleared by it.
    pub fn clear(&mut self, start: *mut Value, len: usize) {
        let end = start.wrapping_add(len).min(self.high);
        if start >= self.base && start < end {
            // SAFETY: inside the reservation.
            unsafe { unbind(start, end.offset_from(start) as usize) }
        }
    }

    /// Before a collection: registers below `top` are roots, those above are cleared (invariant 3).
    pub fn prepare(&mut self, top: *mut Value) {
        self.top = top;
        if self.high > top {
            // SAFETY: both lie in the reservation.
            unsafe { unbind(top, self.high.offset_from(top) as usize) }
            self.high = top;
        } else {
            let fits = self.reserve(top);
            debug_assert!(fits, "the stack's top lies in it");
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
