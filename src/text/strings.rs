//! The methods of `str` that search, cut and pad. Positions are byte offsets into UTF-8; the caller
//! turns code point indices into them, and back.

use super::chars;
use super::layout;
use super::seek;

/// At most this many cuts; `None`, Python's -1, for as many as there are.
pub type Limit = Option<usize>;

fn spent(limit: Limit, done: usize) -> bool {
    limit.is_some_and(|limit| done >= limit)
}

/// Gives `part` what `text.split(None, limit)` consists of: runs of whitespace separate, and none is left at the ends,
/// except after the last cut of a limited split.
pub fn split_whitespace<'a>(text: &'a str, limit: Limit, mut part: impl FnMut(&'a str)) {
    if text.is_ascii() && limit.is_none() {
        let mut start = None;
        for (at, &byte) in text.as_bytes().iter().enumerate() {
            if is_ascii_space(byte) {
                if let Some(start) = start.take() {
                    part(&text[start..at]);
                }
            } else if start.is_none() {
                start = Some(at);
            }
        }
        if let Some(start) = start {
            part(&text[start..]);
        }
        return;
    }
    let mut done = 0;
    let mut rest = text.trim_start_matches(chars::is_space);
    while !rest.is_empty() {
        if spent(limit, done) {
            part(rest);
            return;
        }
        let end = rest.find(chars::is_space).unwrap_or(rest.len());
        part(&rest[..end]);
        done += 1;
        rest = rest[end..].trim_start_matches(chars::is_space);
    }
}

/// Whitespace among the ASCII characters.
#[inline(always)]
const fn is_ascii_space(byte: u8) -> bool {
    matches!(byte, b'\t'..=b'\r' | 0x1c..=b' ')
}

/// `text.rsplit(None, limit)`, the parts in the order of the text.
#[must_use]
pub fn rsplit_whitespace(text: &str, limit: Limit) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text.trim_end_matches(chars::is_space);
    while !rest.is_empty() {
        if spent(limit, parts.len()) {
            parts.push(rest);
            break;
        }
        let start = after_last(rest, chars::is_space);
        parts.push(&rest[start..]);
        rest = rest[..start].trim_end_matches(chars::is_space);
    }
    parts.reverse();
    parts
}

fn after_last(text: &str, wanted: impl Fn(char) -> bool) -> usize {
    text.char_indices().rev().find(|&(_, ch)| wanted(ch)).map_or(0, |(at, ch)| at + ch.len_utf8())
}

/// Gives `part` what `text.split(separator, limit)` consists of; an empty separator is the caller's
/// `ValueError("empty separator")`.
#[inline]
pub fn split<'a>(text: &'a str, separator: &str, limit: Limit, mut part: impl FnMut(&'a str)) {
    let (mut from, mut left) = (0, limit.unwrap_or(usize::MAX));
    if left > 0 {
        seek::each(text, separator, |at| {
            part(&text[from..at]);
            from = at + separator.len();
            left -= 1;
            left > 0
        });
    }
    part(&text[from..]);
}

/// `text.rsplit(separator, limit)`, the parts in the order of the text.
#[must_use]
pub fn rsplit<'a>(text: &'a str, separator: &str, limit: Limit) -> Vec<&'a str> {
    let mut parts: Vec<&str> = match limit {
        None => text.rsplit(separator).collect(),
        Some(limit) => text.rsplitn(limit.saturating_add(1), separator).collect(),
    };
    parts.reverse();
    parts
}

/// `text.splitlines(keepends)`, at all the boundaries Python knows; CR LF is one.
#[must_use]
pub fn splitlines(text: &str, keepends: bool) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let Some((end, ch)) = rest.char_indices().find(|&(_, ch)| chars::is_line_break(ch)) else {
            lines.push(rest);
            break;
        };
        let next = if rest[end..].starts_with("\r\n") { end + 2 } else { end + ch.len_utf8() };
        lines.push(&rest[..if keepends { next } else { end }]);
        rest = &rest[next..];
    }
    lines
}

/// Which ends a strip is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    Both,
    Left,
    Right,
}

/// `strip`, `lstrip`, `rstrip`: of the characters in `set`, or of whitespace.
#[must_use]
pub fn strip<'a>(text: &'a str, set: Option<&str>, ends: Ends) -> &'a str {
    if text.is_ascii() {
        let set = set.map(str::as_bytes);
        let wanted = |byte: u8| set.map_or_else(|| is_ascii_space(byte), |set| set.contains(&byte));
        let bytes = text.as_bytes();
        let (mut start, mut end) = (0, bytes.len());
        if ends != Ends::Right {
            while start < end && wanted(bytes[start]) {
                start += 1;
            }
        }
        if ends != Ends::Left {
            while start < end && wanted(bytes[end - 1]) {
                end -= 1;
            }
        }
        return &text[start..end];
    }
    let wanted = |ch: char| set.map_or_else(|| chars::is_space(ch), |set| set.contains(ch));
    let text = if ends == Ends::Right { text } else { text.trim_start_matches(wanted) };
    if ends == Ends::Left { text } else { text.trim_end_matches(wanted) }
}

/// `text.partition(separator)`; an empty separator is the caller's `ValueError("empty separator")`.
#[must_use]
pub fn partition<'a>(text: &'a str, separator: &str) -> (&'a str, &'a str, &'a str) {
    match seek::find(text, separator) {
        Some(at) => cut_out(text, at, separator.len()),
        None => (text, "", ""),
    }
}

/// `text.rpartition(separator)`.
#[must_use]
pub fn rpartition<'a>(text: &'a str, separator: &str) -> (&'a str, &'a str, &'a str) {
    match text.rfind(separator) {
        Some(at) => cut_out(text, at, separator.len()),
        None => ("", "", text),
    }
}

fn cut_out(text: &str, at: usize, length: usize) -> (&str, &str, &str) {
    (&text[..at], &text[at..at + length], &text[at + length..])
}

/// `text.replace("", new, limit)`: what is empty stands before every character and at the end.
#[must_use]
pub fn interleave(text: &str, new: &str, limit: Limit) -> String {
    match limit {
        None => text.replace("", new),
        Some(limit) => text.replacen("", new, limit),
    }
}

/// Gives `part` what `text.replace(old, new, limit)` consists of; `old` is not empty.
#[inline]
pub fn replace<'a>(text: &'a str, old: &str, new: &'a str, limit: Limit, mut part: impl FnMut(&'a str)) {
    let mut first = true;
    split(text, old, limit, |piece| {
        if !first {
            part(new);
        }
        first = false;
        part(piece);
    });
}

/// `text.find(wanted)` within the bytes `start..end`, as a byte offset into `text`. The ends are char
/// boundaries, with `start <= end`; what starts beyond the text is not found, not even "".
#[must_use]
pub fn find(text: &str, wanted: &str, start: usize, end: usize) -> Option<usize> {
    seek::find(text.get(start..end)?, wanted).map(|at| at + start)
}

/// `text.rfind(wanted)`, as [`find`].
#[must_use]
pub fn rfind(text: &str, wanted: &str, start: usize, end: usize) -> Option<usize> {
    text.get(start..end)?.rfind(wanted).map(|at| at + start)
}

/// `text.count(wanted)` of occurrences that do not overlap, in a text already cut to its range.
#[must_use]
pub fn count(text: &str, wanted: &str) -> usize {
    if wanted.is_empty() {
        return text.chars().count() + 1;
    }
    seek::count(text, wanted)
}

/// `text.removeprefix(prefix)`.
#[must_use]
pub fn removeprefix<'a>(text: &'a str, prefix: &str) -> &'a str {
    text.strip_prefix(prefix).unwrap_or(text)
}

/// `text.removesuffix(suffix)`.
#[must_use]
pub fn removesuffix<'a>(text: &'a str, suffix: &str) -> &'a str {
    text.strip_suffix(suffix).unwrap_or(text)
}

fn length(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().count() }
}

/// `text.zfill(width)`: zeros after the sign.
#[must_use]
pub fn zfill(text: &str, width: usize) -> String {
    let missing = width.saturating_sub(length(text));
    let (sign, digits) = text.split_at(usize::from(text.starts_with(['+', '-'])));
    let mut out = String::with_capacity(text.len() + missing);
    out.push_str(sign);
    layout::fill_with(&mut out, '0', missing);
    out.push_str(digits);
    out
}

/// `text.expandtabs(size)`; a size of 0 drops the tabs.
#[must_use]
pub fn expandtabs(text: &str, size: usize) -> String {
    let mut out = String::with_capacity(text.len());
    let mut column = 0;
    for ch in text.chars() {
        match ch {
            '\t' if size == 0 => {}
            '\t' => {
                let step = size - column % size;
                layout::fill_with(&mut out, ' ', step);
                column += step;
            }
            _ => {
                column = if matches!(ch, '\n' | '\r') { 0 } else { column + 1 };
                out.push(ch);
            }
        }
    }
    out
}

/// What `str.translate` makes of one character.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Translated {
    Same,
    Deleted,
    Char(char),
    Text(String),
}

/// `text.translate(table)`, where `lookup` is the table.
///
/// # Errors
/// The first one of `lookup`.
pub fn translate<E>(text: &str, mut lookup: impl FnMut(char) -> Result<Translated, E>) -> Result<String, E> {
    let mut out = String::with_capacity(text.len());
    for ch in text.chars() {
        match lookup(ch)? {
            Translated::Same => out.push(ch),
            Translated::Deleted => {}
            Translated::Char(ch) => out.push(ch),
            Translated::Text(text) => out.push_str(&text),
        }
    }
    Ok(out)
}
