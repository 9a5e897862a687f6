//! The plainest format specifications, as `>8`, `05d` or `x`: read without taking anything else into account.

/// A width, the side, zeros, and how it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plain {
    /// At most 99.
    pub width: usize,
    /// Whether it goes to the left, if that is said.
    pub left: Option<bool>,
    pub zeros: bool,
    /// `d`, `x` or `s`; zero if none is given.
    pub conversion: u8,
}

/// A width from 1 to 99, in digits and without a zero before them.
#[must_use]
pub fn width(digits: &[u8]) -> Option<usize> {
    let digit = |byte: u8| usize::from(byte - b'0');
    match *digits {
        [ones @ b'1'..=b'9'] => Some(digit(ones)),
        [tens @ b'1'..=b'9', ones @ b'0'..=b'9'] => Some(digit(tens) * 10 + digit(ones)),
        _ => None,
    }
}

impl Plain {
    /// `None` of whatever is less plain.
    #[must_use]
    pub fn parse(spec: &str) -> Option<Self> {
        let (left, rest) = match spec.as_bytes() {
            [b'<', rest @ ..] => (Some(true), rest),
            [b'>', rest @ ..] => (Some(false), rest),
            rest => (None, rest),
        };
        let (conversion, rest) = match rest {
            [rest @ .., conversion @ (b'd' | b'x' | b's')] => (*conversion, rest),
            rest => (0, rest),
        };
        let (zeros, digits) = match rest {
            [b'0', digits @ ..] if left.is_none() => (true, digits),
            digits => (false, digits),
        };
        let width = if digits.is_empty() && !zeros { 0 } else { width(digits)? };
        Some(Self { width, left, zeros, conversion })
    }
}

#[cfg(test)]
mod tests {
    use super::Plain;

    #[test]
    fn what_is_plain() {
        let plain = |width, left, zeros, conversion| Some(Plain { width, left, zeros, conversion });
        assert_eq!(Plain::parse(">8"), plain(8, Some(false), false, 0));
        assert_eq!(Plain::parse("<10s"), plain(10, Some(true), false, b's'));
        assert_eq!(Plain::parse("05d"), plain(5, None, true, b'd'));
        assert_eq!(Plain::parse("x"), plain(0, None, false, b'x'));
        assert_eq!(Plain::parse(""), plain(0, None, false, 0));
        for other in ["0", "<05", "100", "^5", "*>5", "+", ",", ".2f", "00", "5.1", "5c", "é", "<", ">x<"] {
            let known = ["<"].contains(&other);
            assert_eq!(Plain::parse(other).is_some(), known, "{other}");
        }
    }
}
