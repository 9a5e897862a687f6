//! The options, and where they end: everything behind the script belongs to the script.

use super::check::{CheckArguments, ExplainArguments};
use super::test::TestArguments;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::PathBuf;

/// Run async scripts written in the language of Python
#[derive(Parser)]
#[command(
    name = "aio",
    version,
    override_usage = "aio [OPTIONS] FILE [ARGS]...\n       aio [OPTIONS] -c CODE [ARGS]...\n       aio [OPTIONS] - [ARGS]...\n       aio COMMAND ...",
    after_help = "Without FILE there is a prompt. FILE is the script; - is stdin, as is nothing when stdin is no terminal. ARGS become sys.argv.\nA script named like a command is run as ./test."
)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Run CODE
    #[arg(short = 'c', value_name = "CODE", allow_hyphen_values = true)]
    code: Option<String>,
    /// Go on with a prompt where the script ends
    #[arg(short = 'i')]
    interactive: bool,
    /// Let the clock jump to the next timer when every task waits
    #[arg(long)]
    virtual_time: bool,
    /// Pick ready tasks in a random order, the same for the same N; seeds `random` too
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Behave like another implementation: a failing gather leaves its siblings running
    #[arg(long, value_enum, value_name = "NAME")]
    compat: Option<Compat>,
    /// How deep calls may be nested
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    recursion_limit: Option<u32>,
    /// Stop after so many calls and turns of loops, with exit code 124
    #[arg(long, value_name = "N")]
    max_steps: Option<u64>,
    /// How many MiB the program may use; by default most of the machine's memory
    #[arg(long, value_name = "MIB")]
    max_memory: Option<usize>,
    /// How errors are written: with labels and help, or as CPython's tracebacks, for tools; also by AIO_TRACEBACK
    #[arg(long, value_enum, value_name = "LAYOUT")]
    traceback: Option<Traceback>,
    /// Write errors without colors, as NO_COLOR does
    #[arg(long)]
    no_color: bool,
    #[arg(hide = true, value_name = "FILE")]
    rest: Vec<OsString>,
}

#[derive(Subcommand)]
enum Command {
    /// Find mistakes in scripts without running them
    Check(CheckArguments),
    /// Tell what a rule of `aio check` finds, and why
    Explain(ExplainArguments),
    /// Run scripts and compare what they print with the files beside them
    Test(TestArguments),
    /// Show the bytecode of a script
    Disasm {
        /// The script
        file: OsString,
    },
    /// Print what a shell needs to complete aio's command line
    Completions {
        /// Which shell
        shell: Shell,
    },
    /// Print aio's manual page, in roff
    Man,
}

#[derive(Clone, Copy, ValueEnum)]
enum Compat {
    Cpython,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Traceback {
    Aio,
    Python,
}

/// What the command line asks for.
pub enum Action {
    Run(Options),
    Check(CheckArguments),
    Explain(ExplainArguments),
    Test(TestArguments),
    Completions(Shell),
    Man,
}

pub enum Script {
    File(PathBuf),
    Code(String),
    Stdin,
    /// Nothing: what is typed at the prompt.
    Prompt,
}

pub struct Options {
    pub script: Script,
    pub args: Vec<String>,
    pub disassemble: bool,
    /// There is a prompt, at once or after the script.
    pub interactive: bool,
    pub virtual_time: bool,
    pub seed: Option<u64>,
    pub cpython: bool,
    pub recursion_limit: Option<usize>,
    pub no_color: bool,
    /// Errors are written as CPython's tracebacks.
    pub python_tracebacks: bool,
    pub max_steps: Option<u64>,
    /// In bytes.
    pub max_memory: Option<usize>,
}

/// The definition of the command line, from which help, completions and the manual page are made.
pub fn definition() -> clap::Command {
    Arguments::command()
}

/// What to do; ends the process for `--help`, `--version` and mistakes (exit code 2).
pub fn parse(args: impl Iterator<Item = OsString>) -> Action {
    let mut definition = definition();
    let args = mark_end(&definition, args);
    let matches = definition.try_get_matches_from_mut(args).unwrap_or_else(|error| error.exit());
    let arguments = match Arguments::from_arg_matches(&matches) {
        Ok(arguments) => arguments,
        Err(error) => error.format(&mut definition).exit(),
    };
    let mut rest = arguments.rest.into_iter();
    let mut disassemble = false;
    let script = match (arguments.command, arguments.code) {
        (Some(Command::Check(arguments)), _) => return Action::Check(arguments),
        (Some(Command::Explain(arguments)), _) => return Action::Explain(arguments),
        (Some(Command::Test(arguments)), _) => return Action::Test(arguments),
        (Some(Command::Completions { shell }), _) => return Action::Completions(shell),
        (Some(Command::Man), _) => return Action::Man,
        (Some(Command::Disasm { file }), _) => {
            disassemble = true;
            file_or_stdin(file)
        }
        (None, Some(code)) => Script::Code(code),
        (None, None) => match rest.next() {
            Some(file) => file_or_stdin(file),
            None if arguments.interactive || std::io::stdin().is_terminal() => Script::Prompt,
            None => Script::Stdin,
        },
    };
    Action::Run(Options {
        interactive: arguments.interactive || matches!(script, Script::Prompt),
        script,
        args: rest.map(|arg| arg.to_string_lossy().into_owned()).collect(),
        disassemble,
        virtual_time: arguments.virtual_time,
        seed: arguments.seed,
        cpython: arguments.compat.is_some(),
        recursion_limit: arguments.recursion_limit.map(|limit| limit as usize),
        no_color: arguments.no_color,
        python_tracebacks: match arguments.traceback {
            Some(layout) => layout == Traceback::Python,
            None => std::env::var_os("AIO_TRACEBACK").is_some_and(|layout| layout == "python"),
        },
        max_steps: arguments.max_steps,
        max_memory: arguments.max_memory.map(|mib| mib.saturating_mul(1 << 20)),
    })
}

fn file_or_stdin(file: OsString) -> Script {
    if file == "-" { Script::Stdin } else { Script::File(file.into()) }
}

/// Puts `--` where our options end: before the script, or behind the code of `-c`. What follows a command is its own.
fn mark_end(definition: &clap::Command, args: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let is_command = |text: &str| definition.get_subcommands().any(|command| command.get_name() == text);
    let takes_value = |text: &str| {
        let option = text.strip_prefix("--").and_then(|name| {
            definition.get_arguments().find(|option| option.get_long().is_some_and(|long| long == name))
        });
        option.is_some_and(|option| option.get_action().takes_values())
    };
    let mut args = args.peekable();
    let mut marked: Vec<OsString> = args.next().into_iter().collect();
    while let Some(arg) = args.next() {
        let text = arg.to_string_lossy().into_owned();
        if text == "-c" || text.starts_with("-c") && !text.starts_with("--") {
            marked.push(arg);
            if text == "-c" {
                marked.extend(args.next());
            }
            marked.push("--".into());
            break;
        }
        if takes_value(&text) {
            marked.push(arg);
            marked.extend(args.next());
        } else if is_command(&text)
            || text == "--"
            || text == "help" && asks_for_help(args.peek(), is_command)
        {
            marked.push(arg);
            break;
        } else if text.starts_with('-') && text.len() > 1 {
            marked.push(arg);
        } else {
            marked.extend(["--".into(), arg]);
            break;
        }
    }
    marked.extend(args);
    marked
}

/// Whether `help` is the command: alone, or before the name of another one.
fn asks_for_help(next: Option<&OsString>, is_command: impl Fn(&str) -> bool) -> bool {
    next.is_none_or(|next| is_command(&next.to_string_lossy()))
}

#[cfg(test)]
mod tests {
    use super::{definition, mark_end};

    fn marked(line: &str) -> String {
        let args: Vec<_> = mark_end(&definition(), line.split(' ').map(Into::into))
            .into_iter()
            .filter_map(|a| a.into_string().ok())
            .collect();
        args.join(" ")
    }

    #[test]
    fn what_follows_the_script_is_the_scripts() {
        assert_eq!(marked("aio x.aio --version -c"), "aio -- x.aio --version -c");
        assert_eq!(marked("aio --compat cpython --no-color - a"), "aio --compat cpython --no-color -- - a");
        assert_eq!(marked("aio --seed 7 x.aio"), "aio --seed 7 -- x.aio");
        assert_eq!(marked("aio -c code --help"), "aio -c code -- --help");
        assert_eq!(marked("aio disasm x"), "aio disasm x");
        assert_eq!(marked("aio test -k name"), "aio test -k name");
        assert_eq!(marked("aio help test"), "aio help test");
        assert_eq!(marked("aio help me"), "aio -- help me");
        assert_eq!(marked("aio ./disasm x"), "aio -- ./disasm x");
    }

    #[test]
    fn the_definition_is_sound() {
        definition().debug_assert();
    }
}
