//! What `aio check` finds, for programs to read.

use crate::diagnostics::Diagnostic;
use crate::lint::{Finding, RULES};
use crate::source::{SourceId, SourceMap, Span};
use std::fmt::Write as _;

/// A file, and what was found in it.
pub struct Checked {
    pub source: SourceId,
    /// Or the mistakes for which it is no program.
    pub result: Result<Vec<Finding>, Vec<Diagnostic>>,
}

impl Checked {
    pub fn count(&self) -> usize {
        self.result.as_ref().map_or_else(Vec::len, Vec::len)
    }

    /// How many findings have a fix.
    pub fn mendable(&self) -> usize {
        self.result.as_ref().map_or(0, |all| all.iter().filter(|f| !f.fix.is_empty()).count())
    }

    fn diagnostics(&self) -> Vec<Diagnostic> {
        match &self.result {
            Ok(findings) => findings.iter().map(|f| f.diagnostic(self.source)).collect(),
            Err(mistakes) => mistakes.clone(),
        }
    }
}

/// One entry of a report; lines and columns count from 1, columns in characters.
struct Entry {
    file: String,
    code: String,
    severity: &'static str,
    message: String,
    help: Option<String>,
    start: (u32, u32),
    end: (u32, u32),
}

fn entries(all: &[Checked], sources: &SourceMap) -> Vec<Entry> {
    let of = |d: Diagnostic| Entry {
        file: sources.get(d.source).name.clone(),
        code: d.code.to_string(),
        severity: if matches!(d.kind, "warning" | "hint") { d.kind } else { "error" },
        start: position(sources, d.source, d.span.start),
        end: position(sources, d.source, d.span.end),
        message: d.message,
        help: d.help,
    };
    all.iter().flat_map(Checked::diagnostics).map(of).collect()
}

fn position(sources: &SourceMap, source: SourceId, offset: u32) -> (u32, u32) {
    let source = sources.get(source);
    let Span { start, .. } = Span::new(offset.min(u32::try_from(source.text.len()).unwrap_or(u32::MAX)), 0);
    let (line, column) = source.line_column(start);
    let before =
        source.line(line).get(..column as usize).map_or(column as usize, |text| text.chars().count());
    (line, u32::try_from(before).unwrap_or(u32::MAX) + 1)
}

/// A string of JSON.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            // Writing to a string cannot fail, here and below.
            c if c.is_control() => drop(write!(out, "\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A list of objects: file, code, severity, message, help, line, column, end_line, end_column.
pub fn json(all: &[Checked], sources: &SourceMap) -> String {
    let objects: Vec<String> = entries(all, sources)
        .iter()
        .map(|e| {
            format!(
                "  {{\"file\": {}, \"code\": {}, \"severity\": {}, \"message\": {}, \"help\": {}, \"line\": {}, \
                 \"column\": {}, \"end_line\": {}, \"end_column\": {}}}",
                quoted(&e.file),
                quoted(&e.code),
                quoted(e.severity),
                quoted(&e.message),
                e.help.as_ref().map_or("null".into(), |help| quoted(help)),
                e.start.0,
                e.start.1,
                e.end.0,
                e.end.1
            )
        })
        .collect();
    if objects.is_empty() { "[]\n".into() } else { format!("[\n{}\n]\n", objects.join(",\n")) }
}

/// Static Analysis Results Interchange Format 2.1.0 (OASIS), one run.
pub fn sarif(all: &[Checked], sources: &SourceMap) -> String {
    let rules: Vec<String> = RULES
        .iter()
        .map(|rule| {
            format!(
                "{{\"id\": {}, \"name\": {}, \"shortDescription\": {{\"text\": {}}}, \"fullDescription\": {{\"text\": {}}}}}",
                quoted(&rule.id()),
                quoted(rule.name),
                quoted(rule.summary),
                quoted(rule.why)
            )
        })
        .collect();
    let results: Vec<String> = entries(all, sources)
        .iter()
        .map(|e| {
            let level = if e.severity == "hint" { "note" } else { e.severity };
            format!(
                "{{\"ruleId\": {}, \"level\": {}, \"message\": {{\"text\": {}}}, \"locations\": [{{\"physicalLocation\": \
                 {{\"artifactLocation\": {{\"uri\": {}}}, \"region\": {{\"startLine\": {}, \"startColumn\": {}, \
                 \"endLine\": {}, \"endColumn\": {}}}}}}}]}}",
                quoted(&e.code),
                quoted(level),
                quoted(&e.message),
                quoted(&e.file.replace('\\', "/")),
                e.start.0,
                e.start.1,
                e.end.0,
                e.end.1
            )
        })
        .collect();
    format!(
        "{{\n\"$schema\": \"https://json.schemastore.org/sarif-2.1.0.json\",\n\"version\": \"2.1.0\",\n\"runs\": [{{\n\"tool\": \
         {{\"driver\": {{\"name\": \"aio\", \"version\": {}, \"rules\": [\n{}\n]}}}},\n\"results\": [\n{}\n]\n}}]\n}}\n",
        quoted(env!("CARGO_PKG_VERSION")),
        rules.join(",\n"),
        results.join(",\n")
    )
}

/// Commands of GitHub's workflows, a line each.
pub fn github(all: &[Checked], sources: &SourceMap) -> String {
    let data = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
    let mut out = String::new();
    for e in entries(all, sources) {
        let level = if e.severity == "hint" { "notice" } else { e.severity };
        let _ = writeln!(
            out,
            "::{level} file={},line={},col={},endLine={},endColumn={},title={}::{}",
            property(&e.file),
            e.start.0,
            e.start.1,
            e.end.0,
            e.end.1,
            property(&e.code),
            data(&e.message)
        );
    }
    out
}
