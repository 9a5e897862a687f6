//! Built-in functions that go through a whole iterable: `all`, `any`, `max`, `min`, `sorted`, `sum`.

use super::sorting;
use crate::heap::{Gc, Kind, Value};
use crate::objects::frame::Drain;
use crate::objects::{List, Tuple};
use crate::vm::collecting::generator;
use crate::vm::items::with_bytes;
use crate::vm::{BinaryOp, CompareOp, Result, Vm};

pub(super) fn all(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(Value::bool(!some(vm, args[0], false)?))
}

pub(super) fn any(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(Value::bool(some(vm, args[0], true)?))
}

/// Whether there is an item with this truth.
fn some(vm: &mut Vm, iterable: Value, wanted: bool) -> Result<bool> {
    let it = vm.iter(iterable)?;
    vm.root(it);
    if let Some(frame) = generator(it) {
        let what = if wanted { Drain::False } else { Drain::True };
        while let Some(item) = vm.drain(frame, None, what)? {
            vm.tick()?;
            if vm.truthy(item)? == wanted {
                return Ok(true);
            }
        }
        return Ok(false);
    }
    while let Some(item) = vm.next(it)? {
        if vm.truthy(item)? == wanted {
            return Ok(true);
        }
    }
    Ok(false)
}

pub(super) fn max(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    extreme(vm, args, CompareOp::Gt, "max")
}

pub(super) fn min(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    extreme(vm, args, CompareOp::Lt, "min")
}

/// The first of the items that no other one beats. `args` are the key function, the default, and the positional ones.
fn extreme(vm: &mut Vm, args: &[Value], op: CompareOp, name: &str) -> Result<Value> {
    let (key, default, items) = (args[0], args[1], &args[2..]);
    let iterable = match items {
        [] => return Err(vm.type_error(format!("{name} expected at least 1 argument, got 0"))),
        [one] => *one,
        _ if default.is_unbound() => {
            if key.is_none()
                && let Some(best) = plain_extreme(items, op)
            {
                return Ok(best);
            }
            vm.tuple(items)
        }
        _ => {
            return Err(vm.type_error(format!(
                "Cannot specify a default for {name}() with multiple positional arguments"
            )));
        }
    };
    if key.is_none()
        && let Some(best) = match iterable.cast::<List>() {
            Some(list) => plain_extreme(&list.items, op),
            None => plain_extreme(iterable.cast::<Tuple>().map_or(&[], Gc::all), op),
        }
    {
        return Ok(best);
    }
    let it = vm.iter(iterable)?;
    vm.root(it);
    // The best item and its key have places on the root stack, and so have the item at hand and its own.
    let base = vm.roots.len();
    vm.roots.extend([Value::NONE; 4]);
    let mut empty = true;
    while let Some(item) = vm.next(it)? {
        vm.roots[base + 2] = item;
        let k = if key.is_none() { item } else { vm.call(key, &[item])? };
        vm.roots[base + 3] = k;
        if empty || beats(vm, op, k, vm.roots[base + 1])? {
            vm.roots[base] = item;
            vm.roots[base + 1] = k;
        }
        empty = false;
    }
    match vm.roots[base] {
        best if !empty => Ok(best),
        _ if default.is_unbound() => Err(vm.value_error(format!("{name}() iterable argument is empty"))),
        _ => Ok(default),
    }
}

/// `a op b`
#[inline]
fn beats(vm: &mut Vm, op: CompareOp, a: Value, b: Value) -> Result<bool> {
    if a.both_ints(b) {
        Ok(op.holds(a.signed_bits().cmp(&b.signed_bits())))
    } else {
        vm.compare_bool(op, a, b)
    }
}

/// The same of integers alone.
fn plain_extreme(items: &[Value], op: CompareOp) -> Option<Value> {
    let (&first, rest) = items.split_first()?;
    if !first.is_int() {
        return None;
    }
    let mut best = first;
    for &item in rest {
        if !item.is_int() {
            return None;
        }
        if op.holds(item.signed_bits().cmp(&best.signed_bits())) {
            best = item;
        }
    }
    Some(best)
}

pub(super) fn sorted(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let list = vm.collect(args[0])?;
    let reverse = vm.truthy(args[2])?;
    sorting::sort_list(vm, list, args[1], reverse)?;
    Ok(list.value())
}

pub(super) fn sum(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    match vm.unwrap(args[1]).kind() {
        Some(Kind::Str) => {
            return Err(vm.type_error("sum() can't sum strings [use ''.join(seq) instead]"));
        }
        Some(Kind::Bytes) => return Err(vm.type_error("sum() can't sum bytes [use b''.join(seq) instead]")),
        Some(Kind::ByteArray) => {
            return Err(vm.type_error("sum() can't sum bytearray [use b''.join(seq) instead]"));
        }
        _ => (),
    }
    if let Some(total) = sum_small(args) {
        return Ok(vm.int(total));
    }
    let it = vm.iter(args[0])?;
    vm.root(it);
    let mut sum = Sum::of(args[1]);
    if let Some(frame) = generator(it) {
        let mut numbers = vm.heap.list(Vec::with_capacity(NUMBERS));
        vm.root(numbers);
        let base = vm.roots.len();
        // With anything else than numbers, what follows a value is not to run before that was added.
        while !matches!(sum, Sum::Any(_)) {
            let item = vm.drain(frame, Some(numbers), Drain::Numbers)?;
            vm.tick()?;
            for i in 0..numbers.items.len() {
                sum = sum.and(vm, numbers.items[i], base)?;
            }
            numbers.items.clear();
            match item {
                Some(item) => sum = sum.and(vm, item, base)?,
                None => return Ok(sum.value(vm)),
            }
        }
    }
    if let Sum::Any(so_far) = sum {
        vm.root(so_far);
    }
    let base = vm.roots.len();
    while let Some(item) = vm.next(it)? {
        sum = sum.and(vm, item, base)?;
    }
    Ok(sum.value(vm))
}

/// So many numbers of a generator are summed at once.
const NUMBERS: usize = 32;

/// The sum of bytes, or of a list or tuple of small integers.
fn sum_small(args: &[Value]) -> Option<i64> {
    let mut total = args[1].as_int()?;
    if let Some(sum) = with_bytes(args[0], |bytes| bytes.iter().map(|&b| i64::from(b)).sum()) {
        return total.checked_add(sum);
    }
    if let Some(list) = args[0].cast::<List>() {
        for &item in &list.items {
            total = total.checked_add(item.as_int()?)?;
        }
    } else {
        for &item in args[0].cast::<Tuple>()?.items() {
            total = total.checked_add(item.as_int()?)?;
        }
    }
    Some(total)
}

/// A sum so far: as CPython's, integers first, then floats with Neumaier's compensation, then anything.
enum Sum {
    Int(i64),
    Float { sum: f64, compensation: f64 },
    Any(Value),
}

impl Sum {
    fn of(start: Value) -> Self {
        if let Some(i) = start.as_int() {
            Self::Int(i)
        } else if let Some(sum) = start.as_float() {
            Self::Float { sum, compensation: 0.0 }
        } else {
            Self::Any(start)
        }
    }

    /// The sum with one item more. What it is then is the one root beyond `base`.
    #[inline]
    fn and(mut self, vm: &mut Vm, item: Value, base: usize) -> Result<Self> {
        if self.add_plain(item) {
            return Ok(self);
        }
        let so_far = self.value(vm);
        vm.root(so_far);
        vm.root(item);
        let total = vm.binary(BinaryOp::Add, so_far, item)?;
        vm.roots.truncate(base);
        vm.root(total);
        Ok(self.followed_by(total))
    }

    /// After a sum that took an operator: integers are not summed the fast way again.
    fn followed_by(self, total: Value) -> Self {
        match (self, total.as_float()) {
            (Self::Int(_), Some(sum)) => Self::Float { sum, compensation: 0.0 },
            _ => Self::Any(total),
        }
    }

    /// Adds a number of the kind that is being summed; whether it was one.
    fn add_plain(&mut self, item: Value) -> bool {
        let int = item.as_int().or_else(|| item.as_bool().map(i64::from));
        match self {
            Self::Int(total) => match int.and_then(|i| total.checked_add(i)) {
                Some(next) => *total = next,
                None => return false,
            },
            Self::Float { sum, compensation } => {
                if let Some(x) = item.as_float() {
                    let next = *sum + x;
                    *compensation += if sum.abs() >= x.abs() { (*sum - next) + x } else { (x - next) + *sum };
                    *sum = next;
                } else if let Some(i) = int {
                    *sum += i as f64;
                } else {
                    return false;
                }
            }
            Self::Any(_) => return false,
        }
        true
    }

    fn value(&self, vm: &mut Vm) -> Value {
        match *self {
            Self::Int(total) => vm.int(total),
            Self::Float { sum, compensation } => {
                vm.float(if compensation.is_finite() { sum + compensation } else { sum })
            }
            Self::Any(v) => v,
        }
    }
}
