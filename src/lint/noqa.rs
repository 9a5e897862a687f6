//! `# noqa` silences a line, `# noqa: A101, RUF006` some rules there.

use super::{Finding, find};
use crate::source::{SourceId, Span};
use std::collections::HashMap;

/// The lines that are silenced, by the offset of their start.
pub struct Silenced<'t> {
    text: &'t str,
    /// No codes for all of them.
    lines: HashMap<usize, Vec<u16>>,
}

impl<'t> Silenced<'t> {
    pub fn new(source: SourceId, text: &'t str) -> Self {
        let mut this = Self { text, lines: HashMap::new() };
        for Span { start, end } in crate::syntax::comments(source, text) {
            let comment = &text[start as usize..end as usize];
            let lower = comment.to_ascii_lowercase();
            let Some(at) = lower.find("noqa") else { continue };
            let rest = comment[at + 4..].trim_start();
            let codes = match rest.strip_prefix(':') {
                None => Vec::new(),
                Some(list) => {
                    let words = list.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty());
                    let codes: Vec<u16> = words.filter_map(find).map(|rule| rule.code).collect();
                    // Codes of other tools alone silence nothing here.
                    if codes.is_empty() {
                        continue;
                    }
                    codes
                }
            };
            this.lines.insert(this.line_start(start), codes);
        }
        this
    }

    fn line_start(&self, offset: u32) -> usize {
        self.text[..offset as usize].rfind('\n').map_or(0, |at| at + 1)
    }

    pub fn covers(&self, finding: &Finding) -> bool {
        self.lines
            .get(&self.line_start(finding.span.start))
            .is_some_and(|codes| codes.is_empty() || codes.contains(&finding.rule.code))
    }
}
