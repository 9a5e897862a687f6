//! Where text comes from: sources, and spans into them. Imports nothing.

use std::sync::Arc;

/// Which source a span points into; an index into [`SourceMap`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct SourceId(pub u32);

/// A half-open range of bytes in one source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Span {
    pub start: u32,
    pub end: u32,
}

impl Span {
    #[must_use]
    pub const fn new(start: u32, end: u32) -> Self {
        Self { start, end }
    }

    /// The smallest span that holds both.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

/// One text with the name it is shown under.
#[derive(Debug)]
pub struct Source {
    /// What errors call it: a path as it was given, `<string>`, `<stdin>`.
    pub name: String,
    pub text: String,
    /// The byte offset at which each line starts; the first is 0.
    line_starts: Vec<u32>,
}

impl Source {
    #[must_use]
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        let text = text.into();
        let mut line_starts = vec![0];
        let breaks = memchr::memchr_iter(b'\n', text.as_bytes());
        line_starts.extend(breaks.map(|i| u32::try_from(i + 1).unwrap_or(u32::MAX)));
        Self { name: name.into(), text, line_starts }
    }

    /// Whether somebody wrote it for this program: not a module that ships inside the binary.
    #[must_use]
    pub fn is_script(&self) -> bool {
        !self.name.starts_with('<') || self.name == "<string>" || self.name.starts_with("<stdin")
    }

    /// The line (from 1) and column (bytes, from 0) of a byte offset.
    #[must_use]
    pub fn line_column(&self, offset: u32) -> (u32, u32) {
        let line = self.line_starts.partition_point(|&s| s <= offset).max(1);
        let start = self.line_starts[line - 1];
        (u32::try_from(line).unwrap_or(u32::MAX), offset - start.min(offset))
    }

    /// The text of a span; empty for one that does not fit.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    /// The text of a line (from 1), without its line break.
    #[must_use]
    pub fn line(&self, line: u32) -> &str {
        let i = (line.max(1) - 1) as usize;
        let Some(&start) = self.line_starts.get(i) else { return "" };
        let end = self.line_starts.get(i + 1).map_or(self.text.len(), |&e| e as usize);
        self.text[start as usize..end].trim_end_matches(['\n', '\r'])
    }
}

/// Every source that one interpreter has read.
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    sources: Vec<Arc<Source>>,
}

impl SourceMap {
    pub fn add(&mut self, source: Source) -> SourceId {
        self.sources.push(Arc::new(source));
        SourceId(u32::try_from(self.sources.len() - 1).unwrap_or(u32::MAX))
    }

    /// The latest source of that name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&Arc<Source>> {
        self.sources.iter().rev().find(|source| source.name == name)
    }

    /// The same with its id.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<(SourceId, Arc<Source>)> {
        let at = self.sources.iter().rposition(|source| source.name == name)?;
        Some((SourceId(u32::try_from(at).ok()?), Arc::clone(&self.sources[at])))
    }

    /// # Panics
    /// If the id comes from another map.
    #[must_use]
    pub fn get(&self, id: SourceId) -> &Arc<Source> {
        &self.sources[id.0 as usize]
    }
}
