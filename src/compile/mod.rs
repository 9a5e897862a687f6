//! Ast -> Code: names become registers, cells and caches; statements become ops.
//!
//! Registers: the parameters, the other locals, the comprehension targets that inner functions capture, then
//! temporaries as a stack. A call's arguments are the topmost temporaries, because the callee's frame may overlap
//! them. An expression is compiled into the register that wants it, and only its last op writes a local: an exception
//! halfway leaves the local as it was.

mod assign;
mod call;
mod class;
mod comprehension;
mod constant;
mod control;
mod exceptions;
mod expression;
mod flow;
mod function;
mod generic;
mod import;
mod names;
mod pattern;
mod statement;
mod unit;

use crate::bytecode::code::{Code, CodeKind, Const, Signature};
use crate::bytecode::op::{Op, Opcode};
use crate::diagnostics::Diagnostic;
use crate::resolve::{Scopes, mangle};
use crate::source::{SourceId, Span};
use crate::syntax::ast::{self, Name, ScopeId};
use std::collections::BTreeSet;
use unit::{Reg, Unit, UnitKind};

/// Compiles a module. `text` is the source, from which annotations are kept; `name` is what the code is called:
/// `<module>`.
///
/// # Errors
/// What cannot be compiled: functions that are too large, features that do not exist yet.
pub fn compile(
    module: &ast::Module,
    scopes: &Scopes,
    source: SourceId,
    text: &str,
    name: &str,
) -> Result<Code, Vec<Diagnostic>> {
    let scope = scopes.get(ScopeId(0));
    let mut unit = Unit::new(UnitKind::Module, scope, name, name.to_owned(), module.span);
    if scope.has_await {
        unit.code_kind = CodeKind::Coroutine;
    }
    unit.end_own_locals();
    names::add_comprehension_locals(scopes, &mut unit);
    let mut compiler = Compiler {
        scopes,
        source,
        text,
        unit,
        annotations_stay_text: false,
        self_attributes: None,
        line_counted: (1, 0),
        shows: false,
        diagnostics: Vec::new(),
    };
    compiler.module_body(&module.body);
    compiler.finished()
}

fn report_limits(diagnostics: &mut Vec<Diagnostic>, code: &Code, too_large: bool, too_many_registers: bool) {
    if too_many_registers {
        diagnostics.push(Diagnostic::new(401, code.source, code.span, "too many local variables"));
    } else if too_large {
        let diagnostic = Diagnostic::new(402, code.source, code.span, "function is too large");
        diagnostics.push(diagnostic.with_help("split it into several functions"));
    }
}

pub(crate) struct Compiler<'a> {
    scopes: &'a Scopes,
    source: SourceId,
    text: &'a str,
    /// After `from __future__ import annotations`.
    annotations_stay_text: bool,
    /// What the methods of the class around assign to as `self.name`; nothing outside classes.
    self_attributes: Option<BTreeSet<Box<str>>>,
    /// A line's number, and the offset up to which lines were counted.
    line_counted: (i64, u32),
    /// Expressions that are statements of the module show their values.
    shows: bool,
    /// The code that is being made.
    unit: Unit<'a>,
    diagnostics: Vec<Diagnostic>,
}

impl<'a> Compiler<'a> {
    fn finished(self) -> Result<Code, Vec<Diagnostic>> {
        let Self { unit, source, mut diagnostics, .. } = self;
        let (code, too_large, too_many_registers) = unit.finish(source);
        report_limits(&mut diagnostics, &code, too_large, too_many_registers);
        if diagnostics.is_empty() { Ok(code) } else { Err(diagnostics) }
    }

    fn module_body(&mut self, body: &'a [ast::Stmt]) {
        let span = self.unit.span;
        let start = Span::new(span.start, span.start);
        let mut statements = body;
        if let Some((doc, rest)) = function::split_doc(body) {
            let mark = self.unit.mark();
            let register = self.unit.alloc();
            self.load_constant(register, Const::Str(doc), start);
            self.store_global(&"__doc__".into(), register, start);
            self.unit.release(mark);
            statements = rest;
        }
        if self.unit.scope.has_annotations {
            let mark = self.unit.mark();
            let register = self.unit.alloc();
            self.unit.emit(Op::new(Opcode::BuildDict, register, register, 0), start);
            self.store_global(&"__annotations__".into(), register, start);
            self.unit.release(mark);
        }
        self.body(statements);
        self.return_none(Span::new(span.end, span.end));
    }

    /// The statements of a text for `exec`.
    fn executed_body(&mut self, body: &'a [ast::Stmt]) {
        let span = self.unit.span;
        let start = Span::new(span.start, span.start);
        let mut statements = body;
        if self.unit.scope.has_annotations {
            self.unit.emit(Op::new(Opcode::SetupAnnotations, 0, 0, 0), start);
        }
        if let Some((doc, rest)) = function::split_doc(body).filter(|_| !self.shows) {
            let mark = self.unit.mark();
            let register = self.unit.alloc();
            self.load_constant(register, Const::Str(doc), start);
            self.store_in_namespace("__doc__", register, start);
            self.unit.release(mark);
            statements = rest;
        }
        self.body(statements);
        self.return_none(Span::new(span.end, span.end));
    }

    /// ```text
    /// value    =>    import sys; sys.displayhook(value)
    /// ```
    fn show(&mut self, value: &'a ast::Expr) {
        let span = value.span;
        let mark = self.unit.mark();
        let hook = self.unit.alloc();
        let sys = self.unit.name_constant16("sys");
        self.unit.emit(Op::new(Opcode::ImportName, hook, sys, 1), span);
        let cache = self.unit.attribute_cache("displayhook");
        self.unit.emit_cx(Opcode::LoadAttr, hook, hook, cache, span);
        self.expr_next(value);
        self.unit.emit(Op::new(Opcode::Call, hook, 1, hook), span);
        self.unit.release(mark);
    }

    /// Whether an expression that is a statement here shows its value.
    fn shows_here(&self) -> bool {
        self.shows && (self.unit.at_module || self.unit.kind == UnitKind::Module)
    }

    /// The end of a body that gets there.
    fn return_none(&mut self, span: Span) {
        if self.unit.flow.is_dead() {
            return;
        }
        let mark = self.unit.mark();
        let register = self.unit.alloc();
        self.unit.emit(Op::new(Opcode::LoadNone, register, 0, 0), span);
        self.emit_return(register, span);
        self.unit.release(mark);
    }

    fn emit_return(&mut self, register: Reg, span: Span) {
        let code = if self.unit.code_kind == CodeKind::Plain { Opcode::Return } else { Opcode::GenReturn };
        self.unit.emit_end(Op::new(code, register, 0, 0), span);
    }

    /// Compiles a nested code object.
    fn nested(&mut self, unit: Unit<'a>, build: impl FnOnce(&mut Self)) -> Code {
        let outer = std::mem::replace(&mut self.unit, unit);
        build(self);
        let unit = std::mem::replace(&mut self.unit, outer);
        let (code, too_large, too_many_registers) = unit.finish(self.source);
        report_limits(&mut self.diagnostics, &code, too_large, too_many_registers);
        code
    }

    /// The qualified name of something defined here.
    fn qualname(&self, name: &str) -> String {
        match self.unit.kind {
            _ if self.unit.at_module => name.to_owned(),
            UnitKind::Module => name.to_owned(),
            UnitKind::Class => format!("{}.{name}", self.unit.qualname),
            UnitKind::Function => format!("{}.<locals>.{name}", self.unit.qualname),
        }
    }

    fn mangled(&self, name: &Name) -> Name {
        mangle(self.unit.scope.class_name.as_ref(), name)
    }

    fn load_constant(&mut self, dest: Reg, value: Const, span: Span) {
        let op = match value {
            Const::None => Op::new(Opcode::LoadNone, dest, 0, 0),
            Const::True => Op::new(Opcode::LoadTrue, dest, 0, 0),
            Const::False => Op::new(Opcode::LoadFalse, dest, 0, 0),
            Const::Int(value) if i32::try_from(value).is_ok() => {
                let value = i32::try_from(value).unwrap_or(0);
                Op::with_bc(Opcode::LoadInt, dest, value.cast_unsigned())
            }
            value => {
                let id = self.unit.constant(value);
                Op::with_bc(Opcode::LoadConst, dest, id)
            }
        };
        self.unit.emit(op, span);
    }

    fn report(&mut self, code: u16, span: Span, message: impl Into<String>) {
        self.diagnostics.push(Diagnostic::new(code, self.source, span, message));
    }
}

/// What a text is compiled as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Statements.
    Exec,
    /// One expression; the code returns its value.
    Eval,
    /// Statements of which expressions show their values.
    Single,
}

/// Compiles text for `exec` and `eval`: to code that is called with the namespace of its names.
///
/// # Errors
/// Every mistake that was found.
pub fn compile_in_mode(source: SourceId, text: &str, mode: Mode) -> Result<Code, Vec<Diagnostic>> {
    let stripped = text.trim_start_matches([' ', '\t']);
    let text = if mode == Mode::Eval { stripped } else { text };
    let module = crate::syntax::parse_module(source, text)?;
    let scopes = crate::resolve::resolve(&module, source)?;
    let scope = scopes.get(ScopeId(0));
    let wrong = |span, message: &str| Err(vec![Diagnostic::new(304, source, span, message)]);
    if scope.has_await {
        return wrong(module.span, "'await' outside function");
    }
    let body = match (mode, &*module.body) {
        (Mode::Eval, [ast::Stmt { kind: ast::StmtKind::Expr(value), .. }]) => Some(value),
        (Mode::Eval, _) => return wrong(module.span, "invalid syntax"),
        (Mode::Single, []) => return wrong(module.span, "invalid syntax"),
        (Mode::Single, [_, next, ..]) if !same_line(text, module.body[0].span, next.span) => {
            return wrong(next.span, "multiple statements found while compiling a single statement");
        }
        _ => None,
    };
    let mut unit = Unit::new(UnitKind::Class, scope, "<module>", "<module>".to_owned(), module.span);
    unit.at_module = true;
    unit.signature = Signature { positional_only: 1, positional: 1, ..Signature::default() };
    unit.add_local(&".namespace".into());
    unit.end_own_locals();
    names::add_comprehension_locals(&scopes, &mut unit);
    let mut compiler = Compiler {
        scopes: &scopes,
        source,
        text,
        annotations_stay_text: false,
        self_attributes: None,
        line_counted: (1, 0),
        shows: mode == Mode::Single,
        unit,
        diagnostics: Vec::new(),
    };
    match body {
        Some(value) => {
            let register = compiler.expr(value);
            compiler.emit_return(register, value.span);
        }
        None => compiler.executed_body(&module.body),
    }
    compiler.finished()
}

/// Compiles what was typed at a prompt: a module's statements, of which expressions show their values. With `await` at
/// its top level the code is a coroutine's.
///
/// # Errors
/// Every mistake that was found.
pub fn compile_input(source: SourceId, text: &str) -> Result<Code, Vec<Diagnostic>> {
    let module = crate::syntax::parse_module(source, text)?;
    let scopes = crate::resolve::resolve(&module, source)?;
    let scope = scopes.get(ScopeId(0));
    let mut unit = Unit::new(UnitKind::Module, scope, "<module>", "<module>".to_owned(), module.span);
    if scope.has_await {
        unit.code_kind = CodeKind::Coroutine;
    }
    unit.end_own_locals();
    names::add_comprehension_locals(&scopes, &mut unit);
    let mut compiler = Compiler {
        scopes: &scopes,
        source,
        text,
        annotations_stay_text: false,
        self_attributes: None,
        line_counted: (1, 0),
        shows: true,
        unit,
        diagnostics: Vec::new(),
    };
    compiler.body(&module.body);
    compiler.return_none(Span::new(module.span.end, module.span.end));
    compiler.finished()
}

fn same_line(text: &str, first: Span, second: Span) -> bool {
    text.get(first.start as usize..second.start as usize).is_some_and(|between| !between.contains('\n'))
}

/// From text to code: parses, resolves and compiles.
///
/// # Errors
/// Every mistake that was found.
pub fn compile_source(source: SourceId, name: &str, text: &str) -> Result<Code, Vec<Diagnostic>> {
    let module = crate::syntax::parse_module(source, text)?;
    let scopes = crate::resolve::resolve(&module, source)?;
    // The name is what messages call the source; the code of a module is always `<module>`.
    let _ = name;
    compile(&module, &scopes, source, text, "<module>")
}
