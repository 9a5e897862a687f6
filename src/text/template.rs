//! The templates of `str.format`: literal text and replacement fields, parsed lazily, since CPython
//! formats what comes before an error.

use super::TextError;
use super::chars;

/// How deep fields nest: one in the specifier of another, no further.
pub const MAX_DEPTH: usize = 2;

/// A piece of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    Literal(&'a str),
    Field(Field<'a>),
}

/// `{name!conversion:spec}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field<'a> {
    /// To be given to [`FieldName::parse`].
    pub name: &'a str,
    pub conversion: Option<char>,
    pub spec: &'a str,
    /// The specifier holds fields itself: it is a template, to be formatted first.
    pub nested: bool,
}

/// The pieces of a template in order; after an error there are no more.
#[derive(Clone, Debug)]
pub struct Template<'a> {
    rest: &'a str,
    pending: Option<Result<Field<'a>, TextError>>,
}

impl<'a> Template<'a> {
    #[must_use]
    pub fn new(text: &'a str) -> Template<'a> {
        Template { rest: text, pending: None }
    }

    fn fail(&mut self, message: &str) -> Result<Piece<'a>, TextError> {
        self.rest = "";
        Err(TextError::value(message))
    }
}

impl<'a> Iterator for Template<'a> {
    type Item = Result<Piece<'a>, TextError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(field) = self.pending.take() {
            return Some(field.map(Piece::Field));
        }
        if self.rest.is_empty() {
            return None;
        }
        let text = self.rest;
        let Some(at) = text.find(['{', '}']) else {
            self.rest = "";
            return Some(Ok(Piece::Literal(text)));
        };
        let (brace, after) = text[at..].split_at(1);
        if after.starts_with(brace) {
            // The first of a doubled brace is text.
            self.rest = &after[1..];
            return Some(Ok(Piece::Literal(&text[..=at])));
        }
        if brace == "}" {
            return Some(self.fail("Single '}' encountered in format string"));
        }
        if after.is_empty() {
            return Some(self.fail("Single '{' encountered in format string"));
        }
        let field = match parse_field(after) {
            Ok((field, rest)) => {
                self.rest = rest;
                Ok(field)
            }
            Err(error) => {
                self.rest = "";
                Err(error)
            }
        };
        if at == 0 {
            return Some(field.map(Piece::Field));
        }
        self.pending = Some(field);
        Some(Ok(Piece::Literal(&text[..at])))
    }
}

/// What follows `{`; returns the field and what follows its `}`.
fn parse_field(text: &str) -> Result<(Field<'_>, &str), TextError> {
    let end = name_end(text)?;
    let field = Field { name: &text[..end], conversion: None, spec: "", nested: false };
    let (terminator, mut rest) = text[end..].split_at(1);
    if terminator == "}" {
        return Ok((field, rest));
    }
    let mut conversion = None;
    if terminator == "!" {
        let mut ahead = rest.chars();
        conversion = ahead.next();
        if conversion.is_none() {
            return Err(TextError::value("end of string while looking for conversion specifier"));
        }
        match ahead.next() {
            Some('}') => return Ok((Field { conversion, ..field }, ahead.as_str())),
            None | Some(':') => rest = ahead.as_str(),
            Some(_) => return Err(TextError::value("expected ':' after conversion specifier")),
        }
    }
    let mut depth = 1;
    for (at, byte) in rest.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            let spec = &rest[..at];
            return Ok((Field { conversion, spec, nested: spec.contains('{'), ..field }, &rest[at + 1..]));
        }
    }
    Err(TextError::value("unmatched '{' in format spec"))
}

/// Where the name ends: before the first `}`, `:` or `!` outside brackets.
fn name_end(text: &str) -> Result<usize, TextError> {
    let mut in_brackets = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b']' if in_brackets => in_brackets = false,
            _ if in_brackets => {}
            b'[' => in_brackets = true,
            b'{' => return Err(TextError::value("unexpected '{' in field name")),
            b'}' | b':' | b'!' => return Ok(at),
            _ => {}
        }
    }
    Err(TextError::value("expected '}' before end of string"))
}

/// What is looked up first: a positional or a keyword argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum First<'a> {
    /// Nothing written: the next positional argument.
    Auto,
    Index(usize),
    Name(&'a str),
}

/// A step from there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// `.name`
    Attribute(&'a str),
    /// `[3]`
    Index(usize),
    /// `[name]`, unquoted
    Key(&'a str),
}

/// `first.attribute[index]`; the steps come lazily, for the same reason as the pieces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldName<'a> {
    pub first: First<'a>,
    rest: &'a str,
}

/// An index, if the text is digits only.
fn index(text: &str) -> Result<Option<usize>, TextError> {
    if text.is_empty() {
        return Ok(None);
    }
    let mut value: usize = 0;
    for ch in text.chars() {
        let Some(digit) = chars::decimal(ch) else { return Ok(None) };
        value = value
            .checked_mul(10)
            .and_then(|tens| tens.checked_add(digit as usize))
            .filter(|&value| isize::try_from(value).is_ok())
            .ok_or_else(|| TextError::value("Too many decimal digits in format string"))?;
    }
    Ok(Some(value))
}

impl<'a> FieldName<'a> {
    /// # Errors
    /// `ValueError` for an index beyond any tuple.
    pub fn parse(name: &'a str) -> Result<FieldName<'a>, TextError> {
        let end = name.find(['.', '[']).unwrap_or(name.len());
        let (first, rest) = name.split_at(end);
        let first = match index(first)? {
            Some(index) => First::Index(index),
            None if first.is_empty() => First::Auto,
            None => First::Name(first),
        };
        Ok(FieldName { first, rest })
    }
}

impl<'a> Iterator for FieldName<'a> {
    type Item = Result<Step<'a>, TextError>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = std::mem::take(&mut self.rest);
        let refuse = |message: &str| Some(Err(TextError::value(message)));
        if let Some(rest) = rest.strip_prefix('.') {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            let (name, rest) = rest.split_at(end);
            self.rest = rest;
            return if name.is_empty() {
                refuse("Empty attribute in format string")
            } else {
                Some(Ok(Step::Attribute(name)))
            };
        }
        if let Some(rest) = rest.strip_prefix('[') {
            let Some((key, rest)) = rest.split_once(']') else {
                return refuse("Missing ']' in format string");
            };
            if key.is_empty() {
                return refuse("Empty attribute in format string");
            }
            self.rest = rest;
            return Some(index(key).map(|index| index.map_or(Step::Key(key), Step::Index)));
        }
        if rest.is_empty() {
            None
        } else {
            refuse("Only '.' or '[' may follow ']' in format field specifier")
        }
    }
}

/// Counts `{}` fields, and minds that they are not mixed with `{0}`; one for a whole call of `format`,
/// nested specifiers included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AutoNumber {
    next: usize,
    automatic: Option<bool>,
}

impl AutoNumber {
    /// The positional argument that `first` means, or `None` for a keyword.
    ///
    /// # Errors
    /// `ValueError` where automatic and manual numbers are mixed.
    pub fn resolve(&mut self, first: First<'_>) -> Result<Option<usize>, TextError> {
        let automatic = match first {
            First::Name(_) => return Ok(None),
            First::Auto => true,
            First::Index(_) => false,
        };
        if *self.automatic.get_or_insert(automatic) != automatic {
            return Err(TextError::value(if automatic {
                "cannot switch from manual field specification to automatic field numbering"
            } else {
                "cannot switch from automatic field numbering to manual field specification"
            }));
        }
        if let First::Index(index) = first {
            return Ok(Some(index));
        }
        self.next += 1;
        Ok(Some(self.next - 1))
    }
}

/// The error for a conversion other than `r`, `s` and `a`.
#[must_use]
pub fn unknown_conversion(conversion: char) -> TextError {
    let shown = if ('!'..'\x7f').contains(&conversion) {
        conversion.to_string()
    } else {
        format!("\\x{:x}", u32::from(conversion))
    };
    TextError::Value(format!("Unknown conversion specifier {shown}"))
}

/// The error for fields nested deeper than [`MAX_DEPTH`].
#[must_use]
pub fn too_deep() -> TextError {
    TextError::value("Max string recursion exceeded")
}
