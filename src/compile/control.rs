//! Conditions, `if`, loops, and what leaves them.

use super::Compiler;
use super::constant::{fold, fold_display, truth};
use super::expression::{compare_opcode, small_int};
use super::flow::{Flow, unbound_names};
use super::unit::{BlockKind, Label, Reg};
use crate::bytecode::op::{Op, Opcode};
use crate::source::Span;
use crate::syntax::ast::{BoolOp, CmpOp, Expr, ExprKind, Stmt, StmtKind, UnaryOp};
use crate::syntax::visit::walruses;

impl<'a> Compiler<'a> {
    /// Jumps to `label` if the truth of `expr` is `wanted`, else goes on.
    pub fn jump_if(&mut self, expr: &'a Expr, wanted: bool, label: Label) {
        if let Some(value) = fold(expr) {
            if truth(&value) == wanted {
                self.unit.jump(label, expr.span);
            }
            return;
        }
        let mark = self.unit.mark();
        match &expr.kind {
            ExprKind::Unary { op: UnaryOp::Not, operand } => self.jump_if(operand, !wanted, label),
            ExprKind::BoolOp { op, values } => self.jump_if_any(*op, values, wanted, label),
            ExprKind::Compare { left, rest } => self.jump_if_compare(left, rest, wanted, label, expr.span),
            _ => {
                let value = self.expr(expr);
                self.jump_on(value, wanted, label, expr.span);
            }
        }
        self.unit.release(mark);
    }

    pub fn jump_on(&mut self, value: Reg, wanted: bool, label: Label, span: Span) {
        let code = if wanted { Opcode::JumpIfTrue } else { Opcode::JumpIfFalse };
        self.unit.emit_jump(Op::new(code, value, 0, 0), label, span);
    }

    fn jump_if_any(&mut self, op: BoolOp, values: &'a [Expr], wanted: bool, label: Label) {
        // `or` is decided by the first true value, `and` by the first false one.
        let decisive = op == BoolOp::Or;
        if wanted == decisive {
            for value in values {
                self.jump_if(value, wanted, label);
            }
            return;
        }
        let end = self.unit.label();
        for (i, value) in values.iter().enumerate() {
            if i + 1 < values.len() {
                self.jump_if(value, decisive, end);
            } else {
                self.jump_if(value, wanted, label);
            }
        }
        self.unit.bind(end);
    }

    fn jump_if_compare(
        &mut self,
        left: &'a Expr,
        rest: &'a [(CmpOp, Expr)],
        wanted: bool,
        label: Label,
        span: Span,
    ) {
        let end = self.unit.label();
        let mut later: Vec<&Expr> = rest.iter().map(|(_, right)| right).collect();
        let mut left = self.operand(left, &later);
        for (op, right) in rest {
            later.remove(0);
            if later.is_empty() {
                self.jump_compared(left, *op, right, wanted, label, span);
            } else {
                // Every comparison but the last decides only when it is false.
                let target = if wanted { end } else { label };
                let value = self.operand(right, &later);
                self.jump_registers(left, *op, value, false, target, span);
                left = value;
            }
        }
        self.unit.bind(end);
    }

    fn jump_compared(
        &mut self,
        left: Reg,
        op: CmpOp,
        right: &'a Expr,
        wanted: bool,
        label: Label,
        span: Span,
    ) {
        if matches!(op, CmpOp::Is | CmpOp::IsNot) && matches!(right.kind, ExprKind::None) {
            let code = if wanted == (op == CmpOp::Is) { Opcode::JumpIfNone } else { Opcode::JumpIfNotNone };
            return self.unit.emit_jump(Op::new(code, left, 0, 0), label, span);
        }
        if let (Some(value), Some(code)) = (small_int(right), jump_int_opcode(op, wanted)) {
            return self.unit.emit_jump(Op::new(code, left, value.cast_unsigned(), 0), label, span);
        }
        let right = self.right_operand(op, right);
        self.jump_registers(left, op, right, wanted, label, span);
    }

    fn jump_registers(&mut self, left: Reg, op: CmpOp, right: Reg, wanted: bool, label: Label, span: Span) {
        if let Some(code) = jump_opcode(op, wanted) {
            return self.unit.emit_jump(Op::new(code, left, right, 0), label, span);
        }
        let mark = self.unit.mark();
        let result = self.unit.alloc();
        self.unit.emit(Op::new(compare_opcode(op), result, left, right), span);
        self.jump_on(result, wanted, label, span);
        self.unit.release(mark);
    }

    pub fn if_statement(&mut self, span: Span, branches: &'a [(Expr, Vec<Stmt>)], orelse: &'a [Stmt]) {
        let end = self.unit.label();
        for (i, (test, body)) in branches.iter().enumerate() {
            if let Some(label) = self.plain_leave(body) {
                self.jump_if(test, true, label);
                continue;
            }
            let next = self.unit.label();
            self.jump_if(test, false, next);
            self.body(body);
            if i + 1 < branches.len() || !orelse.is_empty() {
                self.unit.jump(end, span);
            }
            self.unit.bind(next);
        }
        self.body(orelse);
        self.unit.bind(end);
    }

    /// What is assigned at the start of a loop's body, in every turn.
    fn loop_flow(&self, entry: &Flow, body: &[Stmt]) -> Flow {
        let mut flow = entry.clone();
        if self.unit.scope.has_unbinding {
            let mut names = Vec::new();
            unbound_names(body, &mut names);
            for name in names {
                if let Some(register) = self.local(&name) {
                    flow.unassign(register);
                }
            }
        }
        flow
    }

    pub fn while_statement(&mut self, span: Span, test: &'a Expr, body: &'a [Stmt], orelse: &'a [Stmt]) {
        let (start, again, done, end) =
            (self.unit.label(), self.unit.label(), self.unit.label(), self.unit.label());
        let constant = fold(test).map(|value| truth(&value));
        if constant == Some(false) {
            self.body(orelse);
            return;
        }
        // The test stands at the bottom. Where it binds names that the body reads, it stands at the top as well.
        let mut binds = false;
        walruses(test, &mut |_| binds = true);
        self.unit.flow = self.loop_flow(&self.unit.flow, body);
        if binds {
            self.jump_if(test, false, done);
        } else if constant.is_none() {
            let entry = self.unit.flow.clone();
            self.unit.jump(again, test.span);
            self.unit.flow = entry;
        }
        self.unit.bind(start);
        self.unit.push_block(BlockKind::Loop { break_to: end, continue_to: again });
        self.body(body);
        self.unit.pop_block();
        self.unit.bind(again);
        if constant.is_some() {
            self.unit.jump(start, span);
        } else {
            self.jump_if(test, true, start);
        }
        self.unit.bind(done);
        self.body(orelse);
        self.unit.bind(end);
    }

    /// The iterable of a loop; a list that is only looked through becomes a constant.
    pub fn iterable(&mut self, iter: &'a Expr) -> Reg {
        if let Some(value) = fold_display(iter) {
            let register = self.unit.alloc();
            self.load_constant(register, value, iter.span);
            return register;
        }
        self.expr(iter)
    }

    pub fn for_statement(
        &mut self,
        target: &'a Expr,
        iter: &'a Expr,
        body: &'a [Stmt],
        orelse: &'a [Stmt],
        is_async: bool,
    ) {
        let iterator = self.unit.alloc();
        let mark = self.unit.mark();
        let source = if is_async { self.expr(iter) } else { self.iterable(iter) };
        self.unit.release(mark);
        self.get_iter(is_async, iterator, source, iter);
        let end = self.unit.label();
        self.unit.flow = self.loop_flow(&self.unit.flow, body);
        let closes = !is_async && self.may_make_generator(iter);
        let mut guarded = Vec::new();
        self.iterate(iterator, target, is_async, iter.span, |this, again| {
            if closes {
                this.unit.push_block(BlockKind::Iterating { iterator });
            }
            this.unit.push_block(BlockKind::Loop { break_to: end, continue_to: again });
            this.body(body);
            this.unit.pop_block();
            if closes {
                guarded = this.unit.pop_block();
            }
        });
        if !guarded.is_empty() {
            self.close_on_exceptions(iterator, &guarded, iter.span);
        }
        self.body(orelse);
        self.unit.bind(end);
    }

    /// A loop over an iterator in a register. `body` gets the label that goes on with the next item.
    pub fn iterate(
        &mut self,
        iterator: Reg,
        target: &'a Expr,
        is_async: bool,
        span: Span,
        body: impl FnOnce(&mut Self, Label),
    ) {
        if is_async {
            return self.iterate_async(iterator, target, span, body);
        }
        let (start, again) = (self.unit.label(), self.unit.label());
        let entry = self.unit.flow.clone();
        self.unit.jump(again, span);
        self.unit.flow = entry;
        self.unit.bind(start);
        let mark = self.unit.mark();
        let plain = match &target.kind {
            ExprKind::Name(name) => self.local(name),
            _ => None,
        };
        let item = plain.unwrap_or_else(|| self.unit.alloc());
        match plain {
            Some(register) => self.unit.flow.assign(register),
            None => self.assign(target, item),
        }
        self.unit.release(mark);
        body(self, again);
        self.unit.bind(again);
        self.unit.emit_jump(Op::new(Opcode::ForNext, item, iterator, 0), start, span);
    }

    /// ```text
    /// again:  item = await iterator.__anext__()      # StopAsyncIteration goes to stop
    ///         target = item; body; jump again
    /// stop:   goes on after the loop; any other exception goes on as it is
    /// ```
    fn iterate_async(
        &mut self,
        iterator: Reg,
        target: &'a Expr,
        span: Span,
        body: impl FnOnce(&mut Self, Label),
    ) {
        let (again, stop, other, end) =
            (self.unit.label(), self.unit.label(), self.unit.label(), self.unit.label());
        let entry = self.unit.flow.clone();
        self.unit.bind(again);
        let item = self.unit.alloc();
        let plain = match &target.kind {
            ExprKind::Name(name) => self.local(name),
            _ => None,
        };
        self.unit.push_block(BlockKind::Protected);
        let cache = self.unit.attribute_cache("__anext__");
        self.unit.emit_cx(Opcode::GetAsyncNext, item, iterator, cache, span);
        self.await_value(plain.unwrap_or(item), item, 3, span);
        let ranges = self.unit.pop_block();
        self.unit.add_handler(&ranges, stop, item);
        match plain {
            Some(register) => self.unit.flow.assign(register),
            None => self.assign(target, item),
        }
        body(self, again);
        self.unit.jump(again, span);
        self.unit.flow = entry.clone();
        self.unit.bind(stop);
        self.unit.emit_jump(Op::new(Opcode::JumpIfNotStopAsync, item, 0, 0), other, span);
        self.unit.jump(end, span);
        self.unit.bind(other);
        self.unit.emit_end(Op::new(Opcode::Reraise, item, 0, 0), span);
        self.unit.bind(end);
    }

    /// `break` or `continue`.
    pub fn leave_loop(&mut self, span: Span, is_break: bool) {
        if let Some((depth, label)) = self.innermost_loop(is_break) {
            let around = depth.checked_sub(2).map(|i| self.unit.blocks[i].kind);
            self.leave_blocks(depth, |this| {
                if let Some(BlockKind::Iterating { iterator }) = around.filter(|_| is_break) {
                    this.close_iterator(iterator);
                }
                this.unit.jump(label, span);
            });
        }
    }

    /// Whether the value of an expression may be a generator that nobody else holds: a call of something that is no
    /// built-in function.
    fn may_make_generator(&self, iter: &Expr) -> bool {
        match &iter.kind {
            ExprKind::Call { func, .. } => match &func.kind {
                ExprKind::Name(name) => self.local(name).is_some() || !self.scopes.never_assigned(name),
                _ => true,
            },
            _ => false,
        }
    }

    /// ```text
    /// except:  close the iterator; raise the exception again
    /// ```
    fn close_on_exceptions(&mut self, iterator: Reg, guarded: &[(usize, usize)], span: Span) {
        let (handler, after) = (self.unit.label(), self.unit.label());
        let mark = self.unit.mark();
        let exception = self.unit.alloc();
        self.unit.add_handler(guarded, handler, exception);
        let flow = self.unit.flow.clone();
        self.unit.jump(after, span);
        self.unit.flow = flow;
        self.unit.bind(handler);
        self.close_iterator(iterator);
        self.unit.emit_end(Op::new(Opcode::Reraise, exception, 0, 0), span);
        self.unit.bind(after);
        self.unit.release(mark);
    }

    pub fn close_iterator(&mut self, iterator: Reg) {
        self.unit.emit(Op::new(Opcode::CloseIter, iterator, 0, 0), Span::default());
    }

    /// How many blocks stay when the innermost loop is left or goes on, and where that is.
    fn innermost_loop(&self, is_break: bool) -> Option<(usize, Label)> {
        self.unit.blocks.iter().enumerate().rev().find_map(|(i, block)| match block.kind {
            BlockKind::Loop { break_to, continue_to } => {
                Some((i + 1, if is_break { break_to } else { continue_to }))
            }
            _ => None,
        })
    }

    /// Where a body that is nothing but `break` or `continue` goes, if nothing runs on the way.
    fn plain_leave(&self, body: &[Stmt]) -> Option<Label> {
        let [Stmt { kind: kind @ (StmtKind::Break | StmtKind::Continue), .. }] = body else { return None };
        let (depth, label) = self.innermost_loop(matches!(kind, StmtKind::Break))?;
        let closes = matches!(kind, StmtKind::Break)
            && depth
                .checked_sub(2)
                .is_some_and(|i| matches!(self.unit.blocks[i].kind, BlockKind::Iterating { .. }));
        (!closes && !self.leaving_runs_code(depth)).then_some(label)
    }
}

fn jump_opcode(op: CmpOp, wanted: bool) -> Option<Opcode> {
    Some(match (op, wanted) {
        (CmpOp::Lt, true) => Opcode::JumpIfLt,
        (CmpOp::Lt, false) => Opcode::JumpIfNotLt,
        (CmpOp::Le, true) => Opcode::JumpIfLe,
        (CmpOp::Le, false) => Opcode::JumpIfNotLe,
        (CmpOp::Gt, true) => Opcode::JumpIfGt,
        (CmpOp::Gt, false) => Opcode::JumpIfNotGt,
        (CmpOp::Ge, true) => Opcode::JumpIfGe,
        (CmpOp::Ge, false) => Opcode::JumpIfNotGe,
        (CmpOp::Eq, true) => Opcode::JumpIfEq,
        (CmpOp::Eq, false) => Opcode::JumpIfNotEq,
        (CmpOp::In, true) | (CmpOp::NotIn, false) => Opcode::JumpIfIn,
        (CmpOp::In, false) | (CmpOp::NotIn, true) => Opcode::JumpIfNotIn,
        // `a != b` calls __ne__, which need not be the opposite of __eq__.
        (CmpOp::Ne | CmpOp::Is | CmpOp::IsNot, _) => return None,
    })
}

fn jump_int_opcode(op: CmpOp, wanted: bool) -> Option<Opcode> {
    Some(match (op, wanted) {
        (CmpOp::Lt, true) => Opcode::JumpIfLtInt,
        (CmpOp::Lt, false) => Opcode::JumpIfNotLtInt,
        (CmpOp::Le, true) => Opcode::JumpIfLeInt,
        (CmpOp::Le, false) => Opcode::JumpIfNotLeInt,
        (CmpOp::Gt, true) => Opcode::JumpIfGtInt,
        (CmpOp::Gt, false) => Opcode::JumpIfNotGtInt,
        (CmpOp::Ge, true) => Opcode::JumpIfGeInt,
        (CmpOp::Ge, false) => Opcode::JumpIfNotGeInt,
        (CmpOp::Eq, true) => Opcode::JumpIfEqInt,
        (CmpOp::Eq, false) => Opcode::JumpIfNotEqInt,
        (CmpOp::Ne | CmpOp::Is | CmpOp::IsNot | CmpOp::In | CmpOp::NotIn, _) => return None,
    })
}
