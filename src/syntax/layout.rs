//! Indentation: from raw tokens to tokens with NEWLINE, INDENT and DEDENT, in CPython's measure (a tab goes to the next
//! multiple of eight). Then the names that are keywords only in places: see `soft.rs`.

use super::errors::code;
use super::lexer::{count_lines, pos};
use super::token::{Spanned, Token};
use crate::diagnostics::Diagnostic;
use crate::source::{SourceId, Span};

/// As in CPython.
const MAX_INDENTS: usize = 100;

/// How far a line is indented: with tabs to multiples of eight, and with tabs as single columns. Two lines that the two
/// measures order differently are inconsistent.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Indentation {
    column: u32,
    alternative: u32,
}

/// What the line above says about the next one.
struct Above {
    /// The index of its first token, if it ended in a colon.
    header: Option<usize>,
    may_indent: bool,
}

struct Layout<'t, 'd> {
    text: &'t str,
    source: SourceId,
    out: Vec<Spanned>,
    diagnostics: &'d mut Vec<Diagnostic>,
    levels: Vec<Indentation>,
    /// The last place whose line was asked for, and the line.
    line: (usize, u32),
}

/// Arranges raw tokens; mistakes are added to `diagnostics`, and repaired.
pub fn arrange(
    source: SourceId,
    text: &str,
    raw: &[Spanned],
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Spanned> {
    let levels = vec![Indentation { column: 0, alternative: 0 }];
    let out = Vec::with_capacity(raw.len() + raw.len() / 8);
    let mut layout = Layout { text, source, out, diagnostics, levels, line: (0, 1) };
    let start = if text.starts_with('\u{FEFF}') { '\u{FEFF}'.len_utf8() } else { 0 };
    layout.run(raw, start);
    layout.out
}

impl Layout<'_, '_> {
    fn run(&mut self, raw: &[Spanned], mut line_start: usize) {
        let mut i = 0;
        let mut above = Above { header: None, may_indent: false };
        while i < raw.len() {
            if raw[i].token == Token::Newline {
                line_start = raw[i].span.end as usize;
                i += 1;
                continue;
            }
            self.begin_line(line_start, raw[i], &above);
            let first = self.out.len();
            while i < raw.len() && raw[i].token != Token::Newline {
                self.out.push(raw[i]);
                i += 1;
            }
            let end = raw[i - 1].span.end;
            let newline = if i < raw.len() { raw[i].span } else { Span::new(end, end) };
            let header = (raw[i - 1].token == Token::Colon).then_some(first);
            above = Above { header, may_indent: header.is_some() || self.is_broken_header(first) };
            self.out.push(Spanned { token: Token::Newline, span: newline });
        }
        let end = pos(self.text.len());
        if let Some(header) = above.header {
            self.expect_block(header, Span::new(end, end));
        }
        for _ in 1..self.levels.len() {
            self.out.push(Spanned { token: Token::Dedent, span: Span::new(end, end) });
        }
    }

    fn problem(&mut self, kind: &'static str, span: Span, message: impl Into<String>) {
        let code = if kind == "TabError" { code::TABS } else { code::INDENTATION };
        let mut diagnostic = Diagnostic::new(code, self.source, span, message);
        diagnostic.kind = kind;
        self.diagnostics.push(diagnostic);
    }

    /// Whether the line from token `first` to the last was meant to be a header, and the parser will say what is wrong
    /// with it: then an indented line below it is no second mistake.
    fn is_broken_header(&self, first: usize) -> bool {
        let line = &self.out[first..];
        if line.iter().any(|t| t.token == Token::Invalid) {
            return true;
        }
        let mut depth = 0_i32;
        let mut has_colon = false;
        for token in line {
            match token.token {
                Token::OpenParen | Token::OpenBracket | Token::OpenBrace => depth += 1,
                Token::CloseParen | Token::CloseBracket | Token::CloseBrace => depth -= 1,
                Token::Colon => has_colon |= depth == 0,
                _ => {}
            }
        }
        let second = line.get(1).map(|t| t.token);
        !has_colon && line[0].token != Token::Name && block_owner(self.text, line[0], second).is_some()
    }

    /// Compares a line's indentation with the block it stands in.
    fn begin_line(&mut self, line_start: usize, first: Spanned, above: &Above) {
        let start = first.span.start;
        let indentation = measure(&self.text.as_bytes()[line_start.min(start as usize)..start as usize]);
        let white = Span::new(pos(line_start).min(start), start);
        let here = Span::new(start, start);
        let mut top = self.levels[self.levels.len() - 1];
        if indentation.column > top.column {
            if indentation.alternative <= top.alternative {
                return self.tabs(white);
            }
            if !above.may_indent {
                return self.problem("IndentationError", white, "unexpected indent");
            }
            if self.levels.len() >= MAX_INDENTS {
                return self.problem("IndentationError", white, "too many levels of indentation");
            }
            self.levels.push(indentation);
            return self.out.push(Spanned { token: Token::Indent, span: here });
        }
        if let Some(header) = above.header {
            self.expect_block(header, first.span);
        }
        let mut left = top;
        while indentation.column < top.column && self.levels.len() > 1 {
            left = top;
            self.levels.pop();
            self.out.push(Spanned { token: Token::Dedent, span: here });
            top = self.levels[self.levels.len() - 1];
        }
        if indentation.column != top.column {
            let message = "unindent does not match any outer indentation level";
            self.problem("IndentationError", white, message);
            // It is taken as a line of the block that was left last.
            self.out.pop();
            let column = indentation.column.max(top.column + 1).min(left.column);
            self.levels.push(Indentation { column, ..indentation });
        } else if indentation.alternative != top.alternative {
            self.tabs(white);
        }
    }

    fn tabs(&mut self, white: Span) {
        self.problem("TabError", white, "inconsistent use of tabs and spaces in indentation");
    }

    /// A header without its block: says so if it is one, and puts a block there.
    fn expect_block(&mut self, header: usize, found: Span) {
        let second = self.out.get(header + 1).map(|t| t.token);
        let Some(what) = block_owner(self.text, self.out[header], second) else { return };
        let at = self.out[header].span.start as usize;
        let (from, line) = if self.line.0 <= at { self.line } else { (0, 1) };
        self.line = (at, line + count_lines(self.text, from, at));
        let message = format!("expected an indented block after {what} on line {}", self.line.1);
        self.problem("IndentationError", found, message);
        let last = self.diagnostics.len() - 1;
        let label = self.diagnostics[last].clone().with_other(self.out[header].span, "its header");
        self.diagnostics[last] = label;
        let here = Span::new(found.start, found.start);
        for token in [Token::Indent, Token::GivenUp, Token::Newline, Token::Dedent] {
            self.out.push(Spanned { token, span: here });
        }
    }
}

/// What CPython calls the statement whose header begins so.
fn block_owner(text: &str, first: Spanned, second: Option<Token>) -> Option<&'static str> {
    let word = &text[first.span.start as usize..first.span.end as usize];
    Some(match (first.token, second) {
        (Token::If, _) => "'if' statement",
        (Token::Elif, _) => "'elif' statement",
        (Token::Else, _) => "'else' statement",
        (Token::For, _) | (Token::Async, Some(Token::For)) => "'for' statement",
        (Token::While, _) => "'while' statement",
        (Token::With, _) | (Token::Async, Some(Token::With)) => "'with' statement",
        (Token::Try, _) => "'try' statement",
        (Token::Except, Some(Token::Star)) => "'except*' statement",
        (Token::Except, _) => "'except' statement",
        (Token::Finally, _) => "'finally' statement",
        (Token::Def, _) | (Token::Async, Some(Token::Def)) => "function definition",
        (Token::Class, _) => "class definition",
        (Token::Name, Some(next)) if word == "match" && next != Token::Colon => "'match' statement",
        (Token::Name, Some(next)) if word == "case" && next != Token::Colon => "'case' statement",
        _ => return None,
    })
}

fn measure(white: &[u8]) -> Indentation {
    let (mut column, mut alternative) = (0_u32, 0_u32);
    let mut joined: Option<Indentation> = None;
    for byte in white {
        match byte {
            b' ' => (column, alternative) = (column + 1, alternative + 1),
            b'\t' => (column, alternative) = ((column / 8 + 1) * 8, alternative + 1),
            // Only what stands before the first backslash counts.
            b'\\' => joined = joined.or((column > 0).then_some(Indentation { column, alternative })),
            // A form feed, or a line break behind a backslash.
            _ => (column, alternative) = (0, 0),
        }
    }
    joined.unwrap_or(Indentation { column, alternative })
}
