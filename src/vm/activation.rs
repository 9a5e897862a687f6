//! What the VM knows of each call on the way.

use crate::bytecode::op::{Op, Opcode};
use crate::heap::{Gc, Tracer, Value};
use crate::objects::{CodeObject, Frame, Function};

/// What becomes of a call's result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Return {
    /// It goes into the caller's register `dst`.
    Register,
    /// It must be None: the call is an `__init__`, and what it was called on is the result.
    Init,
    /// The run loop ends: somebody in Rust asked.
    Exit,
    /// The call is a generator's that the caller's `ForNext` drives.
    ForNext,
    /// It is dropped.
    Discard,
}

/// One call on the way. Ordinary functions have their registers on the stack, generators and coroutines in their frame.
#[repr(C)]
pub struct Activation {
    pub code: Gc<CodeObject>,
    pub function: Gc<Function>,
    pub regs: *mut Value,
    /// Where the stack is free while this runs.
    pub top: *mut Value,
    /// The next op, saved whenever something may look: at calls, polls, and when an exception is raised.
    pub ip: *const Op,
    pub dst: u16,
    pub ret: Return,
    /// The frame that runs, if the registers are in one.
    pub frame: Option<Gc<Frame>>,
    /// The outermost frame of the chain that runs, the one that is driven; of an `__init__`, the instance. Of no meaning for
    /// other calls.
    pub kept: Value,
}

impl Activation {
    /// A call that begins at the op `pc` of `code`.
    #[inline(always)]
    pub fn new(
        function: Gc<Function>,
        regs: *mut Value,
        top: *mut Value,
        pc: u32,
        (ret, dst): (Return, u16),
    ) -> Self {
        let code = function.code;
        let ip = function.entry().wrapping_add(pc as usize);
        Self { code, function, regs, top, ip, dst, ret, frame: None, kept: Value::UNBOUND }
    }

    /// Sets what becomes of the result.
    #[inline(always)]
    pub fn returns(&mut self, (ret, dst): (Return, u16)) {
        self.dst = dst;
        self.ret = ret;
    }

    /// The index of the next op.
    #[inline(always)]
    pub fn pc(&self) -> u32 {
        ((self.ip as usize - self.code.ops.as_ptr() as usize) / size_of::<Op>()) as u32
    }

    /// Goes on at another op of the same code.
    #[inline(always)]
    pub fn set_pc(&mut self, pc: u32) {
        self.ip = self.code.ops.as_ptr().wrapping_add(pc as usize);
    }

    /// The callee's register of the call that is on the way, if the call looks its callee up by itself, and the first
    /// register behind the arguments; none if the op is no call.
    pub fn unused(&self) -> Option<(Option<usize>, usize)> {
        let at = (self.pc() as usize).checked_sub(1)?;
        let mut op = self.code.ops.get(at)?;
        if op.code == Opcode::Extra {
            op = self.code.ops.get(at.checked_sub(1)?)?;
        }
        let (callee, arguments) = (usize::from(op.a), usize::from(op.b));
        if op.code == Opcode::CallGlobal {
            Some((Some(callee), callee + 1 + arguments))
        } else if matches!(op.code, Opcode::Call | Opcode::CallKw) {
            Some((None, callee + 1 + arguments))
        } else if matches!(op.code, Opcode::CallMethod | Opcode::CallMethodKw) {
            Some((None, callee + 2 + arguments))
        } else {
            None
        }
    }

    pub fn trace(&self, tracer: &mut Tracer) {
        tracer.gc(self.code);
        tracer.gc(self.function);
        tracer.option(self.frame);
        if self.frame.is_some() || self.ret == Return::Init {
            tracer.value(self.kept);
        }
    }
}
