//! `random`: integers of a range, and elements of sequences.

use super::Source;
use crate::heap::Value;
use crate::objects::{ByteArray, Bytes, Dict, Instance, List, Range, Set, Tuple};
use crate::vm::{BinaryOp, Result, Vm};
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{One, Signed, ToPrimitive, Zero};
use std::collections::HashSet;

fn index(vm: &mut Vm, v: Value) -> Result<BigInt> {
    let v = vm.index(v)?;
    Ok(vm.big_of(v).unwrap_or_default())
}

fn pick(vm: &mut Vm, source: &mut Source, first: &BigInt, step: &BigInt, count: &BigInt) -> Value {
    let chosen = match count.to_u64() {
        Some(count) => BigInt::from(source.below(count)),
        None => source.below_big(count),
    };
    vm.heap.big_int(first + step * chosen)
}

fn empty_range<T>(vm: &mut Vm, ends: &[Value]) -> Result<T> {
    let mut texts = Vec::new();
    for &v in ends {
        texts.push(vm.to_str(v)?.as_str().to_owned());
    }
    Err(vm.value_error(format!("empty range in randrange({})", texts.join(", "))))
}

pub fn randrange(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let mut source = Source::of(args);
    let [_, start, stop, step] = *args else { return Ok(Value::NONE) };
    // What a game or a simulation draws: small integers.
    if let (Some(a), Some(b), true) = (start.as_int(), stop.as_int(), step.is_unbound())
        && let Ok(width @ 1..) = u64::try_from(b - a)
    {
        return Ok(vm.int(a + source.below(width).cast_signed()));
    }
    let first = index(vm, start)?;
    if stop.is_none() {
        if !step.is_unbound() {
            return Err(vm.type_error("Missing a non-None stop argument"));
        }
        if first.is_positive() {
            return Ok(pick(vm, &mut source, &BigInt::zero(), &BigInt::one(), &first));
        }
        return Err(vm.value_error("empty range for randrange()"));
    }
    let width = index(vm, stop)? - &first;
    let by = if step.is_unbound() { BigInt::one() } else { index(vm, step)? };
    if by.is_one() {
        if width.is_positive() {
            return Ok(pick(vm, &mut source, &first, &by, &width));
        }
        return empty_range(vm, &[start, stop]);
    }
    if by.is_zero() {
        return Err(vm.value_error("zero step for randrange()"));
    }
    let count = (width + &by - by.signum()).div_floor(&by);
    if !count.is_positive() {
        return empty_range(vm, &[start, stop, step]);
    }
    Ok(pick(vm, &mut source, &first, &by, &count))
}

pub fn randint(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let after = vm.binary(BinaryOp::Add, args[2], Value::int(1))?;
    vm.root(after);
    randrange(vm, &[args[0], args[1], after, Value::UNBOUND])
}

/// The element at an index of any sequence.
fn element(vm: &mut Vm, sequence: Value, i: usize) -> Result<Value> {
    if let Some(list) = sequence.cast::<List>()
        && let Some(&v) = list.items.get(i)
    {
        return Ok(v);
    }
    let i = vm.int(i64::try_from(i).unwrap_or(i64::MAX));
    vm.get_item(sequence, i)
}

pub fn choice(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let n = vm.len(args[1])?;
    if n == 0 {
        return Err(vm.index_error("Cannot choose from an empty sequence"));
    }
    let i = Source::of(args).below(n as u64);
    element(vm, args[1], usize::try_from(i).unwrap_or(0))
}

pub fn shuffle(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let mut source = Source::of(args);
    let sequence = args[1];
    let n = vm.len(sequence)?;
    for i in (1..n).rev() {
        let j = usize::try_from(source.below(i as u64 + 1)).unwrap_or(0);
        if let Some(mut list) = sequence.cast::<List>() {
            list.items.swap(i, j);
            continue;
        }
        let (a, b) = (element(vm, sequence, i)?, Value::int(j.try_into().unwrap_or(0)));
        let kept = vm.roots.len();
        vm.root(a);
        let other = vm.get_item(sequence, b)?;
        vm.root(other);
        vm.set_item(sequence, Value::int(i.try_into().unwrap_or(0)), other)?;
        vm.set_item(sequence, b, a)?;
        vm.roots.truncate(kept);
    }
    Ok(Value::NONE)
}

/// More items than this are not chosen: a MemoryError.
const MOST: usize = 1 << 30;

/// `k` different indices below `n`, in the order in which they are drawn: from a pool where that is small, else by
/// drawing again what was drawn before. The boundary decides which numbers come, so it is CPython's.
fn sample_indices(vm: &mut Vm, source: &mut Source, n: usize, k: usize) -> Result<Vec<usize>> {
    vm.make_room(k.saturating_mul(64))?;
    if k > MOST {
        return Err(vm.memory_error(""));
    }
    let mut small = 21;
    if k > 5 {
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a count: positive and far below 2**53"
        )]
        let power = ((k as f64 * 3.0).ln() / 4.0_f64.ln()).ceil() as u32;
        small += 4_usize.saturating_pow(power);
    }
    let mut draw = |limit: usize| usize::try_from(source.below(limit as u64)).unwrap_or(0);
    if n <= small {
        let mut pool: Vec<usize> = (0..n).collect();
        let chosen = (0..k).map(|i| {
            let j = draw(n - i);
            let chosen = pool[j];
            pool[j] = pool[n - i - 1];
            chosen
        });
        return Ok(chosen.collect());
    }
    let mut seen = HashSet::with_capacity(k);
    let mut chosen = Vec::with_capacity(k);
    while chosen.len() < k {
        vm.tick()?;
        let j = draw(n);
        if seen.insert(j) {
            chosen.push(j);
        }
    }
    Ok(chosen)
}

fn is_sequence(vm: &Vm, v: Value) -> bool {
    let plain = vm.unwrap(v);
    plain.is::<List>()
        || plain.is::<Tuple>()
        || plain.is::<Range>()
        || plain.as_str().is_some()
        || plain.is::<Bytes>()
        || plain.is::<ByteArray>()
        || plain.is::<Instance>() && !plain.is::<Dict>() && !plain.is::<Set>()
}

pub fn sample(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let mut source = Source::of(args);
    let [_, population, k, counts] = *args else { return Ok(Value::NONE) };
    if !is_sequence(vm, population) {
        return Err(vm.type_error("Population must be a sequence.  For dicts or sets, use sorted(d)."));
    }
    let n = vm.len(population)?;
    let mut cumulated = Vec::new();
    let mut total = n;
    if !counts.is_none() {
        let counts = vm.collect(counts)?;
        if counts.items.len() != n {
            return Err(vm.value_error("The number of counts does not match the population"));
        }
        let mut sum = 0;
        for i in 0..n {
            let Some(count) = vm.small_int_of(counts.items[i]) else {
                return Err(vm.type_error("Counts must be integers"));
            };
            sum = i64::saturating_add(sum, count);
            cumulated.push(usize::try_from(sum).unwrap_or(0));
        }
        if sum <= 0 {
            return Err(vm.value_error("Total of counts must be greater than zero"));
        }
        total = usize::try_from(sum).unwrap_or(0);
    }
    let k = vm.index_i64(k)?;
    let k = match usize::try_from(k) {
        Ok(k) if k <= total => k,
        _ => return Err(vm.value_error("Sample larger than population or is negative")),
    };
    let result = vm.heap.list(Vec::new());
    vm.root(result);
    for i in sample_indices(vm, &mut source, total, k)? {
        vm.tick()?;
        let i = if counts.is_none() { i } else { cumulated.partition_point(|&end| end <= i) };
        let v = element(vm, population, i)?;
        vm.heap.push(result, v);
    }
    Ok(result.value())
}

/// Running sums of the weights as floats.
fn cumulate(vm: &mut Vm, weights: Value) -> Result<Vec<f64>> {
    let weights = vm.collect(weights)?;
    let mut sums = Vec::with_capacity(weights.items.len());
    let kept = vm.roots.len();
    let mut sum = Value::UNBOUND;
    let mut i = 0;
    while let Some(&weight) = weights.items.get(i) {
        sum = if sum.is_unbound() { weight } else { vm.binary(BinaryOp::Add, sum, weight)? };
        vm.roots.truncate(kept);
        vm.root(sum);
        sums.push(vm.as_f64(sum)?);
        i += 1;
    }
    vm.roots.truncate(kept);
    Ok(sums)
}

fn given_sums(vm: &mut Vm, sums: Value) -> Result<Vec<f64>> {
    let sums = vm.collect(sums)?;
    let mut floats = Vec::with_capacity(sums.items.len());
    let mut i = 0;
    while let Some(&sum) = sums.items.get(i) {
        floats.push(vm.as_f64(sum)?);
        i += 1;
    }
    Ok(floats)
}

pub fn choices(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let mut source = Source::of(args);
    let [_, population, weights, cum_weights, k] = *args else { return Ok(Value::NONE) };
    let n = vm.len(population)?;
    let sums = match (weights.is_none(), cum_weights.is_none()) {
        (false, false) => return Err(vm.type_error("Cannot specify both weights and cumulative weights")),
        (true, true) => None,
        (true, false) => Some(given_sums(vm, cum_weights)?),
        (false, true) if vm.big_of(weights).is_some() => {
            let k = vm.repr(weights)?;
            return Err(vm.type_error(format!("The number of choices must be a keyword argument: k={k}")));
        }
        (false, true) => Some(cumulate(vm, weights)?),
    };
    let mut total = 0.0;
    if let Some(sums) = &sums {
        if sums.len() != n {
            return Err(vm.value_error("The number of weights does not match the population"));
        }
        let Some(&last) = sums.last() else { return Err(vm.index_error("list index out of range")) };
        total = last;
        if total <= 0.0 {
            return Err(vm.value_error("Total of weights must be greater than zero"));
        }
        if !total.is_finite() {
            return Err(vm.value_error("Total of weights must be finite"));
        }
    }
    let k = usize::try_from(vm.index_i64(k)?).unwrap_or(0);
    if k > MOST {
        return Err(vm.memory_error(""));
    }
    let result = vm.heap.list(Vec::new());
    vm.root(result);
    for _ in 0..k {
        vm.tick()?;
        let r = source.float();
        let i = match &sums {
            Some(sums) => sums[..n - 1].partition_point(|&sum| sum <= r * total),
            #[expect(
                clippy::cast_precision_loss,
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "as CPython computes the index"
            )]
            None => (r * n as f64).floor() as usize,
        };
        let v = element(vm, population, i)?;
        vm.heap.push(result, v);
    }
    Ok(result.value())
}
