//! Arithmetic of complex numbers, rounding as CPython's `complexobject.c` does.

use super::super::{Result, Vm};
use super::BinaryOp;
use crate::heap::Value;

type Pair = (f64, f64);

/// Exponents that are integers up to this size are done by multiplication.
const MAX_MULTIPLIED: f64 = 100.0;

fn product(x: Pair, y: Pair) -> Pair {
    (x.0 * y.0 - x.1 * y.1, x.0 * y.1 + x.1 * y.0)
}

/// `None` for division by zero. Scaled by the larger part of the divisor, against overflow.
fn quotient(x: Pair, y: Pair) -> Option<Pair> {
    let (real, imag) = (y.0.abs(), y.1.abs());
    if real >= imag {
        if real == 0.0 {
            return None;
        }
        let ratio = y.1 / y.0;
        let below = y.0 + y.1 * ratio;
        Some(((x.0 + x.1 * ratio) / below, (x.1 - x.0 * ratio) / below))
    } else if imag >= real {
        let ratio = y.0 / y.1;
        let below = y.0 * ratio + y.1;
        Some(((x.0 * ratio + x.1) / below, (x.1 * ratio - x.0) / below))
    } else {
        Some((f64::NAN, f64::NAN))
    }
}

fn multiplied(x: Pair, times: u32) -> Pair {
    let mut result = (1.0, 0.0);
    let (mut power, mut left) = (x, times);
    while left > 0 {
        if left & 1 == 1 {
            result = product(result, power);
        }
        left >>= 1;
        power = product(power, power);
    }
    result
}

/// `None` for zero to a negative or complex power.
fn power(x: Pair, y: Pair) -> Option<Pair> {
    if y.1 == 0.0 && y.0.floor() == y.0 && y.0.abs() <= MAX_MULTIPLIED {
        let result = multiplied(x, y.0.abs() as u32);
        return if y.0 > 0.0 { Some(result) } else { quotient((1.0, 0.0), result) };
    }
    if x == (0.0, 0.0) {
        return if y.1 != 0.0 || y.0 < 0.0 { None } else { Some((0.0, 0.0)) };
    }
    let size = x.0.hypot(x.1);
    let angle = x.1.atan2(x.0);
    let mut length = size.powf(y.0);
    let mut phase = angle * y.0;
    if y.1 != 0.0 {
        length *= (-angle * y.1).exp();
        phase += y.1 * size.ln();
    }
    Some((length * phase.cos(), length * phase.sin()))
}

impl Vm {
    /// `None` where complex numbers do not have the operator.
    pub(super) fn complexes(&mut self, op: BinaryOp, x: Pair, y: Pair) -> Result<Option<Value>> {
        let (real, imag) = match op {
            BinaryOp::Add => (x.0 + y.0, x.1 + y.1),
            BinaryOp::Sub => (x.0 - y.0, x.1 - y.1),
            BinaryOp::Mul => product(x, y),
            BinaryOp::Div => match quotient(x, y) {
                Some(pair) => pair,
                None => return Err(self.zero_division_error("complex division by zero")),
            },
            BinaryOp::Pow => match power(x, y) {
                None => return Err(self.zero_division_error("0.0 to a negative or complex power")),
                Some((real, imag)) if real.is_infinite() || imag.is_infinite() => {
                    return Err(self.overflow_error("complex exponentiation"));
                }
                Some(pair) => pair,
            },
            BinaryOp::MatMul
            | BinaryOp::FloorDiv
            | BinaryOp::Mod
            | BinaryOp::LShift
            | BinaryOp::RShift
            | BinaryOp::And
            | BinaryOp::Or
            | BinaryOp::Xor => return Ok(None),
        };
        Ok(Some(self.heap.complex(real, imag)))
    }
}
