//! The `%` operator of strings: parsing the format, and laying out what the caller has converted.

use super::TextError;
use super::float::{self, Form, Kind};
use super::int::{self, IntRef};
use super::layout;
use super::seek;
use super::spec::{Align, Sign};

/// A width or a precision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    Given(usize),
    /// `*`: the next argument.
    Star,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// `-`
    pub left: bool,
    /// `+`
    pub plus: bool,
    /// a space
    pub space: bool,
    /// `#`
    pub alternate: bool,
    /// `0`
    pub zero: bool,
}

/// `%(key)-5.3d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Directive<'a> {
    pub key: Option<&'a str>,
    pub flags: Flags,
    pub width: Option<Amount>,
    pub precision: Option<Amount>,
    /// Any character: whether it is known is asked after its arguments are taken, see [`unsupported`].
    /// A `%%` is no directive but the literal `%`; a `%` after flags or a width is unknown.
    pub conversion: char,
    /// Where that is in the format, in bytes.
    pub at: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    Literal(&'a str),
    Directive(Directive<'a>),
}

/// The pieces of a format in order; after an error there are no more.
#[derive(Clone, Debug)]
pub struct Percent<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Percent<'a> {
    #[must_use]
    pub fn new(text: &'a str) -> Percent<'a> {
        Percent { text, at: 0 }
    }

    /// The byte that comes; 0 at the end. What is asked for is ASCII, but for the conversion.
    fn peek(&self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    fn bump(&mut self) -> Option<char> {
        let ch = self.text[self.at..].chars().next()?;
        self.at += ch.len_utf8();
        Some(ch)
    }

    fn directive(&mut self) -> Result<Directive<'a>, TextError> {
        let key = if self.peek() == b'(' { Some(self.key()?) } else { None };
        let mut flags = Flags::default();
        loop {
            match self.peek() {
                b'-' => flags.left = true,
                b'+' => flags.plus = true,
                b' ' => flags.space = true,
                b'#' => flags.alternate = true,
                b'0' => flags.zero = true,
                _ => break,
            }
            self.at += 1;
        }
        let width = self.amount("width too big", isize::MAX as usize)?;
        let mut precision = None;
        if self.peek() == b'.' {
            self.at += 1;
            // A point alone means a precision of zero.
            precision = self.amount("precision too big", i32::MAX as usize)?.or(Some(Amount::Given(0)));
        }
        if matches!(self.peek(), b'h' | b'l' | b'L') {
            self.at += 1;
        }
        let start = self.at;
        let conversion = self.bump().ok_or_else(|| TextError::value("incomplete format"))?;
        Ok(Directive { key, flags, width, precision, conversion, at: start })
    }

    /// A mapping key, in which parentheses nest.
    fn key(&mut self) -> Result<&'a str, TextError> {
        self.bump();
        let start = self.at;
        let mut depth = 1;
        while let Some(ch) = self.bump() {
            match ch {
                '(' => depth += 1,
                ')' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Ok(&self.text[start..self.at - 1]);
            }
        }
        Err(TextError::value("incomplete format key"))
    }

    fn amount(&mut self, too_big: &str, limit: usize) -> Result<Option<Amount>, TextError> {
        if self.peek() == b'*' {
            self.at += 1;
            return Ok(Some(Amount::Star));
        }
        let mut value: Option<usize> = None;
        while self.peek().is_ascii_digit() {
            let digit = usize::from(self.peek() - b'0');
            let next = value.unwrap_or(0).checked_mul(10).and_then(|tens| tens.checked_add(digit));
            value = Some(next.filter(|&next| next <= limit).ok_or_else(|| TextError::value(too_big))?);
            self.at += 1;
        }
        Ok(value.map(Amount::Given))
    }
}

impl<'a> Iterator for Percent<'a> {
    type Item = Result<Piece<'a>, TextError>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = &self.text[self.at..];
        if rest.is_empty() {
            return None;
        }
        let end = seek::find(rest, "%").unwrap_or(rest.len());
        if end > 0 {
            self.at += end;
            return Some(Ok(Piece::Literal(&rest[..end])));
        }
        if rest.starts_with("%%") {
            self.at += 2;
            return Some(Ok(Piece::Literal("%")));
        }
        self.at += 1;
        let directive = self.directive();
        if directive.is_err() {
            self.at = self.text.len();
        }
        Some(directive.map(Piece::Directive))
    }
}

/// The error for a conversion that does not exist in this format.
#[must_use]
pub fn unsupported(format: &str, directive: &Directive<'_>) -> TextError {
    let ch = directive.conversion;
    let shown = if (' '..'\x7f').contains(&ch) { ch } else { '?' };
    let (code, index) = (u32::from(ch), format[..directive.at].chars().count());
    TextError::Value(format!("unsupported format character '{shown}' ({code:#x}) at index {index}"))
}

/// The flags, width and precision once the stars have got their arguments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    pub flags: Flags,
    pub width: usize,
    pub precision: Option<usize>,
}

impl Layout {
    /// `width` and `precision` are the arguments of the stars, where there are some: a negative width
    /// aligns to the left, a negative precision is zero.
    #[must_use]
    pub fn new(directive: &Directive<'_>, width: Option<i64>, precision: Option<i64>) -> Layout {
        let mut flags = directive.flags;
        let width = match directive.width {
            Some(Amount::Given(width)) => width,
            Some(Amount::Star) => {
                let width = width.unwrap_or(0);
                flags.left |= width < 0;
                usize::try_from(width.unsigned_abs()).unwrap_or(usize::MAX)
            }
            None => 0,
        };
        let precision = directive.precision.map(|amount| match amount {
            Amount::Given(precision) => precision,
            Amount::Star => usize::try_from(precision.unwrap_or(0)).unwrap_or(0),
        });
        Layout { flags, width, precision }
    }

    fn push_number(&self, out: &mut String, negative: bool, prefix: &str, digits: &str) {
        let sign = match (self.flags.plus, self.flags.space) {
            (true, _) => Sign::Plus,
            (false, true) => Sign::Space,
            (false, false) => Sign::Default,
        };
        let sign = sign.show(negative);
        let missing = self.width.saturating_sub(sign.len() + prefix.len() + digits.len());
        // To the left the padding is of spaces, even with a 0 flag.
        let (spaces, zeros) = match (self.flags.left, self.flags.zero) {
            (true, _) => (0, 0),
            (false, true) => (0, missing),
            (false, false) => (missing, 0),
        };
        layout::fill_with(out, ' ', spaces);
        out.push_str(sign);
        out.push_str(prefix);
        layout::fill_with(out, '0', zeros);
        out.push_str(digits);
        layout::fill_with(out, ' ', missing - spaces - zeros);
    }

    /// `%d %i %u %o %x %X`; `limit` is that of [`int::to_decimal`].
    ///
    /// # Errors
    /// `ValueError` over the limit.
    pub fn push_int(
        &self,
        out: &mut String,
        conversion: char,
        value: IntRef<'_>,
        limit: usize,
    ) -> Result<(), TextError> {
        let start = out.len();
        let prefix = match conversion {
            'o' => "0o",
            'x' => "0x",
            'X' => "0X",
            _ => "",
        };
        match conversion {
            'o' => int::push_radix(out, value, 8),
            'x' | 'X' => int::push_radix(out, value, 16),
            _ => int::push_decimal(out, value, limit)?,
        }
        if self.takes(out.len() - start) && conversion != 'X' && (prefix.is_empty() || !self.flags.alternate)
        {
            return Ok(());
        }
        let mut text = out.split_off(start);
        if conversion == 'X' {
            text.make_ascii_uppercase();
        }
        let negative = text.starts_with('-');
        if negative {
            text.remove(0);
        }
        // The precision is the least number of digits.
        let missing = self.precision.unwrap_or(0).saturating_sub(text.len());
        if missing > 0 {
            text.insert_str(0, &"0".repeat(missing));
        }
        self.push_number(out, negative, if self.flags.alternate { prefix } else { "" }, &text);
        Ok(())
    }

    /// Whether a text is shown as it is.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.width == 0 && self.precision.is_none()
    }

    /// Whether an integer's text of this length needs nothing around it.
    fn takes(&self, length: usize) -> bool {
        self.width <= length && self.precision.is_none() && !self.flags.plus && !self.flags.space
    }

    /// `%e %f %g` and their capitals.
    pub fn push_float(&self, out: &mut String, conversion: char, value: f64) {
        let precision = self.precision.unwrap_or(6);
        if conversion == 'f' && !self.flags.alternate {
            let start = out.len();
            if float::push_fixed(out, value.abs(), precision) {
                let plain = !value.is_sign_negative() && !self.flags.plus && !self.flags.space;
                if !plain || self.width > out.len() - start {
                    let text = out.split_off(start);
                    self.push_number(out, value.is_sign_negative(), "", &text);
                }
                return;
            }
        }
        let form = Form {
            kind: match conversion.to_ascii_lowercase() {
                'e' => Kind::Exp,
                'f' => Kind::Fixed,
                _ => Kind::General,
            },
            precision,
            alternate: self.flags.alternate,
            point_zero: false,
        };
        let mut text = form.render(value.abs());
        if conversion.is_ascii_uppercase() {
            text.make_ascii_uppercase();
        }
        self.push_number(out, value.is_sign_negative() && !value.is_nan(), "", &text);
    }

    /// `%s %r %a` of the text they make, cut to the precision; `%c` of its character.
    pub fn push_text(&self, out: &mut String, conversion: char, text: &str) {
        let end = self.precision.filter(|_| conversion != 'c').and_then(|kept| text.char_indices().nth(kept));
        let text = end.map_or(text, |(end, _)| &text[..end]);
        let align = if self.flags.left { Align::Left } else { Align::Right };
        layout::pad(out, text, self.width, ' ', align);
    }
}
