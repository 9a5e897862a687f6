//! The four kinds of number that mix in arithmetic, and the way from one to the next.

use super::super::{Result, Vm};
use super::BinaryOp;
use crate::heap::{Gc, Value};
use crate::objects::{BigInt as BigObject, Complex};
use crate::text::int::big_to_f64;
use num_bigint::BigInt;
use std::borrow::Cow;

/// A value that is a number. A bool is its integer.
#[derive(Clone, Copy)]
pub enum Number {
    Int(i64),
    Big(Gc<BigObject>),
    Float(f64),
    Complex(f64, f64),
}

impl Number {
    #[must_use]
    #[inline]
    pub fn of(v: Value) -> Option<Self> {
        if let Some(i) = v.as_int() {
            return Some(Self::Int(i));
        }
        if let Some(f) = v.as_float() {
            return Some(Self::Float(f));
        }
        if let Some(big) = v.cast::<BigObject>() {
            return Some(Self::Big(big));
        }
        if let Some(b) = v.as_bool() {
            return Some(Self::Int(i64::from(b)));
        }
        v.cast::<Complex>().map(|c| Self::Complex(c.real, c.imag))
    }

    #[must_use]
    pub fn is_int(self) -> bool {
        matches!(self, Self::Int(_) | Self::Big(_))
    }

    /// The integer; 0 for what is none.
    #[must_use]
    pub fn big(&self) -> Cow<'_, BigInt> {
        match self {
            Self::Big(big) => Cow::Borrowed(&big.value),
            Self::Int(i) => Cow::Owned(BigInt::from(*i)),
            Self::Float(_) | Self::Complex(..) => Cow::Owned(BigInt::ZERO),
        }
    }
}

impl Vm {
    /// The real number as a float; OverflowError for an integer beyond the floats.
    pub(super) fn real(&mut self, n: Number) -> Result<f64> {
        match n {
            Number::Int(i) => Ok(i as f64),
            Number::Float(f) | Number::Complex(f, _) => Ok(f),
            Number::Big(big) => big_to_f64(&big.value).map_err(|e| self.text_error(e)),
        }
    }

    pub(super) fn parts(&mut self, n: Number) -> Result<(f64, f64)> {
        match n {
            Number::Complex(real, imag) => Ok((real, imag)),
            _ => Ok((self.real(n)?, 0.0)),
        }
    }

    /// Arithmetic of two numbers; `None` where their types do not have the operator.
    #[inline]
    pub(super) fn numeric(
        &mut self,
        op: BinaryOp,
        a: Value,
        b: Value,
        x: Number,
        y: Number,
    ) -> Result<Option<Value>> {
        match (x, y) {
            (Number::Int(x), Number::Int(y)) => self.small_ints(op, a, b, x, y),
            (Number::Int(_) | Number::Big(_), Number::Int(_) | Number::Big(_)) => self.big_ints(op, x, y),
            (Number::Complex(..), _) | (_, Number::Complex(..)) => {
                if !matches!(
                    op,
                    BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Div | BinaryOp::Pow
                ) {
                    return Ok(None);
                }
                let (x, y) = (self.parts(x)?, self.parts(y)?);
                self.complexes(op, x, y)
            }
            _ => {
                use BinaryOp::{Add, Div, FloorDiv, Mod, Mul, Pow, Sub};
                if !matches!(op, Add | Sub | Mul | Div | FloorDiv | Mod | Pow) {
                    return Ok(None);
                }
                let (x, y) = (self.real(x)?, self.real(y)?);
                self.floats(op, x, y).map(Some)
            }
        }
    }
}
