//! The dispatch loop: the second of the two rooms that may hold `unsafe`.
//!
//! `SAFETY` here rests on the invariants of `heap/mod.rs`. Operands were verified (2), so registers, constants and
//! caches are read unchecked; `regs` points at the window of the activation on top, whose size was reserved when it
//! was pushed, or at the registers of a live frame. The macros below are the only places where that is relied on.
//!
//! The common cases of an op are here; everything else is a method of the VM that answers with a value or an
//! exception. What pushes or pops an activation ends with `load!()`.

#![allow(unsafe_code, reason = "registers, constants and ops are read unchecked; see the head of this file")]

use super::call::Begun;
use super::frames::{Awaited, Flow};
use super::{Activation, BinaryOp, CompareOp, Raise, Result, Resume, Return, Vm};
use crate::bytecode::op::{NO_REG, Op, Opcode};
use crate::heap::{Gc, Kind, Value};
use crate::objects::code::CacheKind;
use crate::objects::{
    Awaitable, CellObject, Dict, Frame, FrameState, Function, Instance, Iter, IterState, List, Set, StepMode,
    Tuple,
};

/// Why the run loop ended without an exception.
#[derive(Clone, Copy, Debug)]
pub enum Exit {
    /// The call returned, or the driven frame ended.
    Return(Value),
    /// The driven frame suspended with this value.
    Yield(Value),
}

/// The op that runs. Its fields are read where they are used: read all at once before the dispatch they would take the
/// registers that the loop's own state wants, which is why the reads are volatile.
#[derive(Clone, Copy)]
struct Fetched(*const Op);

impl Fetched {
    #[inline(always)]
    fn code(self) -> Opcode {
        // SAFETY (all five): made by the loop from its pc, which points at an op.
        unsafe { (*self.0).code }
    }

    #[inline(always)]
    fn x(self) -> u8 {
        unsafe { (&raw const (*self.0).x).read_volatile() }
    }

    #[inline(always)]
    fn a(self) -> u16 {
        unsafe { (&raw const (*self.0).a).read_volatile() }
    }

    #[inline(always)]
    fn b(self) -> u16 {
        unsafe { (&raw const (*self.0).b).read_volatile() }
    }

    #[inline(always)]
    fn c(self) -> u16 {
        unsafe { (&raw const (*self.0).c).read_volatile() }
    }

    #[inline(always)]
    fn bc(self) -> u32 {
        u32::from(self.b()) | u32::from(self.c()) << 16
    }

    #[inline(always)]
    fn cx(self) -> u32 {
        u32::from(self.c()) | u32::from(self.x()) << 16
    }

    #[inline(always)]
    fn jump(self) -> i32 {
        i32::from(self.c()) | i32::from(self.x() as i8) << 16
    }
}

/// An integer and a float, or two floats, as floats; not two integers.
#[inline(never)]
fn mixed_pair(a: Value, b: Value) -> Option<(f64, f64)> {
    let one = |v: Value| {
        if v.is_small_float() {
            Some(v.float_unchecked())
        } else if v.is_int() {
            Some(v.int_unchecked() as f64)
        } else {
            None
        }
    };
    match (one(a), one(b)) {
        (Some(x), Some(y)) if !a.both_ints(b) => Some((x, y)),
        _ => None,
    }
}

impl Vm {
    /// Runs the activation on top until it, or one that replaced it, ends with `Return::Exit`.
    #[expect(clippy::cognitive_complexity, reason = "one arm per opcode")]
    pub(super) fn run(&mut self) -> Result<Exit> {
        let mut code;
        let mut regs: *mut Value;
        let mut ops: *const Op;
        let mut pc: *const Op;
        let mut on_stack: bool;

        // The running activation. The activations never move: room for the deepest recursion is reserved at the start.
        let mut act: *mut Activation;

        macro_rules! act {
            // SAFETY: while the loop runs there is an activation on top, and `act` points at it.
            () => {
                unsafe { &mut *act }
            };
        }
        macro_rules! restore {
            () => {{
                let top = act!();
                code = top.code;
                regs = top.regs;
                on_stack = top.frame.is_none();
                ops = code.ops.as_ptr();
                // SAFETY: a saved pc lies inside the code.
                pc = unsafe { ops.add(top.pc as usize) };
            }};
        }
        macro_rules! load {
            () => {{
                // SAFETY: there is an activation on top.
                act = unsafe { self.activations.as_mut_ptr().add(self.activations.len() - 1) };
                restore!();
            }};
        }
        macro_rules! save {
            // SAFETY: both point into the ops of the running code.
            () => {
                act!().pc = unsafe { pc.offset_from(ops) } as u32
            };
        }
        macro_rules! reg {
            // SAFETY: a verified operand (2).
            ($i:expr) => {
                unsafe { *regs.add($i as usize) }
            };
        }
        macro_rules! set {
            ($i:expr, $v:expr) => {{
                let v: Value = $v;
                // SAFETY: a verified operand (2).
                unsafe { *regs.add($i as usize) = v };
            }};
        }
        macro_rules! slice {
            // SAFETY: a verified range of registers (2); natives see it only while it is not written.
            ($start:expr, $n:expr) => {
                unsafe { std::slice::from_raw_parts(regs.add($start as usize), $n as usize) }
            };
        }
        macro_rules! constant {
            // SAFETY: a verified operand (2).
            ($i:expr) => {
                unsafe { *code.consts.get_unchecked($i as usize) }
            };
        }
        macro_rules! cache {
            // SAFETY: a verified operand (2); nobody else borrows the caches while an op runs.
            ($i:expr) => {
                unsafe { &mut *code.caches.as_ptr().cast_mut().add($i as usize) }
            };
        }
        macro_rules! jump {
            // SAFETY: a verified jump (2).
            ($by:expr) => {
                pc = unsafe { pc.offset($by as isize) }
            };
        }
        macro_rules! extra {
            () => {{
                // SAFETY: the verifier saw an `Extra` behind this op.
                let bc = unsafe { (*pc).bc() };
                pc = unsafe { pc.add(1) };
                bc
            }};
        }

        load!();
        loop {
            let raise: Raise = 'ops: {
                macro_rules! attempt {
                    ($e:expr) => {
                        match $e {
                            Ok(v) => v,
                            Err(raise) => break 'ops raise,
                        }
                    };
                }
                macro_rules! poll {
                    () => {{
                        let fuel = self.heap.fuel.get() - 1;
                        self.heap.fuel.set(fuel);
                        if fuel < 0 {
                            save!();
                            attempt!(self.poll());
                        }
                    }};
                }
                macro_rules! jump_polling {
                    ($op:expr) => {{
                        // What the poll raises is raised at the jump, not before its target.
                        let by = $op.jump();
                        if by < 0 {
                            poll!();
                        }
                        jump!(by);
                    }};
                }
                // What replaced, pushed or popped activations says how to go on.
                macro_rules! follow {
                    ($flow:expr) => {
                        match $flow {
                            Flow::Run => load!(),
                            Flow::Leave(exit) => return exit,
                        }
                    };
                }
                // The op may run code of the language or look at the activations.
                macro_rules! slow {
                    ($e:expr) => {{
                        save!();
                        attempt!($e)
                    }};
                }
                macro_rules! begin {
                    ($op:expr, $e:expr) => {{
                        save!();
                        match attempt!($e) {
                            Begun::Done(v) => set!($op.c(), v),
                            Begun::Pushed => load!(),
                        }
                    }};
                }
                // Whether a call of a function of the language could begin with its arguments where they are.
                macro_rules! enters_in_place {
                    ($function:expr, $first:expr, $n:expr, $names:expr, $dst:expr) => {
                        on_stack && $function.code.simple_args != u32::MAX && {
                            save!();
                            // SAFETY: inside or right behind the caller's window.
                            let window = unsafe { regs.add($first as usize) };
                            self.enter_in_place($function, window, $n as usize, $names, $dst)
                        }
                    };
                }
                macro_rules! call {
                    // A call of `$f` with `$n` arguments from register `$first` on; the result goes to `$dst`.
                    ($f:expr, $first:expr, $n:expr, $dst:expr) => {{
                        poll!();
                        let f: Value = $f;
                        let (first, n, dst): (usize, usize, u16) = ($first, $n, $dst);
                        match f.cast::<Function>() {
                            Some(function) if function.code.simple_args == n as u32 => {
                                let callee = function.code;
                                save!();
                                let window = if on_stack {
                                    // SAFETY: inside or right behind the caller's window.
                                    unsafe { regs.add(first) }
                                } else {
                                    act!().top
                                };
                                let top = window.wrapping_add(callee.registers as usize);
                                let depth = self.activations.len();
                                let too_deep = depth >= self.activation_limit && !self.allow_deeper();
                                if too_deep || !self.stack.reserve(top) {
                                    break 'ops self.too_deep();
                                }
                                if !on_stack {
                                    // SAFETY: the window was reserved and lies outside the frame.
                                    unsafe { std::ptr::copy_nonoverlapping(regs.add(first), window, n) };
                                }
                                // SAFETY: the limit is at most what was reserved, so there is room for one more.
                                unsafe {
                                    act = act.add(1);
                                    act.write(Activation {
                                        code: callee,
                                        function,
                                        regs: window,
                                        top,
                                        pc: 0,
                                        dst,
                                        ret: Return::Register,
                                        frame: None,
                                        root: None,
                                    });
                                    self.activations.set_len(depth + 1);
                                }
                                code = callee;
                                regs = window;
                                on_stack = true;
                                ops = callee.ops.as_ptr();
                                pc = ops;
                            }
                            Some(function) if enters_in_place!(function, first, n, None, dst) => load!(),
                            Some(function) if function.code.frame_args == n as u32 => {
                                let mut frame = self.new_frame(function);
                                frame.tail_mut(n).copy_from_slice(slice!(first, n));
                                // SAFETY: a call is never the last op.
                                let next = unsafe { *pc };
                                let awaited = next.code == Opcode::GetAwaitable
                                    && next.b == dst
                                    && dst as usize >= code.locals.len();
                                if !awaited {
                                    frame.set(crate::objects::frame::ESCAPED, true);
                                    save!();
                                    self.coroutine_made(frame);
                                }
                                set!(dst, frame.value());
                            }
                            _ => {
                                save!();
                                self.heap.fresh = Value::UNBOUND;
                                match attempt!(self.begin_call(
                                    f,
                                    slice!(first, n),
                                    None,
                                    Return::Register,
                                    dst
                                )) {
                                    Begun::Done(v) => {
                                        // SAFETY: a call is never the last op.
                                        let next = unsafe { *pc };
                                        if next.code == Opcode::GetAwaitable
                                            && next.b == dst
                                            && dst as usize >= code.locals.len()
                                            && v == self.heap.fresh
                                            && let Some(awaitable) = v.cast::<Awaitable>()
                                            && !awaitable.has(crate::objects::task::STARTED)
                                        {
                                            awaitable.set(crate::objects::task::EPHEMERAL, true);
                                        }
                                        set!(dst, v);
                                    }
                                    Begun::Pushed => load!(),
                                }
                            }
                        }
                    }};
                }
                macro_rules! compare {
                    ($a:expr, $b:expr, $op:tt, $cmp:ident) => {{
                        let (a, b): (Value, Value) = ($a, $b);
                        if a.both_ints(b) {
                            a.signed_bits() $op b.signed_bits()
                        } else if a.both_small_floats(b) {
                            a.float_unchecked() $op b.float_unchecked()
                        } else {
                            slow!(self.compare_bool(CompareOp::$cmp, a, b))
                        }
                    }};
                }
                macro_rules! compare_value {
                    ($o:expr, $op:tt, $cmp:ident) => {{
                        let (a, b) = (reg!($o.b()), reg!($o.c()));
                        let v = if a.both_ints(b) {
                            Value::bool(a.signed_bits() $op b.signed_bits())
                        } else if a.both_small_floats(b) {
                            Value::bool(a.float_unchecked() $op b.float_unchecked())
                        } else {
                            slow!(self.compare(CompareOp::$cmp, a, b))
                        };
                        set!($o.a(), v);
                    }};
                }
                macro_rules! compare_jump {
                    ($o:expr, $op:tt, $cmp:ident, $want:expr) => {{
                        if compare!(reg!($o.a()), reg!($o.b()), $op, $cmp) == $want {
                            jump_polling!($o);
                        }
                    }};
                }
                macro_rules! compare_jump_int {
                    ($o:expr, $op:tt, $cmp:ident, $want:expr) => {{
                        let a = reg!($o.a());
                        let b = i64::from($o.b() as i16);
                        let holds = if a.is_int() {
                            a.int_unchecked() $op b
                        } else {
                            compare!(a, Value::int(b), $op, $cmp)
                        };
                        if holds == $want {
                            jump_polling!($o);
                        }
                    }};
                }
                macro_rules! binary_slow {
                    ($o:expr, $bin:ident, $a:expr, $b:expr) => {{
                        let v = slow!(if $o.x() & 1 == 0 {
                            self.binary(BinaryOp::$bin, $a, $b)
                        } else {
                            self.inplace(BinaryOp::$bin, $a, $b)
                        });
                        set!($o.a(), v);
                    }};
                }

                loop {
                    // SAFETY: the pc stays inside verified code, whose last op cannot fall through.
                    let op = Fetched(pc);
                    pc = unsafe { pc.add(1) };
                    match op.code() {
                        Opcode::Nop | Opcode::Extra => (),

                        Opcode::Move => set!(op.a(), reg!(op.b())),
                        Opcode::LoadConst => set!(op.a(), constant!(op.bc())),
                        Opcode::LoadInt => set!(op.a(), Value::int(i64::from(op.bc() as i32))),
                        Opcode::LoadNone => set!(op.a(), Value::NONE),
                        Opcode::LoadTrue => set!(op.a(), Value::TRUE),
                        Opcode::LoadFalse => set!(op.a(), Value::FALSE),
                        Opcode::Clear => set!(op.a(), Value::UNBOUND),
                        Opcode::ClearRange => {
                            for i in op.a()..op.a() + op.b() {
                                set!(i, Value::UNBOUND);
                            }
                        }
                        Opcode::CheckBound => {
                            if reg!(op.a()).is_unbound() {
                                break 'ops self.unbound_local(code, op.a());
                            }
                        }
                        Opcode::DeleteLocal => {
                            if reg!(op.a()).is_unbound() {
                                break 'ops self.unbound_local(code, op.a());
                            }
                            set!(op.a(), Value::UNBOUND);
                        }
                        Opcode::MakeCell => {
                            let cell = self.heap.cell_object(reg!(op.a()));
                            set!(op.a(), cell.value());
                        }
                        Opcode::LoadCell => {
                            let v = reg!(op.b()).cast::<CellObject>().map_or(Value::UNBOUND, |c| c.content);
                            if v.is_unbound() {
                                break 'ops self.unbound_local(code, op.b());
                            }
                            set!(op.a(), v);
                        }
                        Opcode::StoreCell => {
                            if let Some(mut cell) = reg!(op.a()).cast::<CellObject>() {
                                cell.content = reg!(op.b());
                            }
                        }
                        Opcode::DeleteCell => {
                            if let Some(mut cell) = reg!(op.a()).cast::<CellObject>() {
                                if cell.content.is_unbound() {
                                    break 'ops self.unbound_local(code, op.a());
                                }
                                cell.content = Value::UNBOUND;
                            }
                        }
                        Opcode::LoadFree => {
                            let v = Self::closure_cell(act!().function, op.b())
                                .map_or(Value::UNBOUND, |c| c.content);
                            if v.is_unbound() {
                                break 'ops self.unbound_free(code, op.b());
                            }
                            set!(op.a(), v);
                        }
                        Opcode::StoreFree => {
                            if let Some(mut cell) = Self::closure_cell(act!().function, op.a()) {
                                cell.content = reg!(op.b());
                            }
                        }
                        Opcode::DeleteFree => {
                            if let Some(mut cell) = Self::closure_cell(act!().function, op.a()) {
                                if cell.content.is_unbound() {
                                    break 'ops self.unbound_free(code, op.a());
                                }
                                cell.content = Value::UNBOUND;
                            }
                        }
                        Opcode::LoadClosure => {
                            let cell =
                                Self::closure_cell(act!().function, op.b()).map_or(Value::UNBOUND, Gc::value);
                            set!(op.a(), cell);
                        }
                        Opcode::LoadGlobal => {
                            let cache = cache!(op.cx());
                            let globals = act!().function.globals;
                            let v = if cache.kind == CacheKind::Callable
                                && globals.header.aux.get() == cache.guard
                            {
                                cache.value
                            } else if cache.kind == CacheKind::Global
                                && globals.header.aux.get() == cache.guard
                            {
                                globals.table.value_at(cache.slot as usize)
                            } else if cache.kind == CacheKind::Builtin
                                && globals.header.aux.get() == cache.guard
                                && self.builtins.header.aux.get() == cache.epoch
                            {
                                self.builtins.table.value_at(cache.slot as usize)
                            } else {
                                slow!(self.load_global(globals, cache))
                            };
                            set!(op.a(), v);
                        }
                        Opcode::StoreGlobal => {
                            let cache = cache!(op.cx());
                            let mut globals = act!().function.globals;
                            let v = reg!(op.a());
                            if matches!(cache.kind, CacheKind::Global | CacheKind::Callable)
                                && globals.header.aux.get() == cache.guard
                            {
                                if cache.kind == CacheKind::Callable {
                                    cache.kind = CacheKind::Global;
                                }
                                globals.set_slot(cache.slot as usize, v);
                            } else {
                                self.store_global(globals, cache, v);
                            }
                        }
                        Opcode::DeleteGlobal => {
                            let name = constant!(op.bc());
                            let globals = act!().function.globals;
                            slow!(self.delete_global(globals, name));
                        }
                        Opcode::LoadName => {
                            let name = constant!(op.bc());
                            let v = slow!(self.load_name(reg!(0), name));
                            set!(op.a(), v);
                        }
                        Opcode::LoadNameOrFree => {
                            let v = match slow!(self.load_class_name(reg!(0), constant!(op.c()))) {
                                Some(v) => v,
                                None => Self::closure_cell(act!().function, op.b())
                                    .map_or(Value::UNBOUND, |c| c.content),
                            };
                            if v.is_unbound() {
                                break 'ops self.unbound_free(code, op.b());
                            }
                            set!(op.a(), v);
                        }
                        Opcode::StoreName => slow!(self.set_item(reg!(0), constant!(op.bc()), reg!(op.a()))),
                        Opcode::DeleteName => slow!(self.delete_name(reg!(0), constant!(op.bc()))),

                        Opcode::LoadAttr => {
                            let object = reg!(op.b());
                            let cache = cache!(op.cx());
                            if let Some(instance) = object.cast::<Instance>()
                                && instance.shape() == cache.guard
                                && cache.kind == CacheKind::Slot
                                && cache.epoch == self.class_epoch
                            {
                                set!(op.a(), instance.slot(cache.slot as usize));
                            } else if object.is_unbound() {
                                break 'ops self.unbound_local(code, op.b());
                            } else {
                                save!();
                                match attempt!(self.load_attr(object, cache, op.a())) {
                                    Begun::Done(v) => set!(op.a(), v),
                                    Begun::Pushed => load!(),
                                }
                            }
                        }
                        Opcode::StoreAttr => {
                            let object = reg!(op.a());
                            let value = reg!(op.b());
                            let cache = cache!(op.cx());
                            match object.cast::<Instance>() {
                                Some(instance)
                                    if instance.shape() == cache.guard && cache.epoch == self.class_epoch =>
                                {
                                    if cache.kind == CacheKind::Slot {
                                        instance.set_slot(cache.slot as usize, value);
                                    } else {
                                        self.heap.append_slot(instance, cache.slot as usize, value);
                                        instance.header.aux.set(cache.next_shape);
                                    }
                                }
                                _ => slow!(self.store_attr(object, cache, value)),
                            }
                        }
                        Opcode::DeleteAttr => slow!(self.del_attr_value(reg!(op.a()), constant!(op.bc()))),
                        Opcode::LoadMethod => {
                            let object = reg!(op.b());
                            let cache = cache!(op.cx());
                            if let Some(instance) = object.cast::<Instance>()
                                && instance.shape() == cache.guard
                                && cache.kind == CacheKind::Method
                                && cache.epoch == self.class_epoch
                            {
                                set!(op.a(), cache.value);
                                set!(op.a() + 1, object);
                            } else if object.is_unbound() {
                                break 'ops self.unbound_local(code, op.b());
                            } else {
                                let (function, receiver) = slow!(self.load_method(object, cache));
                                set!(op.a(), function);
                                set!(op.a() + 1, receiver);
                            }
                        }
                        Opcode::LoadSpecial => {
                            let (function, receiver) = slow!(self.load_special(reg!(op.b()), op.x()));
                            set!(op.a(), function);
                            set!(op.a() + 1, receiver);
                        }
                        Opcode::LoadItem => {
                            let (object, key) = (reg!(op.b()), reg!(op.c()));
                            if let Some(list) = object.cast::<List>()
                                && key.is_int()
                            {
                                let i = key.int_unchecked();
                                let n = list.items.len();
                                let i = if i < 0 { i + n as i64 } else { i } as usize;
                                if i < n {
                                    set!(op.a(), list.items[i]);
                                    continue;
                                }
                            } else if let Some(tuple) = object.cast::<Tuple>()
                                && key.is_int()
                            {
                                let i = key.int_unchecked();
                                let n = tuple.len();
                                let i = if i < 0 { i + n as i64 } else { i } as usize;
                                if i < n {
                                    set!(op.a(), tuple.items()[i]);
                                    continue;
                                }
                            }
                            let v = slow!(self.get_item(object, key));
                            set!(op.a(), v);
                        }
                        Opcode::LoadItemInt => {
                            let object = reg!(op.b());
                            let index = i64::from(op.c() as i16);
                            if let Some(list) = object.cast::<List>() {
                                let i =
                                    if index < 0 { index + list.items.len() as i64 } else { index } as usize;
                                if let Some(&v) = list.items.get(i) {
                                    set!(op.a(), v);
                                    continue;
                                }
                            } else if let Some(tuple) = object.cast::<Tuple>() {
                                let i = if index < 0 { index + tuple.len() as i64 } else { index } as usize;
                                if let Some(&v) = tuple.items().get(i) {
                                    set!(op.a(), v);
                                    continue;
                                }
                            }
                            let v = slow!(self.get_item(object, Value::int(index)));
                            set!(op.a(), v);
                        }
                        Opcode::StoreItem => {
                            let (object, key, value) = (reg!(op.a()), reg!(op.b()), reg!(op.c()));
                            if let Some(mut list) = object.cast::<List>()
                                && key.is_int()
                            {
                                let i = key.int_unchecked();
                                let n = list.items.len();
                                let i = if i < 0 { i + n as i64 } else { i } as usize;
                                if i < n {
                                    list.items[i] = value;
                                    continue;
                                }
                            }
                            slow!(self.set_item(object, key, value));
                        }
                        Opcode::StoreItemInt => {
                            let (object, value) = (reg!(op.a()), reg!(op.b()));
                            let index = i64::from(op.c() as i16);
                            if let Some(mut list) = object.cast::<List>() {
                                let i =
                                    if index < 0 { index + list.items.len() as i64 } else { index } as usize;
                                if let Some(item) = list.items.get_mut(i) {
                                    *item = value;
                                    continue;
                                }
                            }
                            slow!(self.set_item(object, Value::int(index), value));
                        }
                        Opcode::DeleteItem => slow!(self.del_item(reg!(op.a()), reg!(op.b()))),
                        Opcode::BuildSlice => {
                            let s = self.heap.slice(reg!(op.b()), reg!(op.b() + 1), reg!(op.b() + 2));
                            set!(op.a(), s.value());
                        }

                        Opcode::Add => {
                            let (a, b) = (reg!(op.b()), reg!(op.c()));
                            if a.both_ints(b)
                                && let Some(v) = a.add_ints(b)
                            {
                                set!(op.a(), v);
                            } else if a.both_small_floats(b) {
                                let v = self.heap.float(a.float_unchecked() + b.float_unchecked());
                                set!(op.a(), v);
                            } else if let Some((x, y)) = mixed_pair(a, b) {
                                let v = self.heap.float(x + y);
                                set!(op.a(), v);
                            } else {
                                binary_slow!(op, Add, a, b);
                            }
                        }
                        Opcode::Sub => {
                            let (a, b) = (reg!(op.b()), reg!(op.c()));
                            if a.both_ints(b)
                                && let Some(v) = a.sub_ints(b)
                            {
                                set!(op.a(), v);
                            } else if a.both_small_floats(b) {
                                let v = self.heap.float(a.float_unchecked() - b.float_unchecked());
                                set!(op.a(), v);
                            } else if let Some((x, y)) = mixed_pair(a, b) {
                                let v = self.heap.float(x - y);
                                set!(op.a(), v);
                            } else {
                                binary_slow!(op, Sub, a, b);
                            }
                        }
                        Opcode::Mul => {
                            let (a, b) = (reg!(op.b()), reg!(op.c()));
                            if a.both_ints(b)
                                && let Some(p) = a.int_unchecked().checked_mul(b.int_unchecked())
                                && let Some(v) = Value::small_int(p)
                            {
                                set!(op.a(), v);
                            } else if a.both_small_floats(b) {
                                let v = self.heap.float(a.float_unchecked() * b.float_unchecked());
                                set!(op.a(), v);
                            } else if let Some((x, y)) = mixed_pair(a, b) {
                                let v = self.heap.float(x * y);
                                set!(op.a(), v);
                            } else {
                                binary_slow!(op, Mul, a, b);
                            }
                        }
                        Opcode::Div => {
                            let (a, b) = (reg!(op.b()), reg!(op.c()));
                            // Integers of up to 53 bits divide exactly as floats do.
                            let exact = |v: Value| v.int_unchecked().unsigned_abs() < 1 << 53;
                            if a.both_small_floats(b) && b.float_unchecked() != 0.0 {
                                let v = self.heap.float(a.float_unchecked() / b.float_unchecked());
                                set!(op.a(), v);
                            } else if a.both_ints(b) && b != Value::int(0) && exact(a) && exact(b) {
                                let v = self.heap.float(a.int_unchecked() as f64 / b.int_unchecked() as f64);
                                set!(op.a(), v);
                            } else {
                                binary_slow!(op, Div, a, b);
                            }
                        }
                        Opcode::FloorDiv => {
                            let (a, b) = (reg!(op.b()), reg!(op.c()));
                            if a.both_ints(b) && b.int_unchecked() > 0 {
                                set!(op.a(), Value::int(a.int_unchecked().div_euclid(b.int_unchecked())));
                            } else {
                                binary_slow!(op, FloorDiv, a, b);
                            }
                        }
                        Opcode::Mod => {
                            let (a, b) = (reg!(op.b()), reg!(op.c()));
                            if a.both_ints(b) && b.int_unchecked() > 0 {
                                set!(op.a(), Value::int(a.int_unchecked().rem_euclid(b.int_unchecked())));
                            } else {
                                binary_slow!(op, Mod, a, b);
                            }
                        }
                        Opcode::ModInt => {
                            let a = reg!(op.b());
                            let b = i64::from(op.c() as i16);
                            if a.is_int() && b > 0 {
                                set!(op.a(), Value::int(a.int_unchecked().rem_euclid(b)));
                            } else {
                                binary_slow!(op, Mod, a, Value::int(b));
                            }
                        }
                        Opcode::AddInt => {
                            let a = reg!(op.b());
                            let b = i64::from(op.c() as i16);
                            if a.is_int()
                                && let Some(v) = a.add_ints(Value::int(b))
                            {
                                set!(op.a(), v);
                            } else if a.is_small_float() {
                                let v = self.heap.float(a.float_unchecked() + b as f64);
                                set!(op.a(), v);
                            } else if op.x() & 2 == 0 {
                                binary_slow!(op, Add, a, Value::int(b));
                            } else {
                                binary_slow!(op, Sub, a, Value::int(-b));
                            }
                        }
                        Opcode::MatMul => binary_slow!(op, MatMul, reg!(op.b()), reg!(op.c())),
                        Opcode::Pow => {
                            let (a, b) = (reg!(op.b()), reg!(op.c()));
                            if a.is_small_float() && b.is_small_float() && a.float_unchecked() > 0.0 {
                                let r = a.float_unchecked().powf(b.float_unchecked());
                                if r.is_finite() {
                                    let v = self.heap.float(r);
                                    set!(op.a(), v);
                                    continue;
                                }
                            }
                            binary_slow!(op, Pow, a, b);
                        }
                        Opcode::LShift => binary_slow!(op, LShift, reg!(op.b()), reg!(op.c())),
                        Opcode::RShift => {
                            let (a, b) = (reg!(op.b()), reg!(op.c()));
                            if a.both_ints(b) && (0..63).contains(&b.int_unchecked()) {
                                set!(op.a(), Value::int(a.int_unchecked() >> b.int_unchecked()));
                            } else {
                                binary_slow!(op, RShift, a, b);
                            }
                        }
                        Opcode::BitAnd => {
                            let (a, b) = (reg!(op.b()), reg!(op.c()));
                            if a.both_ints(b) {
                                set!(op.a(), Value::int(a.int_unchecked() & b.int_unchecked()));
                            } else {
                                binary_slow!(op, And, a, b);
                            }
                        }
                        Opcode::BitOr => {
                            let (a, b) = (reg!(op.b()), reg!(op.c()));
                            if a.both_ints(b) {
                                set!(op.a(), Value::int(a.int_unchecked() | b.int_unchecked()));
                            } else {
                                binary_slow!(op, Or, a, b);
                            }
                        }
                        Opcode::BitXor => {
                            let (a, b) = (reg!(op.b()), reg!(op.c()));
                            if a.both_ints(b) {
                                set!(op.a(), Value::int(a.int_unchecked() ^ b.int_unchecked()));
                            } else {
                                binary_slow!(op, Xor, a, b);
                            }
                        }
                        Opcode::Neg => {
                            let v = slow!(self.negate(reg!(op.b())));
                            set!(op.a(), v);
                        }
                        Opcode::Pos => {
                            let v = slow!(self.positive(reg!(op.b())));
                            set!(op.a(), v);
                        }
                        Opcode::Invert => {
                            let v = slow!(self.invert(reg!(op.b())));
                            set!(op.a(), v);
                        }
                        Opcode::Not => {
                            let v = reg!(op.b());
                            let truth = match v.as_bool() {
                                Some(b) => b,
                                None => slow!(self.truthy(v)),
                            };
                            set!(op.a(), Value::bool(!truth));
                        }
                        Opcode::Lt => compare_value!(op, <, Lt),
                        Opcode::Le => compare_value!(op, <=, Le),
                        Opcode::Gt => compare_value!(op, >, Gt),
                        Opcode::Ge => compare_value!(op, >=, Ge),
                        Opcode::Eq => compare_value!(op, ==, Eq),
                        Opcode::Ne => compare_value!(op, !=, Ne),
                        Opcode::Is => {
                            set!(op.a(), Value::bool(super::protocol::same(reg!(op.b()), reg!(op.c()))))
                        }
                        Opcode::IsNot => {
                            set!(op.a(), Value::bool(!super::protocol::same(reg!(op.b()), reg!(op.c()))))
                        }
                        Opcode::In => {
                            let v = slow!(self.contains(reg!(op.c()), reg!(op.b())));
                            set!(op.a(), Value::bool(v));
                        }
                        Opcode::NotIn => {
                            let v = slow!(self.contains(reg!(op.c()), reg!(op.b())));
                            set!(op.a(), Value::bool(!v));
                        }

                        Opcode::Jump => jump_polling!(op),
                        Opcode::JumpIfTrue => {
                            let v = reg!(op.a());
                            let truth = match v.as_bool() {
                                Some(b) => b,
                                None => slow!(self.truthy(v)),
                            };
                            if truth {
                                jump_polling!(op);
                            }
                        }
                        Opcode::JumpIfFalse => {
                            let v = reg!(op.a());
                            let truth = match v.as_bool() {
                                Some(b) => b,
                                None => slow!(self.truthy(v)),
                            };
                            if !truth {
                                jump_polling!(op);
                            }
                        }
                        Opcode::JumpIfNone => {
                            if reg!(op.a()).is_none() {
                                jump_polling!(op);
                            }
                        }
                        Opcode::JumpIfNotNone => {
                            if !reg!(op.a()).is_none() {
                                jump_polling!(op);
                            }
                        }
                        Opcode::JumpIfLt => compare_jump!(op, <, Lt, true),
                        Opcode::JumpIfNotLt => compare_jump!(op, <, Lt, false),
                        Opcode::JumpIfLe => compare_jump!(op, <=, Le, true),
                        Opcode::JumpIfNotLe => compare_jump!(op, <=, Le, false),
                        Opcode::JumpIfGt => compare_jump!(op, >, Gt, true),
                        Opcode::JumpIfNotGt => compare_jump!(op, >, Gt, false),
                        Opcode::JumpIfGe => compare_jump!(op, >=, Ge, true),
                        Opcode::JumpIfNotGe => compare_jump!(op, >=, Ge, false),
                        Opcode::JumpIfEq => compare_jump!(op, ==, Eq, true),
                        Opcode::JumpIfNotEq => compare_jump!(op, ==, Eq, false),
                        Opcode::JumpIfLtInt => compare_jump_int!(op, <, Lt, true),
                        Opcode::JumpIfNotLtInt => compare_jump_int!(op, <, Lt, false),
                        Opcode::JumpIfLeInt => compare_jump_int!(op, <=, Le, true),
                        Opcode::JumpIfNotLeInt => compare_jump_int!(op, <=, Le, false),
                        Opcode::JumpIfGtInt => compare_jump_int!(op, >, Gt, true),
                        Opcode::JumpIfNotGtInt => compare_jump_int!(op, >, Gt, false),
                        Opcode::JumpIfGeInt => compare_jump_int!(op, >=, Ge, true),
                        Opcode::JumpIfNotGeInt => compare_jump_int!(op, >=, Ge, false),
                        Opcode::JumpIfEqInt => compare_jump_int!(op, ==, Eq, true),
                        Opcode::JumpIfNotEqInt => compare_jump_int!(op, ==, Eq, false),

                        Opcode::GetIter => {
                            let v = slow!(self.iter(reg!(op.b())));
                            set!(op.a(), v);
                        }
                        Opcode::ForNext => {
                            let it = reg!(op.b());
                            if let Some(mut iter) = it.cast::<Iter>() {
                                let item = match &mut iter.state {
                                    IterState::Range { next, step, left } => {
                                        if *left == 0 {
                                            None
                                        } else {
                                            let v = *next;
                                            *left -= 1;
                                            *next = next.wrapping_add(*step);
                                            Some(Value::int(v))
                                        }
                                    }
                                    IterState::List { list, at } => match list.items.get(*at) {
                                        Some(&v) => {
                                            *at += 1;
                                            Some(v)
                                        }
                                        None => {
                                            iter.state = IterState::Done;
                                            None
                                        }
                                    },
                                    IterState::Tuple { tuple, at } => {
                                        let v = tuple.items().get(*at).copied();
                                        *at += 1;
                                        v
                                    }
                                    _ => slow!(self.iter_next(iter)),
                                };
                                if let Some(v) = item {
                                    set!(op.a(), v);
                                    jump_polling!(op);
                                }
                            } else if let Some(frame) = it.cast::<Frame>() {
                                poll!();
                                save!();
                                match frame.state() {
                                    FrameState::Done => (),
                                    FrameState::Running => {
                                        break 'ops self.value_error("generator already executing");
                                    }
                                    FrameState::Created | FrameState::Suspended => {
                                        let top = self.top();
                                        attempt!(self.push_frame(frame, top, Return::ForNext, op.a()));
                                        follow!(self.resume_top(Resume::Send(Value::NONE)));
                                    }
                                }
                            } else if let Some(v) = slow!(self.next(it)) {
                                set!(op.a(), v);
                                jump_polling!(op);
                            }
                        }
                        Opcode::Unpack => {
                            let v = reg!(op.b());
                            let n = op.c() as usize;
                            if let Some(tuple) = v.cast::<Tuple>()
                                && tuple.len() == n
                            {
                                for i in 0..n {
                                    set!(op.a() as usize + i, tuple.items()[i]);
                                }
                            } else if let Some(list) = v.cast::<List>()
                                && list.items.len() == n
                            {
                                for i in 0..n {
                                    set!(op.a() as usize + i, list.items[i]);
                                }
                            } else {
                                let items = slow!(self.unpack_exact(v, n));
                                for i in 0..n {
                                    set!(op.a() as usize + i, items.items[i]);
                                }
                                self.roots.pop();
                            }
                        }
                        Opcode::UnpackStar => {
                            let after = op.x() as usize;
                            let before = op.c() as usize - after - 1;
                            let items = slow!(self.unpack_star(reg!(op.b()), before, after));
                            for i in 0..op.c() as usize {
                                set!(op.a() as usize + i, items.items[i]);
                            }
                            self.roots.pop();
                        }
                        Opcode::GetAsyncIter => {
                            let v = slow!(self.async_iter(reg!(op.b())));
                            set!(op.a(), v);
                        }
                        Opcode::GetAsyncNext => match reg!(op.b()).cast::<Frame>() {
                            // SAFETY: a `GetAwaitable` is not the last op of a code.
                            Some(generator)
                                if generator.waits_at_yield()
                                    && Fetched(pc).code() == Opcode::GetAwaitable
                                    && unsafe { Fetched(pc.add(1)) }.code() == Opcode::Await =>
                            {
                                // An async generator that waits at its `yield` is entered at once: as those two do.
                                poll!();
                                let step = self.heap.async_gen_step(generator, StepMode::Send, Value::NONE);
                                set!(Fetched(pc).a(), step.value());
                                // SAFETY: behind the `Await`, which was seen above.
                                pc = unsafe { pc.add(2) };
                                save!();
                                attempt!(self.ask_generator(step));
                                load!();
                            }
                            _ => {
                                let v = slow!(self.async_next(reg!(op.b())));
                                set!(op.a(), v);
                            }
                        },
                        Opcode::JumpIfNotStopAsync => {
                            if !self.is_instance_of(reg!(op.a()), self.exceptions.StopAsyncIteration) {
                                jump_polling!(op);
                            }
                        }

                        Opcode::BuildList => {
                            let v = self.list(slice!(op.b(), op.c()).to_vec());
                            set!(op.a(), v);
                        }
                        Opcode::BuildTuple => {
                            let v = self.tuple(slice!(op.b(), op.c()));
                            set!(op.a(), v);
                        }
                        Opcode::BuildSet => {
                            let v = slow!(self.build_set(slice!(op.b(), op.c())));
                            set!(op.a(), v);
                        }
                        Opcode::BuildDict => {
                            let v = slow!(self.build_dict(slice!(op.b(), op.c() as usize * 2)));
                            set!(op.a(), v);
                        }
                        Opcode::BuildString => {
                            let v = slow!(self.build_string(slice!(op.b(), op.c())));
                            set!(op.a(), v);
                        }
                        Opcode::ListAppend => {
                            if let Some(list) = reg!(op.a()).cast::<List>() {
                                self.heap.push(list, reg!(op.b()));
                            }
                        }
                        Opcode::ListExtend => {
                            let callee = if op.c() == NO_REG { Value::UNBOUND } else { reg!(op.c()) };
                            slow!(self.list_extend(reg!(op.a()), reg!(op.b()), callee));
                        }
                        Opcode::SetAdd => {
                            if let Some(set) = reg!(op.a()).cast::<Set>() {
                                slow!(self.set_add(set, reg!(op.b())));
                            }
                        }
                        Opcode::SetUpdate => slow!(self.set_update_from(reg!(op.a()), reg!(op.b()))),
                        Opcode::DictSet => {
                            if let Some(dict) = reg!(op.a()).cast::<Dict>() {
                                slow!(self.dict_set(dict, reg!(op.b()), reg!(op.c())));
                            }
                        }
                        Opcode::DictUpdate => {
                            slow!(self.dict_update_from(reg!(op.a()), reg!(op.b()), Value::UNBOUND))
                        }
                        Opcode::DictMerge => {
                            slow!(self.dict_update_from(reg!(op.a()), reg!(op.b()), reg!(op.c())))
                        }
                        Opcode::ListToTuple => {
                            if let Some(list) = reg!(op.b()).cast::<List>() {
                                let v = self.tuple(&list.items);
                                set!(op.a(), v);
                            }
                        }
                        Opcode::FormatValue => {
                            let spec = if op.c() == NO_REG { Value::UNBOUND } else { reg!(op.c()) };
                            let v = slow!(self.format_value(reg!(op.b()), op.x(), spec));
                            set!(op.a(), v);
                        }

                        Opcode::Call => call!(reg!(op.a()), op.a() as usize + 1, op.b() as usize, op.c()),
                        Opcode::CallGlobal => {
                            let index = extra!();
                            let cache = cache!(index);
                            let globals = act!().function.globals;
                            let f = if cache.kind == CacheKind::Callable
                                && globals.header.aux.get() == cache.guard
                            {
                                cache.value
                            } else if cache.kind == CacheKind::Global
                                && globals.header.aux.get() == cache.guard
                            {
                                globals.table.value_at(cache.slot as usize)
                            } else if cache.kind == CacheKind::Builtin
                                && globals.header.aux.get() == cache.guard
                                && self.builtins.header.aux.get() == cache.epoch
                            {
                                self.builtins.table.value_at(cache.slot as usize)
                            } else {
                                slow!(self.load_global(globals, cache))
                            };
                            // The register keeps the callee alive and is where a poll finds it.
                            set!(op.a(), f);
                            call!(f, op.a() as usize + 1, op.b() as usize, op.c());
                        }
                        Opcode::CallMethod => {
                            let f = reg!(op.a());
                            let (first, n) = if reg!(op.a() + 1).is_unbound() {
                                (op.a() as usize + 2, op.b() as usize)
                            } else {
                                (op.a() as usize + 1, op.b() as usize + 1)
                            };
                            call!(f, first, n, op.c());
                        }
                        Opcode::CallKw => {
                            let names = extra!();
                            let names = constant!(names).cast::<Tuple>();
                            poll!();
                            if let Some(function) = reg!(op.a()).cast::<Function>()
                                && enters_in_place!(function, op.a() + 1, op.b(), names, op.c())
                            {
                                load!();
                                continue;
                            }
                            begin!(
                                op,
                                self.begin_call(
                                    reg!(op.a()),
                                    slice!(op.a() + 1, op.b()),
                                    names,
                                    Return::Register,
                                    op.c()
                                )
                            );
                        }
                        Opcode::CallMethodKw => {
                            let names = extra!();
                            let names = constant!(names).cast::<Tuple>();
                            poll!();
                            let (first, n) = if reg!(op.a() + 1).is_unbound() {
                                (op.a() + 2, op.b())
                            } else {
                                (op.a() + 1, op.b() + 1)
                            };
                            if let Some(function) = reg!(op.a()).cast::<Function>()
                                && enters_in_place!(function, first, n, names, op.c())
                            {
                                load!();
                                continue;
                            }
                            begin!(
                                op,
                                self.begin_call(
                                    reg!(op.a()),
                                    slice!(first, n),
                                    names,
                                    Return::Register,
                                    op.c()
                                )
                            );
                        }
                        Opcode::CallEx => {
                            poll!();
                            begin!(
                                op,
                                self.begin_call_spread(
                                    reg!(op.a()),
                                    reg!(op.a() + 1),
                                    reg!(op.a() + 2),
                                    op.c()
                                )
                            );
                        }
                        Opcode::Return => {
                            let v = reg!(op.a());
                            let (ret, dst, window) = (act!().ret, act!().dst, regs);
                            // SAFETY: the running activation is the last one, and is popped.
                            unsafe { self.activations.set_len(self.activations.len() - 1) };
                            match ret {
                                Return::Register => {
                                    // SAFETY: a call that ends in a register has its caller below it.
                                    act = unsafe { act.sub(1) };
                                    restore!();
                                    set!(dst, v);
                                }
                                Return::Exit => return Ok(Exit::Return(v)),
                                Return::Init => {
                                    load!();
                                    if !v.is_none() {
                                        break 'ops self.bad_init_result(v);
                                    }
                                    // SAFETY: an `__init__`'s window has the instance right before it.
                                    set!(dst, unsafe { *window.sub(1) });
                                }
                                Return::ForNext | Return::Discard => load!(),
                            }
                        }
                        Opcode::GenReturn => {
                            let v = reg!(op.a());
                            follow!(self.frame_returned(v));
                        }
                        Opcode::MakeFunction => {
                            let globals = act!().function.globals;
                            let v = self.make_function(constant!(op.c()), slice!(op.b(), 4), op.x(), globals);
                            set!(op.a(), v);
                        }
                        Opcode::LoadBuildClass => {
                            let v = self.build_class_function();
                            set!(op.a(), v);
                        }

                        Opcode::Raise => {
                            save!();
                            let raise = attempt!(self.make_raise(reg!(op.a())));
                            break 'ops self.set_context_now(raise);
                        }
                        Opcode::RaiseFrom => {
                            save!();
                            let raise = attempt!(self.make_raise_from(reg!(op.a()), reg!(op.b())));
                            break 'ops self.set_context_now(raise);
                        }
                        Opcode::Reraise => {
                            self.reraising = true;
                            break 'ops Raise(reg!(op.a()));
                        }
                        Opcode::ReraiseCurrent => {
                            save!();
                            let current = self.current_exception();
                            if current.is_none() {
                                break 'ops self.runtime_error("No active exception to reraise");
                            }
                            break 'ops Raise(current);
                        }
                        Opcode::JumpIfNoMatch => {
                            if !slow!(self.exception_matches(reg!(op.a()), reg!(op.b()))) {
                                jump!(op.jump());
                            }
                        }
                        Opcode::EgMatch => {
                            let (matched, rest) = slow!(self.match_group(reg!(op.b()), reg!(op.c())));
                            set!(op.a(), matched);
                            set!(op.a() + 1, rest);
                        }
                        Opcode::EgReraise => {
                            let v = slow!(self.combine_group(reg!(op.b()), reg!(op.c())));
                            set!(op.a(), v);
                        }
                        Opcode::ExcInfo => {
                            let exc = reg!(op.b());
                            let class = self.type_of(exc).value();
                            let traceback = exc.cast().map_or(Value::NONE, Self::share_traceback);
                            set!(op.a(), class);
                            set!(op.a() + 1, exc);
                            set!(op.a() + 2, traceback);
                        }
                        Opcode::LoadAssertionError => set!(op.a(), self.exceptions.AssertionError.value()),

                        Opcode::Yield => {
                            save!();
                            follow!(self.frame_yielded(reg!(op.b()), op.x() == 1));
                        }
                        Opcode::GetAwaitable => {
                            let v = reg!(op.b());
                            if v.kind() == Some(Kind::Coroutine) {
                                set!(op.a(), v);
                            } else {
                                let v = slow!(self.get_awaitable(v, op.x()));
                                set!(op.a(), v);
                            }
                        }
                        Opcode::GetYieldFrom => {
                            let v = slow!(self.get_yield_from(reg!(op.b())));
                            set!(op.a(), v);
                        }
                        Opcode::Await => {
                            poll!();
                            save!();
                            match attempt!(self.await_on(reg!(op.b()))) {
                                Awaited::Ready(v) => set!(op.a(), v),
                                Awaited::Entered(flow) => follow!(flow),
                                Awaited::Pending(v) => follow!(self.frame_yielded(v, false)),
                            }
                        }

                        Opcode::ImportName => {
                            let v = slow!(self.import_name(constant!(op.b()), op.x(), op.c() == 1));
                            set!(op.a(), v);
                        }
                        Opcode::ImportFrom => {
                            let v = slow!(self.import_from(reg!(op.b()), constant!(op.c())));
                            set!(op.a(), v);
                        }
                        Opcode::ImportStar => slow!(self.import_star(reg!(op.a()))),

                        Opcode::MatchSequence => set!(op.a(), Value::bool(self.match_sequence(reg!(op.b())))),
                        Opcode::MatchMapping => set!(op.a(), Value::bool(self.match_mapping(reg!(op.b())))),
                        Opcode::MatchKeys => {
                            if let Some(keys) = reg!(op.c()).cast::<Tuple>() {
                                let v = slow!(self.match_keys(reg!(op.b()), keys));
                                set!(op.a(), v);
                            }
                        }
                        Opcode::MatchClass => {
                            let names = extra!();
                            if let Some(names) = constant!(names).cast::<Tuple>() {
                                let v = slow!(self.match_class(
                                    reg!(op.b()),
                                    reg!(op.c()),
                                    op.x() as usize,
                                    &names
                                ));
                                set!(op.a(), v);
                            }
                        }
                        Opcode::GetLen => {
                            let n = slow!(self.len(reg!(op.b())));
                            let n = self.int(n as i64);
                            set!(op.a(), n);
                        }
                        Opcode::MakeGeneric => {
                            let v = slow!(self.make_generic(op.x(), slice!(op.b(), op.c())));
                            set!(op.a(), v);
                        }
                    }
                }
            };
            // An exception, raised by the op before the pc.
            save!();
            match self.unwind(raise) {
                Flow::Run => load!(),
                Flow::Leave(exit) => return exit,
            }
        }
    }

    /// Writes a register of the activation on top.
    pub(super) fn set_register(&mut self, register: u16, v: Value) {
        if let Some(act) = self.activations.last() {
            debug_assert!(register < act.code.registers);
            // SAFETY: callers pass operands of verified ops (2).
            unsafe { *act.regs.add(register as usize) = v };
        }
    }

    /// A register of an activation.
    pub(super) fn register_of(act: &Activation, register: u16) -> Value {
        debug_assert!(register < act.code.registers);
        // SAFETY: callers pass operands of verified code (2).
        unsafe { *act.regs.add(register as usize) }
    }

    /// Writes the word right before a window: where an `__init__` keeps its instance.
    pub(super) fn set_before_window(window: *mut Value, v: Value) {
        // SAFETY: the caller reserved the window with one word before it.
        unsafe { *window.sub(1) = v };
    }

    /// Collects now. Only where no native holds values that nobody else does.
    pub(crate) fn collect_garbage(&mut self) {
        let top = self.top();
        self.stack.prepare(top);
        let mut heap = std::mem::take(&mut self.heap);
        heap.collect(self);
        self.heap = heap;
    }
}
