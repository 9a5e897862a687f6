//! Statements.

use super::Compiler;
use super::constant::fold;
use super::unit::{BlockKind, Reg};
use crate::bytecode::code::Const;
use crate::bytecode::op::{Op, Opcode};
use crate::source::Span;
use crate::syntax::ast::{Expr, Stmt, StmtKind};

impl<'a> Compiler<'a> {
    pub fn body(&mut self, body: &'a [Stmt]) {
        for statement in body {
            // What nothing gets to is left out.
            if self.unit.flow.is_dead() {
                return;
            }
            let mark = self.unit.mark();
            self.statement(statement);
            self.unit.release(mark);
        }
    }

    fn statement(&mut self, statement: &'a Stmt) {
        let span = statement.span;
        match &statement.kind {
            StmtKind::Expr(value) if self.shows_here() => self.show(value),
            StmtKind::Expr(value) => {
                if fold(value).is_none() {
                    self.effect(value);
                }
            }
            StmtKind::Assign { targets, value } => self.assign_statement(targets, value),
            StmtKind::AugAssign { target, op, value } => self.augmented(target, *op, value, span),
            StmtKind::AnnAssign { target, annotation, value, simple } => {
                self.annotated(target, annotation, value.as_ref(), *simple);
            }
            StmtKind::Delete(targets) => {
                for target in targets {
                    self.delete(target);
                }
            }
            StmtKind::Pass | StmtKind::Global(_) | StmtKind::Nonlocal(_) | StmtKind::Error => {}
            StmtKind::Break => self.leave_loop(span, true),
            StmtKind::Continue => self.leave_loop(span, false),
            StmtKind::Return(value) => self.return_statement(value.as_ref(), span),
            StmtKind::Raise { exc, cause } => self.raise(exc.as_ref(), cause.as_ref(), span),
            StmtKind::Assert { test, message } => self.assert(test, message.as_ref(), span),
            StmtKind::Import(aliases) => self.import(aliases, span),
            StmtKind::ImportFrom { module, names, level, star } => {
                self.import_from(module.as_ref(), names, *level, *star, span);
            }
            StmtKind::If { branches, orelse } => self.if_statement(span, branches, orelse),
            StmtKind::While { test, body, orelse } => self.while_statement(span, test, body, orelse),
            StmtKind::For { target, iter, body, orelse, is_async } => {
                self.for_statement(target, iter, body, orelse, *is_async);
            }
            StmtKind::With { items, body, is_async } => self.with_statement(items, body, *is_async),
            StmtKind::Try { body, handlers, orelse, finally, star } => {
                self.try_statement(body, handlers, orelse, finally, *star, span);
            }
            StmtKind::Match { subject, cases } => self.match_statement(subject, cases, span),
            StmtKind::FunctionDef(def) => self.function_def(def, span),
            StmtKind::ClassDef(def) => self.class_def(def, span),
            StmtKind::TypeAlias { name, type_params, value, scope } => {
                self.type_alias(name, type_params, value, *scope, span);
            }
        }
    }

    fn return_statement(&mut self, value: Option<&'a Expr>, span: Span) {
        let register = match value {
            // What runs on the way out may rebind the local.
            Some(value) if self.leaving_runs_code(0) => self.expr_next(value),
            Some(value) => self.expr(value),
            None => {
                let register = self.unit.alloc();
                self.unit.emit(Op::new(Opcode::LoadNone, register, 0, 0), span);
                register
            }
        };
        self.leave_blocks(0, |this| this.emit_return(register, span));
    }

    fn raise(&mut self, exc: Option<&'a Expr>, cause: Option<&'a Expr>, span: Span) {
        let Some(exc) = exc else {
            let handled = self.unit.blocks.iter().rev().find_map(|block| match block.kind {
                BlockKind::Handling { register } => Some(register),
                _ => None,
            });
            let op = match handled {
                Some(register) => Op::new(Opcode::Reraise, register, 0, 0),
                None => Op::new(Opcode::ReraiseCurrent, 0, 0, 0),
            };
            return self.unit.emit_end(op, span);
        };
        match cause {
            None => {
                let exc = self.expr(exc);
                self.unit.emit_end(Op::new(Opcode::Raise, exc, 0, 0), span);
            }
            Some(cause) => {
                let exc = self.operand(exc, &[cause]);
                let cause = self.expr(cause);
                self.unit.emit_end(Op::new(Opcode::RaiseFrom, exc, cause, 0), span);
            }
        }
    }

    fn assert(&mut self, test: &'a Expr, message: Option<&'a Expr>, span: Span) {
        let passed = self.unit.label();
        self.jump_if(test, true, passed);
        let class = self.unit.alloc();
        self.unit.emit(Op::new(Opcode::LoadAssertionError, class, 0, 0), span);
        if let Some(message) = message {
            self.expr_next(message);
            self.unit.emit(Op::new(Opcode::Call, class, 1, class), span);
        }
        self.unit.emit_end(Op::new(Opcode::Raise, class, 0, 0), span);
        self.unit.bind(passed);
    }

    pub fn load_text(&mut self, dest: Reg, text: &str, span: Span) {
        self.load_constant(dest, Const::Str(text.into()), span);
    }
}
