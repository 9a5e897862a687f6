//! The process's output. Stdout is buffered, by lines only on a terminal, and is written out before anything goes to
//! stderr, so that both appear in the order in which the program wrote them.

use std::cell::RefCell;
use std::io::{BufWriter, ErrorKind, IsTerminal, Result, Write};

const BUFFER: usize = 64 << 10;
/// What a shell shows for a program that a closed pipe ended: 128 + SIGPIPE.
const BROKEN_PIPE: i32 = 141;

struct Buffered {
    out: BufWriter<std::io::Stdout>,
    terminal: bool,
}

thread_local! {
    /// Of the thread that runs the script; not in the interpreter, so that a panic can still write it out.
    static OUT: RefCell<Buffered> = RefCell::new(Buffered {
        out: BufWriter::with_capacity(BUFFER, std::io::stdout()),
        terminal: std::io::stdout().is_terminal(),
    });
}

/// Whoever read our output is gone: end as quietly as other programs do.
fn unless_broken<T>(result: Result<T>) -> Result<T> {
    match result {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => std::process::exit(BROKEN_PIPE),
        other => other,
    }
}

pub fn is_terminal() -> bool {
    OUT.with_borrow(|o| o.terminal)
}

pub struct Stdout;

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        self.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> Result<()> {
        unless_broken(OUT.with_borrow_mut(|o| {
            o.out.write_all(bytes)?;
            if o.terminal && bytes.contains(&b'\n') { flush(o) } else { Ok(()) }
        }))
    }

    fn flush(&mut self) -> Result<()> {
        unless_broken(OUT.with_borrow_mut(flush))
    }
}

fn flush(o: &mut Buffered) -> Result<()> {
    o.out.flush()?;
    o.out.get_mut().flush()
}

/// The same where the buffer may be in use.
pub fn flush_after_panic() -> Result<()> {
    OUT.with(|o| o.try_borrow_mut().map_or(Ok(()), |mut o| flush(&mut o)))
}

pub struct Stderr;

impl Write for Stderr {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        Stdout.flush()?;
        std::io::stderr().write(bytes)
    }

    fn flush(&mut self) -> Result<()> {
        std::io::stderr().flush()
    }
}

/// One line on stderr, in our name.
pub fn complain(message: &str) {
    let _ = writeln!(Stderr, "aio: {message}");
}

pub fn internal_error(message: &str) -> String {
    format!(
        "aio: internal error: {message}\nThis is a bug in aio, not in your program. Please report it with the program.\n"
    )
}

/// Whether to write in color to a stream that is a terminal or not: `NO_COLOR` and `CLICOLOR_FORCE` decide else.
pub fn wants_color(terminal: bool) -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !set("NO_COLOR") && (terminal || set("CLICOLOR_FORCE"))
}

/// Text in a style: the parameters of ANSI's SGR sequence, `31` for red.
pub fn styled(color: bool, style: &str, text: &str) -> String {
    if color && !style.is_empty() { format!("\x1b[{style}m{text}\x1b[0m") } else { text.to_owned() }
}

/// The text without what [`styled`] put around it.
pub fn without_styles(text: &str) -> String {
    let mut parts = text.split("\x1b[");
    let first = parts.next().unwrap_or_default();
    let rest = parts.map(|part| part.split_once('m').map_or(part, |(_, rest)| rest));
    std::iter::once(first).chain(rest).collect()
}
