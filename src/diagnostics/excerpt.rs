//! The part of a source that is shown with labels: few lines, cut to a window, safe for a terminal. What ariadne gets
//! is this small text, so that a line of ten megabytes costs nothing.

use crate::source::{Source, Span};
use ariadne::{Color, Config, Label, Report, ReportKind};
use std::ops::Range;

/// Longer lines are cut to a window around their first label.
const MAX_LINE: usize = 200;
const BEFORE: usize = 60;
const AFTER: usize = 120;
/// Labels further away from the main one (in lines) are left out.
const MAX_DISTANCE: u32 = 2000;

/// What to point at, with its words; the first one is the main label.
pub struct Pointer {
    pub span: Span,
    pub text: String,
}

/// A small text with places in it, counted in characters. The lines before it are there, but empty: ariadne numbers the
/// margin by counting them.
struct Excerpt {
    text: String,
    places: Vec<Option<Range<usize>>>,
    /// The main label's line does not begin at its beginning.
    cut: bool,
}

/// Replaces what could steer a terminal or break the layout; one character for one.
pub fn visible(c: char) -> char {
    match c {
        '\t' => c,
        '\0'..='\x1f' => char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}'),
        '\x7f' => '\u{2421}',
        '\u{80}'..='\u{9f}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}' => '\u{fffd}',
        _ => c,
    }
}

/// The window of a line that is shown: whole, or cut around a byte column.
fn window(line: &str, column: usize) -> Range<usize> {
    if line.len() <= MAX_LINE {
        return 0..line.len();
    }
    let boundary = |mut at: usize| {
        while !line.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    boundary(column.min(line.len()).saturating_sub(BEFORE))..boundary((column + AFTER).min(line.len()))
}

impl Excerpt {
    fn new(source: &Source, pointers: &[Pointer]) -> Self {
        let place = |p: &Pointer| source.line_column(p.span.start);
        let main = pointers.first().map_or(1, |p| place(p).0);
        let near = |p: &&Pointer| place(p).0.abs_diff(main) <= MAX_DISTANCE;
        let first = pointers.iter().filter(near).map(|p| place(p).0).min().unwrap_or(main);
        let last = pointers.iter().filter(near).map(|p| place(p).0).max().unwrap_or(main);
        let mut chars = first.saturating_sub(1) as usize;
        let mut this = Self { text: "\n".repeat(chars), places: vec![None; pointers.len()], cut: false };
        for number in first..=last {
            let line = source.line(number);
            let here = || pointers.iter().enumerate().filter(|(_, p)| place(p).0 == number);
            let column = here().next().map_or(0, |(_, p)| place(p).1 as usize);
            let shown = window(line, column);
            let cut_before = shown.start > 0;
            this.cut |= cut_before && number == main;
            for (i, pointer) in here() {
                let start = (place(pointer).1 as usize).clamp(shown.start, shown.end);
                let length = (pointer.span.end.saturating_sub(pointer.span.start)) as usize;
                let end = start.saturating_add(length).clamp(start, shown.end);
                let count = |range: Range<usize>| line.get(range).map_or(0, |part| part.chars().count());
                let from = chars + usize::from(cut_before) + count(shown.start..start);
                this.places[i] = Some(from..from + count(start..end).max(1));
            }
            let before = this.text.len();
            if cut_before {
                this.text.push('…');
            }
            this.text.extend(line[shown.clone()].chars().map(visible));
            if shown.end < line.len() {
                this.text.push('…');
            }
            // Room for a label behind the end of the line.
            this.text.push(' ');
            chars += this.text[before..].chars().count() + 1;
            this.text.push('\n');
        }
        this
    }
}

/// Renders an excerpt: a headline, the lines with their labels, then notes and advice.
pub fn render(
    source: &Source,
    head: (&str, &str, Option<String>),
    pointers: &[Pointer],
    help: Option<&str>,
    color: bool,
) -> String {
    let excerpt = Excerpt::new(source, pointers);
    let name: String = source.name.chars().map(visible).collect();
    let (kind, message, code) = head;
    let main = excerpt.places.first().cloned().flatten().unwrap_or(0..1);
    let config = Config::default().with_color(color);
    let main_color = match kind {
        "warning" => Color::Yellow,
        "hint" => Color::Blue,
        _ => Color::Red,
    };
    let mut report =
        Report::build(ReportKind::Custom(kind, main_color), (name.clone(), main)).with_config(config);
    report.set_message(first_line(message));
    if let Some(code) = code {
        report = report.with_code(code);
    }
    // In the order of the text: ariadne would repeat its headline for a label further up.
    let mut labels: Vec<_> = pointers
        .iter()
        .zip(&excerpt.places)
        .enumerate()
        .filter_map(|(i, (pointer, place))| Some((place.as_ref()?, i, pointer)))
        .collect();
    labels.sort_by_key(|(place, i, _)| (place.start, *i));
    for (place, i, pointer) in labels {
        // A label without words would be color alone.
        let text = if pointer.text.is_empty() { "here".into() } else { first_line(&pointer.text) };
        let label = Label::new((name.clone(), place.clone()))
            .with_color(if i == 0 { main_color } else { Color::Cyan })
            .with_priority(i32::from(i == 0))
            .with_message(text);
        report.add_label(label);
    }
    if let Some(help) = help {
        report.set_help(help);
    }
    let shown = ariadne::Source::from(excerpt.text.as_str());
    let mut out = Vec::new();
    // Writing to memory cannot fail.
    let _ = report.finish().write((name, shown), &mut out);
    let text = String::from_utf8_lossy(&out);
    // ariadne colors the kind of a report whatever its configuration says.
    let text = if color { text.into_owned() } else { uncolored(&text) };
    let text = with_true_column(&text, source, pointers.first(), &excerpt);
    text.lines().map(str::trim_end).flat_map(|line| [line, "\n"]).collect()
}

/// Where the line was cut, ariadne's column is that of the window.
fn with_true_column(text: &str, source: &Source, main: Option<&Pointer>, excerpt: &Excerpt) -> String {
    let Some(main) = main.filter(|_| excerpt.cut) else { return text.to_owned() };
    let (line, column) = source.line_column(main.span.start);
    let before = source.line(line).get(..column as usize);
    let column = before.map_or(column as usize, |before| before.chars().count()) + 1;
    let place = format!(":{line}:");
    let Some((head, rest)) = text.split_once(&place) else { return text.to_owned() };
    format!("{head}{place}{column}{}", rest.trim_start_matches(|c: char| c.is_ascii_digit()))
}

/// Without escape sequences; the source's own were replaced before.
fn uncolored(text: &str) -> String {
    let mut parts = text.split('\x1b');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str(part.split_once('m').map_or(part, |(_, rest)| rest));
    }
    out
}

/// A message fit for a label: one line, not too long.
fn first_line(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    let mut short: String = line.chars().take(MAX_LINE).map(visible).collect();
    if short.len() < text.len() && line.chars().count() > MAX_LINE || text.lines().nth(1).is_some() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::{Pointer, render};
    use crate::source::{Source, Span};

    fn shown(text: &str, span: Span) -> String {
        let pointers = [Pointer { span, text: "here".into() }];
        render(&Source::new("a.aio", text), ("SyntaxError", "wrong", None), &pointers, None, false)
    }

    #[test]
    fn a_huge_line_is_cut_around_the_label() {
        let text = format!("x = {}!{}\n", "1 + ".repeat(1_000_000), "y ".repeat(1_000_000));
        let at = u32::try_from(4 + 4_000_000).unwrap_or(0);
        let out = shown(&text, Span::new(at, at + 1));
        assert!(out.len() < 3000, "{}", out.len());
        assert!(out.contains("1 + !y y"), "{out}");
    }

    #[test]
    fn the_margin_numbers_the_lines_of_the_source() {
        let out = shown(&format!("{}x = )\n", "\n".repeat(1233)), Span::new(1237, 1238));
        assert!(out.contains("a.aio:1234:5") && out.contains("\n 1234 │ x = )\n"), "{out}");
    }

    #[test]
    fn control_characters_are_shown() {
        let out = shown("a = \x1b[31m 'x'\u{202e}\n", Span::new(4, 5));
        assert!(!out.contains('\x1b') && out.contains('␛') && !out.contains('\u{202e}'), "{out}");
    }

    #[test]
    fn the_end_of_a_source_can_be_pointed_at() {
        let out = shown("f(", Span::new(2, 2));
        assert!(out.contains("a.aio:1:3") && out.contains("here"), "{out}");
        assert!(shown("", Span::new(0, 0)).contains("here"));
    }
}
