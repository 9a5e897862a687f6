//! Generators, coroutines and async generators: entering, suspending and leaving their frames.
//!
//! An `await` on a coroutine puts its frame into the running activation and links it to the frame that awaits; a
//! return goes back along the link. A suspension leaves the chain as it is and pops the activation: the driver's frame
//! (`root`) remembers the innermost one, so that resuming goes there at once.

use super::dispatch::Exit;
use super::{Activation, AtOnce, Raise, Result, Resume, Return, Step, Vm};
use crate::bytecode::op::Opcode;
use crate::heap::{Gc, Kind, Value};
use crate::objects::code::CacheKind;
use crate::objects::frame::{ASYNC_CLOSED, ASYNC_RUNNING, DRAINED, Drain, ESCAPED, STEP_STARTED};
use crate::objects::task::{FAILED, FutureState};
use crate::objects::{
    AsyncGenStep, Awaitable, Frame, FrameState, Function, Future, InlineCache, Instance, List, StepMode,
};

/// How the run loop goes on after activations changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    /// With the activation on top.
    Run,
    /// It ends as `Vm::left` says.
    Leave,
}

/// What `await` found.
pub(super) enum Awaited {
    Ready(Value),
    /// The awaited frame was entered.
    Entered(Flow),
    /// Suspend with this.
    Pending(Value),
}

/// How one step of a coroutine ended.
#[derive(Clone, Copy, Debug)]
pub enum Driven {
    Returned(Value),
    /// On a future, an awaitable, or None (the next turn).
    Suspended(Value),
    Raised(Raise),
}

impl Vm {
    /// A frame for a call of a generator, coroutine or async generator function; its parameters are still unbound.
    pub(super) fn new_frame(&mut self, function: Gc<Function>) -> Gc<Frame> {
        self.heap.frame(function)
    }

    /// Puts the innermost frame below `root` on top.
    pub(super) fn push_frame(
        &mut self,
        mut root: Gc<Frame>,
        top: *mut Value,
        ret: Return,
        dst: u16,
    ) -> Result<()> {
        if self.activations.are_full() && !self.allow_deeper() {
            return Err(self.too_deep());
        }
        let inner = root.inner.cast::<Frame>().unwrap_or(root);
        root.inner = Value::UNBOUND;
        root.set_state(FrameState::Running);
        let mut act = Activation::new(inner.function, inner.tail_ptr(), top, inner.pc, (ret, dst));
        act.frame = Some(inner);
        act.kept = root.value();
        self.activations.push(act);
        Ok(())
    }

    /// Runs the suspended frame on top on: what is sent or thrown goes to where it stopped.
    pub(super) fn resume_top(&mut self, resume: Resume) -> Flow {
        let Some(act) = self.activations.last() else { return Flow::Run };
        let Some(frame) = act.frame else { return Flow::Run };
        let pc = act.pc();
        if pc == 0 {
            frame.set_state(FrameState::Running);
            return match resume {
                Resume::Send(_) => Flow::Run,
                Resume::Throw(exc) => self.unwind_thrown(Raise(exc)),
            };
        }
        let op = act.code.ops[pc as usize - 1];
        frame.set_state(FrameState::Running);
        if op.code != Opcode::Await {
            return match resume {
                Resume::Send(v) => {
                    self.set_register(op.a, v);
                    Flow::Run
                }
                Resume::Throw(exc) => self.unwind_thrown(Raise(exc)),
            };
        }
        let awaited = Self::register_of(act, op.b);
        if let Some(inner) = awaited.cast::<Frame>()
            && let Resume::Send(_) = resume
            && inner.awaiter.is_unbound()
            && inner.state() == FrameState::Suspended
        {
            // Somebody else drove it meanwhile.
            return match self.link(inner, Value::UNBOUND) {
                Ok(()) => self.resume_top(resume),
                Err(raise) => self.unwind(raise),
            };
        }
        match self.step_awaited(awaited, resume) {
            Ok(Step::Ready(v)) => {
                self.set_register(op.a, v);
                self.release_awaited(awaited);
                Flow::Run
            }
            Ok(Step::Pending(on)) => self.frame_yielded(on, false),
            Ok(Step::Failed(raise)) | Err(raise) => match resume {
                Resume::Throw(exc) if exc == raise.0 => self.unwind_thrown(raise),
                _ => self.unwind(raise),
            },
        }
    }

    /// A suspended generator that another one delegates to is driven directly: from now on it stands on its own, and the
    /// one that delegated is where its driver goes on.
    pub(super) fn detach(&mut self, mut frame: Gc<Frame>) {
        let Some(awaiter) = frame.awaiter.cast::<Frame>() else { return };
        let mut root = awaiter;
        while let Some(next) = root.awaiter.cast::<Frame>() {
            root = next;
        }
        if frame.header.kind() != Kind::Generator
            || !root.awaiter.is_unbound()
            || root.state() != FrameState::Suspended
        {
            return;
        }
        frame.inner = if root.inner == frame.value() { Value::UNBOUND } else { root.inner };
        root.inner = if awaiter == root { Value::UNBOUND } else { awaiter.value() };
        awaiter.set_state(FrameState::Suspended);
        frame.set_state(FrameState::Suspended);
        frame.awaiter = Value::UNBOUND;
        frame.depth = 0;
    }

    /// Gives back a finished native that only its `await` could hold, and that never was in a queue or timer.
    pub(super) fn release_awaited(&mut self, awaited: Value) {
        use crate::objects::task::{EPHEMERAL, FINISHED, STARTED};
        if let Some(awaitable) = awaited.cast::<Awaitable>()
            && awaitable.header.flags.get() == STARTED | FINISHED | EPHEMERAL
        {
            self.heap.free_now(awaitable);
        }
    }

    /// Steps what a frame awaits, unless that is itself a frame.
    fn step_awaited(&mut self, awaited: Value, resume: Resume) -> Result<Step> {
        if let Some(future) = awaited.cast::<Future>() {
            return match resume {
                Resume::Throw(exc) => Err(Raise(exc)),
                Resume::Send(_) if future.is_done() => {
                    Ok(Step::Ready(crate::event_loop::future_result(self, future)?))
                }
                Resume::Send(_) => Err(self.runtime_error("await wasn't used with future")),
            };
        }
        if let Some(awaitable) = awaited.cast::<Awaitable>() {
            return Ok((awaitable.def.step)(self, awaitable, resume));
        }
        if awaited.is_none() || awaited.is::<AsyncGenStep>() || awaited.is::<Frame>() {
            // The turn after the one in which a native waited for that and no more, a generator that ended meanwhile, or
            // one that somebody else drives.
            return match resume {
                Resume::Throw(exc) => Err(Raise(exc)),
                Resume::Send(v) => Ok(Step::Ready(v)),
            };
        }
        Ok(match self.drive_foreign(awaited, resume) {
            Driven::Returned(v) => Step::Ready(v),
            Driven::Suspended(v) => Step::Pending(v),
            Driven::Raised(raise) => Step::Failed(raise),
        })
    }

    /// An object with `__next__` or `send` and `throw`.
    fn drive_foreign(&mut self, object: Value, resume: Resume) -> Driven {
        let result = match resume {
            Resume::Send(v) if v.is_none() => match self.next_or_stop(object) {
                Ok(Ok(v)) => Ok(v),
                Ok(Err(stop)) => return Driven::Returned(stop),
                Err(raise) => Err(raise),
            },
            Resume::Send(v) => self.call_method(object, "send", &[v]),
            Resume::Throw(exc) if self.is_instance_of(exc, self.exceptions.GeneratorExit) => {
                // What a generator delegates to is closed, not thrown into.
                self.releasing(|vm| {
                    // Nobody else may hold the exception while `close` runs.
                    vm.root(exc);
                    if let Some(close) = vm.find_attr(object, vm.names.close)? {
                        vm.call(close, &[])?;
                    }
                    Err(Raise(exc))
                })
            }
            Resume::Throw(exc) => self.releasing(|vm| {
                vm.root(exc);
                match vm.find_attr(object, vm.names.throw)? {
                    Some(throw) => vm.call(throw, &[exc]),
                    None => Err(Raise(exc)),
                }
            }),
        };
        match result {
            Ok(v) => Driven::Suspended(v),
            Err(raise) if self.raised_is(raise, self.exceptions.StopIteration) => {
                Driven::Returned(self.stop_value(raise))
            }
            Err(raise) => Driven::Raised(raise),
        }
    }

    /// The next item, or the value that the iterator's StopIteration carries.
    fn next_or_stop(&mut self, it: Value) -> Result<std::result::Result<Value, Value>> {
        if let Some(frame) = it.cast::<Frame>() {
            return Ok(match self.send_generator(frame, Resume::Send(Value::NONE))? {
                Exit::Yield(v) => Ok(v),
                Exit::Return(v) => Err(v),
            });
        }
        if self.special(it, self.names.__next__).is_none() || it.is::<crate::objects::Iter>() {
            return Ok(self.next(it)?.ok_or(Value::NONE));
        }
        match self.call_special(it, self.names.__next__, &[]) {
            Ok(v) => Ok(v.ok_or(Value::NONE)),
            Err(raise) if self.raised_is(raise, self.exceptions.StopIteration) => {
                Ok(Err(self.stop_value(raise)))
            }
            Err(raise) => Err(raise),
        }
    }

    /// The running frame awaits (or delegates to) something.
    pub(super) fn await_on(&mut self, awaited: Value) -> Result<Awaited> {
        if let Some(frame) = awaited.cast::<Frame>() {
            return self.await_frame(frame);
        }
        if let Some(step) = awaited.cast::<AsyncGenStep>() {
            return self.await_step(step);
        }
        if let Some(future) = awaited.cast::<Future>() {
            return Ok(if future.is_done() {
                Awaited::Ready(crate::event_loop::future_result(self, future)?)
            } else {
                Awaited::Pending(awaited)
            });
        }
        let step = match awaited.cast::<Awaitable>() {
            Some(awaitable) => (awaitable.def.step)(self, awaitable, Resume::Send(Value::NONE)),
            None => self.step_awaited(awaited, Resume::Send(Value::NONE))?,
        };
        match step {
            Step::Ready(v) => Ok(Awaited::Ready(v)),
            Step::Pending(v) => Ok(Awaited::Pending(v)),
            Step::Failed(raise) => Err(raise),
        }
    }

    fn await_frame(&mut self, frame: Gc<Frame>) -> Result<Awaited> {
        let coroutine = frame.header.kind() == Kind::Coroutine;
        if frame.state() == FrameState::Done {
            if coroutine {
                return Err(self.runtime_error("cannot reuse already awaited coroutine"));
            }
            return Ok(Awaited::Ready(Value::NONE));
        }
        if !frame.awaiter.is_unbound() || frame.state() == FrameState::Running {
            let running = frame.state() == FrameState::Running && frame.awaiter.is_unbound();
            return Err(if coroutine && running {
                self.value_error("coroutine already executing")
            } else if coroutine {
                self.runtime_error("coroutine is being awaited already")
            } else {
                self.value_error("generator already executing")
            });
        }
        let fresh = frame.state() == FrameState::Created;
        if coroutine && !fresh {
            // Somebody drives it by hand, and it waits for something.
            return Err(self.runtime_error("coroutine is being awaited already"));
        }
        self.link(frame, Value::UNBOUND)?;
        Ok(Awaited::Entered(if fresh { Flow::Run } else { self.resume_top(Resume::Send(Value::NONE)) }))
    }

    /// Puts `frame` in place of the running one, which awaits it; `step` stands between them for an async generator.
    fn link(&mut self, mut frame: Gc<Frame>, step: Value) -> Result<()> {
        let limit = self.recursion_limit;
        let Some(act) = self.activations.last_mut() else { return Ok(()) };
        let Some(mut current) = act.frame else { return Ok(()) };
        if current.depth as usize + 1 >= limit {
            return Err(self.too_deep());
        }
        current.pc = act.pc();
        frame.depth = current.depth + 1;
        match step.cast::<AsyncGenStep>() {
            Some(mut step_object) => {
                step_object.awaiter = current.value();
                frame.awaiter = step;
            }
            None => frame.awaiter = current.value(),
        }
        let inner = frame.inner.cast::<Frame>().unwrap_or(frame);
        frame.inner = Value::UNBOUND;
        frame.set_state(FrameState::Running);
        act.frame = Some(inner);
        act.code = inner.function.code;
        act.function = inner.function;
        act.regs = inner.tail_ptr();
        act.set_pc(inner.pc);
        Ok(())
    }

    /// Puts a frame that waited for another back in place; its pc is behind its `Await`.
    fn switch_to(&mut self, frame: Gc<Frame>) {
        if let Some(act) = self.activations.last_mut() {
            act.frame = Some(frame);
            act.code = frame.function.code;
            act.function = frame.function;
            act.regs = frame.tail_ptr();
            act.set_pc(frame.pc);
        }
    }

    /// Gives a result to the frame that awaits it.
    fn deliver(&mut self, awaiter: Gc<Frame>, v: Value) -> Flow {
        self.switch_to(awaiter);
        let op = awaiter.function.code.ops[awaiter.pc as usize - 1];
        self.set_register(op.a, v);
        Flow::Run
    }

    /// The running frame returns.
    pub(super) fn frame_returned(&mut self, v: Value) -> Flow {
        let Some(act) = self.activations.last() else { return self.leaving(Ok(Exit::Return(v))) };
        let Some(frame) = act.frame else { return self.leaving(Ok(Exit::Return(v))) };
        let awaiter = frame.awaiter;
        let is_async = frame.header.kind() == Kind::AsyncGenerator;
        if let Some(next) = awaiter.cast::<Frame>()
            && !is_async
        {
            if frame.has(ESCAPED) {
                frame.finish();
            } else {
                // Only the registers of its awaiter still name it, and those are not read again.
                self.heap.free_now(frame);
            }
            return self.deliver(next, v);
        }
        frame.finish();
        if is_async {
            return self.async_gen_ended(frame, awaiter, None);
        }
        self.pop_frame(Ok(Exit::Return(v)))
    }

    /// Pops the activation of a driven frame and tells whoever drove it.
    fn pop_frame(&mut self, exit: Result<Exit>) -> Flow {
        let Some(done) = self.activations.pop() else { return self.leaving(exit) };
        match (done.ret, exit) {
            (Return::ForNext, Ok(Exit::Yield(v))) => {
                self.set_register(done.dst, v);
                if let Some(caller) = self.activations.last_mut() {
                    let pc = caller.pc();
                    let op = caller.code.ops[pc as usize - 1];
                    caller.set_pc(pc.wrapping_add_signed(op.jump()));
                }
                Flow::Run
            }
            (Return::ForNext, Ok(Exit::Return(_))) => Flow::Run,
            (_, exit) => self.leaving(exit),
        }
    }

    /// The running frame suspends with a value: for the driver, or from an async generator's `yield` for its consumer.
    pub(super) fn frame_yielded(&mut self, v: Value, async_yield: bool) -> Flow {
        let Some(act) = self.activations.last() else { return Flow::Run };
        let (Some(mut frame), Some(mut root)) = (act.frame, act.kept.cast::<Frame>()) else {
            return Flow::Run;
        };
        frame.pc = act.pc();
        frame.set_state(FrameState::Suspended);
        if async_yield {
            return self.async_gen_yielded(frame, v);
        }
        root.inner = if root == frame { Value::UNBOUND } else { frame.value() };
        root.set_state(FrameState::Suspended);
        if act.ret == Return::Exit {
            self.activations.pop();
            return self.leaving(Ok(Exit::Yield(v)));
        }
        self.pop_frame(Ok(Exit::Yield(v)))
    }

    // Async generators.

    fn await_step(&mut self, step: Gc<AsyncGenStep>) -> Result<Awaited> {
        match self.begin_step(step)? {
            Ok(v) => Ok(Awaited::Ready(v)),
            Err(resume) => {
                self.link(step.generator, step.value())?;
                Ok(Awaited::Entered(self.resume_top(resume)))
            }
        }
    }

    /// An `async for` enters a generator that has not begun; there is no step object between the two frames.
    pub(super) fn begin_async_for(&mut self, generator: Gc<Frame>) -> Result<()> {
        self.link(generator, Value::UNBOUND)?;
        self.event_loop.adopt_async_generator(generator);
        generator.set(ASYNC_RUNNING, true);
        Ok(())
    }

    /// Checks a step before its first use: a result at once, or what its generator is resumed with.
    fn begin_step(&mut self, mut step: Gc<AsyncGenStep>) -> Result<std::result::Result<Value, Resume>> {
        let generator = step.generator;
        let (what, verb) = match step.mode {
            StepMode::Send => ("__anext__()/asend()", "anext()"),
            StepMode::Throw => ("aclose()/athrow()", "athrow()"),
            StepMode::Close => ("aclose()/athrow()", "aclose()"),
            StepMode::Spent => ("__anext__()/asend()", ""),
            StepMode::SpentThrow => ("aclose()/athrow()", ""),
        };
        if step.is_spent() || step.is_started() {
            return Err(self.runtime_error(format!("cannot reuse already awaited {what}")));
        }
        if generator.has(ASYNC_RUNNING) {
            step.spend();
            return Err(self.runtime_error(format!("{verb}: asynchronous generator is already running")));
        }
        let mode = step.mode;
        if generator.state() == FrameState::Done {
            step.spend();
            return match mode {
                StepMode::Close | StepMode::Throw => Ok(Ok(Value::NONE)),
                _ => Err(self.error_with(self.exceptions.StopAsyncIteration, &[])),
            };
        }
        if generator.state() == FrameState::Created {
            match mode {
                StepMode::Close => {
                    step.spend();
                    generator.set(ASYNC_CLOSED, true);
                    generator.finish();
                    return Ok(Ok(Value::NONE));
                }
                StepMode::Throw => {
                    step.spend();
                    generator.set(ASYNC_CLOSED, true);
                    generator.finish();
                    return Err(Raise(step.argument));
                }
                _ if !step.argument.is_none() => {
                    return Err(
                        self.type_error("can't send non-None value to a just-started async generator")
                    );
                }
                _ => (),
            }
            self.event_loop.adopt_async_generator(generator);
        }
        generator.set(ASYNC_RUNNING, true);
        step.header.flags.set(step.header.flags.get() | STEP_STARTED);
        Ok(Err(match mode {
            StepMode::Throw => Resume::Throw(step.argument),
            StepMode::Close => {
                generator.set(ASYNC_CLOSED, true);
                Resume::Throw(self.error_with(self.exceptions.GeneratorExit, &[]).0)
            }
            _ => Resume::Send(step.argument),
        }))
    }

    fn async_gen_yielded(&mut self, mut generator: Gc<Frame>, v: Value) -> Flow {
        let awaiter = std::mem::take(&mut generator.awaiter);
        generator.set(ASYNC_RUNNING, false);
        if let Some(consumer) = awaiter.cast::<Frame>() {
            return self.deliver(consumer, v);
        }
        let Some(mut step) = awaiter.cast::<AsyncGenStep>() else { return Flow::Run };
        let ignored = step.mode == StepMode::Close;
        step.spend();
        match step.awaiter.cast::<Frame>() {
            Some(awaiter) if ignored => {
                self.switch_to(awaiter);
                let raise = self.runtime_error("async generator ignored GeneratorExit");
                self.unwind(raise)
            }
            Some(awaiter) => self.deliver(awaiter, v),
            None if ignored => {
                let raise = self.runtime_error("async generator ignored GeneratorExit");
                self.pop_frame(Err(raise))
            }
            None => self.pop_frame(Ok(Exit::Return(v))),
        }
    }

    /// An async generator returned (`raise` is none) or raised: what its consumer sees depends on the step.
    pub(super) fn async_gen_ended(
        &mut self,
        generator: Gc<Frame>,
        awaiter: Value,
        raise: Option<Raise>,
    ) -> Flow {
        generator.set(ASYNC_RUNNING, false);
        generator.set(ASYNC_CLOSED, true);
        if let Some(consumer) = awaiter.cast::<Frame>() {
            return self.async_for_ended(consumer, raise);
        }
        let Some(mut step) = awaiter.cast::<AsyncGenStep>() else {
            return self.pop_frame(match raise {
                Some(raise) => Err(raise),
                None => Ok(Exit::Return(Value::NONE)),
            });
        };
        let mode = step.mode;
        step.spend();
        let ended = raise.is_none();
        let result = match raise {
            None if mode == StepMode::Close => Ok(Value::NONE),
            None => Err(self.error_with(self.exceptions.StopAsyncIteration, &[])),
            Some(raise)
                if mode == StepMode::Close
                    && (self.raised_is(raise, self.exceptions.GeneratorExit)
                        || self.raised_is(raise, self.exceptions.StopAsyncIteration)) =>
            {
                Ok(Value::NONE)
            }
            Some(raise) => Err(raise),
        };
        match (step.awaiter.cast::<Frame>(), result) {
            (Some(frame), Ok(v)) => self.deliver(frame, v),
            (Some(frame), Err(raise)) => {
                self.switch_to(frame);
                if ended {
                    self.add_awaiters_context(raise, frame);
                }
                self.unwind_on(raise)
            }
            (None, result) => self.pop_frame(result.map(Exit::Return)),
        }
    }

    /// The generator of an `async for` returned (`raise` is none) or raised. Its end is no exception that anybody sees:
    /// the loop goes on where the handler of its StopAsyncIteration does.
    fn async_for_ended(&mut self, mut consumer: Gc<Frame>, raise: Option<Raise>) -> Flow {
        let code = consumer.function.code;
        let at = consumer.pc - 1;
        let handler = code.plain.handlers.iter().find(|h| h.start <= at && at < h.end);
        if raise.is_none()
            && let Some(handler) = handler
            && code.ops[handler.target as usize].code == Opcode::JumpIfNotStopAsync
        {
            consumer.pc = handler.target + 1;
            self.switch_to(consumer);
            return Flow::Run;
        }
        self.switch_to(consumer);
        let Some(raise) = raise else {
            let stop = self.error_with(self.exceptions.StopAsyncIteration, &[]);
            self.add_awaiters_context(stop, consumer);
            return self.unwind_on(stop);
        };
        self.unwind_on(raise)
    }

    /// The frame that awaits `frame`, put in its place while an exception passes.
    pub(super) fn leave_to_awaiter(&mut self, awaiter: Gc<Frame>) {
        self.switch_to(awaiter);
    }

    // Driving from Rust.

    /// Runs a suspended coroutine on that nobody awaits, until it suspends or ends: what a task does in each of its steps.
    fn resume_suspended(&mut self, mut root: Gc<Frame>) -> Result<Exit> {
        if self.doors >= super::MAX_DOORS || self.activations.are_full() {
            return self.resume_frame(root, Resume::Send(Value::NONE));
        }
        let inner = root.inner.cast::<Frame>().unwrap_or(root);
        let op = inner.function.code.ops[inner.pc as usize - 1];
        let awaited = inner.tail(inner.registers())[usize::from(op.b)];
        let mut result = Value::NONE;
        if op.code != Opcode::Await {
            return self.resume_frame(root, Resume::Send(Value::NONE));
        }
        // Whether what it waits for is done, with no more to do than to take the result.
        if let Some(future) = awaited.cast::<Future>()
            && future.state() == FutureState::Finished
            && !future.has(FAILED)
        {
            result = future.result;
        } else if !awaited.is_none() {
            return self.resume_frame(root, Resume::Send(Value::NONE));
        }
        root.inner = Value::UNBOUND;
        root.set_state(FrameState::Running);
        self.push_driven(root, inner);
        self.set_register(op.a, result);
        self.run_driven()
    }

    /// Runs a new coroutine until it suspends or ends.
    fn begin(&mut self, frame: Gc<Frame>) -> Result<Exit> {
        if self.doors >= super::MAX_DOORS || self.activations.are_full() {
            return self.resume_frame(frame, Resume::Send(Value::NONE));
        }
        self.push_driven(frame, frame);
        self.run_driven()
    }

    #[inline(always)]
    fn push_driven(&mut self, root: Gc<Frame>, inner: Gc<Frame>) {
        inner.set_state(FrameState::Running);
        let top = self.top();
        let mut act = Activation::new(inner.function, inner.tail_ptr(), top, inner.pc, (Return::Exit, 0));
        act.frame = Some(inner);
        act.kept = root.value();
        self.activations.push(act);
    }

    #[inline(always)]
    fn run_driven(&mut self) -> Result<Exit> {
        self.at_once = AtOnce::No;
        self.doors += 1;
        let exit = self.run();
        self.heap.fresh = Value::UNBOUND;
        self.doors -= 1;
        exit
    }

    /// Runs a frame on until it suspends or ends.
    pub fn resume_frame(&mut self, frame: Gc<Frame>, resume: Resume) -> Result<Exit> {
        self.resume_frame_for(frame, resume, 0)
    }

    fn resume_frame_for(&mut self, frame: Gc<Frame>, resume: Resume, dst: u16) -> Result<Exit> {
        self.enter()?;
        let top = self.top();
        let result = match self.push_frame(frame, top, Return::Exit, dst) {
            Ok(()) => match self.resume_top(resume) {
                Flow::Run => self.run(),
                Flow::Leave => self.left,
            },
            Err(raise) => Err(raise),
        };
        self.heap.fresh = Value::UNBOUND;
        self.leave();
        result
    }

    /// Runs a generator on until it yields a value that is not `what`, or returns. Those before it are appended to the
    /// list, which the caller holds.
    pub fn drain(
        &mut self,
        mut frame: Gc<Frame>,
        list: Option<Gc<List>>,
        what: Drain,
    ) -> Result<Option<Value>> {
        let waits = matches!(frame.state(), FrameState::Created | FrameState::Suspended);
        if !waits || !frame.awaiter.is_unbound() {
            return self.resume_generator(frame, Resume::Send(Value::NONE));
        }
        frame.awaiter = list.map_or(Value::UNBOUND, Gc::value);
        frame.set(DRAINED, true);
        let exit = self.resume_frame_for(frame, Resume::Send(Value::NONE), what as u16);
        frame.awaiter = Value::UNBOUND;
        frame.set(DRAINED, false);
        Ok(match exit? {
            Exit::Yield(v) => Some(v),
            Exit::Return(_) => None,
        })
    }

    /// Runs a generator on: what it yields, or None when it has returned.
    pub fn resume_generator(&mut self, frame: Gc<Frame>, resume: Resume) -> Result<Option<Value>> {
        if let Resume::Send(v) = resume
            && frame.waits_for_next()
        {
            // There is nothing to check, and nothing between here and its `yield`.
            self.enter()?;
            let top = self.top();
            let exit = self.push_frame(frame, top, Return::Exit, 0).and_then(|()| {
                self.set_register(frame.function.code.ops[frame.pc as usize - 1].a, v);
                self.run()
            });
            self.heap.fresh = Value::UNBOUND;
            self.leave();
            return exit.map(|exit| match exit {
                Exit::Yield(v) => Some(v),
                Exit::Return(_) => None,
            });
        }
        Ok(match self.send_generator(frame, resume)? {
            Exit::Yield(v) => Some(v),
            Exit::Return(_) => None,
        })
    }

    /// The same with the value that it returned.
    pub fn send_generator(&mut self, frame: Gc<Frame>, resume: Resume) -> Result<Exit> {
        let what = match frame.header.kind() {
            Kind::Coroutine => "coroutine",
            Kind::AsyncGenerator => "async generator",
            _ => "generator",
        };
        self.detach(frame);
        match frame.state() {
            FrameState::Running => return Err(self.value_error(format!("{what} already executing"))),
            _ if !frame.awaiter.is_unbound() => {
                return Err(self.runtime_error("coroutine is being awaited already"));
            }
            FrameState::Done => {
                return match resume {
                    _ if what == "coroutine" => {
                        Err(self.runtime_error("cannot reuse already awaited coroutine"))
                    }
                    Resume::Throw(exc) => Err(Raise(exc)),
                    Resume::Send(_) => Ok(Exit::Return(Value::NONE)),
                };
            }
            FrameState::Created => {
                if let Resume::Send(v) = resume
                    && !v.is_none()
                {
                    return Err(
                        self.type_error(format!("can't send non-None value to a just-started {what}"))
                    );
                }
            }
            FrameState::Suspended => (),
        }
        let resume = match resume {
            Resume::Throw(exc)
                if frame.inner.is::<Frame>() && self.is_instance_of(exc, self.exceptions.GeneratorExit) =>
            {
                Resume::Throw(self.close_inner(frame, exc))
            }
            resume => resume,
        };
        self.resume_frame(frame, resume)
    }

    /// `GeneratorExit` goes to the frames that `root` delegates to by closing them, the innermost first. Gives what is
    /// to be thrown into the frame that is the innermost one then.
    fn close_inner(&mut self, mut root: Gc<Frame>, exit: Value) -> Value {
        self.root(exit);
        let mut thrown = exit;
        while let Some(mut inner) = root.inner.cast::<Frame>()
            && let Some(awaiter) = inner.awaiter.cast::<Frame>()
            && inner.header.kind() != Kind::AsyncGenerator
        {
            root.inner = if awaiter == root { Value::UNBOUND } else { awaiter.value() };
            inner.awaiter = Value::UNBOUND;
            inner.depth = 0;
            // One that delegated itself runs as long as what it delegated to does.
            inner.set_state(FrameState::Suspended);
            if let Err(raise) = self.close_generator(inner) {
                thrown = raise.0;
                break;
            }
        }
        self.roots.pop();
        thrown
    }

    /// One step of whatever a task can run.
    pub fn drive(&mut self, coroutine: Value, resume: Resume) -> Driven {
        let result = if let Some(frame) = coroutine.cast::<Frame>() {
            match (resume, frame.state()) {
                (Resume::Send(_), FrameState::Suspended) if frame.awaiter.is_unbound() => {
                    self.resume_suspended(frame)
                }
                (Resume::Send(v), FrameState::Created) if frame.awaiter.is_unbound() && v.is_none() => {
                    self.begin(frame)
                }
                _ => self.send_generator(frame, resume),
            }
        } else if let Some(awaitable) = coroutine.cast::<Awaitable>() {
            return match (awaitable.def.step)(self, awaitable, resume) {
                Step::Ready(v) => Driven::Returned(v),
                Step::Pending(v) => Driven::Suspended(v),
                Step::Failed(raise) => Driven::Raised(raise),
            };
        } else if let Some(step) = coroutine.cast::<AsyncGenStep>() {
            self.drive_step(step, resume)
        } else {
            return self.drive_foreign(coroutine, resume);
        };
        match result {
            Ok(Exit::Return(v)) => Driven::Returned(v),
            Ok(Exit::Yield(v)) => Driven::Suspended(v),
            Err(raise) => Driven::Raised(raise),
        }
    }

    fn drive_step(&mut self, step: Gc<AsyncGenStep>, resume: Resume) -> Result<Exit> {
        let mut generator = step.generator;
        if step.is_started() && !step.is_spent() {
            return self.resume_frame(generator, resume);
        }
        if let Resume::Throw(exc) = resume {
            return self.throw_into_new_step(step, exc);
        }
        if let Resume::Send(v) = resume
            && !v.is_none()
            && step.mode == StepMode::Send
        {
            let mut step = step;
            step.argument = v;
        }
        match self.begin_step(step)? {
            Ok(v) => Ok(Exit::Return(v)),
            Err(first) => {
                generator.awaiter = step.value();
                self.resume_frame(generator, first)
            }
        }
    }

    /// An exception thrown into a step that has not begun goes to the generator instead of what the step was to bring.
    fn throw_into_new_step(&mut self, mut step: Gc<AsyncGenStep>, exc: Value) -> Result<Exit> {
        let mut generator = step.generator;
        if step.is_spent() || generator.has(ASYNC_RUNNING) {
            // It says what is wrong with that.
            let _ = self.begin_step(step)?;
        }
        if matches!(generator.state(), FrameState::Created | FrameState::Done) {
            step.spend();
            generator.set(ASYNC_CLOSED, true);
            generator.finish();
            return Err(Raise(exc));
        }
        generator.set(ASYNC_RUNNING, true);
        step.header.flags.set(step.header.flags.get() | STEP_STARTED);
        generator.awaiter = step.value();
        self.resume_frame(generator, Resume::Throw(exc))
    }

    /// `generator.close()` and `coroutine.close()`.
    pub fn close_generator(&mut self, frame: Gc<Frame>) -> Result<Value> {
        match frame.state() {
            FrameState::Created => {
                frame.finish();
                return Ok(Value::NONE);
            }
            FrameState::Done => return Ok(Value::NONE),
            FrameState::Suspended | FrameState::Running => (),
        }
        let exit = self.error_with(self.exceptions.GeneratorExit, &[]);
        match self.send_generator(frame, Resume::Throw(exit.0)) {
            Ok(Exit::Yield(_)) => {
                let what = if frame.header.kind() == Kind::Coroutine { "coroutine" } else { "generator" };
                Err(self.runtime_error(format!("{what} ignored GeneratorExit")))
            }
            Ok(Exit::Return(v)) => Ok(v),
            Err(raise)
                if self.raised_is(raise, self.exceptions.GeneratorExit)
                    || self.raised_is(raise, self.exceptions.StopIteration) =>
            {
                Ok(Value::NONE)
            }
            Err(raise) => Err(raise),
        }
    }

    /// What `await v` drives.
    pub(super) fn get_awaitable(&mut self, v: Value, from: u8) -> Result<Value> {
        if v.cast::<Awaitable>().is_some_and(|a| a.has(crate::objects::task::FINISHED)) {
            return Err(self.runtime_error("cannot reuse already awaited coroutine"));
        }
        match v.kind() {
            Some(Kind::Coroutine | Kind::Awaitable | Kind::Future | Kind::Task | Kind::AsyncGenStep) => {
                return Ok(v);
            }
            _ => (),
        }
        if let Some(iterator) = self.call_special(v, self.names.__await__, &[])? {
            if let Some(coroutine) = crate::builtins::wrapped_coroutine(iterator) {
                return Ok(coroutine);
            }
            match iterator.kind() {
                Some(Kind::Coroutine) => return Err(self.type_error("__await__() returned a coroutine")),
                Some(
                    Kind::Generator
                    | Kind::Awaitable
                    | Kind::Future
                    | Kind::Task
                    | Kind::Iter
                    | Kind::AsyncGenStep,
                ) => {
                    return Ok(iterator);
                }
                _ if self.special(iterator, self.names.__next__).is_some() => return Ok(iterator),
                _ => {
                    let class = self.class_name(iterator);
                    return Err(
                        self.type_error(format!("__await__() returned non-iterator of type '{class}'"))
                    );
                }
            }
        }
        let class = self.class_name(v);
        Err(self.type_error(match from {
            1 => format!(
                "'async with' received an object from __aenter__ that does not implement __await__: {class}"
            ),
            2 => format!(
                "'async with' received an object from __aexit__ that does not implement __await__: {class}"
            ),
            3 => format!("'async for' received an invalid object from __anext__: {class}"),
            _ => format!("object {class} can't be used in 'await' expression"),
        }))
    }

    pub(super) fn get_yield_from(&mut self, v: Value) -> Result<Value> {
        match v.kind() {
            Some(Kind::Generator | Kind::Awaitable | Kind::Future | Kind::Task | Kind::AsyncGenStep) => Ok(v),
            Some(Kind::Coroutine) => {
                Err(self.type_error("cannot 'yield from' a coroutine object in a non-coroutine generator"))
            }
            _ => match crate::builtins::wrapped_coroutine(v) {
                Some(coroutine) => Ok(coroutine),
                None => self.iter(v),
            },
        }
    }

    pub(super) fn async_iter(&mut self, v: Value, cache: &mut InlineCache) -> Result<Value> {
        if v.kind() == Some(Kind::AsyncGenerator) {
            return Ok(v);
        }
        if let Some((method, receiver)) = self.special(v, self.names.__aiter__)
            && receiver == v
            && method.cast::<Function>().is_some_and(|f| f.code.gives_first())
            && self.special(v, self.names.__anext__).is_some()
        {
            if let Some(instance) = v.cast::<Instance>() {
                let guard = instance.shape();
                *cache = InlineCache { guard, kind: CacheKind::Itself, epoch: self.class_epoch, ..*cache };
            }
            return Ok(v);
        }
        let Some(iterator) = self.call_special(v, self.names.__aiter__, &[])? else {
            let class = self.class_name(v);
            return Err(
                self.type_error(format!("'async for' requires an object with __aiter__ method, got {class}"))
            );
        };
        if iterator.kind() != Some(Kind::AsyncGenerator)
            && self.special(iterator, self.names.__anext__).is_none()
        {
            let class = self.class_name(iterator);
            return Err(self.type_error(format!(
                "'async for' received an object from __aiter__ that does not implement __anext__: {class}"
            )));
        }
        Ok(iterator)
    }

    pub(super) fn async_next(&mut self, v: Value, cache: &mut InlineCache) -> Result<Value> {
        if let Some(frame) = v.cast::<Frame>() {
            return Ok(self.heap.async_gen_step(frame, StepMode::Send, Value::NONE).value());
        }
        self.learn_special(v, cache);
        match self.call_special(v, self.names.__anext__, &[])? {
            Some(awaitable) => Ok(awaitable),
            None => {
                let class = self.class_name(v);
                Err(self.type_error(format!(
                    "'async for' requires an iterator with __anext__ method, got {class}"
                )))
            }
        }
    }
}
