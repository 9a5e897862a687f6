//! From text to raw tokens: literals and brackets are checked here, lines and indentation in `layout.rs`.
//!
//! f-strings are lexed in place (PEP 701): the stack of open brackets says whether the lexer stands in the text of an
//! f-string, in a replacement field or in ordinary code, so nesting costs no recursion.

use super::errors::code;
use super::numbers;
use super::token::{Spanned, Token};
use crate::diagnostics::Diagnostic;
use crate::source::{SourceId, Span};
use logos::Logos;

/// As in CPython.
const MAX_BRACKETS: usize = 200;
/// After so many mistakes a text is probably something else.
pub const MAX_ERRORS: usize = 20;

/// A bracket that waits for its partner.
pub(super) struct Open {
    pub symbol: u8,
    pub at: u32,
    /// It is the brace of a replacement field...
    pub field: bool,
    /// ... whose format spec is being read.
    pub spec: bool,
}

/// An f-string that waits for its end.
pub(super) struct OpenFString {
    pub quote: u8,
    pub triple: bool,
    pub raw: bool,
    pub start: u32,
    /// How many brackets were open where it began.
    pub depth: usize,
}

pub struct Lexer<'t> {
    pub(super) text: &'t str,
    pub(super) source: SourceId,
    raw: logos::Lexer<'t, Token>,
    out: Vec<Spanned>,
    pub(super) open: Vec<Open>,
    pub(super) fstrings: Vec<OpenFString>,
    pub(super) diagnostics: Vec<Diagnostic>,
    /// The last place whose line was asked for, and the line.
    line: (usize, u32),
    /// Whether the text ended inside a bracket, a string or after a backslash.
    cut_off: bool,
}

/// What the lexer found.
pub struct Lexed {
    pub tokens: Vec<Spanned>,
    pub diagnostics: Vec<Diagnostic>,
    pub cut_off: bool,
}

/// Positions are `u32` in the whole front end; the seam has refused longer texts.
#[allow(clippy::cast_possible_truncation, reason = "the parser refuses texts over u32::MAX bytes")]
pub(super) const fn pos(at: usize) -> u32 {
    at as u32
}

/// Newlines up to `to`: `\n`, `\r\n` and a lone `\r` count once each.
pub(super) fn count_lines(text: &str, from: usize, to: usize) -> u32 {
    let bytes = text.as_bytes();
    let is_break = |i: usize| bytes[i] == b'\n' || (bytes[i] == b'\r' && bytes.get(i + 1) != Some(&b'\n'));
    pos((from..to.min(bytes.len())).filter(|&i| is_break(i)).count())
}

pub fn lex(source: SourceId, text: &str) -> Lexed {
    let mut raw = Token::lexer(text);
    if text.starts_with('\u{FEFF}') {
        raw.bump('\u{FEFF}'.len_utf8());
    }
    Lexer {
        text,
        source,
        raw,
        out: Vec::with_capacity(text.len() / 4),
        open: Vec::new(),
        fstrings: Vec::new(),
        diagnostics: Vec::new(),
        line: (0, 1),
        cut_off: false,
    }
    .run()
}

/// Where the comments of a text stand, without their line breaks.
#[must_use]
pub fn comments(source: SourceId, text: &str) -> Vec<Span> {
    let mut comments = Vec::new();
    let mut at = 0;
    let ends = std::iter::once(Span::new(pos(text.len()), pos(text.len())));
    // What no token covers is blanks, comments and joined lines.
    for span in lex(source, text).tokens.iter().map(|token| token.span).chain(ends) {
        while let Some(found) = text.get(at..span.start as usize).and_then(|gap| gap.find('#')) {
            let start = at + found;
            let length =
                text[start..span.start as usize].find(['\n', '\r']).unwrap_or(span.start as usize - start);
            comments.push(Span::new(pos(start), pos(start + length)));
            at = start + length;
        }
        at = at.max(span.end as usize);
    }
    comments
}

impl Lexer<'_> {
    fn run(mut self) -> Lexed {
        while self.diagnostics.len() < MAX_ERRORS {
            let in_field = match self.open.last() {
                Some(open) if open.field && open.spec => {
                    self.fstring_text(true);
                    continue;
                }
                Some(open) => open.field,
                None => false,
            };
            if self.fstrings.last().is_some_and(|f| f.depth == self.open.len()) {
                self.fstring_text(false);
                continue;
            }
            let Some(next) = self.raw.next() else { break };
            match next {
                Ok(token) => self.token(token, in_field),
                Err(()) => self.bad_character(self.raw.span().start),
            }
        }
        self.at_end();
        Lexed { tokens: self.out, diagnostics: self.diagnostics, cut_off: self.cut_off }
    }

    pub(super) fn emit(&mut self, token: Token, start: usize, end: usize) {
        self.out.push(Spanned { token, span: Span::new(pos(start), pos(end)) });
    }

    pub(super) fn error(&mut self, code: u16, start: usize, end: usize, message: impl Into<String>) {
        let span = Span::new(pos(start), pos(end.min(self.text.len())));
        self.diagnostics.push(Diagnostic::new(code, self.source, span, message));
    }

    pub(super) fn at(&self) -> usize {
        self.raw.span().end
    }

    /// Goes on at `at`, which may lie before the end of the current token.
    pub(super) fn go_to(&mut self, at: usize) {
        let now = self.at();
        if at < now {
            self.raw = Token::lexer(self.text);
            self.raw.bump(at);
        } else {
            self.raw.bump(at - now);
        }
    }

    pub(super) fn line_of(&mut self, at: usize) -> u32 {
        let (from, line) = if self.line.0 <= at { self.line } else { (0, 1) };
        self.line = (at, line + count_lines(self.text, from, at));
        self.line.1
    }

    /// The line in which something that reaches to `end` was found wanting: a line break at the end of the source begins
    /// no line.
    pub(super) fn last_line_of(&mut self, end: usize) -> u32 {
        let at_break = end == self.text.len() && self.text.ends_with(['\n', '\r']);
        self.line_of(if at_break { end - 1 } else { end })
    }

    fn token(&mut self, token: Token, in_field: bool) {
        let span = self.raw.span();
        if token.only_begins_statement() && self.begins_line_inside_brackets() {
            self.close_everything(span.start);
        }
        match token {
            Token::Newline => {
                if self.open.is_empty() {
                    self.emit(token, span.start, span.end);
                }
            }
            Token::Joint => {
                if span.end == self.text.len() {
                    self.cut_off = true;
                    self.error(code::CHARACTER, span.start, span.end, "unexpected EOF while parsing");
                    self.emit(Token::Invalid, span.start, span.end);
                }
            }
            Token::Backslash if span.end == self.text.len() => {
                self.cut_off = true;
                self.error(code::CHARACTER, span.start, span.end, "unexpected EOF while parsing");
                self.emit(Token::Invalid, span.start, span.end);
            }
            Token::Backslash => {
                let message = "unexpected character after line continuation character";
                self.error(code::CHARACTER, span.start, span.end, message);
                self.skip_line(span.start);
            }
            Token::Name => self.name(span.start, span.end),
            Token::Int => self.number(span.start),
            Token::Str => self.string(span.start, span.end),
            Token::FStringStart => self.fstring_start(span.start, span.end),
            Token::OpenParen | Token::OpenBracket | Token::OpenBrace => {
                self.open_bracket(token, span.start, false)
            }
            Token::CloseParen | Token::CloseBracket | Token::CloseBrace => {
                self.close_bracket(token, span.start)
            }
            Token::Colon | Token::ColonEqual if in_field => {
                self.emit(Token::Colon, span.start, span.start + 1);
                self.go_to(span.start + 1);
                if let Some(open) = self.open.last_mut() {
                    open.spec = true;
                }
            }
            Token::Exclamation if self.fstrings.is_empty() => {
                self.error(code::SYNTAX, span.start, span.end, "invalid syntax");
                self.emit(Token::Invalid, span.start, span.end);
            }
            _ => self.emit(token, span.start, span.end),
        }
    }

    /// Gives up the rest of a physical line.
    pub(super) fn skip_line(&mut self, start: usize) {
        let rest = &self.text[start..];
        let end = start + rest.find(['\n', '\r']).unwrap_or(rest.len());
        self.emit(Token::Invalid, start, end);
        self.go_to(end.max(self.at()));
    }

    fn name(&mut self, start: usize, end: usize) {
        let name = &self.text[start..end];
        if !name.is_ascii() {
            let wrong = name.char_indices().find(|&(i, c)| {
                let allowed = if i == 0 {
                    c == '_' || unicode_ident::is_xid_start(c)
                } else {
                    unicode_ident::is_xid_continue(c)
                };
                !allowed
            });
            if let Some((i, _)) = wrong {
                return self.bad_character(start + i);
            }
        }
        self.emit(Token::Name, start, end);
    }

    fn bad_character(&mut self, start: usize) {
        let end = self.at();
        let c = self.text[start..].chars().next().unwrap_or('\0');
        let message = match c {
            '\0' => "source code cannot contain null bytes".to_string(),
            '$' | '?' | '`' => "invalid syntax".to_string(),
            c if is_printable(c) => format!("invalid character '{c}' (U+{:04X})", u32::from(c)),
            c => format!("invalid non-printable character U+{:04X}", u32::from(c)),
        };
        self.error(code::CHARACTER, start, start + c.len_utf8(), message);
        self.emit(Token::Invalid, start, end);
    }

    fn number(&mut self, start: usize) {
        match numbers::scan(self.text, start) {
            Ok((token, end)) => {
                self.go_to(end);
                self.emit(token, start, end);
            }
            Err(bad) => {
                self.error(code::NUMBER, bad.start, bad.end, bad.message);
                self.go_to(bad.resume.max(self.at()));
                self.emit(Token::Invalid, start, bad.resume);
            }
        }
    }

    /// `open` ends behind the first quote.
    fn string(&mut self, start: usize, open: usize) {
        let bytes = self.text.as_bytes();
        let quote = bytes[open - 1];
        let triple = bytes[open..].starts_with(&[quote, quote]);
        let mut at = if triple { open + 2 } else { open };
        let mut escaped_quote = false;
        loop {
            match bytes.get(at) {
                None => break,
                Some(b'\\') if bytes.get(at + 1) == Some(&quote) => {
                    escaped_quote = true;
                    at += 2;
                }
                Some(b'\\') => at += if bytes[at + 1..].starts_with(b"\r\n") { 3 } else { 2 },
                Some(b'\n' | b'\r') if !triple => break,
                Some(&b) if b == quote => {
                    if !triple || bytes[at..].starts_with(&[quote, quote, quote]) {
                        let end = at + if triple { 3 } else { 1 };
                        self.go_to(end);
                        return self.emit(Token::Str, start, end);
                    }
                    at += 1;
                }
                Some(_) => at += 1,
            }
        }
        let mut end = at.min(bytes.len());
        while !self.text.is_char_boundary(end) {
            end += 1;
        }
        self.unterminated_string(start, end, quote, triple, escaped_quote && !triple);
    }

    fn unterminated_string(&mut self, start: usize, end: usize, quote: u8, triple: bool, escaped: bool) {
        let ends_fstring = self.fstrings.last().is_some_and(|f| f.quote == quote && f.triple == triple);
        if ends_fstring {
            // The quote was meant to end the f-string: a brace is missing.
            self.error(code::FSTRING, start, start + 1, "f-string: expecting '}'");
            self.leave_fstring();
        } else {
            let line = self.last_line_of(end);
            let what = if triple { "triple-quoted string" } else { "string" };
            let until = if triple { start + 3 } else { end };
            let mut message = format!("unterminated {what} literal (detected at line {line})");
            if escaped {
                message += "; perhaps you escaped the end quote?";
            }
            self.error(code::STRING, start, until, message);
            self.cut_off |= triple;
        }
        self.emit(Token::Invalid, start, end);
        self.go_to(end);
    }

    pub(super) fn open_bracket(&mut self, token: Token, at: usize, field: bool) {
        if self.open.len() >= MAX_BRACKETS {
            self.error(code::BRACKET, at, at + 1, "too many nested parentheses");
            self.close_everything_quietly();
            return self.skip_line(at);
        }
        self.open.push(Open { symbol: self.text.as_bytes()[at], at: pos(at), field, spec: false });
        self.emit(token, at, at + 1);
    }

    fn close_bracket(&mut self, token: Token, at: usize) {
        let close = self.text.as_bytes()[at];
        let Some(open) = self.open.last() else {
            let message = format!("unmatched '{}'", char::from(close));
            self.error(code::BRACKET, at, at + 1, message);
            return self.emit(Token::Invalid, at, at + 1);
        };
        let fits = matches!((open.symbol, close), (b'(', b')') | (b'[', b']') | (b'{', b'}'));
        if fits {
            self.open.pop();
            return self.emit(token, at, at + 1);
        }
        let (symbol, opened, field) = (char::from(open.symbol), open.at as usize, open.field);
        let closing = char::from(close);
        let message = if field {
            format!("f-string: unmatched '{closing}'")
        } else {
            let (there, here) = (self.line_of(opened), self.line_of(at));
            let place = if there == here { String::new() } else { format!(" on line {there}") };
            format!("closing parenthesis '{closing}' does not match opening parenthesis '{symbol}'{place}")
        };
        let opened = Span::new(pos(opened), pos(opened + 1));
        let span = Span::new(pos(at), pos(at + 1));
        let diagnostic =
            Diagnostic::new(code::BRACKET, self.source, span, message).with_other(opened, "opened here");
        self.diagnostics.push(diagnostic);
        // A brace also ends the field that the bracket stands in.
        let until = if field { self.open.len() } else { self.open.len() - 1 };
        let in_field = close == b'}' && self.open[..until].last().is_some_and(|o| o.field);
        self.open.truncate(if in_field { until - 1 } else { until });
        self.emit(Token::Invalid, at, at + 1);
    }

    fn begins_line_inside_brackets(&self) -> bool {
        if self.open.is_empty() {
            return false;
        }
        let before = self.text[..self.raw.span().start].trim_end_matches([' ', '\t', '\x0C']);
        before.is_empty() || before.ends_with(['\n', '\r'])
    }

    /// A bracket was forgotten above: says so, and begins a new line here, so that the rest is read as it was meant.
    fn close_everything(&mut self, at: usize) {
        self.never_closed();
        self.close_everything_quietly();
        let bytes = self.text.as_bytes();
        let mut start = at;
        while start > 0 && !matches!(bytes[start - 1], b'\n' | b'\r') {
            start -= 1;
        }
        self.emit(Token::Invalid, start - 1, start - 1);
        self.emit(Token::Newline, start - 1, start);
    }

    pub(super) fn close_everything_quietly(&mut self) {
        self.open.clear();
        self.fstrings.clear();
    }

    fn never_closed(&mut self) {
        if let Some(open) = self.open.last() {
            let (symbol, at) = (char::from(open.symbol), open.at as usize);
            self.error(code::BRACKET, at, at + 1, format!("'{symbol}' was never closed"));
        }
    }

    pub(super) fn set_cut_off(&mut self) {
        self.cut_off = true;
    }

    fn at_end(&mut self) {
        let end = self.text.len();
        if !self.open.is_empty() || !self.fstrings.is_empty() {
            self.cut_off = true;
            // Behind another mistake, an open bracket is as likely a consequence of it.
            if self.diagnostics.is_empty() {
                self.never_closed();
            }
            self.emit(Token::Invalid, end, end);
        }
    }
}

/// What CPython's `str.isprintable` would say; only asked about characters that no identifier may contain.
fn is_printable(c: char) -> bool {
    let format = matches!(u32::from(c),
        0xAD | 0x600..=0x605 | 0x61C | 0x6DD | 0x70F | 0x180E | 0x200B..=0x200F | 0x2028..=0x202E
        | 0x2060..=0x206F | 0xE000..=0xF8FF | 0xFEFF | 0xFFF0..=0xFFFB | 0xFFFE | 0xFFFF | 0xE0000..=0x10_FFFF);
    !(c.is_control() || c.is_whitespace() || format)
}
