//! Alignment, padding and digit grouping, shared by `format()` and its relatives.

use super::float;
use super::spec::{Align, FormatSpec, Grouping};

const SPACES: &str =
    "                                                                                                    ";
const ZEROS: &str =
    "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000";

/// A number cut in the pieces that padding and grouping treat differently.
#[derive(Clone, Copy, Debug, Default)]
pub struct Number<'a> {
    /// `-`, `+`, a space or nothing.
    pub sign: &'a str,
    /// `0x` and the like.
    pub prefix: &'a str,
    /// The digits before the point: what is grouped.
    pub digits: &'a str,
    /// Everything after those, copied as it is.
    pub rest: &'a str,
}

/// Appends `text` padded to `width` characters.
pub fn pad(out: &mut String, text: &str, width: usize, fill: char, align: Align) {
    let length = if text.is_ascii() { text.len() } else { text.chars().count() };
    let missing = width.saturating_sub(length);
    let before = match align {
        Align::Left => 0,
        Align::Right | Align::AfterSign => missing,
        Align::Center => missing / 2,
    };
    fill_with(out, fill, before);
    out.push_str(text);
    fill_with(out, fill, missing - before);
}

/// Pads the number that was written from `start` on, in ASCII, if that is simple. If it is not, nothing is changed.
pub(super) fn pad_written(out: &mut String, start: usize, spec: &FormatSpec) -> bool {
    let missing = spec.width.unwrap_or(0).saturating_sub(out.len() - start);
    if missing == 0 {
        return true;
    }
    let at = match spec.align {
        Align::Left => out.len(),
        Align::Right => start,
        Align::AfterSign => start + usize::from(out[start..].starts_with('-')),
        Align::Center => return false,
    };
    insert_fill(out, at, spec.fill, missing)
}

/// Puts so many spaces or zeros at `at`. If they are too many for that, or the fill is another one, nothing is changed.
pub fn insert_fill(out: &mut String, at: usize, fill: char, count: usize) -> bool {
    let row = match fill {
        ' ' => SPACES,
        '0' => ZEROS,
        _ => return false,
    };
    let Some(fill) = row.get(..count) else { return false };
    out.insert_str(at, fill);
    true
}

pub(super) fn fill_with(out: &mut String, fill: char, count: usize) {
    if fill == ' ' && count <= SPACES.len() {
        out.push_str(&SPACES[..count]);
    } else {
        out.extend(std::iter::repeat_n(fill, count));
    }
}

/// Appends `number` as `spec` asks, where `align` is the one that holds.
pub fn push_number(out: &mut String, spec: &FormatSpec, number: Number<'_>) {
    let outside = number.sign.len()
        + number.prefix.len()
        + if number.rest.is_ascii() { number.rest.len() } else { number.rest.chars().count() };
    // Zeros that pad a grouped number are grouped with it; any other fill goes around.
    let wanted = if spec.fill == '0' && spec.align == Align::AfterSign {
        spec.width.unwrap_or(0).saturating_sub(outside)
    } else {
        0
    };
    let grouped;
    let digits = match spec.grouping.filter(|_| !number.digits.is_empty()) {
        Some(grouping) => {
            grouped = group(number.digits, grouping, wanted);
            &grouped
        }
        None => number.digits,
    };
    let missing = spec.width.unwrap_or(0).saturating_sub(outside + digits.len());
    let (before, inside) = match spec.align {
        Align::Left => (0, 0),
        Align::Right => (missing, 0),
        Align::AfterSign => (0, missing),
        Align::Center => (missing / 2, 0),
    };
    fill_with(out, spec.fill, before);
    out.push_str(number.sign);
    out.push_str(number.prefix);
    fill_with(out, spec.fill, inside);
    out.push_str(digits);
    out.push_str(number.rest);
    fill_with(out, spec.fill, missing - before - inside);
}

/// Groups ASCII digits, with zeros before them up to a total of `width` characters.
/// A separator never comes first, so the result may be one wider.
fn group(digits: &str, grouping: Grouping, width: usize) -> String {
    let mut left = digits.bytes().rev();
    let mut remaining = digits.len();
    let mut room = width;
    // Built from the end.
    let mut reversed = Vec::with_capacity(digits.len() * 4 / 3 + 1);
    loop {
        let size = grouping.size.min(remaining.max(room).max(1));
        for _ in 0..size {
            reversed.push(left.next().unwrap_or(b'0'));
        }
        remaining = remaining.saturating_sub(size);
        room = room.saturating_sub(size);
        if remaining == 0 && room == 0 {
            break;
        }
        reversed.push(grouping.separator);
        room = room.saturating_sub(1);
    }
    reversed.iter().rev().map(|&byte| char::from(byte)).collect()
}

/// Splits what [`float::Form::render`] wrote into its leading digits and the rest.
pub(super) fn split_float(text: &str) -> (&str, &str) {
    let end = text.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    text.split_at(end)
}

/// The sign of a float as `spec` shows it, and the text of its magnitude.
pub(super) fn float_pieces(
    spec: &FormatSpec,
    value: f64,
    form: float::Form,
    percent: bool,
) -> (&'static str, String) {
    let mut text = form.render(value.abs());
    let zero = || !text.contains(|ch: char| matches!(ch, '1'..='9' | 'n'));
    // The exponent of a zero is zero, so any other digit means another value.
    let negative = value.is_sign_negative() && !value.is_nan() && !(spec.no_negative_zero && zero());
    if percent {
        text.push('%');
    }
    (spec.sign.show(negative), text)
}
