//! The seam of the front end: text in, a tree or diagnostics out.
//!
//! The tokens are parsed in batches of whole top-level statements. Where the generated parser finds a mistake, the
//! logical line is given up (with the other headers of its statement: an `else` without its `if` would be one more
//! mistake), and the batch is parsed again. So a run reports several mistakes, and a mistake costs one batch.

use super::ast::{Module, Stmt};
use super::build::Builder;
use super::errors::{self, Mistake, code};
use super::grammar::ChunkParser;
use super::lexer::{MAX_ERRORS, lex, pos};
use super::token::{Spanned, Token};
use super::{layout, soft};
use crate::diagnostics::Diagnostic;
use crate::source::{SourceId, Span};
use lalrpop_util::ParseError;
use std::cell::Cell;
use std::ops::Range;

/// Enough to make a batch's fixed costs vanish, and little enough to parse again for each mistake.
const BATCH: usize = 4000;

/// Parses a whole source.
///
/// # Errors
/// Everything that is wrong with it, in the order of the text; at most twenty mistakes.
pub fn parse_module(source_id: SourceId, text: &str) -> Result<Module, Vec<Diagnostic>> {
    if u32::try_from(text.len()).is_err() {
        let message = "the source is too large: at most 4294967295 bytes can be read";
        return Err(vec![Diagnostic::new(code::TOO_LARGE, source_id, Span::new(0, 0), message)]);
    }
    let (tokens, diagnostics) = tokens(source_id, text);
    let mut parser = Parser { source: source_id, text, builder: Builder::new(source_id, text), diagnostics };
    let mut body = Vec::new();
    for batch in batches(&tokens) {
        if parser.diagnostics.len() >= MAX_ERRORS {
            break;
        }
        body.append(&mut parser.batch(&tokens[batch]));
    }
    let scopes = parser.builder.scopes();
    let mut diagnostics = parser.diagnostics;
    diagnostics.extend(parser.builder.into_diagnostics());
    if diagnostics.is_empty() {
        return Ok(Module { body, span: Span::new(0, pos(text.len())), scopes });
    }
    diagnostics.sort_by_key(|d| d.span.start);
    diagnostics.truncate(MAX_ERRORS);
    Err(diagnostics)
}

/// The tokens that the grammar reads, and what is wrong with the text so far.
pub(super) fn tokens(source: SourceId, text: &str) -> (Vec<Spanned>, Vec<Diagnostic>) {
    let lexed = lex(source, text);
    let mut diagnostics = lexed.diagnostics;
    let mut tokens = layout::arrange(source, text, &lexed.tokens, &mut diagnostics);
    soft::mark(text, &mut tokens);
    (tokens, diagnostics)
}

/// Cuts the tokens before top-level statements.
fn batches(tokens: &[Spanned]) -> Vec<Range<usize>> {
    let mut batches = Vec::new();
    let (mut start, mut level, mut after_decorator, mut at_line) = (0, 0_u32, false, true);
    for (i, token) in tokens.iter().enumerate() {
        match token.token {
            Token::Indent => level += 1,
            Token::Dedent => level = level.saturating_sub(1),
            Token::Newline => at_line = true,
            first if at_line => {
                at_line = false;
                if level == 0 {
                    if i - start >= BATCH && !after_decorator && !first.continues_statement() {
                        batches.push(start..i);
                        start = i;
                    }
                    after_decorator = first == Token::At;
                }
            }
            _ => {}
        }
    }
    batches.push(start..tokens.len());
    batches
}

/// A logical line in a batch, its NEWLINE included.
#[derive(Clone)]
struct Line {
    tokens: Range<usize>,
    level: u32,
    given_up: bool,
}

struct Parser<'t> {
    source: SourceId,
    text: &'t str,
    builder: Builder<'t>,
    diagnostics: Vec<Diagnostic>,
}

impl Parser<'_> {
    fn batch(&mut self, tokens: &[Spanned]) -> Vec<Stmt> {
        let mut repaired = None;
        if tokens.iter().any(|t| t.token == Token::Invalid) {
            let mut lines = lines(tokens);
            let is_bad = |l: &Line| tokens[l.tokens.clone()].iter().any(|t| t.token == Token::Invalid);
            let bad: Vec<_> = (0..lines.len()).filter(|&i| is_bad(&lines[i])).collect();
            for i in bad {
                give_up(tokens, &mut lines, i);
            }
            repaired = Some(rebuild(tokens, &lines));
        }
        loop {
            let now = repaired.as_deref().unwrap_or(tokens);
            let mark = self.builder.mark();
            let (at, expected) = match self.attempt(now) {
                Ok(body) => return body,
                Err(mistake) => mistake,
            };
            self.builder.back_to(mark);
            let mut lines = lines(now);
            let Some(culprit) = culprit(now, &lines, at) else { return Vec::new() };
            if lines[culprit].given_up {
                return Vec::new();
            }
            let line = lines[culprit].tokens.clone();
            let mistake =
                Mistake { text: self.text, source: self.source, tokens: now, line, at, expected: &expected };
            self.diagnostics.push(errors::describe(&mistake));
            if self.diagnostics.len() >= MAX_ERRORS {
                return Vec::new();
            }
            give_up(now, &mut lines, culprit);
            repaired = Some(rebuild(now, &lines));
        }
    }

    /// The statements, or the index of the token that fits nowhere and what was expected there.
    fn attempt(&mut self, tokens: &[Spanned]) -> Result<Vec<Stmt>, (usize, Vec<String>)> {
        let read = Cell::new(0);
        let stream = tokens.iter().map(|t| {
            read.set(read.get() + 1);
            Ok((t.span.start, t.token, t.span.end))
        });
        ChunkParser::new().parse(&mut self.builder, stream).map_err(|error| match error {
            ParseError::UnrecognizedToken { expected, .. } => (read.get() - 1, expected),
            ParseError::UnrecognizedEof { expected, .. } => (tokens.len(), expected),
            ParseError::InvalidToken { .. } | ParseError::ExtraToken { .. } | ParseError::User { .. } => {
                (read.get().saturating_sub(1), Vec::new())
            }
        })
    }
}

fn lines(tokens: &[Spanned]) -> Vec<Line> {
    let mut lines = Vec::new();
    let (mut level, mut start) = (0_u32, None);
    for (i, token) in tokens.iter().enumerate() {
        match token.token {
            Token::Indent => level += 1,
            Token::Dedent => level = level.saturating_sub(1),
            Token::Newline => {
                let start = start.take().unwrap_or(i);
                let given_up = tokens[start].token == Token::GivenUp;
                lines.push(Line { tokens: start..i + 1, level, given_up });
            }
            _ => start = start.or(Some(i)),
        }
    }
    lines
}

/// The line to give up for a mistake at token `at`: its own one, unless a statement above was left unfinished.
fn culprit(tokens: &[Spanned], lines: &[Line], at: usize) -> Option<usize> {
    let own = lines.iter().position(|l| l.tokens.end > at);
    let between = own.is_none_or(|own| at <= lines[own].tokens.start);
    if between {
        let until = own.unwrap_or(lines.len());
        // The level before the token takes effect.
        let before = tokens[..at].iter().fold(0_u32, |level, t| match t.token {
            Token::Indent => level + 1,
            Token::Dedent => level.saturating_sub(1),
            _ => level,
        });
        let above = lines[..until].iter().rposition(|l| l.level <= before);
        if let Some(above) = above.filter(|&i| lines[i].level == before && !lines[i].given_up) {
            let first = tokens[lines[above].tokens.start].token;
            if first == Token::Try || own.is_none() {
                return Some(above);
            }
        }
    }
    own.or(lines.len().checked_sub(1))
}

/// Gives up a line, and the headers that make no sense without it.
fn give_up(tokens: &[Spanned], lines: &mut [Line], at: usize) {
    let first = |line: &Line| tokens[line.tokens.start].token;
    let level = lines[at].level;
    lines[at].given_up = true;
    let mut top = at;
    while top > 0 && (first(&lines[top]).continues_statement() || lines[top].level > level) {
        top -= 1;
        if lines[top].level < level {
            break;
        }
        lines[top].given_up |= lines[top].level == level;
    }
    while top > 0 && lines[top - 1].level == level && first(&lines[top - 1]) == Token::At {
        top -= 1;
        lines[top].given_up = true;
    }
    let is_match = first(&lines[at]) == Token::Match;
    for i in at + 1..lines.len() {
        let continues = lines[i].level == level && first(&lines[i]).continues_statement();
        let is_case = is_match && lines[i].level == level + 1 && first(&lines[i]) == Token::Case;
        if lines[i].level <= level && !continues {
            break;
        }
        lines[i].given_up |= continues || is_case;
    }
}

/// The tokens with one [`Token::GivenUp`] for each line that was given up.
fn rebuild(tokens: &[Spanned], lines: &[Line]) -> Vec<Spanned> {
    let mut out = Vec::with_capacity(tokens.len());
    let mut done = 0;
    for line in lines.iter().filter(|l| l.given_up) {
        out.extend_from_slice(&tokens[done..line.tokens.start]);
        let newline = tokens[line.tokens.end - 1];
        let span = Span::new(tokens[line.tokens.start].span.start, newline.span.start);
        out.push(Spanned { token: Token::GivenUp, span });
        out.push(newline);
        done = line.tokens.end;
    }
    out.extend_from_slice(&tokens[done..]);
    out
}
