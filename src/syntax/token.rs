//! The tokens, which name themselves. No decision about layout or grammar lives here.

use crate::source::Span;
use logos::Logos;
use std::fmt;

/// A token with its place. Its text stays in the source: nothing is copied until the tree is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spanned {
    pub token: Token,
    pub span: Span,
}

/// Declares the tokens that have a fixed spelling once: the automaton and the names come from the same rows.
macro_rules! tokens {
    (keywords { $($keyword:ident = $keyword_text:tt,)* } symbols { $($symbol:ident = $symbol_text:tt,)* }) => {
        #[derive(Logos, Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[logos(skip(r"[ \t\x0C]+"))]
        #[logos(skip(r"#[^\r\n]*", allow_greedy = true))]
        pub enum Token {
            $(#[token($keyword_text)] $keyword,)*
            $(#[token($symbol_text)] $symbol,)*
            /// Any run of letters; whether Unicode allows it is checked afterwards, as in CPython.
            #[regex(r"[A-Za-z_\u{80}-\u{10FFFF}][A-Za-z0-9_\u{80}-\u{10FFFF}]*")]
            Name,
            /// The automaton only finds where a number begins: see `numbers.rs`.
            #[regex(r"[0-9]|\.[0-9]")]
            Int,
            Float,
            Imaginary,
            /// The automaton only finds prefix and first quote.
            #[regex(r#"([rRuUbB]|[bB][rR]|[rR][bB])?['"]"#)]
            Str,
            #[regex(r#"([fF]|[fF][rR]|[rR][fF])['"]"#)]
            FStringStart,
            FStringMiddle,
            FStringMiddleRaw,
            FStringEnd,
            #[regex(r"\r\n|\n|\r")]
            Newline,
            /// A backslash that joins two lines; never leaves the lexer.
            #[regex(r"\\(\r\n|\n|\r)")]
            Joint,
            #[token("\\")]
            Backslash,
            Indent,
            Dedent,
            /// `match`, `case`, `type` where they are keywords.
            Match,
            Case,
            Type,
            /// The parenthesis of `with (a as b, c as d):`.
            OpenWith,
            /// Text that is no token; always with a diagnostic.
            Invalid,
            /// A line given up, with the block below it; always with a diagnostic.
            GivenUp,
        }

        impl Token {
            /// How the token is always spelled, if it is.
            #[must_use]
            pub const fn text(self) -> Option<&'static str> {
                Some(match self {
                    $(Self::$keyword => $keyword_text,)*
                    $(Self::$symbol => $symbol_text,)*
                    Self::Match => "match",
                    Self::Case => "case",
                    Self::Type => "type",
                    Self::OpenWith => "(",
                    _ => return None,
                })
            }

            #[must_use]
            pub const fn is_keyword(self) -> bool {
                matches!(self, $(Self::$keyword)|* | Self::Match | Self::Case | Self::Type)
            }
        }
    };
}

tokens! {
    keywords {
        False = "False", None = "None", True = "True", And = "and", As = "as", Assert = "assert",
        Async = "async", Await = "await", Break = "break", Class = "class", Continue = "continue",
        Def = "def", Del = "del", Elif = "elif", Else = "else", Except = "except", Finally = "finally",
        For = "for", From = "from", Global = "global", If = "if", Import = "import", In = "in",
        Is = "is", Lambda = "lambda", Nonlocal = "nonlocal", Not = "not", Or = "or", Pass = "pass",
        Raise = "raise", Return = "return", Try = "try", While = "while", With = "with", Yield = "yield",
    }
    symbols {
        OpenParen = "(", CloseParen = ")", OpenBracket = "[", CloseBracket = "]", OpenBrace = "{",
        CloseBrace = "}", Comma = ",", Colon = ":", ColonEqual = ":=", Semicolon = ";", Dot = ".",
        Ellipsis = "...", Arrow = "->", At = "@", Exclamation = "!", Equal = "=", Plus = "+", Minus = "-",
        Star = "*", StarStar = "**", Slash = "/", SlashSlash = "//", Percent = "%", Tilde = "~",
        Ampersand = "&", Bar = "|", Caret = "^", ShiftLeft = "<<", ShiftRight = ">>",
        Less = "<", LessEqual = "<=", Greater = ">", GreaterEqual = ">=", EqualEqual = "==", NotEqual = "!=",
        PlusEqual = "+=", MinusEqual = "-=", StarEqual = "*=", StarStarEqual = "**=", SlashEqual = "/=",
        SlashSlashEqual = "//=", PercentEqual = "%=", AtEqual = "@=", AmpersandEqual = "&=", BarEqual = "|=",
        CaretEqual = "^=", ShiftLeftEqual = "<<=", ShiftRightEqual = ">>=",
    }
}

impl Token {
    /// Whether an operand can begin with it.
    #[must_use]
    pub const fn starts_operand(self) -> bool {
        matches!(
            self,
            Self::Name
                | Self::Int
                | Self::Float
                | Self::Imaginary
                | Self::Str
                | Self::FStringStart
                | Self::None
                | Self::True
                | Self::False
                | Self::Ellipsis
                | Self::Lambda
                | Self::Await
                | Self::Not
                | Self::OpenParen
                | Self::OpenBracket
                | Self::OpenBrace
                | Self::Tilde
        )
    }

    /// Whether an operand can end with it.
    #[must_use]
    pub const fn ends_operand(self) -> bool {
        matches!(
            self,
            Self::Name
                | Self::Int
                | Self::Float
                | Self::Imaginary
                | Self::Str
                | Self::FStringEnd
                | Self::None
                | Self::True
                | Self::False
                | Self::Ellipsis
                | Self::CloseParen
                | Self::CloseBracket
                | Self::CloseBrace
        )
    }

    /// An operator that calculates, with one operand or two.
    #[must_use]
    pub const fn is_arithmetic(self) -> bool {
        matches!(
            self,
            Self::Plus
                | Self::Minus
                | Self::Star
                | Self::Slash
                | Self::SlashSlash
                | Self::Percent
                | Self::At
                | Self::Tilde
        )
    }

    /// `else` and its like: a line that continues the statement above it.
    #[must_use]
    pub const fn continues_statement(self) -> bool {
        matches!(self, Self::Else | Self::Elif | Self::Except | Self::Finally)
    }

    /// A keyword that begins a statement and stands nowhere inside an expression.
    #[must_use]
    pub const fn only_begins_statement(self) -> bool {
        matches!(
            self,
            Self::Assert
                | Self::Break
                | Self::Class
                | Self::Continue
                | Self::Def
                | Self::Del
                | Self::Except
                | Self::Finally
                | Self::Global
                | Self::Import
                | Self::Nonlocal
                | Self::Pass
                | Self::Raise
                | Self::Return
                | Self::Try
                | Self::While
                | Self::With
        )
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.text() {
            Some(text) if self.is_keyword() => write!(f, "keyword '{text}'"),
            Some(text) => write!(f, "'{text}'"),
            None => f.write_str(match self {
                Self::Name => "a name",
                Self::Int | Self::Float | Self::Imaginary => "a number",
                Self::Str => "a string",
                Self::FStringStart => "an f-string",
                Self::FStringMiddle | Self::FStringMiddleRaw => "the text of an f-string",
                Self::FStringEnd => "the end of an f-string",
                Self::Newline => "the end of the line",
                Self::Indent => "an indented block",
                Self::Dedent => "the end of the block",
                Self::Joint | Self::Backslash => "a backslash",
                _ => "text that is no token",
            }),
        }
    }
}
