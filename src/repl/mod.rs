//! The prompt: what is typed runs at once, and tasks that it starts go on while the next text is typed.
//!
//! ```text
//!   editor's thread                    session's thread
//!   readline ---- Input(text) ------>  run it, show what it gives
//!            <--- go ----------------  idle: turns of the event loop, until an event comes
//!            ---- Complete, Hint --->  answered between two turns
//!   printer  <--- lines -------------  what tasks print meanwhile
//! ```

mod commands;
mod editor;
mod front;
mod screen;
mod text;

pub use editor::{Settings, Terminal};
pub use front::{Event, Front, Plain};
pub use screen::Screen;

use crate::diagnostics::{Diagnostic, python, render};
use crate::interpreter::{Interpreter, Outcome};
use std::io::Write;
use std::sync::atomic::Ordering;

/// How many tasks are named when the session ends.
const NAMED: usize = 5;

/// A session at a prompt.
pub struct Session {
    interpreter: Interpreter,
    screen: Screen,
    front: Box<dyn Front>,
    color: bool,
    /// How many texts were run.
    inputs: u32,
    /// Ctrl-C has ended a background task, and that was said.
    interrupted: bool,
    /// The exit code, once the session is to end.
    code: Option<i32>,
}

impl Session {
    /// A session with a fresh interpreter, whose output goes to the screen.
    #[must_use]
    pub fn new(mut interpreter: Interpreter, screen: Screen, front: Box<dyn Front>, color: bool) -> Self {
        let begun = interpreter.begin_session();
        let mut session =
            Self { interpreter, screen, front, color, inputs: 0, interrupted: false, code: None };
        if let Err(outcome) = begun {
            session.tell(&outcome);
        }
        session
    }

    /// Reads and runs texts until the session ends; the exit code.
    pub fn run(mut self) -> i32 {
        let mut warned = false;
        while self.code.is_none() {
            match self.next_event() {
                Event::Input(text) => {
                    warned = false;
                    self.evaluate(&text);
                }
                Event::Interrupt if self.interrupted => {}
                Event::Interrupt => self.say("KeyboardInterrupt\n"),
                Event::End => {
                    let alive = self.alive();
                    if alive.is_empty() || warned || !self.front.can_ask_again() {
                        self.code = Some(0);
                    } else {
                        warned = true;
                        self.say(&format!("{alive}. Ctrl-D again cancels and ends.\n"));
                    }
                }
                Event::Failed(why) => {
                    self.say(&format!("aio: {why}\n"));
                    self.code = Some(1);
                }
                // They were answered.
                Event::Complete(..) | Event::Hint(..) => {}
            }
        }
        self.leave()
    }

    /// Runs background tasks until something was typed.
    fn next_event(&mut self) -> Event {
        // A screen that is gone ends the session by itself.
        let _ = self.screen.begin_editing();
        self.front.ask();
        self.interrupted = false;
        let event = loop {
            let front = &mut self.front;
            if let Some(outcome) = self.interpreter.idle(&mut |pause| front.wait(pause)) {
                self.interrupted |= matches!(outcome, Outcome::Interrupted(_));
                self.tell(&outcome);
                if self.code.is_some() {
                    break Event::End;
                }
            }
            match self.front.take() {
                Some(Event::Complete(text, reply)) => {
                    // Who asked may have lost patience.
                    let _ = reply.send(self.interpreter.complete(&text));
                }
                Some(Event::Hint(text, reply)) => {
                    let _ = reply.send(self.interpreter.hint(&text));
                }
                Some(event) => break event,
                None => {}
            }
        };
        let _ = self.screen.end_editing();
        event
    }

    fn evaluate(&mut self, typed: &str) {
        let typed = text::without_prompts(typed);
        self.interpreter.vm.host.interrupt.store(false, Ordering::SeqCst);
        if text::is_command(&typed) {
            self.command(&typed);
        } else if let Some(expression) = text::asks_for_help(&typed) {
            let outcome = self.interpreter.show_help(expression);
            self.tell(&outcome);
        } else if matches!(typed.trim(), "exit" | "quit") {
            self.code = Some(0);
        } else if !typed.trim().is_empty() {
            self.run_text(&typed);
        }
    }

    fn run_text(&mut self, typed: &str) {
        let name = self.next_name();
        let outcome = self.interpreter.run_input(&name, typed);
        self.tell(&outcome);
    }

    /// Runs a file in the session.
    pub fn run_file(&mut self, name: &str, text: &str) {
        let outcome = self.interpreter.run_loaded(name, text);
        self.tell(&outcome);
    }

    /// What errors call the next text.
    fn next_name(&mut self) -> String {
        self.inputs += 1;
        format!("<stdin-{}>", self.inputs)
    }

    /// Says how something ended; `SystemExit` ends the session.
    fn tell(&mut self, outcome: &Outcome) {
        let sources = self.interpreter.sources();
        let text = match outcome {
            Outcome::Finished => String::new(),
            Outcome::Stopped => "stopped after --max-steps\n".to_owned(),
            Outcome::Exit(code, message) => {
                self.code = Some(*code);
                message.as_ref().map_or_else(String::new, |message| format!("{message}\n"))
            }
            Outcome::Diagnostics(all) if self.interpreter.vm.python_tracebacks => {
                all.first().map_or(String::new(), |first| python::diagnostic(first, sources))
            }
            Outcome::Diagnostics(all) => render::diagnostics(all, sources, self.color),
            Outcome::Raised(report) | Outcome::Interrupted(report) => {
                render::exception(report, sources, self.color)
            }
            Outcome::Internal(message) => format!("internal error: {message}\n"),
        };
        if matches!(outcome, Outcome::Stopped) {
            self.code = Some(outcome.code());
        }
        self.say(&text);
    }

    fn rendered(&self, diagnostics: &[Diagnostic]) -> String {
        render::diagnostics(diagnostics, self.interpreter.sources(), self.color)
    }

    fn say(&mut self, text: &str) {
        // A screen that is gone ends the session by itself.
        let _ = self.screen.write_all(text.as_bytes()).and_then(|()| self.screen.flush());
    }

    /// `2 tasks still run: a, b`; empty if there are none.
    fn alive(&mut self) -> String {
        let tasks = self.interpreter.tasks();
        let mut names: Vec<&str> = tasks.iter().take(NAMED).map(|task| &*task.name).collect();
        if tasks.len() > NAMED {
            names.push("...");
        }
        match tasks.len() {
            0 => String::new(),
            1 => format!("1 task still runs: {}", names.join(", ")),
            n => format!("{n} tasks still run: {}", names.join(", ")),
        }
    }

    /// Ends the session: what still runs is cancelled, and may clean up.
    fn leave(mut self) -> i32 {
        let alive = self.alive();
        if !alive.is_empty() {
            self.say(&format!("{alive}; cancelled\n"));
        }
        let code = self.code.unwrap_or(0);
        if let Some(outcome) = self.interpreter.end_session() {
            self.tell(&outcome);
        }
        let _ = self.screen.flush();
        code
    }
}
