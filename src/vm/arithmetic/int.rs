//! Arithmetic of integers: 64 bits where that is enough, num-bigint beyond.

use super::super::{Result, Vm};
use super::{BinaryOp, Number};
use crate::heap::Value;
use crate::text::arith;
use num_bigint::BigInt;
use num_traits::{Signed, ToPrimitive, Zero};

/// Working with integers of more bits may take noticeably long.
const LONG_BITS: u64 = 1 << 15;

/// Integers up to this one are exact as floats.
const EXACT: u64 = 1 << 53;

impl Vm {
    #[inline]
    pub(super) fn small_ints(
        &mut self,
        op: BinaryOp,
        a: Value,
        b: Value,
        x: i64,
        y: i64,
    ) -> Result<Option<Value>> {
        let wide = |vm: &mut Self, v: i128| vm.heap.big_int(BigInt::from(v));
        Ok(Some(match op {
            BinaryOp::Add => match x.checked_add(y) {
                Some(sum) => self.int(sum),
                None => wide(self, i128::from(x) + i128::from(y)),
            },
            BinaryOp::Sub => match x.checked_sub(y) {
                Some(difference) => self.int(difference),
                None => wide(self, i128::from(x) - i128::from(y)),
            },
            BinaryOp::Mul => match x.checked_mul(y) {
                Some(product) => self.int(product),
                None => wide(self, i128::from(x) * i128::from(y)),
            },
            BinaryOp::Div => {
                if y == 0 {
                    return Err(self.zero_division_error("division by zero"));
                }
                if x.unsigned_abs() <= EXACT && y.unsigned_abs() <= EXACT {
                    return Ok(Some(self.float(x as f64 / y as f64)));
                }
                let quotient = arith::true_div(&BigInt::from(x), &BigInt::from(y));
                let quotient = quotient.map_err(|e| self.text_error(e))?;
                self.float(quotient)
            }
            BinaryOp::FloorDiv | BinaryOp::Mod => {
                let quotient = op == BinaryOp::FloorDiv;
                if y == 0 {
                    return Err(self.zero_int(quotient));
                }
                match arith::divmod_small(x, y).map_err(|e| self.text_error(e))? {
                    Some((q, r)) => self.int(if quotient { q } else { r }),
                    // Only the lowest integer divided by -1.
                    None if quotient => wide(self, -i128::from(x)),
                    None => Value::int(0),
                }
            }
            BinaryOp::Pow => return self.small_power(x, y).map(Some),
            BinaryOp::LShift => {
                if y < 0 {
                    return Err(self.value_error("negative shift count"));
                }
                let room = if x == 0 { 64 } else { x.unsigned_abs().leading_zeros() };
                if y + 1 < i64::from(room) {
                    self.int(x << y)
                } else {
                    return self.shift_left(&BigInt::from(x), Some(y)).map(Some);
                }
            }
            BinaryOp::RShift => {
                if y < 0 {
                    return Err(self.value_error("negative shift count"));
                }
                self.int(x >> y.min(63))
            }
            BinaryOp::And | BinaryOp::Or | BinaryOp::Xor => {
                let bits = match op {
                    BinaryOp::And => x & y,
                    BinaryOp::Or => x | y,
                    _ => x ^ y,
                };
                if a.is_bool() && b.is_bool() { Value::bool(bits != 0) } else { self.int(bits) }
            }
            BinaryOp::MatMul => return Ok(None),
        }))
    }

    fn zero_int(&mut self, quotient: bool) -> super::super::Raise {
        self.zero_division_error(if quotient {
            "integer division or modulo by zero"
        } else {
            "integer modulo by zero"
        })
    }

    fn small_power(&mut self, x: i64, y: i64) -> Result<Value> {
        if y < 0 {
            return self.floats(BinaryOp::Pow, x as f64, y as f64);
        }
        if let Some(power) = u32::try_from(y).ok().and_then(|y| x.checked_pow(y)) {
            return Ok(self.int(power));
        }
        let power = self.big_power(&BigInt::from(x), &BigInt::from(y))?;
        Ok(self.heap.big_int(power))
    }

    fn big_power(&mut self, base: &BigInt, exponent: &BigInt) -> Result<BigInt> {
        if base.bits() > 1 {
            let bits = base.bits().saturating_mul(exponent.to_u64().unwrap_or(u64::MAX)).min(arith::MAX_BITS);
            self.make_room((bits / 8) as usize)?;
            self.work(arith::effort(bits, bits))?;
        }
        arith::pow(base, exponent).map_err(|e| self.text_error(e))
    }

    /// `count` is `None` when it does not fit 64 bits.
    fn shift_left(&mut self, x: &BigInt, count: Option<i64>) -> Result<Value> {
        if x.is_zero() {
            return Ok(Value::int(0));
        }
        let Some(count) = count.and_then(|c| u64::try_from(c).ok()) else {
            return Err(self.overflow_error("too many digits in integer"));
        };
        self.make_room(usize::try_from(count / 8).unwrap_or(usize::MAX))?;
        let shifted = arith::shift_left(x, count).map_err(|e| self.text_error(e))?;
        Ok(self.heap.big_int(shifted))
    }

    /// At least one of the two is big.
    pub(super) fn big_ints(&mut self, op: BinaryOp, x: Number, y: Number) -> Result<Option<Value>> {
        let (left, right) = (x.big(), y.big());
        let (left, right) = (left.as_ref(), right.as_ref());
        if matches!(op, BinaryOp::Mul | BinaryOp::Div | BinaryOp::FloorDiv | BinaryOp::Mod) {
            let (longer, shorter) = (left.bits().max(right.bits()), left.bits().min(right.bits()));
            if longer > LONG_BITS {
                self.make_room((longer / 8) as usize)?;
                // What is much shorter than its divisor needs no work, and little can be saved by looking closer.
                self.work(arith::effort(longer, shorter))?;
            }
        }
        let result = match op {
            BinaryOp::Add => left + right,
            BinaryOp::Sub => left - right,
            BinaryOp::Mul => left * right,
            BinaryOp::And => left & right,
            BinaryOp::Or => left | right,
            BinaryOp::Xor => left ^ right,
            BinaryOp::Div => {
                let quotient = arith::true_div(left, right).map_err(|e| self.text_error(e))?;
                return Ok(Some(self.float(quotient)));
            }
            BinaryOp::FloorDiv | BinaryOp::Mod => {
                let quotient = op == BinaryOp::FloorDiv;
                if right.is_zero() {
                    return Err(self.zero_int(quotient));
                }
                let (q, r) = arith::divmod(left, right).map_err(|e| self.text_error(e))?;
                if quotient { q } else { r }
            }
            BinaryOp::Pow if right.is_negative() => {
                let (x, y) = (self.real(x)?, self.real(y)?);
                return self.floats(op, x, y).map(Some);
            }
            BinaryOp::Pow => self.big_power(left, right)?,
            BinaryOp::LShift | BinaryOp::RShift if right.is_negative() => {
                return Err(self.value_error("negative shift count"));
            }
            BinaryOp::LShift => return self.shift_left(left, right.to_i64()).map(Some),
            BinaryOp::RShift => match right.to_u64() {
                Some(count) if count < left.bits() + 1 => left >> count,
                _ => BigInt::from(if left.is_negative() { -1 } else { 0 }),
            },
            BinaryOp::MatMul => return Ok(None),
        };
        Ok(Some(self.heap.big_int(result)))
    }
}
