//! `float.hex()` and `float.fromhex()`: the exact text of a double.

use super::TextError;
use super::float::{decompose, repr};

/// `float.hex()`.
#[must_use]
pub fn hex(value: f64) -> String {
    if !value.is_finite() {
        return repr(value);
    }
    let sign = if value.is_sign_negative() { "-" } else { "" };
    if value == 0.0 {
        return format!("{sign}0x0.0p+0");
    }
    let (mantissa, exponent) = decompose(value);
    let (whole, fraction) = (mantissa >> 52, mantissa & ((1 << 52) - 1));
    format!("{sign}0x{whole}.{fraction:013x}p{:+}", exponent + 52)
}

fn invalid() -> TextError {
    TextError::value("invalid hexadecimal floating-point string")
}

fn too_large() -> TextError {
    TextError::overflow("hexadecimal value too large to represent as a float")
}

/// `float.fromhex(text)`, rounding half to even what has more digits than a double.
///
/// # Errors
/// `ValueError` for what is no such text, `OverflowError` beyond the doubles.
pub fn fromhex(text: &str) -> Result<f64, TextError> {
    let text = text.trim_matches(|ch| matches!(ch, ' ' | '\t'..='\r'));
    let (negative, body) = match text.strip_prefix('-') {
        Some(body) => (true, body),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let magnitude = match body.to_ascii_lowercase().as_str() {
        "inf" | "infinity" => f64::INFINITY,
        "nan" => f64::NAN,
        body => finite(body.strip_prefix("0x").unwrap_or(body))?,
    };
    Ok(if negative { -magnitude } else { magnitude })
}

/// The part after the sign and the prefix, in lower case.
fn finite(body: &str) -> Result<f64, TextError> {
    let (number, exponent) = match body.split_once('p') {
        Some((number, exponent)) => (number, parse_exponent(exponent)?),
        None => (body, 0),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() {
        return Err(invalid());
    }
    // Up to 60 bits are kept exactly, and one more remembers whether anything followed.
    let mut bits: u64 = 0;
    let mut dropped: i64 = 0;
    let mut sticky = false;
    for ch in whole.chars().chain(fraction.chars()) {
        let digit = u64::from(ch.to_digit(16).ok_or_else(invalid)?);
        if bits >> 56 == 0 {
            bits = bits << 4 | digit;
        } else {
            sticky |= digit != 0;
            dropped += 4;
        }
    }
    let places = i64::try_from(fraction.len()).unwrap_or(i64::MAX / 8);
    if bits == 0 {
        return Ok(0.0);
    }
    scale(bits << 1 | u64::from(sticky), exponent.saturating_add(dropped - 4 * places - 1))
}

fn parse_exponent(text: &str) -> Result<i64, TextError> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(invalid());
    }
    // Beyond this any text that fits in memory is zero or infinite.
    let far = i64::MAX / 4;
    let size = digits.parse::<i64>().map_or(far, |size| size.min(far));
    Ok(if text.starts_with('-') { -size } else { size })
}

/// `bits * 2**exponent`, rounded half to even.
fn scale(bits: u64, exponent: i64) -> Result<f64, TextError> {
    let length = i64::from(64 - bits.leading_zeros());
    if exponent + length > 1024 {
        return Err(too_large());
    }
    if exponent + length < -1075 {
        return Ok(0.0);
    }
    // The exponent of the last place of the result: 53 bits, fewer for a subnormal.
    let last = (exponent + length - 53).max(-1074);
    let cut = last - exponent;
    let rounded = if cut <= 0 { bits << -cut } else { round_off(bits, cut) };
    let value = ldexp(rounded, last);
    if value.is_infinite() { Err(too_large()) } else { Ok(value) }
}

/// `bits / 2**cut`, half to even.
fn round_off(bits: u64, cut: i64) -> u64 {
    if cut > 64 {
        return 0;
    }
    let wide = u128::from(bits);
    let (kept, rest, half) = (wide >> cut, wide & ((1 << cut) - 1), 1_u128 << (cut - 1));
    let up = rest > half || (rest == half && kept & 1 == 1);
    u64::try_from(kept).unwrap_or(u64::MAX) + u64::from(up)
}

/// `mantissa * 2**exponent` where the mantissa has at most 54 bits and the result needs no rounding.
pub(super) fn ldexp(mantissa: u64, exponent: i64) -> f64 {
    let Ok(mut left) = i32::try_from(exponent) else { return f64::INFINITY };
    #[expect(clippy::cast_precision_loss, reason = "at most 2**53, which is exact")]
    let mut value = mantissa as f64;
    // In steps, since 2**exponent itself may be out of range where the product is not.
    while left != 0 && value != 0.0 && value.is_finite() {
        let step = left.clamp(-1000, 1000);
        value *= 2_f64.powi(step);
        left -= step;
    }
    value
}
