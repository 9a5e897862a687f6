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

/// A diagnostic's kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorCode {
    /// A source that is no program; shown as `E0101`, the first two digits name the stage.
    Mistake(u16),
    /// A rule of `aio check`; shown as `A101`.
    Rule(u16),
}

impl std::fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Mistake(number) => write!(f, "E{number:04}"),
            Self::Rule(number) => write!(f, "A{number:03}"),
        }
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
    /// The exception that CPython raises for it: `SyntaxError`, `IndentationError`, `TabError`; of a rule's finding
    /// `error`, `warning` or `hint`.
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
            code: ErrorCode::Mistake(code),
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
