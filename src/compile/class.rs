//! Classes: a function that runs the body in a namespace, and the call that makes a class of it.
//!
//! ```text
//! @decorate
//! class Name(Base, key=value): body      =>      Name = decorate(build_class(body, "Name", Base, key=value))
//! ```

use super::Compiler;
use super::call::is_starred_arg;
use super::expression::CHUNK;
use super::function::split_doc;
use super::names::add_comprehension_locals;
use super::unit::{Unit, UnitKind};
use crate::bytecode::code::{Code, Const, Signature};
use crate::bytecode::op::{Op, Opcode};
use crate::resolve::Binding;
use crate::source::Span;
use crate::syntax::ast::{ClassDef, Name};
use std::collections::BTreeSet;

impl<'a> Compiler<'a> {
    pub fn class_def(&mut self, def: &'a ClassDef, span: Span) {
        let type_params = self.open_type_params(&def.type_params, span);
        let first = self.decorators(&def.decorators);
        let callee = self.unit.alloc();
        self.unit.emit(Op::new(Opcode::LoadBuildClass, callee, 0, 0), span);
        if def.args.iter().any(is_starred_arg) || def.args.len() > CHUNK {
            let list = self.unit.alloc();
            let dict = self.unit.alloc();
            let body = self.unit.alloc_range(2);
            self.class_function(def, body, span);
            self.give_type_params(type_params, body, span);
            self.load_text(body + 1, &def.name.name, def.name.span);
            self.unit.emit(Op::new(Opcode::BuildList, list, body, 2), span);
            self.unit.release(body);
            self.unpack_arguments(callee, list, dict, &def.args, span);
            self.unit.emit(Op::new(Opcode::CallEx, callee, 0, callee), span);
        } else {
            let body = self.unit.alloc();
            self.class_function(def, body, span);
            self.give_type_params(type_params, body, span);
            let name = self.unit.alloc();
            self.load_text(name, &def.name.name, def.name.span);
            self.call_arguments(callee, 2, &def.args, callee, span);
        }
        self.end_type_params(type_params);
        self.decorate(first, &def.decorators);
        self.store_name(&def.name.name, first, def.name.span);
    }

    fn class_function(&mut self, def: &'a ClassDef, dest: u16, span: Span) {
        let mark = self.unit.mark();
        let base = self.unit.alloc_range(4);
        let code = self.class_code(def, span);
        self.make_function(dest, base, 0, code, span);
        self.unit.release(mark);
    }

    /// The number of the line where something starts.
    fn line_of(&mut self, span: Span) -> i64 {
        // Classes come in their order: each line break is counted once.
        let (mut line, mut from) = self.line_counted;
        if span.start < from {
            (line, from) = (1, 0);
        }
        let between = self.text.get(from as usize..span.start as usize).unwrap_or_default();
        line += memchr::memchr_iter(b'\n', between.as_bytes()).count() as i64;
        self.line_counted = (line, span.start);
        line
    }

    fn class_code(&mut self, def: &'a ClassDef, span: Span) -> Code {
        let mangled = self.mangled(&def.name.name);
        let qualname = match self.unit.scope.bindings.get(&mangled) {
            Some(Binding::GlobalExplicit) => def.name.name.to_string(),
            _ => self.qualname(&def.name.name),
        };
        let scope = self.scopes.get(def.scope);
        let mut unit = Unit::new(UnitKind::Class, scope, &def.name.name, qualname.clone(), span);
        unit.signature = Signature { positional_only: 1, positional: 1, ..Signature::default() };
        unit.add_local(&".namespace".into());
        let cell = scope.class_cell.then(|| {
            let name: Name = "__class__".into();
            let register = unit.add_local(&name);
            unit.locals.insert(name, register);
            unit.cells.push(register);
            register
        });
        unit.end_own_locals();
        add_comprehension_locals(self.scopes, &mut unit);
        self.nested(unit, |this| {
            let start = Span::new(span.start, span.start);
            let register = this.unit.alloc();
            this.load_global(register, &"__name__".into(), start);
            this.store_in_namespace("__module__", register, start);
            this.load_text(register, &qualname, start);
            this.store_in_namespace("__qualname__", register, start);
            let first = def.decorators.first().map_or(span, |decorator| decorator.span);
            let line = this.line_of(first);
            this.load_constant(register, Const::Int(line), start);
            this.store_in_namespace("__firstlineno__", register, start);
            if this.unit.scope.has_annotations {
                this.unit.emit(Op::new(Opcode::BuildDict, register, register, 0), start);
                this.store_in_namespace("__annotations__", register, start);
            }
            let mut body = &*def.body;
            if let Some((doc, rest)) = split_doc(body) {
                this.load_constant(register, Const::Str(doc), start);
                this.store_in_namespace("__doc__", register, start);
                body = rest;
            }
            this.unit.release(register);
            let outer = this.self_attributes.replace(BTreeSet::new());
            this.body(body);
            let attributes = std::mem::replace(&mut this.self_attributes, outer).unwrap_or_default();
            if this.unit.flow.is_dead() {
                return;
            }
            let end = Span::new(span.end, span.end);
            let register = this.unit.alloc();
            let attributes = attributes.into_iter().map(Const::Str).collect();
            this.load_constant(register, Const::Tuple(attributes), end);
            this.store_in_namespace("__static_attributes__", register, end);
            this.unit.release(register);
            match cell {
                Some(cell) => {
                    this.store_in_namespace("__classcell__", cell, end);
                    this.emit_return(cell, end);
                }
                None => this.return_none(end),
            }
        })
    }
}
