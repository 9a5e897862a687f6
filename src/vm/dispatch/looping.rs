//! `for` loops: iterators, and generators between a loop and their `yield`.

use super::calls::call_other_global;
use super::delegating::{for_next_of_delegate, yield_from_delegate};
use super::state::{Fetched, State};
use super::{Exit, Halt, Vm};
use crate::bytecode::op::{Op, Opcode};
use crate::heap::{Gc, Heap, Kind, Value};
use crate::objects::code::CacheKind;
use crate::objects::frame::{ASYNC_RUNNING, DRAINED};
use crate::objects::{
    CodeObject, Frame, FrameState, Function, Instance, Iter, IterState, List, Range, Tuple,
};
use crate::vm::{Activation, Return};

// Makes the iterator of a list, tuple or range, for the loop that alone can see it; `$make` gives it a cell.
macro_rules! iterate {
    ($s:ident, $make:expr, $otherwise:ident) => {{
        let op = $s.op();
        let iterable = $s.reg(op.b());
        let state = if let Some(list) = iterable.cast::<List>() {
            IterState::List { list, at: 0 }
        } else if let Some(tuple) = iterable.cast::<Tuple>() {
            IterState::Tuple { tuple, at: 0 }
        } else if let Some(range) = iterable.cast::<Range>()
            && range.start.both_ints(range.step)
            && range.stop.both_ints(range.length)
        {
            // What lies between two inline integers is one, too.
            let (next, step) = (range.start.int_unchecked(), range.step.int_unchecked());
            IterState::Range { next, step, left: range.length.int_unchecked() as u64 }
        } else {
            return $s.then(get_iter_otherwise);
        };
        if let Some(iter) = $make(&mut $s.vm.heap, state) {
            return $s.done(op.a(), iter);
        }
        $s.then($otherwise)
    }};
}

// The same of `range(stop)` or `range(start, stop)`, called by the op before, of small integers: there is no range.
macro_rules! iterate_bounds {
    ($s:ident, $make:expr, $otherwise:ident) => {{
        let op = $s.op();
        let last = $s.reg(usize::from(op.a()) + usize::from(op.b()));
        let first = if op.b() == 2 { $s.reg(op.a() + 1) } else { Value::int(0) };
        let get = op.after(2);
        if matches!(op.b(), 1 | 2)
            && first.both_ints(last)
            && get.code() == Opcode::GetIter
            && get.b() == op.c()
            && $s.is_temporary(op.c())
        {
            let (next, stop) = (first.int_unchecked(), last.int_unchecked());
            let state = IterState::Range { next, step: 1, left: (stop - next).max(0) as u64 };
            if let Some(iter) = $make(&mut $s.vm.heap, state) {
                $s.set(get.a(), iter);
                return $s.skip(3);
            }
        }
        $s.then($otherwise)
    }};
}

// What an iterator over something in order gives for the loop, if anything is left.
macro_rules! give {
    ($s:ident, $items:expr, $at:expr) => {{
        let op = $s.op();
        let Some(&v) = $items.get(*$at) else { return $s.then(for_next_ends) };
        if $s.spend() {
            *$at += 1;
            $s.set(op.a(), v);
            return $s.jump_free(op.jump());
        }
        $s.general()
    }};
}

/// A suspended generator's value goes to the native that drives it.
#[inline(always)]
pub(super) fn leave_to_native(mut s: State<'_>, v: Value) -> Halt {
    s.pop();
    s.leave(Ok(Exit::Yield(v)))
}

impl State<'_> {
    /// Runs a generator for the `ForNext` at hand, which drives `root`: it has not begun, or a `yield` suspended it.
    #[inline(always)]
    pub(super) fn run_for_loop(self, frame: Gc<Frame>, root: Gc<Frame>, suspended: bool) -> Halt {
        frame.set_state(FrameState::Running);
        self.save(1);
        let returns = (Return::ForNext, self.op().a());
        let mut new = Activation::new(frame.function, frame.tail_ptr(), self.act().top, frame.pc, returns);
        new.frame = Some(frame);
        new.kept = root.value();
        if suspended {
            // The op before the pc is the `Yield`.
            let sent = Fetched(new.ip.wrapping_sub(1)).a();
            // SAFETY: a verified operand (2).
            unsafe { *new.regs.add(usize::from(sent)) = Value::NONE };
        }
        self.enter_again(new)
    }

    /// A suspended generator's value goes to the loop that drives it.
    #[inline(always)]
    pub(super) fn give_to_loop(mut self, v: Value) -> Halt {
        let (_, dst) = self.pop();
        let mut s = self.caller();
        // The saved pc is behind the `ForNext`.
        s.pc = s.pc.wrapping_sub(1);
        s.set(dst, v);
        let by = s.op().jump();
        s.jump_free(by)
    }
}

handlers! {
    fn for_next(s) {
        let op = s.op();
        let Some(mut iter) = s.reg(op.b()).cast::<Iter>() else { return s.then(for_next_of_generator) };
        // Few cases, so that they are told apart by comparisons.
        match &mut iter.state {
            IterState::Range { next, step, left } => {
                if *left == 0 {
                    return s.then(for_next_ends);
                }
                if s.spend() {
                    let v = *next;
                    *left -= 1;
                    *next = v.wrapping_add(*step);
                    s.set(op.a(), Value::int(v));
                    return s.jump_free(op.jump());
                }
                s.general()
            }
            IterState::List { list, at } => give!(s, list.items, at),
            _ => s.then(for_next_of_tuple),
        }
    }

    fn for_next_of_tuple(s) {
        let Some(mut iter) = s.reg(s.op().b()).cast::<Iter>() else { return s.general() };
        match &mut iter.state {
            IterState::Tuple { tuple, at } => give!(s, tuple.items(), at),
            IterState::Str { .. } => s.then(for_next_of_text),
            _ => s.then(for_next_quick),
        }
    }

    /// The next character of a text, if it is of ASCII.
    fn for_next_of_text(s) {
        let op = s.op();
        if let Some(mut iter) = s.reg(op.b()).cast::<Iter>()
            && let IterState::Str { text, at } = &mut iter.state
            && let Some(&byte) = text.text().as_bytes().get(*at)
            && byte.is_ascii()
            && s.spend()
        {
            *at += 1;
            let character = s.vm.characters[usize::from(byte)].value();
            s.set(op.a(), character);
            return s.jump_free(op.jump());
        }
        s.then(for_next_quick)
    }

    /// A range, list or tuple has no more items: what a list gets later does not come either.
    fn for_next_ends(s) {
        let op = s.op();
        if let Some(mut iter) = s.reg(op.b()).cast::<Iter>() {
            if iter.is_looped() {
                s.vm.heap.free_plain(iter);
                s.set(op.b(), Value::UNBOUND);
            } else {
                iter.end();
            }
        }
        s.next()
    }

    /// An iterator over something built in that is neither a range nor a list nor a tuple.
    fn for_next_quick(s) {
        let op = s.op();
        if let Some(iter) = s.reg(op.b()).cast::<Iter>()
            && s.vm.heap.fuel.get() > 0
        {
            // A verified jump (2), from behind the op.
            let body = op.0.wrapping_offset(op.jump() + 1);
            // SAFETY: there is an op at a jump's target.
            let first = unsafe { *body };
            if Vm::unpacks_pair(first, op.a(), s.code.locals.len()) {
                let (a, b) = s.vm.quick_pair(iter);
                if !a.is_unbound() && s.spend() {
                    s.set(first.a, a);
                    s.set(usize::from(first.a) + 1, b);
                    return s.jump_free(op.jump() + 1);
                }
            } else {
                let v = s.vm.quick_next(iter);
                if !v.is_unbound() && s.spend() {
                    s.set(op.a(), v);
                    return s.jump_free(op.jump());
                }
            }
        }
        s.general()
    }

    fn for_next_of_generator(s) {
        let op = s.op();
        if let Some(frame) = s.reg(op.b()).cast::<Frame>()
            && frame.waits_for_next()
            && s.may_call()
            && s.spend()
        {
            return s.run_for_loop(frame, frame, true);
        }
        s.then(for_next_begins)
    }

    /// A generator that has not begun.
    fn for_next_begins(s) {
        let op = s.op();
        if let Some(frame) = s.reg(op.b()).cast::<Frame>()
            && frame.header.kind() == Kind::Generator
            && frame.state() == FrameState::Created
            && frame.awaiter.is_unbound()
            && s.may_call()
            && s.spend()
        {
            return s.run_for_loop(frame, frame, false);
        }
        s.then(for_next_of_delegate)
    }

    fn get_iter(s) {
        let op = s.op();
        if s.reg(op.b()).kind() == Some(Kind::Generator) {
            let generator = s.reg(op.b());
            return s.done(op.a(), generator);
        }
        s.then(get_iter_of_sequence)
    }

    /// Of a list, tuple or range.
    fn get_iter_of_sequence(s) {
        iterate!(s, Heap::iter_for_loop_again, get_iter_anew)
    }

    /// The same where no cell for it was given back.
    fn get_iter_anew(s) {
        iterate!(s, |heap: &mut Heap, state| Some(heap.iter_for_loop(state)), get_iter_otherwise)
    }

    /// A call of `range` whose result a loop takes.
    fn iterate_bounds(s) {
        iterate_bounds!(s, Heap::iter_for_loop_again, iterate_bounds_anew)
    }

    fn iterate_bounds_anew(s) {
        iterate_bounds!(s, |heap: &mut Heap, state| Some(heap.iter_for_loop(state)), call_other_global)
    }

    fn get_iter_otherwise(s) {
        let op = s.op();
        let built_in = matches!(
            s.reg(op.b()).kind(),
            Some(Kind::Range | Kind::Dict | Kind::Set | Kind::Str | Kind::Iter)
        );
        if built_in {
            s.save(1);
            let result = s.vm.iter(s.reg(op.b()));
            return s.finish(result, op.a(), 1);
        }
        s.general()
    }

    fn yield_value(s) {
        let op = s.op();
        if op.x() == 1 {
            return s.then(yield_to_async_for);
        }
        let act = s.act();
        let ret = act.ret;
        if let Some(mut frame) = act.frame
            && act.kept == frame.value()
            && matches!(ret, Return::ForNext | Return::Exit)
        {
            if ret == Return::Exit && frame.has(DRAINED) {
                return s.then(yield_to_native);
            }
            let v = s.reg(op.b());
            s.save(1);
            frame.pc = act.pc();
            frame.set_state(FrameState::Suspended);
            return if ret == Return::Exit { leave_to_native(s, v) } else { s.give_to_loop(v) };
        }
        s.then(yield_from_delegate)
    }

    /// A native drains the generator: the value may be one that it need not see now.
    fn yield_to_native(s) {
        let op = s.op();
        let act = s.act();
        let v = s.reg(op.b());
        if let Some(mut frame) = act.frame {
            if s.vm.heap.fuel.get() > 0 && Vm::drains(frame, act.dst, v) && s.spend() {
                return s.done(op.a(), Value::NONE);
            }
            s.save(1);
            frame.pc = act.pc();
            frame.set_state(FrameState::Suspended);
            return leave_to_native(s, v);
        }
        s.general()
    }

    /// An async generator gives an item to the `async for` that asked for it.
    fn yield_to_async_for(s) {
        let op = s.op();
        let act = s.act();
        if let Some(mut generator) = act.frame
            && let Some(consumer) = generator.awaiter.cast::<Frame>()
        {
            let v = s.reg(op.b());
            s.save(1);
            generator.pc = act.pc();
            generator.awaiter = Value::UNBOUND;
            generator.waits_at_yield_again();
            s.switch_to(consumer);
            // The consumer's pc is behind an `Await`.
            let awaits = Fetched(s.pc.wrapping_sub(1)).a();
            s.set(awaits, v);
            return s.go();
        }
        s.general()
    }

    fn get_async_iter(s) {
        let op = s.op();
        let iterable = s.reg(op.b());
        let cache = s.cache(op.cx());
        if cache.kind == CacheKind::Itself
            && cache.epoch == s.vm.class_epoch
            && iterable.cast::<Instance>().is_some_and(|instance| instance.shape() == cache.guard)
        {
            return s.done(op.a(), iterable);
        }
        s.general()
    }

    fn get_async_next(s) {
        let op = s.op();
        if let Some(mut generator) = s.reg(op.b()).cast::<Frame>()
            && generator.waits_at_yield()
            && let Some(mut consumer) = s.act().frame
            && (consumer.depth as usize) + 1 < s.vm.recursion_limit
            // A `GetAwaitable` and an `Await` are not the last op of a code.
            && op.after(1).code() == Opcode::GetAwaitable
            && op.after(2).code() == Opcode::Await
            && s.spend()
        {
            // One that waits at its `yield` is entered at once.
            s.set(op.after(2).b(), generator.value());
            s.save(3);
            consumer.pc = s.act().pc();
            generator.depth = consumer.depth + 1;
            generator.awaiter = consumer.value();
            generator.set_state(FrameState::Running);
            generator.set(ASYNC_RUNNING, true);
            s.switch_to(generator);
            // A generator that waits at a `yield` has its pc behind it.
            let sent = Fetched(s.pc.wrapping_sub(1)).a();
            s.set(sent, Value::NONE);
            return s.go();
        }
        s.then(get_async_next_of_instance)
    }

    /// An instance whose `__anext__` is a coroutine.
    fn get_async_next_of_instance(s) {
        let op = s.op();
        let cache = s.cache(op.cx());
        if let Some(instance) = s.reg(op.b()).cast::<Instance>()
            && instance.shape() == cache.guard
            && cache.epoch == s.vm.class_epoch
            && let Some(function) = cache.value.cast::<Function>()
            && function.code.coroutine_args == 1
        {
            let this = s.slice(op.b(), 1);
            return s.enter_coroutine(function, this, 1, Some(get_async_next_anew));
        }
        s.general()
    }

    /// The same where no frame of its size was given back.
    fn get_async_next_anew(s) {
        let op = s.op();
        if let Some(function) = s.cache(op.cx()).value.cast::<Function>() {
            let this = s.slice(op.b(), 1);
            return s.enter_coroutine(function, this, 1, None);
        }
        s.general()
    }
}
