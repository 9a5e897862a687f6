//! The methods of `str` about case and character classes.

use super::chars::{self, Case};

fn mapped(text: &str, case: Case) -> String {
    let mut out = String::with_capacity(text.len());
    text.chars().for_each(|ch| chars::push_mapped(&mut out, ch, case));
    out
}

/// `text.upper()`.
#[must_use]
pub fn upper(text: &str) -> String {
    if text.is_ascii() { text.to_ascii_uppercase() } else { mapped(text, Case::Upper) }
}

/// `text.lower()`.
#[must_use]
pub fn lower(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut out = String::with_capacity(text.len());
    text.char_indices().for_each(|(at, ch)| chars::push_lower(&mut out, text, at, ch));
    out
}

/// `text.casefold()`.
#[must_use]
pub fn casefold(text: &str) -> String {
    if text.is_ascii() { text.to_ascii_lowercase() } else { mapped(text, Case::Fold) }
}

/// `text.swapcase()`.
#[must_use]
pub fn swapcase(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, ch) in text.char_indices() {
        if chars::is_upper(ch) {
            chars::push_lower(&mut out, text, at, ch);
        } else if chars::is_lower(ch) {
            chars::push_mapped(&mut out, ch, Case::Upper);
        } else {
            out.push(ch);
        }
    }
    out
}

/// `text.capitalize()`.
#[must_use]
pub fn capitalize(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, ch) in text.char_indices() {
        if at == 0 {
            chars::push_mapped(&mut out, ch, Case::Title);
        } else {
            chars::push_lower(&mut out, text, at, ch);
        }
    }
    out
}

/// `text.title()`: a word starts after anything without case.
#[must_use]
pub fn title(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut inside = false;
    for (at, ch) in text.char_indices() {
        if inside {
            chars::push_lower(&mut out, text, at, ch);
        } else {
            chars::push_mapped(&mut out, ch, Case::Title);
        }
        inside = chars::is_cased(ch);
    }
    out
}

/// What ASCII characters are, one bit each.
pub const ALPHA: u8 = 1;
pub const DIGIT: u8 = 2;
pub const SPACE: u8 = 4;
pub const UPPER: u8 = 8;
pub const LOWER: u8 = 16;
pub const PRINTABLE: u8 = 32;

static ASCII: [u8; 128] = {
    let mut classes = [0; 128];
    let mut i = 0;
    while i < 128 {
        let ch = i as u8;
        let bits = [
            (ch.is_ascii_alphabetic(), ALPHA),
            (ch.is_ascii_digit(), DIGIT),
            (matches!(ch, b'\t'..=b'\r' | 0x1c..=b' '), SPACE),
            (ch.is_ascii_uppercase(), UPPER),
            (ch.is_ascii_lowercase(), LOWER),
            (matches!(ch, b' '..=b'~'), PRINTABLE),
        ];
        let mut at = 0;
        while at < bits.len() {
            if bits[at].0 {
                classes[i] |= bits[at].1;
            }
            at += 1;
        }
        i += 1;
    }
    classes
};

/// Whether all characters of an ASCII text are of one of these classes.
#[must_use]
#[inline(always)]
pub fn all_are(text: &[u8], classes: u8) -> bool {
    text.iter().all(|&byte| ASCII[usize::from(byte & 0x7f)] & classes != 0)
}

/// The classes of the characters of an ASCII text.
#[must_use]
#[inline(always)]
pub fn classes(text: &[u8]) -> u8 {
    text.iter().fold(0, |all, &byte| all | ASCII[usize::from(byte & 0x7f)])
}

fn all(text: &str, class: impl Fn(char) -> bool) -> bool {
    !text.is_empty() && text.chars().all(class)
}

/// `text.isalpha()`.
#[must_use]
pub fn isalpha(text: &str) -> bool {
    all(text, chars::is_alpha)
}

/// `text.isdecimal()`.
#[must_use]
pub fn isdecimal(text: &str) -> bool {
    all(text, |ch| chars::decimal(ch).is_some())
}

/// `text.isdigit()`.
#[must_use]
pub fn isdigit(text: &str) -> bool {
    all(text, chars::is_digit)
}

/// `text.isnumeric()`.
#[must_use]
pub fn isnumeric(text: &str) -> bool {
    all(text, chars::is_numeric)
}

/// `text.isalnum()`.
#[must_use]
pub fn isalnum(text: &str) -> bool {
    // Every decimal and every digit is numeric.
    all(text, |ch| chars::is_alpha(ch) || chars::is_numeric(ch))
}

/// `text.isspace()`.
#[must_use]
pub fn isspace(text: &str) -> bool {
    all(text, chars::is_space)
}

/// `text.isprintable()`, true of the empty text.
#[must_use]
pub fn isprintable(text: &str) -> bool {
    text.chars().all(chars::is_printable)
}

/// `text.isupper()`: something is in upper case, and nothing in another.
#[must_use]
pub fn isupper(text: &str) -> bool {
    text.chars().any(chars::is_upper) && !text.chars().any(|ch| chars::is_lower(ch) || chars::is_title(ch))
}

/// `text.islower()`: something is in lower case, and nothing in another.
#[must_use]
pub fn islower(text: &str) -> bool {
    text.chars().any(chars::is_lower) && !text.chars().any(|ch| chars::is_upper(ch) || chars::is_title(ch))
}

/// `text.istitle()`: capitals start words, and nothing else does.
#[must_use]
pub fn istitle(text: &str) -> bool {
    let (mut found, mut inside) = (false, false);
    for ch in text.chars() {
        if chars::is_upper(ch) || chars::is_title(ch) {
            if inside {
                return false;
            }
            (found, inside) = (true, true);
        } else if chars::is_lower(ch) {
            if !inside {
                return false;
            }
        } else {
            inside = false;
        }
    }
    found
}

/// `text.isidentifier()`, which does not ask about keywords.
#[must_use]
pub fn isidentifier(text: &str) -> bool {
    // The crate may know a newer Unicode; what is unassigned here is not printable.
    let start = |ch: char| ch == '_' || (unicode_ident::is_xid_start(ch) && chars::is_printable(ch));
    // The two joiners continue an identifier in Unicode 15.1, and only there.
    let joiner = |ch: char| matches!(ch, '\u{200c}' | '\u{200d}');
    let inside = |ch: char| joiner(ch) || (unicode_ident::is_xid_continue(ch) && chars::is_printable(ch));
    let mut chars = text.chars();
    chars.next().is_some_and(start) && chars.all(inside)
}
