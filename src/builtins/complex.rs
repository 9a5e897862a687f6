//! `complex`.

use super::operators as op;
use crate::heap::Value;
use crate::objects::Complex;
use crate::text::float;
use crate::vm::{Result, Vm};
use crate::{methods, natives};

methods! { pub static COMPLEX for Complex, "complex":
    /// Return the complex conjugate of its argument. (3-4j).conjugate() == 3+4j.
    "conjugate(self, /)" => conjugate;
    "__add__(self, value, /)" => op::add;
    "__radd__(self, value, /)" => op::radd;
    "__sub__(self, value, /)" => op::sub;
    "__rsub__(self, value, /)" => op::rsub;
    "__mul__(self, value, /)" => op::mul;
    "__rmul__(self, value, /)" => op::rmul;
    "__truediv__(self, value, /)" => op::truediv;
    "__rtruediv__(self, value, /)" => op::rtruediv;
    "__pow__(self, value, mod=None, /)" => op::pow;
    "__rpow__(self, value, mod=None, /)" => op::rpow;
    "__neg__(self, /)" => op::neg;
    "__pos__(self, /)" => op::itself;
    "__abs__(self, /)" => op::abs;
    "__bool__(self, /)" => op::truth;
    "__eq__(self, value, /)" => op::eq;
    "__ne__(self, value, /)" => op::ne;
    "__hash__(self, /)" => op::hash;
    "__repr__(self, /)" => op::repr;
    "__format__(self, format_spec, /)" => op::format;
    "__complex__(self, /)" => op::itself;
}

natives! { pub static COMPLEX_STATIC:
    "__new__(cls, real=..., imag=...)" => new;
}

methods! { pub static COMPLEX_PROPERTIES for Complex, "complex":
    /// the real part of a complex number
    "real(self)" => real;
    /// the imaginary part of a complex number
    "imag(self)" => imag;
}

fn own(v: Value) -> (f64, f64) {
    v.cast::<Complex>().map_or((0.0, 0.0), |c| (c.real, c.imag))
}

fn real(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(vm.float(own(args[0]).0))
}

fn imag(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(vm.float(own(args[0]).1))
}

fn conjugate(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let (real, imag) = own(args[0]);
    Ok(vm.heap.complex(real, -imag))
}

/// Whether an underscore stands anywhere but between two digits.
fn misplaced_underscore(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digit = |i: Option<usize>| i.and_then(|i| bytes.get(i)).is_some_and(u8::is_ascii_digit);
    (0..bytes.len()).any(|i| bytes[i] == b'_' && !(digit(i.checked_sub(1)) && digit(Some(i + 1))))
}

fn new(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let (cls, real, imag) = (args[0], args[1], args[2]);
    let plain = vm.unwrap(real);
    let value = if let Some(text) = plain.as_str() {
        if !imag.is_unbound() {
            return Err(vm.type_error("complex() can't take second arg if first is a string"));
        }
        match parse(text.text()) {
            Some((real, imag)) => vm.heap.complex(real, imag),
            None if misplaced_underscore(text.text()) => {
                let text = vm.repr(real)?;
                return Err(vm.value_error(format!("could not convert string to complex: {text}")));
            }
            None => return Err(vm.value_error("complex() arg is a malformed string")),
        }
    } else {
        if vm.unwrap(imag).as_str().is_some() {
            return Err(vm.type_error("complex() second arg can't be a string"));
        }
        let x = if real.is_unbound() { (0.0, 0.0) } else { part(vm, real, true)? };
        let y = if imag.is_unbound() { (0.0, 0.0) } else { part(vm, imag, false)? };
        // Either part may itself be complex: real + imag * 1j. Nothing is added to what is not: zeros have signs.
        let complex = |vm: &Vm, v: Value| vm.unwrap(v).is::<Complex>();
        let sum = match (complex(vm, real), complex(vm, imag)) {
            _ if imag.is_unbound() => x,
            (true, true) => (x.0 - y.1, x.1 + y.0),
            (true, false) => (x.0, x.1 + y.0),
            (false, true) => (x.0 - y.1, y.0),
            (false, false) => (x.0, y.0),
        };
        vm.heap.complex(sum.0, sum.1)
    };
    vm.wrap_payload(cls, value)
}

fn part(vm: &mut Vm, v: Value, first: bool) -> Result<(f64, f64)> {
    let plain = vm.unwrap(v);
    if plain.is::<Complex>() {
        return Ok(own(plain));
    }
    if first
        && vm.has_operators(v)
        && let Some(answer) = vm.call_operator(v, vm.names.__complex__, &[])?
    {
        if answer.is::<Complex>() {
            return Ok(own(answer));
        }
        let class = vm.class_name(answer);
        return Err(vm.type_error(format!("__complex__ returned non-complex (type {class})")));
    }
    match vm.try_f64(v)? {
        Some(f) => Ok((f, 0.0)),
        None => {
            let class = vm.class_name(v);
            Err(vm.type_error(if first {
                format!("complex() first argument must be a string or a number, not '{class}'")
            } else {
                format!("complex() second argument must be a number, not '{class}'")
            }))
        }
    }
}

/// `1+2j`, `j`, `(3)`, with space around but not inside.
fn parse(text: &str) -> Option<(f64, f64)> {
    let mut text = text.trim();
    if let Some(inner) = text.strip_prefix('(') {
        text = inner.strip_suffix(')')?.trim();
    }
    if text.is_empty() || text.contains(char::is_whitespace) {
        return None;
    }
    let Some(body) = text.strip_suffix(['j', 'J']) else { return Some((float::parse(text)?, 0.0)) };
    // The last sign that does not belong to an exponent starts the imaginary part.
    let split = body
        .char_indices()
        .rev()
        .find(|&(at, c)| matches!(c, '+' | '-') && !body[..at].ends_with(['e', 'E']))
        .map_or(0, |(at, _)| at);
    let (real, imag) = body.split_at(split);
    let imag = match imag {
        "" | "+" => 1.0,
        "-" => -1.0,
        _ => float::parse(imag)?,
    };
    Some((if real.is_empty() { 0.0 } else { float::parse(real)? }, imag))
}
