//! Values as text: `repr`, `str` and `format` of every kind of value.

mod containers;
mod exceptions;
mod objects;
mod percent;

use super::arithmetic::find_in_class;
use super::{Result, Vm};
use crate::heap::{Gc, Kind, Str, Value, Writer};
use crate::objects::sequence::BytesLike;
use crate::objects::{BigInt, Complex, MappingProxy, Native};
use crate::text::decimal::decimal_length;
use crate::text::float::Fixed;
use crate::text::int::{self, IntRef};
use crate::text::plain::Plain;
use crate::text::{complex, decimal, float, quote, spec};
use std::fmt::Write;

impl Vm {
    /// `repr(v)`
    pub fn repr(&mut self, v: Value) -> Result<String> {
        let mut out = String::new();
        self.write_repr(&mut out, v)?;
        Ok(out)
    }

    /// `ascii(v)`
    pub fn ascii(&mut self, v: Value) -> Result<String> {
        Ok(quote::escape_non_ascii(&self.repr(v)?))
    }

    /// Appends `repr(v)`.
    pub(crate) fn write_repr(&mut self, out: &mut String, v: Value) -> Result<()> {
        if let Some(i) = v.as_int() {
            decimal::push_signed(out, i);
            return Ok(());
        }
        if let Some(f) = v.as_float() {
            float::push_repr(out, f);
            return Ok(());
        }
        let Some(kind) = v.kind() else {
            out.push_str(match v {
                Value::NONE => "None",
                Value::TRUE => "True",
                Value::FALSE => "False",
                Value::ELLIPSIS => "Ellipsis",
                Value::NOT_IMPLEMENTED => "NotImplemented",
                _ => "<unbound>",
            });
            return Ok(());
        };
        match kind {
            Kind::Str => {
                if let Some(s) = v.as_str() {
                    quote::push_repr(out, s.text(), false);
                }
                Ok(())
            }
            Kind::BigInt => {
                let Some(big) = v.cast::<BigInt>() else { return Ok(()) };
                let pushed = int::push_decimal(out, IntRef::Big(&big.value), self.int_max_str_digits);
                pushed.map_err(|e| self.text_error(e))
            }
            Kind::Complex => {
                if let Some(c) = v.cast::<Complex>() {
                    out.push_str(&complex::repr(c.real, c.imag));
                }
                Ok(())
            }
            Kind::Bytes | Kind::ByteArray => {
                let text = BytesLike::of(v).map(|bytes| quote::repr_bytes(&bytes)).unwrap_or_default();
                if kind == Kind::Bytes {
                    out.push_str(&text);
                } else {
                    let _ = write!(out, "bytearray({text})");
                }
                Ok(())
            }
            Kind::List
            | Kind::Tuple
            | Kind::Dict
            | Kind::Set
            | Kind::FrozenSet
            | Kind::DictView
            | Kind::MappingProxy
            | Kind::Slice
            | Kind::Range => {
                self.enter()?;
                let done = self.write_container(out, v, kind);
                self.leave();
                done
            }
            _ => {
                self.enter()?;
                let done = self.write_object(out, v, kind);
                self.leave();
                done
            }
        }
    }

    /// What has a class with a `__repr__`, or what only the VM knows.
    fn write_object(&mut self, out: &mut String, v: Value, kind: Kind) -> Result<()> {
        match kind {
            Kind::Instance | Kind::Exception => {
                let found = find_in_class(self.type_of(v), self.names.__repr__);
                let own = found.is_none_or(|f| !f.is::<Native>());
                let payload = self.payload(v);
                if kind == Kind::Exception && (!own || found.is_none()) {
                    return self.write_exception(out, v);
                }
                if !payload.is_unbound() && (!own || found.is_none()) && payload.kind() != Some(Kind::Boxed) {
                    return self.write_payload(out, v, payload);
                }
                if found.is_some() {
                    return self.write_answer(out, v);
                }
                out.push_str(&self.default_repr(v));
                Ok(())
            }
            Kind::Class => {
                let metaclass = self.type_of(v);
                if metaclass != self.types.type_
                    && find_in_class(metaclass, self.names.__repr__).is_some_and(|f| !f.is::<Native>())
                {
                    return self.write_answer(out, v);
                }
                self.write_core_object(out, v, kind)
            }
            Kind::Boxed | Kind::Future | Kind::Task | Kind::Handle | Kind::Iter => {
                if find_in_class(self.type_of(v), self.names.__repr__).is_some() {
                    return self.write_answer(out, v);
                }
                out.push_str(&self.default_repr(v));
                Ok(())
            }
            _ => self.write_core_object(out, v, kind),
        }
    }

    fn write_answer(&mut self, out: &mut String, v: Value) -> Result<()> {
        match self.ask_text(v, self.names.__repr__, "__repr__")? {
            Some(text) => out.push_str(text.text()),
            None => out.push_str(&self.default_repr(v)),
        }
        Ok(())
    }

    /// Calls a method that must answer with a string.
    fn ask_text(&mut self, v: Value, name: Gc<Str>, shown: &str) -> Result<Option<Gc<Str>>> {
        let Some(answer) = self.call_operator(v, name, &[])? else { return Ok(None) };
        match self.unwrap(answer).as_str() {
            Some(text) => Ok(Some(text)),
            None => {
                let class = self.class_name(answer);
                Err(self.type_error(format!("{shown} returned non-string (type {class})")))
            }
        }
    }

    /// `str(v)`
    pub fn to_str(&mut self, v: Value) -> Result<Gc<Str>> {
        if let Some(s) = v.as_str() {
            return Ok(s);
        }
        if let Some(i) = v.as_int() {
            return Ok(self.int_str(i));
        }
        if self.has_operators(v) {
            self.enter()?;
            let answer = self.ask_str(v);
            self.leave();
            if let Some(text) = answer? {
                return Ok(text);
            }
        }
        // A proxy is transparent for `str`, not for `repr`.
        let shown = v.cast::<MappingProxy>().map_or(v, |p| p.dict.value());
        let text = self.repr(shown)?;
        self.new_str(&text)
    }

    /// `None` where `str` is `repr`.
    fn ask_str(&mut self, v: Value) -> Result<Option<Gc<Str>>> {
        let name = self.names.__str__;
        let found = find_in_class(self.type_of(v), name);
        let native = found.is_none_or(|f| f.is::<Native>());
        if native && v.kind() == Some(Kind::Exception) {
            let text = self.exception_str(v)?;
            return self.new_str(&text).map(Some);
        }
        // A class over `str` can still ask for `object.__str__`.
        let of_object = self.types.object.dict.table.get_str(name);
        if native
            && (found.is_none() || found != of_object)
            && let Some(text) = self.unwrap(v).as_str()
        {
            return Ok(Some(text));
        }
        // `object.__str__` is `repr`, and so is that of the other built-in types.
        if found.is_none() || native && matches!(v.kind(), Some(Kind::Instance | Kind::Class)) {
            return Ok(None);
        }
        self.ask_text(v, name, "__str__")
    }

    /// `str(i)`
    #[inline]
    pub(crate) fn int_str(&mut self, i: i64) -> Gc<Str> {
        match i {
            0..10 => self.characters[b'0' as usize + i as usize],
            _ => self.heap.int_string(i),
        }
    }

    /// A float with so many places.
    pub(crate) fn fixed_str(&mut self, fixed: Fixed) -> Value {
        let Fixed { negative, digits, places, width } = fixed;
        if places == 0 && !negative && width < 2 && digits < 10 {
            return self.int_str(digits as i64).value();
        }
        self.heap.fixed_string((negative, digits), places, width).value()
    }

    /// `format(v, spec)` of a text or an integer, where the specification is of the plainest.
    pub(crate) fn format_plainly(&mut self, v: Value, spec: &str) -> Option<Value> {
        /// Longer texts have room to be asked for.
        const LONG: usize = 1 << 10;
        let plain = Plain::parse(spec)?;
        if let Some(text) = v.as_str() {
            if plain.zeros || !matches!(plain.conversion, 0 | b's') || text.len_bytes() > LONG {
                return None;
            }
            let missing = plain.width.saturating_sub(text.chars());
            if missing == 0 {
                return Some(v);
            }
            let before = if plain.left == Some(false) { missing } else { 0 };
            return self.padded(text.len_bytes(), text.chars(), (' ', before, missing - before), |out| {
                out.push(text);
            });
        }
        let i = v.as_int()?;
        let mut digits = [0; 16];
        let length = match plain.conversion {
            0 | b'd' => decimal_length(i),
            b'x' if i >= 0 => {
                let length = (u64::BITS - (i as u64 | 1).leading_zeros()).div_ceil(4) as usize;
                for (at, digit) in digits[..length].iter_mut().rev().enumerate() {
                    *digit = b"0123456789abcdef"[(i >> (at * 4)) as usize & 0xf];
                }
                length
            }
            _ => return None,
        };
        if plain.zeros && i < 0 {
            return None;
        }
        let missing = plain.width.saturating_sub(length);
        let before = if plain.left == Some(true) { 0 } else { missing };
        let fill = if plain.zeros { '0' } else { ' ' };
        self.padded(length, length, (fill, before, missing - before), |out| {
            if plain.conversion == b'x' {
                out.push_mapped(&digits[..length], |digit| digit);
            } else {
                out.push_int(i);
            }
        })
    }

    /// What `write` writes, with so many spaces or zeros before and behind it; `None` if that is shorter than two bytes.
    #[inline(always)]
    fn padded(
        &mut self,
        bytes: usize,
        chars: usize,
        (fill, before, behind): (char, usize, usize),
        write: impl FnOnce(&mut Writer),
    ) -> Option<Value> {
        let missing = before + behind;
        if bytes + missing < 2 {
            return None;
        }
        let fill = if fill == '0' { "0" } else { " " };
        let made = self.heap.string_with(bytes + missing, chars + missing, |out| {
            out.push_repeated(fill, before);
            write(out);
            out.push_repeated(fill, behind);
        });
        Some(made.value())
    }

    /// A string whose text `write` appends to a buffer that is used again. The root stack is left as it was.
    pub(crate) fn build_text(
        &mut self,
        write: impl FnOnce(&mut Self, &mut String) -> Result<()>,
    ) -> Result<Gc<Str>> {
        /// A buffer that grew beyond this is given back.
        const KEPT: usize = 1 << 12;
        let mut text = std::mem::take(&mut self.scratch);
        text.clear();
        let written = write(self, &mut text).and_then(|()| self.check_text(text.len()));
        if text.len() > KEPT && written.is_ok() {
            let chars = if text.is_ascii() { text.len() } else { text.chars().count() };
            return Ok(self.heap.string_owned(text, chars));
        }
        let made = written.map(|()| self.text_str(&text));
        if text.capacity() <= KEPT {
            self.scratch = text;
        }
        made
    }

    /// A string of a text that was made for it alone; MemoryError if it is longer than strings get.
    pub(crate) fn own_str(&mut self, text: String) -> Result<Value> {
        self.check_text(text.len())?;
        if text.len() < 2 {
            return Ok(self.str(&text));
        }
        let chars = if text.is_ascii() { text.len() } else { text.chars().count() };
        Ok(self.heap.string_owned(text, chars).value())
    }

    /// A string object; MemoryError if the text is longer than strings get.
    pub(crate) fn new_str(&mut self, text: &str) -> Result<Gc<Str>> {
        self.check_text(text.len())?;
        Ok(self.text_str(text))
    }

    /// `format(v, spec)`
    pub fn format(&mut self, v: Value, spec: &str) -> Result<Gc<Str>> {
        if self.has_operators(v) {
            return self.format_object(v, spec);
        }
        if spec.is_empty() {
            return self.to_str(v);
        }
        self.build_text(|vm, out| vm.push_format(out, v, spec))
    }

    /// Appends `format(v, spec)`.
    pub(crate) fn push_format(&mut self, out: &mut String, v: Value, spec: &str) -> Result<()> {
        if self.has_operators(v) {
            let text = self.format_object(v, spec)?;
            out.push_str(text.text());
            return Ok(());
        }
        if spec.is_empty() {
            return self.push_str_of(out, v);
        }
        let class = self.class_name(v);
        if self.format_builtin(out, v, spec, class)? {
            return Ok(());
        }
        Err(self.type_error(format!("unsupported format string passed to {class}.__format__")))
    }

    /// Appends `str(v)`.
    pub(crate) fn push_str_of(&mut self, out: &mut String, v: Value) -> Result<()> {
        if let Some(text) = v.as_str() {
            out.push_str(text.text());
        } else if let Some(i) = v.as_int() {
            decimal::push_signed(out, i);
        } else if let Some(f) = v.as_float() {
            float::push_repr(out, f);
        } else {
            out.push_str(self.to_str(v)?.text());
        }
        Ok(())
    }

    /// The mini-language for strings and numbers: whether it is one of those. `class` is for messages.
    pub(crate) fn format_builtin(
        &mut self,
        out: &mut String,
        v: Value,
        spec: &str,
        class: &str,
    ) -> Result<bool> {
        self.make_room(widest(spec))?;
        let pushed = if let Some(s) = v.as_str() {
            spec::push_str(out, s.text(), spec, class)
        } else if let Some(f) = v.as_float() {
            spec::push_float(out, f, spec, class)
        } else if let Some(big) = v.cast::<BigInt>() {
            spec::push_int(out, IntRef::Big(&big.value), spec, class, self.int_max_str_digits)
        } else if let Some(i) = self.small_int_of(v) {
            spec::push_int(out, IntRef::Small(i), spec, class, self.int_max_str_digits)
        } else if let Some(c) = v.cast::<Complex>() {
            spec::push_complex(out, (c.real, c.imag), spec, class)
        } else {
            return Ok(false);
        };
        pushed.map_err(|e| self.text_error(e))?;
        Ok(true)
    }

    fn format_object(&mut self, v: Value, spec: &str) -> Result<Gc<Str>> {
        let name = self.names.__format__;
        let found = find_in_class(self.type_of(v), name);
        let class = self.class_name(v);
        let core = matches!(v.kind(), Some(Kind::Instance | Kind::Exception | Kind::Class));
        if found.is_none_or(|f| core && f.is::<Native>()) {
            if spec.is_empty() {
                return self.to_str(v);
            }
            let payload = self.unwrap(v);
            if payload.kind() != Some(Kind::Instance) {
                let mut text = String::new();
                if self.format_builtin(&mut text, payload, spec, class)? {
                    return self.new_str(&text);
                }
            }
            if found.is_none() || payload == v {
                return Err(
                    self.type_error(format!("unsupported format string passed to {class}.__format__"))
                );
            }
        }
        let spec = self.str(spec);
        let answer = self.call_operator(v, name, &[spec])?.unwrap_or(Value::NONE);
        match self.unwrap(answer).as_str() {
            Some(text) => Ok(text),
            None => {
                let class = self.class_name(answer);
                Err(self.type_error(format!("__format__ must return a str, not {class}")))
            }
        }
    }
}

/// The widest field that the specification can mean, in bytes: whatever number in it is the width.
fn widest(spec: &str) -> usize {
    if spec.len() < 5 {
        return 0;
    }
    let numbers = spec.split(|c: char| !c.is_ascii_digit()).filter_map(|n| n.parse::<usize>().ok());
    numbers.max().unwrap_or(0).saturating_mul(char::MAX.len_utf8()).min(crate::text::MAX_WIDTH)
}
