//! Arithmetic of floats: C's, with Python's floor division and its errors.

use super::super::{Result, Vm};
use super::BinaryOp;
use crate::heap::Value;

/// Quotient rounded down and remainder with the sign of `y`, which is not zero.
#[must_use]
pub(super) fn divmod_floats(x: f64, y: f64) -> (f64, f64) {
    let mut remainder = x % y;
    let mut quotient = (x - remainder) / y;
    if remainder == 0.0 {
        remainder = 0.0_f64.copysign(y);
    } else if (y < 0.0) != (remainder < 0.0) {
        remainder += y;
        quotient -= 1.0;
    }
    let floor = if quotient == 0.0 {
        0.0_f64.copysign(x / y)
    } else {
        // The quotient is an integer but for rounding.
        let floor = quotient.floor();
        if quotient - floor > 0.5 { floor + 1.0 } else { floor }
    };
    (floor, remainder)
}

impl Vm {
    pub(super) fn floats(&mut self, op: BinaryOp, x: f64, y: f64) -> Result<Value> {
        let result = match op {
            BinaryOp::Add => x + y,
            BinaryOp::Sub => x - y,
            BinaryOp::Mul => x * y,
            BinaryOp::Div if y == 0.0 => return Err(self.zero_division_error("float division by zero")),
            BinaryOp::Div => x / y,
            BinaryOp::FloorDiv if y == 0.0 => {
                return Err(self.zero_division_error("float floor division by zero"));
            }
            BinaryOp::FloorDiv => divmod_floats(x, y).0,
            BinaryOp::Mod if y == 0.0 => return Err(self.zero_division_error("float modulo by zero")),
            BinaryOp::Mod => divmod_floats(x, y).1,
            BinaryOp::Pow => return self.float_power(x, y),
            BinaryOp::MatMul
            | BinaryOp::LShift
            | BinaryOp::RShift
            | BinaryOp::And
            | BinaryOp::Or
            | BinaryOp::Xor => f64::NAN,
        };
        Ok(self.float(result))
    }

    fn float_power(&mut self, x: f64, y: f64) -> Result<Value> {
        if x == 0.0 && y < 0.0 && y.is_finite() {
            return Err(self.zero_division_error("0.0 cannot be raised to a negative power"));
        }
        if x < 0.0 && x.is_finite() && y.is_finite() && y.floor() != y {
            let power = self.complexes(BinaryOp::Pow, (x, 0.0), (y, 0.0))?;
            return Ok(power.unwrap_or(Value::NONE));
        }
        let power = x.powf(y);
        if power.is_infinite() && x.is_finite() && y.is_finite() {
            return Err(self.out_of_range());
        }
        Ok(self.float(power))
    }

    /// What C's `errno` says of a result beyond the floats.
    pub(crate) fn out_of_range(&mut self) -> super::super::Raise {
        let message = self.str("Numerical result out of range");
        self.error_with(self.exceptions.OverflowError, &[Value::int(34), message])
    }
}
