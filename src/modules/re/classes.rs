//! Sets of characters in the engine's syntax.

use std::fmt::Write;

/// A character that stands for itself. Byte patterns write what is beyond ASCII as a byte.
pub fn push_char(out: &mut String, c: char, bytes: bool) {
    if c.is_ascii_alphanumeric() || c == '_' {
        out.push(c);
    } else if bytes || c.is_ascii() {
        // Writing to a String cannot fail.
        let _ = write!(out, "\\x{:02X}", c as u32);
    } else {
        let _ = write!(out, "\\x{{{:X}}}", c as u32);
    }
}

/// The inside of a set for `\d`, `\w`, `\s` and their opposites.
pub fn category(c: char, ascii: bool) -> Option<String> {
    let inside = match (c.to_ascii_lowercase(), ascii) {
        ('d', true) => "0-9",
        ('d', false) => "\\p{Nd}",
        ('w', true) => "a-zA-Z0-9_",
        ('w', false) => "\\p{L}\\p{N}_",
        ('s', true) => "\\x20\\t\\n\\r\\x0B\\x0C",
        ('s', false) => "\\s\\x1C-\\x1F",
        _ => return None,
    };
    Some(if c.is_ascii_uppercase() { format!("[^{inside}]") } else { inside.into() })
}

/// `\b` and `\B`
pub fn boundary(not: bool, ascii: bool) -> String {
    let w = if ascii { "[a-zA-Z0-9_]" } else { return (if not { "\\B" } else { "\\b" }).into() };
    if not {
        format!("(?:(?<={w})(?={w})|(?<!{w})(?!{w}))")
    } else {
        format!("(?:(?<={w})(?!{w})|(?<!{w})(?={w}))")
    }
}
