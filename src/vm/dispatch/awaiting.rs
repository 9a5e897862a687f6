//! `await`, where what is awaited is no finished future: entering coroutines and natives, without an object in between
//! where nobody could see it.

use super::delegating::begin_generator;
use super::state::{Fetched, State};
use super::{Exit, Halt};
use crate::bytecode::op::{Op, UNSEEN};
use crate::heap::{Gc, Kind, Value};
use crate::objects::frame::{ESCAPED, LOOPED};
use crate::objects::task::{EPHEMERAL, FAILED, FutureState, STARTED};
use crate::objects::{Awaitable, CodeObject, Frame, Future, Native};
use crate::vm::frames::{Awaited, Flow};
use crate::vm::{Activation, AtOnce, Resume, Return, Step, Vm};

handlers! {
    fn get_awaitable(s) {
        let op = s.op();
        let v = s.reg(op.b());
        if matches!(v.kind(), Some(Kind::Coroutine | Kind::Future | Kind::Task)) {
            return s.done(op.a(), v);
        }
        s.general()
    }

    fn wait(s) {
        let op = s.op();
        if let Some(future) = s.reg(op.b()).cast::<Future>()
            && future.state() == FutureState::Finished
            && !future.has(FAILED)
        {
            return s.done(op.a(), future.result);
        }
        if s.reg(op.b()).kind() == Some(Kind::Generator) { s.then(begin_generator) } else { s.then(wait_otherwise) }
    }

    fn wait_otherwise(s) {
        s.save(1);
        let flow = s.vm.begin_await();
        s.changed(flow)
    }

    /// A coroutine gives its result to the one that awaits it, or a generator to the one that delegates to it.
    fn return_to_awaiter(s) {
        let op = s.op();
        if let Some(frame) = s.act().frame
            && let Some(awaiter) = frame.awaiter.cast::<Frame>()
            && frame.header.kind() != Kind::AsyncGenerator
            && !frame.has(ESCAPED)
        {
            let v = s.reg(op.a());
            // Only the registers of its awaiter still name it, and those are not read again.
            s.vm.heap.free_now(frame);
            s.switch_to(awaiter);
            // The pc of a frame that awaits another is behind its `Await`.
            let result = Fetched(s.pc.wrapping_sub(1)).a();
            s.set(result, v);
            return s.go();
        }
        s.then(return_to_task)
    }

    /// A coroutine that nobody awaits gives its result to who drives it.
    fn return_to_task(s) {
        let op = s.op();
        let act = s.act();
        if let Some(frame) = act.frame
            && frame.header.kind() == Kind::Coroutine
            && frame.awaiter.is_unbound()
            && act.ret == Return::Exit
        {
            let v = s.reg(op.a());
            frame.finish();
            s.pop();
            return s.leave(Ok(Exit::Return(v)));
        }
        s.then(return_from_generator)
    }

    /// A generator ends the loop that drives it.
    fn return_from_generator(s) {
        let act = s.act();
        if let Some(frame) = act.frame
            && act.ret == Return::ForNext
            && frame.header.kind() == Kind::Generator
            && frame.awaiter.is_unbound()
            && act.kept == frame.value()
        {
            let looped = frame.has(LOOPED);
            if looped {
                // Only the register of the loop still names it, and that is not read again.
                s.vm.heap.free_now(frame);
            } else {
                frame.finish();
            }
            s.pop();
            let s = s.caller();
            if looped {
                // The saved pc is behind the `ForNext`.
                s.set(s.before(1).b(), Value::UNBOUND);
            }
            return s.go();
        }
        s.general()
    }
}

impl Vm {
    /// Does a call of `f` whose result a `GetAwaitable` behind the saved pc takes: `n` arguments from register `first`
    /// on. The call takes `width` ops. A native may give what is awaited at once.
    #[inline(never)]
    pub(super) fn call_awaited(&mut self, f: Value, first: usize, n: usize, width: usize) -> Flow {
        // SAFETY: see `running`.
        let act = unsafe { &mut *self.activations.top() };
        let ip = act.ip;
        // An `Await` is behind it, if it has that flag.
        let (get, wait) = (Fetched(ip), Fetched(ip.wrapping_add(1)));
        let fuel = self.heap.fuel.get() - 1;
        if let Some(native) = f.cast::<Native>()
            && native.receiver.is_unbound()
            && get.x() & UNSEEN != 0
            && fuel >= 0
        {
            self.heap.fuel.set(fuel);
            self.heap.fresh = Value::UNBOUND;
            self.at_once = AtOnce::Wanted;
            // SAFETY: a verified range of registers (2); the native sees it only while it is not written.
            let args = unsafe { std::slice::from_raw_parts(act.regs.add(first), n) };
            let v = match self.call_native(native.def, args, None) {
                Ok(v) => v,
                Err(raise) => {
                    self.at_once = AtOnce::No;
                    return self.unwind(raise);
                }
            };
            return match std::mem::replace(&mut self.at_once, AtOnce::No) {
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
                        self.set_register(get.b(), v);
                        Flow::Run
                    }
                },
            };
        }
        act.ip = ip.wrapping_sub(width).wrapping_add(1);
        self.general()
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
            let act = &*self.activations.top();
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
