//! How each scope uses each name: what [`super::collect`] notes and [`super::analyze`] reads.

use super::scope::Scope;
use crate::source::Span;
use crate::syntax::ast::Name;
use crate::text::maps::IndexMap;

/// How a scope uses a name.
#[derive(Clone, Debug, Default)]
pub struct Symbol {
    pub bound: bool,
    pub used: bool,
    pub param: bool,
    /// The target of a comprehension's `for`.
    pub iteration: bool,
    /// A walrus inside a comprehension bound it in a scope further out.
    pub walrus: bool,
    pub annotated: bool,
    /// Where it is declared.
    pub global: Option<Span>,
    pub nonlocal: Option<Span>,
}

/// One scope while the tree is walked. What is known at once is in `scope` already.
#[derive(Debug, Default)]
pub struct Table {
    pub scope: Scope,
    pub symbols: IndexMap<Name, Symbol>,
    /// Where the node that opened the scope stands.
    pub span: Span,
    /// `return` with a value: wrong if the function turns out to be an async generator.
    pub returns: Vec<Span>,
    /// What messages call a scope of [`super::scope::ScopeKind::TypeAlias`].
    pub place: Option<&'static str>,
}
