//! Integers as text, and what they share with floats: hashes, comparisons, conversions.

use std::cmp::Ordering;

use num_bigint::{BigInt, BigUint, Sign};
use num_traits::{ToPrimitive, Zero};

use super::TextError;
use super::chars;
use super::decimal;
use super::float::{self, HASH_MODULUS, hash_of_residue};
use super::hexfloat::ldexp;
use super::quote;

/// What `sys.get_int_max_str_digits()` is at the start: longer decimal texts are refused, since
/// converting them takes quadratic time.
pub const MAX_STR_DIGITS: usize = 4300;

/// An integer, borrowed.
#[derive(Clone, Copy, Debug)]
pub enum IntRef<'a> {
    Small(i64),
    Big(&'a BigInt),
}

/// An integer; `Big` only where it does not fit in `Small`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IntValue {
    Small(i64),
    Big(BigInt),
}

impl From<BigInt> for IntValue {
    fn from(value: BigInt) -> IntValue {
        value.to_i64().map_or(IntValue::Big(value), IntValue::Small)
    }
}

impl From<i64> for IntRef<'_> {
    fn from(value: i64) -> Self {
        IntRef::Small(value)
    }
}

impl<'a> From<&'a BigInt> for IntRef<'a> {
    fn from(value: &'a BigInt) -> Self {
        IntRef::Big(value)
    }
}

impl IntRef<'_> {
    #[must_use]
    pub fn to_i64(self) -> Option<i64> {
        match self {
            IntRef::Small(value) => Some(value),
            IntRef::Big(value) => value.to_i64(),
        }
    }

    /// `float(int)`, rounded half to even.
    ///
    /// # Errors
    /// `OverflowError` beyond the doubles.
    pub fn to_f64(self) -> Result<f64, TextError> {
        match self {
            #[expect(clippy::cast_precision_loss, reason = "rounding is what float() does")]
            IntRef::Small(value) => Ok(value as f64),
            IntRef::Big(value) => big_to_f64(value),
        }
    }
}

impl IntRef<'_> {
    /// Digits in base 2, 8 or 16 with a sign and no prefix.
    #[must_use]
    pub fn to_radix(self, radix: u32) -> String {
        let mut text = String::new();
        push_radix(&mut text, self, radix);
        text
    }
}

/// Appends digits in base 2, 8 or 16 with a sign and no prefix.
pub fn push_radix(out: &mut String, value: IntRef<'_>, radix: u32) {
    let value = match value {
        IntRef::Big(value) => {
            out.push_str(&value.to_str_radix(radix));
            return;
        }
        IntRef::Small(value) => value,
    };
    if value < 0 {
        out.push('-');
    }
    let size = value.unsigned_abs();
    let bits = radix.trailing_zeros();
    let digits = (u64::BITS - size.leading_zeros()).div_ceil(bits).max(1);
    for at in (0..digits).rev() {
        let digit = (size >> (at * bits)) as u32 & (radix - 1);
        out.push(char::from_digit(digit, radix).unwrap_or('0'));
    }
}

/// `int(text)` of a text that is few ASCII digits, with a sign or without; `None` of any other.
#[must_use]
pub fn parse_small(text: &str) -> Option<i64> {
    /// Any number of so many digits fits.
    const DIGITS: usize = 18;
    let bytes = text.as_bytes();
    let (negative, digits) = match bytes {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        _ => (false, bytes),
    };
    if digits.is_empty() || digits.len() > DIGITS {
        return None;
    }
    let mut value = 0;
    for &byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + i64::from(digit);
    }
    Some(if negative { -value } else { value })
}

/// `str(int)`; `limit` is the most digits allowed, 0 for no limit.
///
/// # Errors
/// `ValueError` over the limit.
pub fn to_decimal(value: IntRef<'_>, limit: usize) -> Result<String, TextError> {
    let mut text = String::new();
    push_decimal(&mut text, value, limit)?;
    Ok(text)
}

/// Appends `str(int)`, as [`to_decimal`].
///
/// # Errors
/// `ValueError` over the limit.
pub fn push_decimal(out: &mut String, value: IntRef<'_>, limit: usize) -> Result<(), TextError> {
    let value = match value {
        IntRef::Small(value) => {
            decimal::push_signed(out, value);
            return Ok(());
        }
        IntRef::Big(value) => value,
    };
    let refuse = || {
        TextError::Value(format!(
            "Exceeds the limit ({limit} digits) for integer string conversion; \
             use sys.set_int_max_str_digits() to increase the limit"
        ))
    };
    // A digit is worth 3.32 bits: refuse before converting what is plainly too long.
    let surely = value.bits().saturating_mul(3) / 10;
    if limit > 0 && surely > limit as u64 + 1 {
        return Err(refuse());
    }
    let text = value.to_string();
    if limit > 0 && text.trim_start_matches('-').len() > limit {
        return Err(refuse());
    }
    out.push_str(&text);
    Ok(())
}

fn invalid(text: &str, base: u32) -> TextError {
    // CPython cuts the repr at 200 characters.
    let shown: String = quote::repr_str(text).chars().take(200).collect();
    TextError::Value(format!("invalid literal for int() with base {base}: {shown}"))
}

/// `int(text, base)`; `limit` is the most digits allowed where the base is no power of two, 0 for none.
///
/// # Errors
/// `ValueError` for the base, the text, or its length.
pub fn parse(text: &str, base: u32, limit: usize) -> Result<IntValue, TextError> {
    if base == 1 || base > 36 {
        return Err(TextError::value("int() base must be >= 2 and <= 36, or 0"));
    }
    let plain = float::to_ascii_number(text);
    let body = plain.trim_start_matches(|ch| matches!(ch, ' ' | '\t'..='\r'));
    let (negative, body) = match body.strip_prefix('-') {
        Some(body) => (true, body),
        None => (false, body.strip_prefix('+').unwrap_or(body)),
    };
    let prefix = match body.get(..2).map(str::to_ascii_lowercase).as_deref() {
        Some("0x") => 16,
        Some("0o") => 8,
        Some("0b") => 2,
        _ => 0,
    };
    let mut radix = base;
    // `int("010", 0)` is refused as in source code, though "0" and "00" are fine.
    let mut only_zero = false;
    let digits = if prefix != 0 && (base == prefix || base == 0) {
        radix = prefix;
        let digits = &body[2..];
        digits.strip_prefix('_').unwrap_or(digits)
    } else {
        if base == 0 {
            radix = 10;
            only_zero = body.starts_with('0');
        }
        body
    };
    let end = digits.find(|ch: char| ch != '_' && !ch.is_digit(radix)).unwrap_or(digits.len());
    let (digits, after) = digits.split_at(end);
    let misplaced =
        digits.is_empty() || digits.starts_with('_') || digits.ends_with('_') || digits.contains("__");
    if misplaced {
        return Err(invalid(text, base));
    }
    let digits: std::borrow::Cow<'_, str> =
        if digits.contains('_') { digits.replace('_', "").into() } else { digits.into() };
    if limit > 0 && digits.len() > limit && !radix.is_power_of_two() {
        return Err(TextError::Value(format!(
            "Exceeds the limit ({limit} digits) for integer string conversion: value has {} digits; \
             use sys.set_int_max_str_digits() to increase the limit",
            digits.len()
        )));
    }
    if !after.trim_start_matches(|ch| matches!(ch, ' ' | '\t'..='\r')).is_empty() {
        return Err(invalid(text, base));
    }
    if only_zero && digits.bytes().any(|byte| byte != b'0') {
        return Err(invalid(text, base));
    }
    if let Ok(value) = i64::from_str_radix(&digits, radix) {
        return Ok(IntValue::Small(if negative { -value } else { value }));
    }
    let size = BigUint::parse_bytes(digits.as_bytes(), radix).ok_or_else(|| invalid(text, base))?;
    let sign = if negative { Sign::Minus } else { Sign::Plus };
    Ok(BigInt::from_biguint(sign, size).into())
}

/// `hash(int)`.
#[must_use]
#[inline]
pub fn hash_small(value: i64) -> i64 {
    if hashes_as_itself(value) {
        return if value == -1 { -2 } else { value };
    }
    hash_wide(value)
}

/// Whether an integer is its own hash, but for -1: one comparison for both signs, well inside the modulus.
#[must_use]
#[inline(always)]
pub const fn hashes_as_itself(value: i64) -> bool {
    value.wrapping_add(1 << 60) as u64 >> 61 == 0
}

#[cold]
fn hash_wide(value: i64) -> i64 {
    let residue = value.unsigned_abs() % HASH_MODULUS;
    hash_of_residue(i64::try_from(residue).unwrap_or(0), value < 0)
}

/// `hash(int)` of a big one.
#[must_use]
pub fn hash_big(value: &BigInt) -> i64 {
    let residue = (value.magnitude() % HASH_MODULUS).to_i64().unwrap_or(0);
    hash_of_residue(residue, value.sign() == Sign::Minus)
}

/// `float(int)`, rounded half to even.
///
/// # Errors
/// `OverflowError` beyond the doubles.
pub fn big_to_f64(value: &BigInt) -> Result<f64, TextError> {
    let refuse = || TextError::overflow("int too large to convert to float");
    let size = value.magnitude();
    let bits = size.bits();
    if bits > 1024 {
        return Err(refuse());
    }
    let magnitude = if bits <= 64 {
        let size = size.to_u64().unwrap_or(u64::MAX);
        #[expect(clippy::cast_precision_loss, reason = "rounding is what float() does")]
        let rounded = size as f64;
        rounded
    } else {
        // 64 bits hold the 53 that count, the half, and one bit for all that is below.
        let shift = bits - 64;
        let top = (size >> shift).to_u64().unwrap_or(u64::MAX);
        let sticky = size.trailing_zeros().is_some_and(|zeros| zeros < shift);
        #[expect(clippy::cast_precision_loss, reason = "rounding is what float() does")]
        let rounded = (top | u64::from(sticky)) as f64;
        rounded * ldexp(1, i64::try_from(shift).unwrap_or(i64::MAX))
    };
    if magnitude.is_infinite() {
        return Err(refuse());
    }
    Ok(if value.sign() == Sign::Minus { -magnitude } else { magnitude })
}

/// `int(float)`: the fraction is dropped.
///
/// # Errors
/// `OverflowError` for an infinity, `ValueError` for a nan.
pub fn from_f64(value: f64) -> Result<IntValue, TextError> {
    if value.is_nan() {
        return Err(TextError::value("cannot convert float NaN to integer"));
    }
    if value.is_infinite() {
        return Err(TextError::overflow("cannot convert float infinity to integer"));
    }
    if value.abs() < TWO_63 {
        #[expect(clippy::cast_possible_truncation, reason = "dropping the fraction is the point")]
        return Ok(IntValue::Small(value as i64));
    }
    let (mantissa, exponent) = float::decompose(value);
    let size = BigInt::from(mantissa) << exponent.unsigned_abs();
    Ok((if value < 0.0 { -size } else { size }).into())
}

const TWO_63: f64 = 9_223_372_036_854_775_808.0;

/// Compares exactly, without rounding the integer; `None` for a nan.
#[must_use]
pub fn compare_small(left: i64, right: f64) -> Option<Ordering> {
    if right.is_nan() {
        return None;
    }
    if right >= TWO_63 {
        return Some(Ordering::Less);
    }
    if right < -TWO_63 {
        return Some(Ordering::Greater);
    }
    #[expect(clippy::cast_possible_truncation, reason = "the fraction is compared after")]
    let whole = right.trunc() as i64;
    Some(left.cmp(&whole).then(0.0_f64.partial_cmp(&right.fract())?))
}

/// Compares exactly, without rounding the integer; `None` for a nan.
#[must_use]
pub fn compare_big(left: &BigInt, right: f64) -> Option<Ordering> {
    if right.is_nan() {
        return None;
    }
    if right.is_infinite() {
        return Some(if right > 0.0 { Ordering::Less } else { Ordering::Greater });
    }
    let whole = match from_f64(right).ok()? {
        IntValue::Small(whole) => BigInt::from(whole),
        IntValue::Big(whole) => whole,
    };
    let fraction = 0.0_f64.partial_cmp(&right.fract())?;
    Some(left.cmp(&whole).then(fraction))
}

/// Digits of any script, as `int()` and the format fields take them.
#[must_use]
pub fn is_decimal_text(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|ch| chars::decimal(ch).is_some())
}

/// `int.bit_length()`.
#[must_use]
pub fn bit_length(value: IntRef<'_>) -> u64 {
    match value {
        IntRef::Small(value) => u64::from(64 - value.unsigned_abs().leading_zeros()),
        IntRef::Big(value) => value.bits(),
    }
}

/// `int.bit_count()`: the ones of the absolute value.
#[must_use]
pub fn bit_count(value: IntRef<'_>) -> u64 {
    match value {
        IntRef::Small(value) => u64::from(value.unsigned_abs().count_ones()),
        IntRef::Big(value) if value.is_zero() => 0,
        IntRef::Big(value) => {
            value.magnitude().iter_u64_digits().map(|digit| u64::from(digit.count_ones())).sum()
        }
    }
}
