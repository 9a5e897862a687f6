//! The methods of `bytes`, where they are not those of slices. ASCII alone has case and classes.

use super::TextError;
use super::seek;
use super::strings::{Ends, Limit, strip_bytes};

/// ASCII whitespace as `bytes` has it: with the vertical tab, unlike `u8::is_ascii_whitespace`.
#[must_use]
pub fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

/// Where `wanted` first is in `bytes`.
#[must_use]
pub fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    seek::find_bytes(bytes, wanted)
}

/// Where `wanted` last is in `bytes`.
#[must_use]
pub fn rfind(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    memchr::memmem::rfind(bytes, wanted)
}

/// `bytes.count(wanted)`, without overlaps.
#[must_use]
pub fn count(bytes: &[u8], wanted: &[u8]) -> usize {
    if wanted.is_empty() {
        return bytes.len() + 1;
    }
    split(bytes, wanted, None).len() - 1
}

/// `bytes.split(separator, limit)`; an empty separator is the caller's `ValueError("empty separator")`.
#[must_use]
pub fn split<'a>(bytes: &'a [u8], separator: &[u8], limit: Limit) -> Vec<&'a [u8]> {
    let mut parts = Vec::new();
    let mut rest = bytes;
    while limit.is_none_or(|limit| parts.len() < limit) {
        let Some(at) = find(rest, separator) else { break };
        parts.push(&rest[..at]);
        rest = &rest[at + separator.len()..];
    }
    parts.push(rest);
    parts
}

/// `bytes.rsplit(separator, limit)`, the parts in the order of the bytes.
#[must_use]
pub fn rsplit<'a>(bytes: &'a [u8], separator: &[u8], limit: Limit) -> Vec<&'a [u8]> {
    let mut parts = Vec::new();
    let mut rest = bytes;
    while limit.is_none_or(|limit| parts.len() < limit) {
        let Some(at) = rfind(rest, separator) else { break };
        parts.push(&rest[at + separator.len()..]);
        rest = &rest[..at];
    }
    parts.push(rest);
    parts.reverse();
    parts
}

/// `bytes.split(None, limit)`.
#[must_use]
pub fn split_whitespace(bytes: &[u8], limit: Limit) -> Vec<&[u8]> {
    let mut parts = Vec::new();
    let mut rest = strip(bytes, None, Ends::Left);
    while !rest.is_empty() {
        if limit.is_some_and(|limit| parts.len() >= limit) {
            parts.push(rest);
            break;
        }
        let end = rest.iter().position(|&byte| is_space(byte)).unwrap_or(rest.len());
        parts.push(&rest[..end]);
        rest = strip(&rest[end..], None, Ends::Left);
    }
    parts
}

/// `bytes.splitlines(keepends)`: at LF, CR and CR LF only.
#[must_use]
pub fn splitlines(bytes: &[u8], keepends: bool) -> Vec<&[u8]> {
    let mut lines = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let Some(end) = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')) else {
            lines.push(rest);
            break;
        };
        let next = if rest[end..].starts_with(b"\r\n") { end + 2 } else { end + 1 };
        lines.push(&rest[..if keepends { next } else { end }]);
        rest = &rest[next..];
    }
    lines
}

/// `strip`, `lstrip`, `rstrip`: of the bytes in `set`, or of whitespace.
#[must_use]
pub fn strip<'a>(bytes: &'a [u8], set: Option<&[u8]>, ends: Ends) -> &'a [u8] {
    let wanted = |byte: u8| set.map_or_else(|| is_space(byte), |set| set.contains(&byte));
    let (from, to) = strip_bytes(bytes, wanted, ends);
    &bytes[from..to]
}

/// `bytes.replace(old, new, limit)`; an empty `old` stands before every byte and at the end.
#[must_use]
pub fn replace(bytes: &[u8], old: &[u8], new: &[u8], limit: Limit) -> Vec<u8> {
    if !old.is_empty() {
        return split(bytes, old, limit).join(new);
    }
    let mut left = limit.unwrap_or(usize::MAX);
    let mut out = Vec::new();
    for at in 0..=bytes.len() {
        if left > 0 {
            left -= 1;
            out.extend_from_slice(new);
        }
        out.extend(bytes.get(at));
    }
    out
}

/// `bytes.hex()`; with a separator, every `group` bytes from the right, or from the left if negative.
#[must_use]
pub fn hex(bytes: &[u8], separator: Option<char>, group: i64) -> String {
    let size = usize::try_from(group.unsigned_abs()).unwrap_or(usize::MAX);
    let mut out = String::with_capacity(bytes.len() * 3);
    for (at, byte) in bytes.iter().enumerate() {
        let counted = if group < 0 { at } else { bytes.len() - at };
        if at > 0 && size > 0 && counted.is_multiple_of(size) {
            out.extend(separator);
        }
        for nibble in [byte >> 4, byte & 15] {
            out.extend(char::from_digit(u32::from(nibble), 16));
        }
    }
    out
}

/// `bytes.fromhex(text)`: whitespace may stand between bytes.
///
/// # Errors
/// `ValueError` with the position, in characters, of what is no digit.
pub fn fromhex(text: &str) -> Result<Vec<u8>, TextError> {
    let refuse = |at: usize| {
        TextError::Value(format!("non-hexadecimal number found in fromhex() arg at position {at}"))
    };
    // What is beyond ASCII is reported before anything else, as in CPython.
    if let Some(at) = text.chars().position(|ch| !ch.is_ascii()) {
        return Err(refuse(at));
    }
    let mut out = Vec::with_capacity(text.len() / 2);
    let mut chars = text.chars().enumerate();
    while let Some((at, ch)) = chars.next() {
        if matches!(ch, ' ' | '\t'..='\r') {
            continue;
        }
        let high = ch.to_digit(16).ok_or_else(|| refuse(at))?;
        let low = chars.next().and_then(|(_, ch)| ch.to_digit(16)).ok_or_else(|| refuse(at + 1))?;
        out.push(u8::try_from(high * 16 + low).unwrap_or(0));
    }
    Ok(out)
}
