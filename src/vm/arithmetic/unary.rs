//! `-x`, `+x`, `~x`, `abs(x)`; and the operators with names: `divmod` and `pow` with a modulus.

use super::super::{Raise, Result, Vm};
use super::float::divmod_floats;
use super::{BinaryOp, Number};
use crate::heap::{Gc, Kind, Str, Value};
use crate::objects::Function;
use crate::text::{TextError, arith};
use num_bigint::BigInt;
use num_traits::Signed;

impl Vm {
    /// `-v`
    pub fn negate(&mut self, v: Value) -> Result<Value> {
        match Number::of(v) {
            Some(Number::Int(i)) => Ok(self.wide_int(-i128::from(i))),
            Some(Number::Float(f)) => Ok(self.float(-f)),
            Some(Number::Big(big)) => Ok(self.heap.big_int(-&big.value)),
            Some(Number::Complex(real, imag)) => Ok(self.heap.complex(-real, -imag)),
            None => self.ask_unary(v, self.names.__neg__, "unary -"),
        }
    }

    /// `+v`
    pub fn positive(&mut self, v: Value) -> Result<Value> {
        match Number::of(v) {
            Some(Number::Int(i)) => Ok(self.int(i)),
            Some(_) => Ok(v),
            None => self.ask_unary(v, self.names.__pos__, "unary +"),
        }
    }

    /// `~v`
    pub fn invert(&mut self, v: Value) -> Result<Value> {
        match Number::of(v) {
            Some(Number::Int(i)) => Ok(self.int(!i)),
            Some(Number::Big(big)) => Ok(self.heap.big_int(!&big.value)),
            _ => self.ask_unary(v, self.names.__invert__, "unary ~"),
        }
    }

    /// `abs(v)`
    pub fn abs(&mut self, v: Value) -> Result<Value> {
        match Number::of(v) {
            Some(Number::Int(i)) => Ok(self.wide_int(i128::from(i).abs())),
            Some(Number::Float(f)) => Ok(self.float(f.abs())),
            Some(Number::Big(big)) => Ok(self.heap.big_int(big.value.abs())),
            Some(Number::Complex(real, imag)) => {
                let size = real.hypot(imag);
                if size.is_infinite() && real.is_finite() && imag.is_finite() {
                    return Err(self.overflow_error("absolute value too large"));
                }
                Ok(self.float(size))
            }
            None => self.ask_unary(v, self.names.__abs__, "abs()"),
        }
    }

    fn ask_unary(&mut self, v: Value, name: Gc<Str>, what: &str) -> Result<Value> {
        if self.has_operators(v)
            && let Some(answer) = self.call_operator(v, name, &[])?
        {
            return Ok(answer);
        }
        let class = self.class_name(v);
        Err(self.type_error(format!("bad operand type for {what}: '{class}'")))
    }

    /// `divmod(a, b)`
    pub fn divmod(&mut self, a: Value, b: Value) -> Result<Value> {
        if let Some(pair) = self.builtin_divmod(a, b)? {
            return Ok(pair);
        }
        if self.has_operators(a) || self.has_operators(b) {
            let (direct, reflected) = (self.names.__divmod__, self.names.__rdivmod__);
            if self.reflected_first(a, b, reflected)
                && let Some(pair) = self.ask(b, reflected, a)?
            {
                return Ok(pair);
            }
            if self.has_operators(a)
                && let Some(pair) = self.ask(a, direct, b)?
            {
                return Ok(pair);
            }
            if self.has_operators(b)
                && let Some(pair) = self.ask(b, reflected, a)?
            {
                return Ok(pair);
            }
        }
        let (left, right) = (self.class_name(a), self.class_name(b));
        Err(self.type_error(format!("unsupported operand type(s) for divmod(): '{left}' and '{right}'")))
    }

    /// `None` where the two are not real numbers.
    pub fn builtin_divmod(&mut self, a: Value, b: Value) -> Result<Option<Value>> {
        let (Some(x), Some(y)) = (Number::of(a), Number::of(b)) else { return Ok(None) };
        let pair = match (x, y) {
            (Number::Complex(..), _) | (_, Number::Complex(..)) => return Ok(None),
            (Number::Int(x), Number::Int(y)) if x != i64::MIN => {
                let pair = arith::divmod_small(x, y).map_err(|e| self.text_error(e))?;
                let (q, r) = pair.unwrap_or((x, 0));
                [self.int(q), self.int(r)]
            }
            _ if x.is_int() && y.is_int() => {
                let (q, r) = arith::divmod(&x.big(), &y.big()).map_err(|e| self.text_error(e))?;
                [self.heap.big_int(q), self.heap.big_int(r)]
            }
            _ => {
                let (x, y) = (self.real(x)?, self.real(y)?);
                if y == 0.0 {
                    return Err(self.zero_division_error("float divmod()"));
                }
                let (q, r) = divmod_floats(x, y);
                [self.float(q), self.float(r)]
            }
        };
        Ok(Some(self.tuple(&pair)))
    }

    /// `pow(a, b)`, `pow(a, b, modulus)`
    pub fn power(&mut self, a: Value, b: Value, modulus: Option<Value>) -> Result<Value> {
        let Some(modulus) = modulus.filter(|m| !m.is_none()) else { return self.binary(BinaryOp::Pow, a, b) };
        // A class of one's own over a number may have its own idea of it.
        let own = matches!(a.kind(), Some(Kind::Instance | Kind::Boxed))
            && self.lookup(self.type_of(a), self.names.__pow__).is_some_and(|f| f.is::<Function>());
        if !own
            && let Some(v) = self.builtin_power_mod(self.unwrap(a), self.unwrap(b), self.unwrap(modulus))?
        {
            return Ok(v);
        }
        if self.has_operators(a) {
            let answer = self.call_operator(a, self.names.__pow__, &[b, modulus])?;
            if let Some(v) = answer.filter(|&v| v != Value::NOT_IMPLEMENTED) {
                return Ok(v);
            }
        }
        let [x, y, z] = [a, b, modulus].map(|v| self.class_name(v));
        Err(self.type_error(format!("unsupported operand type(s) for ** or pow(): '{x}', '{y}', '{z}'")))
    }

    /// `None` where one of the three is not a number.
    pub fn builtin_power_mod(&mut self, a: Value, b: Value, modulus: Value) -> Result<Option<Value>> {
        let (Some(x), Some(y), Some(z)) = (Number::of(a), Number::of(b), Number::of(modulus)) else {
            return Ok(None);
        };
        let numbers = [x, y, z];
        if numbers.iter().any(|n| matches!(n, Number::Complex(..))) {
            return Err(self.value_error("complex modulo"));
        }
        if !numbers.iter().all(|n| n.is_int()) {
            return Err(self.type_error("pow() 3rd argument not allowed unless all arguments are integers"));
        }
        if let [Number::Int(base), Number::Int(exponent), Number::Int(modulus @ 1..)] = numbers
            && let Ok(exponent) = u64::try_from(exponent)
        {
            return Ok(Some(self.int(arith::pow_mod_small(base, exponent, modulus))));
        }
        let power: BigInt =
            arith::pow_mod(&x.big(), &y.big(), &z.big(), |effort| self.work(effort).map_err(Stopped::Raised))
                .map_err(|stopped| match stopped {
                    Stopped::Raised(raise) => raise,
                    Stopped::Refused(error) => self.text_error(error),
                })?;
        Ok(Some(self.heap.big_int(power)))
    }
}

/// Why a long computation has no result.
enum Stopped {
    Raised(Raise),
    Refused(TextError),
}

impl From<TextError> for Stopped {
    fn from(error: TextError) -> Self {
        Self::Refused(error)
    }
}
