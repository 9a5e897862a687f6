//! `math`: roundings to integers, the parts of a float, its neighbours.

use super::range_error;
use crate::heap::{Gc, Str, Value};
use crate::objects::BigInt;
use crate::text::int::{IntValue, from_f64};
use crate::vm::{Result, Vm};
use num_traits::{Signed, ToPrimitive};

/// The float as an integer of the language; `x` is whole, infinite or NaN.
fn integer(vm: &mut Vm, x: f64) -> Result<Value> {
    match from_f64(x) {
        Ok(IntValue::Small(i)) => Ok(vm.int(i)),
        Ok(IntValue::Big(i)) => Ok(vm.heap.big_int(i)),
        Err(error) => Err(vm.text_error(error)),
    }
}

/// What `floor` and `ceil` do: ask the type first, floats and integers themselves know how.
fn rounded(vm: &mut Vm, v: Value, name: Gc<Str>, round: fn(f64) -> f64) -> Result<Value> {
    if v.is_int() || v.is::<BigInt>() {
        return Ok(v);
    }
    if let Some(x) = v.as_float() {
        return integer(vm, round(x));
    }
    if let Some(result) = vm.call_special(v, name, &[])? {
        return Ok(result);
    }
    let whole = vm.unwrap(v);
    if let Some(i) = vm.small_int_of(whole) {
        return Ok(vm.int(i));
    }
    if whole.is::<BigInt>() {
        return Ok(whole);
    }
    let x = vm.as_f64(v)?;
    integer(vm, round(x))
}

pub fn floor(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    rounded(vm, args[0], vm.names.__floor__, f64::floor)
}

pub fn ceil(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    rounded(vm, args[0], vm.names.__ceil__, f64::ceil)
}

pub fn trunc(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let v = args[0];
    if let Some(result) = vm.call_special(v, vm.names.__trunc__, &[])? {
        return Ok(result);
    }
    let number = vm.unwrap(v);
    if let Some(x) = number.as_float() {
        return integer(vm, x.trunc());
    }
    if let Some(i) = vm.small_int_of(number) {
        return Ok(vm.int(i));
    }
    if number.is::<BigInt>() {
        return Ok(number);
    }
    let class = vm.class_name(v);
    Err(vm.type_error(format!("type {class} doesn't define __trunc__ method")))
}

pub fn frexp(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let x = vm.as_f64(args[0])?;
    let (mantissa, exponent) = if x.is_finite() && x != 0.0 { libm::frexp(x) } else { (x, 0) };
    let pair = [vm.float(mantissa), Value::int(exponent.into())];
    Ok(vm.tuple(&pair))
}

pub fn modf(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let x = vm.as_f64(args[0])?;
    let whole = x.trunc();
    let part = if x.is_infinite() { 0.0 } else { x - whole };
    let pair = [vm.float(part.copysign(x)), vm.float(whole)];
    Ok(vm.tuple(&pair))
}

pub fn ldexp(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let x = vm.as_f64(args[0])?;
    let exponent = vm.unwrap(args[1]);
    let Some(exponent) = vm.big_of(exponent) else {
        return Err(vm.type_error("Expected an int as second argument to ldexp."));
    };
    if x == 0.0 || !x.is_finite() {
        return Ok(vm.float(x));
    }
    // Beyond 5000 in either direction all is lost anyway.
    let limit = if exponent.is_negative() { -5000 } else { 5000 };
    let exponent = exponent.to_i32().map_or(limit, |e| e.clamp(-5000, 5000));
    let r = libm::ldexp(x, exponent);
    if r.is_infinite() { range_error(vm) } else { Ok(vm.float(r)) }
}

pub fn ulp(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let x = vm.as_f64(args[0])?.abs();
    if !x.is_finite() {
        return Ok(vm.float(x));
    }
    let above = x.next_up();
    let ulp = if above.is_infinite() { x - x.next_down() } else { above - x };
    Ok(vm.float(ulp))
}

pub fn nextafter(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let x = vm.as_f64(args[0])?;
    let y = vm.as_f64(args[1])?;
    let steps = if args[2].is_none() {
        1
    } else {
        let steps = vm.index(args[2])?;
        let steps = vm.big_of(steps).unwrap_or_default();
        if steps.is_negative() {
            return Err(vm.value_error("steps must be a non-negative integer"));
        }
        steps.to_u64().unwrap_or(u64::MAX)
    };
    let r = if steps == 0 {
        x
    } else if x.is_nan() || y.is_nan() {
        x + y
    } else {
        // Zero keeps the sign that the steps come from.
        let r = walk(x, y, steps);
        if r == 0.0 && x != 0.0 { r.copysign(x) } else { r }
    };
    Ok(vm.float(r))
}

/// Floats in order are consecutive integers once the sign is taken for the integer's sign.
fn walk(x: f64, y: f64, steps: u64) -> f64 {
    const SIGN: u64 = 1 << 63;
    let place = |f: f64| {
        let size = i128::from(f.to_bits() & !SIGN);
        if f.is_sign_negative() { -size } else { size }
    };
    let (from, to) = (place(x), place(y));
    if from == to {
        return y;
    }
    let steps = i128::from(steps);
    let at = if to > from { (from + steps).min(to) } else { (from - steps).max(to) };
    let bits = u64::try_from(at.unsigned_abs()).unwrap_or(0);
    // Zero is reached with the sign that the walk came with.
    let negative = at < 0 || at == 0 && from < 0;
    if at == to { y } else { f64::from_bits(if negative { bits | SIGN } else { bits }) }
}

#[cfg(test)]
mod tests {
    use super::walk;

    #[test]
    #[expect(clippy::float_cmp, reason = "exact neighbours")]
    fn walking_crosses_zero_and_stops_at_the_goal() {
        assert_eq!(walk(1.0, 2.0, 1), 1.0 + f64::EPSILON);
        assert_eq!(walk(5e-324, -1.0, 2), -5e-324);
        assert_eq!(walk(1.0, 1.0 + f64::EPSILON, 9), 1.0 + f64::EPSILON);
        assert!(walk(-5e-324, 1.0, 1).is_sign_negative());
    }
}
