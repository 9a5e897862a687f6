//! What the handlers of the ops hand to each other, and how they go on.

use super::{HANDLERS, Halt, Handler};
use crate::bytecode::op::{Op, Opcode, UNSEEN};
use crate::heap::{Gc, Value};
use crate::objects::{CellObject, CodeObject, Frame, Function, InlineCache, Tuple};
use crate::vm::frames::Flow;
use crate::vm::{Activation, Raise, Result, Return, Vm};

/// An op, whose fields are read where they are used.
#[derive(Clone, Copy)]
pub(super) struct Fetched(pub *const Op);

impl Fetched {
    #[inline(always)]
    pub fn code(self) -> Opcode {
        // SAFETY (all): made from a pc, which points at an op.
        unsafe { (*self.0).code }
    }

    #[inline(always)]
    pub fn x(self) -> u8 {
        unsafe { (*self.0).x }
    }

    #[inline(always)]
    pub fn a(self) -> u16 {
        unsafe { (*self.0).a }
    }

    #[inline(always)]
    pub fn b(self) -> u16 {
        unsafe { (*self.0).b }
    }

    #[inline(always)]
    pub fn c(self) -> u16 {
        unsafe { (*self.0).c }
    }

    /// Keeps something in an `Extra`'s `a`, which says nothing.
    #[inline(always)]
    pub fn set_a(self, a: u16) {
        // SAFETY: nobody borrows the ops while they run.
        unsafe { (*self.0.cast_mut()).a = a }
    }

    /// `b` as a signed number.
    #[inline(always)]
    pub fn signed_b(self) -> i64 {
        i64::from(self.b() as i16)
    }

    /// `c` as a signed number.
    #[inline(always)]
    pub fn signed_c(self) -> i64 {
        i64::from(self.c() as i16)
    }

    #[inline(always)]
    pub fn bc(self) -> u32 {
        if cfg!(target_endian = "little") {
            unsafe { self.0.byte_add(2).cast::<u32>().read_unaligned() }
        } else {
            unsafe { (*self.0).bc() }
        }
    }

    #[inline(always)]
    pub fn cx(self) -> u32 {
        if cfg!(target_endian = "little") {
            unsafe { self.0.cast::<u32>().read() >> 8 }
        } else {
            unsafe { (*self.0).cx() }
        }
    }

    #[inline(always)]
    pub fn jump(self) -> isize {
        if cfg!(target_endian = "little") {
            // The upper 24 bits of its first half.
            unsafe { self.0.cast::<i32>().read() as isize >> 8 }
        } else {
            unsafe { (*self.0).jump() as isize }
        }
    }

    /// The op so many places on.
    #[inline(always)]
    pub fn after(self, width: usize) -> Self {
        Self(self.0.wrapping_add(width))
    }
}

/// What runs: five words, which handlers get in registers and pass on in registers.
pub(super) struct State<'a> {
    pub vm: &'a mut Vm,
    /// The op that runs.
    pub pc: *const Op,
    /// The registers of the activation on top.
    pub regs: *mut Value,
    /// The activation on top. Activations never move: room for the deepest recursion is reserved at the start.
    pub act: *mut Activation,
    /// Its code.
    pub code: Gc<CodeObject>,
}

impl<'a> State<'a> {
    /// What the activation on top says.
    #[inline(always)]
    pub fn top(vm: &'a mut Vm) -> Self {
        let act = vm.activations.top();
        Self::of(vm, act)
    }

    /// The same, of the activation on top.
    #[inline(always)]
    pub fn of(vm: &'a mut Vm, act: *mut Activation) -> Self {
        // SAFETY: while the loop runs there is an activation on top.
        let top = unsafe { &*act };
        Self { vm, pc: top.ip, regs: top.regs, act, code: top.code }
    }

    #[inline(always)]
    pub fn op(&self) -> Fetched {
        Fetched(self.pc)
    }

    #[inline(always)]
    pub fn act(&self) -> &'static mut Activation {
        // SAFETY: while the loop runs there is an activation on top, and `act` points at it; whoever asks is done with it
        // before anything pops it.
        unsafe { &mut *self.act }
    }

    #[inline(always)]
    pub fn function(&self) -> Gc<Function> {
        self.act().function
    }

    /// The op, of so many places, before the pc.
    #[inline(always)]
    pub fn before(&self, width: usize) -> Fetched {
        Fetched(self.pc.wrapping_sub(width))
    }

    #[inline(always)]
    pub fn reg(&self, i: impl Into<usize>) -> Value {
        // SAFETY: a verified operand (2).
        unsafe { *self.regs.add(i.into()) }
    }

    #[inline(always)]
    pub fn set(&self, i: impl Into<usize>, v: Value) {
        // SAFETY: a verified operand (2).
        unsafe { *self.regs.add(i.into()) = v }
    }

    /// A range of registers. Whoever asks is done with it before one of them is written.
    #[inline(always)]
    pub fn slice(&self, first: impl Into<usize>, n: usize) -> &'static [Value] {
        // SAFETY: verified operands (2).
        unsafe { std::slice::from_raw_parts(self.regs.add(first.into()), n) }
    }

    #[inline(always)]
    pub fn constant(&self, i: u32) -> Value {
        // SAFETY: a verified operand (2).
        unsafe { *self.code.consts.as_ptr().add(i as usize) }
    }

    #[inline(always)]
    pub fn cache(&self, i: u32) -> &'static mut InlineCache {
        // SAFETY: a verified operand (2); nobody else borrows the caches while an op runs.
        unsafe { &mut *self.code.caches.as_ptr().cast_mut().add(i as usize) }
    }

    /// A cell of the closure.
    #[inline(always)]
    pub fn free(&self, i: u16) -> Gc<CellObject> {
        // SAFETY: a verified operand (2), and a function's closure is complete.
        unsafe {
            let cells = self.function().closure().cast_unchecked::<Tuple>();
            cells.all().get_unchecked(usize::from(i)).cast_unchecked()
        }
    }

    /// Whether a register is none of a name's: the op that takes its value is the only one to read it.
    #[inline(always)]
    pub fn is_temporary(&self, i: u16) -> bool {
        usize::from(i) >= self.code.locals.len()
    }

    /// Leaves the op to another handler.
    #[inline(always)]
    pub fn then(self, handler: Handler) -> Halt {
        handler(self.vm, self.pc, self.regs, self.act, self.code)
    }

    /// Does the op at the pc.
    #[inline(always)]
    pub fn step(self) -> Halt {
        let handler = HANDLERS[self.op().code() as usize];
        self.then(handler)
    }

    /// Goes on with the op at the pc: the last thing that a handler does.
    #[inline(always)]
    pub fn go(self) -> Halt {
        if cfg!(debug_assertions) {
            // Without optimisation a call at the end of a function takes room on the native stack.
            self.act().ip = self.pc;
            return Halt::Reload;
        }
        self.step()
    }

    /// The op, of so many places, is done.
    #[inline(always)]
    pub fn skip(mut self, width: usize) -> Halt {
        self.pc = self.pc.wrapping_add(width);
        self.go()
    }

    /// The op is done.
    #[inline(always)]
    pub fn next(self) -> Halt {
        self.skip(1)
    }

    /// The op is done, and this is its result.
    #[inline(always)]
    pub fn done(self, i: u16, v: Value) -> Halt {
        self.set(i, v);
        self.next()
    }

    /// Takes the op's jump, unless something is due at a backward one.
    #[inline(always)]
    pub fn jump(self) -> Halt {
        let by = self.op().jump();
        if by >= 0 || self.spend() { self.jump_free(by) } else { self.general() }
    }

    /// Takes a jump that was paid for.
    #[inline(always)]
    pub fn jump_free(mut self, by: isize) -> Halt {
        // A verified jump (2), from behind the op.
        self.pc = self.pc.wrapping_offset(by + 1);
        self.go()
    }

    /// Takes the op's jump if something holds that should.
    #[inline(always)]
    pub fn branch(self, holds: bool, want: bool) -> Halt {
        if holds == want { self.jump() } else { self.next() }
    }

    /// Whether there was something left of what may run before the next poll.
    #[inline(always)]
    pub fn spend(&self) -> bool {
        let fuel = &self.vm.heap.fuel;
        fuel.set(fuel.get() - 1);
        if fuel.get() < 0 {
            // It is not spent: whoever polls for the op does that.
            // SAFETY: it is the VM's own. Volatile, so that the old number is not kept for it.
            unsafe { fuel.set(fuel.as_ptr().read_volatile() + 1) };
            return false;
        }
        true
    }

    /// Something may look where the code is: behind the op, which has so many places.
    #[inline(always)]
    pub fn save(&self, width: usize) {
        self.act().ip = self.pc.wrapping_add(width);
    }

    /// Asks the VM for something that runs no code of the language. What runs is read anew then, which takes less than
    /// keeping it.
    #[inline(always)]
    pub fn lend<T>(self, ask: impl FnOnce(&mut Vm) -> T) -> (Self, T) {
        self.save(0);
        let (vm, act) = (self.vm, self.act);
        let answer = ask(vm);
        (Self::of(vm, act), answer)
    }

    /// The op is done if this is its result; if that is unbound, it is `general`'s.
    #[inline(always)]
    pub fn given(self, v: Value) -> Halt {
        if v.is_unbound() {
            return self.general();
        }
        self.set(self.op().a(), v);
        self.next()
    }

    /// Leaves the op, which has changed nothing, to `general`.
    #[inline(always)]
    pub fn general(self) -> Halt {
        self.save(1);
        Halt::General
    }

    /// Goes on as what changed the activations says.
    #[inline(always)]
    pub fn changed(self, flow: Flow) -> Halt {
        match flow {
            Flow::Run => State::top(self.vm).go(),
            Flow::Leave => Halt::Leave,
        }
    }

    /// The run loop ends.
    #[inline(always)]
    pub fn leave(self, exit: Result<super::Exit>) -> Halt {
        self.vm.left = exit;
        Halt::Leave
    }

    /// What a call in Rust gave, which may have run code of the language: the result of the op, which has so many places, or
    /// an exception.
    #[inline(always)]
    pub fn finish(self, result: Result<Value>, i: u16, width: usize) -> Halt {
        match result {
            Ok(v) => {
                self.set(i, v);
                self.skip(width)
            }
            Err(raise) => self.raise(raise),
        }
    }

    /// The same for a call of so many places that is behind the pc already: what runs was read anew since, which takes less
    /// than keeping it.
    #[inline(always)]
    pub fn called(self, result: Result<Value>, width: usize) -> Halt {
        let dst = self.before(width).c();
        self.finish(result, dst, 0)
    }

    /// An exception, raised by the op before the saved pc.
    #[inline(always)]
    pub fn raise(self, raise: Raise) -> Halt {
        match self.vm.unwind(raise) {
            Flow::Run => Halt::Reload,
            Flow::Leave => Halt::Leave,
        }
    }

    /// Whether the limit of recursion allows one more call.
    #[inline(always)]
    pub fn may_call(&self) -> bool {
        self.vm.activations.may_follow(self.act)
    }

    /// Whether one more call may begin whose registers end here, where the stack was before.
    #[inline(always)]
    pub fn has_room(&self, top: *mut Value) -> bool {
        self.may_call() && self.vm.stack.has(top)
    }

    /// Pushes the call of a function, for which there is room, and runs it.
    #[inline(always)]
    pub fn enter(
        self,
        function: Gc<Function>,
        window: *mut Value,
        top: *mut Value,
        returns: (Return, u16),
    ) -> Halt {
        self.enter_at(function.entry(), function, window, top, returns)
    }

    /// The same where the function's first op is known.
    #[inline(always)]
    pub fn enter_at(
        mut self,
        entry: *const Op,
        function: Gc<Function>,
        window: *mut Value,
        top: *mut Value,
        returns: (Return, u16),
    ) -> Halt {
        self.act = self.act.wrapping_add(1);
        self.regs = window;
        self.code = function.code;
        self.pc = entry;
        // SAFETY: the limit is at most what was reserved, so there is room for one more. Field by field, since a whole
        // one would be put together in more registers than there are. The pc is saved before anybody looks, and there is
        // nothing that this call keeps.
        unsafe {
            let act = self.act;
            (*act).regs = window;
            (*act).top = top;
            (*act).function = function;
            (*act).code = self.code;
            (*act).returns(returns);
            (*act).frame = None;
        }
        self.vm.activations.set_top(self.act);
        self.go()
    }

    /// Pushes the activation, for which there is room, and runs it.
    #[inline(always)]
    pub fn enter_again(mut self, new: Activation) -> Halt {
        self.code = new.code;
        self.regs = new.regs;
        self.pc = new.ip;
        self.act = self.act.wrapping_add(1);
        // SAFETY: the limit is at most what was reserved, so there is room for one more.
        unsafe { self.act.write(new) };
        self.vm.activations.set_top(self.act);
        self.go()
    }

    /// Pops the activation: how it was entered. The one below it runs on, if there is one.
    #[inline(always)]
    pub fn pop(&mut self) -> (Return, u16) {
        let (ret, dst) = (self.act().ret, self.act().dst);
        self.act = self.act.wrapping_sub(1);
        self.vm.activations.set_top(self.act);
        (ret, dst)
    }

    /// After `pop`, where the caller runs on.
    #[inline(always)]
    pub fn caller(self) -> Self {
        Self::of(self.vm, self.act)
    }

    /// Enters a coroutine that takes just these arguments, for a call of so many places whose result is awaited. If somebody
    /// else may see it, the op is `general`'s; `anew` makes a frame where none was given back.
    #[inline(always)]
    pub fn enter_coroutine(
        self,
        function: Gc<Function>,
        args: &[Value],
        width: usize,
        anew: Option<Handler>,
    ) -> Halt {
        let get = self.op().after(width);
        if get.code() == Opcode::GetAwaitable
            && get.x() & UNSEEN != 0
            && let Some(current) = self.act().frame
            && (current.depth as usize) + 1 < self.vm.recursion_limit
            && self.spend()
        {
            if let Some(anew) = anew {
                return match self.vm.heap.awaited_again(function, args, current) {
                    Some(frame) => self.await_frame(function, frame, current, width),
                    None => self.then(anew),
                };
            }
            if !function.code.frame_class.is_large() {
                let frame = self.vm.heap.awaited(function, args, current);
                return self.await_frame(function, frame, current, width);
            }
        }
        self.general()
    }

    #[inline(always)]
    fn await_frame(
        mut self,
        function: Gc<Function>,
        frame: Gc<Frame>,
        mut current: Gc<Frame>,
        width: usize,
    ) -> Halt {
        // It is what the `Await` reads, which is behind the `GetAwaitable`.
        self.set(self.op().after(width).a(), frame.value());
        self.save(width + 2);
        current.pc = self.act().pc();
        self.begin(function, frame);
        self.go()
    }

    /// The frame takes the place of the one that runs.
    #[inline(always)]
    pub fn switch_to(&mut self, frame: Gc<Frame>) {
        self.begin(frame.function, frame);
        self.pc = self.pc.wrapping_add(frame.pc as usize);
    }

    /// The same for a frame of this function that begins.
    #[inline(always)]
    fn begin(&mut self, function: Gc<Function>, frame: Gc<Frame>) {
        let act = self.act();
        act.frame = Some(frame);
        act.function = function;
        self.code = function.code;
        act.code = self.code;
        self.regs = frame.tail_ptr();
        act.regs = self.regs;
        self.pc = function.entry();
    }
}
