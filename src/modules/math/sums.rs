//! `math`: sums, products and norms of many numbers, with more precision inside than a float has.

use crate::heap::Value;
use crate::objects::{List, Tuple};
use crate::vm::{BinaryOp, Result, Vm};

/// A sum and what rounding it lost: `a + b == s + e` exactly (Knuth's two-sum).
fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let s = a + b;
    let z = s - a;
    (s, (a - (s - z)) + (b - z))
}

/// The same where `|a| >= |b|`.
fn fast_two_sum(a: f64, b: f64) -> (f64, f64) {
    let s = a + b;
    (s, (a - s) + b)
}

/// A product and what rounding it lost.
fn two_product(a: f64, b: f64) -> (f64, f64) {
    let p = a * b;
    (p, a.mul_add(b, -p))
}

/// Shewchuk's exact sum: a list of partial sums that do not overlap.
pub fn fsum(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let iter = vm.iter(args[0])?;
    vm.root(iter);
    let mut partials: Vec<f64> = Vec::with_capacity(32);
    let (mut special, mut infinities) = (0.0, 0.0);
    while let Some(item) = vm.next(iter)? {
        vm.root(item);
        let number = vm.as_f64(item);
        vm.roots.pop();
        let given = number?;
        let mut x = given;
        let mut kept = 0;
        for i in 0..partials.len() {
            let mut y = partials[i];
            if x.abs() < y.abs() {
                std::mem::swap(&mut x, &mut y);
            }
            let (high, low) = fast_two_sum(x, y);
            if low != 0.0 {
                partials[kept] = low;
                kept += 1;
            }
            x = high;
        }
        partials.truncate(kept);
        if x == 0.0 {
            continue;
        }
        if x.is_finite() {
            partials.push(x);
            continue;
        }
        if given.is_finite() {
            return Err(vm.overflow_error("intermediate overflow in fsum"));
        }
        if given.is_infinite() {
            infinities += given;
        }
        special += given;
        partials.clear();
    }
    if special != 0.0 {
        if infinities.is_nan() {
            return Err(vm.value_error("-inf + inf in fsum"));
        }
        return Ok(vm.float(special));
    }
    Ok(vm.float(round_partials(&partials)))
}

/// The sum of the partials, smallest first, rounded once.
fn round_partials(partials: &[f64]) -> f64 {
    let Some((&last, mut rest)) = partials.split_last() else { return 0.0 };
    let (mut high, mut low) = (last, 0.0);
    while let Some((&y, before)) = rest.split_last() {
        rest = before;
        let (sum, error) = fast_two_sum(high, y);
        (high, low) = (sum, error);
        if low != 0.0 {
            break;
        }
    }
    // Halfway between two floats: the next partial decides, not the rule of the even digit.
    if let Some(&next) = rest.last()
        && (low < 0.0 && next < 0.0 || low > 0.0 && next > 0.0)
    {
        let twice = low * 2.0;
        let rounded = high + twice;
        #[expect(clippy::float_cmp, reason = "whether the addition was exact")]
        if twice == rounded - high {
            high = rounded;
        }
    }
    high
}

pub fn prod(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let iter = vm.iter(args[0])?;
    vm.root(iter);
    let at = vm.roots.len();
    let mut result = args[1];
    vm.roots.push(result);
    while let Some(item) = vm.next(iter)? {
        vm.root(item);
        result = vm.binary(BinaryOp::Mul, result, item)?;
        vm.roots.truncate(at);
        vm.roots.push(result);
    }
    Ok(result)
}

/// A running sum of products, as long as they are all of one sort.
#[derive(Clone, Copy, PartialEq)]
enum Path {
    Ints(i64),
    /// Three floats that add up to the sum.
    Floats(f64, f64, f64),
    General,
}

pub fn sumprod(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let p = vm.collect(args[0])?;
    let q = vm.collect(args[1])?;
    if p.items.len() != q.items.len() {
        return Err(vm.value_error("Inputs are not the same length"));
    }
    let at = vm.roots.len();
    let mut total = Value::int(0);
    let mut path = Path::Ints(0);
    let mut i = 0;
    while let (Some(&x), Some(&y)) = (p.items.get(i), q.items.get(i)) {
        if let Path::Ints(sum) = path {
            let next = x.as_int().zip(y.as_int()).and_then(|(x, y)| x.checked_mul(y)?.checked_add(sum));
            if let Some(next) = next {
                path = Path::Ints(next);
                i += 1;
                continue;
            }
            total = vm.int(sum);
            path = Path::Floats(0.0, 0.0, 0.0);
        }
        if let Path::Floats(high, low, tiny) = path {
            if let Some((x, y)) = float_pair(vm, x, y) {
                let (product, lost) = two_product(x, y);
                let (sum, error) = two_sum(high, product);
                let (r1, e1) = two_sum(low, lost);
                let (r2, e2) = two_sum(r1, error);
                if x.is_finite() && y.is_finite() && sum.is_finite() {
                    path = Path::Floats(sum, r2, tiny + e1 + e2);
                    i += 1;
                    continue;
                }
            }
            total = add_floats(vm, total, (high, low, tiny))?;
            path = Path::General;
        }
        vm.root(total);
        let product = vm.binary(BinaryOp::Mul, x, y)?;
        vm.root(product);
        total = vm.binary(BinaryOp::Add, total, product)?;
        vm.roots.truncate(at);
        i += 1;
    }
    match path {
        Path::Ints(sum) => Ok(vm.int(sum)),
        Path::Floats(high, low, tiny) => add_floats(vm, total, (high, low, tiny)),
        Path::General => Ok(total),
    }
}

fn add_floats(vm: &mut Vm, total: Value, (high, low, tiny): (f64, f64, f64)) -> Result<Value> {
    if high == 0.0 && low == 0.0 && tiny == 0.0 {
        return Ok(total);
    }
    let (sum, rest) = two_sum(low, high);
    let sum = vm.float(tiny + rest + sum);
    vm.binary(BinaryOp::Add, total, sum)
}

/// Two floats, or a float and an integer that fits one.
fn float_pair(vm: &mut Vm, x: Value, y: Value) -> Option<(f64, f64)> {
    if !x.is_float() && !y.is_float() {
        return None;
    }
    let float = |v: Value| match v.as_float() {
        Some(f) => Some(f),
        None => crate::text::int::big_to_f64(&vm.big_of(v)?).ok(),
    };
    Some((float(x)?, float(y)?))
}

/// The Euclidean norm, correctly rounded but for the rarest cases: squares are summed with their errors, and the root
/// is corrected by one Newton step in the same precision (Borges, "An improved algorithm for hypot").
fn norm(numbers: &mut [f64]) -> f64 {
    let mut most = 0.0_f64;
    let mut nan = false;
    for x in numbers.iter_mut() {
        *x = x.abs();
        nan |= x.is_nan();
        most = most.max(*x);
    }
    if most.is_infinite() {
        return most;
    }
    if nan {
        return f64::NAN;
    }
    if most == 0.0 || numbers.len() <= 1 {
        return most;
    }
    let (_, exponent) = libm::frexp(most);
    if exponent < -1023 {
        // Scaling subnormals by a power of two would overflow: make them normal first.
        for x in numbers.iter_mut() {
            *x /= f64::MIN_POSITIVE;
        }
        return f64::MIN_POSITIVE * norm(numbers);
    }
    let scale = libm::ldexp(1.0, -exponent);
    // From 1.0 on, so that each square is smaller than the sum.
    let (mut sum, mut lost_squares, mut lost_sums) = (1.0, 0.0, 0.0);
    for x in numbers.iter() {
        let x = x * scale;
        let (square, error) = two_product(x, x);
        let (next, rest) = fast_two_sum(sum, square);
        sum = next;
        lost_squares += error;
        lost_sums += rest;
    }
    let mut root = (sum - 1.0 + (lost_squares + lost_sums)).sqrt();
    let (square, error) = two_product(-root, root);
    let (next, rest) = fast_two_sum(sum, square);
    lost_squares += error;
    lost_sums += rest;
    let difference = next - 1.0 + (lost_squares + lost_sums);
    root += difference / (2.0 * root);
    root / scale
}

pub fn hypot(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let mut numbers = Vec::with_capacity(args.len());
    for &v in args {
        numbers.push(vm.as_f64(v)?);
    }
    Ok(vm.float(norm(&mut numbers)))
}

/// A point's coordinates: a list of them that nobody else changes.
fn coordinates(vm: &mut Vm, v: Value) -> Result<Value> {
    if v.is::<Tuple>() { Ok(v) } else { Ok(vm.collect(v)?.value()) }
}

fn item(point: Value, i: usize) -> Option<Value> {
    match point.cast::<Tuple>() {
        Some(tuple) => tuple.items().get(i).copied(),
        None => point.cast::<List>()?.items.get(i).copied(),
    }
}

pub fn dist(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let p = coordinates(vm, args[0])?;
    let q = coordinates(vm, args[1])?;
    if vm.len(p)? != vm.len(q)? {
        return Err(vm.value_error("both points must have the same number of dimensions"));
    }
    let mut numbers = Vec::new();
    while let (Some(x), Some(y)) = (item(p, numbers.len()), item(q, numbers.len())) {
        let x = vm.as_f64(x)?;
        numbers.push(x - vm.as_f64(y)?);
    }
    Ok(vm.float(norm(&mut numbers)))
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "correct rounding is the point")]
mod tests {
    use super::{norm, round_partials};

    #[test]
    fn norms_do_not_overflow_and_are_exact() {
        assert_eq!(norm(&mut [3.0, 4.0]), 5.0);
        assert_eq!(norm(&mut [3e200, -4e200]), 4.9999999999999995e200);
        assert_eq!(norm(&mut [3e-300, 4e-300]), 5e-300);
        assert_eq!(norm(&mut []), 0.0);
    }

    #[test]
    fn halves_are_decided_by_what_is_below() {
        assert_eq!(round_partials(&[1e-30, 2.0_f64.powi(-53), 1.0]), 1.0 + f64::EPSILON);
        assert_eq!(round_partials(&[2.0_f64.powi(-53), 1.0]), 1.0);
    }
}
