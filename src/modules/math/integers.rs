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

/// The product of `first..=last`; a MemoryError if it is too long to be meant.
fn product(vm: &mut Vm, first: &BigInt, last: &BigInt) -> Result<BigInt> {
    // The upper half of the factors alone would be too long.
    let half: BigInt = (last - first) >> 1u32;
    let length = (last - &half).bits().saturating_sub(1);
    if half.is_positive() && half.to_u64().is_none_or(|n| n.saturating_mul(length) > arith::MAX_BITS) {
        return Err(vm.memory_error(""));
    }
    multiply(vm, first, last)
}

/// The product, in halves so that the factors have like sizes.
fn multiply(vm: &mut Vm, first: &BigInt, last: &BigInt) -> Result<BigInt> {
    let span = last - first;
    if span.is_negative() {
        return Ok(BigInt::one());
    }
    if span <= BigInt::from(8) {
        let mut result = first.clone();
        let mut factor = first + 1;
        while &factor <= last {
            result *= &factor;
            factor += 1;
        }
        return Ok(result);
    }
    let middle = first + (span >> 1u32);
    let (left, right) = (multiply(vm, first, &middle)?, multiply(vm, &(&middle + 1), last)?);
    vm.work(arith::effort(left.bits(), right.bits()) + 1)?;
    Ok(left * right)
}

pub fn factorial(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let n = index(vm, args[0])?;
    if n.is_negative() {
        return Err(vm.value_error("factorial() not defined for negative values"));
    }
    if n > BigInt::from(MAX) {
        return Err(vm.overflow_error(format!("factorial() argument should not exceed {MAX}")));
    }
    let product = product(vm, &BigInt::one(), &n)?;
    Ok(vm.heap.big_int(product))
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
    let ways = product(vm, &(&n - &k + 1), &n)? / product(vm, &BigInt::one(), &k)?;
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
    let ways = product(vm, &(&n - &k + 1), &n)?;
    Ok(vm.heap.big_int(ways))
}

pub fn gcd(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let mut result = BigInt::zero();
    for &v in args {
        // Indices are asked of all arguments, also once the result is known.
        let n = index(vm, v)?;
        result = match (result.to_i64(), n.to_i64()) {
            (Some(a), Some(b)) if a != i64::MIN && b != i64::MIN => a.gcd(&b).into(),
            _ => {
                vm.work(arith::effort(result.bits(), n.bits()))?;
                arith::gcd(&result, &n)
            }
        };
    }
    Ok(vm.heap.big_int(result))
}

pub fn lcm(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let mut result = BigInt::one();
    for &v in args {
        let n = index(vm, v)?;
        vm.work(arith::effort(result.bits(), n.bits()))?;
        result = arith::lcm(&result, &n);
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
