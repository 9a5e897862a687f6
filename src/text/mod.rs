//! The text of values: numbers to and from text, format mini-languages, quoting, the algorithms of `str`.
//!
//! Pure functions on Rust data, which import nothing from the crate: no values, no heap, no frames.
//! CPython 3.13 is the specification, byte for byte, errors included.

pub mod arith;
pub mod bytes;
pub mod casing;
pub mod chars;
pub mod complex;
pub mod decimal;
pub mod float;
pub mod hexfloat;
pub mod int;
pub mod layout;
pub mod maps;
pub mod nearest;
pub mod percent;
pub mod plain;
#[rustfmt::skip]
pub mod properties;
pub mod quote;
pub mod root;
pub mod seek;
pub mod spec;
pub mod strings;
#[rustfmt::skip]
mod tables;
pub mod template;

use std::fmt;

/// Wider fields are a `MemoryError`: no string is that long.
pub const MAX_WIDTH: usize = u32::MAX as usize;

/// What a function of this room can refuse; the caller makes the exception of that name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextError {
    Value(String),
    Type(String),
    Overflow(String),
    ZeroDivision(String),
    /// The result would not fit in memory: `MemoryError`, without a message.
    Memory,
}

impl TextError {
    pub fn value(message: impl Into<String>) -> TextError {
        TextError::Value(message.into())
    }

    pub fn overflow(message: impl Into<String>) -> TextError {
        TextError::Overflow(message.into())
    }

    /// CPython's name of the exception's class.
    #[must_use]
    pub fn class_name(&self) -> &'static str {
        match self {
            TextError::Value(_) => "ValueError",
            TextError::Type(_) => "TypeError",
            TextError::Overflow(_) => "OverflowError",
            TextError::ZeroDivision(_) => "ZeroDivisionError",
            TextError::Memory => "MemoryError",
        }
    }

    #[must_use]
    pub fn message(&self) -> &str {
        match self {
            TextError::Value(text)
            | TextError::Type(text)
            | TextError::Overflow(text)
            | TextError::ZeroDivision(text) => text,
            TextError::Memory => "",
        }
    }
}

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.class_name(), self.message())
    }
}

impl std::error::Error for TextError {}
