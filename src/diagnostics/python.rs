//! A mistake in a source in CPython's layout, for tools that read that.

use super::Diagnostic;
use crate::source::SourceMap;

/// The place, the line, a caret below, and the message.
#[must_use]
pub fn diagnostic(diagnostic: &Diagnostic, sources: &SourceMap) -> String {
    let source = sources.get(diagnostic.source);
    let (line, column) = source.line_column(diagnostic.span.start);
    let (end_line, end_column) = source.line_column(diagnostic.span.end);
    let text = source.line(line);
    let shown = text.trim_start_matches([' ', '\x0c']).trim_end();
    let cut = text.len() - text.trim_start_matches([' ', '\x0c']).len();
    let mut out = format!("  File \"{}\", line {line}\n", source.name);
    if !shown.is_empty() {
        let start = (column as usize).saturating_sub(cut);
        let end = if end_line == line { (end_column as usize).saturating_sub(cut) } else { shown.len() };
        if diagnostic.kind == "TabError" {
            // The whole line is wrong.
            return out + &format!("    {shown}\n    ^\n{}: {}\n", diagnostic.kind, diagnostic.message);
        }
        let before: String = shown.get(..start).unwrap_or(shown).chars().map(blank).collect();
        let marked = shown.get(start..end.min(shown.len())).map_or(0, |part| part.chars().count());
        out += &format!("    {shown}\n    {before}{}\n", "^".repeat(marked.max(1)));
    }
    out + &format!("{}: {}\n", diagnostic.kind, diagnostic.message)
}

/// Room for a character above: a tab stays one, so that both lines are as wide.
fn blank(c: char) -> char {
    if c.is_whitespace() { c } else { ' ' }
}
