//! The frames of generators, coroutines and async generators: one cell each, of the exact size, run in place.
//!
//! A frame *is* the generator or coroutine object. Frames that await one another are linked by `awaiter`; whoever
//! drives the outermost one (a task, a `for` loop, `send`) remembers the innermost suspended one, so that resuming
//! costs the same at every depth:
//!
//! ```text
//!   driver --> outermost <-awaiter- middle <-awaiter- innermost      (driven.inner = innermost)
//! ```

use super::function::Function;
use crate::bytecode::code::CodeKind;
use crate::bytecode::op::Opcode;
use crate::heap::{CellClass, Gc, Header, Heap, Kind, Value, tail_of};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum FrameState {
    /// Made, not started.
    Created = 0,
    Suspended = 1,
    Running = 2,
    /// Returned, raised, or closed.
    Done = 3,
}

/// `aux` is the number of registers (they follow), `flags` the state in the lowest two bits and the bits below.
#[repr(C)]
pub struct Frame {
    pub header: Header,
    pub function: Gc<Function>,
    /// The op that suspended it, or where it starts; of meaning only while it does not run.
    pub pc: u32,
    /// How many frames await it, directly or not: bounds recursion through `await`.
    pub depth: u32,
    /// The frame that awaits this one or delegates to it with `yield from`; unbound if it is driven from outside.
    pub awaiter: Value,
    /// Of a driven frame: the innermost suspended frame below it, or unbound for itself.
    pub inner: Value,
}

crate::object!(
    Frame,
    Coroutine,
    |this, t| {
        t.gc(this.function);
        t.value(this.awaiter);
        t.value(this.inner);
        t.values(tail_of(this, this.registers()));
    },
    tail |this| this.registers() * 8,
    also Kind::Generator | Kind::Coroutine | Kind::AsyncGenerator
);

const STATE: u8 = 3;
/// An async generator between an `asend` and its next `yield`.
pub const ASYNC_RUNNING: u8 = 4;
/// An async generator that was closed or has finished.
pub const ASYNC_CLOSED: u8 = 8;
/// Somebody other than its awaiter may hold it: it cannot be given back when it returns.
pub const ESCAPED: u8 = 16;
/// An async generator the loop knows of, to close it at shutdown.
pub const HOOKED: u8 = 32;
/// A generator that was made for a loop, which alone holds it: leaving the loop closes it, and when it ends it is given
/// back. Only async generators are `HOOKED`.
pub const LOOPED: u8 = 32;
/// A generator that a native drains: it goes on after a `yield` whose value is like the earlier ones.
pub const DRAINED: u8 = 64;

/// What a native that drains a generator does not need to see one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum Drain {
    /// Anything, while there is room in the list that takes it.
    Items,
    /// The same for integers and floats.
    Numbers,
    /// What is plainly false.
    False,
    /// What is plainly true.
    True,
}

impl Frame {
    #[inline(always)]
    fn new(kind: Kind, function: Gc<Function>, flags: u8) -> Self {
        let registers = u32::from(function.code.registers);
        Self {
            header: Header::new(kind).with_aux(registers).with_flags(flags),
            function,
            pc: 0,
            depth: 0,
            awaiter: Value::UNBOUND,
            inner: Value::UNBOUND,
        }
    }

    /// A coroutine that `awaiter` enters at once.
    #[inline(always)]
    fn awaited(function: Gc<Function>, awaiter: Gc<Self>) -> Self {
        let new = Self::new(Kind::Coroutine, function, FrameState::Running as u8);
        Self { depth: awaiter.depth + 1, awaiter: awaiter.value(), ..new }
    }

    /// What a call of such code makes.
    #[must_use]
    #[inline(always)]
    pub const fn kind_for(code: CodeKind) -> Kind {
        match code {
            CodeKind::Generator => Kind::Generator,
            CodeKind::AsyncGenerator => Kind::AsyncGenerator,
            CodeKind::Plain | CodeKind::Coroutine => Kind::Coroutine,
        }
    }

    /// The class of the cells of frames with so many registers.
    #[must_use]
    pub fn cell_class(registers: u16) -> CellClass {
        CellClass::of(size_of::<Self>() + registers as usize * 8)
    }

    #[must_use]
    #[inline(always)]
    pub fn registers(&self) -> usize {
        self.header.aux.get() as usize
    }

    #[must_use]
    #[inline(always)]
    pub fn state(&self) -> FrameState {
        match self.header.flags.get() & STATE {
            0 => FrameState::Created,
            1 => FrameState::Suspended,
            2 => FrameState::Running,
            _ => FrameState::Done,
        }
    }

    /// Of an async generator: whether it is suspended by a `yield`, and may be asked for its next item.
    #[must_use]
    #[inline(always)]
    pub fn waits_at_yield(&self) -> bool {
        let flags = self.header.flags.get() & (STATE | ASYNC_RUNNING | ASYNC_CLOSED);
        flags == FrameState::Suspended as u8
    }

    /// Of an async generator: a `yield` suspended it.
    #[inline(always)]
    pub fn waits_at_yield_again(&self) {
        let flags = self.header.flags.get() & !(STATE | ASYNC_RUNNING);
        self.header.flags.set(flags | FrameState::Suspended as u8);
    }

    /// Of a generator: whether a `yield` of its own suspended it.
    #[must_use]
    #[inline(always)]
    pub fn waits_for_next(&self) -> bool {
        self.header.kind() == Kind::Generator
            && self.state() == FrameState::Suspended
            && self.inner.is_unbound()
            && self.awaiter.is_unbound()
            && self.is_at_yield()
    }

    /// Whether a `yield` suspended it, rather than what it delegates to.
    #[must_use]
    #[inline(always)]
    pub fn is_at_yield(&self) -> bool {
        self.function.code.ops[self.pc as usize - 1].code == Opcode::Yield
    }

    #[inline(always)]
    pub fn set_state(&self, state: FrameState) {
        self.header.flags.set(self.header.flags.get() & !STATE | state as u8);
    }

    #[must_use]
    #[inline(always)]
    pub fn has(&self, flag: u8) -> bool {
        self.header.flags.get() & flag != 0
    }

    #[inline(always)]
    pub fn set(&self, flag: u8, on: bool) {
        let flags = self.header.flags.get();
        self.header.flags.set(if on { flags | flag } else { flags & !flag });
    }
}

impl Gc<Frame> {
    /// Ends the frame: its registers keep nothing alive any more.
    pub fn finish(mut self) {
        self.set_state(FrameState::Done);
        let n = self.registers();
        self.tail_mut(n).fill(Value::UNBOUND);
        self.awaiter = Value::UNBOUND;
        self.inner = Value::UNBOUND;
    }
}

impl Heap {
    /// A frame with all registers unbound.
    #[inline(always)]
    pub fn frame(&mut self, function: Gc<Function>) -> Gc<Frame> {
        let head = Frame::new(Frame::kind_for(function.code.kind), function, 0);
        self.alloc_with_values(head, function.code.registers as usize)
    }

    /// A frame that is not large, with its arguments.
    #[inline(always)]
    pub fn frame_with(&mut self, function: Gc<Function>, args: &[Value], flags: u8) -> Gc<Frame> {
        let code = function.code;
        let head = Frame::new(Frame::kind_for(code.kind), function, flags);
        self.alloc_in_class(head, args, code.registers as usize, code.frame_class)
    }

    /// The same in a cell that was given back, if there is one.
    #[inline(always)]
    pub fn frame_again(&mut self, function: Gc<Function>, args: &[Value], flags: u8) -> Option<Gc<Frame>> {
        let code = function.code;
        let head = || Frame::new(Frame::kind_for(code.kind), function, flags);
        self.reuse_in_class(head, args, code.registers as usize, code.frame_class)
    }

    /// A coroutine that is not large and that `awaiter` enters at once, with its arguments.
    #[inline(always)]
    pub fn awaited(&mut self, function: Gc<Function>, args: &[Value], awaiter: Gc<Frame>) -> Gc<Frame> {
        let code = function.code;
        let head = Frame::awaited(function, awaiter);
        self.alloc_in_class(head, args, code.registers as usize, code.frame_class)
    }

    /// The same in a cell that was given back, if there is one.
    #[inline(always)]
    pub fn awaited_again(
        &mut self,
        function: Gc<Function>,
        args: &[Value],
        awaiter: Gc<Frame>,
    ) -> Option<Gc<Frame>> {
        let code = function.code;
        let head = || Frame::awaited(function, awaiter);
        self.reuse_in_class(head, args, code.registers as usize, code.frame_class)
    }
}

/// Of an `AsyncGenStep`: its generator was entered.
pub const STEP_STARTED: u8 = 1;
/// What `asend`, `athrow`, `aclose` and `__anext__` of an async generator give: awaiting it drives the generator to
/// its next `yield`. While it does, it stands between the generator's frame and the frame that awaits.
#[repr(C)]
pub struct AsyncGenStep {
    pub header: Header,
    pub generator: Gc<Frame>,
    pub mode: StepMode,
    /// What is sent, or the exception that is thrown.
    pub argument: Value,
    /// The frame that awaits this step.
    pub awaiter: Value,
}

crate::object!(AsyncGenStep, AsyncGenStep, |this, t| {
    t.gc(this.generator);
    t.values(&[this.argument, this.awaiter]);
});

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepMode {
    /// `__anext__` and `asend`
    Send,
    /// `athrow`
    Throw,
    /// `aclose`
    Close,
    /// `__anext__` or `asend` that was awaited already, or closed.
    Spent,
    /// The same of `athrow` and `aclose`.
    SpentThrow,
}

impl AsyncGenStep {
    #[must_use]
    pub fn is_spent(&self) -> bool {
        matches!(self.mode, StepMode::Spent | StepMode::SpentThrow)
    }

    #[must_use]
    pub fn is_started(&self) -> bool {
        self.header.flags.get() & STEP_STARTED != 0
    }

    /// It cannot be awaited again.
    pub fn spend(&mut self) {
        self.mode = match self.mode {
            StepMode::Send | StepMode::Spent => StepMode::Spent,
            StepMode::Throw | StepMode::Close | StepMode::SpentThrow => StepMode::SpentThrow,
        };
    }
}

impl Heap {
    pub fn async_gen_step(
        &mut self,
        generator: Gc<Frame>,
        mode: StepMode,
        argument: Value,
    ) -> Gc<AsyncGenStep> {
        self.alloc(AsyncGenStep {
            header: Header::new(Kind::AsyncGenStep),
            generator,
            mode,
            argument,
            awaiter: Value::UNBOUND,
        })
    }
}
