//! An exception that nobody caught, as data: what its rendering needs, without values of the language.

use super::Diagnostic;
use crate::source::{SourceId, Span};

/// One frame that an exception passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameLine {
    pub source: SourceId,
    pub span: Span,
    /// The function's qualified name; `<module>` for the top level.
    pub function: String,
    /// The name of the task it ran in, if that was left by the exception.
    pub task: Option<String>,
}

/// An exception with everything that hangs on it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExceptionReport {
    /// As a traceback names it: with its module, unless that is the script or built in.
    pub type_name: String,
    pub message: String,
    pub notes: Vec<String>,
    /// Outermost first.
    pub frames: Vec<FrameLine>,
    pub cause: Option<Box<ExceptionReport>>,
    pub context: Option<Box<ExceptionReport>>,
    /// `raise ... from ...` was used: the context is not shown.
    pub suppress_context: bool,
    /// The members of an exception group.
    pub group: Vec<ExceptionReport>,
    /// What else is known about how it came to be, a sentence each.
    pub remarks: Vec<String>,
    /// What is said at the place where it was raised.
    pub label: String,
    /// One line of advice.
    pub help: Option<String>,
    /// Of a SyntaxError: the mistakes in the source that could not be read.
    pub mistakes: Vec<Diagnostic>,
    /// The whole of it in CPython's layout, if that was asked for.
    pub traceback: Option<String>,
}

impl ExceptionReport {
    /// The last line of its traceback, as CPython writes it.
    #[must_use]
    pub fn last_line(&self) -> String {
        if self.message.is_empty() {
            self.type_name.clone()
        } else {
            format!("{}: {}", self.type_name, self.message)
        }
    }

    /// The exception that led to this one, and how.
    #[must_use]
    pub fn earlier(&self) -> Option<(&ExceptionReport, &'static str)> {
        if let Some(cause) = &self.cause {
            return Some((cause, "caused by"));
        }
        match &self.context {
            Some(context) if !self.suppress_context => Some((context, "raised while handling")),
            _ => None,
        }
    }
}
