//! The text of f-strings: from the opening quotes to a brace, from a brace to the next one or to the closing quotes.

use super::errors::code;
use super::lexer::{Lexer, OpenFString, pos};
use super::token::Token;

/// Format specs may hold fields, these may hold specs, and so on; as in CPython.
const MAX_NESTED_FIELDS: usize = 3;
/// As in CPython.
const MAX_NESTED_FSTRINGS: usize = 150;

impl Lexer<'_> {
    /// `open` ends behind the first quote.
    pub(super) fn fstring_start(&mut self, start: usize, open: usize) {
        let bytes = self.text.as_bytes();
        let quote = bytes[open - 1];
        let triple = bytes[open..].starts_with(&[quote, quote]);
        let raw = bytes[start..open].iter().any(|b| matches!(b, b'r' | b'R'));
        if self.fstrings.len() >= MAX_NESTED_FSTRINGS {
            self.error(code::FSTRING, start, open, "too many nested f-strings");
            return self.emit(Token::Invalid, start, open);
        }
        let end = if triple { open + 2 } else { open };
        self.go_to(end);
        self.emit(Token::FStringStart, start, end);
        self.fstrings.push(OpenFString { quote, triple, raw, start: pos(start), depth: self.open.len() });
    }

    /// Forgets the innermost f-string and what is open in it.
    pub(super) fn leave_fstring(&mut self) {
        if let Some(fstring) = self.fstrings.pop() {
            self.open.truncate(fstring.depth);
        }
    }

    /// One run of literal text (`spec`: of a format spec) and what ends it.
    pub(super) fn fstring_text(&mut self, spec: bool) {
        let Some(&OpenFString { quote, triple, raw, start: opened, depth }) = self.fstrings.last() else {
            return;
        };
        let bytes = self.text.as_bytes();
        let start = self.at();
        let middle = if raw { Token::FStringMiddleRaw } else { Token::FStringMiddle };
        let mut at = start;
        loop {
            match bytes.get(at).copied() {
                Some(b'\\') => at = after_backslash(bytes, at, raw),
                Some(b'{') if !spec && bytes.get(at + 1) == Some(&b'{') => at += 2,
                Some(b'}') if !spec && bytes.get(at + 1) == Some(&b'}') => at += 2,
                None | Some(b'{' | b'}') => break,
                Some(b'\n' | b'\r') if !triple => break,
                Some(b) if b == quote && (!triple || bytes[at..].starts_with(&[quote, quote, quote])) => {
                    break;
                }
                Some(_) => at += 1,
            }
        }
        let mut at = at.min(bytes.len());
        while !self.text.is_char_boundary(at) {
            at += 1;
        }
        if at > start {
            self.emit(middle, start, at);
            self.go_to(at);
        }
        match bytes.get(at).copied() {
            Some(b'{') => self.field(at, depth),
            Some(b'}') if spec => {
                self.open.pop();
                self.emit(Token::CloseBrace, at, at + 1);
                self.go_to(at + 1);
            }
            Some(b'}') => {
                self.error(code::FSTRING, at, at + 1, "f-string: single '}' is not allowed");
                self.emit(Token::Invalid, at, at + 1);
                self.go_to(at + 1);
            }
            Some(b'\n' | b'\r') if spec && !triple => {
                // The spec ends with the line; the field's brace may follow on the next.
                if let Some(open) = self.open.last_mut() {
                    open.spec = false;
                }
            }
            Some(b) if b == quote => {
                if spec {
                    self.error(code::FSTRING, at, at + 1, "f-string: expecting '}', or format specs");
                    self.leave_fstring();
                    self.emit(Token::Invalid, at, at + 1);
                } else {
                    self.emit(Token::FStringEnd, at, at + if triple { 3 } else { 1 });
                    self.fstrings.pop();
                }
                self.go_to(at + if triple { 3 } else { 1 });
            }
            _ => self.unterminated_fstring(opened as usize, at, triple),
        }
    }

    fn field(&mut self, at: usize, depth: usize) {
        self.go_to(at + 1);
        if self.open[depth..].iter().filter(|o| o.field).count() >= MAX_NESTED_FIELDS {
            self.error(code::FSTRING, at, at + 1, "f-string: expressions nested too deeply");
            self.close_everything_quietly();
            return self.skip_line(at);
        }
        self.open_bracket(Token::OpenBrace, at, true);
    }

    fn unterminated_fstring(&mut self, start: usize, end: usize, triple: bool) {
        let line = self.last_line_of(end);
        let what = if triple { "triple-quoted f-string" } else { "f-string" };
        let quote = self.text[start..].find(['"', '\'']).map_or(start, |i| start + i);
        let until = if triple { quote + 3 } else { end };
        let message = format!("unterminated {what} literal (detected at line {line})");
        self.error(code::FSTRING, start, until, message);
        if triple {
            self.set_cut_off();
        }
        self.leave_fstring();
        self.emit(Token::Invalid, end, end);
    }
}

/// The place behind a backslash and what it takes with it. A brace is not escaped by it; `\N{name}` is one escape.
fn after_backslash(bytes: &[u8], at: usize, raw: bool) -> usize {
    match bytes.get(at + 1) {
        Some(b'{' | b'}') => at + 1,
        Some(b'N') if !raw && bytes.get(at + 2) == Some(&b'{') => {
            let mut end = at + 3;
            while bytes.get(end).is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b' ' | b'-')) {
                end += 1;
            }
            if bytes.get(end) == Some(&b'}') { end + 1 } else { end }
        }
        Some(b'\r') if bytes.get(at + 2) == Some(&b'\n') => at + 3,
        _ => at + 2,
    }
}
