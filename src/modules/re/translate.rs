//! Patterns in the language's syntax, checked, and said again in the syntax of `fancy-regex`.
//!
//! Groups keep their numbers; names, flags, comments and blanks of verbose patterns are resolved here.

use super::classes;

pub const IGNORECASE: i64 = 2;
pub const LOCALE: i64 = 4;
pub const MULTILINE: i64 = 8;
pub const DOTALL: i64 = 16;
pub const UNICODE: i64 = 32;
pub const VERBOSE: i64 = 64;
pub const ASCII: i64 = 256;

/// More repetitions cannot be asked for.
const MOST: u64 = 4_294_967_295;
/// Groups inside groups: what follows recurses.
pub const DEEPEST: usize = 200;

/// What is wrong, and at which character.
pub struct Mistake {
    pub message: String,
    pub at: Option<usize>,
    pub kind: Kind,
}

/// Which exception it becomes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Pattern,
    /// The pattern cannot be represented, though it is right.
    Overflow,
    /// The flags contradict the pattern, or each other.
    Flags,
}

pub struct Group {
    pub name: Option<String>,
    pub depth: usize,
    pub(super) closed: bool,
    pub(super) width: Width,
}

pub struct Translated {
    pub body: String,
    pub flags: i64,
    pub groups: Vec<Group>,
}

pub type Done<T> = Result<T, Mistake>;
/// The least and the greatest number of characters that something matches.
pub type Width = (u64, u64);

pub struct Translator {
    pub(super) chars: Vec<char>,
    pub(super) at: usize,
    /// A pattern of bytes, given as Latin-1.
    pub(super) bytes: bool,
    pub(super) flags: i64,
    pub(super) groups: Vec<Group>,
    pub(super) depth: usize,
    /// Groups that conditions ask for, and where.
    pub(super) asked: Vec<(usize, usize)>,
}

pub fn wrong<T>(message: impl Into<String>, at: usize) -> Done<T> {
    Err(Mistake { message: message.into(), at: Some(at), kind: Kind::Pattern })
}

/// Translates a pattern; `flags` are those given beside it.
pub fn translate(pattern: &str, bytes: bool, flags: i64) -> Done<Translated> {
    let mut flags = flags;
    loop {
        let chars = pattern.chars().collect();
        let mut t =
            Translator { chars, at: 0, bytes, flags, groups: Vec::new(), depth: 0, asked: Vec::new() };
        let global = t.global_flags()?;
        // They may make a pattern verbose that was read as a plain one.
        if global | flags != flags {
            flags |= global;
            continue;
        }
        let flags = t.fixed_flags()?;
        t.flags = flags;
        let (body, _) = t.alternatives()?;
        if t.at < t.chars.len() {
            return wrong("unbalanced parenthesis", t.at);
        }
        if let Some(&(number, at)) = t.asked.iter().find(|(number, _)| *number > t.groups.len()) {
            return wrong(format!("invalid group reference {number}"), at);
        }
        let body = if t.folds() { format!("(?i:{body})") } else { body };
        return Ok(Translated { body, flags, groups: t.groups });
    }
}

impl Translator {
    fn fixed_flags(&self) -> Done<i64> {
        let mut flags = self.flags;
        let refused = |message: &str| Err(Mistake { message: message.into(), at: None, kind: Kind::Flags });
        if self.bytes {
            if flags & UNICODE != 0 {
                return refused("cannot use UNICODE flag with a bytes pattern");
            }
            if flags & LOCALE != 0 && flags & ASCII != 0 {
                return refused("ASCII and LOCALE flags are incompatible");
            }
        } else {
            if flags & LOCALE != 0 {
                return refused("cannot use LOCALE flag with a str pattern");
            }
            if flags & ASCII != 0 && flags & UNICODE != 0 {
                return refused("ASCII and UNICODE flags are incompatible");
            }
            if flags & ASCII == 0 {
                flags |= UNICODE;
            }
        }
        Ok(flags)
    }

    pub(super) fn has(&self, flag: i64) -> bool {
        self.flags & flag != 0
    }

    /// Whether `\w` and letters' cases are those of ASCII.
    fn ascii(&self) -> bool {
        self.bytes || self.has(ASCII)
    }

    /// Whether the engine ignores the case itself.
    pub(super) fn folds(&self) -> bool {
        self.has(IGNORECASE) && !self.ascii()
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    pub(super) fn eat(&mut self, c: char) -> bool {
        let found = self.peek() == Some(c);
        self.at += usize::from(found);
        found
    }

    /// `(?imsx)` at the very beginning.
    fn global_flags(&mut self) -> Done<i64> {
        let mut found = 0;
        loop {
            let start = self.at;
            if self.has(VERBOSE) || found & VERBOSE != 0 {
                self.skip_blanks();
            }
            let letters =
                self.chars[self.at..].iter().skip(2).take_while(|c| c.is_ascii_alphabetic()).count();
            let is_group = self.chars[self.at..].starts_with(&['(', '?']);
            let close = self.chars.get(self.at + 2 + letters);
            if !is_group
                || letters == 0
                || close != Some(&')')
                || !"aiLmsux".contains(self.chars[self.at + 2])
            {
                self.at = start;
                return Ok(found);
            }
            self.at += 2;
            for _ in 0..letters {
                let at = self.at;
                found |= self.flag(at)?;
            }
            self.at += 1;
        }
    }

    /// One letter of inline flags.
    pub(super) fn flag(&mut self, at: usize) -> Done<i64> {
        let c = self.chars[at];
        let flag = match c {
            'i' => IGNORECASE,
            'L' => LOCALE,
            'm' => MULTILINE,
            's' => DOTALL,
            'x' => VERBOSE,
            'a' => ASCII,
            'u' => UNICODE,
            _ if c.is_alphabetic() => return wrong("unknown flag", at),
            _ => return wrong("missing -, : or )", at),
        };
        self.at = at + 1;
        if flag == LOCALE && !self.bytes {
            return wrong("bad inline flags: cannot use 'L' flag with a str pattern", self.at);
        }
        if flag == UNICODE && self.bytes {
            return wrong("bad inline flags: cannot use 'u' flag with a bytes pattern", self.at);
        }
        Ok(flag)
    }

    fn skip_blanks(&mut self) {
        while let Some(c) = self.peek() {
            if c == '#' {
                while self.peek().is_some_and(|c| c != '\n') {
                    self.at += 1;
                }
            } else if matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{b}' | '\u{c}') {
                self.at += 1;
            } else {
                break;
            }
        }
    }

    pub(super) fn alternatives(&mut self) -> Done<(String, Width)> {
        let (mut body, mut width) = self.sequence()?;
        while self.eat('|') {
            let (next, other) = self.sequence()?;
            body.push('|');
            body.push_str(&next);
            width = (width.0.min(other.0), width.1.max(other.1));
        }
        Ok((body, width))
    }

    pub(super) fn sequence(&mut self) -> Done<(String, Width)> {
        let mut body = String::new();
        let mut width: Width = (0, 0);
        loop {
            if self.has(VERBOSE) {
                self.skip_blanks();
            }
            let (atom, own, repeatable) = match self.peek() {
                None | Some('|' | ')') => return Ok((body, width)),
                Some(c) => self.atom(c)?,
            };
            let (text, own) = self.repeats(atom, own, repeatable)?;
            body.push_str(&text);
            width = (width.0.saturating_add(own.0).min(MOST), width.1.saturating_add(own.1).min(MOST));
        }
    }

    /// The repetition that begins here: how it is written, least and most.
    fn repetition(&mut self) -> Done<Option<(String, u64, u64)>> {
        let here = self.at;
        let (text, least, most) = match self.peek() {
            Some('*') => ("*".into(), 0, MOST),
            Some('+') => ("+".into(), 1, MOST),
            Some('?') => ("?".into(), 0, 1),
            Some('{') => {
                let mut at = self.at + 1;
                while self.chars.get(at).is_some_and(char::is_ascii_digit) {
                    at += 1;
                }
                let (low, after) = (self.chars[self.at + 1..at].iter().collect::<String>(), at);
                let comma = self.chars.get(after) == Some(&',');
                let (high, end) = if comma {
                    at = after + 1;
                    let start = at;
                    while self.chars.get(at).is_some_and(char::is_ascii_digit) {
                        at += 1;
                    }
                    (self.chars[start..at].iter().collect::<String>(), at)
                } else {
                    (low.clone(), after)
                };
                if self.chars.get(end) != Some(&'}') || low.is_empty() && !comma {
                    return Ok(None);
                }
                let parse = |text: &str, empty: u64| {
                    if text.is_empty() {
                        return Ok(empty);
                    }
                    match text.parse::<u64>() {
                        Ok(n) if n < MOST => Ok(n),
                        _ => Err(Mistake {
                            message: "the repetition number is too large".into(),
                            at: None,
                            kind: Kind::Overflow,
                        }),
                    }
                };
                let (least, most) = (parse(&low, 0)?, parse(&high, MOST)?);
                if most < least {
                    return wrong("min repeat greater than max repeat", here + 1);
                }
                self.at = end;
                let text = if most == MOST { format!("{{{least},}}") } else { format!("{{{least},{most}}}") };
                (text, least, most)
            }
            _ => return Ok(None),
        };
        self.at += 1;
        Ok(Some((text, least, most)))
    }

    fn repeats(&mut self, atom: String, width: Width, repeatable: bool) -> Done<(String, Width)> {
        if self.has(VERBOSE) {
            self.skip_blanks();
        }
        let here = self.at;
        let Some((mut text, least, most)) = self.repetition()? else { return Ok((atom, width)) };
        if !repeatable {
            return wrong("nothing to repeat", here);
        }
        if self.eat('?') {
            text.push('?');
        } else if self.eat('+') {
            text.push('+');
        }
        let mark = self.at;
        if self.has(VERBOSE) {
            self.skip_blanks();
        }
        let again = self.at;
        if self.repetition()?.is_some() {
            return wrong("multiple repeat", again);
        }
        self.at = mark;
        let width = (width.0.saturating_mul(least).min(MOST), width.1.saturating_mul(most).min(MOST));
        // `{n}+` would be read as a repetition of a repetition.
        if text.ends_with('+') && text.len() > 1 {
            text.pop();
            return Ok((format!("(?>(?:{atom}){text})"), width));
        }
        Ok((format!("(?:{atom}){text}"), width))
    }

    /// One thing: how it is said, its width, and whether it can be repeated.
    fn atom(&mut self, c: char) -> Done<(String, Width, bool)> {
        let here = self.at;
        let one = (1, 1);
        match c {
            '*' | '+' | '?' => wrong("nothing to repeat", here),
            '{' if self.clone_repetition() => wrong("nothing to repeat", here),
            '.' => {
                self.at += 1;
                let text = if self.has(DOTALL) { "(?s:.)" } else { "[^\\n]" };
                Ok((text.into(), one, true))
            }
            '^' => {
                self.at += 1;
                Ok(((if self.has(MULTILINE) { "(?m:^)" } else { "\\A" }).into(), (0, 0), false))
            }
            '$' => {
                self.at += 1;
                let text = if self.has(MULTILINE) { "(?m:$)" } else { "(?=\\n?\\z)" };
                Ok((text.into(), (0, 0), false))
            }
            '(' => self.group(),
            '[' => Ok((self.class()?, one, true)),
            '\\' => self.escape(),
            _ => {
                self.at += 1;
                Ok((self.literal(c), one, true))
            }
        }
    }

    /// Whether braces here are a repetition.
    fn clone_repetition(&mut self) -> bool {
        let at = self.at;
        let found = !matches!(self.repetition(), Ok(None));
        self.at = at;
        found
    }

    fn literal(&self, c: char) -> String {
        if self.has(IGNORECASE) && self.ascii() && c.is_ascii_alphabetic() {
            return format!("[{}{}]", c.to_ascii_lowercase(), c.to_ascii_uppercase());
        }
        self.plain(c)
    }

    fn plain(&self, c: char) -> String {
        let mut out = String::new();
        classes::push_char(&mut out, c, self.bytes);
        out
    }

    fn escape(&mut self) -> Done<(String, Width, bool)> {
        let here = self.at;
        let Some(&c) = self.chars.get(here + 1) else {
            return wrong("bad escape (end of pattern)", here);
        };
        let zero = (0, 0);
        self.at += 2;
        if let Some(text) = classes::category(c, self.ascii()) {
            return Ok((format!("[{text}]"), (1, 1), true));
        }
        let text = match c {
            'A' => "\\A",
            'Z' => "\\z",
            'b' | 'B' => return Ok((classes::boundary(c == 'B', self.ascii()), zero, false)),
            '1'..='9' => return self.reference(here),
            _ => {
                self.at = here;
                let c = self.escaped_char(false)?;
                return Ok((self.literal(c), (1, 1), true));
            }
        };
        Ok((text.into(), zero, false))
    }

    /// `\1`, or an octal number of three digits.
    fn reference(&mut self, here: usize) -> Done<(String, Width, bool)> {
        let digit = |t: &Self, i: usize| t.chars.get(here + i).and_then(|c| c.to_digit(10));
        let mut number = digit(self, 1).unwrap_or(0);
        if let Some(second) = digit(self, 2) {
            if let (Some(third), true) = (digit(self, 3).filter(|&d| d < 8), number < 8 && second < 8) {
                let code = number * 64 + second * 8 + third;
                if code > 0o377 {
                    let text: String = self.chars[here..here + 4].iter().collect();
                    return wrong(format!("octal escape value {text} outside of range 0-0o377"), here);
                }
                self.at = here + 4;
                let c = char::from_u32(code).unwrap_or_default();
                return Ok((self.literal(c), (1, 1), true));
            }
            number = number * 10 + second;
            self.at = here + 3;
        }
        let text = self.back_reference(number as usize, here, here + 1)?;
        Ok(text)
    }

    pub(super) fn back_reference(
        &mut self,
        number: usize,
        at: usize,
        number_at: usize,
    ) -> Done<(String, Width, bool)> {
        let Some(group) = self.groups.get(number.wrapping_sub(1)) else {
            return wrong(format!("invalid group reference {number}"), number_at);
        };
        if !group.closed {
            return wrong("cannot refer to an open group", at);
        }
        let ascii_folding = self.has(IGNORECASE) && self.ascii();
        let text = if ascii_folding { format!("(?i:\\{number})") } else { format!("(?:\\{number})") };
        Ok((text, group.width, true))
    }

    /// A character by its escape, inside and outside of sets.
    fn escaped_char(&mut self, in_set: bool) -> Done<char> {
        let here = self.at;
        let Some(&c) = self.chars.get(here + 1) else {
            return wrong("bad escape (end of pattern)", here);
        };
        self.at += 2;
        Ok(match c {
            'a' => '\u{7}',
            'b' if in_set => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\u{b}',
            'x' => self.hexadecimal(here, 2)?,
            'u' if !self.bytes => self.hexadecimal(here, 4)?,
            'U' if !self.bytes => self.hexadecimal(here, 8)?,
            'N' if !self.bytes => self.named(here)?,
            '0'..='7' if c == '0' || in_set => self.octal(here)?,
            _ if c.is_ascii_alphanumeric() => return wrong(format!("bad escape \\{c}"), here),
            _ => c,
        })
    }

    fn hexadecimal(&mut self, here: usize, count: usize) -> Done<char> {
        let digits: String =
            self.chars[self.at..].iter().take(count).take_while(|c| c.is_ascii_hexdigit()).collect();
        self.at += digits.len();
        if digits.len() != count {
            let text: String = self.chars[here..self.at].iter().collect();
            return wrong(format!("incomplete escape {text}"), here);
        }
        match u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32) {
            Some(c) => Ok(c),
            None => {
                let text: String = self.chars[here..self.at].iter().collect();
                wrong(format!("bad escape {text}"), here)
            }
        }
    }

    fn octal(&mut self, here: usize) -> Done<char> {
        let digits: String =
            self.chars[here + 1..].iter().take(3).take_while(|c| ('0'..='7').contains(*c)).collect();
        self.at = here + 1 + digits.len();
        let code = u32::from_str_radix(&digits, 8).unwrap_or(0);
        if code > 0o377 {
            return wrong(format!("octal escape value \\{digits} outside of range 0-0o377"), here);
        }
        Ok(char::from_u32(code).unwrap_or_default())
    }

    fn named(&mut self, here: usize) -> Done<char> {
        if !self.eat('{') {
            return wrong("missing {", self.at);
        }
        let start = self.at;
        let Some(length) = self.chars[start..].iter().position(|&c| c == '}') else {
            return wrong("missing }, unterminated name", start);
        };
        let name: String = self.chars[start..start + length].iter().collect();
        self.at = start + length + 1;
        match unicode_names2::character(&name) {
            Some(c) => Ok(c),
            None => wrong(format!("undefined character name '{name}'"), here),
        }
    }

    /// `[...]`
    fn class(&mut self) -> Done<String> {
        let here = self.at;
        self.at += 1;
        let mut out = String::from(if self.eat('^') { "[^" } else { "[" });
        let first = self.at;
        loop {
            let start = self.at;
            let Some(c) = self.peek() else { return wrong("unterminated character set", here) };
            if c == ']' && start > first {
                self.at += 1;
                out.push(']');
                return Ok(out);
            }
            let low = self.class_item(&mut out, here)?;
            if self.peek() != Some('-') {
                self.push_range(&mut out, low, low);
                continue;
            }
            let dash = self.at;
            match self.chars.get(dash + 1) {
                None => return wrong("unterminated character set", here),
                Some(']') => {
                    self.push_range(&mut out, low, low);
                    self.push_range(&mut out, Some('-'), Some('-'));
                    self.at += 1;
                }
                Some(_) => {
                    self.at += 1;
                    let mut unused = String::new();
                    let high = self.class_item(&mut unused, here)?;
                    let text: String = self.chars[start..self.at].iter().collect();
                    match (low, high) {
                        (Some(low), Some(high)) if low <= high => {
                            self.push_range(&mut out, Some(low), Some(high));
                        }
                        _ => return wrong(format!("bad character range {text}"), start),
                    }
                }
            }
        }
    }

    /// One character of a set, or None for a category, which is written at once.
    fn class_item(&mut self, out: &mut String, set: usize) -> Done<Option<char>> {
        match self.peek() {
            None => wrong("unterminated character set", set),
            Some('\\') => {
                if let Some(&c) = self.chars.get(self.at + 1)
                    && let Some(text) = classes::category(c, self.ascii())
                {
                    self.at += 2;
                    out.push_str(&text);
                    return Ok(None);
                }
                Ok(Some(self.escaped_char(true)?))
            }
            Some(c) => {
                self.at += 1;
                Ok(Some(c))
            }
        }
    }

    fn push_range(&self, out: &mut String, low: Option<char>, high: Option<char>) {
        let (Some(low), Some(high)) = (low, high) else { return };
        classes::push_char(out, low, self.bytes);
        if low != high {
            out.push('-');
            classes::push_char(out, high, self.bytes);
        }
        if self.has(IGNORECASE) && self.ascii() {
            for c in ('a'..='z').chain('A'..='Z').filter(|c| (low..=high).contains(c)) {
                out.push(if c.is_ascii_lowercase() {
                    c.to_ascii_uppercase()
                } else {
                    c.to_ascii_lowercase()
                });
            }
        }
    }
}
