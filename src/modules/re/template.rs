//! What stands in the place of a match: texts with references to groups, and functions.

use super::matched::{self, Match, group_value, pattern_of};
use super::pattern::{Compiled, compiled, error, latin1, subject};
use super::walking::{Walk, whole};
use crate::heap::Value;
use crate::objects::Bytes;
use crate::vm::{Raise, Result, Vm};

enum Part {
    Literal(String),
    Group(usize),
}

/// Takes a template apart. Bytes come as characters of the same codes.
struct Reader<'a> {
    chars: Vec<char>,
    at: usize,
    pattern: &'a Compiled,
    template: Value,
}

fn parse(vm: &mut Vm, pattern: &Compiled, template: Value) -> Result<Vec<Part>> {
    let plain = vm.unwrap(template);
    let text = match (plain.as_str(), plain.cast::<Bytes>()) {
        (Some(s), _) if !pattern.bytes => s.as_str().to_owned(),
        (_, Some(b)) if pattern.bytes => latin1(&b.value),
        _ => {
            let (class, wanted) =
                (vm.class_name(template), if pattern.bytes { "a bytes-like object" } else { "str instance" });
            return Err(vm.type_error(if pattern.bytes {
                format!("{wanted} is required, not '{class}'")
            } else if plain.is::<Bytes>() {
                format!("expected {wanted}, {class} found")
            } else {
                format!("decoding to str: need a bytes-like object, {class} found")
            }));
        }
    };
    let mut reader = Reader { chars: text.chars().collect(), at: 0, pattern, template };
    let mut parts = Vec::new();
    let mut literal = String::new();
    while let Some(&c) = reader.chars.get(reader.at) {
        reader.at += 1;
        if c != '\\' {
            literal.push(c);
            continue;
        }
        match reader.escape(vm)? {
            Part::Literal(text) => literal.push_str(&text),
            group @ Part::Group(_) => {
                parts.push(Part::Literal(std::mem::take(&mut literal)));
                parts.push(group);
            }
        }
    }
    parts.push(Part::Literal(literal));
    parts.retain(|p| !matches!(p, Part::Literal(text) if text.is_empty()));
    Ok(parts)
}

impl Reader<'_> {
    fn wrong(&self, vm: &mut Vm, message: &str, at: usize) -> Raise {
        error(vm, message, self.template, Value::int(at as i64))
    }

    fn group(&self, vm: &mut Vm, number: usize, at: usize) -> Result<Part> {
        if number > self.pattern.groups.len() {
            return Err(self.wrong(vm, &format!("invalid group reference {number}"), at));
        }
        Ok(Part::Group(number))
    }

    /// What follows a backslash.
    fn escape(&mut self, vm: &mut Vm) -> Result<Part> {
        let here = self.at - 1;
        let Some(&c) = self.chars.get(self.at) else {
            return Err(self.wrong(vm, "bad escape (end of pattern)", here));
        };
        self.at += 1;
        let literal = match c {
            'g' => return self.named(vm),
            '0' => self.octal(here + 1, 3),
            '1'..='9' => {
                let digits: Vec<u32> =
                    self.chars[here + 1..].iter().take(3).map_while(|c| c.to_digit(10)).collect();
                if let [a, b, c] = digits[..]
                    && a < 8
                    && b < 8
                    && c < 8
                {
                    if a > 3 {
                        let text: String = self.chars[here..here + 4].iter().collect();
                        let message = format!("octal escape value {text} outside of range 0-0o377");
                        return Err(self.wrong(vm, &message, here));
                    }
                    self.octal(here + 1, 3)
                } else {
                    let count = digits.len().min(2);
                    self.at = here + 1 + count;
                    let number = digits[..count].iter().fold(0, |n, d| n * 10 + *d as usize);
                    return self.group(vm, number, here + 1);
                }
            }
            'a' => '\u{7}',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\u{b}',
            '\\' => '\\',
            _ if c.is_ascii_alphabetic() => {
                return Err(self.wrong(vm, &format!("bad escape \\{c}"), here));
            }
            _ => return Ok(Part::Literal(format!("\\{c}"))),
        };
        Ok(Part::Literal(literal.into()))
    }

    fn octal(&mut self, start: usize, most: usize) -> char {
        let digits: Vec<u32> = self.chars[start..].iter().take(most).map_while(|c| c.to_digit(8)).collect();
        self.at = start + digits.len();
        let code = digits.iter().fold(0, |n, d| n * 8 + d) & 0xff;
        char::from_u32(code).unwrap_or_default()
    }

    /// `\g<name>` from the bracket on.
    fn named(&mut self, vm: &mut Vm) -> Result<Part> {
        if self.chars.get(self.at) != Some(&'<') {
            return Err(self.wrong(vm, "missing <", self.at));
        }
        let start = self.at + 1;
        let Some(length) = self.chars[start..].iter().position(|&c| c == '>') else {
            let missing =
                if start == self.chars.len() { "missing group name" } else { "missing >, unterminated name" };
            return Err(self.wrong(vm, missing, start));
        };
        let name: String = self.chars[start..start + length].iter().collect();
        self.at = start + length + 1;
        if name.is_empty() {
            return Err(self.wrong(vm, "missing group name", start));
        }
        if name.bytes().all(|b| b.is_ascii_digit()) {
            return match name.parse() {
                Ok(number) => self.group(vm, number, start),
                Err(_) => Err(self.wrong(vm, &format!("invalid group reference {name}"), start)),
            };
        }
        let shown = crate::text::quote::repr_str(&name);
        if !crate::text::casing::isidentifier(&name) {
            return Err(self.wrong(vm, &format!("bad character in group name {shown}"), start));
        }
        match self.pattern.index_of(&name) {
            Some(number) => Ok(Part::Group(number)),
            None => Err(vm.index_error(format!("unknown group name {shown}"))),
        }
    }
}

/// Text being put together, of the pattern's kind.
enum Output {
    Str(String),
    Bytes(Vec<u8>),
}

impl Output {
    fn new(bytes: bool) -> Self {
        if bytes { Self::Bytes(Vec::new()) } else { Self::Str(String::new()) }
    }

    fn push_literal(&mut self, text: &str) {
        match self {
            Self::Str(out) => out.push_str(text),
            Self::Bytes(out) => out.extend(text.chars().map(|c| c as u8)),
        }
    }

    fn push_slice(&mut self, text: &matched::Text, (from, to): (usize, usize)) {
        match (self, text) {
            (Self::Str(out), matched::Text::Str(s)) => out.push_str(&s[from..to]),
            (Self::Bytes(out), matched::Text::Bytes(b)) => out.extend_from_slice(&b.value[from..to]),
            _ => (),
        }
    }

    fn push_value(&mut self, v: Value) -> bool {
        match (self, v.as_str(), v.cast::<Bytes>()) {
            (Self::Str(out), Some(s), _) => out.push_str(s.as_str()),
            (Self::Bytes(out), _, Some(b)) => out.extend_from_slice(&b.value),
            _ => return false,
        }
        true
    }

    fn finish(self, vm: &mut Vm) -> Value {
        match self {
            Self::Str(out) => vm.str(&out),
            Self::Bytes(out) => vm.heap.bytes(out).into(),
        }
    }
}

pub fn expand(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let pattern = pattern_of(args[0]);
    let parts = parse(vm, &pattern, args[1])?;
    let mut out = Output::new(pattern.bytes);
    for part in parts {
        match part {
            Part::Literal(text) => out.push_literal(&text),
            Part::Group(i) => {
                let value = group_value(vm, args[0], i, Value::NONE);
                out.push_value(value);
            }
        }
    }
    Ok(out.finish(vm))
}

/// The new text, and how many matches were replaced.
fn replace(vm: &mut Vm, args: &[Value]) -> Result<(Value, i64)> {
    let pattern = compiled(args[0]);
    let callable = vm.is_callable(args[1]);
    let parts = if callable { Vec::new() } else { parse(vm, &pattern, args[1])? };
    let subject = subject(vm, &pattern, args[2], Value::UNBOUND, Value::UNBOUND)?;
    vm.root(subject.value);
    let most = vm.index_i64(args[3])?;
    let text = subject.text;
    let mut walk = Walk::new(0);
    let mut out = Output::new(pattern.bytes);
    let (mut done, mut count, mut pieces, mut anchor) = (0, 0, 0, (0, 0));
    while most >= 0 && (most == 0 || count < most) {
        let Some(spans) = walk.next(vm, &pattern, &subject)? else { break };
        let (from, to) = whole(&spans);
        pieces += usize::from(from > done);
        out.push_slice(&text, (done, from));
        if callable {
            let roots = vm.roots.len();
            let made = matched::make(vm, Match::new(args[0], &subject, spans, anchor))?;
            vm.root(made);
            anchor = matched::anchor(made);
            let new = vm.call(args[1], &[made])?;
            let plain = vm.unwrap(new);
            if !new.is_none() && !out.push_value(plain) {
                let class = vm.class_name(new);
                let wanted = if pattern.bytes { "a bytes-like object" } else { "str instance" };
                return Err(
                    vm.type_error(format!("sequence item {pieces}: expected {wanted}, {class} found"))
                );
            }
            pieces += usize::from(!new.is_none());
            vm.roots.truncate(roots);
        } else {
            for part in &parts {
                match part {
                    Part::Literal(literal) => out.push_literal(literal),
                    Part::Group(i) => {
                        if let Some(span) = spans.get(*i).copied().flatten() {
                            out.push_slice(&text, span);
                        }
                    }
                }
            }
        }
        done = to;
        count += 1;
    }
    out.push_slice(&text, (done, text.len()));
    Ok((out.finish(vm), count))
}

pub fn sub(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(replace(vm, args)?.0)
}

pub fn subn(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let (text, count) = replace(vm, args)?;
    Ok(vm.tuple(&[text, Value::int(count)]))
}
