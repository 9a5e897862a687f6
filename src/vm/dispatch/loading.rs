//! Ops that move values: registers, constants, cells and globals.

use super::state::State;
use super::{Halt, Vm};
use crate::bytecode::op::Op;
use crate::heap::{Gc, Value};
use crate::objects::code::CacheKind;
use crate::objects::{CellObject, CodeObject};
use crate::vm::Activation;

handlers! {
    fn nop(s) {
        s.next()
    }

    fn register(s) {
        let op = s.op();
        let v = s.reg(op.b());
        s.done(op.a(), v)
    }

    fn load_const(s) {
        let op = s.op();
        let v = s.constant(op.bc());
        s.done(op.a(), v)
    }

    fn load_int(s) {
        let op = s.op();
        s.done(op.a(), Value::int(i64::from(op.bc() as i32)))
    }

    fn load_none(s) {
        let a = s.op().a();
        s.done(a, Value::NONE)
    }

    fn load_true(s) {
        let a = s.op().a();
        s.done(a, Value::TRUE)
    }

    fn load_false(s) {
        let a = s.op().a();
        s.done(a, Value::FALSE)
    }

    fn clear(s) {
        let a = s.op().a();
        s.done(a, Value::UNBOUND)
    }

    fn check_bound(s) {
        if s.reg(s.op().a()).is_unbound() { s.general() } else { s.next() }
    }

    fn load_cell(s) {
        let op = s.op();
        if let Some(cell) = s.reg(op.b()).cast::<CellObject>()
            && !cell.content.is_unbound()
        {
            return s.done(op.a(), cell.content);
        }
        s.general()
    }

    fn store_cell(s) {
        let op = s.op();
        if let Some(mut cell) = s.reg(op.a()).cast::<CellObject>() {
            cell.content = s.reg(op.b());
            return s.next();
        }
        s.general()
    }

    fn load_free(s) {
        let op = s.op();
        let v = s.free(op.b()).content;
        if v.is_unbound() { s.general() } else { s.done(op.a(), v) }
    }

    fn store_free(s) {
        let op = s.op();
        s.free(op.a()).content = s.reg(op.b());
        s.next()
    }

    fn load_global(s) {
        let op = s.op();
        let cache = s.cache(op.cx());
        let globals = s.function().globals;
        if globals.header.aux.get() == cache.guard {
            if cache.kind == CacheKind::Callable {
                return s.done(op.a(), cache.value);
            }
            if cache.kind == CacheKind::Global {
                return s.done(op.a(), globals.table.value_at(cache.slot as usize));
            }
            if cache.kind == CacheKind::Builtin && s.vm.builtins.header.aux.get() == cache.epoch {
                let v = s.vm.builtins.table.value_at(cache.slot as usize);
                return s.done(op.a(), v);
            }
        }
        s.general()
    }
}
