//! Diagnostics and uncaught exceptions as text for a terminal. The last line is always CPython's.

use super::excerpt::{self, Pointer, visible};
use super::{Diagnostic, ExceptionReport, FrameLine};
use crate::source::SourceMap;
use std::fmt::Write;

/// How many frames are shown before and after a gap.
const FRAMES_SHOWN: usize = 20;
/// Cycles of calls up to this length are folded.
const MAX_CYCLE: usize = 6;
const MAX_GROUP_WIDTH: usize = 15;
const MAX_GROUP_DEPTH: usize = 10;

/// One mistake in a source: an excerpt with labels, then the line that CPython ends with.
#[must_use]
pub fn diagnostic(diagnostic: &Diagnostic, sources: &SourceMap, color: bool) -> String {
    let mut out = finding(diagnostic, sources, color);
    // Writing to a string cannot fail, here and below.
    let _ = writeln!(out, "{}: {}", diagnostic.kind, diagnostic.message);
    out
}

/// The same without CPython's line: what `aio check` shows.
#[must_use]
pub fn finding(diagnostic: &Diagnostic, sources: &SourceMap, color: bool) -> String {
    let source = sources.get(diagnostic.source);
    let mut pointers = vec![Pointer { span: diagnostic.span, text: diagnostic.label.clone() }];
    pointers.extend(diagnostic.others.iter().map(|l| Pointer { span: l.span, text: l.text.clone() }));
    let head = (diagnostic.kind, diagnostic.message.as_str(), Some(diagnostic.code.to_string()));
    excerpt::render(source, head, &pointers, diagnostic.help.as_deref(), color)
}

/// All mistakes of a source, the first one last: nearest to where the reader's eyes are.
#[must_use]
pub fn diagnostics(all: &[Diagnostic], sources: &SourceMap, color: bool) -> String {
    const SHOWN: usize = 20;
    let mut out = String::new();
    if all.len() > SHOWN {
        let _ = writeln!(out, "({} more errors)\n", all.len() - SHOWN);
    }
    let texts: Vec<String> = all.iter().take(SHOWN).rev().map(|d| diagnostic(d, sources, color)).collect();
    out.push_str(&texts.join("\n"));
    out
}

/// An uncaught exception: where it was raised, the way back through its callers and tasks, then as a tree what it
/// holds and what led to it.
#[must_use]
pub fn exception(report: &ExceptionReport, sources: &SourceMap, color: bool) -> String {
    if let Some(text) = &report.traceback {
        return text.clone();
    }
    let mut out = String::new();
    let main = report.frames.iter().find_map(|f| f.task.as_ref());
    Writer { sources, color, main, out: &mut out }.chain(report, 0);
    out
}

struct Writer<'a> {
    sources: &'a SourceMap,
    color: bool,
    /// The task that the whole report ends in.
    main: Option<&'a String>,
    out: &'a mut String,
}

impl Writer<'_> {
    fn chain(&mut self, report: &ExceptionReport, depth: usize) {
        self.frames(report);
        self.mistakes(report);
        if !report.group.is_empty() {
            self.group(report, depth);
        }
        self.earlier(report, depth);
        for remark in &report.remarks {
            let _ = writeln!(self.out, "  {remark}");
        }
        let _ = writeln!(self.out, "{}", report.last_line());
        for note in &report.notes {
            let _ = writeln!(self.out, "{note}");
        }
    }

    /// In a source that could not be read.
    fn mistakes(&mut self, report: &ExceptionReport) {
        if !report.mistakes.is_empty() {
            // The last line is the exception's own.
            let text = diagnostics(&report.mistakes, self.sources, self.color);
            let cut = text.trim_end().rfind('\n').map_or(0, |at| at + 1);
            self.out.push_str(&text[..cut]);
        }
    }

    /// What led to it, the nearest first: a branch each, side by side, however long the chain is.
    fn earlier(&mut self, report: &ExceptionReport, depth: usize) {
        let mut next = report.earlier();
        let some = next.is_some();
        while let Some((earlier, how)) = next {
            let _ = writeln!(self.out, "  ├─ {how}");
            let alone = ExceptionReport { cause: None, context: None, ..earlier.clone() };
            self.branch(&alone, depth);
            next = earlier.earlier();
        }
        if some {
            let _ = writeln!(self.out, "  ╰─");
        }
    }

    /// A report, indented by a line that holds it together.
    fn branch(&mut self, report: &ExceptionReport, depth: usize) {
        let mut inner = String::new();
        let Self { sources, color, main, .. } = *self;
        Writer { sources, color, main, out: &mut inner }.chain(report, depth + 1);
        for line in inner.lines() {
            let _ = writeln!(self.out, "{}", format!("  │ {line}").trim_end());
        }
    }

    fn is_script(&self, frame: &FrameLine) -> bool {
        self.sources.get(frame.source).is_script()
    }

    fn frames(&mut self, report: &ExceptionReport) {
        let Some(last) = report.frames.iter().rposition(|f| self.is_script(f)) else {
            if let Some(help) = &report.help {
                let _ = writeln!(self.out, "  Help: {help}");
            }
            return;
        };
        let frame = &report.frames[last];
        let pointers = [Pointer { span: frame.span, text: report.label.clone() }];
        let mut place = function(frame);
        // The main task is no news.
        if let Some(task) = frame.task.as_ref().filter(|&task| Some(task) != self.main) {
            let _ = write!(place, ", task '{task}'");
        }
        let head = (report.type_name.as_str(), place.as_str(), None);
        self.out.push_str(&excerpt::render(
            self.sources.get(frame.source),
            head,
            &pointers,
            report.help.as_deref(),
            self.color,
        ));
        // From the inside out, as one follows the calls back.
        let callers: Vec<&FrameLine> =
            report.frames[..last].iter().rev().filter(|f| self.is_script(f)).collect();
        let rows = fold(&callers);
        let gap = rows.len().saturating_sub(2 * FRAMES_SHOWN);
        let mut task = &frame.task;
        for (i, row) in rows.iter().enumerate() {
            if gap > 0 && (FRAMES_SHOWN..FRAMES_SHOWN + gap).contains(&i) {
                if i == FRAMES_SHOWN {
                    let _ = writeln!(self.out, "    ... {gap} more frames");
                }
                continue;
            }
            match *row {
                Row::Frame(frame) => {
                    if frame.task != *task {
                        self.leaving(task.as_deref(), frame.task.as_deref());
                        task = &frame.task;
                    }
                    self.caller(frame);
                }
                Row::Repeated { frames: 1, times } => {
                    let _ = writeln!(self.out, "    ... the same frame {times} more times");
                }
                Row::Repeated { frames, times } => {
                    let _ = writeln!(self.out, "    ... the same {frames} frames {times} more times");
                }
            }
        }
    }

    /// Where the exception went from one task into another.
    fn leaving(&mut self, from: Option<&str>, to: Option<&str>) {
        if let (Some(from), Some(to)) = (from, to) {
            let _ = writeln!(self.out, "  task '{from}' was awaited by task '{to}'");
        }
    }

    fn caller(&mut self, frame: &FrameLine) {
        let source = self.sources.get(frame.source);
        let (line, column) = source.line_column(frame.span.start);
        let text = source.line(line);
        let shown: String = text.trim().chars().take(120).map(visible).collect();
        // Columns are counted in characters, like the excerpt's.
        let before = text.get(..column as usize).unwrap_or_default();
        let column = if before.len() > 10_000 { before.len() } else { before.chars().count() } + 1;
        let _ = writeln!(self.out, "  {} at {}:{line}:{column}", function(frame), source.name);
        let _ = writeln!(self.out, "    {shown}");
    }

    /// The members, each indented by a line that holds them together.
    fn group(&mut self, report: &ExceptionReport, depth: usize) {
        if depth >= MAX_GROUP_DEPTH {
            let _ = writeln!(self.out, "  ... (max_group_depth is {MAX_GROUP_DEPTH})");
            return;
        }
        let total = report.group.len();
        for (i, member) in report.group.iter().take(MAX_GROUP_WIDTH).enumerate() {
            let _ = writeln!(self.out, "  ├─ {} of {total}", i + 1);
            self.branch(member, depth);
        }
        if total > MAX_GROUP_WIDTH {
            let more = total - MAX_GROUP_WIDTH;
            let _ = writeln!(self.out, "  ├─ and {more} more exception{}", if more == 1 { "" } else { "s" });
        }
        let _ = writeln!(self.out, "  ╰─");
    }
}

fn function(frame: &FrameLine) -> String {
    if frame.function == "<module>" { "at the top level".into() } else { format!("in {}", frame.function) }
}

enum Row<'a> {
    Frame(&'a FrameLine),
    /// The rows before stand for this many more.
    Repeated {
        frames: usize,
        times: usize,
    },
}

/// Folds what recursion repeats: `a b a b a b` becomes `a b` and a count.
fn fold<'a>(frames: &[&'a FrameLine]) -> Vec<Row<'a>> {
    let mut rows = Vec::new();
    let mut at = 0;
    while at < frames.len() {
        let repeats = |cycle: usize| {
            let first = &frames[at..(at + cycle).min(frames.len())];
            frames[at..].chunks_exact(cycle).skip(1).take_while(|chunk| *chunk == first).count()
        };
        let best = (1..=MAX_CYCLE).map(|cycle| (cycle, repeats(cycle))).find(|&(_, times)| times >= 3);
        let Some((cycle, times)) = best else {
            rows.push(Row::Frame(frames[at]));
            at += 1;
            continue;
        };
        rows.extend(frames[at..at + cycle].iter().map(|f| Row::Frame(f)));
        rows.push(Row::Repeated { frames: cycle, times });
        at += cycle * (times + 1);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::exception;
    use crate::diagnostics::{ExceptionReport, FrameLine};
    use crate::source::{Source, SourceMap, Span};

    fn setup() -> (SourceMap, impl Fn(u32, u32, &str) -> FrameLine) {
        let mut sources = SourceMap::default();
        let source = sources.add(Source::new("a.aio", "def f():\n    return f()\n\nf()\n"));
        (sources, move |start, end, function: &str| FrameLine {
            source,
            span: Span::new(start, end),
            function: function.into(),
            task: None,
        })
    }

    fn report(name: &str, message: &str, frames: Vec<FrameLine>) -> ExceptionReport {
        ExceptionReport { type_name: name.into(), message: message.into(), frames, ..Default::default() }
    }

    #[test]
    fn recursion_is_folded() {
        let (sources, frame) = setup();
        let mut frames = vec![frame(25, 28, "<module>")];
        frames.extend((0..998).map(|_| frame(20, 23, "f")));
        let text =
            exception(&report("RecursionError", "maximum recursion depth exceeded", frames), &sources, false);
        assert!(text.contains("... the same frame 996 more times"), "{text}");
        assert!(text.contains("  at the top level at a.aio:4:1\n    f()\n"), "{text}");
        assert!(text.ends_with("\nRecursionError: maximum recursion depth exceeded\n"), "{text}");
    }

    #[test]
    fn causes_and_groups_are_boxed() {
        let (sources, frame) = setup();
        let mut group = report("ExceptionGroup", "two (2 sub-exceptions)", vec![frame(25, 28, "<module>")]);
        group.group = vec![report("ValueError", "x", Vec::new()), report("KeyError", "'y'", Vec::new())];
        group.cause = Some(Box::new(report("OSError", "", Vec::new())));
        group.notes = vec!["a note".into()];
        let text = exception(&group, &sources, false);
        assert!(
            text.contains("  ├─ 2 of 2\n  │ KeyError: 'y'\n  ╰─\n  ├─ caused by\n  │ OSError\n  ╰─\n"),
            "{text}"
        );
    }
}
