//! From values to Rust's numbers: what natives ask of their arguments.

use super::super::{Result, Vm};
use super::Number;
use crate::heap::Value;
use num_bigint::BigInt;
use num_traits::ToPrimitive;

impl Vm {
    /// An integer of any 128 bits.
    pub(crate) fn wide_int(&mut self, i: i128) -> Value {
        match i64::try_from(i) {
            Ok(i) => self.int(i),
            Err(_) => self.heap.big_int(BigInt::from(i)),
        }
    }

    /// The integer or bool, if it fits 64 bits.
    #[must_use]
    pub fn small_int_of(&self, v: Value) -> Option<i64> {
        match Number::of(v)? {
            Number::Int(i) => Some(i),
            Number::Big(big) => big.value.to_i64(),
            Number::Float(_) | Number::Complex(..) => None,
        }
    }

    /// The integer or bool, of any size.
    #[must_use]
    pub fn big_of(&self, v: Value) -> Option<BigInt> {
        let n = Number::of(v)?;
        n.is_int().then(|| n.big().into_owned())
    }

    /// An integer from what stands for one: through `__index__`.
    pub fn index(&mut self, v: Value) -> Result<Value> {
        match Number::of(v) {
            Some(Number::Int(i)) => return Ok(self.int(i)),
            Some(Number::Big(_)) => return Ok(v),
            Some(Number::Float(_) | Number::Complex(..)) | None => (),
        }
        match self.try_index(v)? {
            Some(i) => Ok(i),
            None => {
                let class = self.class_name(v);
                Err(self.type_error(format!("'{class}' object cannot be interpreted as an integer")))
            }
        }
    }

    /// The same; `None` where there is no `__index__`.
    pub fn try_index(&mut self, v: Value) -> Result<Option<Value>> {
        let own = |vm: &mut Self, v: Value| match Number::of(v) {
            Some(Number::Int(i)) => Some(vm.int(i)),
            Some(Number::Big(_)) => Some(v),
            Some(Number::Float(_) | Number::Complex(..)) | None => None,
        };
        if let Some(i) = own(self, v) {
            return Ok(Some(i));
        }
        if !self.has_operators(v) {
            return Ok(None);
        }
        let payload = self.unwrap(v);
        if let Some(i) = own(self, payload) {
            return Ok(Some(i));
        }
        let Some(answer) = self.call_operator(v, self.names.__index__, &[])? else { return Ok(None) };
        let unwrapped = self.unwrap(answer);
        match own(self, unwrapped) {
            Some(i) => Ok(Some(i)),
            None => {
                let class = self.class_name(answer);
                Err(self.type_error(format!("__index__ returned non-int (type {class})")))
            }
        }
    }

    /// An integer that fits 64 bits, through `__index__`.
    pub fn index_i64(&mut self, v: Value) -> Result<i64> {
        if let Some(i) = v.as_int() {
            return Ok(i);
        }
        let i = self.index(v)?;
        match self.small_int_of(i) {
            Some(i) => Ok(i),
            None => Err(self.overflow_error("Python int too large to convert to C ssize_t")),
        }
    }

    /// A real number as the functions of `math` take it.
    pub fn as_f64(&mut self, v: Value) -> Result<f64> {
        match self.try_f64(v)? {
            Some(f) => Ok(f),
            None => {
                let class = self.class_name(v);
                Err(self.type_error(format!("must be real number, not {class}")))
            }
        }
    }

    /// The same; `None` for what is no real number.
    pub fn try_f64(&mut self, v: Value) -> Result<Option<f64>> {
        if let Some(n) = Number::of(v) {
            return if matches!(n, Number::Complex(..)) { Ok(None) } else { self.real(n).map(Some) };
        }
        if !self.has_operators(v) {
            return Ok(None);
        }
        if let Some(answer) = self.call_operator(v, self.names.__float__, &[])? {
            let unwrapped = self.unwrap(answer);
            if let Some(f) = unwrapped.as_float() {
                return Ok(Some(f));
            }
            let (own, class) = (self.class_name(v), self.class_name(answer));
            return Err(self.type_error(format!("{own}.__float__ returned non-float (type {class})")));
        }
        match self.try_index(v)?.and_then(Number::of) {
            Some(n) => self.real(n).map(Some),
            None => Ok(None),
        }
    }

    /// The start or end of a range of positions, as `s.find(x, start, end)` takes it: never negative, but possibly
    /// beyond `len`.
    pub fn position(&mut self, v: Value, default: usize, len: usize) -> Result<usize> {
        if v.is_none() || v.is_unbound() {
            return Ok(default);
        }
        let Some(index) = self.try_index(v)? else {
            return Err(self.type_error("slice indices must be integers or None or have an __index__ method"));
        };
        let i = match Number::of(index) {
            Some(Number::Int(i)) => i,
            Some(Number::Big(big)) if big.value.sign() == num_bigint::Sign::Minus => i64::MIN,
            _ => i64::MAX,
        };
        let end = i64::try_from(len).unwrap_or(i64::MAX);
        let i = if i < 0 { i.saturating_add(end).max(0) } else { i };
        Ok(usize::try_from(i).unwrap_or(0))
    }
}
