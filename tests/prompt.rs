//! The prompt as somebody at a terminal sees it: the program runs in a pseudo-terminal, and what is on its screen counts.

#![allow(clippy::disallowed_methods, reason = "it waits for another process, in real time")]

use std::io::{Read, Write};
use std::num::NonZero;
use std::path::PathBuf;
use std::process::Child;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use pty_process::Size;
use pty_process::blocking::{Command, Pty, open};

type Tried = Result<(), Box<dyn std::error::Error>>;

const ROWS: NonZero<u16> = NonZero::new(40).unwrap();
const COLUMNS: NonZero<u16> = NonZero::new(100).unwrap();
/// Nothing here takes long, but the machine may have more to do.
const PATIENCE: Duration = Duration::from_secs(30);
const UP: &str = "\x1b[A";
const CTRL_C: &str = "\x03";
const CTRL_D: &str = "\x04";

/// A session in a terminal.
struct Terminal {
    pty: Arc<Pty>,
    screen: Arc<Mutex<vt100::Parser>>,
    child: Child,
}

impl Terminal {
    fn start(args: &[&str], history: &str) -> Result<Self, Box<dyn std::error::Error>> {
        let (pty, pts) = open()?;
        pty.resize(Size::new(ROWS.get(), COLUMNS.get()))?;
        let child = Command::new(env!("CARGO_BIN_EXE_aio"))
            .args(args)
            .env("TERM", "xterm")
            .env("AIO_HISTORY", history)
            .env_remove("NO_COLOR")
            .spawn(pts)?;
        let pty = Arc::new(pty);
        let screen = Arc::new(Mutex::new(vt100::Parser::new(ROWS, COLUMNS, 0)));
        let (from, to) = (Arc::clone(&pty), Arc::clone(&screen));
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            // It ends with the program.
            while let Ok(n @ 1..) = (&*from).read(&mut bytes) {
                if let Ok(mut screen) = to.lock() {
                    screen.process(&bytes[..n]);
                }
            }
        });
        let terminal = Self { pty, screen, child };
        terminal.wait_for("the first prompt", |lines| lines.last().is_some_and(|line| line == ">>>"))?;
        Ok(terminal)
    }

    fn type_in(&self, text: &str) -> std::io::Result<()> {
        (&*self.pty).write_all(text.as_bytes())
    }

    /// The lines of the screen down to the last that is not empty, without blanks at their ends.
    fn lines(&self) -> Vec<String> {
        let text = self.screen.lock().map(|screen| screen.screen().contents()).unwrap_or_default();
        text.trim_end().lines().map(|line| line.trim_end().to_owned()).collect()
    }

    fn wait_for(&self, what: &str, seen: impl Fn(&[String]) -> bool) -> Result<Vec<String>, String> {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            let lines = self.lines();
            if seen(&lines) {
                return Ok(lines);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Err(format!("{what} did not appear:\n{}", self.lines().join("\n")))
    }

    fn prompts(&self) -> usize {
        self.lines().iter().filter(|line| line.starts_with(">>>")).count()
    }

    /// Types text, with the Enter that runs it, and waits for the next prompt.
    fn submit(&self, text: &str) -> Tried {
        let before = self.prompts();
        self.type_in(text)?;
        self.wait_for("the next prompt", |lines| {
            let prompts = lines.iter().filter(|line| line.starts_with(">>>")).count();
            prompts > before && lines.last().is_some_and(|line| line == ">>>")
        })?;
        Ok(())
    }

    /// Types a line and waits for another, and for the next prompt.
    fn enter(&self, line: &str, answer: &str) -> Tried {
        self.submit(&format!("{line}\r"))?;
        self.wait_for(answer, |lines| lines.iter().any(|l| l == answer))?;
        Ok(())
    }

    /// Waits for the end; the exit code.
    fn end(&mut self) -> Result<i32, Box<dyn std::error::Error>> {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status.code().unwrap_or(-1));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Err(format!("it does not end:\n{}", self.lines().join("\n")).into())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Most have ended by themselves.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn what_is_typed_runs_and_blocks_are_indented() -> Tried {
    let mut terminal = Terminal::start(&[], "")?;
    terminal.enter("6 * 7", "42")?;
    // Nobody types the blanks: each line is indented as its block.
    terminal.submit("def twice(n):\rif n:\rreturn 2 * n\r\r")?;
    terminal.wait_for("the block", |lines| {
        let block = [">>> def twice(n):", "    if n:", "        return 2 * n"];
        lines.windows(3).any(|w| w.iter().zip(block).all(|(a, b)| a == b))
    })?;
    terminal.enter("twice(_)", "84")?;
    terminal.type_in("exit\r")?;
    assert_eq!(terminal.end()?, 0);
    Ok(())
}

#[test]
fn what_tasks_print_stands_above_the_line_that_is_edited() -> Tried {
    let mut terminal = Terminal::start(&[], "")?;
    terminal.type_in(
        "async def tick():\rfor i in range(3):\rawait asyncio.sleep(0.2)\rprint('tick', i)\r\x7f\x7f\r",
    )?;
    terminal.wait_for("the next prompt", |lines| lines.last().is_some_and(|line| line == ">>>"))?;
    terminal.type_in("t = asyncio.create_task(tick(), name='ticker')\r")?;
    terminal.type_in("x = 12")?;
    terminal.wait_for("the last tick", |lines| {
        lines.iter().any(|line| line == "tick 2") && lines.last().is_some_and(|line| line == ">>> x = 12")
    })?;
    terminal.type_in("3\r")?;
    terminal.enter("x", "123")?;
    terminal.type_in(CTRL_D)?;
    assert_eq!(terminal.end()?, 0);
    Ok(())
}

#[test]
fn ctrl_c_ends_what_runs_and_not_the_session() -> Tried {
    let mut terminal = Terminal::start(&[], "")?;
    terminal.type_in("await asyncio.sleep(1000)\r")?;
    std::thread::sleep(Duration::from_millis(300));
    terminal.type_in(CTRL_C)?;
    terminal.wait_for("the interrupt", |lines| {
        lines.iter().any(|line| line.contains("KeyboardInterrupt"))
            && lines.last().is_some_and(|line| line == ">>>")
    })?;
    terminal.enter("'still ' + 'here'", "'still here'")?;
    // A task that keeps the loop to itself.
    terminal.submit("async def hog():\rwhile True: pass\r\r")?;
    terminal.submit("h = asyncio.create_task(hog(), name='hog')\r")?;
    std::thread::sleep(Duration::from_millis(300));
    terminal.submit(CTRL_C)?;
    terminal.wait_for("its line", |lines| lines.iter().any(|line| line == "KeyboardInterrupt: in hog"))?;
    terminal.enter("1000 + 2", "1002")?;
    terminal.type_in("exit\r")?;
    assert_eq!(terminal.end()?, 0);
    Ok(())
}

#[test]
fn ctrl_d_asks_while_tasks_run_and_then_cancels_them() -> Tried {
    let mut terminal = Terminal::start(&[], "")?;
    terminal.submit("t = asyncio.create_task(asyncio.sleep(1000), name='sleeper')\r")?;
    terminal.type_in(CTRL_D)?;
    terminal.wait_for("the question", |lines| {
        lines.iter().any(|line| line == "1 task still runs: sleeper. Ctrl-D again cancels and ends.")
            && lines.last().is_some_and(|line| line == ">>>")
    })?;
    terminal.type_in(CTRL_D)?;
    assert_eq!(terminal.end()?, 0);
    assert!(terminal.lines().iter().any(|line| line == "1 task still runs: sleeper; cancelled"));
    Ok(())
}

#[test]
fn names_are_completed_and_signatures_hinted() -> Tried {
    let mut terminal = Terminal::start(&[], "")?;
    terminal.type_in("asyncio.create_t\t")?;
    terminal.wait_for("the name", |lines| lines.last().is_some_and(|l| l == ">>> asyncio.create_task"))?;
    terminal.type_in("(")?;
    terminal.wait_for("the signature", |lines| {
        lines.last().is_some_and(|l| l.starts_with(">>> asyncio.create_task(") && l.contains("name=None"))
    })?;
    terminal.submit(CTRL_C)?;
    terminal.type_in(":tas\t")?;
    terminal.wait_for("the command", |lines| lines.last().is_some_and(|l| l == ">>> :tasks"))?;
    terminal.submit("\r")?;
    terminal.wait_for("no tasks", |lines| lines.iter().any(|l| l == "no tasks"))?;
    terminal.type_in("exit\r")?;
    assert_eq!(terminal.end()?, 0);
    Ok(())
}

#[test]
fn a_block_comes_back_from_the_history_of_another_session() -> Tried {
    let path: PathBuf = std::env::temp_dir().join(format!("aio-history-{}/history", std::process::id()));
    let history = path.to_str().ok_or("a path of text")?;
    let mut first = Terminal::start(&[], history)?;
    first.submit("for i in range(2):\rprint('round', i)\r\r")?;
    first.wait_for("the last round", |lines| lines.iter().any(|line| line == "round 1"))?;
    first.type_in("exit\r")?;
    assert_eq!(first.end()?, 0);
    let mut second = Terminal::start(&[], history)?;
    // The last text was `exit`.
    second.type_in(&format!("{UP}{UP}"))?;
    second.wait_for("the block", |lines| lines.iter().any(|line| line == ">>> for i in range(2):"))?;
    second.submit("\r\r")?;
    second.wait_for("the last round", |lines| lines.iter().any(|line| line == "round 1"))?;
    second.type_in(CTRL_D)?;
    assert_eq!(second.end()?, 0);
    std::fs::remove_dir_all(path.parent().ok_or("it lies in a folder")?)?;
    Ok(())
}

#[test]
fn a_script_is_followed_by_a_prompt() -> Tried {
    let script = std::env::temp_dir().join(format!("aio-prompt-{}.aio", std::process::id()));
    std::fs::write(&script, "answer = 42\nprint('ran')\n")?;
    let mut terminal = Terminal::start(&["-i", script.to_str().ok_or("a path of text")?], "")?;
    terminal.wait_for("the script", |lines| lines.iter().any(|line| line == "ran"))?;
    terminal.enter("answer", "42")?;
    // A session that is pasted has prompts.
    terminal.type_in("\x1b[200~>>> 20 + 1\n21\n>>> answer + 1\x1b[201~\r")?;
    terminal.wait_for("both values", |lines| lines.windows(2).any(|w| w == ["21", "43"]))?;
    terminal.type_in("import sys; sys.exit(5)\r")?;
    assert_eq!(terminal.end()?, 5);
    std::fs::remove_file(script)?;
    Ok(())
}
