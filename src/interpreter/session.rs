//! A program that is typed in piece by piece: what a prompt needs. The tasks that the pieces begin go on between them.

use super::{Interpreter, Outcome};
use crate::bytecode::code::Code;
use crate::diagnostics::Diagnostic;
use crate::event_loop::run::{self, Pause};
use crate::event_loop::watch::{self, Watch};
use crate::event_loop::{Clock, report};
use crate::objects::List;
use crate::source::{Source, SourceId};
use std::io::Write;

/// What the module `_prompt` says about unfinished text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The end of the text that is to be replaced.
    pub word: String,
    /// By one of these.
    pub candidates: Vec<String>,
}

impl Interpreter {
    /// Makes the loop one that typed text shares with background tasks; what is typed runs in `__main__`.
    ///
    /// # Errors
    /// How the program ended, if its own code for prompts fails.
    pub fn begin_session(&mut self) -> Result<(), Outcome> {
        self.vm.event_loop.at_prompt = true;
        self.vm.event_loop.watch = Some(Watch::default());
        self.vm.prompt_namespace();
        self.prompt_call("begin", "").map(|_| ())
    }

    /// Runs a piece of a program; expressions show their values. `name` is what errors call it.
    pub fn run_input(&mut self, name: &str, text: &str) -> Outcome {
        self.run_piece(name, text, crate::compile::compile_input)
    }

    /// The same without showing values: a file that is loaded into a session.
    pub fn run_loaded(&mut self, name: &str, text: &str) -> Outcome {
        self.run_piece(name, text, |source, text| crate::compile::compile_source(source, name, text))
    }

    fn run_piece(
        &mut self,
        name: &str,
        text: &str,
        compile: impl FnOnce(SourceId, &str) -> Result<Code, Vec<Diagnostic>>,
    ) -> Outcome {
        let source = self.vm.sources.add(Source::new(name, text));
        let code = match compile(source, text) {
            Ok(code) => code,
            Err(diagnostics) => return Outcome::Diagnostics(diagnostics),
        };
        let code = match self.vm.load_code(code) {
            Ok(code) => code,
            Err(error) => return Outcome::Internal(format!("the compiled code is not valid: {error:?}")),
        };
        let roots = self.vm.roots.len();
        let outcome = match self.vm.run_input(code) {
            Ok(_) => Outcome::Finished,
            Err(raise) => self.outcome(raise),
        };
        self.vm.roots.truncate(roots);
        self.vm.report_unawaited(false);
        // Whoever reads stdout is told of a failure when something else is to be written.
        let _ = self.vm.host.stdout.flush();
        outcome
    }

    /// Runs background tasks while a prompt waits, until `arrived` says that there is something to do; what a task
    /// raised that ends programs.
    pub fn idle(&mut self, arrived: &mut dyn FnMut(Pause) -> bool) -> Option<Outcome> {
        let roots = self.vm.roots.len();
        let outcome = run::idle(&mut self.vm, arrived).err().map(|raise| self.outcome(raise));
        self.vm.roots.truncate(roots);
        outcome
    }

    /// The tasks that are not done, as a tree.
    pub fn tasks(&mut self) -> Vec<watch::Line> {
        let roots = self.vm.roots.len();
        let lines = watch::tree(&mut self.vm);
        self.vm.roots.truncate(roots);
        lines
    }

    /// Cancels the tasks of that name; how many there were.
    pub fn cancel_tasks(&mut self, name: &str) -> usize {
        let roots = self.vm.roots.len();
        let found = watch::cancel_named(&mut self.vm, name);
        self.vm.roots.truncate(roots);
        found
    }

    /// Cancels all tasks and waits until they have ended; what ended the loop meanwhile.
    pub fn cancel_all_tasks(&mut self) -> Option<Outcome> {
        let roots = self.vm.roots.len();
        let outcome = run::close(&mut self.vm).err().map(|raise| self.outcome(raise));
        self.vm.roots.truncate(roots);
        outcome
    }

    /// Forgets all names; tasks are to be cancelled before.
    pub fn reset_session(&mut self) -> Option<Outcome> {
        let name = self.vm.intern("__main__");
        let mut modules = self.vm.modules;
        modules.remove_str(name);
        self.begin_session().err()
    }

    /// The loop's time in seconds, and whether it is virtual.
    #[must_use]
    pub fn loop_time(&self) -> (f64, bool) {
        (self.vm.event_loop.time(), self.vm.event_loop.clock.is_virtual())
    }

    /// Lets time go on from here as it passes, or jump from timer to timer.
    pub fn switch_clock(&mut self, virtual_time: bool) {
        let clock: Clock = self.vm.event_loop.clock.switched(virtual_time);
        self.vm.event_loop.clock = clock;
        self.vm.host.virtual_time = virtual_time;
    }

    /// What may stand where a text ends.
    pub fn complete(&mut self, text: &str) -> Answer {
        let mut texts = self.prompt_call("complete", text).unwrap_or_default().into_iter();
        Answer { word: texts.next().unwrap_or_default(), candidates: texts.collect() }
    }

    /// What a call that a text leaves open still takes: `delay, result=None)`.
    pub fn hint(&mut self, text: &str) -> Option<String> {
        self.prompt_call("hint", text).ok()?.into_iter().next()
    }

    /// Shows help on what an expression stands for.
    pub fn show_help(&mut self, text: &str) -> Outcome {
        match self.prompt_call("show_help", text) {
            Ok(_) => Outcome::Finished,
            Err(outcome) => outcome,
        }
    }

    /// Calls a function of the module `_prompt`; the texts that it gives.
    fn prompt_call(&mut self, function: &str, text: &str) -> Result<Vec<String>, Outcome> {
        let roots = self.vm.roots.len();
        let called = (|| {
            let vm = &mut self.vm;
            let module = vm.import_module("_prompt")?;
            vm.root(module);
            let text = vm.str(text);
            vm.root(text);
            vm.call_method(module, function, &[text])
        })();
        let texts = match called {
            Ok(list) => Ok(list.cast::<List>().map_or_else(Vec::new, |list| {
                list.items.iter().filter_map(|v| v.as_str().map(|s| s.as_str().to_owned())).collect()
            })),
            Err(raise) => Err(self.outcome(raise)),
        };
        self.vm.roots.truncate(roots);
        texts
    }

    /// Ends a session: its tasks are cancelled and waited for, then what ends any program.
    pub fn end_session(&mut self) -> Option<Outcome> {
        let outcome = self.cancel_all_tasks();
        report::report_failed(&mut self.vm);
        self.end();
        outcome
    }
}
