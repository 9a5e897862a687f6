//! `bytes` and `bytearray`: their tables and constructors, and conversions.

mod array;
mod cut;
mod layout;
mod search;

use super::codec;
use super::operators as op;
use crate::heap::{Gc, Str, Value};
use crate::objects::sequence::BytesLike;
use crate::objects::{ByteArray, Bytes};
use crate::text::bytes as text;
use crate::vm::{Result, Vm};
use crate::{methods, natives};

/// Each type has a table of its own, since receivers are checked by type.
macro_rules! tables {
    (both: $( $sig:literal => $f:path; )* bytearray: $( $(#[doc = $doc:literal])* $array_sig:literal => $array_f:path; )*) => {
        methods! { pub static BYTES for Bytes, "bytes": $( $sig => $f; )* }
        methods! { pub static BYTEARRAY for ByteArray, "bytearray":
            $( $sig => $f; )*
            $( $(#[doc = $doc])* $array_sig => $array_f; )*
        }
    };
}

tables! { both:
    "capitalize(self, /)" => layout::capitalize;
    "center(self, width, fillchar=..., /)" => layout::center;
    "count(self, sub, start=None, end=None, /)" => search::count;
    "decode(self, /, encoding='utf-8', errors='strict')" => decode;
    "endswith(self, suffix, start=None, end=None, /)" => search::endswith;
    "expandtabs(self, /, tabsize=8)" => layout::expandtabs;
    "find(self, sub, start=None, end=None, /)" => search::find;
    "hex(self, /, sep=..., bytes_per_sep=1)" => hex;
    "index(self, sub, start=None, end=None, /)" => search::index;
    "isalnum(self, /)" => layout::isalnum;
    "isalpha(self, /)" => layout::isalpha;
    "isascii(self, /)" => layout::isascii;
    "isdigit(self, /)" => layout::isdigit;
    "islower(self, /)" => layout::islower;
    "isspace(self, /)" => layout::isspace;
    "istitle(self, /)" => layout::istitle;
    "isupper(self, /)" => layout::isupper;
    "join(self, iterable_of_bytes, /)" => cut::join;
    "ljust(self, width, fillchar=..., /)" => layout::ljust;
    "lower(self, /)" => layout::lower;
    "lstrip(self, bytes=None, /)" => cut::lstrip;
    "partition(self, sep, /)" => cut::partition;
    "removeprefix(self, prefix, /)" => cut::removeprefix;
    "removesuffix(self, suffix, /)" => cut::removesuffix;
    "replace(self, old, new, count=-1, /)" => cut::replace;
    "rfind(self, sub, start=None, end=None, /)" => search::rfind;
    "rindex(self, sub, start=None, end=None, /)" => search::rindex;
    "rjust(self, width, fillchar=..., /)" => layout::rjust;
    "rpartition(self, sep, /)" => cut::rpartition;
    "rsplit(self, /, sep=None, maxsplit=-1)" => cut::rsplit;
    "rstrip(self, bytes=None, /)" => cut::rstrip;
    "split(self, /, sep=None, maxsplit=-1)" => cut::split;
    "splitlines(self, /, keepends=False)" => cut::splitlines;
    "startswith(self, prefix, start=None, end=None, /)" => search::startswith;
    "strip(self, bytes=None, /)" => cut::strip;
    "swapcase(self, /)" => layout::swapcase;
    "title(self, /)" => layout::title;
    "translate(self, table, /, delete=...)" => cut::translate;
    "upper(self, /)" => layout::upper;
    "zfill(self, width, /)" => layout::zfill;
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
    "__str__(self, /)" => op::repr;
    "__bytes__(self, /)" => to_bytes;
bytearray:
    "__init__(self, source=..., encoding=..., errors=...)" => init_array;
    /// Append a single item to the end of the bytearray.
    "append(self, item, /)" => array::append;
    /// Remove all items from the bytearray.
    "clear(self, /)" => array::clear;
    /// Return a copy of B.
    "copy(self, /)" => array::copy;
    /// Append all the items from the iterator or sequence to the end of the bytearray.
    "extend(self, iterable_of_ints, /)" => array::extend;
    /// Insert a single item into the bytearray before the given index.
    "insert(self, index, item, /)" => array::insert;
    /// Remove and return a single item from B.
    "pop(self, index=-1, /)" => array::pop;
    /// Remove the first occurrence of a value in the bytearray.
    "remove(self, value, /)" => array::remove;
    /// Reverse the order of the values in B in place.
    "reverse(self, /)" => array::reverse;
    "__iadd__(self, value, /)" => array::iadd;
    "__imul__(self, value, /)" => array::imul;
    "__setitem__(self, key, value, /)" => op::set_item;
    "__delitem__(self, key, /)" => op::del_item;
}

natives! { pub static BYTES_STATIC:
    "__new__(cls, source=..., encoding=..., errors=...)" => new;
    /// Return a translation table usable for the bytes or bytearray translate method.
    "maketrans(frm, to, /)" => cut::maketrans;
}

natives! { pub static BYTEARRAY_STATIC:
    "__new__(cls, *args, **kwargs)" => new_array;
    /// Return a translation table usable for the bytes or bytearray translate method.
    "maketrans(frm, to, /)" => cut::maketrans;
}

natives! { pub static BYTES_CLASS_METHODS:
    /// Create a bytes object from a string of hexadecimal numbers.
    "fromhex(cls, string, /)" => fromhex;
}

natives! { pub static BYTEARRAY_CLASS_METHODS:
    /// Create a bytearray object from a string of hexadecimal numbers.
    "fromhex(cls, string, /)" => fromhex;
}

/// The receiver's bytes, read in place: not to be held while the language's code may run.
fn own(args: &[Value]) -> BytesLike {
    BytesLike::of(args[0]).unwrap_or(BytesLike::Empty)
}

/// The bytes of an argument that must be bytes-like.
fn buffer(vm: &mut Vm, v: Value) -> Result<BytesLike> {
    match BytesLike::of(vm.unwrap(v)) {
        Some(bytes) => Ok(bytes),
        None => {
            let class = vm.class_name(v);
            Err(vm.type_error(format!("a bytes-like object is required, not '{class}'")))
        }
    }
}

fn new(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let plain = vm.unwrap(args[1]);
    if plain.is::<Bytes>() && args[2].is_unbound() && args[3].is_unbound() {
        return vm.wrap_payload(args[0], plain);
    }
    let bytes = content(vm, args, false)?;
    let value = vm.heap.bytes(bytes).value();
    vm.wrap_payload(args[0], value)
}

fn new_array(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let value = vm.heap.bytearray(Vec::new()).value();
    vm.wrap_payload(args[0], value)
}

fn init_array(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let bytes = content(vm, args, true)?;
    if let Some(mut array) = args[0].cast::<ByteArray>() {
        vm.heap.charge(bytes.len());
        array.value = bytes;
    }
    Ok(Value::NONE)
}

/// What `__bytes__` gives, if the object has one.
fn own_bytes(vm: &mut Vm, source: Value) -> Result<Option<Vec<u8>>> {
    if !vm.has_operators(source) {
        return Ok(None);
    }
    let Some(answer) = vm.call_operator(source, vm.names.__bytes__, &[])? else { return Ok(None) };
    match BytesLike::of(vm.unwrap(answer)) {
        Some(bytes) => Ok(Some(bytes.to_vec())),
        None => {
            let class = vm.class_name(answer);
            Err(vm.type_error(format!("__bytes__ returned non-bytes (type {class})")))
        }
    }
}

/// What the arguments `(cls, source, encoding, errors)` of a constructor say.
fn content(vm: &mut Vm, args: &[Value], array: bool) -> Result<Vec<u8>> {
    let [source, encoding, errors] = [args[1], args[2], args[3]];
    let given = |v: Value| !v.is_unbound();
    let plain = vm.unwrap(source);
    if plain != source
        && !given(encoding)
        && !given(errors)
        && let Some(converted) = own_bytes(vm, source)?
    {
        return Ok(converted);
    }
    if let Some(string) = plain.as_str() {
        if !given(encoding) {
            return Err(vm.type_error("string argument without an encoding"));
        }
        let encoding = option(vm, encoding, "utf-8", "encoding")?;
        let errors = option(vm, errors, "strict", "errors")?;
        return codec::encode(vm, string, encoding, errors);
    }
    if given(encoding) || given(errors) {
        let which = if given(encoding) { "encoding" } else { "errors" };
        return Err(vm.type_error(format!("{which} without a string argument")));
    }
    if !given(source) {
        return Ok(Vec::new());
    }
    if BytesLike::of(plain).is_none()
        && !vm.has_operators(source)
        && vm.big_of(plain).is_none()
        && (source.is_none() || source.is_float())
    {
        let (class, own) = (vm.class_name(source), if array { "bytearray" } else { "bytes" });
        return Err(vm.type_error(format!("cannot convert '{class}' object to {own}")));
    }
    if let Some(converted) = own_bytes(vm, source)? {
        return Ok(converted);
    }
    if let Some(count) = vm.try_index(source)? {
        let Some(count) = vm.small_int_of(count) else {
            let class = vm.class_name(source);
            return Err(vm.overflow_error(format!("cannot fit '{class}' into an index-sized integer")));
        };
        return match usize::try_from(count) {
            Ok(count) if count <= 1 << 33 => {
                vm.make_room(count)?;
                Ok(vec![0; count])
            }
            Ok(_) => Err(vm.memory_error("")),
            Err(_) => Err(vm.value_error("negative count")),
        };
    }
    collect(vm, source, array)
}

fn option(vm: &mut Vm, v: Value, default: &'static str, name: &str) -> Result<&'static str> {
    if v.is_unbound() {
        return Ok(default);
    }
    match vm.unwrap(v).as_str() {
        Some(text) => Ok(Gc::<Str>::text(text)),
        None => {
            let class = vm.class_name(v);
            Err(vm.type_error(format!("bytes() argument '{name}' must be str, not {class}")))
        }
    }
}

/// The bytes of an iterable of integers.
fn collect(vm: &mut Vm, source: Value, array: bool) -> Result<Vec<u8>> {
    if let Some(bytes) = BytesLike::of(vm.unwrap(source)) {
        return Ok(bytes.to_vec());
    }
    let iter = match vm.iter(source) {
        Ok(iter) => vm.root(iter),
        Err(raise) if vm.raised_is(raise, vm.exceptions.TypeError) && !vm.has_operators(source) => {
            let (class, own) = (vm.class_name(source), if array { "bytearray" } else { "bytes" });
            return Err(vm.type_error(format!("cannot convert '{class}' object to {own}")));
        }
        Err(raise) => return Err(raise),
    };
    let mut bytes = Vec::new();
    while let Some(item) = vm.next(iter)? {
        if bytes.len() == bytes.capacity() {
            vm.make_room(bytes.len() * 2)?;
        }
        let byte = vm.index(item)?;
        match vm.small_int_of(byte).and_then(|i| u8::try_from(i).ok()) {
            Some(byte) => bytes.push(byte),
            None if array => return Err(vm.value_error("byte must be in range(0, 256)")),
            None => return Err(vm.value_error("bytes must be in range(0, 256)")),
        }
    }
    Ok(bytes)
}

/// Bytes from what `int.from_bytes` takes: bytes-like, or an iterable of integers, but no string.
pub fn from_object(vm: &mut Vm, v: Value) -> Result<Vec<u8>> {
    if vm.unwrap(v).as_str().is_some() || vm.big_of(v).is_some() {
        let class = vm.class_name(v);
        return Err(vm.type_error(format!("cannot convert '{class}' object to bytes")));
    }
    if vm.has_operators(v)
        && let Some(answer) = vm.call_operator(v, vm.names.__bytes__, &[])?
    {
        return Ok(buffer(vm, answer)?.to_vec());
    }
    collect(vm, v, false)
}

fn to_bytes(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(vm.heap.bytes(own(args).to_vec()).value())
}

fn fromhex(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let Some(digits) = vm.unwrap(args[1]).as_str() else {
        let class = vm.class_name(args[1]);
        return Err(vm.type_error(format!("fromhex() argument must be str, not {class}")));
    };
    let bytes = text::fromhex(digits.text()).map_err(|e| vm.text_error(e))?;
    if args[0] == vm.types.bytearray.value() {
        return Ok(vm.heap.bytearray(bytes).value());
    }
    let value = vm.heap.bytes(bytes).value();
    if args[0] == vm.types.bytes.value() { Ok(value) } else { vm.call(args[0], &[value]) }
}

fn decode(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let mut names = [""; 2];
    for (i, what) in ["encoding", "errors"].into_iter().enumerate() {
        let Some(name) = vm.unwrap(args[i + 1]).as_str() else {
            let class = vm.class_name(args[i + 1]);
            return Err(vm.type_error(format!("decode() argument '{what}' must be str, not {class}")));
        };
        names[i] = name.text();
    }
    codec::decode(vm, &own(args), args[0], names[0], names[1])
}

fn hex(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let group = vm.index_i64(args[2])?;
    let separator = if args[1].is_unbound() {
        None
    } else {
        let plain = vm.unwrap(args[1]);
        let chars: Vec<char> = if let Some(s) = plain.as_str() {
            s.text().chars().collect()
        } else if let Some(bytes) = BytesLike::of(plain) {
            bytes.iter().map(|&b| char::from(b)).collect()
        } else {
            vm.len(args[1])?;
            return Err(vm.type_error("sep must be str or bytes."));
        };
        match chars[..] {
            [c] if c.is_ascii() => Some(c),
            [_] => return Err(vm.value_error("sep must be ASCII.")),
            _ => return Err(vm.value_error("sep must be length 1.")),
        }
    };
    vm.owned_str(&text::hex(&own(args), separator, group))
}
