//! Decides, from how each scope uses its names, what each name is bound to.

use super::scope::{Binding, ScopeKind, Scopes};
use super::symbols::Table;
use crate::diagnostics::Diagnostic;
use crate::source::SourceId;
use crate::syntax::ast::{Name, ScopeId};
use crate::text::maps::IndexSet;

/// Where a name that a scope does not bind itself was found.
enum Found {
    Global,
    /// In this scope of the same code.
    Same,
    /// In this scope of another code; these scopes stand between and hand the cell on.
    Outer(ScopeId, Vec<ScopeId>),
    /// It is the `__class__` of this class.
    Class(ScopeId, Vec<ScopeId>),
}

pub fn analyze(
    mut tables: Vec<Table>,
    has_import_star: bool,
    source: SourceId,
    diagnostics: &mut Vec<Diagnostic>,
) -> Scopes {
    let mut globals = IndexSet::default();
    for index in 0..tables.len() {
        let id = ScopeId(u32::try_from(index).unwrap_or(u32::MAX));
        let symbols = std::mem::take(&mut tables[index].symbols);
        let kind = tables[index].scope.kind;
        for (name, symbol) in &symbols {
            if symbol.bound && (kind == ScopeKind::Module || symbol.global.is_some()) {
                globals.insert(name.clone());
            }
        }
        tables[index].symbols = symbols;
        resolve_scope(&mut tables, id, source, diagnostics);
    }
    for index in 0..tables.len() {
        let id = ScopeId(u32::try_from(index).unwrap_or(u32::MAX));
        if tables[index].scope.kind.is_inlined() {
            let unit = unit_of(&tables, id);
            tables[unit.0 as usize].scope.inlined.push(id);
        }
    }
    Scopes { table: tables.into_iter().map(|table| table.scope).collect(), globals, has_import_star }
}

/// The scope whose code holds this scope's names.
fn unit_of(tables: &[Table], mut id: ScopeId) -> ScopeId {
    while tables[id.0 as usize].scope.kind.is_inlined() {
        match tables[id.0 as usize].scope.parent {
            Some(parent) => id = parent,
            None => break,
        }
    }
    id
}

fn resolve_scope(tables: &mut [Table], id: ScopeId, source: SourceId, diagnostics: &mut Vec<Diagnostic>) {
    let at = id.0 as usize;
    let kind = tables[at].scope.kind;
    let symbols: Vec<_> = tables[at].symbols.iter().map(|(n, s)| (n.clone(), s.clone())).collect();
    for (name, symbol) in symbols {
        if symbol.global.is_some() {
            tables[at].scope.bindings.insert(name, Binding::GlobalExplicit);
            continue;
        }
        if kind == ScopeKind::Module {
            tables[at].scope.bindings.insert(name, Binding::GlobalImplicit);
            continue;
        }
        if symbol.bound && symbol.nonlocal.is_none() {
            // A capture by a scope with a smaller id may have made it a cell already.
            let binding = tables[at].scope.bindings.entry(name).or_insert(Binding::Local);
            if *binding != Binding::Cell {
                *binding = Binding::Local;
            }
            continue;
        }
        let found = find(tables, id, &name);
        if let (Some(span), Found::Global) = (symbol.nonlocal, &found) {
            let message = format!("no binding for nonlocal '{name}' found");
            let help = "nonlocal names a variable of an enclosing function; for a variable of the module, write global";
            diagnostics.push(Diagnostic::new(301, source, span, message).with_help(help));
        }
        match found {
            Found::Global => {
                tables[at].scope.bindings.insert(name, Binding::GlobalImplicit);
            }
            Found::Same => {}
            Found::Outer(owner, between) => {
                tables[owner.0 as usize].scope.bindings.insert(name.clone(), Binding::Cell);
                pass_on(tables, id, &name, &between);
            }
            Found::Class(owner, between) => {
                tables[owner.0 as usize].scope.class_cell = true;
                pass_on(tables, id, &name, &between);
            }
        }
    }
}

/// Makes a name free in the scope that uses it and in every code between that and its owner.
fn pass_on(tables: &mut [Table], user: ScopeId, name: &Name, between: &[ScopeId]) {
    tables[user.0 as usize].scope.bindings.insert(name.clone(), Binding::Free);
    for id in between {
        let scope = &mut tables[id.0 as usize].scope;
        scope.free.insert(name.clone());
        // A class may bind the name in its namespace as well.
        scope.bindings.entry(name.clone()).or_insert(Binding::Free);
    }
}

fn find(tables: &[Table], from: ScopeId, name: &Name) -> Found {
    let mut crossed = Vec::new();
    let mut id = from;
    loop {
        let scope = &tables[id.0 as usize].scope;
        if !scope.kind.is_inlined() {
            crossed.push(id);
        }
        let Some(parent) = scope.parent else { return Found::Global };
        let table = &tables[parent.0 as usize];
        match table.scope.kind {
            ScopeKind::Module => return Found::Global,
            ScopeKind::Class => {
                if &**name == "__class__" && !crossed.is_empty() {
                    return Found::Class(parent, crossed);
                }
            }
            _ => {
                if let Some(symbol) = table.symbols.get(name) {
                    if symbol.global.is_some() {
                        return Found::Global;
                    }
                    if symbol.bound && symbol.nonlocal.is_none() {
                        return if crossed.is_empty() { Found::Same } else { Found::Outer(parent, crossed) };
                    }
                }
            }
        }
        id = parent;
    }
}
