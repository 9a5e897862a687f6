//! What can be said of typed text alone: whether it is whole, how it goes on, how it is colored.

use crate::source::SourceId;
use crate::syntax::token::{Spanned, Token};
use crate::syntax::{lex, needs_more_input, parse_module};
use std::ops::Range;

pub const PROMPT: &str = ">>> ";
pub const CONTINUATION: &str = "... ";
/// How far a block is indented.
pub const INDENT: usize = 4;

/// Text as it was meant: copied from a session, it has prompts, and what was printed between them.
#[must_use]
pub fn without_prompts(text: &str) -> String {
    if !text.trim_start().starts_with(PROMPT.trim_end()) {
        return text.to_owned();
    }
    let mut lines = Vec::new();
    for line in text.lines() {
        let line = line.trim_start();
        for prompt in [PROMPT, CONTINUATION] {
            if let Some(typed) = line.strip_prefix(prompt) {
                lines.push(typed);
            } else if line == prompt.trim_end() {
                lines.push("");
            }
        }
    }
    lines.join("\n")
}

/// Whether Enter at its end runs it.
#[must_use]
pub fn is_whole(text: &str) -> bool {
    let text = without_prompts(text);
    is_command(&text)
        || asks_for_help(&text).is_some()
        || !needs_more_input(&format!("{text}\n"))
        || is_wrong(&text)
}

/// Whether no line that follows can make it right: the mistake stands before its end.
fn is_wrong(text: &str) -> bool {
    let source = SourceId::default();
    if lex(source, text).cut_off {
        return false;
    }
    let end = text.trim_end().len();
    parse_module(source, text).is_err_and(|mistakes| mistakes.iter().any(|m| (m.span.start as usize) < end))
}

/// Whether it is for the prompt itself: `:tasks`.
#[must_use]
pub fn is_command(text: &str) -> bool {
    text.trim_start().starts_with(':') && !text.contains('\n')
}

/// The expression of `expression?`.
#[must_use]
pub fn asks_for_help(text: &str) -> Option<&str> {
    let text = text.trim();
    let expression = text.strip_suffix('?').filter(|e| !e.is_empty() && !e.contains(['\n', '#']))?;
    // A text with a string in it may be meant to end like that.
    (!expression.contains(['\'', '"'])).then(|| expression.trim_end_matches('?'))
}

/// How many blanks the line after a text begins with.
#[must_use]
pub fn indentation_after(text: &str) -> usize {
    let line = text.rsplit('\n').next().unwrap_or_default();
    let indent = line.len() - line.trim_start_matches(' ').len();
    let tokens = lex(SourceId::default(), line).tokens;
    let mut words = tokens.iter().filter(|t| t.token != Token::Newline);
    let leaves = [Token::Return, Token::Pass, Token::Break, Token::Continue, Token::Raise];
    let opens = [Token::Colon, Token::OpenParen, Token::OpenBracket, Token::OpenBrace];
    match words.clone().next_back() {
        Some(last) if opens.contains(&last.token) => indent + INDENT,
        Some(_) if words.next().is_some_and(|first| leaves.contains(&first.token)) => {
            indent.saturating_sub(INDENT)
        }
        _ => indent,
    }
}

/// How many blanks Backspace takes away at the end of a text: a step of indentation, if nothing else stands there.
#[must_use]
pub fn blanks_to_remove(text: &str) -> Option<usize> {
    let line = text.rsplit('\n').next().unwrap_or_default();
    let blank = !line.is_empty() && line.bytes().all(|b| b == b' ');
    blank.then(|| (line.len() - 1) % INDENT + 1)
}

/// Whether Tab at the end of a text indents, rather than completes.
#[must_use]
pub fn tab_indents(text: &str) -> bool {
    text.rsplit('\n').next().unwrap_or_default().trim().is_empty()
}

/// SGR parameters of the parts of a text that have a color.
const KEYWORD: &str = "35";
const NUMBER: &str = "36";
const STRING: &str = "32";
const COMMENT: &str = "90";
const BRACKET: &str = "1;33";

/// The text with colors; the bracket at the cursor and its partner stand out.
#[must_use]
pub fn highlighted(text: &str, cursor: Option<usize>) -> String {
    if is_command(text) {
        return format!("\x1b[{KEYWORD}m{text}\x1b[0m");
    }
    let tokens = lex(SourceId::default(), text).tokens;
    let pair = cursor.and_then(|cursor| matching_brackets(&tokens, cursor));
    let mut out = String::with_capacity(text.len() * 2);
    let mut at = 0;
    for token in &tokens {
        let range = token.span.start as usize..token.span.end as usize;
        // What a mistake leaves of the text has no tokens.
        let (Some(gap), Some(word)) = (text.get(at..range.start), text.get(range.clone())) else { continue };
        colored_gap(&mut out, gap);
        let style = if pair.as_ref().is_some_and(|pair| pair.contains(&range)) {
            BRACKET
        } else {
            style_of(token.token)
        };
        paint(&mut out, style, word);
        at = range.end;
    }
    colored_gap(&mut out, text.get(at..).unwrap_or_default());
    out
}

fn style_of(token: Token) -> &'static str {
    match token {
        Token::Int | Token::Float | Token::Imaginary | Token::None | Token::True | Token::False => NUMBER,
        Token::Str
        | Token::FStringStart
        | Token::FStringMiddle
        | Token::FStringMiddleRaw
        | Token::FStringEnd => STRING,
        token if token.is_keyword() => KEYWORD,
        _ => "",
    }
}

fn paint(out: &mut String, style: &str, text: &str) {
    if style.is_empty() || text.is_empty() {
        out.push_str(text);
    } else {
        out.push_str(&format!("\x1b[{style}m{text}\x1b[0m"));
    }
}

/// Blanks and comments, which are no tokens, and strings that are not closed yet.
fn colored_gap(out: &mut String, gap: &str) {
    match gap.find(['#', '\'', '"']) {
        Some(start) => {
            out.push_str(&gap[..start]);
            let style = if gap[start..].starts_with('#') { COMMENT } else { STRING };
            paint(out, style, &gap[start..]);
        }
        None => out.push_str(gap),
    }
}

/// The ranges of the bracket before or under the cursor and of its partner.
fn matching_brackets(tokens: &[Spanned], cursor: usize) -> Option<[Range<usize>; 2]> {
    let range = |i: usize| tokens[i].span.start as usize..tokens[i].span.end as usize;
    let mut open = Vec::new();
    for (i, token) in tokens.iter().enumerate() {
        match token.token {
            Token::OpenParen | Token::OpenBracket | Token::OpenBrace => open.push(i),
            Token::CloseParen | Token::CloseBracket | Token::CloseBrace => {
                let partner = open.pop()?;
                let touches = |range: &Range<usize>| range.start == cursor || range.end == cursor;
                if touches(&range(i)) || touches(&range(partner)) {
                    return Some([range(partner), range(i)]);
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copied_session_loses_its_prompts() {
        assert_eq!(
            without_prompts(">>> x = 1\n>>> if x:\n...     x\n...\n1\n>>> y"),
            "x = 1\nif x:\n    x\n\ny"
        );
        assert_eq!(without_prompts("x >>> 1"), "x >>> 1");
    }

    #[test]
    fn statements_are_whole_when_nothing_is_open() {
        for text in
            ["", "x", "f(1)", "def f():\n    pass\n", "x = 1\ny = 2", ":tasks", "f?", ">>> x", "def f() x"]
        {
            assert!(is_whole(text), "{text:?}");
        }
        for text in [
            "if x:",
            "def f():\n    pass",
            "f(1,",
            "'''abc",
            "@d",
            "for x in y: z",
            "x = \\",
            "try:\n    x",
            "if x:\n    y\nelif",
        ] {
            assert!(!is_whole(text), "{text:?}");
        }
    }

    #[test]
    fn lines_are_indented_as_their_blocks() {
        assert_eq!(indentation_after("def f():"), 4);
        assert_eq!(indentation_after("def f():  # comment"), 4);
        assert_eq!(indentation_after("if x:\n    y = 1"), 4);
        assert_eq!(indentation_after("def f():\n    if x:\n        return 1"), 4);
        assert_eq!(indentation_after("x = [\n    1,"), 4);
        assert_eq!(
            (blanks_to_remove("x\n      "), blanks_to_remove("x\n    "), blanks_to_remove("x ")),
            (Some(2), Some(4), None)
        );
    }

    #[test]
    fn colors_leave_the_text_as_it_is() {
        for text in
            ["def f(x): return 'é' # c", "f'{x!r:>{w}}' + 1e5", "x = 'abc", "(]", "", "é = [1, (2, 3)]"]
        {
            for cursor in 0..=text.len() {
                let mut plain = String::new();
                let colored = highlighted(text, Some(cursor));
                for part in colored.split("\x1b[") {
                    plain.push_str(if plain.is_empty() && colored.starts_with(part) {
                        part
                    } else {
                        part.split_once('m').map_or(part, |p| p.1)
                    });
                }
                assert_eq!(plain, text);
            }
        }
        assert_eq!(highlighted("if x: 1", None), "\x1b[35mif\x1b[0m x: \x1b[36m1\x1b[0m");
        assert_eq!(highlighted("(x)", Some(0)), "\x1b[1;33m(\x1b[0mx\x1b[1;33m)\x1b[0m");
    }
}
