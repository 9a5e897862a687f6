//! What `aio check` finds: mistakes that are valid programs. Each rule looks at the tree of one module; nothing runs.
//!
//! ```text
//!   parse, resolve -> facts.rs: what each name stands for -> rules/: findings -> `# noqa` takes some away
//! ```
//! A rule says only what it is sure of: a report that is wrong costs more than one that is missing.

mod facts;
mod noqa;
mod query;
mod rules;
mod table;
mod walk;

pub use table::{RULES, Rule, Severity, find, named};

use crate::diagnostics::{Diagnostic, ErrorCode, Label};
use crate::source::{SourceId, Span};

/// A piece of text to be replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    pub span: Span,
    pub text: String,
}

/// Something that a rule found.
#[derive(Clone, Debug)]
pub struct Finding {
    pub rule: &'static Rule,
    pub span: Span,
    pub message: String,
    /// What to write at the span.
    pub label: String,
    pub others: Vec<Label>,
    pub help: Option<String>,
    /// What makes it right without changing what else the program does; empty if a person has to decide.
    pub fix: Vec<Edit>,
}

impl Finding {
    /// As it is shown.
    #[must_use]
    pub fn diagnostic(&self, source: SourceId) -> Diagnostic {
        let mut diagnostic = Diagnostic::new(0, source, self.span, self.message.clone());
        diagnostic.code = ErrorCode::Rule(self.rule.code);
        diagnostic.kind = self.rule.severity.name();
        diagnostic.label.clone_from(&self.label);
        diagnostic.others.clone_from(&self.others);
        diagnostic.help.clone_from(&self.help);
        diagnostic
    }
}

/// What the rules find in a source, in the order of the text. `is_builtin` knows the names that every module sees,
/// `wanted` the rules to ask.
///
/// # Errors
/// The mistakes in a source that is no program.
pub fn check(
    source: SourceId,
    text: &str,
    is_builtin: &dyn Fn(&str) -> bool,
    wanted: &dyn Fn(&Rule) -> bool,
) -> Result<Vec<Finding>, Vec<Diagnostic>> {
    let module = crate::syntax::parse_module(source, text)?;
    let scopes = crate::resolve::resolve(&module, source)?;
    let facts = facts::Facts::new(&module, &scopes);
    let mut findings = rules::all(&module, &facts, text, is_builtin);
    let silenced = noqa::Silenced::new(source, text);
    findings.retain(|finding| wanted(finding.rule) && !silenced.covers(finding));
    findings.sort_by_key(|finding| (finding.span.start, finding.rule.code));
    Ok(findings)
}

/// The text with all fixes made that do not overlap; how many findings that mends.
#[must_use]
pub fn fixed(text: &str, findings: &[Finding]) -> (String, usize) {
    let mut edits: Vec<&Edit> = Vec::new();
    let mut mended = 0;
    for finding in findings.iter().filter(|finding| !finding.fix.is_empty()) {
        let overlaps = |edit: &Edit| {
            edits.iter().any(|other| edit.span.start < other.span.end && other.span.start < edit.span.end)
        };
        if !finding.fix.iter().any(overlaps) {
            edits.extend(&finding.fix);
            mended += 1;
        }
    }
    edits.sort_by_key(|edit| edit.span.start);
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for edit in edits {
        out.push_str(text.get(at..edit.span.start as usize).unwrap_or_default());
        out.push_str(&edit.text);
        at = edit.span.end as usize;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    (out, mended)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(text: &str) -> Vec<u16> {
        let known = |_: &str| true;
        let findings = check(SourceId::default(), text, &known, &|_| true);
        findings.unwrap_or_else(|e| panic!("{text}: {e:?}")).iter().map(|finding| finding.rule.code).collect()
    }

    #[test]
    fn each_rule_finds_its_own_example() {
        for rule in RULES.iter().filter(|rule| rule.code != 503) {
            assert!(codes(rule.wrong).contains(&rule.code), "{} does not find\n{}", rule.id(), rule.wrong);
            assert!(!codes(rule.right).contains(&rule.code), "{} finds\n{}", rule.id(), rule.right);
        }
    }

    #[test]
    fn codes_and_aliases_are_unique() {
        let mut seen = std::collections::HashSet::new();
        for rule in RULES {
            assert!(seen.insert(rule.id()) && seen.insert(rule.name.to_owned()), "{}", rule.id());
            for alias in rule.aliases {
                assert!(seen.insert((*alias).to_owned()), "{alias}");
            }
        }
    }
}
