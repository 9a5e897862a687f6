//! Floats as text: `repr`, the printf-like forms, parsing, rounding to decimals, hashing.
//!
//! The digits come from `std`, whose shortest form and whose exact decimals are correctly rounded;
//! where they go is decided here, by CPython's rules.

use num_bigint::BigInt;
use num_traits::{One, Zero};

use super::TextError;
use super::chars;
use super::decimal;
use super::quote;

/// The modulus of Python's numeric hash, a Mersenne prime: equal numbers of any type hash alike.
pub const HASH_MODULUS: u64 = (1 << 61) - 1;
pub const HASH_INF: i64 = 314_159;

/// A double has at most 1074 digits after the point; what is asked beyond is zeros.
const MAX_FRACTION: usize = 1100;

/// `repr(float)`: the shortest digits that read back as the same double.
#[must_use]
pub fn repr(value: f64) -> String {
    let mut text = String::with_capacity(24);
    push_repr(&mut text, value);
    text
}

/// Appends `repr(float)`.
pub fn push_repr(out: &mut String, value: f64) {
    let magnitude = value.abs();
    if value.is_sign_negative() && !value.is_nan() {
        out.push('-');
    }
    if !push_short(out, magnitude) {
        let form = Form { kind: Kind::Repr, precision: 0, alternate: false, point_zero: true };
        out.push_str(&form.render(magnitude));
    }
}

/// Appends the shortest digits of a float that has few of them, if it finds them: with up to 15 digits, decimals are all
/// different doubles, so that the first one that reads back is the shortest.
fn push_short(out: &mut String, magnitude: f64) -> bool {
    const MOST: f64 = 1e15;
    let mut unit = 1.0;
    for places in 0..5 {
        let scaled = magnitude * unit;
        if scaled >= MOST {
            return false;
        }
        let whole = scaled.round_ties_even();
        // Both are exact, so the quotient is the double that this decimal reads back as.
        if whole / unit == magnitude && (magnitude >= 1e-4 || whole == 0.0) {
            let (digits, unit) = (whole as u64, unit as u64);
            decimal::push(out, digits / unit);
            out.push('.');
            decimal::push_padded(out, digits % unit, places.max(1));
            return true;
        }
        unit *= 10.0;
    }
    false
}

/// Which letter of printf a number is written with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// `f`: `precision` digits after the point.
    Fixed,
    /// `e`: one digit, the point, `precision` digits, the exponent.
    Exp,
    /// `g`: `precision` significant digits, whichever of the two is shorter.
    General,
    /// Shortest digits; `precision` is ignored.
    Repr,
}

/// How to write the magnitude of a float; the sign is the caller's, who pads.
#[derive(Clone, Copy, Debug)]
pub struct Form {
    pub kind: Kind,
    pub precision: usize,
    /// `#`: the point stays, and for `g` the trailing zeros too.
    pub alternate: bool,
    /// `.0` after what would read as an integer.
    pub point_zero: bool,
}

impl Form {
    /// The text of `magnitude`, which is not negative; `inf` and `nan` in lower case.
    #[must_use]
    pub fn render(self, magnitude: f64) -> String {
        if magnitude.is_nan() {
            return "nan".to_owned();
        }
        if magnitude.is_infinite() {
            return "inf".to_owned();
        }
        match self.kind {
            Kind::Fixed => self.fixed(magnitude),
            Kind::Exp => self.exp(magnitude),
            Kind::General => {
                let significant = self.precision.max(1);
                let kept = (significant - 1).min(MAX_FRACTION);
                let (digits, point) = digits(&format!("{magnitude:.kept$e}"));
                let limit = i64::try_from(significant).unwrap_or(i64::MAX) - i64::from(self.point_zero);
                let pad = if self.alternate { significant } else { 0 };
                self.place(&digits, point, point <= -4 || i64::from(point) > limit, pad)
            }
            Kind::Repr => {
                let (digits, point) = shortest(magnitude);
                self.place(&digits, point, point <= -4 || point > 16, 0)
            }
        }
    }

    fn fixed(self, magnitude: f64) -> String {
        let kept = self.precision.min(MAX_FRACTION);
        let mut text = String::with_capacity(24);
        if !push_fixed(&mut text, magnitude, kept) {
            text = format!("{magnitude:.kept$}");
        }
        push_zeros(&mut text, self.precision - kept);
        if self.precision == 0 && self.alternate {
            text.push('.');
        }
        text
    }

    fn exp(self, magnitude: f64) -> String {
        let kept = self.precision.min(MAX_FRACTION);
        let text = format!("{magnitude:.kept$e}");
        let (mantissa, exponent) = split_exponent(&text);
        let mut out = mantissa.to_owned();
        push_zeros(&mut out, self.precision - kept);
        if self.precision == 0 && self.alternate {
            out.push('.');
        }
        push_exponent(&mut out, exponent);
        out
    }

    /// Sets the point among `digits`, which start `point` places before it; at least `pad` digits.
    fn place(self, digits: &str, point: i32, exponential: bool, pad: usize) -> String {
        let shown = if exponential { 1 } else { point };
        let mut out = String::with_capacity(digits.len() + 8);
        let mut digits = digits.to_owned();
        if pad > digits.len() {
            let missing = pad - digits.len();
            push_zeros(&mut digits, missing);
        }
        let whole = usize::try_from(shown).unwrap_or(0);
        if whole == 0 {
            out.push_str("0.");
            push_zeros(&mut out, usize::try_from(-shown).unwrap_or(0));
            out.push_str(&digits);
        } else if digits.len() > whole {
            out.push_str(&digits[..whole]);
            out.push('.');
            out.push_str(&digits[whole..]);
        } else {
            let missing = whole - digits.len();
            out.push_str(&digits);
            push_zeros(&mut out, missing);
            if self.point_zero && !exponential {
                out.push_str(".0");
            } else if self.alternate {
                out.push('.');
            }
        }
        if exponential {
            push_exponent(&mut out, point - 1);
        }
        out
    }
}

fn push_zeros(out: &mut String, count: usize) {
    out.extend(std::iter::repeat_n('0', count));
}

fn split_exponent(text: &str) -> (&str, i32) {
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    (mantissa, exponent.parse().unwrap_or(0))
}

/// Two digits of exponent at least, always with a sign.
fn push_exponent(out: &mut String, exponent: i32) {
    out.push_str(if exponent < 0 { "e-" } else { "e+" });
    if exponent.abs() < 10 {
        out.push('0');
    }
    out.push_str(&exponent.unsigned_abs().to_string());
}

/// The digits of `{:e}` text without trailing zeros, and where the point stands among them.
fn digits(text: &str) -> (String, i32) {
    let (mantissa, exponent) = split_exponent(text);
    let mut digits: String = mantissa.chars().filter(|&c| c != '.').collect();
    while digits.len() > 1 && digits.ends_with('0') {
        digits.pop();
    }
    (digits, exponent + 1)
}

/// The shortest digits that read back as `magnitude`, and of two equally near ones the even.
fn shortest(magnitude: f64) -> (String, i32) {
    let text = format!("{magnitude:e}");
    let found = digits(&text);
    // std rounds such ties up. There are none among texts of 15 digits, which all are different
    // doubles, nor where the exact value has so many binary places that it has over 18 digits.
    let (mantissa, exponent) = decompose(magnitude);
    let places = exponent + i32::try_from(mantissa.trailing_zeros()).unwrap_or(0);
    if found.0.len() < 16 || places < -25 {
        return found;
    }
    let kept = found.0.len() - 1;
    let even = format!("{magnitude:.kept$e}");
    if even != text && even.parse() == Ok(magnitude) { digits(&even) } else { found }
}

fn signed(value: f64, form: Form) -> String {
    let text = form.render(value.abs());
    if value.is_sign_negative() && !value.is_nan() { format!("-{text}") } else { text }
}

/// Appends `{magnitude:.precision$}` by integer arithmetic, which is exact and fast while the digits fit 64 bits, or else
/// appends nothing and says so.
pub(super) fn push_fixed(out: &mut String, magnitude: f64, precision: usize) -> bool {
    // 10^19 is the last power of ten in 64 bits.
    let Some(unit) = u32::try_from(precision).ok().and_then(|places| 10_u64.checked_pow(places)) else {
        return false;
    };
    let Some(digits) = scaled(magnitude, unit) else { return false };
    decimal::push(out, digits / unit);
    if precision > 0 {
        out.push('.');
        decimal::push_padded(out, digits % unit, precision);
    }
    true
}

/// `magnitude * unit`, rounded; `None` if that takes more than 64 bits.
#[inline]
fn scaled(magnitude: f64, unit: u64) -> Option<u64> {
    let (significand, exponent) = decompose(magnitude);
    let scaled = u128::from(significand) * u128::from(unit);
    let (digits, rest) = match -exponent {
        0 => (scaled, 0),
        shift @ 1..128 => (scaled >> shift, scaled << (128 - shift)),
        _ => return None,
    };
    let digits = u64::try_from(digits).ok()?;
    // Half goes to the even neighbour.
    let half = 1_u128 << 127;
    if rest > half || rest == half && digits & 1 == 1 { digits.checked_add(1) } else { Some(digits) }
}

/// A float as digits of which the last few are behind the point, to be shown in a width.
#[derive(Clone, Copy, Debug)]
pub struct Fixed {
    pub negative: bool,
    pub digits: u64,
    /// At most nine.
    pub places: usize,
    /// At most 99.
    pub width: usize,
}

impl Fixed {
    /// What `format(value, spec)` shows where the specification is like `.2f` or `8.3f`; `None` of any other.
    #[must_use]
    pub fn new(value: f64, spec: &str) -> Option<Self> {
        let digit = |byte: u8| usize::from(byte - b'0');
        let (width, places) = match *spec.as_bytes() {
            [b'.', places @ b'0'..=b'9', b'f'] => (0, digit(places)),
            [ones @ b'1'..=b'9', b'.', places @ b'0'..=b'9', b'f'] => (digit(ones), digit(places)),
            [tens @ b'1'..=b'9', ones @ b'0'..=b'9', b'.', places @ b'0'..=b'9', b'f'] => {
                (digit(tens) * 10 + digit(ones), digit(places))
            }
            _ => return None,
        };
        const UNITS: [u64; 10] =
            [1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000];
        let digits = scaled(value.abs(), UNITS[places])?;
        Some(Self { negative: value.is_sign_negative(), digits, places, width })
    }
}

/// `'%.{precision}f' % value`.
#[must_use]
pub fn format_fixed(value: f64, precision: usize) -> String {
    signed(value, Form { kind: Kind::Fixed, precision, alternate: false, point_zero: false })
}

/// `'%.{precision}e' % value`.
#[must_use]
pub fn format_exp(value: f64, precision: usize) -> String {
    signed(value, Form { kind: Kind::Exp, precision, alternate: false, point_zero: false })
}

/// `'%.{precision}g' % value`.
#[must_use]
pub fn format_general(value: f64, precision: usize) -> String {
    signed(value, Form { kind: Kind::General, precision, alternate: false, point_zero: false })
}

/// Text of a number in ASCII: digits of any script become 0-9 and spaces beyond ASCII become spaces.
/// As in CPython the separators U+001C to U+001F stay, and so are no space around a number.
pub(super) fn to_ascii_number(text: &str) -> std::borrow::Cow<'_, str> {
    if text.is_ascii() {
        return text.into();
    }
    let plain = |ch: char| match ch {
        _ if ch.is_ascii() => ch,
        _ if chars::is_space(ch) => ' ',
        _ => chars::decimal(ch).and_then(|value| char::from_digit(value, 10)).unwrap_or('?'),
    };
    text.chars().map(plain).collect::<String>().into()
}

pub(super) fn trim_ascii_space(text: &str) -> &str {
    text.trim_matches(|ch| matches!(ch, ' ' | '\t'..='\r'))
}

/// The text without its underscores; `None` if one does not stand between two digits.
pub(super) fn without_underscores(text: &str) -> Option<std::borrow::Cow<'_, str>> {
    if !text.contains('_') {
        return Some(text.into());
    }
    let bytes = text.as_bytes();
    let digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
    let mut found = text.bytes().enumerate().filter(|&(_, byte)| byte == b'_');
    found.all(|(at, _)| digit(at.checked_sub(1)) && digit(Some(at + 1))).then(|| text.replace('_', "").into())
}

/// `float(text)`, or `None` where that is a `ValueError`.
#[must_use]
pub fn parse(text: &str) -> Option<f64> {
    // std's grammar is Python's: optional sign, inf, infinity, nan in any case, 1. and .5.
    let text = to_ascii_number(text);
    let text = without_underscores(trim_ascii_space(&text))?;
    text.parse().ok()
}

/// `float(text)` with CPython's error.
///
/// # Errors
/// `ValueError` where the text is no float.
pub fn from_text(text: &str) -> Result<f64, TextError> {
    parse(text).ok_or_else(|| {
        TextError::Value(format!("could not convert string to float: {}", quote::repr_str(text)))
    })
}

/// `round(value, ndigits)`: decimal rounding of the exact binary value, ties to even.
///
/// # Errors
/// `OverflowError` where the rounded value is beyond the doubles.
pub fn round_half_even(value: f64, ndigits: i64) -> Result<f64, TextError> {
    if !value.is_finite() || value == 0.0 || ndigits > 323 {
        return Ok(value);
    }
    if ndigits < -308 {
        return Ok(0.0 * value);
    }
    // In range by the two checks above.
    let places = i32::try_from(ndigits).unwrap_or(0);
    let magnitude = value.abs();
    let text = match usize::try_from(places) {
        Ok(kept) => format!("{magnitude:.kept$}"),
        Err(_) => round_left_of_point(magnitude, places),
    };
    let rounded: f64 = text.parse().unwrap_or(f64::NAN);
    if rounded.is_infinite() {
        return Err(TextError::overflow("rounded value too large to represent"));
    }
    Ok(rounded.copysign(value))
}

fn round_left_of_point(magnitude: f64, places: i32) -> String {
    let exact = format!("{magnitude:.MAX_FRACTION$e}");
    let (digits, point) = digits(&exact);
    let kept = point + places;
    match usize::try_from(kept) {
        Ok(0) => {
            // Nothing is kept, but more than half of a unit rounds up to one.
            let up = digits.as_str() > "5";
            if up { format!("1e{point}") } else { "0".to_owned() }
        }
        Ok(kept) => {
            let kept = kept - 1;
            format!("{magnitude:.kept$e}")
        }
        Err(_) => "0".to_owned(),
    }
}

/// A finite double as `mantissa * 2**exponent`, without its sign.
pub(super) fn decompose(value: f64) -> (u64, i32) {
    let bits = value.to_bits();
    let fraction = bits & ((1 << 52) - 1);
    // Eleven bits fit.
    let biased = i32::try_from((bits >> 52) & 0x7ff).unwrap_or(0);
    if biased == 0 { (fraction, -1074) } else { (fraction | (1 << 52), biased - 1075) }
}

/// `hash(float)`; that of a nan, which CPython takes from the object's address, is 0.
#[must_use]
pub fn hash(value: f64) -> i64 {
    if value.is_nan() {
        return 0;
    }
    if value.is_infinite() {
        return if value > 0.0 { HASH_INF } else { -HASH_INF };
    }
    let (mantissa, exponent) = decompose(value);
    // Modulo 2**61 - 1, multiplying by a power of two is a rotation of 61 bits.
    let turn = exponent.rem_euclid(61);
    let turned = ((mantissa << turn) & HASH_MODULUS) | (mantissa >> (61 - turn));
    let residue = i64::try_from(turned % HASH_MODULUS).unwrap_or(0);
    hash_of_residue(residue, value < 0.0)
}

/// The sign goes on the residue, and -1, CPython's mark of an error, becomes -2.
pub(super) fn hash_of_residue(residue: i64, negative: bool) -> i64 {
    match if negative { -residue } else { residue } {
        -1 => -2,
        hash => hash,
    }
}

/// `float.as_integer_ratio()`, in lowest terms.
///
/// # Errors
/// `OverflowError` for an infinity, `ValueError` for a nan.
pub fn as_integer_ratio(value: f64) -> Result<(BigInt, BigInt), TextError> {
    if value.is_infinite() {
        return Err(TextError::overflow("cannot convert Infinity to integer ratio"));
    }
    if value.is_nan() {
        return Err(TextError::value("cannot convert NaN to integer ratio"));
    }
    let (mut mantissa, mut exponent) = decompose(value);
    if mantissa == 0 {
        return Ok((BigInt::zero(), BigInt::one()));
    }
    let shift = mantissa.trailing_zeros();
    mantissa >>= shift;
    exponent += i32::try_from(shift).unwrap_or(0);
    let mut numerator = BigInt::from(mantissa);
    if value < 0.0 {
        numerator = -numerator;
    }
    let power = exponent.unsigned_abs();
    Ok(if exponent >= 0 { (numerator << power, BigInt::one()) } else { (numerator, BigInt::one() << power) })
}
