//! Runs every script under `examples/` and `tests/cases/`, and compares what it does with the files beside it.
//!
//! What the files beside a script ask for is said in `src/cli/golden.rs`: it is what `aio test` compares too. The folder
//! picks the stage:
//!
//! - `examples/`, `tests/cases/run/`: `aio --virtual-time x.aio`
//! - `tests/cases/errors/`: the same; there is always an `.err`
//! - `tests/cases/tracebacks/`: `aio --virtual-time --traceback=python x.aio`; there is always an `.err`
//! - `tests/cases/bytecode/`: `aio disasm x.aio`
//!
//! A file or folder whose name starts with `_` is no case: modules for cases to import.
//!
//! `AIO_BLESS=1` writes what is expected from what happens; `AIO_GOLDEN_FLAGS` holds more flags for `aio`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use aio::cli::golden::{EXPECTATIONS, Expectation, Runner, collect_files};
use libtest_mimic::{Arguments, Failed, Trial};

/// How a script is given to `aio`.
#[derive(Clone, Copy, PartialEq)]
enum Stage {
    Run,
    Errors,
    Tracebacks,
    Bytecode,
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

fn check(case: &Case) -> Result<(), Failed> {
    let mut flags = vec![if case.stage == Stage::Bytecode { "disasm" } else { "--virtual-time" }.into()];
    if case.stage == Stage::Tracebacks {
        flags.push("--traceback=python".into());
    }
    let reports = matches!(case.stage, Stage::Errors | Stage::Tracebacks);
    let more = std::env::var("AIO_GOLDEN_FLAGS").unwrap_or_default();
    flags.extend(more.split_whitespace().map(Into::into));
    let runner =
        Runner { program: env!("CARGO_BIN_EXE_aio").into(), flags, time_limit: Duration::from_secs(60) };
    let mut expected = Expectation::of(&case.script)?;
    let actual = runner.run(&case.script)?;
    if std::env::var_os("AIO_BLESS").is_some_and(|value| value == "1") {
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
