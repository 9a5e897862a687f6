//! `aio` alone, and `aio -i script`: a session at a prompt, with an editor on a terminal and without one elsewhere.

use super::options::Options;
use super::output::{self, Stdout};
use super::source::Text;
use crate::interpreter::Interpreter;
use crate::repl::{Front, Plain, Screen, Session, Settings, Terminal};
use crate::vm::Limits;
use std::cell::RefCell;
use std::io::{BufReader, IsTerminal, Read, Write};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

/// Runs the script, if there is one, and then what is typed; gives the exit code.
pub fn run(options: &Options, name: &str, text: &Text, limits: Limits) -> i32 {
    let mut host = super::host(options, name);
    let terminal = std::io::stdin().is_terminal() && output::is_terminal();
    let color = !options.no_color && output::wants_color(output::is_terminal());
    let settings = Settings { history: history(), color, interrupt: Arc::clone(&host.interrupt) };
    let usable = terminal && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
    let (front, screen): (Box<dyn Front>, Screen) = match usable.then(|| Terminal::start(settings)) {
        Some(Ok((front, lines))) => (Box::new(front), Screen::new(Box::new(Stdout), Some(lines))),
        // Without an editor there is still a prompt.
        Some(Err(_)) | None => {
            // It holds the lock on stdin.
            host.stdin = Box::new(std::io::empty());
            let input = Input(Rc::new(RefCell::new(std::io::stdin().lock())));
            host.stdin = Box::new(input.reader());
            let screen = Screen::new(Box::new(Stdout), None);
            let echo = !std::io::stdin().is_terminal();
            (Box::new(Plain::new(input.reader(), screen.clone(), echo)), screen)
        }
    };
    host.stdout = Box::new(screen.clone());
    host.stderr = Box::new(screen.clone());
    if usable {
        greet();
    }
    let mut interpreter = Interpreter::with_limits(host, limits);
    interpreter.vm.python_tracebacks = options.python_tracebacks;
    if let Some(limit) = options.recursion_limit {
        interpreter.vm.set_recursion_limit(limit);
    }
    let mut session = Session::new(interpreter, screen, front, color);
    match text {
        Text::Valid(text) if !text.is_empty() => session.run_file(name, text),
        Text::Valid(_) => {}
        Text::Invalid { message, .. } => output::complain(&format!("can't run '{name}': {message}")),
    }
    session.run()
}

fn greet() {
    let version = env!("CARGO_PKG_VERSION");
    let _ = writeln!(Stdout, "aio {version}: await works here; :help tells the rest, Ctrl-D ends");
}

/// Where the history is kept: `$AIO_HISTORY`, or `aio/history` in the folder for state. Empty for nowhere.
fn history() -> Option<PathBuf> {
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(path) = std::env::var_os("AIO_HISTORY") {
        return Some(PathBuf::from(path)).filter(|path| !path.as_os_str().is_empty());
    }
    let state = variable("XDG_STATE_HOME").or_else(|| Some(variable("HOME")?.join(".local/state")));
    Some(state?.join("aio/history"))
}

/// Stdin, shared by the prompt and by `input()`: neither may read ahead of the other.
struct Input(Rc<RefCell<std::io::StdinLock<'static>>>);

impl Input {
    fn reader(&self) -> BufReader<Self> {
        BufReader::with_capacity(1, Self(Rc::clone(&self.0)))
    }
}

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.0.borrow_mut().read(buffer)
    }
}
