//! The options, and where they end: everything behind the script belongs to the script.

use clap::{CommandFactory, Parser, Subcommand, ValueEnum};
use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::PathBuf;

/// Run async scripts written in the language of Python
#[derive(Parser)]
#[command(
    name = "aio",
    version,
    override_usage = "aio [OPTIONS] FILE [ARGS]...\n       aio [OPTIONS] -c CODE [ARGS]...\n       aio [OPTIONS] - [ARGS]...\n       aio disasm FILE",
    after_help = "FILE is the script; - is stdin, as is nothing when stdin is no terminal. ARGS become sys.argv.\nA script named like a command is run as ./disasm."
)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Run CODE
    #[arg(short = 'c', value_name = "CODE", allow_hyphen_values = true)]
    code: Option<String>,
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
    /// Write errors without colors, as NO_COLOR does
    #[arg(long)]
    no_color: bool,
    #[arg(hide = true, value_name = "FILE")]
    rest: Vec<OsString>,
}

#[derive(Subcommand)]
enum Command {
    /// Show the bytecode of a script
    Disasm { file: OsString },
}

#[derive(Clone, Copy, ValueEnum)]
enum Compat {
    Cpython,
}

pub enum Script {
    File(PathBuf),
    Code(String),
    Stdin,
}

pub struct Options {
    pub script: Script,
    pub args: Vec<String>,
    pub disassemble: bool,
    pub virtual_time: bool,
    pub seed: Option<u64>,
    pub cpython: bool,
    pub recursion_limit: Option<usize>,
    pub no_color: bool,
    pub max_steps: Option<u64>,
    /// In bytes.
    pub max_memory: Option<usize>,
}

/// The options; ends the process for `--help`, `--version` and mistakes (exit code 2).
pub fn parse(args: impl Iterator<Item = OsString>) -> Options {
    let arguments = Arguments::parse_from(mark_end(args));
    let mut rest = arguments.rest.into_iter();
    let mut disassemble = false;
    let script = match (arguments.command, arguments.code) {
        (Some(Command::Disasm { file }), _) => {
            disassemble = true;
            file_or_stdin(file)
        }
        (None, Some(code)) => Script::Code(code),
        (None, None) => match rest.next() {
            Some(file) => file_or_stdin(file),
            None if std::io::stdin().is_terminal() => {
                // Nothing to run. Whether the help could be written does not matter any more.
                let _ = Arguments::command().print_help();
                std::process::exit(2);
            }
            None => Script::Stdin,
        },
    };
    Options {
        script,
        args: rest.map(|arg| arg.to_string_lossy().into_owned()).collect(),
        disassemble,
        virtual_time: arguments.virtual_time,
        seed: arguments.seed,
        cpython: arguments.compat.is_some(),
        recursion_limit: arguments.recursion_limit.map(|limit| limit as usize),
        no_color: arguments.no_color,
        max_steps: arguments.max_steps,
        max_memory: arguments.max_memory.map(|mib| mib.saturating_mul(1 << 20)),
    }
}

fn file_or_stdin(file: OsString) -> Script {
    if file == "-" { Script::Stdin } else { Script::File(file.into()) }
}

/// Options whose value is the next word.
const WITH_VALUE: [&str; 5] = ["--seed", "--compat", "--recursion-limit", "--max-steps", "--max-memory"];

/// Puts `--` where our options end: before the script, or behind the code of `-c`.
fn mark_end(args: impl Iterator<Item = OsString>) -> Vec<OsString> {
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
        if WITH_VALUE.contains(&&*text) {
            marked.push(arg);
            marked.extend(args.next());
        } else if text == "disasm"
            || text == "help" && args.peek().is_none()
            || text.starts_with('-') && text.len() > 1
        {
            marked.push(arg);
            if text == "disasm" || text == "--" {
                break;
            }
        } else {
            marked.extend(["--".into(), arg]);
            break;
        }
    }
    marked.extend(args);
    marked
}

#[cfg(test)]
mod tests {
    use super::mark_end;

    fn marked(line: &str) -> String {
        let args: Vec<_> = mark_end(line.split(' ').map(Into::into))
            .into_iter()
            .filter_map(|a| a.into_string().ok())
            .collect();
        args.join(" ")
    }

    #[test]
    fn what_follows_the_script_is_the_scripts() {
        assert_eq!(marked("aio x.aio --version -c"), "aio -- x.aio --version -c");
        assert_eq!(marked("aio --compat cpython --no-color - a"), "aio --compat cpython --no-color -- - a");
        assert_eq!(marked("aio -c code --help"), "aio -c code -- --help");
        assert_eq!(marked("aio disasm x"), "aio disasm x");
        assert_eq!(marked("aio ./disasm x"), "aio -- ./disasm x");
    }
}
