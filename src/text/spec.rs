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
#[derive(Clone, PartialEq, Eq, Debug)]
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

/// A cursor over the characters of a specifier.
struct Cursor<'a> {
    rest: &'a str,
}

impl Cursor<'_> {
    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let ch = self.peek()?;
        self.rest = &self.rest[ch.len_utf8()..];
        Some(ch)
    }

    fn eat(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.bump();
        }
        found
    }

    fn number(&mut self) -> Result<Option<usize>, TextError> {
        let mut value: Option<usize> = None;
        while let Some(digit) = self.peek().and_then(super::chars::decimal) {
            let next = value.unwrap_or(0).checked_mul(10).and_then(|tens| tens.checked_add(digit as usize));
            match next.filter(|&next| isize::try_from(next).is_ok()) {
                Some(next) => value = Some(next),
                None => return Err(TextError::value("Too many decimal digits in format string")),
            }
            self.bump();
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
        spec.sign = match cursor.peek() {
            Some('+') => Sign::Plus,
            Some('-') => Sign::Minus,
            Some(' ') => Sign::Space,
            _ => Sign::Default,
        };
        if spec.sign != Sign::Default {
            cursor.bump();
        }
        spec.no_negative_zero = cursor.eat('z');
        spec.alternate = cursor.eat('#');
        if !fill_given && cursor.eat('0') {
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
        if cursor.eat('.') {
            let precision = cursor.number()?;
            spec.precision =
                Some(precision.ok_or_else(|| TextError::value("Format specifier missing precision"))?);
        }
        spec.kind = cursor.bump();
        if cursor.peek().is_some() {
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

    fn unknown_code(kind: char, type_name: &str) -> TextError {
        let shown = show_code(kind);
        TextError::Value(format!("Unknown format code '{shown}' for object of type '{type_name}'"))
    }
}

fn parse_grouping(cursor: &mut Cursor<'_>) -> Result<Option<u8>, TextError> {
    let comma = cursor.eat(',');
    let underscore = cursor.eat('_');
    if underscore && (comma || cursor.peek() == Some(',')) {
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

/// `format(str, spec)`.
///
/// # Errors
/// `ValueError` for a specifier that a string does not have.
pub fn format_str(value: &str, spec: &str, type_name: &str) -> Result<String, TextError> {
    if spec.is_empty() {
        return Ok(value.to_owned());
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
    let mut out = String::with_capacity(value.len().max(spec.width.unwrap_or(0)));
    layout::pad(&mut out, value, spec.width.unwrap_or(0), spec.fill, spec.align);
    Ok(out)
}

/// `format(int, spec)`; `limit` is that of [`int::to_decimal`]. A bool comes here as an int, except
/// that its empty specifier is `str(bool)`.
///
/// # Errors
/// `ValueError` for the specifier, `OverflowError` where the value has no such form.
pub fn format_int(value: IntRef<'_>, spec: &str, type_name: &str, limit: usize) -> Result<String, TextError> {
    if spec.is_empty() {
        return int::to_decimal(value, limit);
    }
    let spec = FormatSpec::parse(spec, Subject::Int, type_name)?;
    match spec.kind {
        Some('c') => format_code_point(value, &spec),
        None | Some('d' | 'n') => push_int(value, &spec, 10, limit),
        Some('b') => push_int(value, &spec, 2, limit),
        Some('o') => push_int(value, &spec, 8, limit),
        Some('x' | 'X') => push_int(value, &spec, 16, limit),
        Some('e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%') => float_as(value.to_f64()?, &spec, type_name),
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

fn push_int(value: IntRef<'_>, spec: &FormatSpec, radix: u32, limit: usize) -> Result<String, TextError> {
    check_int(spec)?;
    let mut digits = if radix == 10 { int::to_decimal(value, limit)? } else { value.to_radix(radix) };
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
    let mut out = String::with_capacity(digits.len().max(spec.width.unwrap_or(0)) + 4);
    layout::push_number(&mut out, spec, Number { sign: spec.sign.show(negative), prefix, digits, rest: "" });
    Ok(out)
}

fn format_code_point(value: IntRef<'_>, spec: &FormatSpec) -> Result<String, TextError> {
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
    let mut out = String::new();
    layout::push_number(&mut out, spec, Number { rest: ch.encode_utf8(&mut [0; 4]), ..Number::default() });
    Ok(out)
}

/// `format(float, spec)`.
///
/// # Errors
/// `ValueError`, in CPython's words.
pub fn format_float(value: f64, spec: &str, type_name: &str) -> Result<String, TextError> {
    if spec.is_empty() {
        return Ok(super::float::repr(value));
    }
    let spec = FormatSpec::parse(spec, Subject::Float, type_name)?;
    float_as(value, &spec, type_name)
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

fn float_as(value: f64, spec: &FormatSpec, type_name: &str) -> Result<String, TextError> {
    let (form, upper, percent) = float_form(spec, type_name)?;
    let value = if percent { value * 100.0 } else { value };
    let (sign, mut text) = layout::float_pieces(spec, value, form, percent);
    if upper {
        text.make_ascii_uppercase();
    }
    let (digits, rest) = layout::split_float(&text);
    let mut out = String::with_capacity(text.len().max(spec.width.unwrap_or(0)) + 1);
    layout::push_number(&mut out, spec, Number { sign, prefix: "", digits, rest });
    Ok(out)
}

/// `format(complex, spec)`.
///
/// # Errors
/// `ValueError`, in CPython's words.
pub fn format_complex(real: f64, imag: f64, spec: &str, type_name: &str) -> Result<String, TextError> {
    if spec.is_empty() {
        return Ok(super::complex::repr(real, imag));
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
        let parts = FormatSpec { sign, width: None, ..spec.clone() };
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
    let mut out = String::new();
    layout::pad(&mut out, &body, spec.width.unwrap_or(0), spec.fill, spec.align);
    Ok(out)
}
