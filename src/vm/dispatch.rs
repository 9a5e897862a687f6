//! The dispatch loop: the second of the two rooms that may hold `unsafe`.
//!
//! Each op has a handler, a function that ends by calling the handler of the next op. Such a call needs no place on the
//! native stack in optimised builds, where it is a jump: what the handlers hand on ([`state::State`]) stays in registers,
//! and each is compiled by itself. Nothing depends on that: unoptimised builds return to the loop after each op, what the
//! handlers do not do themselves goes there, and so does each poll. But it is what makes the loop fast, and it asks that a
//! handler lends nobody a place on the native stack: what it calls takes and gives words, or two of them at most.
//!
//! Handlers do the common cases of their ops, those that need no more than a few loads and stores. Everything else is
//! `general`, which can do every op; a handler that leaves its op to it has changed nothing. What needs a call in Rust is
//! a handler of its own ([`state::State::then`]), so that the common case saves no registers.
//!
//! `SAFETY` here rests on the invariants of `heap/mod.rs`. Operands were verified (2), so registers, constants and
//! caches are read unchecked; `regs` points at the window of the activation on top, whose size was reserved when it
//! was pushed, or at the registers of a live frame. The methods of `State`, and the macros of `general`, are the only
//! places where that is relied on.

#![allow(unsafe_code, reason = "registers, constants and ops are read unchecked; see the head of this file")]

/// Defines handlers: functions of what runs, here `$s`.
macro_rules! handlers {
    ($($(#[$meta:meta])* fn $name:ident($s:ident) $body:block)*) => { $(
        $(#[$meta])*
        #[inline(never)]
        pub(in crate::vm::dispatch) fn $name(
            vm: &mut Vm,
            pc: *const Op,
            regs: *mut Value,
            act: *mut Activation,
            code: Gc<CodeObject>,
        ) -> Halt {
            #[allow(unused_mut, reason = "few handlers change it before they pass it on")]
            let mut $s = State { vm, pc, regs, act, code };
            $body
        }
    )* };
}

mod attributes;
mod awaiting;
mod calls;
mod data;
mod delegating;
mod fused;
mod general;
mod items;
mod jumps;
mod keywords;
mod loading;
mod looping;
mod numbers;
mod shortcuts;
mod site;
mod stack;
mod state;

use super::frames::Flow;
use super::{Activation, Result, Return, Vm};
use crate::bytecode::op::{Op, Opcode};
use crate::heap::{Gc, Value, unbind};
use crate::objects::CodeObject;
pub(crate) use stack::Activations;
use state::State;

/// Why the run loop ended without an exception.
#[derive(Clone, Copy, Debug)]
pub enum Exit {
    /// The call returned, or the driven frame ended.
    Return(Value),
    /// The driven frame suspended with this value.
    Yield(Value),
}

/// Why the handlers returned to the loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Halt {
    /// The op before the saved pc is `general`'s.
    General,
    /// To go on with the activation on top.
    Reload,
    /// The loop ends; how is in `Vm::left`.
    Leave,
}

type Handler = fn(&mut Vm, *const Op, *mut Value, *mut Activation, Gc<CodeObject>) -> Halt;

macro_rules! table {
    ($($opcode:ident: $handler:path,)*) => {{
        let mut table = [other as Handler; 1 << u8::BITS];
        $( table[Opcode::$opcode as usize] = $handler; )*
        table
    }};
}

/// What does each op.
static HANDLERS: [Handler; 1 << u8::BITS] = table! {
    Nop: loading::nop,
    Extra: loading::nop,
    Move: loading::register,
    LoadConst: loading::load_const,
    LoadInt: loading::load_int,
    LoadNone: loading::load_none,
    LoadTrue: loading::load_true,
    LoadFalse: loading::load_false,
    Clear: loading::clear,
    CheckBound: loading::check_bound,
    LoadCell: loading::load_cell,
    StoreCell: loading::store_cell,
    LoadFree: loading::load_free,
    StoreFree: loading::store_free,
    LoadGlobal: loading::load_global,
    LoadAttr: attributes::load_attr,
    StoreAttr: attributes::store_attr,
    LoadMethod: attributes::load_method,
    LoadSpecial: attributes::load_special,
    LoadSuperMethod: attributes::load_super_method,
    LoadItem: items::load_item,
    LoadItemInt: items::load_item_int,
    AddItems: fused::add_items,
    SubItems: fused::sub_items,
    MulItems: fused::mul_items,
    ItemAdd: fused::item_add,
    ItemSub: fused::item_sub,
    ItemAddInt: fused::item_add_int,
    ItemMulAdd: fused::item_mul_add,
    ItemMulSub: fused::item_mul_sub,
    ItemMulAddItem: fused::item_mul_add_item,
    LoadSlice: items::load_slice,
    StoreItem: items::store_item,
    StoreItemInt: items::store_item_int,
    Add: numbers::add,
    Sub: numbers::sub,
    Mul: numbers::mul,
    AddReturn: fused::add_return,
    SubReturn: fused::sub_return,
    MulReturn: fused::mul_return,
    AddIntReturn: fused::add_int_return,
    MulAddReturn: fused::mul_add_return,
    MulMulAdd: fused::mul_mul_add,
    MulMulMulAdd: fused::mul_mul_mul_add,
    MulMulSub: fused::mul_mul_sub,
    MulAdd: numbers::mul_add,
    MulSub: numbers::mul_sub,
    Div: numbers::div,
    FloorDiv: numbers::floor_div,
    Mod: numbers::modulo,
    ModInt: numbers::mod_int,
    AddInt: numbers::add_int,
    Pow: numbers::pow,
    LShift: numbers::shift_left,
    RShift: numbers::shift_right,
    BitAnd: numbers::bit_and,
    BitOr: numbers::bit_or,
    BitXor: numbers::bit_xor,
    Neg: numbers::negate,
    Not: numbers::not,
    Lt: numbers::lt,
    Le: numbers::le,
    Gt: numbers::gt,
    Ge: numbers::ge,
    Eq: numbers::eq,
    Ne: numbers::ne,
    Is: numbers::is,
    IsNot: numbers::is_not,
    In: items::is_in,
    NotIn: items::is_not_in,
    Jump: jumps::jump,
    JumpIfTrue: jumps::if_true,
    JumpIfFalse: jumps::if_false,
    JumpIfNone: jumps::if_none,
    JumpIfNotNone: jumps::if_not_none,
    JumpIfLt: jumps::if_lt,
    JumpIfNotLt: jumps::if_not_lt,
    JumpIfLe: jumps::if_le,
    JumpIfNotLe: jumps::if_not_le,
    JumpIfGt: jumps::if_gt,
    JumpIfNotGt: jumps::if_not_gt,
    JumpIfGe: jumps::if_ge,
    JumpIfNotGe: jumps::if_not_ge,
    JumpIfEq: jumps::if_eq,
    JumpIfNotEq: jumps::if_not_eq,
    JumpIfLtInt: jumps::if_lt_int,
    JumpIfNotLtInt: jumps::if_not_lt_int,
    JumpIfLeInt: jumps::if_le_int,
    JumpIfNotLeInt: jumps::if_not_le_int,
    JumpIfGtInt: jumps::if_gt_int,
    JumpIfNotGtInt: jumps::if_not_gt_int,
    JumpIfGeInt: jumps::if_ge_int,
    JumpIfNotGeInt: jumps::if_not_ge_int,
    JumpIfEqInt: jumps::if_eq_int,
    JumpIfNotEqInt: jumps::if_not_eq_int,
    JumpIfIn: jumps::if_in,
    JumpIfNotIn: jumps::if_not_in,
    GetIter: looping::get_iter,
    ForNext: looping::for_next,
    GetYieldFrom: delegating::get_yield_from,
    Unpack: items::unpack,
    GetAsyncIter: looping::get_async_iter,
    GetAsyncNext: looping::get_async_next,
    BuildList: items::build_list,
    BuildTuple: items::build_tuple,
    BuildString: items::build_string,
    ListAppend: items::list_append,
    SetAdd: items::set_add,
    DictSet: items::store_in_dict,
    FormatValue: items::format_value,
    Call: calls::call,
    CallGlobal: calls::call_global,
    CallMethod: calls::call_method,
    CallKw: keywords::call_kw,
    CallMethodKw: keywords::call_method_kw,
    Return: calls::return_value,
    GenReturn: awaiting::return_to_awaiter,
    Yield: looping::yield_value,
    GetAwaitable: awaiting::get_awaitable,
    Await: awaiting::wait,
};

handlers! {
    /// An op of which there is no common case.
    fn other(s) {
        s.general()
    }
}

impl Vm {
    /// Ends the run loop.
    pub(super) fn leaving(&mut self, exit: Result<Exit>) -> Flow {
        self.left = exit;
        Flow::Leave
    }

    /// Runs the activation on top until it, or one that replaced it, ends with `Return::Exit`.
    pub(super) fn run(&mut self) -> Result<Exit> {
        loop {
            match State::top(self).step() {
                Halt::General => {
                    if self.general() == Flow::Leave {
                        return self.left;
                    }
                }
                Halt::Reload => (),
                Halt::Leave => return self.left,
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

    /// Collects now. Only where no native holds values that nobody else does.
    pub(crate) fn collect_garbage(&mut self) {
        let top = self.top();
        self.stack.prepare(top);
        self.forget_learnt();
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
                unsafe { unbind(act.regs.add(first), usize::from(act.code.registers) - first) }
            }
        }
        self.collect_garbage();
    }
}
