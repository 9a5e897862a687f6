//! Text to values.

use crate::heap::{Gc, Str, Value};
use crate::objects::{Dict, List, Tuple};
use crate::text::maps::HashMap;
use crate::text::{float, int};
use crate::vm::{Raise, Result, Vm};

/// Why reading stopped: the text is wrong at a byte, or the language raised.
enum Stop {
    Wrong(&'static str, usize),
    Raised(Raise),
}

impl From<Raise> for Stop {
    fn from(raise: Raise) -> Self {
        Self::Raised(raise)
    }
}

type Read<T> = std::result::Result<T, Stop>;

/// What the script wants to make of parts of the text; None where the usual values are made.
struct Parsers {
    float: Value,
    int: Value,
    constant: Value,
    object: Value,
    pairs: Value,
}

struct Reader<'a> {
    vm: &'a mut Vm,
    text: &'static str,
    at: usize,
    strict: bool,
    parsers: Parsers,
    /// Keys repeat: each is made once.
    keys: HashMap<String, Value>,
    /// Holds them for the collector.
    kept: Gc<List>,
}

/// `_decode(text, start, strict, (parse_float, parse_int, parse_constant, object_hook, object_pairs_hook))`: the value
/// and where it ends; or what is wrong, where, and None.
pub fn decode(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let text = text_of(vm, args[0])?;
    let start = vm.index_i64(args[1])?;
    let Ok(start) = usize::try_from(start) else { return Err(vm.value_error("idx cannot be negative")) };
    let strict = vm.truthy(args[2])?;
    let parsers = args[3].cast::<Tuple>().map_or(Vec::new(), |t| t.items().to_vec());
    let &[float, int, constant, object, pairs] = parsers.as_slice() else {
        return Err(vm.type_error("five parsers are needed"));
    };
    let parsers = Parsers { float, int, constant, object, pairs };
    let at = if start > text.chars() { text.len_bytes() } else { text.byte_offset(start) };
    let kept = vm.heap.list(Vec::new());
    vm.root(kept);
    let mut reader = Reader { vm, text: text.text(), at, strict, parsers, keys: HashMap::default(), kept };
    let result = reader.value();
    let (at, source) = (reader.at, reader.text);
    let position = |byte: usize| {
        let chars = if text.is_ascii() { byte } else { source[..byte].chars().count() };
        Value::int(chars as i64)
    };
    match result {
        Ok(value) => Ok(vm.tuple(&[value, position(at)])),
        Err(Stop::Wrong(message, byte)) => {
            let message = vm.str(message);
            Ok(vm.tuple(&[message, position(byte), Value::NONE]))
        }
        Err(Stop::Raised(raise)) => Err(raise),
    }
}

/// Where the white space that begins at `start` ends.
pub fn blank_end(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let text = text_of(vm, args[0])?;
    let start = usize::try_from(vm.index_i64(args[1])?).unwrap_or(0).min(text.chars());
    let rest = &text.text()[text.byte_offset(start)..];
    let blanks = rest.bytes().take_while(|b| is_blank(*b)).count();
    Ok(Value::int((start + blanks) as i64))
}

fn text_of(vm: &mut Vm, v: Value) -> Result<Gc<Str>> {
    match vm.unwrap(v).as_str() {
        Some(text) => Ok(text),
        None => {
            let class = vm.class_name(v);
            Err(vm.type_error(format!("first argument must be a string, not {class}")))
        }
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_blanks(&mut self) {
        while self.peek().is_some_and(is_blank) {
            self.at += 1;
        }
    }

    fn value(&mut self) -> Read<Value> {
        match self.peek() {
            Some(b'"') => {
                let text = self.string()?;
                Ok(self.vm.str(&text))
            }
            Some(open @ (b'[' | b'{')) => {
                self.vm.enter()?;
                let roots = self.vm.roots.len();
                let value = if open == b'[' { self.array() } else { self.object() };
                self.vm.roots.truncate(roots);
                self.vm.leave();
                value
            }
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => self.word(),
        }
    }

    fn word(&mut self) -> Read<Value> {
        let rest = &self.text[self.at..];
        for (word, value) in [("null", Value::NONE), ("true", Value::TRUE), ("false", Value::FALSE)] {
            if rest.starts_with(word) {
                self.at += word.len();
                return Ok(value);
            }
        }
        let constants = [("NaN", f64::NAN), ("Infinity", f64::INFINITY), ("-Infinity", f64::NEG_INFINITY)];
        for (word, value) in constants {
            if rest.starts_with(word) {
                self.at += word.len();
                if self.parsers.constant.is_none() {
                    return Ok(self.vm.float(value));
                }
                let word = self.vm.str(word);
                return Ok(self.vm.call(self.parsers.constant, &[word])?);
            }
        }
        Err(Stop::Wrong("Expecting value", self.at))
    }

    /// The end of a run of digits from `at` on.
    fn digits(&self, at: usize) -> usize {
        at + self.text.as_bytes()[at..].iter().take_while(|b| b.is_ascii_digit()).count()
    }

    fn number(&mut self) -> Read<Value> {
        let bytes = self.text.as_bytes();
        let start = self.at;
        let first = start + usize::from(bytes[start] == b'-');
        let mut end = match bytes.get(first) {
            Some(b'0') => first + 1,
            Some(b'1'..=b'9') => self.digits(first),
            _ => return self.word(),
        };
        let mut whole = true;
        if bytes.get(end) == Some(&b'.') && self.digits(end + 1) > end + 1 {
            end = self.digits(end + 1);
            whole = false;
        }
        if matches!(bytes.get(end), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
            let exponent = end + 1 + sign;
            if self.digits(exponent.min(bytes.len())) > exponent {
                end = self.digits(exponent);
                whole = false;
            }
        }
        self.at = end;
        let text = &self.text[start..end];
        let parser = if whole { self.parsers.int } else { self.parsers.float };
        if !parser.is_none() {
            let text = self.vm.str(text);
            return Ok(self.vm.call(parser, &[text])?);
        }
        if !whole {
            let value = float::parse(text).unwrap_or(f64::NAN);
            return Ok(self.vm.float(value));
        }
        match int::parse(text, 10, self.vm.int_max_str_digits) {
            Ok(int::IntValue::Small(i)) => Ok(self.vm.int(i)),
            Ok(int::IntValue::Big(i)) => Ok(self.vm.heap.big_int(i)),
            Err(error) => Err(self.vm.text_error(error).into()),
        }
    }

    /// A string; it stands on the opening quote.
    fn string(&mut self) -> Read<String> {
        let begin = self.at;
        let bytes = self.text.as_bytes();
        let unterminated = Stop::Wrong("Unterminated string starting at", begin);
        let mut out = String::new();
        let mut at = begin + 1;
        loop {
            let plain = bytes[at..].iter().take_while(|b| !matches!(b, b'"' | b'\\' | 0..=0x1f)).count();
            out.push_str(&self.text[at..at + plain]);
            at += plain;
            match bytes.get(at) {
                None => return Err(unterminated),
                Some(b'"') => break,
                Some(b'\\') => {
                    let Some(&escape) = bytes.get(at + 1) else { return Err(unterminated) };
                    if escape == b'u' {
                        let (c, end) = self.code_point(at + 1)?;
                        out.push(c);
                        at = end;
                        continue;
                    }
                    out.push(match escape {
                        b'"' | b'\\' | b'/' => escape.into(),
                        b'b' => '\u{8}',
                        b'f' => '\u{c}',
                        b'n' => '\n',
                        b'r' => '\r',
                        b't' => '\t',
                        _ => return Err(Stop::Wrong("Invalid \\escape", at)),
                    });
                    at += 2;
                }
                Some(&control) => {
                    if self.strict {
                        return Err(Stop::Wrong("Invalid control character at", at));
                    }
                    out.push(control.into());
                    at += 1;
                }
            }
        }
        self.at = at + 1;
        Ok(out)
    }

    /// What follows a backslash from the `u` on: two escapes if the first is the first half of a pair.
    fn code_point(&self, at: usize) -> Read<(char, usize)> {
        let unit = |at: usize| {
            let digits = self.text.get(at + 1..at + 5)?;
            let hex = digits.bytes().all(|b| b.is_ascii_hexdigit());
            if hex { u32::from_str_radix(digits, 16).ok() } else { None }
        };
        let Some(first) = unit(at) else { return Err(Stop::Wrong("Invalid \\uXXXX escape", at)) };
        let end = at + 5;
        if (0xd800..0xdc00).contains(&first)
            && self.text[end..].starts_with("\\u")
            && let Some(second @ 0xdc00..0xe000) = unit(end + 1)
        {
            let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
            return Ok((char::from_u32(code).unwrap_or_default(), end + 6));
        }
        match char::from_u32(first) {
            Some(c) => Ok((c, end)),
            None => {
                Err(Stop::Wrong("Invalid \\uXXXX escape (a lone surrogate is no character of a str)", at))
            }
        }
    }

    fn array(&mut self) -> Read<Value> {
        self.at += 1;
        let list = self.vm.list(Vec::new());
        self.vm.root(list);
        let Some(list) = list.cast::<List>() else { return Ok(list) };
        self.skip_blanks();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(list.value());
        }
        loop {
            let item = self.value()?;
            self.vm.heap.push(list, item);
            self.skip_blanks();
            match self.peek() {
                Some(b',') => {
                    let comma = self.at;
                    self.at += 1;
                    self.skip_blanks();
                    if self.peek() == Some(b']') {
                        return Err(Stop::Wrong("Illegal trailing comma before end of array", comma));
                    }
                }
                Some(b']') => {
                    self.at += 1;
                    return Ok(list.value());
                }
                _ => return Err(Stop::Wrong("Expecting ',' delimiter", self.at)),
            }
        }
    }

    fn key(&mut self) -> Read<Value> {
        if self.peek() != Some(b'"') {
            return Err(Stop::Wrong("Expecting property name enclosed in double quotes", self.at));
        }
        let text = self.string()?;
        let key = match self.keys.get(&text) {
            Some(&key) => key,
            None => {
                let key = self.vm.str(&text);
                // It may be needed after this object.
                self.vm.heap.push(self.kept, key);
                self.keys.insert(text, key);
                key
            }
        };
        self.skip_blanks();
        if self.peek() != Some(b':') {
            return Err(Stop::Wrong("Expecting ':' delimiter", self.at));
        }
        self.at += 1;
        self.skip_blanks();
        Ok(key)
    }

    fn object(&mut self) -> Read<Value> {
        self.at += 1;
        let pairs = self.vm.list(Vec::new());
        self.vm.root(pairs);
        let dict = self.vm.heap.dict();
        self.vm.root(dict);
        let as_pairs = !self.parsers.pairs.is_none();
        self.skip_blanks();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return self.finish_object(dict, pairs);
        }
        loop {
            let key = self.key()?;
            let value = self.value()?;
            if let (true, Some(list)) = (as_pairs, pairs.cast::<List>()) {
                let pair = self.vm.tuple(&[key, value]);
                self.vm.heap.push(list, pair);
            } else {
                self.vm.dict_set(dict, key, value)?;
            }
            self.skip_blanks();
            match self.peek() {
                Some(b',') => {
                    let comma = self.at;
                    self.at += 1;
                    self.skip_blanks();
                    if self.peek() == Some(b'}') {
                        return Err(Stop::Wrong("Illegal trailing comma before end of object", comma));
                    }
                }
                Some(b'}') => {
                    self.at += 1;
                    return self.finish_object(dict, pairs);
                }
                _ => return Err(Stop::Wrong("Expecting ',' delimiter", self.at)),
            }
        }
    }

    fn finish_object(&mut self, dict: Gc<Dict>, pairs: Value) -> Read<Value> {
        if !self.parsers.pairs.is_none() {
            return Ok(self.vm.call(self.parsers.pairs, &[pairs])?);
        }
        if !self.parsers.object.is_none() {
            return Ok(self.vm.call(self.parsers.object, &[dict.value()])?);
        }
        Ok(dict.value())
    }
}
