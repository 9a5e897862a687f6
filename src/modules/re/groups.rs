//! Groups: what stands between parentheses in a pattern.

use super::translate::{
    ASCII, DEEPEST, Done, Group, Kind, LOCALE, Mistake, Translator, UNICODE, Width, wrong,
};
use std::fmt::Write;

impl Translator {
    /// A name up to `end`, and where it begins.
    fn name(&mut self, end: char) -> Done<(String, usize)> {
        let start = self.at;
        let Some(length) = self.chars[start..].iter().position(|&c| c == end) else {
            return if start == self.chars.len() {
                wrong("missing group name", start)
            } else {
                wrong(format!("missing {end}, unterminated name"), start)
            };
        };
        if length == 0 {
            return wrong("missing group name", start);
        }
        self.at = start + length + 1;
        Ok((self.chars[start..start + length].iter().collect(), start))
    }

    fn check_name(&self, name: &str, at: usize) -> Done<()> {
        let proper = crate::text::casing::isidentifier(name) && (!self.bytes || name.is_ascii());
        if proper { Ok(()) } else { wrong(format!("bad character in group name {}", self.shown(name)), at) }
    }

    fn shown(&self, name: &str) -> String {
        crate::text::quote::repr_str(name)
    }

    fn known(&self, name: &str, at: usize) -> Done<usize> {
        match self.groups.iter().position(|g| g.name.as_deref() == Some(name)) {
            Some(i) => Ok(i + 1),
            None => wrong(format!("unknown group name {}", self.shown(name)), at),
        }
    }

    pub(super) fn group(&mut self) -> Done<(String, Width, bool)> {
        let here = self.at;
        self.depth += 1;
        if self.depth > DEEPEST {
            return wrong("groups are nested too deeply", here);
        }
        self.at += 1;
        let result = if self.eat('?') { self.extension(here) } else { self.capture(here, None) };
        self.depth -= 1;
        result
    }

    fn close(&mut self, here: usize) -> Done<()> {
        if self.eat(')') { Ok(()) } else { wrong("missing ), unterminated subpattern", here) }
    }

    fn capture(&mut self, here: usize, name: Option<String>) -> Done<(String, Width, bool)> {
        let index = self.groups.len();
        self.groups.push(Group { name, depth: self.depth, closed: false, width: (0, 0) });
        let flags = self.flags;
        let (body, width) = self.alternatives()?;
        self.flags = flags;
        self.close(here)?;
        self.groups[index].closed = true;
        self.groups[index].width = width;
        Ok((format!("({body})"), width, true))
    }

    fn extension(&mut self, here: usize) -> Done<(String, Width, bool)> {
        let mark = self.at;
        let Some(c) = self.peek() else { return wrong("unexpected end of pattern", self.at) };
        self.at += 1;
        match c {
            'P' => self.named_extension(here),
            ':' => self.wrapped(here, "(?:"),
            '>' => self.wrapped(here, "(?>"),
            '#' => {
                while let Some(c) = self.peek() {
                    self.at += 1;
                    if c == ')' {
                        // What follows may repeat what stands before; that is not supported.
                        return Ok((String::new(), (0, 0), false));
                    }
                }
                wrong("missing ), unterminated comment", here)
            }
            '=' | '!' => {
                let (text, _, _) = self.wrapped(here, if c == '=' { "(?=" } else { "(?!" })?;
                Ok((text, (0, 0), true))
            }
            '<' => {
                let Some(kind) = self.peek() else { return wrong("unexpected end of pattern", self.at) };
                self.at += 1;
                if kind != '=' && kind != '!' {
                    return wrong(format!("unknown extension ?<{kind}"), mark - 1);
                }
                let (text, width, _) = self.wrapped(here, if kind == '=' { "(?<=" } else { "(?<!" })?;
                if width.0 != width.1 {
                    let message = "look-behind requires fixed-width pattern".into();
                    return Err(Mistake { message, at: None, kind: Kind::Pattern });
                }
                Ok((text, (0, 0), true))
            }
            '(' => self.conditional(here),
            '-' | 'a'..='z' | 'A'..='Z' if "-aiLmsux".contains(c) => self.scoped_flags(here, mark),
            _ => wrong(format!("unknown extension ?{c}"), mark - 1),
        }
    }

    fn wrapped(&mut self, here: usize, open: &str) -> Done<(String, Width, bool)> {
        let flags = self.flags;
        let (body, width) = self.alternatives()?;
        self.flags = flags;
        self.close(here)?;
        Ok((format!("{open}{body})"), width, true))
    }

    fn named_extension(&mut self, here: usize) -> Done<(String, Width, bool)> {
        let mark = self.at;
        if self.eat('<') {
            let (name, at) = self.name('>')?;
            self.check_name(&name, at)?;
            if let Ok(old) = self.known(&name, at) {
                let (new, name) = (self.groups.len() + 1, self.shown(&name));
                return wrong(
                    format!("redefinition of group name {name} as group {new}; was group {old}"),
                    at,
                );
            }
            return self.capture(here, Some(name));
        }
        if self.eat('=') {
            let (name, at) = self.name(')')?;
            self.check_name(&name, at)?;
            let number = self.known(&name, at)?;
            return self.back_reference(number, at, at);
        }
        match self.peek() {
            None => wrong("unexpected end of pattern", self.at),
            Some(c) => wrong(format!("unknown extension ?P{c}"), mark - 2),
        }
    }

    fn conditional(&mut self, here: usize) -> Done<(String, Width, bool)> {
        let (name, at) = self.name(')')?;
        let number = if name.bytes().all(|b| b.is_ascii_digit()) {
            match name.parse::<usize>() {
                Ok(0) => return wrong("bad group number", at),
                Ok(n) if n <= 1_000_000 => n,
                _ => return wrong(format!("invalid group reference {name}"), at),
            }
        } else {
            self.check_name(&name, at)?;
            self.known(&name, at)?
        };
        // A group may be asked for before it comes; it must come.
        self.asked.push((number, at));
        let (yes, width) = self.sequence()?;
        let (mut text, mut width) = (format!("(?({number}){yes}"), width);
        if self.eat('|') {
            let (no, other) = self.sequence()?;
            if self.peek() == Some('|') {
                return wrong("conditional backref with more than two branches", self.at);
            }
            let _ = write!(text, "|{no}");
            width = (width.0.min(other.0), width.1.max(other.1));
        } else {
            width.0 = 0;
        }
        self.close(here)?;
        text.push(')');
        Ok((text, width, true))
    }

    /// `(?i:...)`, `(?-i:...)`
    fn scoped_flags(&mut self, here: usize, mark: usize) -> Done<(String, Width, bool)> {
        self.at = mark;
        let (mut on, mut off, mut minus) = (0, 0, false);
        loop {
            match self.peek() {
                None => return wrong("missing -, : or )", self.at),
                Some(')') if !minus => {
                    return wrong("global flags not at the start of the expression", here);
                }
                Some(':') if !minus || off != 0 => break,
                Some('-') if !minus => {
                    minus = true;
                    self.at += 1;
                    if !self.peek().is_some_and(char::is_alphabetic) {
                        return wrong("missing flag", self.at);
                    }
                }
                Some(_) if minus => {
                    off |= self.flag(self.at)?;
                    if off & (ASCII | LOCALE | UNICODE) != 0 {
                        let message = "bad inline flags: cannot turn off flags 'a', 'u' and 'L'";
                        return wrong(message, self.at);
                    }
                }
                Some(_) => on |= self.flag(self.at)?,
            }
        }
        if on & off != 0 {
            return wrong("bad inline flags: flag turned on and off", self.at);
        }
        self.at += 1;
        let before = self.flags;
        if on & (ASCII | LOCALE | UNICODE) != 0 {
            self.flags &= !(ASCII | LOCALE | UNICODE);
        }
        self.flags = (self.flags | on) & !off;
        let open = if self.folds() { "(?i:" } else { "(?-i:" };
        let (body, width) = self.alternatives()?;
        self.flags = before;
        self.close(here)?;
        Ok((format!("{open}{body})"), width, true))
    }
}
