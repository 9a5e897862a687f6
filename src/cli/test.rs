//! `aio test`: runs scripts side by side under virtual time, and compares each with the files beside it.

use super::golden::{self, Expectation, Runner};
use super::junit::{self, Entry};
use super::output::{self, Stdout, styled};
use crate::event_loop::Clock;
use clap::Args;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Duration;

#[derive(Args, Clone, Debug)]
#[command(
    after_help = "x.aio is a test if x.out, x.err or x.code lies beside it: what it prints on stdout and stderr, and its exit\ncode. Without x.code that is 1 where there is an x.err, and 0 elsewhere. Lines `# args: ...` and `# stdin: ...` at\nthe top of a script give it arguments and input. What starts with _ or . is not looked into."
)]
pub struct TestArguments {
    /// Scripts, or folders with scripts; by default this folder
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Write what is expected from what happens; makes tests of the scripts named
    #[arg(long)]
    pub bless: bool,
    /// Only the tests whose path contains FILTER
    #[arg(short = 'k', value_name = "FILTER")]
    pub filter: Option<String>,
    /// How long a test may take, in seconds of real time
    #[arg(long, value_name = "SECONDS", default_value_t = 60.0)]
    pub timeout: f64,
    /// How many run side by side; by default one for each processor
    #[arg(short = 'j', long, value_name = "N")]
    pub jobs: Option<std::num::NonZeroUsize>,
    /// Run ready tasks in a random order, the same for the same N
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Let time pass, instead of jumping from timer to timer
    #[arg(long)]
    pub real_time: bool,
    /// Write a report in JUnit's format
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Say nothing of the tests that pass
    #[arg(short = 'q', long)]
    pub quiet: bool,
    /// Write without colors, as NO_COLOR does
    #[arg(long)]
    pub no_color: bool,
}

enum Verdict {
    Passed,
    Blessed,
    Failed(String),
}

/// Runs the tests; gives the exit code: 0 if all passed, 1 if one failed, 2 if there are none.
pub fn run(arguments: &TestArguments) -> u8 {
    let scripts = match find(arguments) {
        Ok(scripts) => scripts,
        Err(message) => return refuse(&message),
    };
    if scripts.is_empty() {
        return refuse("no tests: no script has an .out, .err or .code beside it; --bless FILE makes them");
    }
    let runner = match runner(arguments) {
        Ok(runner) => runner,
        Err(message) => return refuse(&message),
    };
    let color = !arguments.no_color && output::wants_color(output::is_terminal());
    let clock = Clock::new(false);
    let entries = run_all(arguments, &runner, &scripts, color);
    let took = clock.now();
    summarize(&entries, took, color);
    if let Some(file) = &arguments.junit
        && let Err(error) = std::fs::write(file, junit::report(&entries, took))
    {
        return refuse(&format!("can't write {}: {error}", file.display()));
    }
    u8::from(entries.iter().any(|entry| entry.failure.is_some()))
}

fn refuse(message: &str) -> u8 {
    output::complain(message);
    2
}

fn runner(arguments: &TestArguments) -> Result<Runner, String> {
    let time_limit = Duration::try_from_secs_f64(arguments.timeout)
        .ok()
        .filter(|limit| !limit.is_zero())
        .ok_or_else(|| format!("--timeout must be a number of seconds above 0, not {}", arguments.timeout))?;
    let program = std::env::current_exe().map_err(|error| format!("can't find the program aio: {error}"))?;
    let mut flags: Vec<OsString> = Vec::new();
    if !arguments.real_time {
        flags.push("--virtual-time".into());
    }
    if let Some(seed) = arguments.seed {
        flags.extend(["--seed".into(), seed.to_string().into()]);
    }
    Ok(Runner { program, flags, time_limit })
}

/// The scripts that are tests, in order. One that is named is a test in any case if it is to be blessed.
fn find(arguments: &TestArguments) -> Result<Vec<PathBuf>, String> {
    let here = [PathBuf::from(".")];
    let paths = if arguments.paths.is_empty() { &here[..] } else { &arguments.paths };
    let mut scripts = BTreeSet::new();
    for path in paths {
        if path.is_dir() {
            let mut files = BTreeSet::new();
            golden::collect_files(path, &mut files)
                .map_err(|error| format!("can't read {}: {error}", path.display()))?;
            let has_expectation = |script: &PathBuf| {
                golden::EXPECTATIONS.iter().any(|extension| files.contains(&script.with_extension(extension)))
            };
            let tests = files.iter().filter(|file| is_script(file) && has_expectation(file));
            scripts.extend(tests.map(|file| file.strip_prefix("./").unwrap_or(file).to_owned()));
        } else if !path.exists() {
            return Err(format!("there is no {}", path.display()));
        } else if !is_script(path) {
            return Err(format!("{} is no script: its name does not end in .aio", path.display()));
        } else if arguments.bless || !Expectation::of(path)?.is_empty() {
            scripts.insert(path.clone());
        } else {
            return Err(format!("no .out, .err or .code beside {}; --bless makes them", path.display()));
        }
    }
    let wanted = |script: &PathBuf| {
        arguments.filter.as_ref().is_none_or(|filter| script.to_string_lossy().contains(&**filter))
    };
    Ok(scripts.into_iter().filter(wanted).collect())
}

fn is_script(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "aio")
}

/// Runs the tests side by side, and tells of them in their order.
fn run_all(arguments: &TestArguments, runner: &Runner, scripts: &[PathBuf], color: bool) -> Vec<Entry> {
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    let jobs = arguments.jobs.map_or(processors, std::num::NonZeroUsize::get).min(scripts.len());
    let next = AtomicUsize::new(0);
    let (sender, receiver) = mpsc::channel();
    let mut entries = Vec::new();
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            let (next, sender) = (&next, sender.clone());
            scope.spawn(move || {
                while let Some((i, script)) = {
                    let i = next.fetch_add(1, Ordering::Relaxed);
                    scripts.get(i).map(|script| (i, script))
                } {
                    let clock = Clock::new(false);
                    let verdict = verdict(runner, script, arguments.bless, color);
                    // The receiver lives until all are through.
                    let _ = sender.send((i, verdict, clock.now()));
                }
            });
        }
        drop(sender);
        let mut early = BTreeMap::new();
        for (i, verdict, took) in receiver {
            early.insert(i, (verdict, took));
            while let Some((verdict, took)) = early.remove(&entries.len()) {
                let name = scripts[entries.len()].to_string_lossy().into_owned();
                entries.push(tell(name, verdict, took, arguments.quiet, color));
            }
        }
    });
    entries
}

fn verdict(runner: &Runner, script: &Path, bless: bool, color: bool) -> Verdict {
    let compared = || -> Result<Verdict, String> {
        let expected = Expectation::of(script)?;
        let actual = runner.run(script)?;
        if bless {
            let changed = expected.bless(script, &actual).map_err(|error| format!("can't write: {error}"))?;
            return Ok(if changed { Verdict::Blessed } else { Verdict::Passed });
        }
        Ok(expected.differences(&actual, color).map_or(Verdict::Passed, Verdict::Failed))
    };
    compared().unwrap_or_else(Verdict::Failed)
}

fn tell(name: String, verdict: Verdict, took: f64, quiet: bool, color: bool) -> Entry {
    let (style, word, failure) = match verdict {
        Verdict::Passed => ("32", "ok", None),
        Verdict::Blessed => ("33", "blessed", None),
        Verdict::Failed(why) => ("31", "FAILED", Some(why)),
    };
    if !(quiet && word == "ok") {
        let mut text = format!("{} {name}\n", styled(color, style, &format!("{word:<7}")));
        for line in failure.iter().flat_map(|why| why.lines()) {
            text += &format!("    {line}\n");
        }
        // A closed pipe ends the program inside; other failures show at the end.
        let _ = Stdout.write_all(text.as_bytes());
    }
    Entry { name, took, failure: failure.map(|why| output::without_styles(&why)) }
}

fn summarize(entries: &[Entry], took: f64, color: bool) {
    let failed = entries.iter().filter(|entry| entry.failure.is_some()).count();
    let passed = entries.len() - failed;
    let plural = if entries.len() == 1 { "" } else { "s" };
    let (style, verdict) = match failed {
        0 => ("32", format!("{passed} passed")),
        _ => ("31", format!("{passed} passed, {failed} failed")),
    };
    let verdict = styled(color, style, &verdict);
    let _ = writeln!(Stdout, "{} test{plural} in {took:.2} s: {verdict}", entries.len());
    let _ = Stdout.flush();
}
