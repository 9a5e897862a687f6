//! Where typed text comes from, as the session sees it; and the front without an editor, for pipes and transcripts.

use super::screen::Screen;
use super::text::{CONTINUATION, PROMPT, is_whole};
use crate::event_loop::run::Pause;
use crate::interpreter::Answer;
use std::io::{BufRead, Write};
use std::sync::mpsc::SyncSender;

/// What a front has for the session.
pub enum Event {
    /// A text to run.
    Input(String),
    /// Ctrl-C: what was typed is given up.
    Interrupt,
    /// Ctrl-D, or the end of the input.
    End,
    /// The editor is broken; why.
    Failed(String),
    /// What may stand at the end of this text?
    Complete(String, SyncSender<Answer>),
    /// What does the call that this text leaves open still take?
    Hint(String, SyncSender<Option<String>>),
}

pub trait Front {
    /// Begins to wait for the next text.
    fn ask(&mut self);
    /// Waits as long as the loop may pause; whether there is an event.
    fn wait(&mut self, pause: Pause) -> bool;
    /// The event that [`Front::wait`] has seen.
    fn take(&mut self) -> Option<Event>;
    /// Whether the end of the input was typed by a person, who may think again.
    fn can_ask_again(&self) -> bool;
}

/// Reads lines; nothing happens while it waits for one. So background tasks take turns before each text alone, until
/// none is ready: a transcript is always the same.
pub struct Plain<R> {
    input: R,
    screen: Screen,
    /// Shows what it reads: nobody typed it.
    echo: bool,
    event: Option<Event>,
}

impl<R: BufRead> Plain<R> {
    pub fn new(input: R, screen: Screen, echo: bool) -> Self {
        Self { input, screen, echo, event: None }
    }

    fn read(&mut self) -> Event {
        let mut text = String::new();
        loop {
            let prompt = if text.is_empty() { PROMPT } else { CONTINUATION };
            // If the screen is gone there is nobody to tell.
            let _ = self.screen.write_all(prompt.as_bytes()).and_then(|()| self.screen.flush());
            let before = text.len();
            match self.input.read_line(&mut text) {
                Ok(0) if before == 0 => {
                    let _ = self.screen.write_all(b"\n");
                    return Event::End;
                }
                Ok(_) => {}
                Err(error) => return Event::Failed(error.to_string()),
            }
            let ended = !text.ends_with('\n');
            if self.echo {
                let line = text[before..].trim_end_matches('\n');
                let _ = writeln!(self.screen, "{line}");
            }
            let typed = text.strip_suffix('\n').unwrap_or(&text);
            if ended || is_whole(typed) {
                return Event::Input(typed.to_owned());
            }
        }
    }
}

impl<R: BufRead> Front for Plain<R> {
    fn ask(&mut self) {}

    fn wait(&mut self, pause: Pause) -> bool {
        if self.event.is_none() && pause != Pause::Ready {
            self.event = Some(self.read());
        }
        self.event.is_some()
    }

    fn take(&mut self) -> Option<Event> {
        self.event.take()
    }

    fn can_ask_again(&self) -> bool {
        false
    }
}
