//! Raising, unwinding and matching exceptions.

use super::dispatch::Exit;
use super::frames::Flow;
use super::{Raise, Result, Return, Vm};
use crate::heap::{Gc, Kind, Value};
use crate::objects::{Class, CodeObject, Exception, Frame, List, Task, Traceback, TracebackEntry, Tuple};

impl Vm {
    /// Finds the handler of an exception raised by the op before the saved pc of the activation on top, popping
    /// activations on the way.
    pub(super) fn unwind(&mut self, raise: Raise) -> Flow {
        let reraised = std::mem::take(&mut self.reraising);
        if !reraised {
            self.set_implicit_context(raise);
        }
        self.unwind_from(raise, reraised)
    }

    /// Like `unwind`, for an exception thrown in from outside: what its frame handles is its context, and no more.
    pub(super) fn unwind_thrown(&mut self, raise: Raise) -> Flow {
        self.reraising = false;
        if let Some(act) = self.activations.last()
            && let Some(v) = handled(&act.code, act.pc(), |r| Self::register_of(act, r))
            && let Some(exc) = raise.0.cast::<Exception>()
        {
            chain(exc, v);
        }
        self.unwind_from(raise, false)
    }

    /// Goes on with an exception that passed another frame already.
    pub(super) fn unwind_on(&mut self, raise: Raise) -> Flow {
        self.unwind_from(raise, false)
    }

    fn unwind_from(&mut self, mut raise: Raise, mut seen: bool) -> Flow {
        loop {
            let Some(act) = self.activations.last() else { return self.leaving(Err(raise)) };
            let (code, pc, frame, ret, regs) = (act.code, act.pc(), act.frame, act.ret, act.regs);
            let at = pc.saturating_sub(1);
            if !seen {
                self.add_traceback(raise, code, at);
            }
            seen = false;
            let handler = if pc == 0 || self.is_stopped() {
                None
            } else {
                code.plain.handlers.iter().find(|h| h.start <= at && at < h.end).copied()
            };
            if let Some(handler) = handler {
                self.set_register(handler.register, raise.0);
                if let Some(act) = self.activations.last_mut() {
                    act.set_pc(handler.target);
                }
                return Flow::Run;
            }
            let Some(frame) = frame else {
                // What the call held is garbage now, not when its registers happen to be used again: a MemoryError's
                // handler needs it.
                self.stack.clear(regs, code.registers as usize);
                self.activations.pop();
                if ret == Return::Exit {
                    return self.leaving(Err(raise));
                }
                continue;
            };
            raise = self.leaving_frame(frame, raise);
            let awaiter = frame.awaiter;
            let kind = frame.header.kind();
            frame.finish();
            if kind == Kind::AsyncGenerator {
                return self.async_gen_ended(frame, awaiter, Some(raise));
            }
            if let Some(next) = awaiter.cast::<Frame>() {
                self.leave_to_awaiter(next);
                self.add_awaiters_context(raise, next);
            } else {
                self.activations.pop();
                if ret == Return::Exit {
                    return self.leaving(Err(raise));
                }
            }
        }
    }

    /// A StopIteration that leaves a generator or coroutine is a mistake that would be taken for its end.
    fn leaving_frame(&mut self, frame: Gc<Frame>, raise: Raise) -> Raise {
        let kind = frame.header.kind();
        let what = match kind {
            Kind::Coroutine => "coroutine",
            Kind::AsyncGenerator => "async generator",
            _ => "generator",
        };
        let name = if self.raised_is(raise, self.exceptions.StopIteration) {
            "StopIteration"
        } else if kind == Kind::AsyncGenerator && self.raised_is(raise, self.exceptions.StopAsyncIteration) {
            "StopAsyncIteration"
        } else {
            return raise;
        };
        let new = self.runtime_error(format!("{what} raised {name}"));
        if let Some(mut exc) = new.0.cast::<Exception>() {
            exc.cause = raise.0;
            exc.context = raise.0;
            exc.set_suppress_context(true);
        }
        new
    }

    fn add_traceback(&mut self, raise: Raise, code: Gc<CodeObject>, pc: u32) {
        let Some(mut exc) = raise.0.cast::<Exception>() else { return };
        let mut traceback = self.own_traceback(&mut exc);
        traceback.entries.push(TracebackEntry { code, pc });
    }

    /// An exception's traceback, to be added to.
    fn own_traceback(&mut self, exc: &mut Gc<Exception>) -> Gc<Traceback> {
        match exc.traceback.cast::<Traceback>() {
            Some(traceback) if !traceback.is_shared() => traceback,
            seen => {
                let mut traceback = self.heap.traceback();
                if let Some(seen) = seen {
                    traceback.entries.clone_from(&seen.entries);
                    traceback.tasks.clone_from(&seen.tasks);
                }
                exc.traceback = traceback.value();
                traceback
            }
        }
    }

    /// An exception ends a task: its report says so.
    pub fn left_task(&mut self, raise: Raise, task: Gc<Task>) {
        let Some(mut exc) = raise.0.cast::<Exception>() else { return };
        let mut traceback = self.own_traceback(&mut exc);
        let entries = traceback.entries.len() as u32;
        // Few exceptions cross more than one task, and a million cancelled tasks have one each.
        traceback.tasks.reserve_exact(1);
        traceback.tasks.push((entries, task.value()));
    }

    /// The exception that the running code is handling, or None: the innermost handler around an op on the way.
    #[must_use]
    pub fn current_exception(&self) -> Value {
        for act in self.activations.iter().rev() {
            if let Some(v) = handled(&act.code, act.pc(), |r| Self::register_of(act, r)) {
                return v;
            }
            let mut frame = act.frame;
            while let Some(next) = frame.and_then(|f| self.awaiter_of(f)) {
                let n = next.registers();
                if let Some(v) = handled(&next.function.code, next.pc, |r| next.tail(n)[r as usize]) {
                    return v;
                }
                frame = Some(next);
            }
        }
        Value::NONE
    }

    /// The frame that awaits this one, through an async generator's step too.
    #[must_use]
    pub fn awaiter_of(&self, frame: Gc<Frame>) -> Option<Gc<Frame>> {
        let link = frame.awaiter;
        link.cast::<Frame>().or_else(|| link.cast::<crate::objects::AsyncGenStep>()?.awaiter.cast())
    }

    /// An exception raised while another is handled has that one as its context, unless it has one already, or comes
    /// out of code of the language that a native called.
    fn set_implicit_context(&mut self, raise: Raise) {
        let Some(exc) = raise.0.cast::<Exception>() else { return };
        if exc.context.is_none() && exc.traceback.is_none() {
            self.set_context(exc);
        }
    }

    /// A `raise` statement sets the context in any case.
    pub fn set_context_now(&mut self, raise: Raise) -> Raise {
        if let Some(exc) = raise.0.cast::<Exception>() {
            self.set_context(exc);
        }
        raise
    }

    fn set_context(&mut self, exc: Gc<Exception>) {
        chain(exc, self.current_exception());
    }

    /// What was thrown in further inside gets the first context on its way out.
    pub(super) fn add_awaiters_context(&mut self, raise: Raise, awaiter: Gc<Frame>) {
        let Some(exc) = raise.0.cast::<Exception>() else { return };
        if !exc.context.is_none() {
            return;
        }
        let n = awaiter.registers();
        if let Some(v) = handled(&awaiter.function.code, awaiter.pc, |r| awaiter.tail(n)[r as usize]) {
            chain(exc, v);
        }
    }

    /// What `raise v` raises.
    pub(super) fn make_raise(&mut self, v: Value) -> Result<Raise> {
        if v.is::<Exception>() {
            return Ok(Raise(v));
        }
        if let Some(class) = v.cast::<Class>()
            && class.is_subclass_of(self.exceptions.BaseException)
        {
            if class.flags.plain_exception && !class.flags.is_abstract {
                return Ok(self.error_with(class, &[]));
            }
            let made = self.call(v, &[])?;
            if made.is::<Exception>() {
                return Ok(Raise(made));
            }
            let (name, got) = (class.name_str(), self.class_name(made));
            return Err(self.type_error(format!(
                "calling <class '{name}'> should have returned an instance of BaseException, not <class '{got}'>"
            )));
        }
        Err(self.type_error("exceptions must derive from BaseException"))
    }

    pub(super) fn make_raise_from(&mut self, v: Value, cause: Value) -> Result<Raise> {
        let raise = self.make_raise(v)?;
        self.root(raise.0);
        let cause = if cause.is_none() {
            cause
        } else {
            match self.make_raise(cause) {
                Ok(raise) => raise.0,
                Err(error) if cause.is::<Class>() => return Err(error),
                Err(_) => return Err(self.type_error("exception causes must derive from BaseException")),
            }
        };
        self.roots.pop();
        if let Some(mut exc) = raise.0.cast::<Exception>() {
            exc.cause = cause;
            exc.set_suppress_context(true);
        }
        Ok(raise)
    }

    /// Whether `except classes` catches the exception.
    pub(super) fn exception_matches(&mut self, exc: Value, classes: Value) -> Result<bool> {
        if let Some(class) = classes.cast::<Class>()
            && class.is_subclass_of(self.exceptions.BaseException)
        {
            return Ok(self.is_instance_of(exc, class));
        }
        if let Some(tuple) = classes.cast::<Tuple>() {
            // All of them are looked at first: a wrong one is an error wherever it stands.
            let wrong = |v: &Value| {
                !v.cast::<Class>().is_some_and(|c| c.is_subclass_of(self.exceptions.BaseException))
            };
            if !tuple.items().iter().any(wrong) {
                return Ok(tuple
                    .items()
                    .iter()
                    .any(|c| c.cast::<Class>().is_some_and(|c| self.is_instance_of(exc, c))));
            }
        }
        Err(self.type_error("catching classes that do not inherit from BaseException is not allowed"))
    }

    // Exception groups.

    #[must_use]
    pub fn is_group(&self, v: Value) -> bool {
        self.is_instance_of(v, self.exceptions.BaseExceptionGroup)
    }

    /// A group's exceptions.
    #[must_use]
    pub fn group_exceptions(&self, group: Value) -> Vec<Value> {
        let args = group.cast::<Exception>().and_then(|e| e.args.cast::<Tuple>());
        let inner = args.and_then(|a| a.items().get(1).copied()).unwrap_or(Value::NONE);
        if let Some(tuple) = inner.cast::<Tuple>() {
            tuple.items().to_vec()
        } else if let Some(list) = inner.cast::<List>() {
            list.items.clone()
        } else {
            Vec::new()
        }
    }

    /// Splits by a test: the part for which it holds and the rest, each None when empty, with the same nesting.
    pub fn split_group(
        &mut self,
        exc: Value,
        test: &mut dyn FnMut(&mut Self, Value) -> Result<bool>,
    ) -> Result<(Value, Value)> {
        if test(self, exc)? {
            return Ok((exc, Value::NONE));
        }
        if !self.is_group(exc) {
            return Ok((Value::NONE, exc));
        }
        let (mut yes, mut no) = (Vec::new(), Vec::new());
        for inner in self.group_exceptions(exc) {
            self.enter()?;
            let split = self.split_group(inner, test);
            self.leave();
            let (matched, rest) = split?;
            if !matched.is_none() {
                yes.push(self.root(matched));
            }
            if !rest.is_none() {
                no.push(self.root(rest));
            }
        }
        let matched = self.derive_group(exc, &yes)?;
        self.root(matched);
        let rest = self.derive_group(exc, &no)?;
        Ok((matched, rest))
    }

    /// A group like `group` with other exceptions, through its `derive`; None for no exceptions.
    pub fn derive_group(&mut self, group: Value, exceptions: &[Value]) -> Result<Value> {
        if exceptions.is_empty() {
            return Ok(Value::NONE);
        }
        let list = self.list(exceptions.to_vec());
        self.root(list);
        let new = self.call_method(group, "derive", &[list])?;
        if !self.is_group(new) {
            return Err(self.type_error("derive must return an instance of BaseExceptionGroup"));
        }
        if let (Some(mut new), Some(old)) = (new.cast::<Exception>(), group.cast::<Exception>()) {
            new.cause = old.cause;
            new.context = old.context;
            new.set_suppress_context(old.suppress_context());
            if let Some(traceback) = old.traceback.cast::<Traceback>() {
                traceback.share();
                new.traceback = old.traceback;
            }
            let notes = self.names.__notes__;
            if let Some(notes_value) = self.find_attr(group, notes)?
                && notes_value.is::<List>()
            {
                let copy = self.collect(notes_value)?;
                self.set_attr(new.value(), notes, copy.value())?;
            }
        }
        Ok(new)
    }

    /// `except* classes`: the part that matches and the rest.
    pub(super) fn match_group(&mut self, exc: Value, classes: Value) -> Result<(Value, Value)> {
        if exc.is_none() {
            return Ok((Value::NONE, Value::NONE));
        }
        self.check_group_classes(classes)?;
        if self.exception_matches(exc, classes)? {
            if self.is_group(exc) {
                return Ok((exc, Value::NONE));
            }
            let message = self.empty_str.value();
            let inner = self.tuple(&[exc]);
            self.root(inner);
            let class = if self.is_instance_of(exc, self.exceptions.Exception) {
                self.exception_group_class()
            } else {
                self.exceptions.BaseExceptionGroup
            };
            let group = self.call(class.value(), &[message, inner])?;
            if let (Some(mut group), Some(old)) = (group.cast::<Exception>(), exc.cast::<Exception>()) {
                group.traceback = Self::share_traceback(old);
            }
            return Ok((group, Value::NONE));
        }
        if !self.is_group(exc) {
            return Ok((Value::NONE, exc));
        }
        self.split_group(exc, &mut |vm, e| vm.exception_matches(e, classes))
    }

    fn check_group_classes(&mut self, classes: Value) -> Result<()> {
        let group = self.exceptions.BaseExceptionGroup;
        let is_group = |v: Value| v.cast::<Class>().is_some_and(|c| c.is_subclass_of(group));
        let bad = match classes.cast::<Tuple>() {
            Some(tuple) => tuple.items().iter().any(|&c| is_group(c)),
            None => is_group(classes),
        };
        if bad {
            return Err(
                self.type_error("catching ExceptionGroup with except* is not allowed. Use except instead.")
            );
        }
        Ok(())
    }

    /// The traceback as it is now: what the exception passes later is not added to it.
    pub(super) fn share_traceback(exc: Gc<Exception>) -> Value {
        if let Some(traceback) = exc.traceback.cast::<Traceback>() {
            traceback.share();
        }
        exc.traceback
    }

    /// At the end of `try`-`except*`: what is to be raised of the original exception and those in the list (raised by
    /// the handlers, or left over), or None.
    pub(super) fn combine_group(&mut self, original: Value, collected: Value) -> Result<Value> {
        let items: Vec<Value> = collected
            .cast::<List>()
            .map_or(Vec::new(), |l| l.items.iter().copied().filter(|v| !v.is_none()).collect());
        if items.is_empty() {
            return Ok(Value::NONE);
        }
        if !self.is_group(original) {
            // A naked exception: what a handler raised replaces it.
            return Ok(items[0]);
        }
        let original_exc = original.cast::<Exception>();
        let same_origin = |v: Value| {
            v == original
                || match (v.cast::<Exception>(), original_exc) {
                    (Some(a), Some(b)) => {
                        a.cause == b.cause && a.context == b.context && traceback_starts_like(a, b)
                    }
                    _ => false,
                }
        };
        let (mut reraised, mut raised) = (Vec::new(), Vec::new());
        for v in items {
            if self.is_group(v) && same_origin(v) { reraised.push(v) } else { raised.push(v) }
        }
        let rest = if reraised.is_empty() { Value::NONE } else { self.project_group(original, &reraised)? };
        if raised.is_empty() {
            return Ok(rest);
        }
        self.root(rest);
        if !rest.is_none() {
            raised.push(rest);
        }
        if let [one] = raised[..] {
            return Ok(one);
        }
        let message = self.empty_str.value();
        let list = self.list(raised);
        self.root(list);
        let class = self.exceptions.BaseExceptionGroup;
        self.call(class.value(), &[message, list])
    }

    /// The part of a group whose leaves are in one of the groups.
    fn project_group(&mut self, original: Value, keep: &[Value]) -> Result<Value> {
        let mut leaves = Vec::new();
        for &group in keep {
            self.collect_leaves(group, &mut leaves);
        }
        let (matched, _) =
            self.split_group(original, &mut |vm, e| Ok(!vm.is_group(e) && leaves.contains(&e)))?;
        Ok(matched)
    }

    fn collect_leaves(&self, exc: Value, out: &mut Vec<Value>) {
        let mut stack = vec![exc];
        while let Some(v) = stack.pop() {
            if self.is_group(v) {
                stack.extend(self.group_exceptions(v));
            } else {
                out.push(v);
            }
        }
    }

    // Errors of the dispatch loop.

    /// Asked at the limit of recursion: activations of the library's code do not count, since in CPython most of it
    /// is written in C. At most as many as the limit are spared.
    #[cold]
    pub(super) fn allow_deeper(&mut self) -> bool {
        let library = |a: &super::Activation| !self.sources.get(a.code.plain.source).is_script();
        let spared = self.activations.iter().filter(|a| library(a)).count().min(self.recursion_limit);
        self.activations.limit_to(self.recursion_limit + spared);
        !self.activations.are_full()
    }

    #[cold]
    pub(super) fn too_deep(&mut self) -> Raise {
        self.recursion_error("maximum recursion depth exceeded")
    }

    #[cold]
    pub(super) fn unbound_local(&mut self, code: Gc<CodeObject>, register: u16) -> Raise {
        let name = code.locals.get(register as usize).map_or("?", |n| n.text());
        let message =
            format!("cannot access local variable '{name}' where it is not associated with a value");
        let raise = self.error(self.exceptions.UnboundLocalError, message);
        self.keep_scope(raise);
        raise
    }

    #[cold]
    pub(super) fn unbound_free(&mut self, code: Gc<CodeObject>, index: u16) -> Raise {
        let name = code.plain.free.get(index as usize).map_or("?", |n| n);
        let message = format!(
            "cannot access free variable '{name}' where it is not associated with a value in enclosing scope"
        );
        self.error(self.exceptions.NameError, message)
    }

    #[cold]
    pub(super) fn bad_init_result(&mut self, v: Value) -> Raise {
        let class = self.class_name(v);
        self.type_error(format!("__init__() should return None, not '{class}'"))
    }
}

fn traceback_starts_like(a: Gc<Exception>, b: Gc<Exception>) -> bool {
    match (a.traceback.cast::<Traceback>(), b.traceback.cast::<Traceback>()) {
        (Some(a), Some(b)) => a.entries.iter().zip(&b.entries).all(|(x, y)| x.code == y.code && x.pc == y.pc),
        (None, None) => true,
        _ => false,
    }
}

/// `context` becomes an exception's context, unless it is none or the same; a cycle is cut where it would close.
fn chain(mut exc: Gc<Exception>, context: Value) {
    if context.is_none() || context == exc.value() {
        return;
    }
    // A script can close a cycle by hand: the second pointer goes half as fast, and is met again in one.
    let (mut at, mut slow, mut moves) = (context, context, false);
    while let Some(mut next) = at.cast::<Exception>() {
        if next.context == exc.value() {
            next.context = Value::NONE;
            break;
        }
        at = next.context;
        if at == slow {
            break;
        }
        if moves && let Some(behind) = slow.cast::<Exception>() {
            slow = behind.context;
        }
        moves = !moves;
    }
    exc.context = context;
}

/// The exception being handled by the op before `pc`, if it lies in a handler.
fn handled(code: &CodeObject, pc: u32, register: impl Fn(u16) -> Value) -> Option<Value> {
    if code.plain.handling.is_empty() {
        return None;
    }
    let at = pc.saturating_sub(1);
    code.plain
        .handling
        .iter()
        .filter(|h| h.start <= at && at < h.end)
        .map(|h| register(h.register))
        .find(|v| v.is::<Exception>())
}

impl Vm {
    /// Ends the run loop's view of an exit that cannot happen: a call that yields.
    pub(super) fn expect_return(exit: Exit) -> Value {
        match exit {
            Exit::Return(v) | Exit::Yield(v) => v,
        }
    }
}
