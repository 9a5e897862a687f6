//! The dispatch loop: the second of the two rooms that may hold `unsafe`.
//!
//! `SAFETY` here rests on the invariants of `heap/mod.rs`. Operands were verified (2), so registers, constants and
//! caches are read unchecked; `regs` points at the window of the activation on top, whose size was reserved when it
//! was pushed, or at the registers of a live frame. The macros below are the only places where that is relied on.
//!
//! The common cases of an op are here; everything else is a method of the VM that answers with a value or an
//! exception. What pushes or pops an activation ends with `load!()`.

#![allow(unsafe_code, reason = "registers, constants and ops are read unchecked; see the head of this file")]

mod awaiting;
mod data;
mod general;

use super::frames::Flow;
use super::{Activation, Result, Return, Vm};
use crate::bytecode::op::{NO_REG, Op, Opcode};
use crate::heap::{Gc, Kind, Str, Value};
use crate::objects::code::CacheKind;
use crate::objects::frame::{ASYNC_RUNNING, DRAINED, ESCAPED};
use crate::objects::task::{FAILED, FutureState};
use crate::objects::{
    CellObject, Class, CodeObject, Dict, Frame, FrameState, Function, Future, InlineCache, Instance, Iter,
    IterState, List, Module, Native, Set, Tuple,
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
    let one = |v: Value| if v.is_int() { Some(v.int_unchecked() as f64) } else { v.inline_float() };
    match (one(a), one(b)) {
        (Some(x), Some(y)) if !a.both_ints(b) => Some((x, y)),
        _ => None,
    }
}

/// Two floats that are not boxed.
#[inline(always)]
fn float_pair(a: Value, b: Value) -> Option<(f64, f64)> {
    if a.both_small_floats(b) { Some((a.float_unchecked(), b.float_unchecked())) } else { zero_pair(a, b) }
}

/// The same, one of them `0.0`.
#[inline(never)]
fn zero_pair(a: Value, b: Value) -> Option<(f64, f64)> {
    Some((a.inline_float()?, b.inline_float()?))
}

/// What `a / b` divides, as floats: integers of up to 53 bits divide exactly as floats do.
#[inline(always)]
fn quotient_pair(a: Value, b: Value) -> Option<(f64, f64)> {
    let exact = |v: Value| v.int_unchecked().unsigned_abs() < 1 << 53;
    if a.both_small_floats(b) {
        Some((a.float_unchecked(), b.float_unchecked()))
    } else if a.both_ints(b) {
        if exact(a) && exact(b) { Some((a.int_unchecked() as f64, b.int_unchecked() as f64)) } else { None }
    } else {
        mixed_pair(a, b)
    }
}

/// Whether a value is true, if that takes no look at an object.
#[inline(always)]
fn quick_truth(v: Value) -> Option<bool> {
    if v.is_int() {
        return Some(v != Value::int(0));
    }
    v.as_bool().or(if v.is_none() { Some(false) } else { None })
}

/// The items of a list or tuple; none of anything else.
#[inline(always)]
fn items<'a>(v: Value) -> &'a [Value] {
    let Some(header) = v.header() else { return &[] };
    // SAFETY: the kinds were just looked at; whoever asks is done with the items before anything changes them.
    unsafe {
        match header.kind() {
            Kind::List => &(*std::ptr::from_ref(header).cast::<List>()).items,
            Kind::Tuple => (*std::ptr::from_ref(header).cast::<Tuple>()).items(),
            _ => &[],
        }
    }
}

/// An index that may be negative as one from the front; past the end if there is none such.
#[inline(always)]
fn index(i: i64, n: usize) -> usize {
    (if i < 0 { i.wrapping_add(n as i64) } else { i }) as usize
}

impl Vm {
    /// Runs the activation on top until it, or one that replaced it, ends with `Return::Exit`.
    ///
    /// Here is what ops do in their common case, when that needs no more than a few loads and stores; everything else
    /// is `general`. Keeping calls out of this function is what keeps its state in registers. An arm that falls through
    /// has changed nothing, and leaves its op to `general`.
    #[expect(clippy::cognitive_complexity, reason = "one arm per opcode")]
    pub(super) fn run(&mut self) -> Result<Exit> {
        // The running activation. The activations never move: room for the deepest recursion is reserved at the start.
        let mut act: *mut Activation;
        let mut code: Gc<CodeObject>;
        let mut regs: *mut Value;
        // The op that runs.
        let mut pc: *const Op;

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
                pc = top.ip;
            }};
        }
        macro_rules! load {
            () => {{
                // SAFETY: there is an activation on top.
                act = unsafe { self.activations.as_mut_ptr().add(self.activations.len() - 1) };
                restore!();
            }};
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
        macro_rules! constant {
            // SAFETY: a verified operand (2).
            ($i:expr) => {
                unsafe { *code.consts.as_ptr().add($i as usize) }
            };
        }
        macro_rules! cache {
            // SAFETY: a verified operand (2); nobody else borrows the caches while an op runs.
            ($i:expr) => {
                unsafe { &mut *code.caches.as_ptr().cast_mut().add($i as usize) }
            };
        }
        // The op is done.
        macro_rules! next {
            () => {{
                // SAFETY: the pc stays inside verified code, whose last op cannot fall through.
                pc = unsafe { pc.add(1) };
                continue;
            }};
        }
        macro_rules! done {
            ($i:expr, $v:expr) => {{
                set!($i, $v);
                next!();
            }};
        }
        // The frame takes the place of the one that runs.
        macro_rules! switch_to {
            ($frame:expr) => {{
                let frame: Gc<Frame> = $frame;
                act!().frame = Some(frame);
                act!().function = frame.function;
                code = frame.function.code;
                act!().code = code;
                regs = frame.tail_ptr();
                act!().regs = regs;
                pc = code.ops.as_ptr().wrapping_add(frame.pc as usize);
            }};
        }
        // Takes a jump, or falls through when something is due at a backward one.
        macro_rules! jump {
            ($by:expr) => {{
                let by: i32 = $by;
                if by >= 0 || spend!() {
                    // SAFETY: a verified jump (2), from behind the op.
                    pc = unsafe { pc.offset(by as isize + 1) };
                    continue;
                }
            }};
        }
        // Whether there was something left of what may run before the next poll.
        macro_rules! spend {
            () => {{
                let fuel = self.heap.fuel.get() - 1;
                if fuel >= 0 {
                    self.heap.fuel.set(fuel);
                }
                fuel >= 0
            }};
        }
        macro_rules! branch {
            ($holds:expr, $want:expr, $op:expr) => {{
                if ($holds) != $want {
                    next!();
                }
                jump!($op.jump());
            }};
        }
        macro_rules! arithmetic {
            ($op:expr, $ints:ident, $float:tt) => {{
                let (a, b) = (reg!($op.b()), reg!($op.c()));
                if a.both_ints(b) {
                    if let Some(v) = a.$ints(b) {
                        done!($op.a(), v);
                    }
                } else if a.both_small_floats(b) {
                    if let Some(v) = Value::small_float(a.float_unchecked() $float b.float_unchecked()) {
                        done!($op.a(), v);
                    }
                } else if let Some((x, y)) = mixed_pair(a, b)
                    && let Some(v) = Value::small_float(x $float y)
                {
                    done!($op.a(), v);
                }
            }};
        }
        // What is in the register that Extra names, and a product.
        macro_rules! multiply {
            ($op:expr, $ints:ident, $float:tt) => {{
                let (b, c) = (reg!($op.b()), reg!($op.c()));
                // SAFETY: the verifier saw an `Extra` behind this op.
                let d = reg!((*pc.add(1)).b);
                if b.both_small_floats(c) {
                    if let Some(d) = d.inline_float()
                        && let Some(v) = Value::small_float(d $float b.float_unchecked() * c.float_unchecked())
                    {
                        pc = pc.wrapping_add(1);
                        done!($op.a(), v);
                    }
                } else if b.both_ints(c)
                    && d.is_int()
                    && let Some(product) = b.mul_ints(c)
                    && let Some(v) = d.$ints(product)
                {
                    pc = pc.wrapping_add(1);
                    done!($op.a(), v);
                }
            }};
        }
        macro_rules! bitwise {
            ($op:expr, $bits:tt) => {{
                let (a, b) = (reg!($op.b()), reg!($op.c()));
                if a.both_ints(b) {
                    done!($op.a(), Value::int(a.int_unchecked() $bits b.int_unchecked()));
                }
            }};
        }
        macro_rules! compare_value {
            ($op:expr, $cmp:tt) => {{
                let (a, b) = (reg!($op.b()), reg!($op.c()));
                if a.both_ints(b) {
                    done!($op.a(), Value::bool(a.signed_bits() $cmp b.signed_bits()));
                }
                if let Some((x, y)) = float_pair(a, b) {
                    done!($op.a(), Value::bool(x $cmp y));
                }
            }};
        }
        macro_rules! compare_jump {
            ($op:expr, $cmp:tt, $want:expr) => {{
                let (a, b) = (reg!($op.a()), reg!($op.b()));
                if a.both_ints(b) {
                    branch!(a.signed_bits() $cmp b.signed_bits(), $want, $op);
                } else if let Some((x, y)) = float_pair(a, b) {
                    branch!(x $cmp y, $want, $op);
                }
            }};
        }
        macro_rules! compare_jump_int {
            ($op:expr, $cmp:tt, $want:expr) => {{
                let a = reg!($op.a());
                let b = i64::from($op.b() as i16);
                if a.is_int() {
                    branch!(a.int_unchecked() $cmp b, $want, $op);
                } else if let Some(x) = a.inline_float() {
                    branch!(x $cmp b as f64, $want, $op);
                }
            }};
        }
        // Pushes the call of a function whose arguments are in its window; the result goes to `$dst`, the caller goes on
        // `$width` ops on.
        macro_rules! enter {
            ($function:expr, $window:expr, $top:expr, $dst:expr, $width:expr) => {{
                act!().ip = pc.wrapping_add($width);
                let new = Activation::new($function, $window, $top, 0, (Return::Register, $dst));
                code = new.code;
                regs = new.regs;
                pc = new.ip;
                // SAFETY: the limit is at most what was reserved, so there is room for one more.
                unsafe {
                    act = act.add(1);
                    act.write(new);
                    self.activations.set_len(self.activations.len() + 1);
                }
                continue;
            }};
        }
        // A call of a function of the language that takes just what it is given: `$n` arguments from register `$first` on.
        macro_rules! call {
            ($f:expr, $first:expr, $n:expr, $dst:expr, $width:expr) => {{
                if let Some(function) = $f.cast::<Function>() {
                    let callee = function.code;
                    let (first, n): (usize, usize) = ($first, $n);
                    if callee.simple_args == n as u32 && self.activations.len() < self.activation_limit {
                        let on_stack = act!().frame.is_none();
                        // SAFETY: inside or right behind the caller's window.
                        let window = if on_stack { unsafe { regs.add(first) } } else { act!().top };
                        let top = window.wrapping_add(callee.registers as usize);
                        if self.stack.reserve(top) && spend!() {
                            if !on_stack {
                                // SAFETY: the window was reserved and lies outside the frame.
                                unsafe { std::ptr::copy_nonoverlapping(regs.add(first), window, n) };
                            }
                            enter!(function, window, top, $dst, $width);
                        }
                    }
                }
                // SAFETY: a call is never the last op.
                if Fetched(unsafe { pc.add($width) }).code() == Opcode::GetAwaitable {
                    act!().ip = pc.wrapping_add($width);
                    match self.call_awaited($f, $first, $n, $width) {
                        Flow::Run => {
                            load!();
                            continue;
                        }
                        Flow::Leave(exit) => return exit,
                    }
                }
            }};
        }

        // Any other call that can begin with its arguments where they are; `$names` are those of the last of them.
        macro_rules! begin {
            ($f:expr, $first:expr, $n:expr, $names:expr, $dst:expr, $width:expr) => {{
                let (f, n): (Value, usize) = ($f, $n);
                if matches!(f.kind(), Some(Kind::Function | Kind::Class))
                    && act!().frame.is_none()
                    && spend!()
                {
                    act!().ip = pc.wrapping_add($width);
                    let window = regs.wrapping_add($first);
                    if self.begin_in_place(f, window, n, $names, $dst) {
                        load!();
                        continue;
                    }
                }
            }};
        }

        // What a call in Rust gave is in its register, or its exception is on the way to its handler.
        macro_rules! finish {
            ($result:expr, $dst:expr, $width:expr) => {
                match $result {
                    Ok(v) => {
                        set!($dst, v);
                        pc = pc.wrapping_add($width);
                        continue;
                    }
                    Err(raise) => match self.unwind(raise) {
                        Flow::Run => {
                            load!();
                            continue;
                        }
                        Flow::Leave(exit) => return exit,
                    },
                }
            };
        }
        macro_rules! native {
            // A call of a native, as in `call!`. What is awaited at once is `general`'s.
            ($f:expr, $first:expr, $n:expr, $dst:expr, $width:expr) => {{
                if let Some(native) = $f.cast::<Native>()
                    && native.receiver.is_unbound()
                    // SAFETY: a call is never the last op.
                    && unsafe { (*pc.wrapping_add($width)).code } != Opcode::GetAwaitable
                    && spend!()
                {
                    act!().ip = pc.wrapping_add($width);
                    // SAFETY: verified registers (2); the native sees them only while they are not written.
                    let args = unsafe { std::slice::from_raw_parts(regs.add($first), $n) };
                    finish!(self.call_positional(native.def, args), $dst, $width);
                }
            }};
        }
        macro_rules! construct {
            // A call of a built-in class that lies before its arguments.
            ($f:expr, $first:expr, $n:expr, $dst:expr, $width:expr) => {{
                if let Some(class) = $f.cast::<Class>()
                    && class.constructor.is_some()
                    && class.metaclass.is_none()
                    && class != self.types.type_
                    // SAFETY: a call is never the last op.
                    && unsafe { (*pc.wrapping_add($width)).code } != Opcode::GetAwaitable
                    && spend!()
                {
                    act!().ip = pc.wrapping_add($width);
                    // SAFETY: as above, with the register before them.
                    let all = unsafe { std::slice::from_raw_parts(regs.add($first - 1), $n + 1) };
                    finish!(self.construct_builtin(class, all), $dst, $width);
                }
            }};
        }

        load!();
        loop {
            let op = Fetched(pc);
            match op.code() {
                Opcode::Nop | Opcode::Extra => next!(),
                Opcode::Move => done!(op.a(), reg!(op.b())),
                Opcode::LoadConst => done!(op.a(), constant!(op.bc())),
                Opcode::LoadInt => done!(op.a(), Value::int(i64::from(op.bc() as i32))),
                Opcode::LoadNone => done!(op.a(), Value::NONE),
                Opcode::LoadTrue => done!(op.a(), Value::TRUE),
                Opcode::LoadFalse => done!(op.a(), Value::FALSE),
                Opcode::Clear => done!(op.a(), Value::UNBOUND),
                Opcode::CheckBound if !reg!(op.a()).is_unbound() => next!(),
                Opcode::LoadCell => {
                    if let Some(cell) = reg!(op.b()).cast::<CellObject>()
                        && !cell.content.is_unbound()
                    {
                        done!(op.a(), cell.content);
                    }
                }
                Opcode::StoreCell => {
                    if let Some(mut cell) = reg!(op.a()).cast::<CellObject>() {
                        cell.content = reg!(op.b());
                        next!();
                    }
                }
                Opcode::LoadFree => {
                    if let Some(cell) = Self::closure_cell(act!().function, op.b())
                        && !cell.content.is_unbound()
                    {
                        done!(op.a(), cell.content);
                    }
                }
                Opcode::StoreFree => {
                    if let Some(mut cell) = Self::closure_cell(act!().function, op.a()) {
                        cell.content = reg!(op.b());
                        next!();
                    }
                }
                Opcode::LoadGlobal => {
                    let cache = cache!(op.cx());
                    let globals = act!().function.globals;
                    if globals.header.aux.get() == cache.guard {
                        if cache.kind == CacheKind::Callable {
                            done!(op.a(), cache.value);
                        }
                        if cache.kind == CacheKind::Global {
                            done!(op.a(), globals.table.value_at(cache.slot as usize));
                        }
                        if cache.kind == CacheKind::Builtin && self.builtins.header.aux.get() == cache.epoch {
                            done!(op.a(), self.builtins.table.value_at(cache.slot as usize));
                        }
                    }
                }
                Opcode::LoadAttr => {
                    let object = reg!(op.b());
                    let cache = cache!(op.cx());
                    if let Some(instance) = object.cast::<Instance>() {
                        if instance.shape() == cache.guard && cache.epoch == self.class_epoch {
                            match cache.kind {
                                CacheKind::Slot => done!(op.a(), instance.slot(cache.slot as usize)),
                                CacheKind::ClassValue => done!(op.a(), cache.value),
                                CacheKind::ClassSlot => {
                                    if let Some(dict) = cache.value.cast::<Dict>() {
                                        done!(op.a(), dict.table.value_at(cache.slot as usize));
                                    }
                                }
                                CacheKind::Getter => {
                                    if let Some(getter) = cache.value.cast::<Function>()
                                        && getter.code.simple_args == 1
                                        && self.activations.len() < self.activation_limit
                                    {
                                        let window = act!().top;
                                        let top = window.wrapping_add(getter.code.registers as usize);
                                        if self.stack.reserve(top) && spend!() {
                                            // SAFETY: the window was reserved, and has a register for the parameter.
                                            unsafe { *window = object };
                                            enter!(getter, window, top, op.a(), 1);
                                        }
                                    }
                                }
                                _ => (),
                            }
                        }
                    } else if let Some(v) = self.cached_own(object, cache) {
                        done!(op.a(), v);
                    }
                }
                Opcode::StoreAttr => {
                    let cache = cache!(op.cx());
                    if let Some(instance) = reg!(op.a()).cast::<Instance>()
                        && instance.shape() == cache.guard
                        && cache.epoch == self.class_epoch
                    {
                        let slot = cache.slot as usize;
                        if cache.kind == CacheKind::Slot {
                            instance.set_slot(slot, reg!(op.b()));
                            next!();
                        }
                        if cache.kind == CacheKind::AddSlot && instance.add_inline(slot, reg!(op.b())) {
                            instance.header.aux.set(cache.next_shape);
                            next!();
                        }
                    }
                }
                Opcode::LoadMethod => {
                    let object = reg!(op.b());
                    let cache = cache!(op.cx());
                    if let Some(instance) = object.cast::<Instance>() {
                        if instance.shape() == cache.guard && cache.epoch == self.class_epoch {
                            let receiver = match cache.kind {
                                CacheKind::Method => Some(object),
                                CacheKind::ClassValue => Some(Value::UNBOUND),
                                CacheKind::ClassMethod => Some(self.shape(cache.guard).class.value()),
                                _ => None,
                            };
                            if let Some(receiver) = receiver {
                                set!(op.a() as usize + 1, receiver);
                                done!(op.a(), cache.value);
                            }
                        }
                    } else if let Some(v) = self.cached_own(object, cache) {
                        set!(op.a() as usize + 1, Value::UNBOUND);
                        done!(op.a(), v);
                    } else if let Some(class) = object.cast::<Class>()
                        && cache.kind == CacheKind::OwnMethod
                        && class.root_shape == cache.guard
                        && cache.epoch == self.class_epoch
                    {
                        set!(op.a() as usize + 1, object);
                        done!(op.a(), cache.value);
                    }
                    if let Some(guard) = self.builtin_guard(object)
                        && guard == cache.guard
                        && cache.kind == CacheKind::Method
                        && cache.epoch == self.class_epoch
                    {
                        set!(op.a() as usize + 1, object);
                        done!(op.a(), cache.value);
                    }
                }
                Opcode::LoadSuperMethod => {
                    let cache = cache!(op.cx());
                    let this = reg!(op.a() as usize + 2);
                    if let Some(instance) = this.cast::<Instance>()
                        && instance.shape() == cache.guard
                        && cache.epoch == self.class_epoch
                        && let Some(class) = reg!(op.a() as usize + 1).cast::<Class>()
                        && class.root_shape == cache.slot
                        && reg!(op.a()) == self.types.super_.value()
                    {
                        set!(op.a() as usize + 1, this);
                        done!(op.a(), cache.value);
                    }
                }
                Opcode::LoadItem => {
                    let (object, key) = (reg!(op.b()), reg!(op.c()));
                    if key.is_int()
                        && let Some(&v) = items(object).get(index(key.int_unchecked(), items(object).len()))
                    {
                        done!(op.a(), v);
                    }
                    let v = self.quick_item(object, key);
                    if !v.is_unbound() {
                        done!(op.a(), v);
                    }
                }
                Opcode::LoadItemInt => {
                    let object = reg!(op.b());
                    // A negative index is past the end of every list.
                    if let Some(list) = object.cast::<List>()
                        && let Some(&v) = list.items.get(op.c() as i16 as usize)
                    {
                        done!(op.a(), v);
                    }
                    if let Some(&v) = items(object).get(index(i64::from(op.c() as i16), items(object).len()))
                    {
                        done!(op.a(), v);
                    }
                    let v = self.quick_item(object, Value::int(i64::from(op.c() as i16)));
                    if !v.is_unbound() {
                        done!(op.a(), v);
                    }
                }
                Opcode::LoadSlice => {
                    let parts = [reg!(op.c()), reg!(op.c() as usize + 1), reg!(op.c() as usize + 2)];
                    let v = self.quick_slice(reg!(op.b()), parts);
                    if !v.is_unbound() {
                        done!(op.a(), v);
                    }
                }
                Opcode::StoreItem => {
                    let key = reg!(op.b());
                    if let Some(mut list) = reg!(op.a()).cast::<List>()
                        && key.is_int()
                    {
                        let i = index(key.int_unchecked(), list.items.len());
                        if let Some(item) = list.items.get_mut(i) {
                            *item = reg!(op.c());
                            next!();
                        }
                    }
                    if self.quick_store(reg!(op.a()), key, reg!(op.c())) {
                        next!();
                    }
                }
                Opcode::StoreItemInt => {
                    // A negative index is past the end of every list.
                    if let Some(mut list) = reg!(op.a()).cast::<List>()
                        && let Some(item) = list.items.get_mut(op.c() as i16 as usize)
                    {
                        *item = reg!(op.b());
                        next!();
                    }
                }

                Opcode::Add => {
                    arithmetic!(op, add_ints, +);
                    let v = self.quick_concat(reg!(op.b()), reg!(op.c()));
                    if !v.is_unbound() {
                        done!(op.a(), v);
                    }
                }
                Opcode::Sub => arithmetic!(op, sub_ints, -),
                Opcode::Mul => arithmetic!(op, mul_ints, *),
                Opcode::MulAdd => multiply!(op, add_ints, +),
                Opcode::MulSub => multiply!(op, sub_ints, -),
                Opcode::Div => {
                    let (a, b) = (reg!(op.b()), reg!(op.c()));
                    if let Some((x, y)) = quotient_pair(a, b)
                        && y != 0.0
                        && let Some(v) = Value::small_float(x / y)
                    {
                        done!(op.a(), v);
                    }
                }
                Opcode::FloorDiv => {
                    let (a, b) = (reg!(op.b()), reg!(op.c()));
                    if a.both_ints(b) && b.int_unchecked() > 0 {
                        done!(op.a(), Value::int(a.int_unchecked().div_euclid(b.int_unchecked())));
                    }
                }
                Opcode::Mod => {
                    let (a, b) = (reg!(op.b()), reg!(op.c()));
                    if a.both_ints(b) && b.int_unchecked() > 0 {
                        done!(op.a(), Value::int(a.int_unchecked().rem_euclid(b.int_unchecked())));
                    }
                }
                Opcode::ModInt => {
                    let a = reg!(op.b());
                    let b = i64::from(op.c() as i16);
                    if a.is_int() && b > 0 {
                        done!(op.a(), Value::int(a.int_unchecked().rem_euclid(b)));
                    }
                }
                Opcode::AddInt => {
                    let a = reg!(op.b());
                    let b = i64::from(op.c() as i16);
                    if a.is_int() {
                        if let Some(v) = a.add_ints(Value::int(b)) {
                            done!(op.a(), v);
                        }
                    } else if let Some(x) = a.inline_float()
                        && let Some(v) = Value::small_float(x + b as f64)
                    {
                        done!(op.a(), v);
                    }
                }
                Opcode::Pow => {
                    if let Some((x, y)) = float_pair(reg!(op.b()), reg!(op.c()))
                        && x > 0.0
                        && let Some(v) = Value::small_float(x.powf(y))
                    {
                        done!(op.a(), v);
                    }
                }
                Opcode::LShift => {
                    let (a, b) = (reg!(op.b()), reg!(op.c()));
                    if a.both_ints(b)
                        && (0..32).contains(&b.int_unchecked())
                        && let Ok(small) = i32::try_from(a.int_unchecked())
                        && let Some(v) = Value::small_int(i64::from(small) << b.int_unchecked())
                    {
                        done!(op.a(), v);
                    }
                }
                Opcode::RShift => {
                    let (a, b) = (reg!(op.b()), reg!(op.c()));
                    if a.both_ints(b) && (0..63).contains(&b.int_unchecked()) {
                        done!(op.a(), Value::int(a.int_unchecked() >> b.int_unchecked()));
                    }
                }
                Opcode::BitAnd => bitwise!(op, &),
                Opcode::BitOr => bitwise!(op, |),
                Opcode::BitXor => bitwise!(op, ^),
                Opcode::Neg => {
                    let a = reg!(op.b());
                    if a.is_int() {
                        if let Some(v) = Value::int(0).sub_ints(a) {
                            done!(op.a(), v);
                        }
                    } else if a.is_small_float()
                        && let Some(v) = Value::small_float(-a.float_unchecked())
                    {
                        done!(op.a(), v);
                    }
                }
                Opcode::Not => {
                    if let Some(truth) = quick_truth(reg!(op.b())) {
                        done!(op.a(), Value::bool(!truth));
                    }
                }
                Opcode::Lt => compare_value!(op, <),
                Opcode::Le => compare_value!(op, <=),
                Opcode::Gt => compare_value!(op, >),
                Opcode::Ge => compare_value!(op, >=),
                Opcode::Eq => {
                    compare_value!(op, ==);
                    if let Some(equal) = Self::quick_equal(reg!(op.b()), reg!(op.c())) {
                        done!(op.a(), Value::bool(equal));
                    }
                }
                Opcode::Ne => {
                    compare_value!(op, !=);
                    if let Some(equal) = Self::quick_equal(reg!(op.b()), reg!(op.c())) {
                        done!(op.a(), Value::bool(!equal));
                    }
                }
                Opcode::Is => {
                    let (a, b) = (reg!(op.b()), reg!(op.c()));
                    if !a.is_object() || !b.is_object() || a == b {
                        done!(op.a(), Value::bool(a == b));
                    }
                }
                Opcode::IsNot => {
                    let (a, b) = (reg!(op.b()), reg!(op.c()));
                    if !a.is_object() || !b.is_object() || a == b {
                        done!(op.a(), Value::bool(a != b));
                    }
                }

                Opcode::In => {
                    if let Some(found) = self.quick_contains(reg!(op.c()), reg!(op.b())) {
                        done!(op.a(), Value::bool(found));
                    }
                }
                Opcode::NotIn => {
                    if let Some(found) = self.quick_contains(reg!(op.c()), reg!(op.b())) {
                        done!(op.a(), Value::bool(!found));
                    }
                }
                Opcode::ListAppend => {
                    if let Some(mut list) = reg!(op.a()).cast::<List>()
                        && list.items.len() < list.items.capacity()
                    {
                        list.items.push(reg!(op.b()));
                        next!();
                    }
                }

                Opcode::Jump => jump!(op.jump()),
                Opcode::JumpIfTrue => {
                    if let Some(truth) = quick_truth(reg!(op.a())) {
                        branch!(truth, true, op);
                    }
                }
                Opcode::JumpIfFalse => {
                    if let Some(truth) = quick_truth(reg!(op.a())) {
                        branch!(truth, false, op);
                    }
                }
                Opcode::JumpIfNone => branch!(reg!(op.a()).is_none(), true, op),
                Opcode::JumpIfNotNone => branch!(reg!(op.a()).is_none(), false, op),
                Opcode::JumpIfLt => compare_jump!(op, <, true),
                Opcode::JumpIfNotLt => compare_jump!(op, <, false),
                Opcode::JumpIfLe => compare_jump!(op, <=, true),
                Opcode::JumpIfNotLe => compare_jump!(op, <=, false),
                Opcode::JumpIfGt => compare_jump!(op, >, true),
                Opcode::JumpIfNotGt => compare_jump!(op, >, false),
                Opcode::JumpIfGe => compare_jump!(op, >=, true),
                Opcode::JumpIfNotGe => compare_jump!(op, >=, false),
                Opcode::JumpIfEq => {
                    compare_jump!(op, ==, true);
                    if let Some(equal) = Self::quick_equal(reg!(op.a()), reg!(op.b())) {
                        branch!(equal, true, op);
                    }
                }
                Opcode::JumpIfNotEq => {
                    compare_jump!(op, ==, false);
                    if let Some(equal) = Self::quick_equal(reg!(op.a()), reg!(op.b())) {
                        branch!(equal, false, op);
                    }
                }
                Opcode::JumpIfLtInt => compare_jump_int!(op, <, true),
                Opcode::JumpIfNotLtInt => compare_jump_int!(op, <, false),
                Opcode::JumpIfLeInt => compare_jump_int!(op, <=, true),
                Opcode::JumpIfNotLeInt => compare_jump_int!(op, <=, false),
                Opcode::JumpIfGtInt => compare_jump_int!(op, >, true),
                Opcode::JumpIfNotGtInt => compare_jump_int!(op, >, false),
                Opcode::JumpIfGeInt => compare_jump_int!(op, >=, true),
                Opcode::JumpIfNotGeInt => compare_jump_int!(op, >=, false),
                Opcode::JumpIfEqInt => compare_jump_int!(op, ==, true),
                Opcode::JumpIfNotEqInt => compare_jump_int!(op, ==, false),

                Opcode::ForNext => {
                    if let Some(mut iter) = reg!(op.b()).cast::<Iter>() {
                        match &mut iter.state {
                            IterState::Range { next, step, left } => {
                                if *left == 0 {
                                    next!();
                                }
                                if spend!() {
                                    let v = *next;
                                    *left -= 1;
                                    *next = v.wrapping_add(*step);
                                    set!(op.a(), Value::int(v));
                                    // SAFETY: a verified jump (2), from behind the op.
                                    pc = unsafe { pc.offset(op.jump() as isize + 1) };
                                    continue;
                                }
                            }
                            IterState::List { list, at } => {
                                if let Some(&v) = list.items.get(*at)
                                    && spend!()
                                {
                                    *at += 1;
                                    set!(op.a(), v);
                                    // SAFETY: a verified jump (2), from behind the op.
                                    pc = unsafe { pc.offset(op.jump() as isize + 1) };
                                    continue;
                                }
                            }
                            IterState::Tuple { tuple, at } => {
                                if let Some(&v) = tuple.items().get(*at)
                                    && spend!()
                                {
                                    *at += 1;
                                    set!(op.a(), v);
                                    // SAFETY: a verified jump (2), from behind the op.
                                    pc = unsafe { pc.offset(op.jump() as isize + 1) };
                                    continue;
                                }
                            }
                            _ if self.heap.fuel.get() > 0 => {
                                // SAFETY: a verified jump (2), from behind the op.
                                let body = unsafe { pc.offset(op.jump() as isize + 1) };
                                // SAFETY: as above; there is an op at a jump's target.
                                let first = unsafe { *body };
                                if Self::unpacks_pair(first, op.a(), code.locals.len()) {
                                    if let Some((a, b)) = self.quick_pair(iter)
                                        && spend!()
                                    {
                                        set!(first.a, a);
                                        set!(first.a as usize + 1, b);
                                        pc = body.wrapping_add(1);
                                        continue;
                                    }
                                } else {
                                    let v = self.quick_next(iter);
                                    if !v.is_unbound() && spend!() {
                                        set!(op.a(), v);
                                        pc = body;
                                        continue;
                                    }
                                }
                            }
                            _ => (),
                        }
                    } else if let Some(frame) = reg!(op.b()).cast::<Frame>()
                        && frame.waits_for_next()
                        && self.activations.len() < self.activation_limit
                        && spend!()
                    {
                        // A generator that waits at a `yield`.
                        frame.set_state(FrameState::Running);
                        act!().ip = pc.wrapping_add(1);
                        let returns = (Return::ForNext, op.a());
                        let mut new =
                            Activation::new(frame.function, frame.tail_ptr(), act!().top, frame.pc, returns);
                        new.frame = Some(frame);
                        new.kept = frame.value();
                        code = new.code;
                        regs = new.regs;
                        pc = new.ip;
                        // SAFETY: `waits_for_next` saw that the op before the pc is a `Yield`.
                        let sent = unsafe { (*pc.sub(1)).a };
                        set!(sent, Value::NONE);
                        // SAFETY: there is room for one more, see `call!`.
                        unsafe {
                            act = act.add(1);
                            act.write(new);
                            self.activations.set_len(self.activations.len() + 1);
                        }
                        continue;
                    }
                }
                // A native drains the generator.
                Opcode::Yield
                    if act!().ret == Return::Exit
                        && op.x() == 0
                        && act!().frame.is_some_and(|frame| {
                            frame.has(DRAINED)
                                && act!().kept == frame.value()
                                && self.heap.fuel.get() > 0
                                && Self::drains(frame, act!().dst, reg!(op.b()))
                        })
                        && spend!() =>
                {
                    done!(op.a(), Value::NONE);
                }
                Opcode::Yield if matches!(act!().ret, Return::ForNext | Return::Exit) && op.x() == 0 => {
                    if let Some(mut frame) = act!().frame
                        && act!().kept == frame.value()
                    {
                        let v = reg!(op.b());
                        act!().ip = pc.wrapping_add(1);
                        frame.pc = act!().pc();
                        frame.set_state(FrameState::Suspended);
                        let (ret, dst) = (act!().ret, act!().dst);
                        // SAFETY: the running activation is the last one, and is popped.
                        unsafe {
                            self.activations.set_len(self.activations.len() - 1);
                        }
                        if ret == Return::Exit {
                            return Ok(Exit::Yield(v));
                        }
                        // SAFETY: the `ForNext` is in the one below.
                        act = unsafe { act.sub(1) };
                        restore!();
                        // SAFETY: the pc of the one below is behind the `ForNext`, whose jump was verified (2).
                        pc = unsafe { pc.offset((*pc.sub(1)).jump() as isize) };
                        set!(dst, v);
                        continue;
                    }
                }
                // An async generator gives an item to the `async for` that asked for it.
                Opcode::Yield if op.x() == 1 => {
                    if let Some(mut generator) = act!().frame
                        && let Some(consumer) = generator.awaiter.cast::<Frame>()
                    {
                        let v = reg!(op.b());
                        act!().ip = pc.wrapping_add(1);
                        generator.pc = act!().pc();
                        generator.awaiter = Value::UNBOUND;
                        generator.waits_at_yield_again();
                        switch_to!(consumer);
                        // The consumer's pc is behind an `Await`.
                        set!(Fetched(pc.wrapping_sub(1)).a(), v);
                        continue;
                    }
                }
                Opcode::GetAsyncNext => {
                    if let Some(mut generator) = reg!(op.b()).cast::<Frame>()
                        && generator.waits_at_yield()
                        && let Some(mut consumer) = act!().frame
                        && (consumer.depth as usize) + 1 < self.recursion_limit
                        // SAFETY: a `GetAwaitable` and an `Await` are not the last op of a code.
                        && Fetched(unsafe { pc.add(1) }).code() == Opcode::GetAwaitable
                        && Fetched(unsafe { pc.add(2) }).code() == Opcode::Await
                        && spend!()
                    {
                        // One that waits at its `yield` is entered at once.
                        set!(Fetched(pc.wrapping_add(2)).b(), generator.value());
                        act!().ip = pc.wrapping_add(3);
                        consumer.pc = act!().pc();
                        generator.depth = consumer.depth + 1;
                        generator.awaiter = consumer.value();
                        generator.set_state(FrameState::Running);
                        generator.set(ASYNC_RUNNING, true);
                        switch_to!(generator);
                        // A generator that waits at a `yield` has its pc behind it.
                        set!(Fetched(pc.wrapping_sub(1)).a(), Value::NONE);
                        continue;
                    }
                }
                Opcode::GetAwaitable
                    if matches!(reg!(op.b()).kind(), Some(Kind::Coroutine | Kind::Future | Kind::Task)) =>
                {
                    done!(op.a(), reg!(op.b()));
                }
                Opcode::Await => {
                    if let Some(future) = reg!(op.b()).cast::<Future>()
                        && future.state() == FutureState::Finished
                        && !future.has(FAILED)
                    {
                        done!(op.a(), future.result);
                    }
                    act!().ip = pc.wrapping_add(1);
                    match self.begin_await() {
                        Flow::Run => {
                            load!();
                            continue;
                        }
                        Flow::Leave(exit) => return exit,
                    }
                }
                // A coroutine gives its result to the one that awaits it.
                Opcode::GenReturn => {
                    if let Some(frame) = act!().frame
                        && let Some(awaiter) = frame.awaiter.cast::<Frame>()
                        && frame.header.kind() == Kind::Coroutine
                        && !frame.has(ESCAPED)
                    {
                        let v = reg!(op.a());
                        // Only the registers of its awaiter still name it, and those are not read again.
                        self.heap.free_now(frame);
                        switch_to!(awaiter);
                        // The pc of a frame that awaits another is behind its `Await`.
                        set!(Fetched(pc.wrapping_sub(1)).a(), v);
                        continue;
                    }
                }
                Opcode::FormatValue
                    if op.c() == NO_REG
                        && (op.x() == 4 && reg!(op.b()).is_int()
                            || matches!(op.x(), 0 | 4) && reg!(op.b()).is::<Str>()) =>
                {
                    done!(op.a(), reg!(op.b()));
                }
                Opcode::BuildString => {
                    act!().ip = pc.wrapping_add(1);
                    // SAFETY: verified registers (2), which are not written meanwhile.
                    let parts =
                        unsafe { std::slice::from_raw_parts(regs.add(op.b() as usize), op.c() as usize) };
                    finish!(self.build_string(parts), op.a(), 1);
                }
                Opcode::BuildTuple => {
                    // SAFETY: as above.
                    let items =
                        unsafe { std::slice::from_raw_parts(regs.add(op.b() as usize), op.c() as usize) };
                    done!(op.a(), self.tuple(items));
                }
                Opcode::BuildList => {
                    // SAFETY: as above.
                    let items =
                        unsafe { std::slice::from_raw_parts(regs.add(op.b() as usize), op.c() as usize) };
                    done!(op.a(), self.list(items.to_vec()));
                }
                Opcode::GetIter
                    if matches!(
                        reg!(op.b()).kind(),
                        Some(
                            Kind::List
                                | Kind::Tuple
                                | Kind::Range
                                | Kind::Dict
                                | Kind::Set
                                | Kind::Str
                                | Kind::Iter
                        )
                    ) =>
                {
                    act!().ip = pc.wrapping_add(1);
                    finish!(self.iter(reg!(op.b())), op.a(), 1);
                }
                Opcode::SetAdd => {
                    if let Some(set) = reg!(op.a()).cast::<Set>()
                        && self.set_add_plain(set, reg!(op.b()))
                    {
                        next!();
                    }
                }
                Opcode::DictSet if self.quick_store(reg!(op.a()), reg!(op.b()), reg!(op.c())) => next!(),
                Opcode::Unpack => {
                    let from = items(reg!(op.b()));
                    if from.len() == op.c() as usize && !from.is_empty() {
                        for (i, &v) in from.iter().enumerate() {
                            set!(op.a() as usize + i, v);
                        }
                        next!();
                    }
                }

                Opcode::Call => {
                    let (f, first, n) = (reg!(op.a()), op.a() as usize + 1, op.b() as usize);
                    call!(f, first, n, op.c(), 1);
                    native!(f, first, n, op.c(), 1);
                    construct!(f, first, n, op.c(), 1);
                    begin!(f, first, n, None, op.c(), 1);
                }
                Opcode::CallGlobal => {
                    // SAFETY: the verifier saw an `Extra` behind this op.
                    let index = unsafe { (*pc.add(1)).bc() };
                    let cache = cache!(index);
                    if cache.kind == CacheKind::Callable
                        && act!().function.globals.header.aux.get() == cache.guard
                    {
                        // The register keeps the callee alive and is where a poll finds it.
                        set!(op.a(), cache.value);
                        call!(cache.value, op.a() as usize + 1, op.b() as usize, op.c(), 2);
                        begin!(cache.value, op.a() as usize + 1, op.b() as usize, None, op.c(), 2);
                    } else if cache.kind == CacheKind::Builtin
                        && act!().function.globals.header.aux.get() == cache.guard
                        && self.builtins.header.aux.get() == cache.epoch
                    {
                        let f = self.builtins.table.value_at(cache.slot as usize);
                        set!(op.a(), f);
                        native!(f, op.a() as usize + 1, op.b() as usize, op.c(), 2);
                        construct!(f, op.a() as usize + 1, op.b() as usize, op.c(), 2);
                    }
                }
                Opcode::CallMethod => {
                    let without = usize::from(reg!(op.a() as usize + 1).is_unbound());
                    let first = op.a() as usize + 1 + without;
                    let n = op.b() as usize + 1 - without;
                    call!(reg!(op.a()), first, n, op.c(), 1);
                    native!(reg!(op.a()), first, n, op.c(), 1);
                    begin!(reg!(op.a()), first, n, None, op.c(), 1);
                }
                Opcode::CallKw => {
                    // SAFETY: the verifier saw an `Extra` behind this op.
                    let names = constant!((*pc.add(1)).bc()).cast::<Tuple>();
                    begin!(reg!(op.a()), op.a() as usize + 1, op.b() as usize, names, op.c(), 2);
                }
                Opcode::CallMethodKw => {
                    // SAFETY: the verifier saw an `Extra` behind this op.
                    let names = constant!((*pc.add(1)).bc()).cast::<Tuple>();
                    let without = usize::from(reg!(op.a() as usize + 1).is_unbound());
                    let first = op.a() as usize + 1 + without;
                    begin!(reg!(op.a()), first, op.b() as usize + 1 - without, names, op.c(), 2);
                }
                Opcode::Return
                    if act!().ret == Return::Register
                        || act!().ret == Return::Init && reg!(op.a()).is_none() =>
                {
                    let v = if act!().ret == Return::Register { reg!(op.a()) } else { act!().kept };
                    let dst = act!().dst;
                    // SAFETY: the running activation is the last one, and is popped; a call that ends in a register
                    // has its caller below it.
                    unsafe {
                        self.activations.set_len(self.activations.len() - 1);
                        act = act.sub(1);
                    }
                    restore!();
                    set!(dst, v);
                    continue;
                }
                Opcode::Return if act!().ret == Return::Exit => {
                    let v = reg!(op.a());
                    self.activations.pop();
                    return Ok(Exit::Return(v));
                }
                _ => (),
            }
            // SAFETY: the last op of a code is one that ends it, so there is a place behind every other.
            act!().ip = unsafe { pc.add(1) };
            match self.general() {
                Flow::Run => load!(),
                Flow::Leave(exit) => return exit,
            }
        }
    }

    /// What a site remembers of an attribute of this module or class.
    #[inline(always)]
    fn cached_own(&self, object: Value, cache: &InlineCache) -> Option<Value> {
        if let Some(module) = object.cast::<Module>() {
            let known = cache.kind == CacheKind::Global && module.dict.header.aux.get() == cache.guard;
            return known.then(|| module.dict.table.value_at(cache.slot as usize));
        }
        let class = object.cast::<Class>()?;
        if class.root_shape != cache.guard || cache.epoch != self.class_epoch {
            return None;
        }
        match cache.kind {
            CacheKind::OwnValue => Some(cache.value),
            CacheKind::OwnSlot => Some(cache.value.cast::<Dict>()?.table.value_at(cache.slot as usize)),
            _ => None,
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

    /// Collects now. Only where no native holds values that nobody else does.
    pub(crate) fn collect_garbage(&mut self) {
        let top = self.top();
        self.stack.prepare(top);
        let mut heap = std::mem::take(&mut self.heap);
        heap.collect(self);
        self.heap = heap;
    }

    /// The same as the last thing that a native does, and without what is left over in registers: what lies above the
    /// arguments of a call is of no use to the caller, but would keep alive what nothing refers to.
    pub(crate) fn collect_closely(&mut self) {
        self.receiver = Value::UNBOUND;
        for (i, act) in self.activations.iter().enumerate() {
            let Some((callee, first)) = act.unused() else { continue };
            let next = self.activations.get(i + 1);
            // The register of a class whose `__init__` runs holds the instance.
            if let Some(callee) = callee
                && next.is_none_or(|next| next.ret != Return::Init)
            {
                // SAFETY: one of the activation's registers; the caller does not look at it again.
                unsafe { *act.regs.add(callee) = Value::UNBOUND }
            }
            let used = |next: &Activation| if next.frame.is_some() { next.top } else { next.regs };
            let shared = act.frame.is_none() && next.is_some_and(|next| used(next) < act.top);
            if !shared && first < usize::from(act.code.registers) {
                // SAFETY: inside the activation's registers; a callee of the language might have overwritten them too.
                unsafe {
                    std::ptr::write_bytes(act.regs.add(first), 0, usize::from(act.code.registers) - first)
                }
            }
        }
        self.collect_garbage();
    }
}
