//! Arithmetic of big integers where Python's rules differ from those of the library: the sign of a
//! remainder, correctly rounded division, modular powers.

use num_bigint::{BigInt, Sign};
use num_integer::Integer;
use num_traits::{One, Signed, ToPrimitive, Zero};

use super::TextError;
use super::hexfloat::ldexp;

/// More bits than this are taken for a `MemoryError`: an eighth of a gigabyte.
pub const MAX_BITS: u64 = 1 << 30;

/// The effort between two questions whether to go on.
const PIECE: u64 = 1 << 16;

/// `divmod(left, right)`: the quotient rounds down, the remainder has the sign of `right`.
///
/// # Errors
/// `ZeroDivisionError`.
pub fn divmod(left: &BigInt, right: &BigInt) -> Result<(BigInt, BigInt), TextError> {
    if right.is_zero() {
        return Err(TextError::ZeroDivision("integer division or modulo by zero".to_owned()));
    }
    Ok(left.div_mod_floor(right))
}

/// `divmod` of machine integers; `None` where the quotient needs another bit.
///
/// # Errors
/// `ZeroDivisionError`.
pub fn divmod_small(left: i64, right: i64) -> Result<Option<(i64, i64)>, TextError> {
    if right == 0 {
        return Err(TextError::ZeroDivision("integer division or modulo by zero".to_owned()));
    }
    Ok(left.checked_div(right).map(|quotient| {
        let remainder = left - quotient * right;
        let adjust = remainder != 0 && (remainder < 0) != (right < 0);
        if adjust { (quotient - 1, remainder + right) } else { (quotient, remainder) }
    }))
}

/// `left / right`, correctly rounded even where neither is a double.
///
/// # Errors
/// `ZeroDivisionError`, or `OverflowError` beyond the doubles.
pub fn true_div(left: &BigInt, right: &BigInt) -> Result<f64, TextError> {
    if right.is_zero() {
        return Err(TextError::ZeroDivision("division by zero".to_owned()));
    }
    if left.is_zero() {
        return Ok(if right.is_negative() { -0.0 } else { 0.0 });
    }
    let refuse = || TextError::overflow("integer division result too large for a float");
    let length = |value: &BigInt| i64::try_from(value.bits()).unwrap_or(i64::MAX / 2);
    let difference = length(left) - length(right);
    let negative = (left.sign() == Sign::Minus) != (right.sign() == Sign::Minus);
    if difference > 1024 {
        return Err(refuse());
    }
    if difference < -1080 {
        return Ok(if negative { -0.0 } else { 0.0 });
    }
    // The exponent of the quotient's last place: two bits more than a double holds, but never below
    // what a subnormal holds, so that there is one rounding.
    let last = difference.max(-1021) - 55;
    let (mut above, mut below) = (left.magnitude().clone(), right.magnitude().clone());
    if last > 0 {
        below <<= last;
    } else {
        above <<= -last;
    }
    let (quotient, remainder) = above.div_rem(&below);
    let quotient = quotient.to_u64().unwrap_or(u64::MAX) | u64::from(!remainder.is_zero());
    let quotient_length = i64::from(64 - quotient.leading_zeros());
    let cut = quotient_length.max(-1021 - last) - 53;
    let kept = quotient >> cut;
    let (rest, half) = (quotient & ((1 << cut) - 1), 1_u64 << (cut - 1));
    let up = rest > half || (rest == half && kept & 1 == 1);
    let magnitude = ldexp(kept + u64::from(up), last + cut);
    if magnitude.is_infinite() {
        return Err(refuse());
    }
    Ok(if negative { -magnitude } else { magnitude })
}

/// `base ** exponent` of integers, for an exponent that is not negative.
///
/// # Errors
/// `MemoryError` for what is too long to be meant.
pub fn pow(base: &BigInt, exponent: &BigInt) -> Result<BigInt, TextError> {
    if base.magnitude().is_one() || base.is_zero() {
        let even = exponent.is_even();
        return Ok(match base.sign() {
            _ if exponent.is_zero() => BigInt::one(),
            Sign::Minus if even => BigInt::one(),
            _ => base.clone(),
        });
    }
    let times = exponent.to_u32().ok_or(TextError::Memory)?;
    if (base.bits() - 1).saturating_mul(u64::from(times)) > MAX_BITS {
        return Err(TextError::Memory);
    }
    Ok(base.pow(times))
}

/// `left << count`.
///
/// # Errors
/// `MemoryError` for what is too long to be meant.
pub fn shift_left(left: &BigInt, count: u64) -> Result<BigInt, TextError> {
    if left.is_zero() {
        return Ok(BigInt::zero());
    }
    if count.saturating_add(left.bits()) > MAX_BITS {
        return Err(TextError::Memory);
    }
    Ok(left << count)
}

/// About how long a multiplication or division of numbers with so many bits takes, in turns of a loop.
#[must_use]
pub fn effort(left: u64, right: u64) -> u64 {
    (left / 64).saturating_mul(right / 64) / 4096
}

/// `pow(base, exponent, modulus)`: the result has the sign of the modulus. `go_on` is asked now and then with the effort
/// that comes next; its error ends the computation.
///
/// # Errors
/// `ValueError` for a modulus of 0, or where there is no inverse for a negative exponent.
pub fn pow_mod<E: From<TextError>>(
    base: &BigInt,
    exponent: &BigInt,
    modulus: &BigInt,
    go_on: impl FnMut(u64) -> Result<(), E>,
) -> Result<BigInt, E> {
    if modulus.is_zero() {
        return Err(TextError::value("pow() 3rd argument cannot be 0").into());
    }
    let size = modulus.abs();
    let inverted;
    let base = if exponent.is_negative() {
        inverted = inverse(base, &size)?;
        &inverted
    } else {
        base
    };
    if size.is_one() {
        return Ok(BigInt::zero());
    }
    let power = power_in_pieces(&base.mod_floor(&size), &exponent.abs(), &size, go_on)?;
    Ok(power.mod_floor(modulus))
}

/// `pow(base, exponent, modulus)` of machine integers, the exponent not negative and the modulus positive.
#[must_use]
pub fn pow_mod_small(base: i64, exponent: u64, modulus: i64) -> i64 {
    let size = modulus as u128;
    let mut square = base.rem_euclid(modulus) as u128;
    let mut power = 1 % size;
    let mut left = exponent;
    while left > 0 {
        if left & 1 == 1 {
            power = power * square % size;
        }
        square = square * square % size;
        left >>= 1;
    }
    power as i64
}

/// The power of numbers that are not negative: a piece of the exponent's bits after the other.
fn power_in_pieces<E>(
    base: &BigInt,
    exponent: &BigInt,
    modulus: &BigInt,
    mut go_on: impl FnMut(u64) -> Result<(), E>,
) -> Result<BigInt, E> {
    let step = effort(modulus.bits(), modulus.bits()).saturating_mul(2).max(1);
    let piece = (PIECE / step).max(64);
    let bits = exponent.bits();
    if bits <= piece {
        go_on(step.saturating_mul(bits))?;
        return Ok(base.modpow(exponent, modulus));
    }
    let mask = (BigInt::one() << piece) - 1u32;
    let mut power = BigInt::one();
    for i in (0..bits.div_ceil(piece)).rev() {
        go_on(step.saturating_mul(2 * piece))?;
        let part = (exponent >> (i * piece)) & &mask;
        power = power.modpow(&(&mask + 1u32), modulus) * base.modpow(&part, modulus) % modulus;
    }
    Ok(power)
}

fn inverse(base: &BigInt, modulus: &BigInt) -> Result<BigInt, TextError> {
    let found = base.mod_floor(modulus).extended_gcd(modulus);
    if found.gcd.is_one() {
        Ok(found.x.mod_floor(modulus))
    } else {
        Err(TextError::value("base is not invertible for the given modulus"))
    }
}

/// `math.isqrt(value)`.
///
/// # Errors
/// `ValueError` below zero.
pub fn isqrt(value: &BigInt) -> Result<BigInt, TextError> {
    if value.is_negative() {
        return Err(TextError::value("isqrt() argument must be nonnegative"));
    }
    Ok(value.sqrt())
}

/// `math.gcd(left, right)`, never negative.
#[must_use]
pub fn gcd(left: &BigInt, right: &BigInt) -> BigInt {
    let (mut longer, mut shorter) = (left.abs(), right.abs());
    if longer < shorter {
        std::mem::swap(&mut longer, &mut shorter);
    }
    // The library subtracts and shifts, which takes long where the lengths differ.
    while !shorter.is_zero() && longer.bits() > shorter.bits() + 32 {
        let rest = longer % &shorter;
        (longer, shorter) = (shorter, rest);
    }
    longer.gcd(&shorter)
}

/// `math.lcm(left, right)`, never negative.
#[must_use]
pub fn lcm(left: &BigInt, right: &BigInt) -> BigInt {
    if left.is_zero() || right.is_zero() {
        return BigInt::zero();
    }
    (left / gcd(left, right) * right).abs()
}
