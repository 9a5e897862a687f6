//! The facade: from source text to an outcome. What an embedder uses; it prints nothing and reads no environment.

mod session;

pub use session::Answer;

use crate::diagnostics::{Diagnostic, ExceptionReport, FrameLine};
use crate::event_loop::provenance;
use crate::heap::Value;
use crate::objects::{Exception, List, Tuple};
use crate::source::{Source, SourceId, SourceMap};
use crate::vm::{Host, Limits, Raise, Vm};
use std::collections::HashSet;

/// Longer chains of causes are cut: nobody reads them.
const MAX_CHAIN: usize = 40;
const MAX_GROUP_DEPTH: usize = 12;
/// In groups, and groups of groups.
const MAX_REPORTED: usize = 300;

/// What a report holds already. Exceptions may contain and be chained to each other in so many ways that a report of
/// all of them would grow without measure.
#[derive(Default)]
struct Told {
    /// By their addresses.
    seen: HashSet<u64>,
    count: usize,
}

/// How a program ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Finished,
    /// It is no program: the mistakes in its source.
    Diagnostics(Vec<Diagnostic>),
    /// An exception that nobody caught.
    Raised(Box<ExceptionReport>),
    /// Ctrl-C, and nobody caught the KeyboardInterrupt.
    Interrupted(Box<ExceptionReport>),
    /// `sys.exit`: the exit code, and what is to be said on stderr.
    Exit(i32, Option<String>),
    /// It was stopped: the steps that its limits allow were used up.
    Stopped,
    /// A bug of the interpreter.
    Internal(String),
}

impl Outcome {
    /// The process's exit code.
    #[must_use]
    pub fn code(&self) -> i32 {
        match self {
            Self::Finished => 0,
            Self::Diagnostics(_) | Self::Raised(_) => 1,
            Self::Interrupted(_) => 130,
            Self::Exit(code, _) => *code,
            Self::Stopped => 124,
            Self::Internal(_) => 70,
        }
    }
}

/// One interpreter with its heap and its event loop.
pub struct Interpreter {
    pub vm: Vm,
}

impl Interpreter {
    #[must_use]
    pub fn new(host: Host) -> Self {
        Self { vm: Vm::new(host) }
    }

    /// The same for programs that nobody trusts: with limits to how long they run and how much memory they use.
    #[must_use]
    pub fn with_limits(host: Host, limits: Limits) -> Self {
        let mut interpreter = Self::new(host);
        interpreter.vm.set_limits(limits);
        interpreter
    }

    /// Every source read so far: what diagnostics and reports point into.
    #[must_use]
    pub fn sources(&self) -> &SourceMap {
        &self.vm.sources
    }

    pub fn add_source(&mut self, name: &str, text: &str) -> SourceId {
        self.vm.sources.add(Source::new(name, text))
    }

    /// Compiles a script and runs it as `__main__`.
    pub fn run_source(&mut self, name: &str, text: &str) -> Outcome {
        let source = self.add_source(name, text);
        let code = match crate::compile::compile_source(source, name, text) {
            Ok(code) => code,
            Err(diagnostics) => return Outcome::Diagnostics(diagnostics),
        };
        let code = match self.vm.load_code(code) {
            Ok(code) => code,
            Err(error) => return Outcome::Internal(format!("the compiled code is not valid: {error:?}")),
        };
        let outcome = match self.vm.run_main_module(code, name) {
            Ok(_) => Outcome::Finished,
            Err(raise) => self.outcome(raise),
        };
        self.end();
        outcome
    }

    /// What happens at a program's end: the functions given to `atexit`, then what waits in open files.
    fn end(&mut self) {
        let name = self.vm.intern("atexit");
        if let Some(module) = self.vm.modules.table.get_str(name) {
            // It reports what those functions raise.
            let _ = self.vm.call_method(module, "_run_exitfuncs", &[]);
        }
        self.vm.report_unawaited(true);
        self.vm.flush_files();
    }

    /// The bytecode of a script as text.
    ///
    /// # Errors
    /// The mistakes in its source.
    pub fn disassemble(&mut self, name: &str, text: &str) -> Result<String, Vec<Diagnostic>> {
        let source = self.add_source(name, text);
        let code = crate::compile::compile_source(source, name, text)?;
        Ok(crate::bytecode::disasm::disassemble(&code, self.vm.sources.get(source)))
    }

    fn outcome(&mut self, raise: Raise) -> Outcome {
        if self.vm.is_stopped() {
            return Outcome::Stopped;
        }
        self.vm.spare_for_the_report();
        if self.vm.raised_is(raise, self.vm.exceptions.SystemExit) {
            return self.exit(raise);
        }
        if let Some(outcome) = self.script_reports(raise) {
            return outcome;
        }
        let report = Box::new(self.report(raise.0));
        if self.vm.raised_is(raise, self.vm.exceptions.KeyboardInterrupt) {
            return Outcome::Interrupted(report);
        }
        Outcome::Raised(report)
    }

    /// What becomes of an exception when the script has put its own function into `sys.excepthook`.
    fn script_reports(&mut self, raise: Raise) -> Option<Outcome> {
        if self.vm.raised_is(raise, self.vm.exceptions.KeyboardInterrupt) {
            return None;
        }
        let sys = self.vm.modules.table.get_str(self.vm.names.sys)?.cast::<crate::objects::Module>()?;
        let mut entry = |name: &str| {
            let name = self.vm.intern(name);
            sys.dict.table.get_str(name)
        };
        let (hook, original) = (entry("excepthook")?, entry("__excepthook__")?);
        if hook == original {
            return None;
        }
        self.vm.root(raise.0);
        let class = self.vm.type_of(raise.0).value();
        let traceback = raise.0.cast::<Exception>().map_or(Value::NONE, |e| e.traceback);
        match self.vm.call(hook, &[class, raise.0, traceback]) {
            Ok(_) => Some(Outcome::Exit(1, None)),
            // Its own failure is reported as any other.
            Err(second) => Some(Outcome::Raised(Box::new(self.report(second.0)))),
        }
    }

    /// `SystemExit.code`: None is 0, an integer itself, anything else is said on stderr.
    fn exit(&mut self, raise: Raise) -> Outcome {
        self.vm.root(raise.0);
        let code = self.vm.find_attr(raise.0, self.vm.names.code).ok().flatten().unwrap_or(Value::NONE);
        let code = self.vm.root(code);
        if code.is_none() {
            return Outcome::Exit(0, None);
        }
        if let Some(code) = self.vm.small_int_of(code) {
            // The lowest byte is what the system passes on.
            return Outcome::Exit(i32::try_from(code & 0xff).unwrap_or(1), None);
        }
        if self.vm.big_of(code).is_some() {
            return Outcome::Exit(255, None);
        }
        let message = self.vm.to_str(code).map_or(String::new(), |s| s.as_str().to_owned());
        Outcome::Exit(1, Some(message))
    }

    /// An exception as data, with what it is chained to.
    pub fn report(&mut self, exc: Value) -> ExceptionReport {
        self.vm.root(exc);
        let traceback = if self.vm.python_tracebacks { self.vm.python_traceback(exc) } else { None };
        ExceptionReport { traceback, ..self.report_within(exc, &mut Told::default(), 0, 0) }
    }

    /// `chain` is how many exceptions this one is chained to.
    fn report_within(&mut self, exc: Value, told: &mut Told, depth: usize, chain: usize) -> ExceptionReport {
        told.seen.insert(exc.bits());
        told.count += 1;
        let mut report = ExceptionReport {
            type_name: self.type_name(exc),
            message: match self.vm.to_str(exc) {
                Ok(text) => text.as_str().to_owned(),
                Err(_) => "<exception str() failed>".to_owned(),
            },
            notes: self.notes(exc),
            frames: self.frames(exc),
            remarks: self.remarks(exc),
            ..ExceptionReport::default()
        };
        let last = report.frames.iter().rfind(|f| self.vm.sources.get(f.source).is_script());
        let text = last.map_or(String::new(), |f| self.vm.sources.get(f.source).slice(f.span).to_owned());
        report.label = self.vm.label(exc, &report.message, &text);
        report.help = self.vm.advice(exc, &report.message, &text);
        self.mistakes(exc, &mut report);
        let Some(data) = exc.cast::<Exception>() else { return report };
        report.suppress_context = data.suppress_context();
        let (cause, context) = (data.cause, data.context);
        let earlier = if cause.is::<Exception>() { cause } else { context };
        let hidden = earlier == context && report.suppress_context && earlier != cause;
        if earlier.is::<Exception>() && !hidden && chain < MAX_CHAIN && !told.seen.contains(&earlier.bits()) {
            let told = Some(Box::new(self.report_within(earlier, told, depth, chain + 1)));
            if earlier == cause {
                report.cause = told;
            } else {
                report.context = told;
            }
        }
        if self.vm.is_instance_of(exc, self.vm.exceptions.BaseExceptionGroup) && depth < MAX_GROUP_DEPTH {
            for member in self.members(exc) {
                if told.count >= MAX_REPORTED {
                    break;
                }
                report.group.push(self.report_within(member, told, depth + 1, 0));
            }
        }
        report
    }

    /// `json.decoder.JSONDecodeError`: with the module, unless everybody knows the name without it.
    fn type_name(&mut self, exc: Value) -> String {
        let class = self.vm.type_of(exc);
        let text =
            |name| class.dict.table.get_str(name).and_then(Value::as_str).map(|s| s.as_str().to_owned());
        let name = self.vm.class_qualname(class).to_owned();
        match text(self.vm.names.__module__) {
            Some(module) if module != "builtins" && module != "__main__" => format!("{module}.{name}"),
            _ => name,
        }
    }

    /// Of a SyntaxError in a source that was read: what is wrong with that, as for the script itself.
    fn mistakes(&mut self, exc: Value, report: &mut ExceptionReport) {
        if !self.vm.is_instance_of(exc, self.vm.exceptions.SyntaxError) {
            return;
        }
        let mut field = |name: &str| {
            let name = self.vm.intern(name);
            self.vm.find_attr(exc, name).ok().flatten().and_then(Value::as_str).map(|s| s.as_str().to_owned())
        };
        let (Some(message), Some(file)) = (field("msg"), field("filename")) else { return };
        let Some((id, source)) = self.vm.sources.find(&file) else { return };
        let found = crate::compile::compile_source(id, &file, &source.text).err().unwrap_or_default();
        if found.first().is_some_and(|first| first.message == message) {
            report.mistakes = found;
            // As CPython's last line: the place is above.
            report.message = message;
            report.label = format!("{file} could not be read");
        }
    }

    fn notes(&mut self, exc: Value) -> Vec<String> {
        let Ok(Some(notes)) = self.vm.find_attr(exc, self.vm.names.__notes__) else { return Vec::new() };
        let Some(notes) = notes.cast::<List>() else { return Vec::new() };
        self.vm.root(notes);
        let mut texts = Vec::new();
        let mut i = 0;
        while let Some(&note) = notes.items.get(i) {
            texts.extend(self.vm.to_str(note).map(|s| s.as_str().to_owned()));
            i += 1;
        }
        texts
    }

    fn frames(&mut self, exc: Value) -> Vec<FrameLine> {
        let mut frames = Vec::new();
        let mut last = (None, None);
        for line in self.vm.traceback_lines(exc) {
            if line.task != last.0 {
                last = (line.task, line.task.map(|task| provenance::named(&mut self.vm, task)));
            }
            let (source, span, function) = (line.source, line.span, line.function);
            frames.push(FrameLine { source, span, function, task: last.1.clone() });
        }
        frames
    }

    /// Of a cancellation: who asked for it.
    fn remarks(&mut self, exc: Value) -> Vec<String> {
        if !self.vm.is_instance_of(exc, self.vm.exceptions.CancelledError) {
            return Vec::new();
        }
        let task = self.vm.traceback_lines(exc).last().and_then(|line| line.task);
        task.and_then(|task| provenance::cancel_report(&mut self.vm, task)).into_iter().collect()
    }

    fn members(&mut self, group: Value) -> Vec<Value> {
        let Ok(Some(members)) = self.vm.find_attr(group, self.vm.names.exceptions) else { return Vec::new() };
        self.vm.root(members);
        members.cast::<Tuple>().map_or(Vec::new(), |t| t.items().to_vec())
    }
}
