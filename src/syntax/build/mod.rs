//! What the grammar's shapes mean: every action of `grammar/aio.lalrpop` that is more than a list is a method of
//! [`Builder`]. It makes nodes, numbers scopes, bounds the tree's depth, and collects what is wrong with a well-formed
//! shape (`f() = 1`). It never fails: after a mistake the tree is thrown away, so any node will do.

mod displays;
mod expressions;
mod literals;
mod patterns;
mod signatures;
mod statements;
mod strings;
mod targets;

pub use displays::ArgItem;
pub use expressions::Chain;
pub use patterns::MappingItem;
pub use signatures::{DefHead, ParamItem};
pub use statements::{Handler, ImportNames};
pub use strings::{FStringItem, StringPiece};

use super::ast::{Expr, ExprKind, Ident, Name, ScopeId, Stmt, StmtKind};
use super::errors::code;
use crate::diagnostics::Diagnostic;
use crate::source::{SourceId, Span};
use crate::text::maps::HashMap;
use unicode_normalization::UnicodeNormalization;

/// How high an expression may be: whatever walks over it may recurse.
pub const MAX_DEPTH: u16 = 2000;

/// A statement whose span is still to come.
pub fn simple(kind: StmtKind) -> Box<Stmt> {
    Box::new(Stmt { span: Span::new(0, 0), kind })
}

/// What the parser kept in boxes.
pub fn unboxed<T>(boxes: impl IntoIterator<Item = Box<T>>) -> Vec<T> {
    boxes.into_iter().map(|item| *item).collect()
}

pub struct Builder<'t> {
    text: &'t str,
    source: SourceId,
    /// Names as written, and what they are in NFKC.
    names: HashMap<&'t str, Name>,
    diagnostics: Vec<Diagnostic>,
    scopes: u32,
    too_deep: bool,
}

/// A state of the builder to go back to when a piece of the source is parsed again.
#[derive(Clone, Copy)]
pub struct Mark {
    diagnostics: usize,
    scopes: u32,
    too_deep: bool,
}

impl<'t> Builder<'t> {
    pub fn new(source: SourceId, text: &'t str) -> Self {
        Self { text, source, names: HashMap::default(), diagnostics: Vec::new(), scopes: 1, too_deep: false }
    }

    /// Scopes so far, the module's included.
    pub const fn scopes(&self) -> u32 {
        self.scopes
    }

    pub fn into_diagnostics(self) -> Vec<Diagnostic> {
        self.diagnostics
    }

    pub fn mark(&self) -> Mark {
        Mark { diagnostics: self.diagnostics.len(), scopes: self.scopes, too_deep: self.too_deep }
    }

    pub fn back_to(&mut self, mark: Mark) {
        self.diagnostics.truncate(mark.diagnostics);
        self.scopes = mark.scopes;
        self.too_deep = mark.too_deep;
    }

    fn error(&mut self, code: u16, span: Span, message: impl Into<String>) {
        self.diagnostics.push(Diagnostic::new(code, self.source, span, message));
    }

    fn text(&self, span: Span) -> &'t str {
        &self.text[span.start as usize..span.end as usize]
    }

    fn scope(&mut self) -> ScopeId {
        self.scopes += 1;
        ScopeId(self.scopes - 1)
    }

    fn intern(&mut self, span: Span) -> Name {
        let text = self.text(span);
        if let Some(name) = self.names.get(text) {
            return name.clone();
        }
        let name: Name = if text.is_ascii() { text.into() } else { text.nfkc().collect::<String>().into() };
        self.names.insert(text, name.clone());
        name
    }

    pub fn ident(&mut self, l: u32, r: u32) -> Ident {
        let span = Span::new(l, r);
        Ident { name: self.intern(span), span }
    }

    pub fn name(&mut self, l: u32, r: u32) -> Expr {
        let span = Span::new(l, r);
        Expr { span, depth: 1, kind: ExprKind::Name(self.intern(span)) }
    }

    #[allow(clippy::unused_self, reason = "the grammar makes every node through the builder")]
    pub fn leaf(&mut self, l: u32, r: u32, kind: ExprKind) -> Expr {
        Expr { span: Span::new(l, r), depth: 1, kind }
    }

    /// A node over children of which the highest is `below` high.
    fn node(&mut self, l: u32, r: u32, below: u16, kind: ExprKind) -> Expr {
        if below >= MAX_DEPTH {
            if !self.too_deep {
                self.too_deep = true;
                self.error(code::TOO_DEEP, Span::new(l, r), "expression is nested too deeply");
            }
            return self.leaf(l, r, ExprKind::Error);
        }
        Expr { span: Span::new(l, r), depth: below + 1, kind }
    }
}

fn highest<'e>(exprs: impl IntoIterator<Item = &'e Expr>) -> u16 {
    exprs.into_iter().map(|e| e.depth).max().unwrap_or(0)
}
