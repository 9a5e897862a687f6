//! The values of numbers.

use super::Builder;
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind};
use crate::syntax::errors::code;
use std::borrow::Cow;

/// As in CPython, where longer ones cost quadratic time.
const MAX_DECIMAL_DIGITS: usize = 4300;

fn without_underscores(text: &str) -> Cow<'_, str> {
    if text.contains('_') { text.replace('_', "").into() } else { text.into() }
}

impl Builder<'_> {
    pub fn int(&mut self, l: u32, r: u32) -> Expr {
        let text = without_underscores(self.text(Span::new(l, r)));
        let (radix, digits) = match text.as_bytes().get(1) {
            Some(b'x' | b'X') => (16, &text[2..]),
            Some(b'o' | b'O') => (8, &text[2..]),
            Some(b'b' | b'B') => (2, &text[2..]),
            _ => (10, &text[..]),
        };
        if radix == 10 && digits.len() > MAX_DECIMAL_DIGITS && digits.bytes().any(|b| b != b'0') {
            let message = format!(
                "Exceeds the limit (4300 digits) for integer string conversion: value has {} digits; use \
                 sys.set_int_max_str_digits() to increase the limit - Consider hexadecimal for huge integer literals \
                 to avoid decimal conversion limits.",
                digits.len()
            );
            self.error(code::NUMBER, Span::new(l, r), message);
            return self.leaf(l, r, ExprKind::Error);
        }
        let kind = i64::from_str_radix(digits, radix)
            .map_or_else(|_| ExprKind::BigInt((&*text).into()), ExprKind::Int);
        self.leaf(l, r, kind)
    }

    pub fn float(&mut self, l: u32, r: u32) -> Expr {
        let value = without_underscores(self.text(Span::new(l, r))).parse().unwrap_or(f64::NAN);
        self.leaf(l, r, ExprKind::Float(value))
    }

    pub fn imaginary(&mut self, l: u32, r: u32) -> Expr {
        let value = without_underscores(self.text(Span::new(l, r - 1))).parse().unwrap_or(f64::NAN);
        self.leaf(l, r, ExprKind::Imaginary(value))
    }
}
