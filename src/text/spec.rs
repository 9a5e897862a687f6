//! The format mini-language of `format()`, f-strings and `str.format`: parsing it and obeying it.

use super::TextError;
use super::float::{Form, Kind};
use super::int::{self, IntRef};
use super::layout::{self, Number};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Align {
    Left,
    Right,
    Center,
    /// `=`: the padding goes between the sign and the digits.
    AfterSign,
}

impl Align {
    fn from_char(ch: char) -> Option<Align> {
        match ch {
            '<' => Some(Align::Left),
            '>' => Some(Align::Right),
            '^' => Some(Align::Center),
            '=' => Some(Align::AfterSign),
            _ => None,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sign {
    /// Nothing said: only a minus is shown.
    Default,
    Minus,
    Plus,
    Space,
}

impl Sign {
    pub(super) fn show(self, negative: bool) -> &'static str {
        match self {
            _ if negative => "-",
            Sign::Plus => "+",
            Sign::Space => " ",
            Sign::Default | Sign::Minus => "",
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Grouping {
    pub separator: u8,
    pub size: usize,
}

/// What is formatted, for the defaults and the messages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Subject {
    Str,
    Int,
    Float,
    Complex,
}

/// One parsed format specifier.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FormatSpec {
    pub fill: char,
    pub align: Align,
    /// Whether the alignment was written, rather than implied.
    pub align_given: bool,
    pub sign: Sign,
    /// `z`: what rounds to zero has no minus.
    pub no_negative_zero: bool,
    /// `#`.
    pub alternate: bool,
    pub width: Option<usize>,
    pub grouping: Option<Grouping>,
    pub precision: Option<usize>,
    /// The presentation type, where one was written.
    pub kind: Option<char>,
}

/// A cursor over the characters of a specifier, nearly all of which are ASCII.
struct Cursor<'a> {
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    /// The byte that comes; none at the end.
    fn byte(&self) -> Option<u8> {
        self.rest.as_bytes().first().copied()
    }

    fn bump(&mut self) -> Option<char> {
        let ch = self.rest.chars().next()?;
        self.rest = &self.rest[ch.len_utf8()..];
        Some(ch)
    }

    fn eat(&mut self, wanted: u8) -> bool {
        let found = self.byte() == Some(wanted);
        if found {
            self.rest = &self.rest[1..];
        }
        found
    }

    /// The digit that comes, in any script, and the text behind it.
    fn digit(&self) -> Option<(usize, &'a str)> {
        match self.byte()? {
            byte @ b'0'..=b'9' => Some(((byte - b'0').into(), &self.rest[1..])),
            0..0x80 => None,
            _ => {
                let mut ahead = self.rest.chars();
                let digit = super::chars::decimal(ahead.next()?)?;
                Some((digit as usize, ahead.as_str()))
            }
        }
    }

    fn number(&mut self) -> Result<Option<usize>, TextError> {
        let mut value: Option<usize> = None;
        while let Some((digit, rest)) = self.digit() {
            let next = value.unwrap_or(0).checked_mul(10).and_then(|tens| tens.checked_add(digit));
            match next.filter(|&next| isize::try_from(next).is_ok()) {
                Some(next) => value = Some(next),
                None => return Err(TextError::value("Too many decimal digits in format string")),
            }
            self.rest = rest;
        }
        Ok(value)
    }
}

impl FormatSpec {
    /// Parses a specifier for an object whose class is called `type_name`.
    ///
    /// # Errors
    /// `ValueError`, in CPython's words.
    pub fn parse(text: &str, subject: Subject, type_name: &str) -> Result<FormatSpec, TextError> {
        let default_align = if subject == Subject::Str { Align::Left } else { Align::Right };
        let mut spec = FormatSpec {
            fill: ' ',
            align: default_align,
            align_given: false,
            sign: Sign::Default,
            no_negative_zero: false,
            alternate: false,
            width: None,
            grouping: None,
            precision: None,
            kind: None,
        };
        if spec.parse_common(text.as_bytes()) {
            return Ok(spec);
        }
        let mut cursor = Cursor { rest: text };
        let mut fill_given = false;
        let mut start = text.chars();
        let (first, second) = (start.next(), start.next());
        if let (Some(fill), Some(align)) = (first, second.and_then(Align::from_char)) {
            (spec.fill, spec.align) = (fill, align);
            (spec.align_given, fill_given) = (true, true);
            cursor.rest = start.as_str();
        } else if let Some(align) = first.and_then(Align::from_char) {
            (spec.align, spec.align_given) = (align, true);
            cursor.bump();
        }
        spec.sign = match cursor.byte() {
            Some(b'+') => Sign::Plus,
            Some(b'-') => Sign::Minus,
            Some(b' ') => Sign::Space,
            _ => Sign::Default,
        };
        if spec.sign != Sign::Default {
            cursor.bump();
        }
        spec.no_negative_zero = cursor.eat(b'z');
        spec.alternate = cursor.eat(b'#');
        if !fill_given && cursor.eat(b'0') {
            spec.fill = '0';
            if !spec.align_given && default_align == Align::Right {
                spec.align = Align::AfterSign;
            }
        }
        spec.width = cursor.number()?;
        if spec.width.is_some_and(|width| width > super::MAX_WIDTH) {
            return Err(TextError::Memory);
        }
        let separator = parse_grouping(&mut cursor)?;
        if cursor.eat(b'.') {
            let precision = cursor.number()?;
            spec.precision =
                Some(precision.ok_or_else(|| TextError::value("Format specifier missing precision"))?);
        }
        spec.kind = cursor.bump();
        if !cursor.rest.is_empty() {
            return Err(TextError::Value(format!(
                "Invalid format specifier '{text}' for object of type '{type_name}'"
            )));
        }
        spec.grouping = match separator {
            Some(separator) => Some(grouping_for(separator, spec.kind, subject)?),
            None => None,
        };
        Ok(spec)
    }

    /// The forms of nearly all specifiers: a width, a precision of one digit, a letter, as in `>8`, `.2f` and `x`. What
    /// is none of these leaves the specification as it was.
    fn parse_common(&mut self, text: &[u8]) -> bool {
        let (align, rest) = match *text {
            [b'<', ref rest @ ..] => (Some(Align::Left), rest),
            [b'>', ref rest @ ..] => (Some(Align::Right), rest),
            _ => (None, text),
        };
        let (width, rest) = match *rest {
            [tens @ b'1'..=b'9', ones @ b'0'..=b'9', ref rest @ ..] => {
                (Some(usize::from(tens - b'0') * 10 + usize::from(ones - b'0')), rest)
            }
            [ones @ b'1'..=b'9', ref rest @ ..] => (Some(usize::from(ones - b'0')), rest),
            _ => (None, rest),
        };
        let (precision, rest) = match *rest {
            [b'.', digit @ b'0'..=b'9', ref rest @ ..] => (Some(usize::from(digit - b'0')), rest),
            _ => (None, rest),
        };
        let kind = match *rest {
            [] => None,
            [letter] if letter.is_ascii_alphabetic() && letter != b'z' => Some(char::from(letter)),
            _ => return false,
        };
        // An alignment letter behind one makes that a fill.
        if align.is_some() && width.is_none() && precision.is_none() && kind.is_none() {
            return false;
        }
        if let Some(align) = align {
            (self.align, self.align_given) = (align, true);
        }
        (self.width, self.precision, self.kind) = (width, precision, kind);
        true
    }

    fn unknown_code(kind: char, type_name: &str) -> TextError {
        let shown = show_code(kind);
        TextError::Value(format!("Unknown format code '{shown}' for object of type '{type_name}'"))
    }
}

fn parse_grouping(cursor: &mut Cursor<'_>) -> Result<Option<u8>, TextError> {
    let comma = cursor.eat(b',');
    let underscore = cursor.eat(b'_');
    if underscore && (comma || cursor.byte() == Some(b',')) {
        return Err(TextError::value("Cannot specify both ',' and '_'."));
    }
    Ok(if comma { Some(b',') } else { underscore.then_some(b'_') })
}

fn show_code(kind: char) -> String {
    if ('!'..='\x7f').contains(&kind) { kind.to_string() } else { format!("\\x{:x}", u32::from(kind)) }
}

fn grouping_for(separator: u8, kind: Option<char>, subject: Subject) -> Result<Grouping, TextError> {
    let implied = if subject == Subject::Str { Some('s') } else { None };
    match kind.or(implied) {
        None | Some('d' | 'e' | 'f' | 'g' | 'E' | 'G' | '%' | 'F') => Ok(Grouping { separator, size: 3 }),
        Some('b' | 'o' | 'x' | 'X') if separator == b'_' => Ok(Grouping { separator, size: 4 }),
        Some(kind) => {
            let (separator, shown) = (char::from(separator), show_code(kind));
            Err(TextError::Value(format!("Cannot specify '{separator}' with '{shown}'.")))
        }
    }
}

/// Appends `format(str, spec)`.
///
/// # Errors
/// `ValueError` for a specifier that a string does not have.
pub fn push_str(out: &mut String, value: &str, spec: &str, type_name: &str) -> Result<(), TextError> {
    if spec.is_empty() {
        out.push_str(value);
        return Ok(());
    }
    let spec = FormatSpec::parse(spec, Subject::Str, type_name)?;
    if let Some(kind) = spec.kind.filter(|&kind| kind != 's') {
        return Err(FormatSpec::unknown_code(kind, type_name));
    }
    let refused = match spec.sign {
        Sign::Space => Some("Space not allowed in string format specifier"),
        Sign::Plus | Sign::Minus => Some("Sign not allowed in string format specifier"),
        Sign::Default if spec.no_negative_zero => {
            Some("Negative zero coercion (z) not allowed in string format specifier")
        }
        Sign::Default if spec.alternate => Some("Alternate form (#) not allowed in string format specifier"),
        Sign::Default if spec.align == Align::AfterSign => {
            Some("'=' alignment not allowed in string format specifier")
        }
        Sign::Default => None,
    };
    if let Some(message) = refused {
        return Err(TextError::value(message));
    }
    let kept = spec.precision.and_then(|precision| value.char_indices().nth(precision));
    let value = kept.map_or(value, |(end, _)| &value[..end]);
    layout::pad(out, value, spec.width.unwrap_or(0), spec.fill, spec.align);
    Ok(())
}

/// Appends `format(int, spec)`; `limit` is that of [`int::to_decimal`]. A bool comes here as an int, except
/// that its empty specifier is `str(bool)`.
///
/// # Errors
/// `ValueError` for the specifier, `OverflowError` where the value has no such form.
pub fn push_int(
    out: &mut String,
    value: IntRef<'_>,
    spec: &str,
    type_name: &str,
    limit: usize,
) -> Result<(), TextError> {
    if spec.is_empty() {
        return int::push_decimal(out, value, limit);
    }
    let spec = FormatSpec::parse(spec, Subject::Int, type_name)?;
    match spec.kind {
        Some('c') => push_code_point(out, value, &spec),
        None | Some('d' | 'n') => push_digits(out, value, &spec, 10, limit),
        Some('b') => push_digits(out, value, &spec, 2, limit),
        Some('o') => push_digits(out, value, &spec, 8, limit),
        Some('x' | 'X') => push_digits(out, value, &spec, 16, limit),
        Some('e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%') => float_as(out, value.to_f64()?, &spec, type_name),
        Some(kind) => Err(FormatSpec::unknown_code(kind, type_name)),
    }
}

fn check_int(spec: &FormatSpec) -> Result<(), TextError> {
    if spec.precision.is_some() {
        return Err(TextError::value("Precision not allowed in integer format specifier"));
    }
    if spec.no_negative_zero {
        return Err(TextError::value("Negative zero coercion (z) not allowed in integer format specifier"));
    }
    Ok(())
}

fn push_digits(
    out: &mut String,
    value: IntRef<'_>,
    spec: &FormatSpec,
    radix: u32,
    limit: usize,
) -> Result<(), TextError> {
    check_int(spec)?;
    // The digits are written where they belong if nothing goes before them, and taken back otherwise.
    let start = out.len();
    if radix == 10 {
        int::push_decimal(out, value, limit)?;
    } else {
        int::push_radix(out, value, radix);
    }
    let plain =
        spec.grouping.is_none() && !spec.alternate && matches!(spec.sign, Sign::Default | Sign::Minus);
    if plain && spec.kind != Some('X') && layout::pad_written(out, start, spec) {
        return Ok(());
    }
    let mut digits = out.split_off(start);
    if spec.kind == Some('X') {
        digits.make_ascii_uppercase();
    }
    let (negative, digits) = match digits.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, digits.as_str()),
    };
    let prefix = match spec.kind.filter(|_| spec.alternate) {
        Some('b') => "0b",
        Some('o') => "0o",
        Some('x') => "0x",
        Some('X') => "0X",
        _ => "",
    };
    layout::push_number(out, spec, Number { sign: spec.sign.show(negative), prefix, digits, rest: "" });
    Ok(())
}

fn push_code_point(out: &mut String, value: IntRef<'_>, spec: &FormatSpec) -> Result<(), TextError> {
    check_int(spec)?;
    if spec.sign != Sign::Default {
        return Err(TextError::value("Sign not allowed with integer format specifier 'c'"));
    }
    if spec.alternate {
        return Err(TextError::value("Alternate form (#) not allowed with integer format specifier 'c'"));
    }
    let Some(value) = value.to_i64() else {
        return Err(TextError::overflow("Python int too large to convert to C long"));
    };
    let Some(ch) = u32::try_from(value).ok().filter(|&code| code <= 0x10_ffff) else {
        return Err(TextError::overflow("%c arg not in range(0x110000)"));
    };
    // A string here holds no lone surrogates, so their numbers have no character.
    let ch = char::from_u32(ch).ok_or_else(|| TextError::value("surrogates not allowed"))?;
    layout::push_number(out, spec, Number { rest: ch.encode_utf8(&mut [0; 4]), ..Number::default() });
    Ok(())
}

/// Appends `format(float, spec)`.
///
/// # Errors
/// `ValueError`, in CPython's words.
pub fn push_float(out: &mut String, value: f64, spec: &str, type_name: &str) -> Result<(), TextError> {
    if spec.is_empty() {
        super::float::push_repr(out, value);
        return Ok(());
    }
    let spec = FormatSpec::parse(spec, Subject::Float, type_name)?;
    float_as(out, value, &spec, type_name)
}

/// The form that a presentation type means, whether it is in capitals, and whether a percentage.
fn float_form(spec: &FormatSpec, type_name: &str) -> Result<(Form, bool, bool), TextError> {
    if spec.precision.is_some_and(|precision| i32::try_from(precision).is_err()) {
        return Err(TextError::value("precision too big"));
    }
    let upper = spec.kind.is_some_and(|kind| kind.is_ascii_uppercase());
    let kind = match spec.kind {
        None if spec.precision.is_none() => Kind::Repr,
        None | Some('g' | 'G' | 'n') => Kind::General,
        Some('e' | 'E') => Kind::Exp,
        Some('f' | 'F' | '%') => Kind::Fixed,
        Some(kind) => return Err(FormatSpec::unknown_code(kind, type_name)),
    };
    let form = Form {
        kind,
        precision: spec.precision.unwrap_or(6),
        alternate: spec.alternate,
        point_zero: spec.kind.is_none(),
    };
    Ok((form, upper, spec.kind == Some('%')))
}

fn float_as(out: &mut String, value: f64, spec: &FormatSpec, type_name: &str) -> Result<(), TextError> {
    if push_plain(out, value, spec) {
        return Ok(());
    }
    let (form, upper, percent) = float_form(spec, type_name)?;
    let value = if percent { value * 100.0 } else { value };
    let (sign, mut text) = layout::float_pieces(spec, value, form, percent);
    if upper {
        text.make_ascii_uppercase();
    }
    let (digits, rest) = layout::split_float(&text);
    layout::push_number(out, spec, Number { sign, prefix: "", digits, rest });
    Ok(())
}

/// The most common form, `.2f`, with a width or without: appended, if that is what it is.
fn push_plain(out: &mut String, value: f64, spec: &FormatSpec) -> bool {
    let plain = spec.kind == Some('f')
        && spec.grouping.is_none()
        && !spec.alternate
        && !spec.no_negative_zero
        && matches!(spec.sign, Sign::Default | Sign::Minus);
    if !plain {
        return false;
    }
    let start = out.len();
    if value.is_sign_negative() {
        out.push('-');
    }
    if !super::float::push_fixed(out, value.abs(), spec.precision.unwrap_or(6)) {
        out.truncate(start);
        return false;
    }
    if !layout::pad_written(out, start, spec) {
        let text = out.split_off(start);
        let (sign, digits) = text.split_at(usize::from(value.is_sign_negative()));
        layout::push_number(out, spec, Number { sign, prefix: "", digits, rest: "" });
    }
    true
}

/// Appends `format(complex, spec)`.
///
/// # Errors
/// `ValueError`, in CPython's words.
pub fn push_complex(
    out: &mut String,
    (real, imag): (f64, f64),
    spec: &str,
    type_name: &str,
) -> Result<(), TextError> {
    if spec.is_empty() {
        out.push_str(&super::complex::repr(real, imag));
        return Ok(());
    }
    let spec = FormatSpec::parse(spec, Subject::Complex, type_name)?;
    if spec.kind == Some('%') {
        return Err(FormatSpec::unknown_code('%', type_name));
    }
    let (mut form, upper, _) = float_form(&spec, type_name)?;
    if spec.fill == '0' {
        return Err(TextError::value("Zero padding is not allowed in complex format specifier"));
    }
    if spec.align == Align::AfterSign {
        return Err(TextError::value("'=' alignment flag is not allowed in complex format specifier"));
    }
    // Without a type it looks like str(): parentheses, no zeros after the point, no real part if it is 0.
    let bare = spec.kind.is_none();
    form.point_zero = false;
    let skip_real = bare && real == 0.0 && real.is_sign_positive();
    let mut body = String::new();
    let mut push = |value: f64, sign: Sign| {
        let parts = FormatSpec { sign, width: None, ..spec };
        let (sign, mut text) = layout::float_pieces(&parts, value, form, false);
        if upper {
            text.make_ascii_uppercase();
        }
        let (digits, rest) = layout::split_float(&text);
        layout::push_number(&mut body, &parts, Number { sign, prefix: "", digits, rest });
    };
    if skip_real {
        push(imag, spec.sign);
    } else {
        push(real, spec.sign);
        push(imag, Sign::Plus);
    }
    body.push('j');
    if bare && !skip_real {
        body = format!("({body})");
    }
    layout::pad(out, &body, spec.width.unwrap_or(0), spec.fill, spec.align);
    Ok(())
}
