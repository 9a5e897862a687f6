//! The patterns of `case`.

use super::Builder;
use crate::source::Span;
use crate::syntax::ast::{BinOp, Body, Expr, ExprKind, Ident, MatchCase, Pattern, PatternKind, UnaryOp};
use crate::syntax::errors::code;

/// An item of a mapping pattern.
pub enum MappingItem {
    Entry(Box<(Expr, Pattern)>),
    /// `**rest`
    Rest(Ident),
}

impl Builder<'_> {
    #[allow(clippy::unused_self, reason = "the grammar makes every node through the builder")]
    pub fn pattern(&mut self, l: u32, r: u32, kind: PatternKind) -> Pattern {
        Pattern { span: Span::new(l, r), kind }
    }

    #[allow(clippy::unused_self, reason = "the grammar makes every node through the builder")]
    pub fn case(&mut self, l: u32, pattern: Pattern, guard: Option<Expr>, body: Body) -> MatchCase {
        let end = body.last().map_or(pattern.span.end, |s| s.span.end);
        MatchCase { span: Span::new(l, end), pattern, guard, body }
    }

    pub fn literal_pattern(&mut self, e: Expr) -> Pattern {
        let Span { start, end } = e.span;
        match &e.kind {
            ExprKind::None | ExprKind::True | ExprKind::False => {
                self.pattern(start, end, PatternKind::Singleton(e))
            }
            ExprKind::FString(_) => {
                self.error(code::PATTERN, e.span, "patterns may only match literals and attribute lookups");
                self.pattern(start, end, PatternKind::Wildcard)
            }
            _ => self.pattern(start, end, PatternKind::Value(e)),
        }
    }

    /// A bare name captures, `_` matches anything, a dotted name is compared with.
    pub fn path_pattern(&mut self, e: Expr) -> Pattern {
        let Span { start, end } = e.span;
        let kind = match e.kind {
            ExprKind::Name(name) if &*name == "_" => PatternKind::Wildcard,
            ExprKind::Name(name) => PatternKind::Capture(Ident { name, span: e.span }),
            _ => PatternKind::Value(e),
        };
        self.pattern(start, end, kind)
    }

    pub fn sequence_pattern(&mut self, l: u32, r: u32, items: Vec<Pattern>) -> Pattern {
        if items.iter().filter(|p| matches!(p.kind, PatternKind::Star(_))).count() > 1 {
            self.error(code::PATTERN, Span::new(l, r), "multiple starred names in sequence pattern");
        }
        self.pattern(l, r, PatternKind::Sequence(items))
    }

    pub fn star_pattern(&mut self, l: u32, r: u32, name: Ident) -> Pattern {
        let name = (&*name.name != "_").then_some(name);
        self.pattern(l, r, PatternKind::Star(name))
    }

    pub fn as_pattern(&mut self, l: u32, r: u32, pattern: Pattern, name: Ident) -> Pattern {
        if &*name.name == "_" {
            self.error(code::PATTERN, name.span, "cannot use '_' as a target");
        }
        self.pattern(l, r, PatternKind::As { pattern: Box::new(pattern), name })
    }

    pub fn complex_pattern(&mut self, l: u32, r: u32, left: Expr, op: BinOp, right: Expr) -> Expr {
        let mut real = &left;
        if let ExprKind::Unary { op: UnaryOp::Neg, operand } = &left.kind {
            real = operand;
        }
        if matches!(real.kind, ExprKind::Imaginary(_)) {
            self.error(code::PATTERN, left.span, "real number required in complex literal");
        } else if !matches!(right.kind, ExprKind::Imaginary(_)) {
            self.error(code::PATTERN, right.span, "imaginary number required in complex literal");
        }
        self.binary(l, r, left, op, right)
    }

    pub fn class_pattern(
        &mut self,
        l: u32,
        r: u32,
        class: Expr,
        items: Option<Vec<Box<(Option<Ident>, Pattern)>>>,
    ) -> Pattern {
        let (mut positional, mut keywords) = (Vec::new(), Vec::new());
        let mut misplaced = None;
        for item in items.unwrap_or_default() {
            let (name, pattern) = *item;
            if let Some(name) = name {
                keywords.push((name, pattern));
                continue;
            }
            if !keywords.is_empty() {
                misplaced = misplaced.or(Some(pattern.span));
            }
            positional.push(pattern);
        }
        if let Some(span) = misplaced {
            self.error(code::PATTERN, span, "positional patterns follow keyword patterns");
        }
        self.pattern(l, r, PatternKind::Class { class: Box::new(class), positional, keywords })
    }

    pub fn mapping_pattern(&mut self, l: u32, r: u32, items: Option<Vec<MappingItem>>) -> Pattern {
        let (mut entries, mut rest) = (Vec::new(), None);
        for item in items.unwrap_or_default() {
            if let Some(Ident { span, .. }) = &rest {
                let span: Span = *span;
                self.error(code::SYNTAX, span, "invalid syntax");
            }
            match item {
                MappingItem::Entry(entry) => {
                    let (key, pattern) = *entry;
                    if matches!(key.kind, ExprKind::Name(_)) {
                        self.error(code::SYNTAX, key.span, "invalid syntax");
                    } else if matches!(key.kind, ExprKind::FString(_)) {
                        let message = "mapping pattern keys may only match literals and attribute lookups";
                        self.error(code::PATTERN, key.span, message);
                    }
                    entries.push((key, pattern));
                }
                MappingItem::Rest(name) => {
                    if &*name.name == "_" {
                        self.error(code::SYNTAX, name.span, "invalid syntax");
                    }
                    rest = Some(name);
                }
            }
        }
        self.pattern(l, r, PatternKind::Mapping { items: entries, rest })
    }
}
