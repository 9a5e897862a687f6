//! Functions: `def`, `lambda`, `type`, and how a function object is made of a code.

use super::Compiler;
use super::constant::fold;
use super::names::add_comprehension_locals;
use super::unit::{Reg, Unit, UnitKind};
use crate::bytecode::code::{Code, CodeKind, Const, Signature};
use crate::bytecode::op::{Op, Opcode};
use crate::resolve::{Binding, ScopeKind};
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind, FunctionDef, Lambda, Name, Params, ScopeId, Stmt, StmtKind};

impl<'a> Compiler<'a> {
    pub fn function_def(&mut self, def: &'a FunctionDef, span: Span) {
        let first = self.decorators(&def.decorators);
        let direct = if def.decorators.is_empty() { self.local(&def.name.name) } else { None };
        let dest = direct.unwrap_or_else(|| self.unit.alloc());
        let mark = self.unit.mark();
        let base = self.unit.alloc_range(4);
        let mut flags = self.defaults(&def.params, base, span);
        let type_params = self.open_type_params(&def.type_params, span);
        flags |= self.annotations(&def.params, def.returns.as_ref(), base + 3, span);
        let code = self.function_code(def, span);
        self.make_function(dest, base, flags, code, span);
        self.close_type_params(type_params, dest, span);
        self.unit.release(mark);
        self.decorate(first, &def.decorators);
        match direct {
            Some(register) => self.unit.flow.assign(register),
            None => self.store_name(&def.name.name, first, def.name.span),
        }
    }

    fn function_code(&mut self, def: &'a FunctionDef, span: Span) -> Code {
        let mangled = self.mangled(&def.name.name);
        let qualname = match self.unit.scope.bindings.get(&mangled) {
            Some(Binding::GlobalExplicit) => def.name.name.to_string(),
            _ => self.qualname(&def.name.name),
        };
        let mut unit = self.function_unit(def.scope, &def.name.name, qualname, span, Some(&def.params));
        let mut body = &*def.body;
        if let Some((doc, rest)) = split_doc(body) {
            unit.doc = Some(doc);
            body = rest;
        }
        self.nested(unit, |this| {
            this.body(body);
            this.return_none(Span::new(span.end, span.end));
        })
    }

    /// The registers of the decorators, in a row; gives the first, or where the decorated thing goes without any.
    pub fn decorators(&mut self, decorators: &'a [Expr]) -> Reg {
        let first = self.unit.mark();
        for decorator in decorators {
            self.expr_next(decorator);
        }
        first
    }

    /// Calls the decorators in `first..` on what stands behind the last; the result ends in `first`.
    pub fn decorate(&mut self, first: Reg, decorators: &'a [Expr]) {
        for (i, decorator) in decorators.iter().enumerate().rev() {
            let callee = first + u16::try_from(i).unwrap_or(0);
            self.unit.emit(Op::new(Opcode::Call, callee, 1, callee), decorator.span);
        }
    }

    pub fn lambda(&mut self, lambda: &'a Lambda, dest: Reg, span: Span) {
        let base = self.unit.alloc_range(4);
        let flags = self.defaults(&lambda.params, base, span);
        let qualname = self.qualname("<lambda>");
        let unit = self.function_unit(lambda.scope, "<lambda>", qualname, span, Some(&lambda.params));
        let code = self.nested(unit, |this| {
            let value = this.expr(&lambda.body);
            this.emit_return(value, lambda.body.span);
        });
        self.make_function(dest, base, flags, code, span);
    }

    /// A code with the scope's names in its registers: parameters first.
    pub fn function_unit(
        &self,
        scope: ScopeId,
        name: &str,
        qualname: String,
        span: Span,
        params: Option<&Params>,
    ) -> Unit<'a> {
        let scope = self.scopes.get(scope);
        let mut unit = Unit::new(UnitKind::Function, scope, name, qualname, span);
        unit.code_kind = match (scope.kind, scope.has_yield) {
            (ScopeKind::Function { is_async: true }, true) => CodeKind::AsyncGenerator,
            (ScopeKind::Function { is_async: true }, false) => CodeKind::Coroutine,
            (ScopeKind::Generator, _) if scope.has_await => CodeKind::AsyncGenerator,
            (ScopeKind::Generator, _) | (_, true) => CodeKind::Generator,
            _ => CodeKind::Plain,
        };
        let add = |unit: &mut Unit<'a>, name: &Name| {
            let register = unit.add_local(name);
            unit.locals.insert(name.clone(), register);
            register
        };
        if let Some(params) = params {
            unit.signature = signature(params);
            let stars = params.varargs.iter().chain(&params.varkw);
            for param in params.positional.iter().chain(&params.keyword_only).chain(stars) {
                let register =
                    add(&mut unit, &crate::resolve::mangle(scope.class_name.as_ref(), &param.name.name));
                unit.flow.assign(register);
            }
        }
        if scope.kind == ScopeKind::Generator {
            unit.signature = Signature { positional_only: 1, positional: 1, ..Signature::default() };
            let register = add(&mut unit, &".0".into());
            unit.flow.assign(register);
        }
        for (name, binding) in &scope.bindings {
            if !matches!(binding, Binding::Local | Binding::Cell) {
                continue;
            }
            let register = unit.locals.get(name).copied().unwrap_or_else(|| {
                let register = add(&mut unit, name);
                if scope.reads_locals {
                    unit.clear_at_entry(register);
                }
                register
            });
            if *binding == Binding::Cell {
                unit.cells.push(register);
            }
        }
        unit.end_own_locals();
        add_comprehension_locals(self.scopes, &mut unit);
        unit
    }

    /// `a = a function of code`, with the four registers that [`Opcode::MakeFunction`] wants from `base` on.
    pub fn make_function(&mut self, dest: Reg, base: Reg, mut flags: u8, code: Code, span: Span) {
        if !code.free.is_empty() {
            let mark = self.unit.mark();
            for name in &code.free {
                let register = self.unit.alloc();
                self.load_closure(register, &(**name).into(), span);
            }
            let count = u16::try_from(code.free.len()).unwrap_or(u16::MAX);
            self.unit.emit(Op::new(Opcode::BuildTuple, base + 2, mark, count), span);
            self.unit.release(mark);
            flags |= 4;
        }
        let id = self.unit.constant16(Const::Code(Box::new(code)));
        self.unit.emit(Op::new(Opcode::MakeFunction, dest, base, id).with_x(flags), span);
    }

    /// The defaults into `base` and `base + 1`; gives their flags.
    fn defaults(&mut self, params: &'a Params, base: Reg, span: Span) -> u8 {
        let mut flags = 0;
        let mark = self.unit.mark();
        let defaults: Vec<&'a Expr> = params.positional.iter().filter_map(|p| p.default.as_ref()).collect();
        if !defaults.is_empty() {
            flags |= 1;
            if let Some(values) = defaults.iter().map(|d| fold(d)).collect::<Option<Vec<_>>>() {
                self.load_constant(base, Const::Tuple(values), span);
            } else {
                for default in &defaults {
                    self.expr_next(default);
                }
                let count = u16::try_from(defaults.len()).unwrap_or(u16::MAX);
                self.unit.emit(Op::new(Opcode::BuildTuple, base, mark, count), span);
            }
        }
        self.unit.release(mark);
        let mut count = 0;
        for param in &params.keyword_only {
            if let Some(default) = &param.default {
                let key = self.unit.alloc();
                let name = self.mangled(&param.name.name);
                self.load_text(key, &name, param.name.span);
                self.expr_next(default);
                count = u16::saturating_add(count, 1);
            }
        }
        if count > 0 {
            flags |= 2;
            self.unit.emit(Op::new(Opcode::BuildDict, base + 1, mark, count), span);
        }
        self.unit.release(mark);
        flags
    }

    /// The annotations' dict into `dest`; gives its flag.
    fn annotations(&mut self, params: &'a Params, returns: Option<&'a Expr>, dest: Reg, span: Span) -> u8 {
        let mark = self.unit.mark();
        let mut count = 0;
        let positional = params.positional.iter().chain(&params.varargs);
        for param in positional.chain(&params.keyword_only).chain(&params.varkw) {
            if let Some(annotation) = &param.annotation {
                let name = self.mangled(&param.name.name);
                self.annotation(&name, annotation);
                count = u16::saturating_add(count, 1);
            }
        }
        if let Some(annotation) = returns {
            self.annotation("return", annotation);
            count = u16::saturating_add(count, 1);
        }
        if count == 0 {
            return 0;
        }
        self.unit.emit(Op::new(Opcode::BuildDict, dest, mark, count), span);
        self.unit.release(mark);
        8
    }

    fn annotation(&mut self, name: &str, annotation: &'a Expr) {
        let key = self.unit.alloc();
        self.load_text(key, name, annotation.span);
        self.annotation_value(annotation);
    }

    /// An annotation into the next register: its value, or its text where `from __future__ import annotations` says so.
    pub fn annotation_value(&mut self, annotation: &'a Expr) {
        let dest = self.unit.alloc();
        let span = annotation.span;
        if self.annotations_stay_text {
            let text = self.text_of(annotation).into();
            return self.load_constant(dest, Const::Str(text), span);
        }
        let mark = self.unit.mark();
        match &annotation.kind {
            // `*args: *Ts` is `[annotation] = Ts`.
            ExprKind::Starred(inner) => {
                let value = self.expr(inner);
                self.unit.emit(Op::new(Opcode::Unpack, dest, value, 1), span);
            }
            _ => self.expr_to(annotation, dest),
        }
        self.unit.release(mark);
    }
}

fn signature(params: &Params) -> Signature {
    let count = |count: usize| u16::try_from(count).unwrap_or(u16::MAX);
    Signature {
        positional_only: count(params.positional_only),
        positional: count(params.positional.len()),
        keyword_only: count(params.keyword_only.len()),
        varargs: params.varargs.is_some(),
        varkw: params.varkw.is_some(),
    }
}

/// The docstring of a body, cleaned, and the statements after it.
pub fn split_doc(body: &[Stmt]) -> Option<(Box<str>, &[Stmt])> {
    let (first, rest) = body.split_first()?;
    match &first.kind {
        StmtKind::Expr(Expr { kind: ExprKind::Str(text), .. }) => Some((clean_doc(text).into(), rest)),
        _ => None,
    }
}

/// Takes the common indentation from a docstring's lines, as CPython 3.13's compiler does.
fn clean_doc(doc: &str) -> String {
    let doc = expand_tabs(doc);
    let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let lines: Vec<&str> = doc.split('\n').collect();
    let margin = lines.iter().skip(1).filter(|line| indent(line) < line.len()).map(|line| indent(line)).min();
    let mut cleaned = String::with_capacity(doc.len());
    for (i, line) in lines.iter().enumerate() {
        if i == 0 {
            cleaned.push_str(line.trim_start_matches(' '));
        } else {
            cleaned.push('\n');
            let cut = margin.unwrap_or(0).min(indent(line));
            cleaned.push_str(&line[if margin.is_none() { indent(line) } else { cut }..]);
        }
    }
    cleaned
}

fn expand_tabs(text: &str) -> String {
    if !text.contains('\t') {
        return text.to_owned();
    }
    let mut expanded = String::with_capacity(text.len() + 16);
    let mut column = 0;
    for c in text.chars() {
        match c {
            '\t' => {
                let width = 8 - column % 8;
                expanded.extend(std::iter::repeat_n(' ', width));
                column += width;
            }
            '\n' | '\r' => {
                expanded.push(c);
                column = 0;
            }
            c => {
                expanded.push(c);
                column += 1;
            }
        }
    }
    expanded
}

#[cfg(test)]
mod tests {
    use super::clean_doc;

    #[test]
    fn docstrings_lose_their_indentation() {
        assert_eq!(clean_doc("a\n      b\n        c\n\n    "), "a\nb\n  c\n\n");
        assert_eq!(clean_doc("  one line "), "one line ");
        assert_eq!(clean_doc("a\n\tb\n"), "a\nb\n");
    }
}
