//! `int` and `bool`.

use super::operators as op;
use crate::heap::Value;
use crate::objects::BigInt as BigObject;
use crate::objects::sequence::BytesLike;
use crate::text::int::{self, IntRef, IntValue};
use crate::vm::{Result, Vm};
use crate::{methods, natives};
use num_bigint::{BigInt, Sign};
use num_integer::Integer;
use num_traits::{Signed, Zero};

fn is_int(v: Value) -> bool {
    v.is_int() || v.is_bool() || v.is::<BigObject>()
}

methods! { pub static INT for fn is_int, "int":
    /// Number of bits necessary to represent self in binary.
    "bit_length(self, /)" => bit_length;
    /// Number of ones in the binary representation of the absolute value of self.
    "bit_count(self, /)" => bit_count;
    /// Return an array of bytes representing an integer.
    "to_bytes(self, length=1, byteorder='big', *, signed=False)" => to_bytes;
    /// Return a pair of integers, whose ratio is equal to the original int.
    "as_integer_ratio(self, /)" => as_integer_ratio;
    /// Returns True. Exists for duck type compatibility with float.is_integer.
    "is_integer(self, /)" => is_integer;
    /// Returns self, the complex conjugate of any int.
    "conjugate(self, /)" => op::pos;
    "__add__(self, value, /)" => op::add;
    "__radd__(self, value, /)" => op::radd;
    "__sub__(self, value, /)" => op::sub;
    "__rsub__(self, value, /)" => op::rsub;
    "__mul__(self, value, /)" => op::mul;
    "__rmul__(self, value, /)" => op::rmul;
    "__truediv__(self, value, /)" => op::truediv;
    "__rtruediv__(self, value, /)" => op::rtruediv;
    "__floordiv__(self, value, /)" => op::floordiv;
    "__rfloordiv__(self, value, /)" => op::rfloordiv;
    "__mod__(self, value, /)" => op::modulo;
    "__rmod__(self, value, /)" => op::rmodulo;
    "__divmod__(self, value, /)" => op::divmod;
    "__rdivmod__(self, value, /)" => op::rdivmod;
    "__pow__(self, value, mod=None, /)" => op::pow;
    "__rpow__(self, value, mod=None, /)" => op::rpow;
    "__lshift__(self, value, /)" => op::lshift;
    "__rlshift__(self, value, /)" => op::rlshift;
    "__rshift__(self, value, /)" => op::rshift;
    "__rrshift__(self, value, /)" => op::rrshift;
    "__and__(self, value, /)" => op::and;
    "__rand__(self, value, /)" => op::rand;
    "__or__(self, value, /)" => op::or;
    "__ror__(self, value, /)" => op::ror;
    "__xor__(self, value, /)" => op::xor;
    "__rxor__(self, value, /)" => op::rxor;
    "__neg__(self, /)" => op::neg;
    "__pos__(self, /)" => op::pos;
    "__abs__(self, /)" => op::abs;
    "__invert__(self, /)" => op::invert;
    "__bool__(self, /)" => op::truth;
    "__eq__(self, value, /)" => op::eq;
    "__ne__(self, value, /)" => op::ne;
    "__lt__(self, value, /)" => op::lt;
    "__le__(self, value, /)" => op::le;
    "__gt__(self, value, /)" => op::gt;
    "__ge__(self, value, /)" => op::ge;
    "__hash__(self, /)" => op::hash;
    "__repr__(self, /)" => op::repr;
    "__format__(self, format_spec, /)" => op::format;
    "__int__(self, /)" => op::pos;
    "__index__(self, /)" => op::pos;
    "__trunc__(self, /)" => op::pos;
    "__floor__(self, /)" => op::pos;
    "__ceil__(self, /)" => op::pos;
    "__float__(self, /)" => to_float;
    /// Rounding an Integral returns itself; a negative ndigits rounds to tens, hundreds, ...
    "__round__(self, ndigits=None, /)" => round;
}

natives! { pub static INT_STATIC:
    "__new__(cls, x=..., /, base=...)" => new;
}

natives! { pub static INT_CLASS_METHODS:
    /// Return the integer represented by the given array of bytes.
    "from_bytes(cls, bytes, byteorder='big', *, signed=False)" => from_bytes;
}

methods! { pub static INT_PROPERTIES for fn is_int, "int":
    /// the real part of a complex number
    "real(self)" => op::pos;
    /// the imaginary part of a complex number
    "imag(self)" => zero;
    /// the numerator of a rational number in lowest terms
    "numerator(self)" => op::pos;
    /// the denominator of a rational number in lowest terms
    "denominator(self)" => one;
}

natives! { pub static BOOL_STATIC:
    "__new__(cls, object=False, /)" => new_bool;
}

methods! { pub static BOOL for fn Value::is_bool, "bool":
    "__and__(self, value, /)" => op::and;
    "__rand__(self, value, /)" => op::rand;
    "__or__(self, value, /)" => op::or;
    "__ror__(self, value, /)" => op::ror;
    "__xor__(self, value, /)" => op::xor;
    "__rxor__(self, value, /)" => op::rxor;
    "__repr__(self, /)" => op::repr;
}

fn new_bool(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    vm.truthy(args[1]).map(Value::bool)
}

fn new(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let (cls, x, base) = (args[0], args[1], args[2]);
    let value = if base.is_unbound() {
        if x.is_unbound() { Value::int(0) } else { convert(vm, x)? }
    } else {
        if x.is_unbound() {
            return Err(vm.type_error("int() missing string argument"));
        }
        let base = vm.index(base)?;
        // No other base is as wrong as one that is no small number.
        let base = vm.small_int_of(base).unwrap_or(-1);
        parse_in_base(vm, x, base)?
    };
    vm.wrap_payload(cls, value)
}

/// An integer as a value.
fn made(vm: &mut Vm, value: IntValue) -> Value {
    match value {
        IntValue::Small(i) => vm.int(i),
        IntValue::Big(big) => vm.heap.big_int(big),
    }
}

/// `int(x)`
fn convert(vm: &mut Vm, x: Value) -> Result<Value> {
    if is_int(x) {
        return vm.index(x);
    }
    if let Some(f) = x.as_float() {
        return truncated(vm, f);
    }
    if vm.has_operators(x) {
        if let Some(v) = vm.call_operator(x, vm.names.__int__, &[])? {
            let plain = vm.unwrap(v);
            if is_int(plain) {
                return vm.index(plain);
            }
            let class = vm.class_name(v);
            return Err(vm.type_error(format!("__int__ returned non-int (type {class})")));
        }
        if let Some(v) = vm.try_index(x)? {
            return Ok(v);
        }
        if let Some(v) = vm.call_operator(x, vm.names.__trunc__, &[])? {
            if let Some(i) = vm.try_index(v)? {
                return Ok(i);
            }
            let class = vm.class_name(v);
            return Err(vm.type_error(format!("__trunc__ returned non-Integral (type {class})")));
        }
    }
    let plain = vm.unwrap(x);
    if plain.as_str().is_none() && BytesLike::of(plain).is_none() {
        let class = vm.class_name(x);
        return Err(vm.type_error(format!(
            "int() argument must be a string, a bytes-like object or a real number, not '{class}'"
        )));
    }
    parse_in_base(vm, plain, 10)
}

pub fn truncated(vm: &mut Vm, f: f64) -> Result<Value> {
    let whole = int::from_f64(f).map_err(|e| vm.text_error(e))?;
    Ok(made(vm, whole))
}

fn parse_in_base(vm: &mut Vm, x: Value, base: i64) -> Result<Value> {
    let plain = vm.unwrap(x);
    let base = u32::try_from(base).unwrap_or(1);
    if let Some(text) = plain.as_str() {
        let parsed = int::parse(text.text(), base, vm.int_max_str_digits).map_err(|e| vm.text_error(e))?;
        return Ok(made(vm, parsed));
    }
    let Some(bytes) = BytesLike::of(plain) else {
        return Err(vm.type_error("int() can't convert non-string with explicit base"));
    };
    // As text it reads the same; only the message shows the bytes.
    let parsed =
        std::str::from_utf8(&bytes).ok().and_then(|text| int::parse(text, base, vm.int_max_str_digits).ok());
    match parsed {
        Some(parsed) => Ok(made(vm, parsed)),
        None => {
            let shown = vm.repr(plain)?;
            Err(vm.value_error(format!("invalid literal for int() with base {base}: {shown}")))
        }
    }
}

fn with_ref<T>(v: Value, f: impl FnOnce(IntRef<'_>) -> T) -> T {
    match v.cast::<BigObject>() {
        Some(big) => f(IntRef::Big(&big.value)),
        None => f(IntRef::Small(v.as_int().unwrap_or_else(|| i64::from(v == Value::TRUE)))),
    }
}

fn bit_length(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let bits = with_ref(args[0], int::bit_length);
    Ok(vm.int(i64::try_from(bits).unwrap_or(i64::MAX)))
}

fn bit_count(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let bits = with_ref(args[0], int::bit_count);
    Ok(vm.int(i64::try_from(bits).unwrap_or(i64::MAX)))
}

fn as_integer_ratio(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let own = vm.positive(args[0])?;
    Ok(vm.tuple(&[own, Value::int(1)]))
}

fn is_integer(_vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    Ok(Value::TRUE)
}

fn zero(_vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    Ok(Value::int(0))
}

fn one(_vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    Ok(Value::int(1))
}

fn to_float(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let f = vm.as_f64(args[0])?;
    Ok(vm.float(f))
}

fn round(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if args[1].is_none() {
        return vm.positive(args[0]);
    }
    let digits = vm.index(args[1])?;
    let digits = vm.small_int_of(digits).unwrap_or(0);
    if digits >= 0 {
        return vm.positive(args[0]);
    }
    let value = vm.big_of(args[0]).unwrap_or_default();
    let places = u32::try_from(digits.unsigned_abs()).unwrap_or(u32::MAX);
    if u64::from(places) > value.bits() {
        return Ok(Value::int(0));
    }
    let unit = BigInt::from(10).pow(places);
    let (quotient, rest) = value.div_mod_floor(&unit);
    let twice: BigInt = rest * 2;
    // Half to even.
    let up = twice > unit || twice == unit && quotient.is_odd();
    let rounded = (quotient + BigInt::from(u8::from(up))) * unit;
    Ok(vm.heap.big_int(rounded))
}

/// Whether the little end comes first.
fn little_endian(vm: &mut Vm, order: Value, function: &str) -> Result<bool> {
    let Some(text) = vm.unwrap(order).as_str() else {
        let class = vm.class_name(order);
        return Err(vm.type_error(format!("{function}() argument 'byteorder' must be str, not {class}")));
    };
    match text.text() {
        "little" => Ok(true),
        "big" => Ok(false),
        _ => Err(vm.value_error("byteorder must be either 'little' or 'big'")),
    }
}

fn to_bytes(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let length = vm.index_i64(args[1])?;
    let little = little_endian(vm, args[2], "to_bytes")?;
    let signed = vm.truthy(args[3])?;
    let Ok(length) = usize::try_from(length) else {
        return Err(vm.value_error("length argument must be non-negative"));
    };
    if length > 1 << 33 {
        return Err(vm.memory_error(""));
    }
    vm.make_room(length)?;
    let value = vm.big_of(args[0]).unwrap_or_default();
    if value.is_negative() && !signed {
        return Err(vm.overflow_error("can't convert negative int to unsigned"));
    }
    let mut bytes = if value.is_zero() {
        Vec::new()
    } else if signed {
        value.to_signed_bytes_le()
    } else {
        value.magnitude().to_bytes_le()
    };
    if bytes.len() > length {
        return Err(vm.overflow_error("int too big to convert"));
    }
    bytes.resize(length, if value.is_negative() { 0xff } else { 0 });
    if !little {
        bytes.reverse();
    }
    Ok(vm.heap.bytes(bytes).value())
}

fn from_bytes(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let mut bytes = super::bytes::from_object(vm, args[1])?;
    let little = little_endian(vm, args[2], "from_bytes")?;
    let signed = vm.truthy(args[3])?;
    if !little {
        bytes.reverse();
    }
    let value =
        if signed { BigInt::from_signed_bytes_le(&bytes) } else { BigInt::from_bytes_le(Sign::Plus, &bytes) };
    let value = vm.heap.big_int(value);
    if args[0] == vm.types.int.value() {
        return Ok(value);
    }
    vm.call(args[0], &[value])
}
