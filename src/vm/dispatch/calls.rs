//! Calls and returns.

use super::keywords::{call_kw, call_method_kw};
use super::looping::iterate_bounds;
use super::shortcuts::shortcut;
use super::site::{Site, fill};
use super::state::State;
use super::{Exit, Halt, Vm};
use crate::bytecode::code::CodeKind;
use crate::bytecode::op::{Op, Opcode};
use crate::heap::{Gc, Heap, Kind, Str, Value};
use crate::native::takes;
use crate::objects::code::CacheKind;
use crate::objects::frame::{ESCAPED, LOOPED};
use crate::objects::{Class, CodeObject, Dict, Function, List, Native, Set, Tuple};
use crate::vm::{Activation, Return};

// Calls a function of the language that takes just what it is given. One that does not is left to `$defaults`, what is none
// of the language to `$otherwise`.
macro_rules! call_function {
    ($s:ident, $site:expr, $defaults:ident, $otherwise:ident) => {{
        let site: Site = $site;
        let Some(function) = site.callee.cast::<Function>() else { return $s.then($otherwise) };
        if function.code.simple_args != site.n as u32 {
            if function.code.coroutine_args == site.n as u32 {
                $s.set($s.op().a(), site.callee);
                // A call is never the last op.
                let awaited = $s.op().after(site.width).code() == Opcode::GetAwaitable;
                return if awaited { $s.then(call_awaited) } else { $s.then(make_coroutine) };
            }
            if function.code.frame_args == site.n as u32 {
                $s.set($s.op().a(), site.callee);
                return $s.then(make_generator);
            }
            return $s.then($defaults);
        }
        if $s.act().frame.is_some() {
            return $s.then(call_from_frame);
        }
        enter!($s, site, function);
        $s.general()
    }};
}

// Enters a function in the window that begins with its arguments, inside or right behind the caller's, unless there is no
// room.
macro_rules! enter {
    ($s:ident, $site:ident, $function:ident) => {{
        let window = $s.regs.wrapping_add($site.first);
        let top = window.wrapping_add($function.code.registers as usize);
        if $s.has_room(top) && $s.spend() {
            $s.save($site.width);
            return $s.enter($function, window, top, (Return::Register, $site.dst));
        }
    }};
}

// Calls what is written in Rust with arguments as it takes them.
macro_rules! call_ready {
    ($s:ident, $function:expr, $first:expr, $n:expr, $width:literal) => {{
        $s.save($width);
        let (function, args) = ($function, $s.slice($first, $n));
        let (vm, act) = ($s.vm, $s.act);
        let result = vm.call_exact(function, args);
        return State::of(vm, act).called(result, $width);
    }};
}

// A call of a native; any other is left to `$otherwise`.
macro_rules! call_native {
    ($s:ident, $site:expr, $width:literal, $otherwise:ident) => {{
        let site: Site = $site;
        if let Some(native) = site.callee.cast::<Native>()
            && native.receiver.is_unbound()
            && $s.spend()
        {
            $s.save(site.width);
            // A call is never the last op.
            if $s.op().after(site.width).code() == Opcode::GetAwaitable {
                let flow = $s.vm.call_awaited(site.callee, site.first, site.n, site.width);
                return $s.changed(flow);
            }
            let (def, args) = (native.def, $s.slice(site.first, site.n));
            let (vm, act) = ($s.vm, $s.act);
            let result = vm.call_positional(def, args);
            return State::of(vm, act).called(result, $width);
        }
        $s.then($otherwise)
    }};
}

// Of a function of the language that does not take just what it is given, as was seen: the last of its parameters have
// defaults, or it is left to `call_complicated`.
macro_rules! with_defaults {
    ($s:ident, $site:expr) => {{
        let site: Site = $site;
        // SAFETY: whoever leaves the op to this handler saw that it is one.
        let function: Gc<Function> = unsafe { site.callee.cast_unchecked() };
        let positional = function.code.simple_args as usize;
        // More than there are defaults, if it takes fewer or is not that simple.
        let missing = positional.wrapping_sub(site.n);
        if missing <= function.default_count() && $s.act().frame.is_none() {
            let window = $s.regs.wrapping_add(site.first);
            let top = window.wrapping_add(function.code.registers as usize);
            if $s.has_room(top) && $s.spend() {
                fill(window.wrapping_add(positional), missing, function);
                $s.save(site.width);
                let dst = $s.op().c();
                return $s.enter(function, window, top, (Return::Register, dst));
            }
        }
        $s.then(call_complicated)
    }};
}

// Learns where the keyword is, or does the call without knowing it.
macro_rules! call_with_names {
    ($s:ident, $site:expr, $again:ident) => {{
        let site = Site { width: 2, ..$site };
        let names = Site::names(&$s);
        if let Some(function) = site.callee.cast::<Function>()
            && let &[name] = names.items()
            && let parameters = usize::from(function.code.named.1)
            && let Some(place) = function.code.locals.iter().take(parameters).position(|n| n.value() == name)
            && let Ok(place) = u16::try_from(place + 1)
            && place != $s.op().after(1).a()
        {
            $s.op().after(1).set_a(place);
            return $s.then($again);
        }
        begin!($s, site, Some(names))
    }};
}

// A call that may begin with its arguments where they are; `$names` are those of the last of them.
macro_rules! begin {
    ($s:ident, $site:expr, $names:expr) => {{
        let site: Site = $site;
        let first = $s.regs.wrapping_add(site.first);
        let on_stack = $s.act().frame.is_none();
        // Behind a register that is free.
        let window = if on_stack { first } else { $s.act().top.wrapping_add(1) };
        if matches!(site.callee.kind(), Some(Kind::Class | Kind::Function))
            && (on_stack || $s.vm.stack.has(window.wrapping_add(site.n)))
            && $s.spend()
        {
            $s.save(site.width);
            if !on_stack {
                // SAFETY: the window was reserved and lies outside the frame.
                unsafe { std::ptr::copy_nonoverlapping(first, window, site.n) };
            }
            if $s.vm.begin_in_place(site.callee, window, site.n, $names, site.dst) {
                return State::top($s.vm).go();
            }
        }
        $s.general()
    }};
}

// Makes a generator of just the arguments, in a frame that `$make` gives. A loop or `yield from`
// that alone can see it gets it at once.
macro_rules! make_generator {
    ($s:ident, $make:expr, $otherwise:expr) => {{
        let site = Site::any(&$s);
        let next = $s.op().after(site.width);
        if let Some(function) = site.callee.cast::<Function>()
            && !function.code.frame_class.is_large()
            && next.code() != Opcode::GetAwaitable
        {
            let taken = next.b() == site.dst
                && $s.is_temporary(site.dst)
                && function.code.kind == CodeKind::Generator;
            let flags = match next.code() {
                Opcode::GetIter if taken => ESCAPED | LOOPED,
                Opcode::GetYieldFrom if taken => 0,
                _ => ESCAPED,
            };
            let args = $s.slice(site.first, site.n);
            if let Some(frame) = $make(&mut $s.vm.heap, function, args, flags) {
                if flags != ESCAPED {
                    $s.set(next.a(), frame.value());
                    return $s.skip(site.width + 1);
                }
                $s.set(site.dst, frame.value());
                return $s.skip(site.width);
            }
        }
        $otherwise
    }};
}

handlers! {
    fn call(s) {
        call_function!(s, Site::call(&s), call_with_defaults, call_other)
    }

    fn call_other(s) {
        if let Some(native) = s.reg(s.op().a()).cast::<Native>()
            && !native.receiver.is_unbound()
        {
            return s.then(call_bound_native);
        }
        call_native!(s, Site::call(&s), 1, call_any)
    }

    /// Of a method of a built-in type that is bound to an object, which takes the callee's place before the arguments.
    fn call_bound_native(s) {
        let op = s.op();
        if let Some(native) = s.reg(op.a()).cast::<Native>()
            && op.after(1).code() != Opcode::GetAwaitable
            && s.spend()
        {
            s.set(op.a(), native.receiver);
            s.save(1);
            let (def, args) = (native.def, s.slice(op.a(), usize::from(op.b()) + 1));
            let (vm, act) = (s.vm, s.act);
            let result = vm.call_positional(def, args);
            return State::of(vm, act).called(result, 1);
        }
        s.then(call_any)
    }

    fn call_method(s) {
        let callee = s.reg(s.op().a());
        if !callee.is::<Function>() {
            return match callee.cast::<Native>() {
                Some(native) => s.then(shortcut(native.shortcut)),
                None => s.then(call_any),
            };
        }
        call_function!(s, Site::method(&s), call_method_with_defaults, call_any)
    }

    /// Most methods that are not functions are those of built-in types, called with just what they take.
    fn call_native_method(s) {
        let op = s.op();
        let receiver = usize::from(op.a()) + 1;
        if let Some(native) = s.reg(op.a()).cast::<Native>()
            && let Some(kind) = s.reg(receiver).kind()
            && native.is_ready(takes(usize::from(op.b()) + 1, kind))
            && op.after(1).code() != Opcode::GetAwaitable
            && s.spend()
        {
            call_ready!(s, native.def.function, receiver, usize::from(op.b()) + 1, 1)
        }
        s.then(call_unready_method)
    }

    fn call_unready_method(s) {
        call_native!(s, Site::method(&s), 1, call_any)
    }

    fn call_global(s) {
        let op = s.op();
        // The verifier saw an `Extra` behind this op.
        let cache = s.cache(op.after(1).bc());
        if s.function().globals.header.aux.get() != cache.guard {
            return s.general();
        }
        if cache.args == op.b() {
            // SAFETY: that many arguments has a function of the language.
            let function: Gc<Function> = unsafe { cache.value.cast_unchecked() };
            let window = s.regs.wrapping_add(usize::from(op.a()) + 1);
            let top = window.wrapping_add(function.code.registers as usize);
            // Its code may have been replaced since.
            if cache.entry == function.entry() && s.has_room(top) && s.spend() {
                s.save(2);
                return s.enter_at(cache.entry, function, window, top, (Return::Register, op.c()));
            }
            return s.general();
        }
        if cache.kind == CacheKind::Callable {
            let site = Site { width: 2, ..Site::of(&s, cache.value) };
            return call_function!(s, site, call_global_with_defaults, call_callable);
        }
        if cache.kind == CacheKind::Builtin && s.vm.builtins.header.aux.get() == cache.epoch {
            let f = s.vm.builtins.table.value_at(cache.slot as usize);
            s.set(op.a(), f);
            return if f.is::<Native>() { s.then(call_builtin) } else { s.then(convert) };
        }
        s.general()
    }

    /// A built-in function, called with just what it takes.
    fn call_builtin(s) {
        let op = s.op();
        let callee = s.reg(op.a());
        if callee == s.vm.quick.len {
            return s.then(len);
        }
        if let Some(native) = callee.cast::<Native>()
            && native.is_ready(u32::from(op.b()))
            && op.after(2).code() != Opcode::GetAwaitable
            && s.spend()
        {
            call_ready!(s, native.def.function, usize::from(op.a()) + 1, usize::from(op.b()), 2)
        }
        s.then(call_other_global)
    }

    /// `len` of what is asked for it most.
    fn len(s) {
        let op = s.op();
        let v = s.reg(op.a() + 1);
        let len = match v.kind() {
            Some(Kind::List) => v.cast::<List>().map(|list| list.items.len()),
            Some(Kind::Str) => v.cast::<Str>().map(|text| text.chars()),
            Some(Kind::Tuple) => v.cast::<Tuple>().map(|tuple| tuple.len()),
            Some(Kind::Dict) => v.cast::<Dict>().map(|dict| dict.table.len()),
            Some(Kind::Set) => v.cast::<Set>().map(|set| set.table.len()),
            _ => None,
        };
        match len {
            Some(len) if op.b() == 1 => {
                s.set(op.c(), Value::int(len as i64));
                s.skip(2)
            }
            _ => s.then(call_other_global),
        }
    }

    /// A built-in class, called with one argument.
    fn convert(s) {
        let op = s.op();
        if s.reg(op.a()) == s.vm.types.range.value() && op.after(2).code() == Opcode::GetIter {
            return s.then(iterate_bounds);
        }
        s.then(convert_by_class)
    }

    fn convert_by_class(s) {
        let op = s.op();
        if op.b() == 1
            && s.reg(op.a()) == s.vm.types.str.value()
            && s.reg(op.a() + 1).is_int()
            && op.after(2).code() != Opcode::GetAwaitable
        {
            return s.then(text_of_int);
        }
        if op.b() == 1
            && let Some(class) = s.reg(op.a()).cast::<Class>()
            && let Some(convert) = class.convert
            && op.after(2).code() != Opcode::GetAwaitable
            && s.spend()
        {
            call_ready!(s, convert, op.a(), 2, 2)
        }
        s.then(call_other_global)
    }

    /// `str` of an integer.
    fn text_of_int(s) {
        let i = s.reg(s.op().a() + 1).int_unchecked();
        let (s, text) = s.lend(|vm| vm.int_str(i));
        s.set(s.op().c(), text.value());
        s.skip(2)
    }

    /// A global that is a function or class.
    fn call_callable(s) {
        let op = s.op();
        let f = s.cache(op.after(1).bc()).value;
        s.set(op.a(), f);
        match f.kind() {
            Some(Kind::Class) if op.after(2).code() != Opcode::GetAwaitable => s.then(call_class),
            _ => s.then(call_other_global),
        }
    }

    /// What was put before its arguments, which keeps it alive; there a poll finds it.
    fn call_other_global(s) {
        call_native!(s, Site::global(&s), 2, call_any)
    }

    /// Of a function of the language that takes just what it is given, from a frame: the arguments go to the stack.
    fn call_from_frame(s) {
        let mut site = Site::any(&s);
        if s.op().code() == Opcode::CallGlobal {
            site.callee = s.cache(s.op().after(1).bc()).value;
        }
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

    /// What is neither a native nor a function that takes just what it is given.
    fn call_any(s) {
        let site = Site::any(&s);
        if s.op().after(site.width).code() == Opcode::GetAwaitable {
            return s.then(call_awaited);
        }
        match site.callee.kind() {
            Some(Kind::Function) => s.then(call_complicated),
            Some(Kind::Class) => s.then(call_class),
            _ => s.general(),
        }
    }

    fn call_with_defaults(s) {
        with_defaults!(s, Site::call(&s))
    }

    fn call_method_with_defaults(s) {
        with_defaults!(s, Site::method(&s))
    }

    fn call_global_with_defaults(s) {
        let callee = s.cache(s.op().after(1).bc()).value;
        s.set(s.op().a(), callee);
        with_defaults!(s, Site { width: 2, ..Site::of(&s, callee) })
    }

    /// Of a function: it makes a generator, or its arguments are to be sorted. A coroutine was found by the call's own handler.
    fn call_complicated(s) {
        let site = Site::any(&s);
        let Some(function) = site.callee.cast::<Function>() else { return s.general() };
        if s.op().after(site.width).code() == Opcode::GetAwaitable {
            return s.general();
        }
        if function.code.frame_args == site.n as u32 {
            return s.then(make_generator);
        }
        begin!(s, site, None)
    }

    /// Of a coroutine function that takes just what it is given, where nothing awaits it at once.
    fn make_coroutine(s) {
        let site = Site::any(&s);
        if let Some(function) = site.callee.cast::<Function>()
            && !function.code.frame_class.is_large()
            && s.spend()
        {
            s.save(site.width);
            let frame = s.vm.heap.frame_with(function, s.slice(site.first, site.n), ESCAPED);
            s.vm.unawaited.push(frame, s.code, s.act().pc());
            s.set(site.dst, frame.value());
            return s.skip(site.width);
        }
        s.general()
    }

    /// Of a function that makes a generator of just these arguments.
    fn make_generator(s) {
        make_generator!(s, Heap::frame_again, s.then(make_generator_anew))
    }

    /// The same where no frame of its size was given back.
    fn make_generator_anew(s) {
        make_generator!(s, |heap: &mut Heap, function, args, flags| Some(heap.frame_with(function, args, flags)), s.general())
    }

    /// A class whose `__init__` is all there is to making an instance: the instance takes the class's place.
    fn call_class(s) {
        let site = Site::any(&s);
        // The callee of a method call does not lie right before the arguments.
        if s.op().code() != Opcode::CallMethod
            && let Some(class) = site.callee.cast::<Class>()
            && class.init_epoch == s.vm.class_epoch
            && let Some(init) = class.init.cast::<Function>()
            && init.code.simple_args == site.n as u32 + 1
            && s.act().frame.is_none()
        {
            let window = s.regs.wrapping_add(site.first - 1);
            let top = window.wrapping_add(init.code.registers as usize);
            if s.has_room(top)
                && let Some(instance) = s.vm.heap.instance_quickly(class.root_shape, class.slot_hint)
                && s.spend()
            {
                // SAFETY: the callee's own register, which a verified op names (2).
                unsafe { *window = instance.value() };
                s.save(site.width);
                // SAFETY: there is room for one more; an `__init__` keeps its instance.
                unsafe { (*s.act.add(1)).kept = instance.value() };
                return s.enter(init, window, top, (Return::Init, site.dst));
            }
        }
        s.then(call_class_otherwise)
    }

    fn call_class_otherwise(s) {
        let site = Site::any(&s);
        let Some(class) = site.callee.cast::<Class>() else { return s.general() };
        // The callee of a method call does not lie right before the arguments.
        if s.op().code() != Opcode::CallMethod {
            if class.constructor.is_some()
                && class.metaclass.is_none()
                && class != s.vm.types.type_
                && s.spend()
            {
                s.save(site.width);
                let result = s.vm.construct_builtin(class, s.slice(site.first - 1, site.n + 1));
                return s.finish(result, site.dst, site.width);
            }
            if class.init_epoch == s.vm.class_epoch
                && let Some(init) = class.init.cast::<Function>()
                && init.code.simple_args == site.n as u32 + 1
                && s.act().frame.is_none()
            {
                // The same after a collection, or in a new block.
                let window = s.regs.wrapping_add(site.first - 1);
                let top = window.wrapping_add(init.code.registers as usize);
                if s.has_room(top) && s.spend() {
                    let instance = s.vm.heap.instance(class.root_shape, class.slot_hint).value();
                    s.set(site.first - 1, instance);
                    s.save(site.width);
                    // SAFETY: there is room for one more; an `__init__` keeps its instance.
                    unsafe { (*s.act.add(1)).kept = instance };
                    return s.enter(init, window, top, (Return::Init, site.dst));
                }
            }
        }
        begin!(s, site, None)
    }

    /// A call whose result is awaited; the callee of a global one lies before the arguments.
    fn call_awaited(s) {
        let site = Site::any(&s);
        if let Some(function) = site.callee.cast::<Function>()
            && function.code.coroutine_args == site.n as u32
        {
            let args = s.slice(site.first, site.n);
            return s.enter_coroutine(function, args, site.width, Some(call_awaited_anew));
        }
        s.general()
    }

    /// The same where no frame of its size was given back.
    fn call_awaited_anew(s) {
        let site = Site::any(&s);
        if let Some(function) = site.callee.cast::<Function>() {
            let args = s.slice(site.first, site.n);
            return s.enter_coroutine(function, args, site.width, None);
        }
        s.general()
    }

    fn call_kw_otherwise(s) {
        call_with_names!(s, Site::call(&s), call_kw)
    }

    fn call_method_kw_otherwise(s) {
        call_with_names!(s, Site::method(&s), call_method_kw)
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
