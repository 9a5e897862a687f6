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

/// Gives `part` where what `text.split()` of an ASCII text consists of begins and ends.
#[inline(always)]
pub fn split_ascii_whitespace(text: &str, mut part: impl FnMut(usize, usize)) {
    let mut from = 0;
    let mut spaces = seek::spaces(text);
    loop {
        let at = spaces.next();
        let end = at.unwrap_or(text.len());
        if at.is_some_and(|at| !is_ascii_space(text.as_bytes()[at])) {
            continue;
        }
        if end > from {
            part(from, end);
        }
        if at.is_none() {
            return;
        }
        from = end + 1;
    }
}

/// Gives `part` where what `text.split(None, limit)` consists of begins and ends: runs of whitespace separate, and none is
/// left at the ends, except after the last cut of a limited split.
pub fn split_whitespace(text: &str, limit: Limit, mut part: impl FnMut(usize, usize)) {
    let mut done = 0;
    let mut rest = text.trim_start_matches(chars::is_space);
    while !rest.is_empty() {
        let from = text.len() - rest.len();
        if spent(limit, done) {
            part(from, text.len());
            return;
        }
        let end = rest.find(chars::is_space).unwrap_or(rest.len());
        part(from, from + end);
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

/// Gives `part` where what `text.split(separator, limit)` consists of begins and ends; an empty separator is the caller's
/// `ValueError("empty separator")`.
#[inline(always)]
pub fn split(text: &str, separator: &str, limit: Limit, mut part: impl FnMut(usize, usize)) {
    let left = limit.unwrap_or(usize::MAX);
    match *separator.as_bytes() {
        [byte] => cut(text.len(), seek::bytes(text, byte), 1, left, part),
        _ if seek::is_far(text) => split_far(text, separator, left, &mut part),
        _ => cut(text.len(), seek::matches(text, separator), separator.len(), left, part),
    }
}

#[inline(never)]
fn split_far(text: &str, separator: &str, left: usize, part: &mut dyn FnMut(usize, usize)) {
    cut(text.len(), seek::far_matches(text, separator), separator.len(), left, part);
}

/// Gives `part` what is between some offsets of pieces that are not wanted.
#[inline(always)]
fn cut(
    end: usize,
    mut cuts: impl Iterator<Item = usize>,
    width: usize,
    mut left: usize,
    mut part: impl FnMut(usize, usize),
) {
    let mut from = 0;
    loop {
        let cut = if left > 0 { cuts.next() } else { None };
        part(from, cut.unwrap_or(end));
        let Some(at) = cut else { return };
        from = at + width;
        left -= 1;
    }
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

/// What is left of an ASCII text by `strip`, `lstrip`, `rstrip`: of the characters in `set`, or of whitespace.
#[must_use]
pub fn strip_ascii(text: &[u8], set: Option<&[u8]>, ends: Ends) -> (usize, usize) {
    match set {
        None => strip_bytes(text, is_ascii_space, ends),
        Some(set) => strip_bytes(text, |byte| set.contains(&byte), ends),
    }
}

/// The same of the bytes that are wanted.
#[inline(always)]
pub(super) fn strip_bytes(text: &[u8], wanted: impl Fn(u8) -> bool, ends: Ends) -> (usize, usize) {
    let (mut start, mut end) = (0, text.len());
    if ends != Ends::Right {
        while start < end && wanted(text[start]) {
            start += 1;
        }
    }
    if ends != Ends::Left {
        while start < end && wanted(text[end - 1]) {
            end -= 1;
        }
    }
    (start, end)
}

/// The same of any text.
#[must_use]
pub fn strip<'a>(text: &'a str, set: Option<&str>, ends: Ends) -> &'a str {
    let wanted = |ch: char| set.map_or_else(|| chars::is_space(ch), |set| set.contains(ch));
    let text = if ends == Ends::Right { text } else { text.trim_start_matches(wanted) };
    if ends == Ends::Left { text } else { text.trim_end_matches(wanted) }
}

/// `text.replace("", new, limit)`: what is empty stands before every character and at the end.
#[must_use]
pub fn interleave(text: &str, new: &str, limit: Limit) -> String {
    match limit {
        None => text.replace("", new),
        Some(limit) => text.replacen("", new, limit),
    }
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
