//! Every op in full: what the run loop does not do itself comes here, and so does each op whose common case it was not.
//!
//! An op that comes here from the loop has changed nothing yet; it is done anew.

use super::Exit;
use super::state::Fetched;
use crate::bytecode::op::{NO_REG, Opcode, UNSEEN};
use crate::heap::{Gc, Kind, Value};
use crate::objects::code::{CacheKind, NO_ARGS};
use crate::objects::{
    Awaitable, CellObject, Dict, Frame, FrameState, Function, Instance, Iter, IterState, List, Set, Tuple,
};
use crate::vm::call::Begun;
use crate::vm::frames::Flow;
use crate::vm::protocol::same;
use crate::vm::{Activation, BinaryOp, CompareOp, Raise, Resume, Return, Vm};

impl Vm {
    /// Does the op before the saved pc of the activation on top.
    #[inline(never)]
    #[expect(clippy::cognitive_complexity, reason = "one arm per opcode")]
    pub(super) fn general(&mut self) -> Flow {
        let act: *mut Activation = self.activations.top();
        macro_rules! act {
            // SAFETY: while the loop runs there is an activation on top, and `act` points at it.
            () => {
                unsafe { &mut *act }
            };
        }
        let regs: *mut Value = act!().regs;
        let code = act!().code;
        let mut pc = act!().ip;
        // SAFETY: the loop saved a pc behind an op.
        let op = Fetched(unsafe { pc.sub(1) });
        macro_rules! save {
            () => {
                act!().ip = pc
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
                pc = unsafe { pc.offset($by) }
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
                        Begun::Pushed => return Flow::Run,
                    }
                }};
            }
            // Whether a call could begin with its arguments where they are.
            macro_rules! begins_in_place {
                ($f:expr, $first:expr, $n:expr, $names:expr, $dst:expr) => {
                    act!().frame.is_none() && {
                        save!();
                        let window = regs.wrapping_add($first as usize);
                        self.begin_in_place($f, window, $n as usize, $names, $dst)
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
                        _ if begins_in_place!(f, first, n, None, dst) => {
                            return Flow::Run;
                        }
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
                                let looped = next.code == Opcode::GetIter
                                    && next.b == dst
                                    && dst as usize >= code.locals.len()
                                    && frame.header.kind() == Kind::Generator;
                                frame.set(crate::objects::frame::LOOPED, looped);
                                save!();
                                self.coroutine_made(frame);
                            }
                            set!(dst, frame.value());
                        }
                        _ => {
                            save!();
                            self.heap.fresh = Value::UNBOUND;
                            match attempt!(self.begin_call(f, slice!(first, n), None, Return::Register, dst))
                            {
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
                                Begun::Pushed => return Flow::Run,
                            }
                        }
                    }
                }};
            }
            macro_rules! compare_value {
                ($cmp:ident) => {{
                    let v = slow!(self.compare(CompareOp::$cmp, reg!(op.b()), reg!(op.c())));
                    set!(op.a(), v);
                }};
            }
            macro_rules! compare_jump {
                ($cmp:ident, $want:expr) => {
                    compare_jump!($cmp, $want, reg!(op.b()))
                };
                ($cmp:ident, $want:expr, $b:expr) => {{
                    if slow!(self.compare_bool(CompareOp::$cmp, reg!(op.a()), $b)) == $want {
                        jump_polling!(op);
                    }
                }};
            }
            macro_rules! compare_jump_int {
                ($cmp:ident, $want:expr) => {
                    compare_jump!($cmp, $want, Value::int(i64::from(op.b() as i16)))
                };
            }
            // The second operand is a register, or given.
            macro_rules! binary {
                ($bin:ident) => {
                    binary!($bin, reg!(op.c()))
                };
                ($bin:ident, $b:expr) => {{
                    let (a, b) = (reg!(op.b()), $b);
                    let v = slow!(if op.x() & 1 == 0 {
                        self.binary(BinaryOp::$bin, a, b)
                    } else {
                        self.inplace(BinaryOp::$bin, a, b)
                    });
                    set!(op.a(), v);
                }};
            }

            {
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
                        let v =
                            Self::closure_cell(act!().function, op.b()).map_or(Value::UNBOUND, |c| c.content);
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
                        // What the cache knows, the loop would have found.
                        let v = slow!(self.load_global(act!().function, cache!(op.cx())));
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
                                cache.args = NO_ARGS;
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
                    Opcode::SetupAnnotations => slow!(self.setup_annotations(reg!(0))),
                    Opcode::DeleteName => slow!(self.delete_name(reg!(0), constant!(op.bc()))),

                    Opcode::LoadAttr => {
                        let object = reg!(op.b());
                        let cache = cache!(op.cx());
                        if object.is_unbound() {
                            break 'ops self.unbound_local(code, op.b());
                        } else {
                            save!();
                            let begun = attempt!(self.load_attr(object, cache, op.a()));
                            self.keep_learnt(op.code(), object, cache);
                            match begun {
                                Begun::Done(v) => set!(op.a(), v),
                                Begun::Pushed => return Flow::Run,
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
                                    instance.header.aux.set(cache.next_shape());
                                }
                            }
                            _ => {
                                slow!(self.store_attr(object, cache, value));
                                self.keep_learnt(op.code(), object, cache);
                            }
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
                            self.keep_learnt(op.code(), object, cache);
                            set!(op.a(), function);
                            set!(op.a() + 1, receiver);
                        }
                    }
                    Opcode::LoadSuperMethod => {
                        let cache = cache!(op.cx());
                        let (function, receiver) = slow!(self.load_super_method(slice!(op.a(), 3), cache));
                        set!(op.a(), function);
                        set!(op.a() + 1, receiver);
                    }
                    Opcode::LoadSpecial => {
                        let cache = cache!(op.cx());
                        let (function, receiver) = slow!(self.load_special(reg!(op.b()), cache));
                        set!(op.a(), function);
                        set!(op.a() + 1, receiver);
                    }
                    Opcode::LoadItem => {
                        let v = slow!(self.get_item(reg!(op.b()), reg!(op.c())));
                        set!(op.a(), v);
                    }
                    // What goes on behind it goes on there.
                    Opcode::LoadItemInt
                    | Opcode::AddItems
                    | Opcode::SubItems
                    | Opcode::MulItems
                    | Opcode::ItemAdd
                    | Opcode::ItemSub
                    | Opcode::ItemAddInt
                    | Opcode::ItemMulAdd
                    | Opcode::ItemMulSub
                    | Opcode::ItemMulAddItem => {
                        let v = slow!(self.get_item(reg!(op.b()), Value::int(i64::from(op.c() as i16))));
                        set!(op.a(), v);
                    }
                    Opcode::StoreItem => slow!(self.set_item(reg!(op.a()), reg!(op.b()), reg!(op.c()))),
                    Opcode::StoreItemInt => {
                        slow!(self.set_item(
                            reg!(op.a()),
                            Value::int(i64::from(op.c() as i16)),
                            reg!(op.b())
                        ));
                    }
                    Opcode::DeleteItem => slow!(self.del_item(reg!(op.a()), reg!(op.b()))),
                    Opcode::BuildSlice => {
                        let s = self.heap.slice(reg!(op.b()), reg!(op.b() + 1), reg!(op.b() + 2));
                        set!(op.a(), s.value());
                    }

                    Opcode::LoadSlice => {
                        let parts = [reg!(op.c()), reg!(op.c() + 1), reg!(op.c() + 2)];
                        let v = slow!(self.get_sliced(reg!(op.b()), parts));
                        set!(op.a(), v);
                    }
                    Opcode::StoreSlice => {
                        let parts = [reg!(op.b()), reg!(op.b() + 1), reg!(op.b() + 2)];
                        slow!(self.set_sliced(reg!(op.a()), parts, reg!(op.c())));
                    }

                    Opcode::Add | Opcode::AddReturn => binary!(Add),
                    Opcode::Sub | Opcode::SubReturn => binary!(Sub),
                    Opcode::Mul
                    | Opcode::MulMulAdd
                    | Opcode::MulMulMulAdd
                    | Opcode::MulMulSub
                    | Opcode::MulReturn => binary!(Mul),
                    Opcode::MatMul => binary!(MatMul),
                    Opcode::Div => binary!(Div),
                    Opcode::FloorDiv => binary!(FloorDiv),
                    Opcode::Mod => binary!(Mod),
                    Opcode::Pow => binary!(Pow),
                    Opcode::LShift => binary!(LShift),
                    Opcode::RShift => binary!(RShift),
                    Opcode::BitAnd => binary!(And),
                    Opcode::BitOr => binary!(Or),
                    Opcode::BitXor => binary!(Xor),
                    Opcode::ModInt => binary!(Mod, Value::int(i64::from(op.c() as i16))),
                    Opcode::AddInt | Opcode::AddIntReturn if op.x() & 2 == 0 => {
                        binary!(Add, Value::int(i64::from(op.c() as i16)))
                    }
                    Opcode::AddInt | Opcode::AddIntReturn => {
                        binary!(Sub, Value::int(-i64::from(op.c() as i16)))
                    }
                    Opcode::MulAdd | Opcode::MulSub | Opcode::MulAddReturn => {
                        let product = slow!(self.binary(BinaryOp::Mul, reg!(op.b()), reg!(op.c())));
                        let other = extra!();
                        let other = reg!(other);
                        let (a, b) = if op.x() & 2 == 0 { (other, product) } else { (product, other) };
                        let sum = if op.code() == Opcode::MulSub { BinaryOp::Sub } else { BinaryOp::Add };
                        let v = slow!(self.releasing(|vm| {
                            vm.root(product);
                            if op.x() & 1 == 0 { vm.binary(sum, a, b) } else { vm.inplace(sum, a, b) }
                        }));
                        set!(op.a(), v);
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
                    Opcode::Lt => compare_value!(Lt),
                    Opcode::Le => compare_value!(Le),
                    Opcode::Gt => compare_value!(Gt),
                    Opcode::Ge => compare_value!(Ge),
                    Opcode::Eq => compare_value!(Eq),
                    Opcode::Ne => compare_value!(Ne),
                    Opcode::Is => {
                        set!(op.a(), Value::bool(same(reg!(op.b()), reg!(op.c()))))
                    }
                    Opcode::IsNot => {
                        set!(op.a(), Value::bool(!same(reg!(op.b()), reg!(op.c()))))
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
                    Opcode::JumpIfLt => compare_jump!(Lt, true),
                    Opcode::JumpIfNotLt => compare_jump!(Lt, false),
                    Opcode::JumpIfLe => compare_jump!(Le, true),
                    Opcode::JumpIfNotLe => compare_jump!(Le, false),
                    Opcode::JumpIfGt => compare_jump!(Gt, true),
                    Opcode::JumpIfNotGt => compare_jump!(Gt, false),
                    Opcode::JumpIfGe => compare_jump!(Ge, true),
                    Opcode::JumpIfNotGe => compare_jump!(Ge, false),
                    Opcode::JumpIfEq => compare_jump!(Eq, true),
                    Opcode::JumpIfNotEq => compare_jump!(Eq, false),
                    Opcode::JumpIfLtInt => compare_jump_int!(Lt, true),
                    Opcode::JumpIfNotLtInt => compare_jump_int!(Lt, false),
                    Opcode::JumpIfLeInt => compare_jump_int!(Le, true),
                    Opcode::JumpIfNotLeInt => compare_jump_int!(Le, false),
                    Opcode::JumpIfGtInt => compare_jump_int!(Gt, true),
                    Opcode::JumpIfNotGtInt => compare_jump_int!(Gt, false),
                    Opcode::JumpIfGeInt => compare_jump_int!(Ge, true),
                    Opcode::JumpIfNotGeInt => compare_jump_int!(Ge, false),
                    Opcode::JumpIfEqInt => compare_jump_int!(Eq, true),
                    Opcode::JumpIfNotEqInt => compare_jump_int!(Eq, false),

                    Opcode::JumpIfIn => {
                        if slow!(self.contains(reg!(op.b()), reg!(op.a()))) {
                            jump_polling!(op);
                        }
                    }
                    Opcode::JumpIfNotIn => {
                        if !slow!(self.contains(reg!(op.b()), reg!(op.a()))) {
                            jump_polling!(op);
                        }
                    }

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
                            self.detach(frame);
                            match frame.state() {
                                FrameState::Done => (),
                                FrameState::Running => {
                                    break 'ops self.value_error("generator already executing");
                                }
                                FrameState::Created | FrameState::Suspended => {
                                    let top = self.top();
                                    attempt!(self.push_frame(frame, top, Return::ForNext, op.a()));
                                    return self.resume_top(Resume::Send(Value::NONE));
                                }
                            }
                        } else if let Some(v) = slow!(self.next(it)) {
                            set!(op.a(), v);
                            jump_polling!(op);
                        }
                    }
                    Opcode::CloseIter => {
                        if let Some(frame) = reg!(op.a()).cast::<Frame>()
                            && frame.header.kind() == Kind::Generator
                            && frame.has(crate::objects::frame::LOOPED)
                        {
                            save!();
                            // Nobody is there to whom it could be told.
                            let _ = self.close_generator(frame);
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
                        let cache = cache!(op.cx());
                        let v = slow!(self.async_iter(reg!(op.b()), cache));
                        set!(op.a(), v);
                    }
                    Opcode::GetAsyncNext => match reg!(op.b()).cast::<Frame>() {
                        // SAFETY: a `GetAwaitable` is not the last op of a code.
                        Some(generator)
                            if generator.state() == FrameState::Created
                                && Fetched(pc).code() == Opcode::GetAwaitable
                                && unsafe { Fetched(pc.add(1)) }.code() == Opcode::Await =>
                        {
                            // An async generator that has not begun is entered at once: as those two do.
                            poll!();
                            // SAFETY: behind the `Await`, which was seen above.
                            let wait = Fetched(unsafe { pc.add(1) });
                            set!(wait.b(), generator.value());
                            pc = unsafe { pc.add(2) };
                            save!();
                            attempt!(self.begin_async_for(generator));
                            return Flow::Run;
                        }
                        _ => {
                            let cache = cache!(op.cx());
                            let v = slow!(self.async_next(reg!(op.b()), cache));
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
                    Opcode::SpreadTuple if reg!(op.b()).is::<Tuple>() => set!(op.a(), reg!(op.b())),
                    Opcode::SpreadTuple => {
                        let list = self.list(Vec::new());
                        set!(op.a(), list);
                        slow!(self.list_extend(list, reg!(op.b()), reg!(op.c())));
                    }
                    Opcode::SpreadDict if reg!(op.b()).is::<Dict>() => set!(op.a(), reg!(op.b())),
                    Opcode::SpreadDict => {
                        let dict = self.heap.dict().value();
                        set!(op.a(), dict);
                        slow!(self.dict_update_from(dict, reg!(op.b()), reg!(op.c())));
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
                        } else if cache.kind == CacheKind::Global && globals.header.aux.get() == cache.guard {
                            globals.table.value_at(cache.slot as usize)
                        } else if cache.kind == CacheKind::Builtin
                            && globals.header.aux.get() == cache.guard
                            && self.builtins.header.aux.get() == cache.epoch
                        {
                            self.builtins.table.value_at(cache.slot as usize)
                        } else {
                            slow!(self.load_global(act!().function, cache))
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
                        if begins_in_place!(reg!(op.a()), op.a() + 1, op.b(), names, op.c()) {
                            return Flow::Run;
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
                        if begins_in_place!(reg!(op.a()), first, n, names, op.c()) {
                            return Flow::Run;
                        }
                        begin!(
                            op,
                            self.begin_call(reg!(op.a()), slice!(first, n), names, Return::Register, op.c())
                        );
                    }
                    Opcode::CallEx => {
                        poll!();
                        begin!(
                            op,
                            self.begin_call_spread(reg!(op.a()), reg!(op.a() + 1), reg!(op.a() + 2), op.c())
                        );
                    }
                    Opcode::Return => {
                        let v = reg!(op.a());
                        let (ret, dst, kept) = (act!().ret, act!().dst, act!().kept);
                        self.activations.pop();
                        match ret {
                            Return::Register => self.set_register(dst, v),
                            Return::Exit => return self.leaving(Ok(Exit::Return(v))),
                            Return::Init if v.is_none() => self.set_register(dst, kept),
                            Return::Init => {
                                let raise = self.bad_init_result(v);
                                return self.unwind(raise);
                            }
                            Return::ForNext | Return::Discard => (),
                        }
                        return Flow::Run;
                    }
                    Opcode::GenReturn => {
                        let v = reg!(op.a());
                        return self.frame_returned(v);
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
                        return self.frame_yielded(reg!(op.b()), op.x() == 1);
                    }
                    Opcode::GetAwaitable => {
                        let v = reg!(op.b());
                        if v.kind() == Some(Kind::Coroutine) {
                            set!(op.a(), v);
                        } else {
                            let v = slow!(self.get_awaitable(v, op.x() & !UNSEEN));
                            set!(op.a(), v);
                        }
                    }
                    Opcode::GetYieldFrom => {
                        let v = slow!(self.get_yield_from(reg!(op.b())));
                        set!(op.a(), v);
                    }
                    Opcode::Await => return self.begin_await(),

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
                            let v =
                                slow!(self.match_class(reg!(op.b()), reg!(op.c()), op.x() as usize, &names));
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
            save!();
            return Flow::Run;
        };
        // An exception, raised by the op before the pc.
        save!();
        self.unwind(raise)
    }
}
