//! `float`.

use super::operators as op;
use crate::heap::Value;
use crate::objects::Function;
use crate::objects::sequence::BytesLike;
use crate::text::{float, hexfloat};
use crate::vm::{Result, Vm};
use crate::{methods, natives};

methods! { pub static FLOAT for fn Value::is_float, "float":
    /// Return a pair of integers, whose ratio is exactly equal to the original float.
    "as_integer_ratio(self, /)" => as_integer_ratio;
    /// Return True if the float is an integer.
    "is_integer(self, /)" => is_integer;
    /// Return self, the complex conjugate of any float.
    "conjugate(self, /)" => op::itself;
    /// Return a hexadecimal representation of a floating-point number.
    "hex(self, /)" => hex;
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
    "__neg__(self, /)" => op::neg;
    "__pos__(self, /)" => op::itself;
    "__abs__(self, /)" => op::abs;
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
    "__float__(self, /)" => op::itself;
    "__int__(self, /)" => trunc;
    "__trunc__(self, /)" => trunc;
    "__floor__(self, /)" => floor;
    "__ceil__(self, /)" => ceil;
    /// Return the Integral closest to x, rounding half toward even.
    "__round__(self, ndigits=None, /)" => round;
}

natives! { pub static FLOAT_STATIC:
    "__new__(cls, x=..., /)" => new;
}

natives! { pub static FLOAT_CLASS_METHODS:
    /// Create a floating-point number from a hexadecimal string.
    "fromhex(cls, string, /)" => fromhex;
}

methods! { pub static FLOAT_PROPERTIES for fn Value::is_float, "float":
    /// the real part of a complex number
    "real(self)" => op::itself;
    /// the imaginary part of a complex number
    "imag(self)" => zero;
}

fn own(v: Value) -> f64 {
    v.as_float().unwrap_or(0.0)
}

fn new(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let value = if args[1].is_unbound() { vm.float(0.0) } else { convert(vm, args[1])? };
    vm.wrap_payload(args[0], value)
}

/// `float(x)`
fn convert(vm: &mut Vm, x: Value) -> Result<Value> {
    let plain = vm.unwrap(x);
    let converts = plain != x && vm.special(x, vm.names.__float__).is_some_and(|(f, _)| f.is::<Function>());
    let parsed = if converts {
        vm.as_f64(x)?
    } else if let Some(text) = plain.as_str() {
        float::from_text(text.text()).map_err(|e| vm.text_error(e))?
    } else if let Some(bytes) = BytesLike::of(plain) {
        let parsed = std::str::from_utf8(&bytes).ok().and_then(float::parse);
        match parsed {
            Some(f) => f,
            None => {
                let shown = vm.repr(plain)?;
                return Err(vm.value_error(format!("could not convert string to float: {shown}")));
            }
        }
    } else {
        match vm.try_f64(x)? {
            Some(f) => f,
            None => {
                let class = vm.class_name(x);
                let message = format!("float() argument must be a string or a real number, not '{class}'");
                return Err(vm.type_error(message));
            }
        }
    };
    Ok(vm.float(parsed))
}

fn fromhex(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let Some(text) = vm.unwrap(args[1]).as_str() else {
        return Err(vm.type_error("bad argument type for built-in operation"));
    };
    let f = hexfloat::fromhex(text.text()).map_err(|e| vm.text_error(e))?;
    let value = vm.float(f);
    if args[0] == vm.types.float.value() {
        return Ok(value);
    }
    vm.call(args[0], &[value])
}

fn zero(vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    Ok(vm.float(0.0))
}

fn as_integer_ratio(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let (numerator, denominator) = float::as_integer_ratio(own(args[0])).map_err(|e| vm.text_error(e))?;
    let pair = [vm.heap.big_int(numerator), vm.heap.big_int(denominator)];
    Ok(vm.tuple(&pair))
}

fn is_integer(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let f = own(args[0]);
    Ok(Value::bool(f.is_finite() && f.floor() == f))
}

fn hex(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(vm.str(&hexfloat::hex(own(args[0]))))
}

fn trunc(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    super::int::truncated(vm, own(args[0]))
}

fn floor(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    super::int::truncated(vm, own(args[0]).floor())
}

fn ceil(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    super::int::truncated(vm, own(args[0]).ceil())
}

fn round(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let f = own(args[0]);
    if args[1].is_none() {
        return super::int::truncated(vm, f.round_ties_even());
    }
    let digits = vm.index(args[1])?;
    // Beyond the doubles' digits, only the direction counts.
    let digits = match vm.small_int_of(digits) {
        Some(digits) => digits,
        None if vm.less(digits, Value::int(0))? => i64::MIN,
        None => i64::MAX,
    };
    let rounded = float::round_half_even(f, digits).map_err(|e| vm.text_error(e))?;
    Ok(vm.float(rounded))
}
