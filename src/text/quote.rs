//! `repr()` and `ascii()` of strings and bytes: Python's choice of quotes and its escapes.

use std::fmt::Write;

use super::chars;

/// `repr(str)`.
#[must_use]
pub fn repr_str(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    push_repr(&mut out, text, false);
    out
}

/// `ascii(str)`: `repr` with everything beyond ASCII escaped.
#[must_use]
pub fn ascii_str(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    push_repr(&mut out, text, true);
    out
}

/// `ascii()` of any object, given its `repr`: escapes what is beyond ASCII and adds no quotes.
#[must_use]
pub fn escape_non_ascii(repr: &str) -> String {
    let mut out = String::with_capacity(repr.len());
    for ch in repr.chars() {
        if ch.is_ascii() { out.push(ch) } else { push_escape(&mut out, ch) }
    }
    out
}

/// Single quotes, unless there are some inside and no double ones.
fn quote_for(text: &[u8]) -> char {
    if text.contains(&b'\'') && !text.contains(&b'"') { '"' } else { '\'' }
}

/// Appends `repr(text)`, or `ascii(text)`; for containers, which build one string.
pub fn push_repr(out: &mut String, text: &str, ascii_only: bool) {
    let quote = quote_for(text.as_bytes());
    out.push(quote);
    // What needs no escape is copied in runs.
    let mut copied = 0;
    for (at, ch) in text.char_indices() {
        let plain = if ch.is_ascii() {
            matches!(ch, ' '..='~') && ch != quote && ch != '\\'
        } else {
            !ascii_only && chars::is_printable(ch)
        };
        if plain {
            continue;
        }
        out.push_str(&text[copied..at]);
        copied = at + ch.len_utf8();
        if ch == quote {
            out.push('\\');
            out.push(ch);
        } else {
            push_escape(out, ch);
        }
    }
    out.push_str(&text[copied..]);
    out.push(quote);
}

fn push_escape(out: &mut String, ch: char) {
    let code = u32::from(ch);
    // Writing to a String cannot fail.
    let _ = match code {
        0x09 => out.write_str("\\t"),
        0x0a => out.write_str("\\n"),
        0x0d => out.write_str("\\r"),
        0x5c => out.write_str("\\\\"),
        0..=0xff => write!(out, "\\x{code:02x}"),
        0x100..=0xffff => write!(out, "\\u{code:04x}"),
        _ => write!(out, "\\U{code:08x}"),
    };
}

/// `repr(bytes)`, with its `b`.
#[must_use]
pub fn repr_bytes(bytes: &[u8]) -> String {
    let quote = quote_for(bytes);
    let mut out = String::with_capacity(bytes.len() + 3);
    out.push('b');
    out.push(quote);
    for &byte in bytes {
        let ch = char::from(byte);
        if ch == quote {
            out.push('\\');
            out.push(ch);
        } else if matches!(byte, b' '..=b'~') && byte != b'\\' {
            out.push(ch);
        } else {
            push_escape(&mut out, ch);
        }
    }
    out.push(quote);
    out
}
