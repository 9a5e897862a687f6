//! `await`, where what is awaited is no finished future: entering coroutines and natives, without an object in between
//! where nobody could see it.

use super::Fetched;
use crate::bytecode::op::Opcode;
use crate::heap::Value;
use crate::objects::task::{EPHEMERAL, STARTED};
use crate::objects::{Awaitable, Function, Instance, Native};
use crate::vm::frames::{Awaited, Flow};
use crate::vm::{Activation, AtOnce, Resume, Step, Vm};

impl Vm {
    /// The activation on top, which never moves.
    fn running(&mut self) -> *mut Activation {
        // SAFETY: while the loop runs there is an activation on top.
        unsafe { self.activations.as_mut_ptr().add(self.activations.len() - 1) }
    }

    /// Does a call of `f` whose result a `GetAwaitable` behind the saved pc takes: `n` arguments from register `first`
    /// on. The call takes `width` ops.
    #[inline(never)]
    pub(super) fn call_awaited(&mut self, f: Value, first: usize, n: usize, width: usize) -> Flow {
        // SAFETY: see `running`.
        let act = unsafe { &mut *self.running() };
        // SAFETY: a verified range of registers (2); it is seen only while it is not written.
        let args = unsafe { std::slice::from_raw_parts(act.regs.add(first), n) };
        if let Some(flow) = self.enter_awaited(act, f, args) {
            return flow;
        }
        act.ip = act.ip.wrapping_sub(width).wrapping_add(1);
        self.general()
    }

    /// Does the `GetAsyncNext` before the saved pc on an instance.
    #[inline(never)]
    pub(super) fn next_awaited(&mut self) -> Flow {
        // SAFETY: see `running`; the loop saved a pc behind an op, whose register is a verified operand (2).
        let act = unsafe { &mut *self.running() };
        let object = unsafe { *act.regs.add(Fetched(act.ip.wrapping_sub(1)).b() as usize) };
        if let Some(instance) = object.cast::<Instance>()
            && Fetched(act.ip).code() == Opcode::GetAwaitable
            && let Some(method) = self.lookup(self.shape(instance.shape()).class, self.names.__anext__)
            && let Some(flow) = self.enter_awaited(act, method, &[object])
        {
            return flow;
        }
        self.general()
    }

    /// Calls `f` for the `GetAwaitable` and the `Await` behind the saved pc, if nobody else sees what it gives; none
    /// if nothing was done.
    #[inline(always)]
    fn enter_awaited(&mut self, act: &mut Activation, f: Value, args: &[Value]) -> Option<Flow> {
        let ip = act.ip;
        // A `GetAwaitable` is not the last op of a code.
        let (get, wait) = (Fetched(ip), Fetched(ip.wrapping_add(1)));
        let dst = get.b();
        let fuel = self.heap.fuel.get() - 1;
        // Whether the result goes from the call through the two ops behind it, and nowhere else.
        let direct =
            wait.code() == Opcode::Await && wait.b() == get.a() && dst as usize >= act.code.locals.len();
        if !direct || fuel < 0 {
            return None;
        }
        if let Some(function) = f.cast::<Function>() {
            let code = function.code;
            let mut current = act.frame?;
            if code.coroutine_args != args.len() as u32 || current.depth as usize + 1 >= self.recursion_limit
            {
                return None;
            }
            self.heap.fuel.set(fuel);
            let frame = self.heap.awaited_frame(function, args, current);
            // SAFETY: a verified operand (2).
            unsafe { *act.regs.add(wait.b() as usize) = frame.value() };
            act.ip = ip.wrapping_add(2);
            current.pc = act.pc();
            act.frame = Some(frame);
            act.code = code;
            act.function = function;
            act.regs = frame.tail_ptr();
            act.ip = code.ops.as_ptr();
            return Some(Flow::Run);
        }
        let native = f.cast::<Native>()?;
        if !native.receiver.is_unbound() {
            return None;
        }
        self.heap.fuel.set(fuel);
        self.heap.fresh = Value::UNBOUND;
        self.at_once = AtOnce::Wanted;
        let v = match self.call_native(native.def, args, None) {
            Ok(v) => v,
            Err(raise) => {
                self.at_once = AtOnce::No;
                return Some(self.unwind(raise));
            }
        };
        Some(match std::mem::replace(&mut self.at_once, AtOnce::No) {
            AtOnce::Done => {
                act.ip = ip.wrapping_add(2);
                self.set_register(wait.a(), v);
                Flow::Run
            }
            AtOnce::NextTurn => {
                act.ip = ip.wrapping_add(2);
                // What a resumption finds there.
                self.set_register(wait.b(), Value::NONE);
                self.frame_yielded(Value::NONE, false)
            }
            AtOnce::No | AtOnce::Wanted => match v.cast::<Awaitable>() {
                Some(awaitable) if v == self.heap.fresh && !awaitable.has(STARTED) => {
                    awaitable.set(EPHEMERAL, true);
                    act.ip = ip.wrapping_add(2);
                    self.set_register(wait.b(), v);
                    let step = (awaitable.def.step)(self, awaitable, Resume::Send(Value::NONE));
                    self.awaited_step(wait.a(), v, step)
                }
                _ => {
                    self.set_register(dst, v);
                    Flow::Run
                }
            },
        })
    }

    /// Goes on as the first step of a native says.
    fn awaited_step(&mut self, dst: u16, awaited: Value, step: Step) -> Flow {
        match step {
            Step::Ready(v) => {
                self.set_register(dst, v);
                self.release_awaited(awaited);
                Flow::Run
            }
            Step::Pending(on) => self.frame_yielded(on, false),
            Step::Failed(raise) => self.unwind(raise),
        }
    }

    /// Does the `Await` before the saved pc.
    #[inline(never)]
    pub(super) fn begin_await(&mut self) -> Flow {
        let fuel = self.heap.fuel.get() - 1;
        self.heap.fuel.set(fuel);
        if fuel < 0
            && let Err(raise) = self.poll()
        {
            return self.unwind(raise);
        }
        // SAFETY: see `running`; the loop saved a pc behind an op.
        let (op, awaited) = unsafe {
            let act = &*self.running();
            let op = Fetched(act.ip.sub(1));
            (op, *act.regs.add(op.b() as usize))
        };
        match self.await_on(awaited) {
            Ok(Awaited::Ready(v)) => {
                self.set_register(op.a(), v);
                Flow::Run
            }
            Ok(Awaited::Entered(flow)) => flow,
            Ok(Awaited::Pending(v)) => self.frame_yielded(v, false),
            Err(raise) => self.unwind(raise),
        }
    }
}
