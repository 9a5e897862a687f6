//! The command line: what to run, how to report how it ended. The only room that knows the terminal.

pub mod check;
mod findings;
pub mod golden;
mod interrupt;
mod junit;
mod memory;
mod options;
mod output;
mod prompt;
mod source;
mod test;

use crate::diagnostics::{python, render};
use crate::interpreter::{Interpreter, Outcome};
use crate::vm::{Host, Limits};
use options::{Action, Options, Script};
use output::{Stderr, Stdout};
use source::Text;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// Deeply nested source and values recurse in Rust; the memory is not touched until it is needed.
const STACK: usize = 512 << 20;

/// Parses the command line and does what it asks for.
#[must_use]
pub fn main() -> ExitCode {
    let options = match options::parse(std::env::args_os()) {
        Action::Run(options) => options,
        Action::Check(arguments) => return on_large_stack(move || check::run(&arguments)),
        Action::Explain(arguments) => return ExitCode::from(check::explain(&arguments)),
        Action::Test(arguments) => return ExitCode::from(test::run(&arguments)),
        Action::Completions(shell) => {
            return print(|out| {
                clap_complete::generate(shell, &mut options::definition(), "aio", out);
                Ok(())
            });
        }
        Action::Man => return print(|out| clap_mangen::Man::new(options::definition()).render(out)),
    };
    on_large_stack(move || run(&options))
}

/// Does the work where deep recursion has room; its exit code.
fn on_large_stack(work: impl FnOnce() -> u8 + Send + 'static) -> ExitCode {
    let worker = std::thread::Builder::new().stack_size(STACK).spawn(work);
    match worker.map(std::thread::JoinHandle::join) {
        Ok(Ok(code)) => ExitCode::from(code),
        Ok(Err(_)) => ExitCode::from(70),
        Err(error) => {
            output::complain(&format!("can't start a thread: {error}"));
            ExitCode::from(71)
        }
    }
}

/// Writes something made of the command line's definition.
fn print(make: impl FnOnce(&mut Vec<u8>) -> std::io::Result<()>) -> ExitCode {
    let mut text = Vec::new();
    match make(&mut text).and_then(|()| Stdout.write_all(&text)).and_then(|()| Stdout.flush()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::complain(&format!("can't write to stdout: {error}"));
            ExitCode::from(120)
        }
    }
}

/// Runs the script on this thread; gives the exit code.
fn run(options: &Options) -> u8 {
    report_panics();
    let (name, text) = match source::read(&options.script) {
        Ok(read) => read,
        Err(message) => {
            output::complain(&message);
            return 2;
        }
    };
    let color = !options.no_color && output::wants_color(std::io::stderr().is_terminal());
    let limits =
        Limits { steps: options.max_steps, memory: options.max_memory.or_else(memory::most_of_the_machine) };
    if options.interactive {
        std::process::exit(prompt::run(options, &name, &text, limits));
    }
    let mut interpreter = Interpreter::with_limits(host(options, &name), limits);
    interpreter.vm.python_tracebacks = options.python_tracebacks;
    if let Some(limit) = options.recursion_limit {
        interpreter.vm.set_recursion_limit(limit);
    }
    let outcome = match text {
        Text::Invalid { text, message, span } => {
            let source = interpreter.add_source(&name, &text);
            Outcome::Diagnostics(vec![crate::diagnostics::Diagnostic::new(1, source, span, message)])
        }
        Text::Valid(text) if options.disassemble => match interpreter.disassemble(&name, &text) {
            Ok(listing) => {
                // A pipe that was closed ends the program inside; other failures show when it is flushed.
                let _ = Stdout.write_all(listing.as_bytes());
                Outcome::Finished
            }
            Err(diagnostics) => Outcome::Diagnostics(diagnostics),
        },
        Text::Valid(text) => interpreter.run_source(&name, &text),
    };
    let code = finish(&interpreter, &outcome, color);
    // The process ends here: taking the heap apart first would only cost time.
    std::process::exit(code);
}

/// Says how it ended; gives the exit code.
fn finish(interpreter: &Interpreter, outcome: &Outcome, color: bool) -> i32 {
    let sources = interpreter.sources();
    let text = match outcome {
        Outcome::Finished | Outcome::Exit(_, None) => String::new(),
        Outcome::Stopped => "aio: stopped after --max-steps\n".to_owned(),
        Outcome::Exit(_, Some(message)) => format!("{message}\n"),
        Outcome::Diagnostics(all) if interpreter.vm.python_tracebacks => {
            all.first().map_or(String::new(), |first| python::diagnostic(first, sources))
        }
        Outcome::Diagnostics(all) => render::diagnostics(all, sources, color),
        Outcome::Raised(report) | Outcome::Interrupted(report) => render::exception(report, sources, color),
        Outcome::Internal(message) => output::internal_error(message),
    };
    if let Err(error) = Stdout.flush() {
        output::complain(&format!("can't write to stdout: {error}"));
        return 120;
    }
    // Nobody is left to tell if stderr is gone.
    let _ = Stderr.write_all(text.as_bytes());
    outcome.code()
}

fn host(options: &Options, name: &str) -> Host {
    let (first, folder) = match &options.script {
        Script::File(path) => (name.to_owned(), path.parent().map(PathBuf::from).unwrap_or_default()),
        Script::Code(_) => ("-c".to_owned(), PathBuf::new()),
        Script::Stdin => ("-".to_owned(), PathBuf::new()),
        Script::Prompt => (String::new(), PathBuf::new()),
    };
    let mut args = vec![first];
    args.extend(options.args.iter().cloned());
    let interrupt = interrupt::flag(options.interactive);
    Host {
        stdout: Box::new(Stdout),
        stderr: Box::new(Stderr),
        stdin: Box::new(std::io::stdin().lock()),
        args,
        path: vec![folder],
        environment: std::env::vars_os()
            .map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()))
            .collect(),
        terminals: [std::io::stdin().is_terminal(), output::is_terminal(), std::io::stderr().is_terminal()],
        virtual_time: options.virtual_time,
        seed: options.seed,
        cpython_gather: options.cpython,
        interrupt,
    }
}

/// A host for a program that does not run.
fn silent_host() -> Host {
    Host {
        stdout: Box::new(std::io::sink()),
        stderr: Box::new(std::io::sink()),
        stdin: Box::new(std::io::empty()),
        args: Vec::new(),
        path: Vec::new(),
        environment: Vec::new(),
        terminals: [false; 3],
        virtual_time: true,
        seed: None,
        cpython_gather: false,
        interrupt: Arc::default(),
    }
}

/// A panic is a bug of ours: what was printed stays printed, and one message asks for a report.
fn report_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let _ = output::flush_after_panic();
        let _ = std::io::stderr().write_all(output::internal_error(&panic.to_string()).as_bytes());
        std::process::exit(70);
    }));
}
