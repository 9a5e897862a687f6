//! Comprehensions, which are compiled into the code around them, and generator expressions, which are functions.

use super::Compiler;
use super::unit::{OpenComp, Reg};
use crate::bytecode::op::{Op, Opcode};
use crate::resolve::Binding;
use crate::source::Span;
use crate::syntax::ast::{Comp, CompClause, Expr, ScopeId};

impl<'a> Compiler<'a> {
    /// ```text
    /// [element for target in source if condition]    =>    result = []
    ///                                                      for target in source:
    ///                                                          if condition: result.append(element)
    /// ```
    /// with registers of its own for the target.
    pub fn comprehension(&mut self, comp: &'a Comp, build: Opcode, dest: Reg, span: Span) {
        let Some(first) = comp.clauses.first() else { return };
        let result = if self.unit.is_scratch(dest) { dest } else { self.unit.alloc() };
        let iterator = self.unit.alloc();
        self.first_iterator(first, iterator);
        self.unit.emit(Op::new(build, result, result, 0), span);
        self.open_inlined(comp.scope, span);
        self.clauses(comp, 0, iterator, &mut |this| {
            if let Some(value) = &comp.value {
                let key = this.operand(&comp.element, &[value]);
                let value = this.expr(value);
                this.unit.emit(Op::new(Opcode::DictSet, result, key, value), span);
            } else {
                let add = if build == Opcode::BuildSet { Opcode::SetAdd } else { Opcode::ListAppend };
                let element = this.expr(&comp.element);
                this.unit.emit(Op::new(add, result, element, 0), comp.element.span);
            }
        });
        self.close_comprehension(comp, span);
        self.move_to(dest, result, span);
    }

    /// The first iterable is evaluated outside of the comprehension.
    fn first_iterator(&mut self, clause: &'a CompClause, dest: Reg) {
        let mark = self.unit.mark();
        let source = if clause.is_async { self.expr(&clause.iter) } else { self.iterable(&clause.iter) };
        self.unit.release(mark);
        self.get_iter(clause.is_async, dest, source, &clause.iter);
    }

    pub(super) fn get_iter(&mut self, is_async: bool, dest: Reg, source: Reg, iter: &Expr) {
        if is_async {
            let cache = self.unit.attribute_cache("__aiter__");
            self.unit.emit_cx(Opcode::GetAsyncIter, dest, source, cache, iter.span);
        } else {
            self.unit.emit(Op::new(Opcode::GetIter, dest, source, 0), iter.span);
        }
    }

    /// Gives the names of an inlined scope their registers.
    pub fn open_inlined(&mut self, id: ScopeId, span: Span) {
        let scope = self.scopes.get(id);
        let mut targets = self.unit.comp_locals.get(&id).cloned().unwrap_or_default();
        let mut named: Vec<(Reg, bool)> = targets.values().copied().collect();
        named.sort_unstable();
        for (register, is_cell) in named {
            self.unit.emit(Op::new(Opcode::Clear, register, 0, 0), span);
            self.unit.flow.unassign(register);
            if is_cell {
                // A fresh cell, so that functions made by one comprehension share nothing with the next.
                self.unit.emit(Op::new(Opcode::MakeCell, register, 0, 0), span);
            }
        }
        for (name, binding) in &scope.bindings {
            if *binding == Binding::Local && !targets.contains_key(name) {
                targets.insert(name.clone(), (self.unit.alloc(), false));
            }
        }
        self.unit.comps.push(OpenComp { scope, targets });
    }

    fn close_comprehension(&mut self, comp: &Comp, span: Span) {
        self.unit.comps.pop();
        if self.unit.scope.reads_locals
            && let Some(targets) = self.unit.comp_locals.get(&comp.scope)
        {
            let mut registers: Vec<Reg> = targets.values().map(|&(register, _)| register).collect();
            registers.sort_unstable();
            for register in registers {
                self.unit.emit(Op::new(Opcode::Clear, register, 0, 0), span);
            }
        }
    }

    fn clauses(&mut self, comp: &'a Comp, i: usize, iterator: Reg, element: &mut dyn FnMut(&mut Self)) {
        let Some(clause) = comp.clauses.get(i) else { return };
        let span = clause.iter.span;
        self.iterate(iterator, &clause.target, clause.is_async, span, |this, again| {
            for condition in &clause.conditions {
                this.jump_if(condition, false, again);
            }
            let mark = this.unit.mark();
            match comp.clauses.get(i + 1) {
                Some(next) => {
                    let iterator = this.unit.alloc();
                    let mark = this.unit.mark();
                    let source = this.iterable(&next.iter);
                    this.unit.release(mark);
                    this.get_iter(next.is_async, iterator, source, &next.iter);
                    this.clauses(comp, i + 1, iterator, element);
                }
                None => element(this),
            }
            this.unit.release(mark);
        });
    }

    /// `(element for target in source)` calls a generator function with the iterator of `source`.
    pub fn generator_expression(&mut self, comp: &'a Comp, dest: Reg, span: Span) {
        let Some(first) = comp.clauses.first() else { return };
        let callee = self.unit.alloc();
        let argument = self.unit.alloc();
        let base = self.unit.alloc_range(4);
        let qualname = self.qualname("<genexpr>");
        let unit = self.function_unit(comp.scope, "<genexpr>", qualname, span, None);
        let code = self.nested(unit, |this| {
            this.clauses(comp, 0, 0, &mut |this| {
                let value = this.expr(&comp.element);
                let sent = this.unit.alloc();
                this.emit_yield(sent, value, comp.element.span);
            });
            this.return_none(Span::new(span.end, span.end));
        });
        self.make_function(callee, base, 0, code, span);
        self.unit.release(base);
        self.first_iterator(first, argument);
        self.unit.emit(Op::new(Opcode::Call, callee, 1, dest), span);
    }
}
