//! Words that are keywords only in places: `match`, `case`, `type`; and the parenthesis of `with (a as b, c as d):`.
//! Both would need more than one token of lookahead in the grammar, and need only a look along the line here.

use super::token::{Spanned, Token};

/// Marks keywords and parentheses in place.
pub fn mark(text: &str, tokens: &mut [Spanned]) {
    // For each open block: whether it is that of a `match`.
    let mut blocks: Vec<bool> = Vec::new();
    let mut i = 0;
    let mut after_match = false;
    while i < tokens.len() {
        match tokens[i].token {
            Token::Indent => blocks.push(std::mem::take(&mut after_match)),
            Token::Dedent => {
                blocks.pop();
            }
            Token::Newline => {}
            _ => {
                let length = tokens[i..]
                    .iter()
                    .position(|t| t.token == Token::Newline)
                    .unwrap_or(tokens.len() - i - 1)
                    + 1;
                let in_match = blocks.last().copied().unwrap_or(false);
                after_match = mark_line(text, &mut tokens[i..i + length], in_match);
                i += length;
                continue;
            }
        }
        i += 1;
    }
}

fn is_word(text: &str, token: Spanned, word: &str) -> bool {
    token.token == Token::Name && &text[token.span.start as usize..token.span.end as usize] == word
}

/// Marks one logical line; whether it is the header of a `match`.
fn mark_line(text: &str, line: &mut [Spanned], in_match: bool) -> bool {
    let first = line[0];
    let second = line.get(1).map_or(Token::Newline, |t| t.token);
    let mut opens_match = false;
    if in_match && is_word(text, first, "case") {
        line[0].token = Token::Case;
    } else if is_word(text, first, "match") {
        // No expression ends in a colon at the end of its line.
        opens_match = line.len() > 3 && line[line.len() - 2].token == Token::Colon && second != Token::Colon;
        if opens_match {
            line[0].token = Token::Match;
        }
    }
    let mut depth = 0_u32;
    let mut begins_statement = true;
    for i in 0..line.len() {
        let token = line[i].token;
        match token {
            Token::Name if begins_statement && is_word(text, line[i], "type") => {
                let name = line.get(i + 1).is_some_and(|t| t.token == Token::Name);
                let after = line.get(i + 2).map(|t| t.token);
                if name && matches!(after, Some(Token::Equal | Token::OpenBracket)) {
                    line[i].token = Token::Type;
                }
            }
            Token::With if line.get(i + 1).is_some_and(|t| t.token == Token::OpenParen) && depth == 0 => {
                mark_with(&mut line[i + 1..]);
            }
            Token::OpenParen | Token::OpenBracket | Token::OpenBrace | Token::OpenWith => depth += 1,
            Token::CloseParen | Token::CloseBracket | Token::CloseBrace => depth = depth.saturating_sub(1),
            _ => {}
        }
        begins_statement = depth == 0 && matches!(token, Token::Semicolon | Token::Colon);
    }
    opens_match
}

/// `rest` begins with the parenthesis behind `with`: it holds the items if an `as` stands in it, and a colon (or nothing) behind it.
fn mark_with(rest: &mut [Spanned]) {
    let mut depth = 0_u32;
    let mut has_as = false;
    for i in 0..rest.len() {
        match rest[i].token {
            Token::OpenParen | Token::OpenBracket | Token::OpenBrace => depth += 1,
            Token::CloseParen | Token::CloseBracket | Token::CloseBrace => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    if has_as
                        && rest.get(i + 1).is_some_and(|t| matches!(t.token, Token::Colon | Token::Newline))
                    {
                        rest[0].token = Token::OpenWith;
                    }
                    return;
                }
            }
            Token::As if depth == 1 => has_as = true,
            _ => {}
        }
    }
}
