//! What Python knows of one character: its classes, its digit value, its case mappings.
//!
//! The facts are in tables.rs; every question has an ASCII answer that does not look there.

use super::tables;

fn within(table: &[(u32, u32)], ch: char) -> bool {
    let point = ch as u32;
    let at = table.partition_point(|&(_, last)| last < point);
    table.get(at).is_some_and(|&(first, _)| first <= point)
}

/// `str.isprintable` of one character: neither control, unassigned nor a separator other than the space.
#[must_use]
pub fn is_printable(ch: char) -> bool {
    if ch.is_ascii() { matches!(ch, ' '..='~') } else { within(tables::PRINTABLE, ch) }
}

/// A letter of any script (general category L*), not the wider Alphabetic property.
#[must_use]
pub fn is_alpha(ch: char) -> bool {
    if ch.is_ascii() { ch.is_ascii_alphabetic() } else { within(tables::ALPHA, ch) }
}

#[must_use]
pub fn is_upper(ch: char) -> bool {
    if ch.is_ascii() { ch.is_ascii_uppercase() } else { within(tables::UPPERCASE, ch) }
}

#[must_use]
pub fn is_lower(ch: char) -> bool {
    if ch.is_ascii() { ch.is_ascii_lowercase() } else { within(tables::LOWERCASE, ch) }
}

/// One of the few digraphs whose form is titlecase, as U+01C5.
#[must_use]
pub fn is_title(ch: char) -> bool {
    !ch.is_ascii() && within(tables::TITLECASE, ch)
}

#[must_use]
pub fn is_cased(ch: char) -> bool {
    is_upper(ch) || is_lower(ch) || is_title(ch)
}

fn is_case_ignorable(ch: char) -> bool {
    within(tables::CASE_IGNORABLE, ch)
}

/// The value of a decimal digit of any script.
#[must_use]
pub fn decimal(ch: char) -> Option<u32> {
    if ch.is_ascii() {
        return ch.to_digit(10);
    }
    let point = ch as u32;
    let after = tables::ZEROS.partition_point(|&zero| zero <= point);
    let zero = tables::ZEROS[..after].last()?;
    Some(point - zero).filter(|&value| value < 10)
}

#[must_use]
pub fn is_digit(ch: char) -> bool {
    if ch.is_ascii() { ch.is_ascii_digit() } else { within(tables::DIGIT, ch) }
}

#[must_use]
pub fn is_numeric(ch: char) -> bool {
    if ch.is_ascii() { ch.is_ascii_digit() } else { within(tables::NUMERIC, ch) }
}

/// `str.isspace` of one character, which counts the information separators U+001C to U+001F.
#[must_use]
pub fn is_space(ch: char) -> bool {
    matches!(
        ch,
        '\t'..='\r'
            | '\x1c'..=' '
            | '\u{85}'
            | '\u{a0}'
            | '\u{1680}'
            | '\u{2000}'..='\u{200a}'
            | '\u{2028}'
            | '\u{2029}'
            | '\u{202f}'
            | '\u{205f}'
            | '\u{3000}'
    )
}

/// Whether `str.splitlines` ends a line here; the pair CR LF is the caller's.
#[must_use]
pub fn is_line_break(ch: char) -> bool {
    matches!(ch, '\n'..='\r' | '\x1c'..='\x1e' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// One of the full case mappings: a character becomes up to three.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Case {
    Upper,
    /// Without the final sigma, which needs the neighbours: see [`push_lower`].
    Lower,
    Title,
    Fold,
}

/// Appends what `ch` becomes.
pub fn push_mapped(out: &mut String, ch: char, case: Case) {
    if ch.is_ascii() {
        out.push(match case {
            Case::Upper | Case::Title => ch.to_ascii_uppercase(),
            Case::Lower | Case::Fold => ch.to_ascii_lowercase(),
        });
        return;
    }
    let (runs, many) = match case {
        Case::Upper => (tables::TO_UPPER, tables::TO_UPPER_MANY),
        Case::Lower => (tables::TO_LOWER, tables::TO_LOWER_MANY),
        Case::Title => (tables::TO_TITLE, tables::TO_TITLE_MANY),
        Case::Fold => (tables::TO_FOLD, tables::TO_FOLD_MANY),
    };
    let point = ch as u32;
    let run = runs.get(runs.partition_point(|&(_, last, _, _)| last < point));
    if let Some(&(first, _, step, delta)) = run
        && first <= point
        && (point - first).is_multiple_of(step)
    {
        out.push(point.checked_add_signed(delta).and_then(char::from_u32).unwrap_or(ch));
        return;
    }
    match many.binary_search_by_key(&point, |&(key, _)| key) {
        Ok(at) => out.push_str(many[at].1),
        Err(_) => out.push(ch),
    }
}

/// Appends the lower case of the character at byte `at` of `text`, minding the final sigma:
/// after a cased letter and not before one, with what is case-ignorable in between.
pub fn push_lower(out: &mut String, text: &str, at: usize, ch: char) {
    if ch != 'Σ' {
        return push_mapped(out, ch, Case::Lower);
    }
    let neighbour = |found: Option<char>| found.is_some_and(is_cased);
    let last = neighbour(text[..at].chars().rev().find(|&c| !is_case_ignorable(c)))
        && !neighbour(text[at + ch.len_utf8()..].chars().find(|&c| !is_case_ignorable(c)));
    out.push(if last { 'ς' } else { 'σ' });
}
