//! Tasks that come and go leave nothing behind: many rounds of them run within memory that has room for few.
//!
//! `AIO_SOAK=TASKS,ROUNDS,MEBIBYTES cargo test --test soak` runs it larger; a million tasks want 1000 MiB.

use std::process::Command;

#[test]
fn rounds_of_tasks_leave_no_memory_behind() -> Result<(), Box<dyn std::error::Error>> {
    let size = std::env::var("AIO_SOAK").unwrap_or_else(|_| "4000,40,12".into());
    let [tasks, rounds, memory] = *size.split(',').collect::<Vec<_>>() else {
        return Err("AIO_SOAK=TASKS,ROUNDS,MEBIBYTES".into());
    };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/soak.aio");
    let output = Command::new(env!("CARGO_BIN_EXE_aio"))
        .args(["--virtual-time", "--max-memory", memory, script, tasks, rounds])
        .output()?;
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let n: usize = tasks.parse()?;
    assert_eq!(out, format!("{{({}, {})}} 1\n", n + n / 4 + 1, n / 2 + 1), "{err}");
    assert!(output.status.success());
    Ok(())
}
