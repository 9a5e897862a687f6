//! The editor: rustyline on a thread of its own, since it blocks while somebody types.

use super::commands::COMMANDS;
use super::front::{Event, Front};
use super::text::{self, INDENT, PROMPT};
use crate::event_loop::run::Pause;
use rustyline::completion::{Completer, Pair};
use rustyline::config::Configurer;
use rustyline::error::ReadlineError;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::Hinter;
use rustyline::history::DefaultHistory;
use rustyline::validate::Validator;
use rustyline::{
    Cmd, ColorMode, CompletionType, ConditionalEventHandler, Config, Context, Editor, EventContext,
    EventHandler, ExternalPrinter, Helper, KeyCode, KeyEvent, Modifiers, Movement, RepeatCount,
};
use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::Duration;

/// How long somebody who types waits for an answer that the loop is too busy to give.
const PATIENCE: Duration = Duration::from_millis(300);
/// The longest wait at one go: how soon a signal is noticed.
const SLICE: Duration = Duration::from_millis(100);
const HISTORY: usize = 10_000;

/// The session's side of the editor.
pub struct Terminal {
    go: Sender<()>,
    events: Receiver<Event>,
    event: Option<Event>,
}

/// What the editor is told at its start.
pub struct Settings {
    /// Where the history is kept between sessions.
    pub history: Option<PathBuf>,
    pub color: bool,
    /// Ctrl-C sets it for the interpreter.
    pub interrupt: Arc<AtomicBool>,
}

impl Terminal {
    /// Starts the editor; with it comes where to send what is printed while a line is edited.
    ///
    /// # Errors
    /// A sentence: the terminal cannot be used.
    pub fn start(settings: Settings) -> Result<(Self, Sender<String>), String> {
        let (event_sender, events) = mpsc::channel();
        let (go, goes) = mpsc::channel();
        let (lines, printed) = mpsc::channel::<String>();
        let mut editor = editor(&settings, event_sender.clone()).map_err(|error| error.to_string())?;
        let mut printer = editor.create_external_printer().map_err(|error| error.to_string())?;
        let spawn = |name: &str, work: Box<dyn FnOnce() + Send>| {
            let thread = std::thread::Builder::new().name(name.into()).spawn(work);
            thread.map(drop).map_err(|error| format!("can't start a thread: {error}"))
        };
        // On a thread of its own: the printer waits for the editor, which may be waiting for the session.
        spawn(
            "printer",
            Box::new(move || {
                for line in printed {
                    // A terminal that is gone ends the session by itself.
                    let _ = printer.print(line);
                }
            }),
        )?;
        spawn("editor", Box::new(move || edit(&mut editor, &settings, &goes, &event_sender)))?;
        Ok((Self { go, events, event: None }, lines))
    }
}

impl Front for Terminal {
    fn ask(&mut self) {
        // A thread that has ended has sent why.
        let _ = self.go.send(());
    }

    fn wait(&mut self, pause: Pause) -> bool {
        if self.event.is_some() {
            return true;
        }
        let slice = match pause {
            Pause::Ready => Duration::ZERO,
            Pause::For(seconds) => Duration::try_from_secs_f64(seconds).map_or(SLICE, |d| d.min(SLICE)),
            Pause::Forever => SLICE,
        };
        self.event = match self.events.recv_timeout(slice) {
            Ok(event) => Some(event),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => Some(Event::End),
        };
        self.event.is_some()
    }

    fn take(&mut self) -> Option<Event> {
        self.event.take()
    }

    fn can_ask_again(&self) -> bool {
        true
    }
}

type Line = Editor<Typing, DefaultHistory>;

fn editor(settings: &Settings, events: Sender<Event>) -> rustyline::Result<Line> {
    let color = if settings.color { ColorMode::Enabled } else { ColorMode::Disabled };
    let config = Config::builder()
        .max_history_size(HISTORY)?
        .history_ignore_dups(true)?
        .completion_type(CompletionType::List)
        .color_mode(color)
        .bracketed_paste(true)
        .build();
    let mut editor = Editor::with_config(config)?;
    editor.set_auto_add_history(false);
    editor.set_helper(Some(Typing { events, color: settings.color }));
    let bind = |editor: &mut Line, key, handler: Box<dyn ConditionalEventHandler>| {
        editor.bind_sequence(KeyEvent(key, Modifiers::NONE), EventHandler::Conditional(handler));
    };
    bind(&mut editor, KeyCode::Enter, Box::new(Enter));
    bind(&mut editor, KeyCode::Backspace, Box::new(Backspace));
    bind(&mut editor, KeyCode::Tab, Box::new(Tab));
    if let Some(path) = &settings.history {
        // The first time there is none.
        let _ = editor.load_history(path);
    }
    Ok(editor)
}

/// The thread: a text for each `go`.
fn edit(editor: &mut Line, settings: &Settings, go: &Receiver<()>, events: &Sender<Event>) {
    let mut interrupted = false;
    loop {
        // The session answers Ctrl-C with the next `go`, unless a background task keeps the loop to itself.
        let asked =
            if interrupted { go.recv_timeout(PATIENCE) } else { go.recv().map_err(RecvTimeoutError::from) };
        match asked {
            Ok(()) => {}
            Err(RecvTimeoutError::Timeout) => {
                settings.interrupt.store(true, Ordering::SeqCst);
                interrupted = false;
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => return,
        }
        let event = match editor.readline(PROMPT) {
            Ok(text) => {
                remember(editor, settings, &text);
                Event::Input(text)
            }
            Err(ReadlineError::Interrupted) => Event::Interrupt,
            Err(ReadlineError::Eof) => Event::End,
            Err(error) => Event::Failed(error.to_string()),
        };
        interrupted = matches!(event, Event::Interrupt);
        if events.send(event).is_err() {
            return;
        }
    }
}

fn remember(editor: &mut Line, settings: &Settings, text: &str) {
    let text = text.trim_end();
    if text.is_empty() || !editor.add_history_entry(text).unwrap_or(false) {
        return;
    }
    if let Some(path) = &settings.history {
        // A history that cannot be kept is no reason to stop.
        let _ = path.parent().map(std::fs::create_dir_all);
        let _ = editor.append_history(path);
    }
}

/// Enter runs a text that is whole, and otherwise begins a line, indented as its block.
struct Enter;

impl ConditionalEventHandler for Enter {
    fn handle(&self, _: &rustyline::Event, _: RepeatCount, _: bool, context: &EventContext) -> Option<Cmd> {
        let (line, pos) = (context.line(), context.pos());
        let on_last_line = !line[pos..].contains('\n');
        if on_last_line && text::is_whole(line) {
            return Some(Cmd::AcceptLine);
        }
        Some(Cmd::Insert(1, format!("\n{}", " ".repeat(text::indentation_after(&line[..pos])))))
    }
}

/// Backspace takes a step of indentation at one go.
struct Backspace;

impl ConditionalEventHandler for Backspace {
    fn handle(&self, _: &rustyline::Event, _: RepeatCount, _: bool, context: &EventContext) -> Option<Cmd> {
        let blanks = text::blanks_to_remove(&context.line()[..context.pos()])?;
        Some(Cmd::Kill(Movement::BackwardChar(blanks.try_into().ok()?)))
    }
}

/// Tab indents at the start of a line, and completes elsewhere.
struct Tab;

impl ConditionalEventHandler for Tab {
    fn handle(&self, _: &rustyline::Event, _: RepeatCount, _: bool, context: &EventContext) -> Option<Cmd> {
        if text::tab_indents(&context.line()[..context.pos()]) {
            return Some(Cmd::Insert(1, " ".repeat(INDENT)));
        }
        Some(Cmd::Complete)
    }
}

/// What helps somebody who types; the session, which knows the names, is asked through `events`.
struct Typing {
    events: Sender<Event>,
    color: bool,
}

impl Typing {
    fn ask<T>(&self, event: impl FnOnce(mpsc::SyncSender<T>) -> Event) -> Option<T> {
        let (reply, answer) = mpsc::sync_channel(1);
        self.events.send(event(reply)).ok()?;
        answer.recv_timeout(PATIENCE).ok()
    }
}

impl Helper for Typing {}

impl Validator for Typing {}

impl Completer for Typing {
    type Candidate = Pair;

    fn complete(&self, line: &str, pos: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<Pair>)> {
        let before = line[..pos].to_owned();
        let (word, candidates) = if text::is_command(&before) {
            let names = COMMANDS.iter().map(|command| format!(":{}", command.name));
            (before.clone(), names.filter(|name| name.starts_with(before.trim_start())).collect())
        } else {
            let answer = self.ask(|reply| Event::Complete(before, reply)).unwrap_or_default();
            (answer.word, answer.candidates)
        };
        let pairs = candidates.into_iter().map(|name| Pair { display: name.clone(), replacement: name });
        Ok((pos.saturating_sub(word.len()), pairs.collect()))
    }
}

impl Hinter for Typing {
    type Hint = String;

    fn hint(&self, line: &str, pos: usize, _: &Context<'_>) -> Option<String> {
        let before = line.get(..pos)?;
        let wanted = pos == line.len() && before.trim_end_matches(' ').ends_with(['(', ',']);
        if !wanted || text::is_command(before) {
            return None;
        }
        self.ask(|reply| Event::Hint(before.to_owned(), reply))?.filter(|hint| hint != ")")
    }
}

impl Highlighter for Typing {
    fn highlight<'l>(&self, line: &'l str, pos: usize) -> Cow<'l, str> {
        if self.color { Cow::Owned(text::highlighted(line, Some(pos))) } else { Cow::Borrowed(line) }
    }

    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(&'s self, prompt: &'p str, _: bool) -> Cow<'b, str> {
        if self.color { Cow::Owned(format!("\x1b[1;34m{prompt}\x1b[0m")) } else { Cow::Borrowed(prompt) }
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        if self.color { Cow::Owned(format!("\x1b[90m{hint}\x1b[0m")) } else { Cow::Borrowed(hint) }
    }

    fn highlight_char(&self, _: &str, _: usize, _: CmdKind) -> bool {
        self.color
    }
}
