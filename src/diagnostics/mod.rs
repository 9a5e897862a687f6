//! Diagnostics as data: what the front end has to say about a source. Rendering lives in `render.rs` and `excerpt.rs`.

mod exception;
#[cfg(feature = "cli")]
mod excerpt;
pub mod python;
#[cfg(feature = "cli")]
pub mod render;
mod words;

pub use exception::{ExceptionReport, FrameLine};

use crate::source::{SourceId, Span};

/// A diagnostic's kind, shown as `E0101`; the first two digits name the stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErrorCode(pub u16);

impl std::fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "E{:04}", self.0)
    }
}

/// A place that helps to understand a diagnostic, with what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    pub span: Span,
    pub text: String,
}

/// One mistake in a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    pub code: ErrorCode,
    /// The exception that CPython raises for it: `SyntaxError`, `IndentationError`, `TabError`.
    pub kind: &'static str,
    /// CPython's words where it has some: `'return' outside function`.
    pub message: String,
    pub source: SourceId,
    pub span: Span,
    /// What to write at the span; empty for none.
    pub label: String,
    pub others: Vec<Label>,
    /// One line of advice.
    pub help: Option<String>,
}

impl Diagnostic {
    #[must_use]
    pub fn new(code: u16, source: SourceId, span: Span, message: impl Into<String>) -> Self {
        let message = message.into();
        let (label, help) = words::of(&message);
        Self {
            code: ErrorCode(code),
            kind: "SyntaxError",
            message,
            source,
            span,
            label: label.into(),
            others: Vec::new(),
            help: (!help.is_empty()).then(|| help.into()),
        }
    }

    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    #[must_use]
    pub fn with_label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    #[must_use]
    pub fn with_other(mut self, span: Span, text: impl Into<String>) -> Self {
        self.others.push(Label { span, text: text.into() });
        self
    }
}
