//! Ctrl-C.

use signal_hook::consts::SIGINT;
use signal_hook::flag;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The exit code of what Ctrl-C ends.
const INTERRUPTED: i32 = 130;

/// A flag that Ctrl-C sets, for the VM to notice. One that comes while the one before it was not noticed ends the process:
/// the program hangs in something that cannot be interrupted. A session is not given up as lightly: there it takes three.
pub fn flag(interactive: bool) -> Arc<AtomicBool> {
    let interrupt = Arc::new(AtomicBool::new(false));
    // Without a handler Ctrl-C ends the process: no reason not to start.
    let _ = if interactive { patient(&interrupt) } else { impatient(&interrupt) };
    interrupt
}

fn impatient(interrupt: &Arc<AtomicBool>) -> std::io::Result<()> {
    // In this order: the first one does not find the flag set.
    flag::register_conditional_shutdown(SIGINT, INTERRUPTED, Arc::clone(interrupt))?;
    flag::register(SIGINT, Arc::clone(interrupt))?;
    Ok(())
}

#[cfg(unix)]
fn patient(interrupt: &Arc<AtomicBool>) -> std::io::Result<()> {
    let mut signals = signal_hook::iterator::Signals::new([SIGINT])?;
    let interrupt = Arc::clone(interrupt);
    std::thread::Builder::new().name("ctrl-c".to_owned()).spawn(move || {
        let mut unnoticed = 0;
        for _ in signals.forever() {
            unnoticed = if interrupt.swap(true, Ordering::SeqCst) { unnoticed + 1 } else { 0 };
            if unnoticed == 3 {
                std::process::exit(INTERRUPTED);
            }
        }
    })?;
    Ok(())
}

#[cfg(not(unix))]
use impatient as patient;
