//! The report that build servers read: JUnit's XML, as far as its readers agree on it.

use std::fmt::Write as _;

/// One test as the report shows it.
pub struct Entry {
    pub name: String,
    /// In seconds.
    pub took: f64,
    /// Why it failed.
    pub failure: Option<String>,
}

/// The whole document; `took` is in seconds.
#[must_use]
pub fn report(entries: &[Entry], took: f64) -> String {
    let failures = entries.iter().filter(|entry| entry.failure.is_some()).count();
    let counts =
        format!("tests=\"{}\" failures=\"{failures}\" errors=\"0\" time=\"{took:.3}\"", entries.len());
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    // Writing to a string cannot fail.
    let _ = writeln!(text, "<testsuites name=\"aio\" {counts}>\n  <testsuite name=\"aio\" {counts}>");
    for Entry { name, took, failure } in entries {
        let (class, name) = name.rsplit_once('/').unwrap_or(("", name));
        let (class, name) = (escape(class), escape(name));
        let _ = write!(text, "    <testcase classname=\"{class}\" name=\"{name}\" time=\"{took:.3}\"");
        let _ = match failure {
            None => writeln!(text, "/>"),
            Some(why) => {
                let first = escape(why.lines().next().unwrap_or_default());
                let why = escape(why);
                writeln!(text, ">\n      <failure message=\"{first}\">{why}</failure>\n    </testcase>")
            }
        };
    }
    text.push_str("  </testsuite>\n</testsuites>\n");
    text
}

/// Text inside XML. Control characters have no place there, not even escaped.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\t' => escaped.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}
