//! Type parameters and `type` statements.
//!
//! ```text
//! def f[T: bound](x: T): ...    =>    T = TypeVar("T", lambda: bound); f = a function with __type_params__ = (T,)
//! type A[T] = value             =>    T = TypeVar("T"); A = TypeAliasType("A", lambda: value, (T,))
//! ```
//! with registers of their own for the parameters, which what they belong to captures.

use super::Compiler;
use super::unit::Reg;
use crate::bytecode::op::{Op, Opcode};
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind, Ident, ScopeId, TypeParamKind, TypeParams};

/// What [`Opcode::MakeGeneric`] makes.
const ALIAS: u8 = 3;
const WITH_PARAMS: u8 = 4;

impl<'a> Compiler<'a> {
    /// Makes the type parameters; gives the register of their tuple, or nothing if there are none.
    pub fn open_type_params(&mut self, params: &'a TypeParams, span: Span) -> Option<Reg> {
        if params.items.is_empty() {
            return None;
        }
        let tuple = self.unit.alloc();
        self.open_inlined(params.scope, span);
        for param in &params.items {
            let mark = self.unit.mark();
            let base = self.unit.alloc_range(3);
            let name_span = param.name.span;
            self.load_text(base, &param.name.name, name_span);
            self.lazy_part(param.bound.as_ref(), base + 1, name_span);
            self.lazy_part(param.default.as_ref(), base + 2, name_span);
            let which = match param.kind {
                TypeParamKind::TypeVar => 0,
                TypeParamKind::TypeVarTuple => 1,
                TypeParamKind::ParamSpec => 2,
            };
            self.unit.emit(Op::new(Opcode::MakeGeneric, base, base, 3).with_x(which), name_span);
            self.store_name(&param.name.name, base, name_span);
            self.unit.release(mark);
        }
        let base = self.unit.mark();
        for param in &params.items {
            let register = self.unit.alloc();
            self.load_name(register, &param.name.name, param.name.span);
        }
        let count = u16::try_from(params.items.len()).unwrap_or(u16::MAX);
        self.unit.emit(Op::new(Opcode::BuildTuple, tuple, base, count), span);
        self.unit.release(base);
        Some(tuple)
    }

    /// A function that evaluates a bound or default, or None for none.
    fn lazy_part(&mut self, part: Option<&'a (ScopeId, Expr)>, dest: Reg, span: Span) {
        match part {
            None => self.unit.emit(Op::new(Opcode::LoadNone, dest, 0, 0), span),
            Some((scope, value)) => self.lazy_function("<type parameter>", *scope, value, dest),
        }
    }

    /// Gives the function in `dest` its type parameters, and ends their scope.
    pub fn close_type_params(&mut self, params: Option<Reg>, dest: Reg, span: Span) {
        self.give_type_params(params, dest, span);
        self.end_type_params(params);
    }

    /// Gives the function or the body of a class in `dest` its type parameters.
    pub fn give_type_params(&mut self, params: Option<Reg>, dest: Reg, span: Span) {
        let Some(params) = params else { return };
        let mark = self.unit.mark();
        let base = self.unit.alloc_range(3);
        self.move_to(base, dest, span);
        self.move_to(base + 1, params, span);
        self.unit.emit(Op::new(Opcode::LoadNone, base + 2, 0, 0), span);
        self.unit.emit(Op::new(Opcode::MakeGeneric, base, base, 3).with_x(WITH_PARAMS), span);
        self.unit.release(mark);
    }

    pub fn end_type_params(&mut self, params: Option<Reg>) {
        if params.is_some() {
            self.unit.comps.pop();
        }
    }

    pub fn type_alias(
        &mut self,
        name: &'a Ident,
        params: &'a TypeParams,
        value: &'a Expr,
        scope: ScopeId,
        span: Span,
    ) {
        let base = self.unit.alloc_range(3);
        let tuple = self.open_type_params(params, span);
        self.load_text(base, &name.name, name.span);
        self.lazy_function(&name.name, scope, value, base + 1);
        match tuple {
            Some(tuple) => self.move_to(base + 2, tuple, span),
            None => self.unit.emit(Op::new(Opcode::BuildTuple, base + 2, base + 2, 0), span),
        }
        self.end_type_params(tuple);
        self.unit.emit(Op::new(Opcode::MakeGeneric, base, base, 3).with_x(ALIAS), span);
        self.store_name(&name.name, base, name.span);
    }

    fn lazy_function(&mut self, name: &str, scope: ScopeId, value: &'a Expr, dest: Reg) {
        let mark = self.unit.mark();
        let base = self.unit.alloc_range(4);
        let qualname = self.qualname(name);
        let unit = self.function_unit(scope, name, qualname, value.span, None);
        let code = self.nested(unit, |this| {
            let register = match &value.kind {
                ExprKind::Starred(inner) => {
                    let first = this.unit.mark();
                    this.expr_next(inner);
                    let dest = this.unit.alloc();
                    this.unit.emit(Op::new(Opcode::BuildTuple, dest, first, 1), value.span);
                    dest
                }
                _ => this.expr(value),
            };
            this.emit_return(register, value.span);
        });
        self.make_function(dest, base, 0, code, value.span);
        self.unit.release(mark);
    }
}
