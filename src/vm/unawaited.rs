//! Coroutines that nobody awaits: where each was made, until it begins; what is told once nothing can begin it.

use super::Vm;
use crate::heap::{Gc, Kind, Survivors, Tracer, Value};
use crate::objects::{CodeObject, Frame, FrameState};
use std::io::Write;

/// A coroutine, and the op that made it.
struct Made {
    /// Not held: whether anything else does is the question.
    frame: Gc<Frame>,
    code: Gc<CodeObject>,
    pc: u32,
}

/// A coroutine that is gone.
struct Lost {
    function: String,
    code: Gc<CodeObject>,
    pc: u32,
}

#[derive(Default)]
pub(crate) struct Unawaited {
    made: Vec<Made>,
    lost: Vec<Lost>,
}

impl Unawaited {
    /// Remembers a coroutine that is not awaited at once.
    #[inline]
    pub fn push(&mut self, frame: Gc<Frame>, code: Gc<CodeObject>, pc: u32) {
        self.made.push(Made { frame, code, pc });
    }

    /// A task will begin it. As a rule it is the last one made.
    #[inline]
    pub fn taken(&mut self, coroutine: Value) {
        if self.made.last().is_some_and(|made| made.frame.value() == coroutine) {
            self.made.pop();
        }
    }

    pub fn trace(&self, tracer: &mut Tracer) {
        for made in &self.made {
            tracer.gc(made.code);
        }
        for lost in &self.lost {
            tracer.gc(lost.code);
        }
    }

    /// Between marking and sweeping: lets go of what began, and finds what nothing refers to.
    pub fn after_marking(&mut self, survivors: &Survivors) {
        let Self { made, lost } = self;
        made.retain(|made| {
            let new = made.frame.state() == FrameState::Created;
            let held = survivors.holds(made.frame);
            if new && !held {
                lost.push(made.lost());
            }
            new && held
        });
        if made.capacity() > 4 * made.len() + 1024 {
            made.shrink_to(2 * made.len());
        }
    }

    #[must_use]
    pub fn has_lost(&self) -> bool {
        !self.lost.is_empty()
    }
}

impl Made {
    fn lost(&self) -> Lost {
        let function = self.frame.function.code.qualname.as_str().to_owned();
        Lost { function, code: self.code, pc: self.pc }
    }
}

impl Vm {
    /// A call made a coroutine: it should be awaited some time.
    #[inline]
    pub(super) fn coroutine_made(&mut self, frame: Gc<Frame>) {
        if frame.header.kind() == Kind::Coroutine
            && let Some(act) = self.activations.last()
        {
            self.unawaited.push(frame, act.code, act.pc());
        }
    }

    /// Tells of coroutines that were lost before they began, on stderr; at the program's end (`all`) of those too that
    /// something still refers to. In CPython's words, but when the loop closes or waits, not when they are lost.
    pub fn report_unawaited(&mut self, all: bool) {
        if all {
            let made = std::mem::take(&mut self.unawaited.made);
            let new = made.iter().filter(|made| made.frame.state() == FrameState::Created);
            self.unawaited.lost.extend(new.map(Made::lost));
        }
        for lost in std::mem::take(&mut self.unawaited.lost) {
            let source = self.sources.get(lost.code.plain.source).clone();
            let span = lost.code.plain.spans.get(lost.pc.saturating_sub(1) as usize).copied();
            let (line, _) = source.line_column(span.unwrap_or(lost.code.plain.span).start);
            let message = format!("coroutine '{}' was never awaited", lost.function);
            if !self.warned(&message, &source.name, line) {
                let _ = self.host.stdout.flush();
                let place =
                    format!("{}:{line}: RuntimeWarning: {message} (see: aio explain A101)", source.name);
                let _ = writeln!(self.host.stderr, "{place}\n  {}", source.line(line).trim());
            }
        }
    }

    /// Leaves a warning to the `warnings` module, if the script uses that.
    fn warned(&mut self, message: &str, file: &str, line: u32) -> bool {
        let name = self.intern("warnings");
        let Some(module) = self.modules.table.get_str(name) else { return false };
        let roots = self.roots.len();
        self.root(module);
        let message = self.str(message);
        self.root(message);
        let file = self.str(file);
        self.root(file);
        let category = self.exceptions.RuntimeWarning.value();
        let args = [message, category, file, Value::int(i64::from(line))];
        let outcome = self.call_method(module, "warn_explicit", &args);
        self.roots.truncate(roots);
        // A filter may make it an exception, and there is nobody to catch that.
        outcome.is_ok()
    }
}
