//! `yield from` another generator: the one that is delegated to takes the place of the other, as a coroutine does that of
//! the one that awaits it, and whoever drives the outermost one goes on in the innermost.

use super::looping::leave_to_native;
use super::state::State;
use super::{Halt, Vm};
use crate::bytecode::op::Op;
use crate::heap::{Gc, Kind, Value};
use crate::objects::frame::DRAINED;
use crate::objects::{CodeObject, Frame, FrameState};
use crate::vm::{Activation, Return};

/// Who drives the running generator, where it is not the generator itself that is driven.
#[inline(always)]
fn delegates(s: &State<'_>) -> Option<(Gc<Frame>, Gc<Frame>)> {
    let act = s.act();
    let frame = act.frame?;
    let root = act.kept.cast::<Frame>()?;
    let generators = frame.header.kind() == Kind::Generator && root.header.kind() == Kind::Generator;
    (generators && frame != root).then_some((frame, root))
}

/// The driven generator and the one that runs suspend, at a `yield` of the latter.
#[inline(always)]
fn suspend(s: &State<'_>, mut frame: Gc<Frame>, mut root: Gc<Frame>) {
    s.save(1);
    frame.pc = s.act().pc();
    frame.set_state(FrameState::Suspended);
    root.inner = frame.value();
    root.set_state(FrameState::Suspended);
}

handlers! {
    fn get_yield_from(s) {
        let op = s.op();
        let v = s.reg(op.b());
        if v.kind() == Some(Kind::Generator) { s.done(op.a(), v) } else { s.general() }
    }

    /// An `Await` of a generator that has not begun.
    fn begin_generator(s) {
        let op = s.op();
        if let Some(mut generator) = s.reg(op.b()).cast::<Frame>()
            && generator.state() == FrameState::Created
            && generator.awaiter.is_unbound()
            && let Some(mut current) = s.act().frame
            && (current.depth as usize) + 1 < s.vm.recursion_limit
            && s.spend()
        {
            s.save(1);
            current.pc = s.act().pc();
            generator.depth = current.depth + 1;
            generator.awaiter = current.value();
            generator.set_state(FrameState::Running);
            s.switch_to(generator);
            return s.go();
        }
        s.then(super::awaiting::wait_otherwise)
    }

    /// The next item of a generator that delegates to another one.
    fn for_next_of_delegate(s) {
        let op = s.op();
        if let Some(mut root) = s.reg(op.b()).cast::<Frame>()
            && root.header.kind() == Kind::Generator
            && root.state() == FrameState::Suspended
            && root.awaiter.is_unbound()
            && let Some(frame) = root.inner.cast::<Frame>()
            && frame.header.kind() == Kind::Generator
            && frame.is_at_yield()
            && s.may_call()
            && s.spend()
        {
            root.inner = Value::UNBOUND;
            root.set_state(FrameState::Running);
            return s.run_for_loop(frame, root, true);
        }
        s.general()
    }

    /// A `yield` of a generator that others delegate to.
    fn yield_from_delegate(s) {
        let op = s.op();
        if let Some((frame, root)) = delegates(&s) {
            let v = s.reg(op.b());
            match s.act().ret {
                Return::ForNext => {
                    suspend(&s, frame, root);
                    return s.give_to_loop(v);
                }
                Return::Exit if root.has(DRAINED) => return s.then(yield_from_delegate_to_native),
                Return::Exit => {
                    suspend(&s, frame, root);
                    return leave_to_native(s, v);
                }
                _ => (),
            }
        }
        s.general()
    }

    /// The same where a native drains the outermost one.
    fn yield_from_delegate_to_native(s) {
        let op = s.op();
        if let Some((frame, root)) = delegates(&s) {
            let v = s.reg(op.b());
            if s.vm.heap.fuel.get() > 0 && Vm::drains(root, s.act().dst, v) && s.spend() {
                return s.done(op.a(), Value::NONE);
            }
            suspend(&s, frame, root);
            return leave_to_native(s, v);
        }
        s.general()
    }
}
