//! Words that were meant as keywords: misspelt ones, and those of other languages. Help for a line that is no
//! statement; the message stays CPython's.

use super::token::{Spanned, Token};
use crate::text::nearest::{nearest, swapped};
use std::ops::Range;

const KEYWORDS: [&str; 32] = [
    "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif", "else",
    "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal", "not",
    "or", "pass", "raise", "return", "try", "while", "with", "yield",
];

/// First words of statements elsewhere, and what is written here.
const ELSEWHERE: &[(&str, &str)] = &[
    ("catch", "exceptions are caught with except SomeError as error:"),
    ("const", "a name gets its value without a word before it: name = value"),
    ("elseif", "write elif"),
    ("elsif", "write elif"),
    ("fn", "functions are defined with def"),
    ("foreach", "write for item in items:"),
    ("func", "functions are defined with def"),
    ("function", "functions are defined with def"),
    ("let", "a name gets its value without a word before it: name = value"),
    ("new", "an object is made by calling its class: Name(...)"),
    ("switch", "write match value: with case ...: below it"),
    ("throw", "exceptions are raised with raise"),
    ("until", "write while not condition:"),
    ("var", "a name gets its value without a word before it: name = value"),
];

/// A line of tokens, and where in it nothing fits any more.
pub(super) struct Line<'a> {
    pub text: &'a str,
    pub tokens: &'a [Spanned],
    pub range: Range<usize>,
    pub at: usize,
}

impl Line<'_> {
    fn token(&self, at: usize) -> Option<Token> {
        self.tokens.get(at).map(|t| t.token)
    }

    fn word(&self, at: usize) -> Option<&str> {
        let token = self.tokens.get(at).filter(|t| t.token == Token::Name)?;
        self.text.get(token.span.start as usize..token.span.end as usize)
    }

    /// The source text of a keyword.
    fn keyword(&self, at: usize) -> Option<&str> {
        let token = self.tokens.get(at).filter(|t| t.token != Token::Name)?;
        let word = self.text.get(token.span.start as usize..token.span.end as usize)?;
        KEYWORDS.contains(&word).then_some(word)
    }

    /// One line of help, if it is clear enough what was meant.
    pub fn help(&self) -> Option<String> {
        let (here, previous) = (self.token(self.at)?, self.at.checked_sub(1).and_then(|at| self.token(at)));
        match (previous, here) {
            (Some(Token::Else), Token::If) => return Some("write elif".into()),
            (Some(Token::Ampersand), Token::Ampersand) => return Some("write and".into()),
            (Some(Token::Bar), Token::Bar) => return Some("write or".into()),
            (Some(Token::Plus), Token::Newline) if self.doubled(Token::Plus) => {
                return Some("write += 1".into());
            }
            (Some(Token::Minus), Token::Newline) if self.doubled(Token::Minus) => {
                return Some("write -= 1".into());
            }
            _ => (),
        }
        if self.at == self.range.start + 1 {
            if here == Token::ColonEqual {
                return Some("a statement assigns with =; := stands inside expressions".into());
            }
            if let Some(keyword) = self.keyword(self.range.start).filter(|_| here == Token::Equal) {
                return Some(format!("{keyword} is a keyword: choose another name, such as {keyword}_"));
            }
        }
        let first = self.word(self.range.start);
        if self.at == self.range.start + 1
            && let Some((_, help)) = ELSEWHERE.iter().find(|(word, _)| Some(*word) == first)
        {
            return Some((*help).to_owned());
        }
        // The word before the mistake, one that begins the line it is in, and one that looks like a header.
        let begins = self.at == self.range.start || self.at > self.range.end;
        let header = self.token(self.range.start + 1) == Some(Token::Colon) && here == Token::Newline;
        let places = [self.at.checked_sub(1), begins.then_some(self.at), header.then_some(self.range.start)];
        let word = places.into_iter().flatten().find_map(|at| self.meant(at))?;
        Some(format!("did you mean {word}?"))
    }

    fn doubled(&self, token: Token) -> bool {
        self.at >= self.range.start + 2 && self.token(self.at - 2) == Some(token)
    }

    /// The keyword that a name was meant as: one letter off, and a name that nothing else in the source has.
    fn meant(&self, at: usize) -> Option<&'static str> {
        let word = self.word(at)?;
        let elsewhere = |t: &&Spanned| {
            t.token == Token::Name && self.text.get(t.span.start as usize..t.span.end as usize) == Some(word)
        };
        if self.tokens.iter().filter(elsewhere).count() > 1 {
            return None;
        }
        if let Some(keyword) = KEYWORDS.into_iter().find(|keyword| swapped(word, keyword)) {
            return Some(keyword);
        }
        if word.len() < 4 {
            return None;
        }
        let found = nearest(word, KEYWORDS)?;
        let keyword = KEYWORDS.into_iter().find(|keyword| *keyword == found)?;
        (keyword.len() >= 4 && word.len().abs_diff(keyword.len()) <= 1).then_some(keyword)
    }
}
