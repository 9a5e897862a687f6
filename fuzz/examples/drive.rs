//! The targets without coverage, for machines without libFuzzer: `drive TARGET [SECONDS [SEED]]` mutates the scripts of
//! the repository; `drive TARGET FILE...` runs files. What fails is left in `drive-failure.aio`.

use aio_fuzz::mutate::{Random, mutate, seeds};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Left there before each run, so that it is there when a run ends the process.
const FAILURE: &str = "drive-failure.aio";
const SLOW: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let target = match args.first().map(String::as_str) {
        Some("front_end") => aio_fuzz::front_end,
        Some("pipeline") => aio_fuzz::pipeline,
        _ => {
            eprintln!("usage: drive front_end|pipeline [SECONDS [SEED] | FILE...]");
            return ExitCode::from(2);
        }
    };
    if let [_, files @ ..] = &args[..]
        && files.first().is_some_and(|file| Path::new(file).exists())
    {
        for file in files {
            eprintln!("{file}");
            target(&std::fs::read(file).unwrap_or_default());
        }
        return ExitCode::SUCCESS;
    }
    let seconds = args.get(1).and_then(|s| s.parse().ok()).unwrap_or(60);
    let mut random = Random(args.get(2).and_then(|s| s.parse().ok()).unwrap_or(1));
    let mut corpus: Vec<Vec<u8>> = seeds().iter().map(|seed| seed.clone().into_bytes()).collect();
    let begun = Instant::now();
    let mut runs = 0u64;
    while begun.elapsed() < Duration::from_secs(seconds) {
        let at = random.below(corpus.len().max(1));
        let input = mutate(&corpus[at], random.next());
        if std::fs::write(FAILURE, &input).is_err() {
            eprintln!("can't write {FAILURE}");
            return ExitCode::FAILURE;
        }
        let start = Instant::now();
        target(&input);
        if start.elapsed() > SLOW {
            eprintln!("slow: {:?}; see {FAILURE}", start.elapsed());
            return ExitCode::FAILURE;
        }
        runs += 1;
        // Some mutants are mutated further; a seed comes back for each that goes too far.
        if input.len() < 16 << 10 && random.below(4) == 0 {
            corpus[at] = input;
        } else if random.below(64) == 0
            && let Some(seed) = random.pick(seeds())
        {
            corpus[at] = seed.clone().into_bytes();
        }
    }
    let _ = std::fs::remove_file(FAILURE);
    eprintln!("{runs} runs");
    ExitCode::SUCCESS
}
