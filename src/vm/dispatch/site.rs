//! What a call's op says: what is called, and with what.

use super::state::State;
use crate::bytecode::op::Opcode;
use crate::heap::{Gc, Value};
use crate::objects::{Function, Tuple};

/// A call: `n` arguments from the register `first` on, the result to `dst`; the call takes `width` ops.
#[derive(Clone, Copy)]
pub(super) struct Site {
    pub callee: Value,
    pub first: usize,
    pub n: usize,
    pub dst: u16,
    pub width: usize,
}

impl Site {
    /// Whatever is called, with the arguments behind the callee's register.
    #[inline(always)]
    pub(super) fn of(s: &State<'_>, callee: Value) -> Self {
        let op = s.op();
        Self { callee, first: usize::from(op.a()) + 1, n: usize::from(op.b()), dst: op.c(), width: 1 }
    }

    #[inline(always)]
    pub(super) fn call(s: &State<'_>) -> Self {
        Self::of(s, s.reg(s.op().a()))
    }

    /// Of a method, which may have no receiver.
    #[inline(always)]
    pub(super) fn method(s: &State<'_>) -> Self {
        let op = s.op();
        let callee = s.reg(op.a());
        let (receiver, n) = (usize::from(op.a()) + 1, usize::from(op.b()));
        if s.reg(receiver).is_unbound() {
            Self { callee, first: receiver + 1, n, dst: op.c(), width: 1 }
        } else {
            Self { callee, first: receiver, n: n + 1, dst: op.c(), width: 1 }
        }
    }

    /// Of a global, which was put before its arguments.
    #[inline(always)]
    pub(super) fn global(s: &State<'_>) -> Self {
        Self { width: 2, ..Self::call(s) }
    }

    /// Of any of them.
    #[inline(always)]
    pub(super) fn any(s: &State<'_>) -> Self {
        match s.op().code() {
            Opcode::CallMethod => Self::method(s),
            Opcode::CallGlobal => Self::global(s),
            _ => Self::call(s),
        }
    }

    /// The names of its last arguments.
    #[inline(always)]
    pub(super) fn names(s: &State<'_>) -> Gc<Tuple> {
        // SAFETY: the verifier saw an `Extra` behind this op that names a tuple (2).
        unsafe { s.constant(s.op().after(1).bc()).cast_unchecked() }
    }

    /// The only one of them, if `Extra` knows where it was the last time.
    #[inline(always)]
    pub(super) fn name(s: &State<'_>) -> Value {
        // SAFETY: that is learnt only where there is one.
        unsafe { *Self::names(s).all().get_unchecked(0) }
    }
}

/// Gives the last `n` parameters of a function, whose registers end at `end` in a window that was reserved, their defaults; there
/// are as many.
#[inline(always)]
pub(super) fn fill(end: *mut Value, n: usize, function: Gc<Function>) {
    if n == 0 {
        return;
    }
    // SAFETY: there are defaults, which are in a tuple then; the registers are those of parameters.
    unsafe {
        let defaults = function.defaults().cast_unchecked::<Tuple>().all().as_ptr_range().end;
        let mut left = n;
        while left > 0 {
            // One by one: most are one or two.
            std::hint::black_box(());
            end.sub(left).write(defaults.sub(left).read());
            left -= 1;
        }
    }
}
