//! Tokens as text, for tests: one a line, with its place and its source.

use super::parser;
use crate::source::SourceId;
use std::fmt::Write;

/// The tokens of a source as the grammar reads them.
#[must_use]
pub fn tokens(text: &str) -> String {
    let (tokens, diagnostics) = parser::tokens(SourceId::default(), text);
    let mut out = String::new();
    for token in tokens {
        let (start, end) = (token.span.start, token.span.end);
        let source = &text[start as usize..end as usize];
        let _ = writeln!(out, "{start}..{end} {:?} {source:?}", token.token);
    }
    for diagnostic in diagnostics {
        let (start, end) = (diagnostic.span.start, diagnostic.span.end);
        let _ = writeln!(out, "{start}..{end} {}: {}", diagnostic.kind, diagnostic.message);
    }
    out
}
