//! The walk that notes how each scope uses each name. What it does with each kind of node is in `statement.rs`,
//! `expression.rs` and `pattern.rs`; here is what they share.

use super::scope::{ScopeKind, mangle};
use super::symbols::{Symbol, Table};
use crate::diagnostics::Diagnostic;
use crate::source::{SourceId, Span};
use crate::syntax::ast::{self, Name, ScopeId};

/// What surrounds a statement inside its function.
#[derive(Clone, Copy, Debug, Default)]
pub struct Context {
    pub loops: Loops,
    /// Inside the body of an `except*`.
    pub except_star: bool,
    /// Inside the iterable of a comprehension.
    pub iterable: bool,
}

/// What `break` and `continue` would reach.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Loops {
    #[default]
    None,
    Loop,
    /// The body of an `except*` comes before any loop.
    ExceptStar,
}

pub struct Collector {
    pub source: SourceId,
    diagnostics: Vec<Diagnostic>,
    tables: Vec<Table>,
    current: ScopeId,
    pub context: Context,
    pub has_import_star: bool,
    /// `from __future__ import annotations` was seen.
    pub annotations_stay_text: bool,
    /// Where imports of future features are not allowed any more.
    pub after_futures: u32,
}

/// What the walk found.
pub struct Collected {
    pub tables: Vec<Table>,
    pub has_import_star: bool,
    pub diagnostics: Vec<Diagnostic>,
}

/// Functions that can read the caller's locals by name.
const READ_LOCALS: [&str; 5] = ["locals", "vars", "dir", "eval", "exec"];

impl Collector {
    pub fn new(module: &ast::Module, source: SourceId) -> Self {
        let mut tables = Vec::new();
        tables.resize_with(module.scopes.max(1) as usize, Table::default);
        tables[0].span = module.span;
        Self {
            source,
            diagnostics: Vec::new(),
            tables,
            current: ScopeId(0),
            context: Context::default(),
            has_import_star: false,
            annotations_stay_text: false,
            after_futures: super::statement::after_futures(&module.body),
        }
    }

    pub fn finish(mut self) -> Collected {
        for at in 0..self.tables.len() {
            let scope = &self.tables[at].scope;
            if scope.kind == (ScopeKind::Function { is_async: true }) && scope.has_yield {
                for span in std::mem::take(&mut self.tables[at].returns) {
                    self.report(313, span, "'return' with value in async generator").help(
                        "an async generator ends with a bare return; what it gives, it gives with yield",
                    );
                }
            }
        }
        Collected {
            tables: self.tables,
            has_import_star: self.has_import_star,
            diagnostics: self.diagnostics,
        }
    }

    pub fn report(&mut self, code: u16, span: Span, message: impl Into<String>) -> Report<'_> {
        self.diagnostics.push(Diagnostic::new(code, self.source, span, message));
        Report(self.diagnostics.last_mut())
    }

    pub fn table(&mut self) -> &mut Table {
        &mut self.tables[self.current.0 as usize]
    }

    pub fn kind(&self) -> ScopeKind {
        self.tables[self.current.0 as usize].scope.kind
    }

    pub fn parent(&self, id: ScopeId) -> Option<ScopeId> {
        self.tables[id.0 as usize].scope.parent
    }

    /// Walks a node that opens a scope.
    pub fn inside(&mut self, id: ScopeId, kind: ScopeKind, span: Span, walk: impl FnOnce(&mut Self)) {
        let outer = self.current;
        let class_name = self.table().scope.class_name.clone();
        let table = &mut self.tables[id.0 as usize];
        table.scope.kind = kind;
        table.scope.parent = Some(outer);
        table.scope.class_name = class_name;
        table.span = span;
        let inner = Context { iterable: self.context.iterable, ..Context::default() };
        let context = std::mem::replace(&mut self.context, inner);
        self.current = id;
        walk(self);
        self.current = outer;
        self.context = context;
    }

    pub fn symbol(&mut self, name: &Name) -> &mut Symbol {
        let table = self.table();
        let name = mangle(table.scope.class_name.as_ref(), name);
        table.symbols.entry(name).or_default()
    }

    /// The symbol that a use of the name means: type parameters hide nothing but their own names.
    fn symbol_seen(&mut self, name: &Name) -> &mut Symbol {
        let name = mangle(self.table().scope.class_name.as_ref(), name);
        let mut id = self.current;
        loop {
            let table = &self.tables[id.0 as usize];
            match table.scope.parent {
                Some(parent)
                    if table.scope.kind == ScopeKind::TypeParams && !table.symbols.contains_key(&name) =>
                {
                    id = parent;
                }
                _ => break,
            }
        }
        self.tables[id.0 as usize].symbols.entry(name).or_default()
    }

    /// The current scope and those around it up to and including the one whose code holds its names.
    pub fn unit_scopes(&self) -> Vec<ScopeId> {
        let mut scopes = vec![self.current];
        let mut id = self.current;
        while self.tables[id.0 as usize].scope.kind.is_inlined() {
            let Some(parent) = self.parent(id) else { break };
            scopes.push(parent);
            id = parent;
        }
        scopes
    }

    pub fn use_name(&mut self, name: &Name) {
        self.symbol_seen(name).used = true;
        if READ_LOCALS.contains(&&**name) {
            for id in self.unit_scopes() {
                self.tables[id.0 as usize].scope.reads_locals = true;
            }
        }
        if &**name == "super" && !matches!(self.kind(), ScopeKind::Module | ScopeKind::Class) {
            self.symbol(&"__class__".into()).used = true;
        }
    }

    pub fn bind(&mut self, name: &Name, span: Span) {
        self.check_debug(name, span);
        self.symbol(name).bound = true;
    }

    pub fn bind_ident(&mut self, ident: &ast::Ident) {
        self.bind(&ident.name, ident.span);
    }

    pub fn check_debug(&mut self, name: &str, span: Span) {
        if name == "__debug__" {
            self.report(319, span, "cannot assign to __debug__");
        }
    }

    /// `target := value`: inside a comprehension it binds in the function around that.
    pub fn walrus(&mut self, target: &ast::Ident, span: Span) {
        self.check_debug(&target.name, target.span);
        if self.context.iterable {
            let message = "assignment expression cannot be used in a comprehension iterable expression";
            self.report(320, span, message);
            return;
        }
        let place = match self.kind() {
            ScopeKind::TypeAlias => Some(self.table().place.unwrap_or("a type alias")),
            ScopeKind::TypeParams => Some("the definition of a generic"),
            _ => None,
        };
        if let Some(place) = place {
            self.report(320, span, format!("named expression cannot be used within {place}"));
            return;
        }
        let name = mangle(self.table().scope.class_name.as_ref(), &target.name);
        let mut id = self.current;
        while matches!(
            self.tables[id.0 as usize].scope.kind,
            ScopeKind::Comprehension(_) | ScopeKind::Generator
        ) {
            let table = &mut self.tables[id.0 as usize];
            table.scope.has_walrus = true;
            let parent = table.scope.parent;
            let symbol = table.symbols.entry(name.clone()).or_default();
            symbol.used = true;
            symbol.walrus = true;
            if symbol.iteration {
                let message = format!(
                    "assignment expression cannot rebind comprehension iteration variable '{}'",
                    target.name
                );
                self.report(320, target.span, message);
                return;
            }
            let Some(parent) = parent else { break };
            id = parent;
        }
        let in_comprehension = id != self.current;
        let table = &mut self.tables[id.0 as usize];
        table.scope.has_walrus = true;
        table.symbols.entry(name).or_default().bound = true;
        if in_comprehension && table.scope.kind == ScopeKind::Class {
            let message = "assignment expression within a comprehension cannot be used in a class body";
            self.report(320, target.span, message);
        }
    }

    /// `await`, `async for` or `async with` stands here; says so if it may not.
    pub fn awaits(&mut self, span: Span, what: &str) {
        let mut id = self.current;
        let mut comprehension = None;
        loop {
            let table = &mut self.tables[id.0 as usize];
            table.scope.has_await = true;
            let (kind, at, parent) = (table.scope.kind, table.span, table.scope.parent);
            match kind {
                ScopeKind::Module | ScopeKind::Generator | ScopeKind::Function { is_async: true } => return,
                ScopeKind::Comprehension(_) => {
                    comprehension = Some(at);
                    let Some(parent) = parent else { return };
                    id = parent;
                }
                ScopeKind::TypeAlias => {
                    let place = table.place.unwrap_or("a type alias");
                    let message = format!("await expression cannot be used within {place}");
                    self.report(304, span, message);
                    return;
                }
                ScopeKind::TypeParams => {
                    let message = "await expression cannot be used within the definition of a generic";
                    self.report(304, span, message);
                    return;
                }
                ScopeKind::Function { is_async: false } | ScopeKind::Lambda | ScopeKind::Class => {
                    if let Some(at) = comprehension {
                        let message = "asynchronous comprehension outside of an asynchronous function";
                        self.report(305, at, message).help("write async def for the function around it");
                    } else if what == "await" && kind == ScopeKind::Class {
                        self.report(304, span, "'await' outside function");
                    } else {
                        let code = if what == "await" { 304 } else { 306 };
                        let report = self.report(code, span, format!("'{what}' outside async function"));
                        if kind == (ScopeKind::Function { is_async: false }) {
                            report.help("write async def for the function around it");
                        }
                    }
                    return;
                }
            }
        }
    }
}

/// A diagnostic that was just made, to add help to.
pub struct Report<'a>(Option<&'a mut Diagnostic>);

impl Report<'_> {
    pub fn help(self, text: &str) {
        if let Some(diagnostic) = self.0 {
            diagnostic.help = Some(text.into());
        }
    }
}
