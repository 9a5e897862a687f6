//! Runs every script under `examples/` and `tests/cases/`, and compares what it does with the files beside it.
//!
//! What the files beside a script ask for is said in `src/cli/golden.rs`: it is what `aio test` compares too. The folder
//! picks the stage:
//!
//! - `examples/`, `tests/cases/run/`: `aio --virtual-time x.aio`
//! - `tests/cases/errors/`: the same; there is always an `.err`
//! - `tests/cases/tracebacks/`: `aio --virtual-time --traceback=python x.aio`; there is always an `.err`
//! - `tests/cases/bytecode/`: `aio disasm x.aio`
//! - `tests/cases/check/`: `aio check x.aio`, whose exit code says whether something was found
//! - `tests/cases/repl/`: `x.txt` is the transcript of a session on virtual time; what is typed in it is typed again
//!
//! A file or folder whose name starts with `_` is no case: modules for cases to import.
//!
//! `AIO_BLESS=1` writes what is expected from what happens; `AIO_GOLDEN_FLAGS` holds more flags for `aio`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use aio::cli::golden::{EXPECTATIONS, Expectation, Runner, collect_files, diff};
use libtest_mimic::{Arguments, Failed, Trial};

/// How a script is given to `aio`.
#[derive(Clone, Copy, PartialEq)]
enum Stage {
    Run,
    Errors,
    Tracebacks,
    Bytecode,
    Check,
    Repl,
}

/// A script, and the name of its test.
struct Case {
    name: String,
    script: PathBuf,
    stage: Stage,
}

fn main() -> Result<(), Failed> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut cases = Vec::new();
    let mut orphans = Vec::new();
    for (folder, prefix, stage) in [
        ("examples", "examples", Stage::Run),
        ("tests/cases/run", "run", Stage::Run),
        ("tests/cases/errors", "errors", Stage::Errors),
        ("tests/cases/tracebacks", "tracebacks", Stage::Tracebacks),
        ("tests/cases/bytecode", "bytecode", Stage::Bytecode),
        ("tests/cases/check", "check", Stage::Check),
        ("tests/cases/repl", "repl", Stage::Repl),
    ] {
        let mut files = BTreeSet::new();
        collect_files(&root.join(folder), &mut files)?;
        for file in &files {
            let relative = file.strip_prefix(root.join(folder))?.with_extension("");
            let name = format!("{prefix}/{}", relative.display()).replace('\\', "/");
            match file.extension().and_then(|extension| extension.to_str()) {
                Some("aio") if stage != Stage::Repl => cases.push(Case { name, script: file.clone(), stage }),
                Some("txt") if stage == Stage::Repl => {
                    cases.push(Case { name, script: file.clone(), stage });
                }
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

/// Types what a transcript says was typed, and compares what comes of it with the transcript.
fn check_transcript(script: &Path, runner: &Runner) -> Result<(), Failed> {
    let transcript = std::fs::read_to_string(script)?;
    let typed =
        |line: &str| [">>> ", "... "].iter().find_map(|p| line.strip_prefix(p)).map(|l| format!("{l}\n"));
    // At the last prompt nothing is typed: the input ends.
    let transcript_typed = transcript.strip_suffix("\n>>> \n").unwrap_or(&transcript);
    let input: String = transcript_typed.lines().filter_map(typed).collect();
    let folder = script.parent().ok_or("a transcript lies in a folder")?;
    let outcome = runner.run_in(folder, &["-i".into()], &input)?;
    let actual = format!("{}{}", outcome.out, outcome.err);
    if bless() {
        std::fs::write(script, actual)?;
    } else if actual != transcript {
        return Err(diff(&transcript, &actual, false).into());
    }
    Ok(())
}

fn bless() -> bool {
    std::env::var_os("AIO_BLESS").is_some_and(|value| value == "1")
}

fn check(case: &Case) -> Result<(), Failed> {
    let first = match case.stage {
        Stage::Bytecode => "disasm",
        Stage::Check => "check",
        Stage::Run | Stage::Errors | Stage::Tracebacks | Stage::Repl => "--virtual-time",
    };
    let mut flags = vec![first.into()];
    if case.stage == Stage::Tracebacks {
        flags.push("--traceback=python".into());
    }
    let reports = matches!(case.stage, Stage::Errors | Stage::Tracebacks);
    let more = std::env::var("AIO_GOLDEN_FLAGS").unwrap_or_default();
    flags.extend(more.split_whitespace().map(Into::into));
    let runner =
        Runner { program: env!("CARGO_BIN_EXE_aio").into(), flags, time_limit: Duration::from_secs(60) };
    if case.stage == Stage::Repl {
        return check_transcript(&case.script, &runner);
    }
    let mut expected = Expectation::of(&case.script)?;
    let mut actual = runner.run(&case.script)?;
    if case.stage == Stage::Check {
        let found = i32::from(actual.out.lines().any(|line| line.starts_with("found ")));
        actual.code -= found;
    }
    if bless() {
        if reports {
            expected.err.get_or_insert_default();
        }
        expected.bless(&case.script, &actual)?;
        return Ok(());
    }
    if expected.is_empty() || reports && expected.err.is_none() {
        return Err(format!(
            "nothing beside the script says what is expected; it printed\n{}{}",
            actual.out, actual.err
        )
        .into());
    }
    expected.differences(&actual, false).map_or(Ok(()), |text| Err(text.into()))
}
