//! Calls and returns.

use super::state::State;
use super::{Exit, Halt, Vm};
use crate::bytecode::op::{Op, Opcode};
use crate::heap::{Gc, Kind, Value};
use crate::objects::code::CacheKind;
use crate::objects::frame::ESCAPED;
use crate::objects::{Class, CodeObject, Function, Native, Tuple};
use crate::vm::{Activation, Return};

/// A call: `n` arguments from the register `first` on, the result to `dst`; the call takes `width` ops.
#[derive(Clone, Copy)]
struct Site {
    callee: Value,
    first: usize,
    n: usize,
    dst: u16,
    width: usize,
}

impl Site {
    #[inline(always)]
    fn call(s: &State<'_>) -> Self {
        let op = s.op();
        let callee = s.reg(op.a());
        Self { callee, first: usize::from(op.a()) + 1, n: usize::from(op.b()), dst: op.c(), width: 1 }
    }

    /// Of a method, which may have no receiver.
    #[inline(always)]
    fn method(s: &State<'_>) -> Self {
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
    fn global(s: &State<'_>) -> Self {
        Self { width: 2, ..Self::call(s) }
    }

    /// Of any of these ops.
    #[inline(always)]
    fn found(s: &State<'_>) -> Self {
        match s.op().code() {
            Opcode::CallMethod => Self::method(s),
            Opcode::CallGlobal => Self::global(s),
            _ => Self::call(s),
        }
    }
}

// Calls a function of the language that takes just what it is given.
macro_rules! call_function {
    ($s:ident, $site:expr, $otherwise:ident) => {{
        let site: Site = $site;
        let Some(function) = site.callee.cast::<Function>() else { return $s.then($otherwise) };
        if function.code.simple_args != site.n as u32 {
            return $s.then($otherwise);
        }
        if $s.act().frame.is_some() {
            return $s.then(call_from_frame);
        }
        // Inside or right behind the caller's window.
        let window = $s.regs.wrapping_add(site.first);
        let top = window.wrapping_add(function.code.registers as usize);
        if $s.has_room(top) && $s.spend() {
            $s.save(site.width);
            return $s.enter(function, window, top, (Return::Register, site.dst));
        }
        $s.general()
    }};
}

// Any other call.
macro_rules! call_otherwise {
    ($s:ident, $site:expr) => {{
        let site: Site = $site;
        // A call is never the last op.
        if $s.op().after(site.width).code() == Opcode::GetAwaitable {
            if site.callee.is::<Function>() {
                return $s.then(call_awaited);
            }
            $s.save(site.width);
            let flow = $s.vm.call_awaited(site.callee, site.first, site.n, site.width);
            return $s.flow(flow);
        }
        match site.callee.kind() {
            Some(Kind::Native) => {
                if let Some(native) = site.callee.cast::<Native>()
                    && native.receiver.is_unbound()
                    && $s.spend()
                {
                    $s.save(site.width);
                    let result = $s.vm.call_positional(native.def, $s.slice(site.first, site.n));
                    return $s.finish(result, site.dst, site.width);
                }
            }
            Some(Kind::Class) => {
                if let Some(class) = site.callee.cast::<Class>()
                    && class.constructor.is_some()
                    // The callee of a method call does not lie right before the arguments.
                    && $s.op().code() != Opcode::CallMethod
                    && class.metaclass.is_none()
                    && class != $s.vm.types.type_
                    && $s.spend()
                {
                    $s.save(site.width);
                    let result = $s.vm.construct_builtin(class, $s.slice(site.first - 1, site.n + 1));
                    return $s.finish(result, site.dst, site.width);
                }
                begin!($s, site, None);
            }
            Some(Kind::Function) => {
                if site.callee.cast::<Function>().is_some_and(|f| f.code.coroutine_args == site.n as u32) {
                    return $s.then(make_coroutine);
                }
                begin!($s, site, None)
            }
            _ => (),
        }
        $s.general()
    }};
}

// A call that can begin with its arguments where they are; `$names` are those of the last of them.
macro_rules! begin {
    ($s:ident, $site:expr, $names:expr) => {{
        let site: Site = $site;
        let first = $s.regs.wrapping_add(site.first);
        let on_stack = $s.act().frame.is_none();
        // Behind a register that is free.
        let window = if on_stack { first } else { $s.act().top.wrapping_add(1) };
        if (on_stack || $s.vm.stack.has(window.wrapping_add(site.n))) && $s.spend() {
            $s.save(site.width);
            if !on_stack {
                // SAFETY: the window was reserved and lies outside the frame.
                unsafe { std::ptr::copy_nonoverlapping(first, window, site.n) };
            }
            if $s.vm.begin_in_place(site.callee, window, site.n, $names, site.dst) {
                return State::top($s.vm).go();
            }
        }
    }};
}

// With keywords, whose names `Extra` says.
macro_rules! call_with_names {
    ($s:ident, $site:expr) => {{
        let site: Site = $site;
        if matches!(site.callee.kind(), Some(Kind::Function | Kind::Class)) {
            // The verifier saw an `Extra` behind this op.
            let names = $s.constant($s.op().after(1).bc()).cast::<Tuple>();
            begin!($s, Site { width: 2, ..site }, names);
        }
        $s.general()
    }};
}

handlers! {
    fn call(s) {
        call_function!(s, Site::call(&s), call_other)
    }

    fn call_other(s) {
        call_otherwise!(s, Site::call(&s))
    }

    fn call_method(s) {
        call_function!(s, Site::method(&s), call_other_method)
    }

    fn call_other_method(s) {
        call_otherwise!(s, Site::method(&s))
    }

    fn call_global(s) {
        let op = s.op();
        // The verifier saw an `Extra` behind this op.
        let cache = s.cache(op.after(1).bc());
        if s.function().globals.header.aux.get() == cache.guard {
            if cache.kind == CacheKind::Callable {
                return call_function!(s, Site { callee: cache.value, ..Site::global(&s) }, call_callable);
            }
            if cache.kind == CacheKind::Builtin && s.vm.builtins.header.aux.get() == cache.epoch {
                let f = s.vm.builtins.table.value_at(cache.slot as usize);
                s.set(op.a(), f);
                return s.then(call_other_global);
            }
        }
        s.general()
    }

    /// A global that is a function or class.
    fn call_callable(s) {
        let op = s.op();
        let f = s.cache(op.after(1).bc()).value;
        s.set(op.a(), f);
        s.then(call_other_global)
    }

    /// What was put before its arguments, which keeps it alive; there a poll finds it.
    fn call_other_global(s) {
        call_otherwise!(s, Site::global(&s))
    }

    /// Of a function of the language that takes just what it is given, from a frame: the arguments go to the stack.
    fn call_from_frame(s) {
        let site = match s.op().code() {
            Opcode::CallGlobal => {
                let callee = s.cache(s.op().after(1).bc()).value;
                Site { callee, ..Site::global(&s) }
            }
            _ => Site::found(&s),
        };
        if let Some(function) = site.callee.cast::<Function>() {
            let window = s.act().top;
            let top = window.wrapping_add(function.code.registers as usize);
            if s.has_room(top) && s.spend() {
                // SAFETY: the window was reserved and lies outside the frame.
                unsafe { std::ptr::copy_nonoverlapping(s.regs.add(site.first), window, site.n) };
                s.save(site.width);
                return s.enter(function, window, top, (Return::Register, site.dst));
            }
        }
        s.general()
    }

    /// A call whose result is awaited; the callee of a global one lies before the arguments.
    fn call_awaited(s) {
        let site = Site::found(&s);
        if let Some(function) = site.callee.cast::<Function>()
            && function.code.coroutine_args == site.n as u32
        {
            let args = s.slice(site.first, site.n);
            return s.enter_coroutine(function, args, site.width);
        }
        s.save(site.width);
        let flow = s.vm.call_awaited(site.callee, site.first, site.n, site.width);
        s.flow(flow)
    }

    /// A call of a coroutine function that takes just what it is given, where nothing awaits it at once.
    fn make_coroutine(s) {
        let site = Site::found(&s);
        if let Some(function) = site.callee.cast::<Function>()
            && s.spend()
        {
            s.save(site.width);
            let frame = s.vm.heap.coroutine(function, s.slice(site.first, site.n), ESCAPED, None);
            s.vm.unawaited.push(frame, s.code, s.act().pc());
            s.set(site.dst, frame.value());
            return s.skip(site.width);
        }
        s.general()
    }

    fn call_kw(s) {
        call_with_names!(s, Site::call(&s))
    }

    fn call_method_kw(s) {
        call_with_names!(s, Site::method(&s))
    }

    fn return_value(s) {
        let v = s.reg(s.op().a());
        if s.act().ret == Return::Register {
            let (_, dst) = s.pop();
            let s = s.caller();
            s.set(dst, v);
            return s.go();
        }
        s.then(return_otherwise)
    }

    /// From an `__init__`, or to a native.
    fn return_otherwise(s) {
        let v = s.reg(s.op().a());
        let kept = s.act().kept;
        match s.act().ret {
            Return::Init if v.is_none() => {
                let (_, dst) = s.pop();
                let s = s.caller();
                s.set(dst, kept);
                s.go()
            }
            Return::Exit => {
                s.pop();
                s.leave(Ok(Exit::Return(v)))
            }
            _ => s.general(),
        }
    }
}
