//! Compiled patterns and what one can ask them.

use super::matched::{Match, Text};
use super::translate::{Group, Kind, Mistake, translate};
use super::{matched, own, own_class, template, walking};
use crate::heap::Value;
use crate::modules::asyncio::boxes::{data, is_box, native_data};
use crate::objects::{ByteArray, Bytes};
use crate::vm::{Raise, Result, Vm};
use fancy_regex::{BytesMode, Regex, RegexBuilder};
use std::cell::OnceCell;
use std::rc::Rc;

/// How often the engine may go back in one search before it gives up.
const MOST_STEPS: usize = 5_000_000;

/// What a search looks for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// A match at the position or after it.
    Search,
    /// The same, but no empty one at the position.
    Advance,
    /// A match at the position.
    Match,
    /// A match of everything from the position on.
    Full,
}

/// Where the groups lie, in bytes; the whole match first.
pub type Spans = Vec<Option<(usize, usize)>>;

pub struct Compiled {
    body: String,
    pub bytes: bool,
    pub flags: i64,
    pub groups: Vec<Group>,
    /// One for each mode, made when first needed: `Match` and `Full` twice, for the text's start and elsewhere.
    engines: [OnceCell<std::result::Result<Regex, String>>; 6],
}

pub struct Pattern {
    source: Value,
    pub compiled: Rc<Compiled>,
}

native_data!(Pattern, |this, t| t.value(this.source));

pub fn is_pattern(v: Value) -> bool {
    is_box::<Pattern>(v)
}

crate::methods! { pub static METHODS for fn is_pattern, "re.Pattern":
    /// Scan through string looking for a match; None if there is none.
    "search(self, string, pos=0, endpos=...)" => search;
    /// Matches zero or more characters at the beginning of the string.
    "match(self, string, pos=0, endpos=...)" => match_start;
    /// Matches against all of the string.
    "fullmatch(self, string, pos=0, endpos=...)" => fullmatch;
    /// Return a list of all non-overlapping matches in the string.
    "findall(self, string, pos=0, endpos=...)" => walking::findall;
    /// Return an iterator over all non-overlapping matches.
    "finditer(self, string, pos=0, endpos=...)" => walking::finditer;
    /// Split string by the occurrences of the pattern.
    "split(self, string, maxsplit=0)" => walking::split;
    /// Return the string with the matches replaced.
    "sub(self, repl, string, count=0)" => template::sub;
    /// Return the string with the matches replaced, and how many there were.
    "subn(self, repl, string, count=0)" => template::subn;
    "__repr__(self, /)" => repr;
    "__eq__(self, other, /)" => eq;
    "__hash__(self, /)" => hash;
    "__copy__(self, /)" => same;
    "__deepcopy__(self, memo, /)" => same;
}

crate::methods! { pub static PROPERTIES for fn is_pattern, "re.Pattern":
    "pattern(self)" => source;
    "flags(self)" => flags;
    "groups(self)" => groups;
    "groupindex(self)" => groupindex;
}

/// `_compile(source, flags)`
pub fn compile(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let plain = vm.unwrap(args[0]);
    let (text, bytes) = match (plain.as_str(), plain.cast::<Bytes>()) {
        (Some(s), _) => (s.as_str().to_owned(), false),
        (_, Some(b)) => (latin1(&b.value), true),
        _ => return Err(vm.type_error("first argument must be string or compiled pattern")),
    };
    let flags = vm.index_i64(args[1])?;
    let translated = match translate(&text, bytes, flags) {
        Ok(translated) => translated,
        Err(mistake) => return Err(mistaken(vm, mistake, args[0])),
    };
    let compiled = Compiled {
        body: translated.body,
        bytes,
        flags: translated.flags,
        groups: translated.groups,
        engines: Default::default(),
    };
    // What the engine cannot do is said now, not at the first search.
    if let Err(message) = compiled.engine(Mode::Search, 0) {
        let message = format!("this pattern is not supported: {message}");
        return Err(mistaken(vm, Mistake { message, at: None, kind: Kind::Pattern }, args[0]));
    }
    let class = own_class(vm, "Pattern")?;
    Ok(vm.heap.boxed(class, Pattern { source: args[0], compiled: Rc::new(compiled) }).value())
}

/// Bytes as characters of the same codes.
pub fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|&b| char::from(b)).collect()
}

fn mistaken(vm: &mut Vm, mistake: Mistake, pattern: Value) -> Raise {
    match mistake.kind {
        Kind::Overflow => return vm.overflow_error(mistake.message),
        Kind::Flags => return vm.value_error(mistake.message),
        Kind::Pattern => (),
    }
    let at = mistake.at.map_or(Value::NONE, |at| Value::int(at as i64));
    error(vm, &mistake.message, pattern, at)
}

/// A `PatternError`.
pub fn error(vm: &mut Vm, message: &str, pattern: Value, at: Value) -> Raise {
    let class = match own(vm, "_raise_error") {
        Ok(function) => function,
        Err(raise) => return raise,
    };
    let message = vm.str(message);
    vm.root(message);
    match vm.call(class, &[message, pattern, at]) {
        Err(raise) => raise,
        Ok(_) => vm.runtime_error("the pattern is wrong"),
    }
}

impl Compiled {
    fn engine(&self, mode: Mode, at: usize) -> std::result::Result<&Regex, String> {
        let body = &self.body;
        let (index, text) = match (mode, at) {
            (Mode::Search, _) => (0, 0),
            (Mode::Advance, _) => (1, 1),
            (Mode::Match, 0) => (2, 2),
            (Mode::Match, _) => (3, 3),
            (Mode::Full, 0) => (4, 4),
            (Mode::Full, _) => (5, 5),
        };
        let made = self.engines[index].get_or_init(|| {
            let text = match text {
                0 => body.clone(),
                1 => format!("(?:{body})(?!\\G)"),
                2 => format!("\\A(?:{body})"),
                3 => format!("\\G(?:{body})"),
                4 => format!("\\A(?:{body})\\z"),
                _ => format!("\\G(?:{body})\\z"),
            };
            let mut builder = RegexBuilder::new(&text);
            builder.backtrack_limit(MOST_STEPS);
            if self.bytes {
                builder.bytes_mode(BytesMode::Ascii);
            }
            builder.build().map_err(|e| e.to_string())
        });
        made.as_ref().map_err(Clone::clone)
    }

    /// Searches from `at` on, as if the text ended at `end`.
    pub fn find(
        &self,
        mode: Mode,
        text: &Text,
        at: usize,
        end: usize,
    ) -> std::result::Result<Option<Spans>, String> {
        if at > end {
            return Ok(None);
        }
        let engine = self.engine(mode, at)?;
        let count = self.groups.len() + 1;
        let found = match text {
            Text::Str(s) => engine.captures_from_pos(&s[..end], at).map(|found| {
                found.map(|c| (0..count).map(|i| c.get(i).map(|m| (m.start(), m.end()))).collect())
            }),
            Text::Bytes(b) => engine.captures_from_pos(&b.value[..end], at).map(|found| {
                found.map(|c| (0..count).map(|i| c.get(i).map(|m| (m.start(), m.end()))).collect())
            }),
        };
        found.map_err(|e| format!("the pattern needs too many steps on this text: {e}"))
    }

    pub fn index_of(&self, name: &str) -> Option<usize> {
        self.groups.iter().position(|g| g.name.as_deref() == Some(name)).map(|i| i + 1)
    }
}

pub fn compiled(v: Value) -> Rc<Compiled> {
    data::<Pattern, _>(v, |p| Rc::clone(&p.compiled))
}

/// A search to come: the text and the part of it that counts.
pub struct Subject {
    pub value: Value,
    pub text: Text,
    pub start: usize,
    pub end: usize,
}

/// Checks that the text is of the pattern's kind, and turns `pos` and `endpos` into offsets.
pub fn subject(vm: &mut Vm, pattern: &Compiled, value: Value, pos: Value, endpos: Value) -> Result<Subject> {
    let plain = vm.unwrap(value);
    let plain = match plain.cast::<ByteArray>() {
        Some(b) => vm.heap.bytes(b.value.clone()).into(),
        None => plain,
    };
    let Some(text) = Text::of(plain) else {
        let class = vm.class_name(value);
        return Err(vm.type_error(format!("expected string or bytes-like object, got '{class}'")));
    };
    match (&text, pattern.bytes) {
        (Text::Str(_), true) => {
            return Err(vm.type_error("cannot use a bytes pattern on a string-like object"));
        }
        (Text::Bytes(_), false) => {
            return Err(vm.type_error("cannot use a string pattern on a bytes-like object"));
        }
        _ => (),
    }
    let mut offset = |v: Value, missing: usize| {
        if v.is_unbound() {
            return Ok(missing);
        }
        let index = usize::try_from(vm.index_i64(v)?).unwrap_or(0);
        Ok(text.byte_at(plain, index))
    };
    let end = offset(endpos, text.len())?;
    let start = offset(pos, 0)?;
    Ok(Subject { value: plain, text, start, end })
}

fn first(vm: &mut Vm, args: &[Value], mode: Mode) -> Result<Value> {
    let pattern = compiled(args[0]);
    let subject = subject(vm, &pattern, args[1], args[2], args[3])?;
    match pattern.find(mode, &subject.text, subject.start, subject.end) {
        Ok(None) => Ok(Value::NONE),
        Ok(Some(spans)) => {
            let anchor = (0, 0);
            let made = Match::new(args[0], &subject, spans, anchor);
            matched::make(vm, made)
        }
        Err(message) => Err(vm.runtime_error(message)),
    }
}

fn search(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    first(vm, args, Mode::Search)
}

fn match_start(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    first(vm, args, Mode::Match)
}

fn fullmatch(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    first(vm, args, Mode::Full)
}

pub fn source(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(data::<Pattern, _>(args[0], |p| p.source))
}

fn flags(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(Value::int(compiled(args[0]).flags))
}

fn groups(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(Value::int(compiled(args[0]).groups.len() as i64))
}

fn groupindex(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let mut dict = vm.heap.dict();
    for (i, group) in compiled(args[0]).groups.iter().enumerate() {
        if let Some(name) = &group.name {
            let name = vm.intern(name);
            dict.set_str(name, Value::int(i as i64 + 1));
        }
    }
    vm.root(dict);
    let proxy = vm.intern("_MappingProxy");
    let proxy = own(vm, proxy.as_str())?;
    vm.call(proxy, &[dict.value()])
}

fn same(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(args[0])
}

fn eq(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if !is_pattern(args[1]) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let (a, b) = (compiled(args[0]), compiled(args[1]));
    let sources = (source(vm, args)?, source(vm, &args[1..])?);
    Ok(Value::bool(a.flags == b.flags && a.bytes == b.bytes && vm.equals(sources.0, sources.1)?))
}

fn hash(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let source = source(vm, args)?;
    let h = vm.hash(source)? ^ compiled(args[0]).flags;
    Ok(vm.int(h))
}

/// `re.compile('a', re.IGNORECASE)`
fn repr(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let source = source(vm, args)?;
    // The source is cut where it is long.
    let text: String = vm.repr(source)?.chars().take(200).collect();
    let pattern = compiled(args[0]);
    let shown = if pattern.bytes { pattern.flags } else { pattern.flags & !32 };
    let names = [
        (2, "re.IGNORECASE"),
        (4, "re.LOCALE"),
        (8, "re.MULTILINE"),
        (16, "re.DOTALL"),
        (64, "re.VERBOSE"),
        (128, "re.DEBUG"),
        (256, "re.ASCII"),
    ];
    let mut parts: Vec<String> =
        names.iter().filter(|(bit, _)| shown & bit != 0).map(|(_, name)| (*name).into()).collect();
    let rest = names.iter().fold(shown, |rest, (bit, _)| rest & !bit);
    if rest != 0 {
        parts.push(format!("{rest:#x}"));
    }
    let flags = if parts.is_empty() { String::new() } else { format!(", {}", parts.join("|")) };
    Ok(vm.str(&format!("re.compile({text}{flags})")))
}
