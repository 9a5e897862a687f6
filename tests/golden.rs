//! Runs every script under `examples/` and `tests/cases/`, and compares what it does with the files beside it.
//!
//! A script `x.aio` may have `x.out` (stdout), `x.err` (stderr) and `x.code` (the exit code). Without `.code` the
//! exit code must be 1 where there is an `.err`, and 0 elsewhere. The folder picks the stage:
//!
//! - `examples/`, `tests/cases/run/`: `aio --virtual-time x.aio`; stderr counts where there is an `.err`
//! - `tests/cases/errors/`: the same; stderr always counts
//! - `tests/cases/bytecode/`: `aio disasm x.aio`
//!
//! Comment lines at the very top may say `# args: ...` (words for `sys.argv`) and `# stdin: ...` (a line of input).
//! A file or folder whose name starts with `_` is no case: modules for cases to import.
//!
//! `AIO_BLESS=1` writes what is expected from what happens; `AIO_GOLDEN_FLAGS` holds more flags for `aio`.

mod support {
    pub mod diff;
}

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use libtest_mimic::{Arguments, Failed, Trial};
use support::diff;

const TIME_LIMIT: Duration = Duration::from_secs(60);
const EXPECTATIONS: [&str; 3] = ["out", "err", "code"];

/// How a script is given to `aio`.
#[derive(Clone, Copy, PartialEq)]
enum Stage {
    Run,
    Errors,
    Bytecode,
}

/// A script, and the name of its test.
struct Case {
    name: String,
    script: PathBuf,
    stage: Stage,
}

/// What a script did, or should do.
#[derive(PartialEq)]
struct Outcome {
    out: String,
    /// `None` where stderr does not count.
    err: Option<String>,
    code: i32,
}

fn main() -> Result<(), Failed> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut cases = Vec::new();
    let mut orphans = Vec::new();
    for (folder, prefix, stage) in [
        ("examples", "examples", Stage::Run),
        ("tests/cases/run", "run", Stage::Run),
        ("tests/cases/errors", "errors", Stage::Errors),
        ("tests/cases/bytecode", "bytecode", Stage::Bytecode),
    ] {
        let mut files = BTreeSet::new();
        collect_files(&root.join(folder), &mut files)?;
        for file in &files {
            let relative = file.strip_prefix(root.join(folder))?.with_extension("");
            let name = format!("{prefix}/{}", relative.display()).replace('\\', "/");
            match file.extension().and_then(|extension| extension.to_str()) {
                Some("aio") => cases.push(Case { name, script: file.clone(), stage }),
                Some(extension)
                    if EXPECTATIONS.contains(&extension) && !files.contains(&file.with_extension("aio")) =>
                {
                    orphans.push(file.strip_prefix(root)?.display().to_string());
                }
                _ => {}
            }
        }
    }

    let mut trials: Vec<Trial> =
        cases.into_iter().map(|case| Trial::test(case.name.clone(), move || check(&case))).collect();
    trials.push(Trial::test("every_expectation_has_a_script", move || {
        if orphans.is_empty() { Ok(()) } else { Err(format!("no script for {}", orphans.join(", ")).into()) }
    }));
    libtest_mimic::run(&Arguments::from_args(), trials).exit()
}

/// All files under `folder`, but for what starts with `_`. A folder that is not there is empty.
fn collect_files(folder: &Path, files: &mut BTreeSet<PathBuf>) -> io::Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(['_', '.']) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            collect_files(&entry.path(), files)?;
        } else {
            files.insert(entry.path());
        }
    }
    Ok(())
}

fn check(case: &Case) -> Result<(), Failed> {
    let actual = run(case)?;
    if std::env::var_os("AIO_BLESS").is_some_and(|value| value == "1") {
        return bless(case, &actual);
    }
    let expected = expectation(case, &actual)?;
    if expected == actual {
        return Ok(());
    }
    let mut report = String::new();
    if expected.out != actual.out {
        write!(
            report,
            "stdout differs (- expected, + actual):\n{}",
            diff::lines(&expected.out, &actual.out)
        )?;
    }
    if let (Some(expected), Some(actual)) = (&expected.err, &actual.err)
        && expected != actual
    {
        write!(report, "stderr differs (- expected, + actual):\n{}", diff::lines(expected, actual))?;
    }
    if expected.code != actual.code {
        writeln!(report, "exit code {}, expected {}", actual.code, expected.code)?;
        if expected.err.is_none() {
            write!(report, "stderr:\n{}", run_for_stderr(case)?)?;
        }
    }
    Err(report.into())
}

fn read_if_there(path: &Path) -> io::Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// What the files beside a script ask for.
fn expectation(case: &Case, actual: &Outcome) -> Result<Outcome, Failed> {
    let out = read_if_there(&case.script.with_extension("out"))?;
    let err = read_if_there(&case.script.with_extension("err"))?;
    let wanted = if case.stage == Stage::Errors { "err" } else { "out" };
    if out.is_none() && err.is_none() {
        let first = if case.stage == Stage::Errors { actual.err.as_deref() } else { Some(&*actual.out) };
        return Err(
            format!("no .{wanted} beside the script; it printed\n{}", first.unwrap_or_default()).into()
        );
    }
    let code = match read_if_there(&case.script.with_extension("code"))? {
        Some(text) => text.trim().parse().map_err(|_| format!("`.code` holds no number: {text:?}"))?,
        None => i32::from(err.is_some()),
    };
    Ok(Outcome { out: out.unwrap_or_default(), err, code })
}

/// Rewrites the files beside a script. What was there stays there, if empty; no `.err` comes up for a script
/// that ends well.
fn bless(case: &Case, actual: &Outcome) -> Result<(), Failed> {
    let path = |extension: &str| case.script.with_extension(extension);
    if case.stage != Stage::Errors || !actual.out.is_empty() || path("out").exists() {
        write_if_changed(&path("out"), &actual.out)?;
    }
    let err = match &actual.err {
        Some(err) => Some(err.clone()),
        None if actual.code != 0 && !path("code").exists() => Some(run_for_stderr(case)?),
        None => None,
    };
    if let Some(err) = &err {
        write_if_changed(&path("err"), err)?;
    }
    if path("code").exists() || actual.code != i32::from(err.is_some()) {
        write_if_changed(&path("code"), &format!("{}\n", actual.code))?;
    }
    Ok(())
}

fn write_if_changed(path: &Path, text: &str) -> io::Result<()> {
    if read_if_there(path)?.as_deref() == Some(text) { Ok(()) } else { fs::write(path, text) }
}

fn run(case: &Case) -> Result<Outcome, Failed> {
    let (out, err, code) = run_binary(case)?;
    let err_counts = case.stage == Stage::Errors || case.script.with_extension("err").exists();
    Ok(Outcome { out, err: err_counts.then_some(err), code })
}

fn run_for_stderr(case: &Case) -> Result<String, Failed> {
    Ok(run_binary(case)?.1)
}

/// Runs `aio` on a script, in its folder: stdout, stderr and the exit code.
fn run_binary(case: &Case) -> Result<(String, String, i32), Failed> {
    let source = fs::read_to_string(&case.script)?;
    let folder = case.script.parent().ok_or("a script lies in a folder")?;
    let file = case.script.file_name().ok_or("a script has a name")?;

    let mut command = Command::new(env!("CARGO_BIN_EXE_aio"));
    command.arg(if case.stage == Stage::Bytecode { "disasm" } else { "--virtual-time" });
    command.args(std::env::var("AIO_GOLDEN_FLAGS").unwrap_or_default().split_whitespace());
    command.arg(file);
    command.args(top_comments(&source, "args").flat_map(str::split_whitespace));
    command.current_dir(folder).env("NO_COLOR", "1");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());

    let mut child = command.spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        for line in top_comments(&source, "stdin") {
            // A script need not read all that it is given.
            let _ = writeln!(stdin, "{line}");
        }
    }
    let (out, err) = read_to_end(&mut child)?;
    let status = child.wait()?;
    let code = status.code().ok_or_else(|| format!("ended by a signal: {status}\n{err}"))?;
    Ok((out, err, code))
}

/// Reads stdout and stderr until both are closed, or ends the child when its time is over.
fn read_to_end(child: &mut Child) -> Result<(String, String), Failed> {
    let (sender, receiver) = mpsc::channel();
    let streams: [Option<Box<dyn Read + Send>>; 2] = [
        child.stdout.take().map(|stream| Box::new(stream) as Box<dyn Read + Send>),
        child.stderr.take().map(|stream| Box::new(stream) as Box<dyn Read + Send>),
    ];
    for (index, stream) in streams.into_iter().enumerate() {
        let mut stream = stream.ok_or("the child's streams are piped")?;
        let sender = sender.clone();
        thread::spawn(move || {
            let mut bytes = Vec::new();
            let result = stream.read_to_end(&mut bytes);
            // Nobody listens any more once the time is over.
            let _ = sender.send((index, result.map(|_| bytes)));
        });
    }
    let mut texts = [String::new(), String::new()];
    for _ in 0..texts.len() {
        let Ok((index, bytes)) = receiver.recv_timeout(TIME_LIMIT) else {
            child.kill()?;
            child.wait()?;
            return Err(format!("still running after {} s", TIME_LIMIT.as_secs()).into());
        };
        texts[index] = String::from_utf8_lossy(&bytes?).into_owned();
    }
    let [out, err] = texts;
    Ok((out, err))
}

/// The values of the `# key: value` lines at the top of a script.
fn top_comments<'a>(source: &'a str, key: &'a str) -> impl Iterator<Item = &'a str> {
    source.lines().map_while(|line| line.strip_prefix('#')).filter_map(move |line| {
        let (head, value) = line.split_once(':')?;
        (head.trim() == key).then(|| value.trim())
    })
}
