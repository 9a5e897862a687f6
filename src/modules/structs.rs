//! `_struct`: floats as bytes and back, for `struct`, `array` and others; integers have methods for that.

use super::ModuleSpec;
use crate::heap::Value;
use crate::vm::items::with_bytes;
use crate::vm::{Result, Vm};

pub static SPEC: ModuleSpec = ModuleSpec { name: "_struct", natives: NATIVES, init: |_, _| Ok(()) };

crate::natives! { static NATIVES:
    /// A float as 2, 4 or 8 bytes, the most significant first; None if it is too large.
    "float_bytes(value, size, /)" => float_bytes;
    /// The float that 2, 4 or 8 bytes are, the most significant first.
    "bytes_float(data, /)" => bytes_float;
}

fn float_bytes(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let value = vm.as_f64(args[0])?;
    let bytes = match vm.index_i64(args[1])? {
        2 => half(value).map(|bits| bits.to_be_bytes().to_vec()),
        4 => {
            let narrow = value as f32;
            (narrow.is_finite() || !value.is_finite()).then(|| narrow.to_be_bytes().to_vec())
        }
        _ => Some(value.to_be_bytes().to_vec()),
    };
    Ok(bytes.map_or(Value::NONE, |bytes| vm.heap.bytes(bytes).value()))
}

fn bytes_float(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let value = with_bytes(args[0], |bytes| match *bytes {
        [a, b] => Some(wide(u16::from_be_bytes([a, b]))),
        [a, b, c, d] => Some(f64::from(f32::from_be_bytes([a, b, c, d]))),
        [a, b, c, d, e, f, g, h] => Some(f64::from_be_bytes([a, b, c, d, e, f, g, h])),
        _ => None,
    });
    match value.flatten() {
        Some(value) => Ok(vm.heap.float(value)),
        None => Err(vm.value_error("2, 4 or 8 bytes are a float")),
    }
}

/// IEEE 754's binary16, rounded half to even.
fn half(value: f64) -> Option<u16> {
    let sign = if value.is_sign_negative() { 0x8000 } else { 0 };
    let x = value.abs();
    if x.is_nan() {
        return Some(sign | 0x7e00);
    }
    if x.is_infinite() {
        return Some(sign | 0x7c00);
    }
    // Numbers below 2**-14 have no implicit bit; all of them are multiples of 2**-24.
    let exponent = if x < 2f64.powi(-14) { -14 } else { (x.to_bits() >> 52) as i32 - 1023 };
    let units = (x / 2f64.powi(exponent - 10)).round_ties_even();
    let bits = if exponent == -14 && units < 1024.0 {
        units as u32
    } else {
        ((exponent + 14) as u32) * 1024 + units as u32
    };
    (exponent < 16 && bits < 0x7c00).then_some(sign | bits as u16)
}

fn wide(bits: u16) -> f64 {
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f64::from(bits & 1023));
    let x = match exponent {
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        0 => fraction * 2f64.powi(-24),
        _ => (1024.0 + fraction) * 2f64.powi(exponent - 25),
    };
    if bits & 0x8000 == 0 { x } else { -x }
}
