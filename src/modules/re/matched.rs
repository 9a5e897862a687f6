//! What was found: the spans of a match and its groups.

use super::pattern::{Compiled, Spans, Subject, compiled};
use super::{own_class, template};
use crate::heap::Value;
use crate::modules::asyncio::boxes::{data, is_box, native_data};
use crate::objects::Bytes;
use crate::vm::{Result, Vm};

/// The text that is searched. It lives as long as its value, which whoever holds this keeps alive.
#[derive(Clone, Copy)]
pub enum Text {
    Str(&'static str),
    Bytes(BytesRef),
}

/// A bytes object, which never changes.
pub type BytesRef = crate::heap::Gc<Bytes>;

impl Text {
    pub fn of(v: Value) -> Option<Self> {
        match v.as_str() {
            Some(s) => Some(Self::Str(s.text())),
            None => v.cast::<Bytes>().map(Self::Bytes),
        }
    }

    pub fn len(&self) -> usize {
        match self {
            Self::Str(s) => s.len(),
            Self::Bytes(b) => b.value.len(),
        }
    }

    /// Where the character of that index begins; the end if there is none.
    pub fn byte_at(&self, value: Value, index: usize) -> usize {
        match value.as_str() {
            Some(s) if index < s.chars() => s.byte_offset(index),
            Some(s) => s.len_bytes(),
            None => index.min(self.len()),
        }
    }

    /// The index of the character at a byte, counted from a place where both are known.
    pub fn char_at(&self, byte: usize, (known, index): (usize, usize)) -> usize {
        match self {
            Self::Bytes(_) => byte,
            Self::Str(s) if byte >= known => index + s[known..byte].chars().count(),
            Self::Str(s) => index - s[byte..known].chars().count(),
        }
    }

    pub fn slice(&self, vm: &mut Vm, (from, to): (usize, usize)) -> Value {
        match self {
            Self::Str(s) => vm.str(&s[from..to]),
            Self::Bytes(b) => vm.heap.bytes(b.value[from..to].to_vec()).into(),
        }
    }
}

pub struct Match {
    pattern: Value,
    string: Value,
    start: usize,
    end: usize,
    spans: Spans,
    /// A place near the match whose offset and index are known.
    anchor: (usize, usize),
}

native_data!(Match, |this, t| t.values(&[this.pattern, this.string]));

impl Match {
    pub fn new(pattern: Value, subject: &Subject, spans: Spans, anchor: (usize, usize)) -> Self {
        Self { pattern, string: subject.value, start: subject.start, end: subject.end, spans, anchor }
    }
}

pub fn make(vm: &mut Vm, mut m: Match) -> Result<Value> {
    if let (Some(text), Some(&Some((start, _)))) = (Text::of(m.string), m.spans.first()) {
        m.anchor = (start, text.char_at(start, m.anchor));
    }
    let roots = [vm.root(m.pattern), vm.root(m.string)];
    debug_assert!(roots.len() == 2);
    let class = own_class(vm, "Match")?;
    Ok(vm.heap.boxed(class, m).value())
}

/// Where the match begins, as an offset and as an index.
pub fn anchor(v: Value) -> (usize, usize) {
    data::<Match, _>(v, |m| m.anchor)
}

pub fn is_match(v: Value) -> bool {
    is_box::<Match>(v)
}

crate::methods! { pub static METHODS for fn is_match, "re.Match":
    /// Return subgroup(s) of the match by indices or names.
    "group(self, /, *args)" => group;
    "__getitem__(self, key, /)" => item;
    /// Return a tuple containing all the subgroups of the match, from 1.
    "groups(self, default=None)" => groups;
    /// Return a dictionary containing all the named subgroups of the match.
    "groupdict(self, default=None)" => groupdict;
    /// Return index of the start of the substring matched by group.
    "start(self, group=0, /)" => start;
    /// Return index of the end of the substring matched by group.
    "end(self, group=0, /)" => end;
    /// For match object m, return the 2-tuple (m.start(group), m.end(group)).
    "span(self, group=0, /)" => span;
    /// Return the string obtained by doing backslash substitution on the template.
    "expand(self, template)" => template::expand;
    "__repr__(self, /)" => repr;
    "__copy__(self, /)" => same;
    "__deepcopy__(self, memo, /)" => same;
}

crate::methods! { pub static PROPERTIES for fn is_match, "re.Match":
    "re(self)" => pattern;
    "string(self)" => string;
    "pos(self)" => pos;
    "endpos(self)" => endpos;
    "lastindex(self)" => lastindex;
    "lastgroup(self)" => lastgroup;
    "regs(self)" => regs;
}

fn text(v: Value) -> Text {
    Text::of(data::<Match, _>(v, |m| m.string)).unwrap_or(Text::Str(""))
}

pub fn pattern_of(v: Value) -> std::rc::Rc<Compiled> {
    compiled(data::<Match, _>(v, |m| m.pattern))
}

fn spans(v: Value) -> Spans {
    data::<Match, _>(v, |m| m.spans.clone())
}

pub fn group_value(vm: &mut Vm, v: Value, index: usize, default: Value) -> Value {
    match data::<Match, _>(v, |m| m.spans.get(index).copied().flatten()) {
        Some(span) => text(v).slice(vm, span),
        None => default,
    }
}

/// A group by number or name.
fn index(vm: &mut Vm, m: Value, key: Value) -> Result<usize> {
    let pattern = pattern_of(m);
    let plain = vm.unwrap(key);
    let found = match plain.as_str() {
        Some(name) => pattern.index_of(name.as_str()),
        None if vm.small_int_of(plain).is_some() => {
            vm.small_int_of(plain).and_then(|i| usize::try_from(i).ok())
        }
        None => vm.index_i64(key).ok().and_then(|i| usize::try_from(i).ok()),
    };
    match found {
        Some(i) if i <= pattern.groups.len() => Ok(i),
        _ => Err(vm.index_error("no such group")),
    }
}

fn item(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let i = index(vm, args[0], args[1])?;
    Ok(group_value(vm, args[0], i, Value::NONE))
}

fn group(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    match args.len() {
        1 => Ok(group_value(vm, args[0], 0, Value::NONE)),
        2 => item(vm, args),
        _ => {
            let mut values = Vec::new();
            for &key in &args[1..] {
                let i = index(vm, args[0], key)?;
                let value = group_value(vm, args[0], i, Value::NONE);
                values.push(vm.root(value));
            }
            Ok(vm.tuple(&values))
        }
    }
}

fn groups(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let count = spans(args[0]).len();
    let values: Vec<Value> = (1..count).map(|i| group_value(vm, args[0], i, args[1])).collect();
    Ok(vm.tuple(&values))
}

fn groupdict(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let mut dict = vm.heap.dict();
    for (i, group) in pattern_of(args[0]).groups.iter().enumerate() {
        if let Some(name) = &group.name {
            let value = group_value(vm, args[0], i + 1, args[1]);
            let name = vm.intern(name);
            dict.set_str(name, value);
        }
    }
    Ok(dict.value())
}

fn bounds(v: Value, index: usize) -> (i64, i64) {
    let text = text(v);
    let (span, anchor) = data::<Match, _>(v, |m| (m.spans.get(index).copied().flatten(), m.anchor));
    span.map_or((-1, -1), |(from, to)| (text.char_at(from, anchor) as i64, text.char_at(to, anchor) as i64))
}

fn start(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let i = index(vm, args[0], args[1])?;
    Ok(Value::int(bounds(args[0], i).0))
}

fn end(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let i = index(vm, args[0], args[1])?;
    Ok(Value::int(bounds(args[0], i).1))
}

fn span(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let i = index(vm, args[0], args[1])?;
    let (from, to) = bounds(args[0], i);
    Ok(vm.tuple(&[Value::int(from), Value::int(to)]))
}

fn regs(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let mut all = Vec::new();
    for i in 0..spans(args[0]).len() {
        let (from, to) = bounds(args[0], i);
        all.push(vm.tuple(&[Value::int(from), Value::int(to)]));
    }
    Ok(vm.tuple(&all))
}

fn pattern(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(data::<Match, _>(args[0], |m| m.pattern))
}

fn string(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(data::<Match, _>(args[0], |m| m.string))
}

fn pos(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let (at, anchor) = data::<Match, _>(args[0], |m| (m.start, m.anchor));
    Ok(Value::int(text(args[0]).char_at(at, anchor) as i64))
}

fn endpos(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let (at, anchor) = data::<Match, _>(args[0], |m| (m.end, m.anchor));
    Ok(Value::int(text(args[0]).char_at(at, anchor) as i64))
}

/// The group that was closed last: the one that ends last; of those, the outermost, and of those, the last.
fn last(v: Value) -> Option<usize> {
    let pattern = pattern_of(v);
    let spans = spans(v);
    let closed = spans.iter().enumerate().skip(1).filter_map(|(i, span)| span.map(|(_, to)| (i, to)));
    closed.max_by_key(|&(i, to)| (to, std::cmp::Reverse(pattern.groups[i - 1].depth), i)).map(|(i, _)| i)
}

fn lastindex(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(last(args[0]).map_or(Value::NONE, |i| Value::int(i as i64)))
}

fn lastgroup(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let pattern = pattern_of(args[0]);
    let name = last(args[0]).and_then(|i| pattern.groups[i - 1].name.clone());
    Ok(name.map_or(Value::NONE, |name| vm.str(&name)))
}

fn same(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(args[0])
}

/// `<re.Match object; span=(0, 1), match='a'>`
fn repr(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let (from, to) = bounds(args[0], 0);
    let whole = group_value(vm, args[0], 0, Value::NONE);
    vm.root(whole);
    let shown: String = vm.repr(whole)?.chars().take(50).collect();
    Ok(vm.str(&format!("<re.Match object; span=({from}, {to}), match={shown}>")))
}
