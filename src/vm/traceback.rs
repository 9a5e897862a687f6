//! Tracebacks as data: the frames an exception passed, resolved to sources and spans when somebody looks.

use super::Vm;
use crate::heap::{Gc, Value};
use crate::objects::{Exception, Task, Traceback};
use crate::source::{SourceId, Span};

/// One frame of a traceback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TracebackLine {
    pub source: SourceId,
    pub span: Span,
    /// The function's name as CPython prints it.
    pub function: String,
    /// The task that it ran in, if the exception ended that.
    pub task: Option<Gc<Task>>,
}

impl Vm {
    /// The frames of an exception's traceback, outermost first.
    #[must_use]
    pub fn traceback_lines(&self, exc: Value) -> Vec<TracebackLine> {
        let Some(traceback) = exc.cast::<Exception>().and_then(|e| e.traceback.cast::<Traceback>()) else {
            return Vec::new();
        };
        let mut lines: Vec<TracebackLine> = traceback
            .entries
            .iter()
            .map(|e| TracebackLine {
                source: e.code.plain.source,
                span: e.code.plain.spans.get(e.pc as usize).copied().unwrap_or(e.code.plain.span),
                function: e.code.qualname.as_str().to_owned(),
                task: None,
            })
            .collect();
        let mut begin = 0;
        for &(end, task) in &traceback.tasks {
            let end = (end as usize).clamp(begin, lines.len());
            for line in &mut lines[begin..end] {
                line.task = task.cast();
            }
            begin = end;
        }
        if let Some(first) = lines.first_mut() {
            first.span = self.narrowed(exc, first.source, first.span);
        }
        lines.reverse();
        lines
    }

    /// The span to blame: of a call, whose name is looked up by the same op, only the name if that is not defined.
    #[must_use]
    pub fn narrowed(&self, exc: Value, source: SourceId, span: Span) -> Span {
        if !exc.is::<Exception>() || !self.is_instance_of(exc, self.exceptions.NameError) {
            return span;
        }
        let Some(name) = self.exception_field(exc, 0).and_then(Value::as_str) else { return span };
        let text = self.sources.get(source).slice(span);
        match text.strip_prefix(name.as_str()) {
            Some(rest) if rest.trim_start().starts_with('(') => {
                Span::new(span.start, span.end - u32::try_from(rest.len()).unwrap_or(0))
            }
            _ => span,
        }
    }

    /// An exception as CPython's tracebacks show it: what the module `traceback` writes. `None` if that fails.
    pub fn python_traceback(&mut self, exc: Value) -> Option<String> {
        let roots = self.roots.len();
        self.root(exc);
        let text = self.format_exception(exc);
        self.roots.truncate(roots);
        text
    }

    fn format_exception(&mut self, exc: Value) -> Option<String> {
        let module = self.import_module("traceback").ok()?;
        let lines = self.call_method(module, "format_exception", &[exc]).ok()?;
        let lines = lines.cast::<crate::objects::List>()?;
        Some(lines.items.iter().filter_map(|line| line.as_str()).map(Gc::text).collect())
    }

    /// Where the running code is: the op of the activation on top.
    #[must_use]
    pub fn current_line(&self) -> Option<TracebackLine> {
        let act = self.activations.last()?;
        let at = act.pc().saturating_sub(1) as usize;
        Some(TracebackLine {
            source: act.code.plain.source,
            span: act.code.plain.spans.get(at).copied().unwrap_or_default(),
            function: act.code.qualname.as_str().to_owned(),
            task: None,
        })
    }
}
