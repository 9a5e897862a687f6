//! Complex numbers: their text, and the arithmetic that needs care.

use super::float::{Form, Kind};

const PART: Form = Form { kind: Kind::Repr, precision: 0, alternate: false, point_zero: false };

fn push_part(out: &mut String, value: f64, always_signed: bool) {
    if value.is_sign_negative() && !value.is_nan() {
        out.push('-');
    } else if always_signed {
        out.push('+');
    }
    out.push_str(&PART.render(value.abs()));
}

/// `repr(complex)`: `3j`, or `(1+2j)` where there is a real part, if only -0.0.
#[must_use]
pub fn repr(real: f64, imag: f64) -> String {
    let mut out = String::new();
    if real == 0.0 && real.is_sign_positive() {
        push_part(&mut out, imag, false);
        out.push('j');
        return out;
    }
    out.push('(');
    push_part(&mut out, real, false);
    push_part(&mut out, imag, true);
    out.push_str("j)");
    out
}
