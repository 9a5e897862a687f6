//! What the fuzz targets do with their input.

mod calls;
pub mod mutate;

use aio::diagnostics::render;
use aio::interpreter::{Interpreter, Outcome};
use aio::vm::{Host, Limits};
use std::cell::Cell;
use std::io::{self, Write};
use std::rc::Rc;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

const STEPS: u64 = 50_000;
const MEMORY: usize = 128 << 20;
const RECURSION: usize = 300;
/// As much as the command line gives: deeply nested source and values recurse in Rust.
const STACK: usize = 512 << 20;
/// More output than this is thrown away.
const MAX_OUTPUT: usize = 1 << 20;

/// Bytes to diagnostics: lexer, parser, resolver, compiler, verifier, disassembler, and the rendering of mistakes.
pub fn front_end(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    on_a_large_stack(|| {
        let mut interpreter = Interpreter::new(host());
        match interpreter.disassemble("fuzz.aio", text) {
            Ok(listing) => assert!(!listing.is_empty()),
            Err(diagnostics) => {
                assert!(!diagnostics.is_empty(), "refused without a reason");
                drop(render::diagnostics(&diagnostics, interpreter.sources(), false));
            }
        }
    });
}

/// A script, run to its end or to its limits: virtual time, output thrown away. It may change files: see the README.
pub fn pipeline(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    on_a_large_stack(|| {
        let limits = Limits { steps: Some(STEPS), memory: Some(MEMORY) };
        let mut interpreter = Interpreter::with_limits(host(), limits);
        interpreter.vm.set_recursion_limit(RECURSION);
        let outcome = interpreter.run_source("fuzz.aio", text);
        match &outcome {
            Outcome::Internal(message) => panic!("{message}"),
            Outcome::Diagnostics(all) => drop(render::diagnostics(all, interpreter.sources(), false)),
            Outcome::Raised(report) | Outcome::Interrupted(report) => {
                drop(render::exception(report, interpreter.sources(), false));
            }
            Outcome::Finished | Outcome::Exit(..) | Outcome::Stopped => (),
        }
    });
}

fn on_a_large_stack(run: impl FnOnce() + Send) {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, run);
        let Ok(thread) = thread else { return };
        if let Err(panic) = thread.join() {
            std::panic::resume_unwind(panic);
        }
    });
}

/// What a script of ours prints.
fn output(text: &str) -> String {
    let kept = Arc::new(Mutex::new(Vec::new()));
    on_a_large_stack(|| {
        let mut host = host();
        host.stdout = Box::new(Kept(Arc::clone(&kept)));
        drop(Interpreter::new(host).run_source("names.aio", text));
    });
    let kept = kept.lock().map(|bytes| bytes.clone()).unwrap_or_default();
    String::from_utf8_lossy(&kept).into_owned()
}

struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Ok(mut kept) = self.0.lock() {
            kept.extend_from_slice(bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn host() -> Host {
    let left = Rc::new(Cell::new(MAX_OUTPUT));
    Host {
        stdout: Box::new(Sink(Rc::clone(&left))),
        stderr: Box::new(Sink(left)),
        stdin: Box::new(io::empty()),
        args: vec!["fuzz.aio".to_owned()],
        environment: Vec::new(),
        path: Vec::new(),
        virtual_time: true,
        seed: None,
        cpython_gather: false,
        terminals: [false; 3],
        interrupt: Arc::new(AtomicBool::new(false)),
    }
}

/// Takes output as a pipe does that breaks one day.
struct Sink(Rc<Cell<usize>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.0.get().checked_sub(bytes.len()) {
            Some(left) => self.0.set(left),
            None => return Err(io::ErrorKind::BrokenPipe.into()),
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
