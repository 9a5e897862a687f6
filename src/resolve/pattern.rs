//! The walk over `match`: names that patterns bind, and patterns that can never be reached.

use super::collect::Collector;
use crate::syntax::ast::{BinOp, Expr, ExprKind, Ident, MatchCase, Name, Pattern, PatternKind, UnaryOp};
use crate::text::maps::IndexSet;

impl Collector {
    pub fn match_statement(&mut self, subject: &Expr, cases: &[MatchCase]) {
        self.expression(subject);
        for (i, case) in cases.iter().enumerate() {
            let mut names = IndexSet::default();
            self.pattern(&case.pattern, &mut names);
            if i + 1 < cases.len() && case.guard.is_none() {
                self.check_reachable(&case.pattern);
            }
            self.optional(case.guard.as_ref());
            self.body(&case.body);
        }
    }

    /// Reports a pattern that matches everything although others follow it.
    fn check_reachable(&mut self, pattern: &Pattern) {
        match &pattern.kind {
            PatternKind::Wildcard => {
                self.report(322, pattern.span, "wildcard makes remaining patterns unreachable")
                    .help("put it last");
            }
            PatternKind::Capture(name) => {
                let message = format!("name capture '{}' makes remaining patterns unreachable", name.name);
                self.report(322, pattern.span, message)
                    .help("a bare name matches everything; to compare with a constant, write it with a dot");
            }
            PatternKind::As { pattern, .. } => self.check_reachable(pattern),
            PatternKind::Or(alternatives) => {
                if let Some(last) = alternatives.last() {
                    self.check_reachable(last);
                }
            }
            _ => {}
        }
    }

    fn capture(&mut self, name: &Ident, names: &mut IndexSet<Name>) {
        self.bind_ident(name);
        if !names.insert(name.name.clone()) {
            self.report(321, name.span, format!("multiple assignments to name '{}' in pattern", name.name));
        }
    }

    fn pattern(&mut self, pattern: &Pattern, names: &mut IndexSet<Name>) {
        match &pattern.kind {
            PatternKind::Wildcard | PatternKind::Star(None) => {}
            PatternKind::Capture(name) | PatternKind::Star(Some(name)) => self.capture(name, names),
            PatternKind::Value(value) | PatternKind::Singleton(value) => self.expression(value),
            PatternKind::Sequence(items) => {
                if items.iter().filter(|item| matches!(item.kind, PatternKind::Star(_))).count() > 1 {
                    self.report(323, pattern.span, "multiple starred names in sequence pattern");
                }
                for item in items {
                    self.pattern(item, names);
                }
            }
            PatternKind::Mapping { items, rest } => {
                let mut keys = IndexSet::default();
                for (key, value) in items {
                    self.expression(key);
                    if let Some((value, text)) = key_text(key)
                        && !keys.insert(value)
                    {
                        self.report(
                            323,
                            pattern.span,
                            format!("mapping pattern checks duplicate key ({text})"),
                        );
                    }
                    self.pattern(value, names);
                }
                if let Some(rest) = rest {
                    self.capture(rest, names);
                }
            }
            PatternKind::Class { class, positional, keywords } => {
                self.expression(class);
                for item in positional {
                    self.pattern(item, names);
                }
                let mut seen = IndexSet::default();
                for (name, item) in keywords {
                    if !seen.insert(name.name.clone()) {
                        let message = format!("attribute name repeated in class pattern: {}", name.name);
                        self.report(323, item.span, message);
                    }
                    self.pattern(item, names);
                }
            }
            PatternKind::Or(alternatives) => self.alternatives(pattern, alternatives, names),
            PatternKind::As { pattern, name } => {
                self.pattern(pattern, names);
                self.capture(name, names);
            }
        }
    }

    fn alternatives(&mut self, pattern: &Pattern, alternatives: &[Pattern], names: &mut IndexSet<Name>) {
        let outer = names.clone();
        let mut first: Option<IndexSet<Name>> = None;
        for (i, alternative) in alternatives.iter().enumerate() {
            if i + 1 < alternatives.len() {
                self.check_reachable(alternative);
            }
            let mut bound = outer.clone();
            self.pattern(alternative, &mut bound);
            match &first {
                None => first = Some(bound),
                Some(first) => {
                    if first.len() != bound.len() || bound.iter().any(|name| !first.contains(name)) {
                        self.report(321, pattern.span, "alternative patterns bind different names");
                        break;
                    }
                }
            }
        }
        if let Some(first) = first {
            *names = first;
        }
    }
}

/// What a key of a mapping pattern is equal to, and its text. Equal numbers are one key: `1`, `1.0`, `True`.
fn key_text(key: &Expr) -> Option<(String, String)> {
    let same = |text: String| Some((text.clone(), text));
    match &key.kind {
        ExprKind::Str(text) => same(crate::text::quote::repr_str(text)),
        ExprKind::Bytes(bytes) => same(crate::text::quote::repr_bytes(bytes)),
        ExprKind::Int(value) => same(value.to_string()),
        ExprKind::Float(value) => {
            let whole = value.fract() == 0.0 && value.abs() < 1e15;
            let text = crate::text::float::repr(*value);
            Some((if whole { format!("{value:.0}") } else { text.clone() }, text))
        }
        ExprKind::Imaginary(value) => same(crate::text::complex::repr(0.0, *value)),
        ExprKind::Unary { op: UnaryOp::Neg, operand } => {
            key_text(operand).map(|(value, text)| (format!("-{value}"), format!("-{text}")))
        }
        ExprKind::Binary { op, left, right } => {
            let ((_, a), (_, b)) = (key_text(left)?, key_text(right)?);
            let sign = if *op == BinOp::Add { '+' } else { '-' };
            same(format!("({a}{sign}{b})"))
        }
        ExprKind::None => same("None".into()),
        ExprKind::True => Some(("1".into(), "True".into())),
        ExprKind::False => Some(("0".into(), "False".into())),
        _ => None,
    }
}
