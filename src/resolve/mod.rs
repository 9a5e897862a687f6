//! Scopes: which name means what where, and the misuse that can be seen without running anything.
//!
//! [`collect`] walks the tree once: it notes how each scope uses each name, and reports misuse that depends on
//! where a statement stands. [`analyze`] then decides what each name is bound to.

mod analyze;
mod collect;
mod expression;
mod pattern;
pub mod scope;
mod statement;
mod symbols;

use crate::diagnostics::Diagnostic;
use crate::source::SourceId;
use crate::syntax::ast;
pub use scope::{Binding, CompKind, Scope, ScopeKind, Scopes, mangle};

/// Decides what every name of a module is bound to.
///
/// # Errors
/// Every misuse found, in the order of the source.
pub fn resolve(module: &ast::Module, source: SourceId) -> Result<Scopes, Vec<Diagnostic>> {
    let mut collector = collect::Collector::new(module, source);
    collector.module(module);
    let collect::Collected { tables, has_import_star, mut diagnostics } = collector.finish();
    let scopes = analyze::analyze(tables, has_import_star, source, &mut diagnostics);
    if diagnostics.is_empty() {
        return Ok(scopes);
    }
    diagnostics.sort_by_key(|d| d.span.start);
    Err(diagnostics)
}
