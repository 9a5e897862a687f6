//! Sentences for mistakes: the codes of the front end, CPython's nouns, and what the generated parser could not read.

use super::ast::ExprKind;
use super::lexer::lex;
use super::token::{Spanned, Token};
use super::{layout, misspelt, soft};
use crate::diagnostics::Diagnostic;
use crate::source::{SourceId, Span};
use std::ops::Range;

/// What the numbers of the front end's diagnostics mean.
pub mod code {
    pub const CHARACTER: u16 = 101;
    pub const NUMBER: u16 = 102;
    pub const STRING: u16 = 103;
    pub const FSTRING: u16 = 104;
    pub const BRACKET: u16 = 105;
    pub const INDENTATION: u16 = 106;
    pub const TABS: u16 = 107;
    pub const TOO_LARGE: u16 = 108;
    pub const SYNTAX: u16 = 201;
    pub const TARGET: u16 = 202;
    pub const STAR: u16 = 203;
    pub const ARGUMENT: u16 = 204;
    pub const PARAMETER: u16 = 205;
    pub const PATTERN: u16 = 206;
    pub const TOO_DEEP: u16 = 207;
}

/// What CPython calls an expression of this kind.
pub const fn noun(kind: &ExprKind) -> &'static str {
    match kind {
        ExprKind::Name(_) | ExprKind::Error => "name",
        ExprKind::None => "None",
        ExprKind::True => "True",
        ExprKind::False => "False",
        ExprKind::Ellipsis => "ellipsis",
        ExprKind::Int(_)
        | ExprKind::BigInt(_)
        | ExprKind::Float(_)
        | ExprKind::Imaginary(_)
        | ExprKind::Str(_)
        | ExprKind::Bytes(_) => "literal",
        ExprKind::FString(_) => "f-string expression",
        ExprKind::Tuple(_) => "tuple",
        ExprKind::List(_) => "list",
        ExprKind::Set(_) => "set display",
        ExprKind::Dict(_) => "dict literal",
        ExprKind::ListComp(_) => "list comprehension",
        ExprKind::SetComp(_) => "set comprehension",
        ExprKind::DictComp(_) => "dict comprehension",
        ExprKind::GeneratorExp(_) => "generator expression",
        ExprKind::Unary { .. } | ExprKind::Binary { .. } | ExprKind::BoolOp { .. } => "expression",
        ExprKind::Compare { .. } => "comparison",
        ExprKind::Conditional { .. } => "conditional expression",
        ExprKind::Named { .. } => "named expression",
        ExprKind::Lambda(_) => "lambda",
        ExprKind::Call { .. } => "function call",
        ExprKind::Attribute { .. } => "attribute",
        ExprKind::Subscript { .. } => "subscript",
        ExprKind::Slice { .. } => "slice",
        ExprKind::Starred(_) => "starred",
        ExprKind::Await(_) => "await expression",
        ExprKind::Yield(_) | ExprKind::YieldFrom(_) => "yield expression",
    }
}

/// A token that fits nowhere.
pub struct Mistake<'a> {
    pub text: &'a str,
    pub source: SourceId,
    pub tokens: &'a [Spanned],
    /// The logical line to blame.
    pub line: Range<usize>,
    /// The token's index; the number of tokens for the end of the source.
    pub at: usize,
    /// What would have fitted, in the grammar's spelling.
    pub expected: &'a [String],
}

/// A bracket or f-string that is open at the mistake, and what has been read in it.
#[allow(clippy::struct_excessive_bools, reason = "four unrelated facts")]
struct Scope {
    token: Token,
    at: usize,
    /// It is the brace of a replacement field.
    field: bool,
    comma: bool,
    colon: bool,
    lambda: bool,
}

/// The sentence for a mistake.
pub fn describe(mistake: &Mistake<'_>) -> Diagnostic {
    let (message, span) = mistake.explain();
    let mut diagnostic = Diagnostic::new(code::SYNTAX, mistake.source, span, message);
    if diagnostic.label.is_empty() {
        diagnostic.label = mistake.label();
    }
    let line = misspelt::Line {
        text: mistake.text,
        tokens: mistake.tokens,
        range: mistake.line.clone(),
        at: mistake.at,
    };
    // Other messages say what is wrong.
    let vague = ["invalid syntax", "expected ':'", "expected 'except' or 'finally' block"];
    match line.help().filter(|_| vague.contains(&&*diagnostic.message)) {
        Some(help) => diagnostic.with_help(help),
        None => diagnostic,
    }
}

impl Mistake<'_> {
    fn token(&self, at: usize) -> Token {
        self.tokens.get(at).map_or(Token::Newline, |t| t.token)
    }

    fn span(&self) -> Span {
        let end = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
        self.tokens.get(self.at).map_or(Span::new(end, end), |t| t.span)
    }

    fn word(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |t| &self.text[t.span.start as usize..t.span.end as usize])
    }

    fn expects(&self, what: &str) -> bool {
        self.expected.iter().any(|e| e.trim_matches('"') == what)
    }

    /// What was expected at the mistake, and what is there, in plain words.
    fn label(&self) -> String {
        let found = match self.tokens.get(self.at) {
            Some(token) => token.token.to_string(),
            None => "the end of the file".into(),
        };
        let previous = (self.at > self.line.start && self.at <= self.tokens.len())
            .then(|| self.token(self.at - 1))
            .filter(|token| !matches!(token, Token::Newline | Token::Indent | Token::Dedent));
        match previous {
            // Something computed, or a name, has to follow.
            Some(Token::For) => format!("expected a name after keyword 'for', found {found}"),
            Some(previous) if self.expects("int") && !previous.ends_operand() => {
                format!("expected an expression after {previous}, found {found}")
            }
            Some(previous) if self.expects("name") && !previous.ends_operand() => {
                format!("expected a name after {previous}, found {found}")
            }
            Some(previous) if self.expected.len() == 1 => {
                let wanted = self.expected[0].trim_matches('"');
                format!("expected '{wanted}' after {previous}, found {found}")
            }
            Some(_) => format!("{found} does not fit here"),
            None if self.after_decorator() => "the def or class of the decorator belongs here".into(),
            None => format!("{found} does not fit here"),
        }
    }

    /// Whether the line before the mistake's is a decorator.
    fn after_decorator(&self) -> bool {
        let before = &self.tokens[..self.line.start.min(self.tokens.len())];
        let Some((Spanned { token: Token::Newline, .. }, line)) = before.split_last() else { return false };
        let start = line.iter().rposition(|t| t.token == Token::Newline).map_or(0, |at| at + 1);
        line.get(start).is_some_and(|t| t.token == Token::At)
    }

    /// What is open between the line's start and the mistake; the first entry is the line itself.
    fn scopes(&self) -> Vec<Scope> {
        let scope = |token, at, field| Scope { token, at, field, comma: false, colon: false, lambda: false };
        let mut scopes = vec![scope(Token::Newline, self.line.start, false)];
        for at in self.line.start..self.at.min(self.line.end) {
            let token = self.token(at);
            let last = scopes.len() - 1;
            match token {
                Token::OpenParen | Token::OpenBracket | Token::OpenWith | Token::FStringStart => {
                    scopes.push(scope(token, at, false));
                }
                Token::OpenBrace => {
                    let around = &scopes[last];
                    let field = around.token == Token::FStringStart || (around.field && around.colon);
                    scopes.push(scope(token, at, field));
                }
                Token::CloseParen | Token::CloseBracket | Token::CloseBrace | Token::FStringEnd
                    if last > 0 =>
                {
                    scopes.pop();
                }
                Token::Comma => scopes[last].comma = true,
                Token::Lambda => scopes[last].lambda = true,
                Token::Colon if scopes[last].lambda && !scopes[last].field => scopes[last].lambda = false,
                Token::Colon => scopes[last].colon = true,
                _ => {}
            }
        }
        scopes
    }

    fn explain(&self) -> (String, Span) {
        let token = self.token(self.at);
        let here = self.span();
        let between = self.at < self.line.start || self.at >= self.line.end || self.at == self.line.start;
        if between {
            if self.token(self.line.start) == Token::Try && self.at > self.line.start {
                return ("expected 'except' or 'finally' block".into(), here);
            }
            return ("invalid syntax".into(), here);
        }
        let scopes = self.scopes();
        let scope = &scopes[scopes.len() - 1];
        if scope.field {
            return (self.explain_field(scope, token), here);
        }
        let previous = self.token(self.at - 1);
        self.explain_line(&scopes, token, previous)
            .map(|message| (message, here))
            .or_else(|| self.explain_inside(scope, token, previous))
            .unwrap_or_else(|| ("invalid syntax".into(), here))
    }

    fn explain_field(&self, scope: &Scope, token: Token) -> String {
        let previous = self.token(self.at - 1);
        if self.at == scope.at + 1 || (self.at == scope.at + 2 && previous == Token::Star) {
            let empty = self.at == scope.at + 1;
            if let Token::CloseBrace | Token::Exclamation | Token::Colon | Token::Equal = token
                && empty
            {
                return format!("f-string: valid expression required before {token}");
            }
            return "f-string: expecting a valid expression after '{'".into();
        }
        if scope.lambda && matches!(token, Token::FStringMiddle | Token::FStringMiddleRaw | Token::CloseBrace)
        {
            return "f-string: lambda expressions are not allowed without parentheses".into();
        }
        if previous == Token::Exclamation {
            return if token == Token::CloseBrace || token == Token::Colon {
                "f-string: missing conversion character".into()
            } else {
                "f-string: invalid conversion character".into()
            };
        }
        if self.token(self.at.saturating_sub(2)) == Token::Exclamation {
            return "f-string: expecting ':' or '}'".into();
        }
        if previous == Token::Equal {
            return "f-string: expecting '!', or ':', or '}'".into();
        }
        if previous.ends_operand() && token.starts_operand() {
            return "invalid syntax. Perhaps you forgot a comma?".into();
        }
        "f-string: expecting '=', or '!', or ':', or '}'".into()
    }

    /// Mistakes that the line's first words give away.
    fn explain_line(&self, scopes: &[Scope], token: Token, previous: Token) -> Option<String> {
        let start = self.line.start;
        let first = self.token(start);
        let begins = |at: usize| at == start || matches!(self.token(at - 1), Token::Colon | Token::Semicolon);
        if previous == Token::Name
            && scopes.len() == 1
            && begins(self.at - 1)
            && (token.starts_operand() || token == Token::Name)
        {
            let word = self.word(self.at - 1);
            if word == "print" || word == "exec" {
                return Some(format!("Missing parentheses in call to '{word}'. Did you mean {word}(...)?"));
            }
        }
        if previous == Token::Import && token == Token::Newline {
            return Some("Expected one or more names after 'import'".into());
        }
        let keyword = if first == Token::Async { self.token(start + 1) } else { first };
        let header = scopes.len() == 1 && !scopes[0].colon;
        if header
            && self.expects(":")
            && matches!(keyword, Token::Def | Token::Else | Token::Try | Token::Finally)
        {
            return Some("expected ':'".into());
        }
        if first == Token::Import && token == Token::From {
            return Some("Did you mean to use 'from ... import ...' instead?".into());
        }
        let is_header = matches!(
            keyword,
            Token::If
                | Token::Elif
                | Token::For
                | Token::While
                | Token::With
                | Token::Class
                | Token::Except
                | Token::Case
                | Token::Match
        );
        if header && is_header && token == Token::Newline && self.expects(":") {
            return Some("expected ':'".into());
        }
        if header
            && keyword == Token::Def
            && self.expects("(")
            && !self.expects("name")
            && matches!(previous, Token::Name | Token::CloseBracket)
        {
            return Some("expected '('".into());
        }
        let generic = matches!(keyword, Token::Def | Token::Class | Token::Type);
        let names = start + 2 + usize::from(first == Token::Async);
        if generic && token == Token::CloseBracket && self.at == names + 1 && scopes.len() == 2 {
            return Some("Type parameter list cannot be empty".into());
        }
        None
    }

    /// Whether the parameters of a function or lambda are being read.
    fn in_parameters(&self, scope: &Scope) -> bool {
        let first = self.token(self.line.start);
        let def = self.line.start + usize::from(first == Token::Async);
        scope.lambda
            || (scope.token == Token::OpenParen
                && self.token(def) == Token::Def
                && matches!(self.token(scope.at - 1), Token::Name | Token::CloseBracket)
                && !(def..scope.at).any(|at| self.token(at) == Token::OpenParen))
    }

    /// Where the argument or element begins that the mistake is in.
    fn start_of_element(&self, scope: &Scope) -> usize {
        let mut depth = 0_u32;
        for at in (scope.at + 1..self.at).rev() {
            match self.token(at) {
                Token::CloseParen | Token::CloseBracket | Token::CloseBrace | Token::FStringEnd => depth += 1,
                Token::OpenParen | Token::OpenBracket | Token::OpenBrace | Token::FStringStart => {
                    depth = depth.saturating_sub(1);
                }
                Token::Comma if depth == 0 => return at + 1,
                _ => {}
            }
        }
        scope.at + 1
    }

    /// Mistakes inside brackets and expressions.
    fn explain_inside(&self, scope: &Scope, token: Token, previous: Token) -> Option<(String, Span)> {
        let here = self.span();
        let inside = scope.token != Token::Newline;
        if token == Token::Equal {
            let test = matches!(self.token(self.line.start), Token::If | Token::Elif | Token::While);
            if inside {
                let unpacked = match self.token(self.start_of_element(scope)) {
                    Token::Star => Some("iterable argument unpacking"),
                    Token::StarStar => Some("keyword argument unpacking"),
                    _ => None,
                };
                if let Some(what) = unpacked.filter(|_| scope.token == Token::OpenParen) {
                    return Some((format!("cannot assign to {what}"), here));
                }
                if scope.token == Token::OpenBrace && scope.colon && self.expects(":") {
                    return Some(("':' expected after dictionary key".into(), here));
                }
            }
            if test || inside {
                return self.explain_equal(previous);
            }
        }
        if token == Token::Not && previous.is_arithmetic() {
            return Some(("'not' after an operator must be parenthesized".into(), here));
        }
        if self.in_parameters(scope) {
            if token == Token::Star && previous == Token::Slash && self.at > scope.at + 2 {
                return Some(("expected comma between / and *".into(), here));
            }
            let ends = matches!(token, Token::Comma | Token::CloseParen);
            if previous == Token::Equal && ends {
                return Some(("expected default value expression".into(), here));
            }
        }
        if token == Token::Star && previous == Token::Colon && scope.token == Token::OpenBrace {
            return Some(("cannot use a starred expression in a dictionary value".into(), here));
        }
        if token == Token::For && inside && self.token(self.start_of_element(scope) + 1) == Token::Equal {
            let message = "invalid syntax. Maybe you meant '==' or ':=' instead of '='?";
            return Some((message.into(), here));
        }
        if inside && self.expects("in") && !matches!(token, Token::In) && self.after_for(scope) {
            return Some(("'in' expected after for-loop variables".into(), here));
        }
        if token == Token::ColonEqual && self.in_lambda_body() {
            return Some(("cannot use assignment expressions with lambda".into(), here));
        }
        if token == Token::StarStar && previous == Token::OpenParen && !self.expects("**") {
            return Some(("cannot use double starred expression here".into(), here));
        }
        if let Token::For | Token::Async = token
            && matches!(scope.token, Token::OpenBracket | Token::OpenBrace)
            && scope.comma
            && !scope.colon
        {
            let message = "did you forget parentheses around the comprehension target?";
            return Some((message.into(), Span::new(self.tokens[scope.at + 1].span.start, here.start)));
        }
        if token == Token::OpenParen && self.expects("name") && !self.expects("int") {
            if scope.lambda {
                return Some(("Lambda expression parameters cannot be parenthesized".into(), here));
            }
            if self.expects("/") || self.expects("**") {
                return Some(("Function parameters cannot be parenthesized".into(), here));
            }
        }
        if inside
            && matches!(token, Token::Comma | Token::CloseParen | Token::CloseBracket)
            && self.expects("lambda")
        {
            let before = self.tokens[self.at - 1].span;
            match previous {
                Token::Equal => return Some(("expected argument value expression".into(), before.to(here))),
                Token::Star => return Some(("Invalid star expression".into(), before)),
                _ => {}
            }
        }
        if self.expects("else") && token != Token::Colon {
            return Some(("expected 'else' after 'if' expression".into(), here));
        }
        if scope.token == Token::OpenBrace {
            if previous == Token::Colon && matches!(token, Token::Comma | Token::CloseBrace) {
                let message = "expression expected after dictionary key and ':'";
                return Some((message.into(), self.tokens[self.at - 1].span));
            }
            if scope.colon && scope.comma && self.expects(":") && previous.ends_operand() {
                return Some(("':' expected after dictionary key".into(), self.tokens[self.at - 1].span));
            }
        }
        let soft =
            previous == Token::Name && matches!(self.word(self.at - 1), "match" | "case" | "type" | "_");
        if inside
            && previous.ends_operand()
            && token.starts_operand()
            && self.expects("and")
            && !soft
            && !(previous == Token::Name && is_text(token))
        {
            let before = self.tokens[self.at - 1].span;
            return Some(("invalid syntax. Perhaps you forgot a comma?".into(), before.to(here)));
        }
        None
    }

    /// Whether the names of a comprehension's `for` are being read.
    fn after_for(&self, scope: &Scope) -> bool {
        let words = (scope.at + 1..self.at).rev().map(|at| self.token(at));
        let mut words = words.skip_while(|t| !matches!(t, Token::For | Token::In | Token::If));
        words.next() == Some(Token::For)
    }

    /// Whether the name before the mistake is the whole of a lambda's body so far.
    fn in_lambda_body(&self) -> bool {
        self.at >= 2
            && self.token(self.at - 1) == Token::Name
            && self.token(self.at - 2) == Token::Colon
            && (self.line.start..self.at).any(|at| self.token(at) == Token::Lambda)
    }

    /// The last token of the expression behind the token at `at`.
    fn end_of_expression(&self, at: usize) -> usize {
        let mut depth = 0_u32;
        let mut last = at;
        for i in at + 1..self.line.end.min(self.tokens.len()) {
            match self.token(i) {
                Token::OpenParen | Token::OpenBracket | Token::OpenBrace | Token::FStringStart => depth += 1,
                Token::CloseParen | Token::CloseBracket | Token::CloseBrace | Token::FStringEnd
                    if depth > 0 =>
                {
                    depth -= 1;
                }
                Token::CloseParen
                | Token::CloseBracket
                | Token::CloseBrace
                | Token::Newline
                | Token::Semicolon => break,
                Token::Colon | Token::Comma | Token::And | Token::Or | Token::Equal if depth == 0 => break,
                _ => {}
            }
            last = i;
        }
        last
    }

    /// A `=` where a comparison was meant.
    fn explain_equal(&self, previous: Token) -> Option<(String, Span)> {
        let what = match previous {
            Token::Name if self.token(self.at - 2) == Token::Dot => "attribute",
            Token::Name => {
                let message = "invalid syntax. Maybe you meant '==' or ':=' instead of '='?";
                let end = self.tokens[self.end_of_expression(self.at)].span;
                return Some((message.into(), self.tokens[self.at - 1].span.to(end)));
            }
            Token::CloseParen => "function call",
            Token::CloseBracket => "subscript",
            Token::Int | Token::Float | Token::Imaginary | Token::Str => "literal",
            _ => return None,
        };
        let message = format!("cannot assign to {what} here. Maybe you meant '==' instead of '='?");
        Some((message, self.tokens[self.at - 1].span))
    }
}

const fn is_text(token: Token) -> bool {
    matches!(token, Token::Str | Token::FStringStart)
}

/// Whether a REPL should read another line before it takes `text` for a statement: something is open, or a block may
/// go on (an empty line ends it).
#[must_use]
pub fn needs_more_input(text: &str) -> bool {
    let source = SourceId::default();
    let lexed = lex(source, text);
    if lexed.cut_off {
        // What is already wrong is not made right by another line.
        return lexed.diagnostics.len() <= 1;
    }
    if !lexed.diagnostics.is_empty() {
        return false;
    }
    let mut diagnostics = Vec::new();
    let mut tokens = layout::arrange(source, text, &lexed.tokens, &mut diagnostics);
    soft::mark(text, &mut tokens);
    let mut level = 0_u32;
    let mut opener = None;
    let mut at_line = true;
    for token in &tokens {
        match token.token {
            Token::Indent => level += 1,
            Token::Dedent => level = level.saturating_sub(1),
            Token::Newline => at_line = true,
            first => {
                if at_line && level == 0 {
                    opener = Some(first);
                }
                at_line = false;
            }
        }
    }
    let compound = matches!(
        opener,
        Some(
            Token::At
                | Token::Async
                | Token::Class
                | Token::Def
                | Token::For
                | Token::If
                | Token::Match
                | Token::Try
                | Token::While
                | Token::With
        )
    ) || opener.is_some_and(Token::continues_statement)
        || (tokens.iter().rev().nth(1).is_some_and(|t| t.token == Token::Colon));
    let last_line = text.strip_suffix('\n').unwrap_or(text).rsplit('\n').next().unwrap_or("");
    compound && !(text.ends_with('\n') && last_line.trim().is_empty())
}
