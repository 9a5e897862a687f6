//! String literals: adjacent ones joined, f-strings put together.

use super::Builder;
use crate::source::Span;
use crate::syntax::ast::{Conversion, Expr, ExprKind, FStringField, FStringPart};
use crate::syntax::errors::code;
use crate::syntax::strings::{BadString, decode_bytes, decode_text, is_plain, take_apart};

/// One of several adjacent literals.
pub enum StringPiece {
    Plain(Span),
    Format(Vec<FStringItem>),
}

/// A piece of an f-string.
pub enum FStringItem {
    /// Literal text, and whether it is raw.
    Text(Span, bool),
    /// A field, and for `{value=}` the text that it shows first.
    Field(Box<FStringField>, Option<Span>),
}

/// Literal text and fields in the making: neighbouring texts become one.
#[derive(Default)]
struct Parts {
    done: Vec<FStringPart>,
    text: String,
}

impl Parts {
    fn field(&mut self, field: Box<FStringField>) {
        self.flush();
        self.done.push(FStringPart::Field(field));
    }

    fn flush(&mut self) {
        if !self.text.is_empty() {
            self.done.push(FStringPart::Literal(std::mem::take(&mut self.text).into()));
        }
    }

    fn finish(mut self) -> Vec<FStringPart> {
        self.flush();
        self.done
    }
}

fn height(parts: &[FStringPart]) -> u16 {
    parts.iter().fold(0, |high, part| match part {
        FStringPart::Literal(_) => high,
        // Specs nest three deep at most.
        FStringPart::Field(field) => high.max(field.value.depth).max(height(&field.spec)),
    })
}

impl Builder<'_> {
    fn is_bytes(&self, piece: &StringPiece) -> bool {
        match piece {
            StringPiece::Plain(span) => take_apart(self.text(*span)).bytes,
            StringPiece::Format(_) => false,
        }
    }

    fn bad_string(&mut self, start: u32, bad: BadString) {
        let at = |offset: usize| start + super::super::lexer::pos(offset);
        self.error(code::STRING, Span::new(at(bad.start), at(bad.end)), bad.message);
    }

    pub fn strings(&mut self, l: u32, r: u32, pieces: Vec<StringPiece>) -> Expr {
        if let [StringPiece::Plain(span)] = pieces[..] {
            let literal = take_apart(self.text(span));
            if !literal.bytes && is_plain(literal.body) {
                return self.leaf(l, r, ExprKind::Str(literal.body.into()));
            }
        }
        let bytes = pieces.iter().filter(|p| self.is_bytes(p)).count();
        if bytes == 0 {
            return self.text_literal(l, r, pieces);
        }
        if bytes < pieces.len() {
            self.error(code::STRING, Span::new(l, r), "cannot mix bytes and nonbytes literals");
            return self.leaf(l, r, ExprKind::Error);
        }
        let mut value = Vec::new();
        for piece in pieces {
            let StringPiece::Plain(span) = piece else { continue };
            let literal = take_apart(self.text(span));
            if let Err(bad) = decode_bytes(literal.body, literal.raw, &mut value) {
                self.bad_string(span.start + super::super::lexer::pos(literal.offset), bad);
            }
        }
        self.leaf(l, r, ExprKind::Bytes(value.into()))
    }

    fn text_literal(&mut self, l: u32, r: u32, pieces: Vec<StringPiece>) -> Expr {
        let mut parts = Parts::default();
        let mut is_fstring = false;
        for piece in pieces {
            match piece {
                StringPiece::Plain(span) => {
                    let literal = take_apart(self.text(span));
                    if let Err(bad) = decode_text(literal.body, literal.raw, false, &mut parts.text) {
                        self.bad_string(span.start + super::super::lexer::pos(literal.offset), bad);
                    }
                }
                StringPiece::Format(items) => {
                    is_fstring = true;
                    self.add_items(&mut parts, items);
                }
            }
        }
        if !is_fstring {
            return self.leaf(l, r, ExprKind::Str(parts.text.into()));
        }
        let parts = parts.finish();
        self.node(l, r, height(&parts), ExprKind::FString(parts))
    }

    fn add_items(&mut self, parts: &mut Parts, items: Vec<FStringItem>) {
        for item in items {
            match item {
                FStringItem::Text(span, raw) => {
                    if let Err(bad) = decode_text(self.text(span), raw, true, &mut parts.text) {
                        self.bad_string(span.start, bad);
                    }
                }
                FStringItem::Field(field, shown) => {
                    if let Some(shown) = shown {
                        parts.text.push_str(&self.text(shown).replace("\r\n", "\n").replace('\r', "\n"));
                    }
                    parts.field(field);
                }
            }
        }
    }

    /// `with_text` for `{value=}`. Conversion and spec come with the places where they begin.
    pub fn field(
        &mut self,
        span: Span,
        value: Expr,
        with_text: bool,
        conversion: Option<(u32, Conversion)>,
        spec: Option<(u32, Vec<FStringItem>)>,
    ) -> FStringItem {
        if matches!(value.kind, ExprKind::Starred(_)) {
            self.error(code::STAR, value.span, "can't use starred expression here");
        }
        let by_default = (with_text && spec.is_none()).then_some(Conversion::Repr);
        let colon = spec.as_ref().map_or(span.end - 1, |s| s.0);
        let end = conversion.map_or(colon, |c| c.0);
        let shown = with_text.then_some(Span::new(span.start + 1, end));
        let mut parts = Parts::default();
        self.add_items(&mut parts, spec.map(|s| s.1).unwrap_or_default());
        let spec = parts.finish();
        let conversion = conversion.map(|c| c.1).or(by_default);
        FStringItem::Field(Box::new(FStringField { span, value, conversion, spec }), shown)
    }

    pub fn conversion(&mut self, l: u32, r: u32) -> Conversion {
        let span = Span::new(l, r);
        let word = self.text(span).trim_start_matches('!');
        if word.trim_start() != word {
            let message = "f-string: conversion type must come right after the exclamanation mark";
            self.error(code::FSTRING, span, message);
            return Conversion::Str;
        }
        match word {
            "s" => Conversion::Str,
            "r" => Conversion::Repr,
            "a" => Conversion::Ascii,
            other => {
                let message =
                    format!("f-string: invalid conversion character '{other}': expected 's', 'r', or 'a'");
                self.error(code::FSTRING, span, message);
                Conversion::Str
            }
        }
    }
}
