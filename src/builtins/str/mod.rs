//! `str`: its tables, its constructor, and the methods about case and layout.

mod cut;
mod search;
mod translate;

pub use cut::{joined_items, limit};

use super::operators as op;
use super::{codec, format};
use crate::heap::{Gc, Heap, Str, Value};
use crate::objects::sequence::BytesLike;
use crate::text::{casing, strings};
use crate::vm::{Result, Vm};
use crate::{methods, natives};

methods! { pub static STR for Str, "str":
    /// Return a capitalized version of the string.
    "capitalize(self, /)" => capitalize;
    /// Return a version of the string suitable for caseless comparisons.
    "casefold(self, /)" => casefold;
    /// Return a centered string of length width.
    "center(self, width, fillchar=' ', /)" => center;
    /// Return the number of non-overlapping occurrences of substring sub in string S[start:end].
    "count(self, sub, start=None, end=None, /)" => search::count;
    /// Encode the string using the codec registered for encoding.
    "encode(self, /, encoding='utf-8', errors='strict')" => encode;
    /// Return True if the string ends with the specified suffix, False otherwise.
    "endswith(self, suffix, start=None, end=None, /)" => search::endswith;
    /// Return a copy where all tab characters are expanded using spaces.
    "expandtabs(self, /, tabsize=8)" => expandtabs;
    /// Return the lowest index in S where substring sub is found, such that sub is contained within S[start:end].
    "find(self, sub, start=None, end=None, /)" => search::find;
    /// Return a formatted version of the string, using substitutions from args and kwargs.
    "format(self, /, *args, **kwargs)" => format::format;
    /// Return a formatted version of the string, using substitutions from mapping.
    "format_map(self, mapping, /)" => format::format_map;
    /// Like find, but raises ValueError when the substring is not found.
    "index(self, sub, start=None, end=None, /)" => search::index;
    /// Return True if the string is an alpha-numeric string, False otherwise.
    "isalnum(self, /)" => isalnum;
    /// Return True if the string is an alphabetic string, False otherwise.
    "isalpha(self, /)" => isalpha;
    /// Return True if all characters in the string are ASCII, False otherwise.
    "isascii(self, /)" => isascii;
    /// Return True if the string is a decimal string, False otherwise.
    "isdecimal(self, /)" => isdecimal;
    /// Return True if the string is a digit string, False otherwise.
    "isdigit(self, /)" => isdigit;
    /// Return True if the string is a valid Python identifier, False otherwise.
    "isidentifier(self, /)" => isidentifier;
    /// Return True if the string is a lowercase string, False otherwise.
    "islower(self, /)" => islower;
    /// Return True if the string is a numeric string, False otherwise.
    "isnumeric(self, /)" => isnumeric;
    /// Return True if all characters in the string are printable, False otherwise.
    "isprintable(self, /)" => isprintable;
    /// Return True if the string is a whitespace string, False otherwise.
    "isspace(self, /)" => isspace;
    /// Return True if the string is a title-cased string, False otherwise.
    "istitle(self, /)" => istitle;
    /// Return True if the string is an uppercase string, False otherwise.
    "isupper(self, /)" => isupper;
    /// Concatenate any number of strings.
    "join(self, iterable, /)" => cut::join;
    /// Return a left-justified string of length width.
    "ljust(self, width, fillchar=' ', /)" => ljust;
    /// Return a copy of the string converted to lowercase.
    "lower(self, /)" => lower;
    /// Return a copy of the string with leading whitespace removed.
    "lstrip(self, chars=None, /)" => cut::lstrip;
    /// Partition the string into three parts using the given separator.
    "partition(self, sep, /)" => cut::partition;
    /// Return a str with the given prefix string removed if present.
    "removeprefix(self, prefix, /)" => cut::removeprefix;
    /// Return a str with the given suffix string removed if present.
    "removesuffix(self, suffix, /)" => cut::removesuffix;
    /// Return a copy with all occurrences of substring old replaced by new.
    "replace(self, old, new, /, count=-1)" => cut::replace;
    /// Return the highest index in S where substring sub is found, such that sub is contained within S[start:end].
    "rfind(self, sub, start=None, end=None, /)" => search::rfind;
    /// Like rfind, but raises ValueError when the substring is not found.
    "rindex(self, sub, start=None, end=None, /)" => search::rindex;
    /// Return a right-justified string of length width.
    "rjust(self, width, fillchar=' ', /)" => rjust;
    /// Partition the string into three parts using the given separator, searched from the end.
    "rpartition(self, sep, /)" => cut::rpartition;
    /// Return a list of the substrings in the string, using sep as the separator string, from the right.
    "rsplit(self, /, sep=None, maxsplit=-1)" => cut::rsplit;
    /// Return a copy of the string with trailing whitespace removed.
    "rstrip(self, chars=None, /)" => cut::rstrip;
    /// Return a list of the substrings in the string, using sep as the separator string.
    "split(self, /, sep=None, maxsplit=-1)" => cut::split;
    /// Return a list of the lines in the string, breaking at line boundaries.
    "splitlines(self, /, keepends=False)" => cut::splitlines;
    /// Return True if the string starts with the specified prefix, False otherwise.
    "startswith(self, prefix, start=None, end=None, /)" => search::startswith;
    /// Return a copy of the string with leading and trailing whitespace removed.
    "strip(self, chars=None, /)" => cut::strip;
    /// Convert uppercase characters to lowercase and lowercase characters to uppercase.
    "swapcase(self, /)" => swapcase;
    /// Return a version of the string where each word is titlecased.
    "title(self, /)" => title;
    /// Replace each character in the string using the given translation table.
    "translate(self, table, /)" => translate::translate;
    /// Return a copy of the string converted to uppercase.
    "upper(self, /)" => upper;
    /// Pad a numeric string with zeros on the left, to fill a field of the given width.
    "zfill(self, width, /)" => zfill;
    "__add__(self, value, /)" => op::add;
    "__mul__(self, value, /)" => super::protocol::repeat;
    "__rmul__(self, value, /)" => super::protocol::repeat;
    "__mod__(self, value, /)" => op::modulo;
    "__rmod__(self, value, /)" => op::rmodulo;
    "__eq__(self, value, /)" => op::eq;
    "__ne__(self, value, /)" => op::ne;
    "__lt__(self, value, /)" => op::lt;
    "__le__(self, value, /)" => op::le;
    "__gt__(self, value, /)" => op::gt;
    "__ge__(self, value, /)" => op::ge;
    "__hash__(self, /)" => op::hash;
    "__len__(self, /)" => op::len;
    "__contains__(self, key, /)" => op::contains;
    "__getitem__(self, key, /)" => op::get_item;
    "__iter__(self, /)" => op::iter;
    "__repr__(self, /)" => op::repr;
    "__str__(self, /)" => op::itself;
    "__format__(self, format_spec, /)" => op::format;
}

natives! { pub static STR_STATIC:
    "__new__(cls, object=..., encoding=..., errors=...)" => new;
    /// Return a translation table usable for str.translate().
    "maketrans(x, y=..., z=..., /)" => translate::maketrans;
}

/// The receiver's text: the binder has checked that it is a string.
fn own(args: &[Value]) -> &'static str {
    args[0].as_str().map_or("", Gc::text)
}

/// An argument that must be a string; the error starts with `what`: `must be str`, `find() argument 1 must be str`.
fn str_argument(vm: &mut Vm, v: Value, what: &str) -> Result<Gc<Str>> {
    match vm.unwrap(v).as_str() {
        Some(s) => Ok(s),
        None => {
            let class = vm.class_name(v);
            Err(vm.type_error(format!("{what}, not {class}")))
        }
    }
}

/// A part of the receiver: itself, if that is all of it.
fn part(vm: &mut Vm, args: &[Value], text: &str) -> Value {
    if text.len() == own(args).len() { args[0] } else { vm.str(text) }
}

fn new(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let [cls, object, encoding, errors] = [args[0], args[1], args[2], args[3]];
    let value = if object.is_unbound() {
        vm.empty_str.value()
    } else if encoding.is_unbound() && errors.is_unbound() {
        vm.to_str(object)?.value()
    } else {
        let text = |vm: &mut Vm, v: Value, default, name: &str| match v.is_unbound() {
            true => Ok(default),
            false => Ok(str_argument(vm, v, &format!("str() argument '{name}' must be str"))?.text()),
        };
        let encoding = text(vm, encoding, "utf-8", "encoding")?;
        let errors = text(vm, errors, "strict", "errors")?;
        let plain = vm.unwrap(object);
        let Some(bytes) = BytesLike::of(plain) else {
            let class = vm.class_name(object);
            return Err(vm.type_error(if plain.as_str().is_some() {
                "decoding str is not supported".to_owned()
            } else {
                format!("decoding to str: need a bytes-like object, {class} found")
            }));
        };
        codec::decode(vm, &bytes, plain, encoding, errors)?
    };
    vm.wrap_payload(cls, value)
}

fn encode(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let encoding = str_argument(vm, args[1], "encode() argument 'encoding' must be str")?;
    let errors = str_argument(vm, args[2], "encode() argument 'errors' must be str")?;
    let Some(text) = args[0].as_str() else { return Ok(Value::NONE) };
    let bytes = codec::encode(vm, text, encoding.text(), errors.text())?;
    Ok(vm.heap.bytes(bytes).value())
}

fn casefold(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    cased(vm, args, Heap::lower, casing::casefold)
}

/// Changes a text byte by byte, if it is ASCII.
fn mapped(
    vm: &mut Vm,
    args: &[Value],
    ascii: impl FnMut(u8) -> u8,
    others: fn(&str) -> String,
) -> Result<Value> {
    let ascii = |heap: &mut Heap, text: Gc<Str>| {
        let bytes = text.text().as_bytes();
        heap.string_with(bytes.len(), bytes.len(), |out| out.push_mapped(bytes, ascii))
    };
    cased(vm, args, ascii, others)
}

fn swapcase(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    mapped(vm, args, |byte| byte ^ (u8::from(byte.is_ascii_alphabetic()) << 5), casing::swapcase)
}

fn capitalize(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let mut first = true;
    let ascii = |byte: u8| match std::mem::take(&mut first) {
        true => byte.to_ascii_uppercase(),
        false => byte.to_ascii_lowercase(),
    };
    mapped(vm, args, ascii, casing::capitalize)
}

fn title(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let mut inside = false;
    let ascii = |byte: u8| match std::mem::replace(&mut inside, byte.is_ascii_alphabetic()) {
        true => byte.to_ascii_lowercase(),
        false => byte.to_ascii_uppercase(),
    };
    mapped(vm, args, ascii, casing::title)
}

/// A text in another case; what is longer than a character and ASCII has a way of its own.
fn cased(
    vm: &mut Vm,
    args: &[Value],
    ascii: impl FnOnce(&mut Heap, Gc<Str>) -> Gc<Str>,
    others: fn(&str) -> String,
) -> Result<Value> {
    let Some(text) = args[0].as_str() else { return Ok(args[0]) };
    if !text.is_ascii() || text.chars() < 2 {
        return vm.own_str(others(text.text()));
    }
    vm.check_text(text.len_bytes())?;
    Ok(ascii(&mut vm.heap, text).value())
}

fn lower(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    cased(vm, args, Heap::lower, casing::lower)
}

fn upper(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    cased(vm, args, Heap::upper, casing::upper)
}

macro_rules! asked {
    ($($name:ident: $classes:expr;)*) => {
        $(
            fn $name(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
                let Some(text) = args[0].as_str() else { return Ok(Value::FALSE) };
                let is = if text.is_ascii() && text.chars() > 0 {
                    casing::all_are(text.text().as_bytes(), $classes)
                } else {
                    casing::$name(text.text())
                };
                Ok(Value::bool(is))
            }
        )*
    };
}

asked! {
    isalnum: casing::ALPHA | casing::DIGIT;
    isalpha: casing::ALPHA;
    isdecimal: casing::DIGIT;
    isdigit: casing::DIGIT;
    isnumeric: casing::DIGIT;
    isprintable: casing::PRINTABLE;
    isspace: casing::SPACE;
}

/// `islower` and `isupper`: something is in this case, and nothing in another.
fn in_case(args: &[Value], wanted: u8, others: fn(&str) -> bool) -> Result<Value> {
    let Some(text) = args[0].as_str() else { return Ok(Value::FALSE) };
    let is = if text.is_ascii() {
        casing::classes(text.text().as_bytes()) & (casing::LOWER | casing::UPPER) == wanted
    } else {
        others(text.text())
    };
    Ok(Value::bool(is))
}

fn islower(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    in_case(args, casing::LOWER, casing::islower)
}

fn isupper(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    in_case(args, casing::UPPER, casing::isupper)
}

fn isidentifier(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(Value::bool(casing::isidentifier(own(args))))
}

fn istitle(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(Value::bool(casing::istitle(own(args))))
}

fn isascii(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(Value::bool(args[0].as_str().is_some_and(|s| s.is_ascii())))
}

/// A width: negative ones are zero, and what no string can have is a MemoryError.
fn width(vm: &mut Vm, v: Value) -> Result<usize> {
    let width = usize::try_from(vm.index_i64(v)?).unwrap_or(0);
    if width > Str::MAX_BYTES {
        return Err(vm.memory_error(""));
    }
    vm.make_room(width)?;
    Ok(width)
}

/// Pads to a width; `before` says how many of those that are missing go before the text.
fn justified(vm: &mut Vm, args: &[Value], before: fn(usize, usize) -> usize) -> Result<Value> {
    let width = width(vm, args[1])?;
    let fill = str_argument(vm, args[2], "The fill character must be a unicode character")?;
    if fill.chars() != 1 {
        return Err(vm.type_error("The fill character must be exactly one character long"));
    }
    let Some(text) = args[0].as_str().filter(|text| text.chars() < width) else { return Ok(args[0]) };
    let missing = width - text.chars();
    let bytes = text.len_bytes().saturating_add(missing.saturating_mul(fill.len_bytes()));
    vm.check_text(bytes)?;
    if bytes < 2 {
        return Ok(fill.value());
    }
    let before = before(missing, width);
    let made = vm.heap.string_with(bytes, width, |out| {
        out.push_repeated(fill.text(), before);
        out.push_str(text.text());
        out.push_repeated(fill.text(), missing - before);
    });
    Ok(made.value())
}

fn center(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    // An odd one goes before the text if the width is odd: unlike `format`.
    justified(vm, args, |missing, width| missing / 2 + (missing & width & 1))
}

fn ljust(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    justified(vm, args, |_, _| 0)
}

fn rjust(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    justified(vm, args, |missing, _| missing)
}

/// Zeros go after the sign.
fn zfill(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let width = width(vm, args[1])?;
    let Some(text) = args[0].as_str().filter(|text| text.chars() < width) else { return Ok(args[0]) };
    let missing = width - text.chars();
    let bytes = text.len_bytes() + missing;
    vm.check_text(bytes)?;
    if bytes < 2 {
        return Ok(vm.str("0"));
    }
    let (sign, digits) = text.text().split_at(usize::from(text.text().starts_with(['+', '-'])));
    let made = vm.heap.string_with(bytes, width, |out| {
        out.push_str(sign);
        out.push_repeated("0", missing);
        out.push_str(digits);
    });
    Ok(made.value())
}

fn expandtabs(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let size = width(vm, args[1])?;
    let tabs = own(args).bytes().filter(|&b| b == b'\t').count();
    vm.check_text(tabs.saturating_mul(size))?;
    vm.own_str(strings::expandtabs(own(args), size))
}
