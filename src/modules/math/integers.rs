//! `math`: functions of integers of any size.

use crate::heap::Value;
use crate::text::arith;
use crate::vm::{Result, Vm};
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{One, Signed, ToPrimitive, Zero};

const MAX: i64 = i64::MAX;

/// `operator.index` of an argument.
fn index(vm: &mut Vm, v: Value) -> Result<BigInt> {
    let v = vm.index(v)?;
    Ok(vm.big_of(v).unwrap_or_default())
}

/// The product of `first..=last`, in halves so that the factors have like sizes.
fn product(first: &BigInt, last: &BigInt) -> BigInt {
    let span = last - first;
    if span.is_negative() {
        return BigInt::one();
    }
    if span <= BigInt::from(8) {
        let mut result = first.clone();
        let mut factor = first + 1;
        while &factor <= last {
            result *= &factor;
            factor += 1;
        }
        return result;
    }
    let middle = first + (span >> 1u32);
    product(first, &middle) * product(&(&middle + 1), last)
}

pub fn factorial(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let n = index(vm, args[0])?;
    if n.is_negative() {
        return Err(vm.value_error("factorial() not defined for negative values"));
    }
    if n > BigInt::from(MAX) {
        return Err(vm.overflow_error(format!("factorial() argument should not exceed {MAX}")));
    }
    Ok(vm.heap.big_int(product(&BigInt::one(), &n)))
}

pub fn comb(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let (n, k) = (index(vm, args[0])?, index(vm, args[1])?);
    if n.is_negative() {
        return Err(vm.value_error("n must be a non-negative integer"));
    }
    if k.is_negative() {
        return Err(vm.value_error("k must be a non-negative integer"));
    }
    if k > n {
        return Ok(Value::int(0));
    }
    let k = std::cmp::min(&n - &k, k);
    if k > BigInt::from(MAX) {
        return Err(vm.overflow_error(format!("min(n - k, k) must not exceed {MAX}")));
    }
    let ways = product(&(&n - &k + 1), &n) / product(&BigInt::one(), &k);
    Ok(vm.heap.big_int(ways))
}

pub fn perm(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if args[1].is_none() {
        return factorial(vm, args);
    }
    let (n, k) = (index(vm, args[0])?, index(vm, args[1])?);
    if n.is_negative() {
        return Err(vm.value_error("n must be a non-negative integer"));
    }
    if k.is_negative() {
        return Err(vm.value_error("k must be a non-negative integer"));
    }
    if k > n {
        return Ok(Value::int(0));
    }
    if k > BigInt::from(MAX) {
        return Err(vm.overflow_error(format!("k must not exceed {MAX}")));
    }
    let ways = product(&(&n - &k + 1), &n);
    Ok(vm.heap.big_int(ways))
}

pub fn gcd(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let mut result = BigInt::zero();
    for &v in args {
        // Indices are asked of all arguments, also once the result is known.
        let n = index(vm, v)?;
        result = match (result.to_i64(), n.to_i64()) {
            (Some(a), Some(b)) if a != i64::MIN && b != i64::MIN => a.gcd(&b).into(),
            _ => arith::gcd(&result, &n),
        };
    }
    Ok(vm.heap.big_int(result))
}

pub fn lcm(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let mut result = BigInt::one();
    for &v in args {
        let n = index(vm, v)?;
        result = if result.is_zero() || n.is_zero() { BigInt::zero() } else { result.lcm(&n).abs() };
    }
    Ok(vm.heap.big_int(result))
}

pub fn isqrt(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let n = index(vm, args[0])?;
    match arith::isqrt(&n) {
        Ok(root) => Ok(vm.heap.big_int(root)),
        Err(error) => Err(vm.text_error(error)),
    }
}
