//! Reading, writing and unbinding names, wherever they live.

use super::Compiler;
use super::unit::{OpenComp, Reg, Unit, UnitKind};
use crate::bytecode::op::{Op, Opcode};
use crate::resolve::{Binding, ScopeKind, Scopes};
use crate::source::Span;
use crate::syntax::ast::Name;
use crate::text::maps::HashMap;

/// Where a name lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Reg(Reg),
    /// The register holds a cell.
    Cell(Reg),
    /// A cell of the closure.
    Free(u16),
    Global,
    /// The namespace of the class body.
    Namespace,
    /// A class body's name that belongs to a function around the class, unless the namespace has it.
    NamespaceOrFree(u16),
}

impl Compiler<'_> {
    /// Where a (mangled) name lives.
    pub fn place(&self, name: &Name) -> Place {
        for comp in self.unit.comps.iter().rev() {
            if let Some(&(register, is_cell)) = comp.targets.get(name) {
                return if is_cell { Place::Cell(register) } else { Place::Reg(register) };
            }
        }
        let free = || u16::try_from(self.unit.scope.free.get_index_of(name).unwrap_or(0)).unwrap_or(u16::MAX);
        match self.unit.kind {
            UnitKind::Module => Place::Global,
            UnitKind::Class => {
                let comprehension = |c: &&OpenComp<'_>| c.scope.kind != ScopeKind::TypeParams;
                if let Some(comp) = self.unit.comps.iter().rev().find(comprehension) {
                    // A comprehension does not see the names of the class.
                    return match comp.scope.bindings.get(name) {
                        Some(Binding::Free) => Place::Free(free()),
                        _ => Place::Global,
                    };
                }
                match self.unit.scope.bindings.get(name) {
                    Some(Binding::Free) => Place::NamespaceOrFree(free()),
                    Some(Binding::GlobalExplicit) => Place::Global,
                    _ => Place::Namespace,
                }
            }
            UnitKind::Function => match self.unit.scope.bindings.get(name) {
                Some(Binding::Local) => self.unit.locals.get(name).map_or(Place::Global, |&r| Place::Reg(r)),
                Some(Binding::Cell) => self.unit.locals.get(name).map_or(Place::Global, |&r| Place::Cell(r)),
                Some(Binding::Free) => Place::Free(free()),
                _ => Place::Global,
            },
        }
    }

    /// The register of a plain local.
    pub fn local(&self, name: &Name) -> Option<Reg> {
        match self.place(&self.mangled(name)) {
            Place::Reg(register) => Some(register),
            _ => None,
        }
    }

    pub fn load_name(&mut self, dest: Reg, name: &Name, span: Span) {
        let name = self.mangled(name);
        match self.place(&name) {
            Place::Reg(register) => {
                self.unit.check_bound(register, span);
                self.move_to(dest, register, span);
            }
            Place::Cell(register) => self.unit.emit(Op::new(Opcode::LoadCell, dest, register, 0), span),
            Place::Free(index) => self.unit.emit(Op::new(Opcode::LoadFree, dest, index, 0), span),
            Place::Global => self.load_global(dest, &name, span),
            Place::Namespace => {
                let id = self.unit.name_constant(&name);
                self.unit.emit(Op::with_bc(Opcode::LoadName, dest, id), span);
            }
            Place::NamespaceOrFree(index) => {
                let id = self.unit.name_constant16(&name);
                self.unit.emit(Op::new(Opcode::LoadNameOrFree, dest, index, id), span);
            }
        }
    }

    pub fn move_to(&mut self, dest: Reg, source: Reg, span: Span) {
        if dest != source {
            self.unit.emit(Op::new(Opcode::Move, dest, source, 0), span);
        }
    }

    pub fn load_global(&mut self, dest: Reg, name: &Name, span: Span) {
        let cache = self.unit.global_cache(name);
        self.unit.emit_cx(Opcode::LoadGlobal, dest, 0, cache, span);
    }

    pub fn store_global(&mut self, name: &Name, value: Reg, span: Span) {
        let cache = self.unit.global_cache(name);
        self.unit.emit_cx(Opcode::StoreGlobal, value, 0, cache, span);
    }

    pub fn store_name(&mut self, name: &Name, value: Reg, span: Span) {
        let name = self.mangled(name);
        match self.place(&name) {
            Place::Reg(register) => {
                self.move_to(register, value, span);
                self.unit.flow.assign(register);
            }
            Place::Cell(register) => self.unit.emit(Op::new(Opcode::StoreCell, register, value, 0), span),
            Place::Free(index) | Place::NamespaceOrFree(index) => {
                self.unit.emit(Op::new(Opcode::StoreFree, index, value, 0), span);
            }
            Place::Global => self.store_global(&name, value, span),
            Place::Namespace => self.store_in_namespace(&name, value, span),
        }
    }

    pub fn store_in_namespace(&mut self, name: &str, value: Reg, span: Span) {
        let id = self.unit.name_constant(name);
        self.unit.emit(Op::with_bc(Opcode::StoreName, value, id), span);
    }

    pub fn delete_name(&mut self, name: &Name, span: Span) {
        let name = self.mangled(name);
        match self.place(&name) {
            Place::Reg(register) => {
                if self.unit.flow.is_assigned(register) {
                    self.unit.emit(Op::new(Opcode::Clear, register, 0, 0), span);
                } else {
                    self.unit.emit(Op::new(Opcode::DeleteLocal, register, 0, 0), span);
                    self.unit.clear_at_entry(register);
                }
                self.unit.flow.unassign(register);
            }
            Place::Cell(register) => self.unit.emit(Op::new(Opcode::DeleteCell, register, 0, 0), span),
            Place::Free(index) | Place::NamespaceOrFree(index) => {
                self.unit.emit(Op::new(Opcode::DeleteFree, index, 0, 0), span);
            }
            Place::Global => {
                let id = self.unit.name_constant(&name);
                self.unit.emit(Op::with_bc(Opcode::DeleteGlobal, 0, id), span);
            }
            Place::Namespace => {
                let id = self.unit.name_constant(&name);
                self.unit.emit(Op::with_bc(Opcode::DeleteName, 0, id), span);
            }
        }
    }

    /// Unbinds a name that may be unbound already: the end of `except ... as name`.
    pub fn unbind_name(&mut self, name: &Name, span: Span) {
        if let Some(register) = self.local(name) {
            self.unit.emit(Op::new(Opcode::Clear, register, 0, 0), span);
            self.unit.flow.unassign(register);
            return;
        }
        let mark = self.unit.mark();
        let none = self.unit.alloc();
        self.unit.emit(Op::new(Opcode::LoadNone, none, 0, 0), span);
        self.store_name(name, none, span);
        self.delete_name(name, span);
        self.unit.release(mark);
    }

    /// Puts the cell itself into `dest`, for an inner function's closure.
    pub fn load_closure(&mut self, dest: Reg, name: &Name, span: Span) {
        for comp in self.unit.comps.iter().rev() {
            if let Some(&(register, true)) = comp.targets.get(name) {
                self.unit.emit(Op::new(Opcode::Move, dest, register, 0), span);
                return;
            }
        }
        let own = match self.unit.kind {
            UnitKind::Class if &**name == "__class__" => true,
            UnitKind::Function => self.unit.scope.bindings.get(name) == Some(&Binding::Cell),
            UnitKind::Class | UnitKind::Module => false,
        };
        if own && let Some(&register) = self.unit.locals.get(name) {
            self.unit.emit(Op::new(Opcode::Move, dest, register, 0), span);
        } else {
            let index = self.unit.scope.free.get_index_of(name).unwrap_or(0);
            let index = u16::try_from(index).unwrap_or(u16::MAX);
            self.unit.emit(Op::new(Opcode::LoadClosure, dest, index, 0), span);
        }
    }
}

/// Gives registers to the comprehension targets that need one for the whole code: those that inner functions
/// capture, and those that may be read before they are bound, whose name an error has to tell.
pub fn add_comprehension_locals(scopes: &Scopes, unit: &mut Unit<'_>) {
    for &id in &unit.scope.inlined {
        let scope = scopes.get(id);
        let mut targets = HashMap::default();
        for (name, binding) in &scope.bindings {
            let is_cell = *binding == Binding::Cell;
            if is_cell || (*binding == Binding::Local && scope.early_reads) {
                let register = unit.add_local(name);
                targets.insert(name.clone(), (register, is_cell));
                if is_cell {
                    unit.cells.push(register);
                }
            }
        }
        if !targets.is_empty() {
            unit.comp_locals.insert(id, targets);
        }
    }
}
