//! What is said to the prompt itself: `:tasks`, `:cancel worker`.

use super::Session;
use crate::event_loop::watch::Line;
use std::fmt::Write as _;

pub struct Command {
    pub name: &'static str,
    /// What follows the name.
    arguments: &'static str,
    help: &'static str,
    run: fn(&mut Session, &str) -> Result<(), String>,
}

pub static COMMANDS: &[Command] = &[
    Command { name: "help", arguments: "", help: "this list; help(x) or x? tells of an object", run: help },
    Command {
        name: "tasks",
        arguments: "",
        help: "the tasks: who waits for whom, for what, how long",
        run: tasks,
    },
    Command { name: "cancel", arguments: "NAME", help: "cancel the tasks of that name", run: cancel },
    Command { name: "time", arguments: "[CODE]", help: "the loop's time; how long CODE takes", run: time },
    Command {
        name: "clock",
        arguments: "virtual|real",
        help: "let time jump from timer to timer while something is awaited, or pass",
        run: clock,
    },
    Command { name: "load", arguments: "FILE", help: "run a file here", run: load },
    Command { name: "dis", arguments: "CODE", help: "the bytecode of CODE", run: disassemble },
    Command { name: "reset", arguments: "", help: "cancel all tasks and forget all names", run: reset },
];

impl Session {
    /// Runs a command: `:name argument`.
    pub fn command(&mut self, text: &str) {
        let text = text.trim().trim_start_matches(':');
        let (name, argument) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let found: Vec<&Command> = match COMMANDS.iter().find(|command| command.name == name) {
            Some(command) => vec![command],
            None => COMMANDS.iter().filter(|c| !name.is_empty() && c.name.starts_with(name)).collect(),
        };
        let outcome = match found[..] {
            [command] => (command.run)(self, argument.trim()),
            [] => Err(format!("there is no :{name}; :help lists what there is")),
            [..] => {
                let names: Vec<String> = found.iter().map(|command| format!(":{}", command.name)).collect();
                Err(format!(":{name} may be {}", names.join(" or ")))
            }
        };
        if let Err(message) = outcome {
            self.say(&format!("{message}\n"));
        }
    }
}

fn help(session: &mut Session, _: &str) -> Result<(), String> {
    let mut text = String::new();
    for Command { name, arguments, help, .. } in COMMANDS {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{:22} {help}", format!(":{name} {arguments}"));
    }
    text.push_str(
        "\nawait works at the prompt; tasks go on while you type. Ctrl-C ends what runs, Ctrl-D the session.\n\
         _ is the last value shown, _1, _2, ... are all of them in their order.\n",
    );
    session.say(&text);
    Ok(())
}

fn tasks(session: &mut Session, _: &str) -> Result<(), String> {
    let lines = session.interpreter.tasks();
    if lines.is_empty() {
        return Err("no tasks".into());
    }
    let text: String = lines.iter().map(|line| format!("{}\n", describe(line))).collect();
    session.say(&text);
    Ok(())
}

/// `  worker (work): waits for Queue.get at x.aio:3:5, for 1.2 s`
fn describe(line: &Line) -> String {
    let mut text = format!("{}{} ({}): ", "  ".repeat(line.depth), line.name, line.runs);
    match &line.waits_for {
        Some(what) => {
            text += &format!("waits for {what}");
            if let Some(at) = &line.at {
                text += &format!(" at {at}");
            }
            if let Some(waited) = line.waited {
                text += &format!(", for {waited:.1} s");
            }
        }
        None => text += "ready to run",
    }
    match line.cancelling {
        0 => {}
        1 => text += ", cancelled once",
        n => text += &format!(", cancelled {n} times"),
    }
    text
}

fn cancel(session: &mut Session, name: &str) -> Result<(), String> {
    if name.is_empty() {
        return Err("which task? :tasks lists them".into());
    }
    match session.interpreter.cancel_tasks(name) {
        0 => Err(format!("there is no task {name}; :tasks lists them")),
        1 => Ok(()),
        n => {
            session.say(&format!("{n} tasks\n"));
            Ok(())
        }
    }
}

fn time(session: &mut Session, code: &str) -> Result<(), String> {
    let (before, is_virtual) = session.interpreter.loop_time();
    let kind = if is_virtual { "virtual" } else { "real" };
    if code.is_empty() {
        session.say(&format!("{before:.3} s ({kind})\n"));
        return Ok(());
    }
    session.run_text(code);
    let took = session.interpreter.loop_time().0 - before;
    session.say(&format!("took {took:.6} s ({kind})\n"));
    Ok(())
}

fn clock(session: &mut Session, kind: &str) -> Result<(), String> {
    match kind {
        "virtual" => session.interpreter.switch_clock(true),
        "real" => session.interpreter.switch_clock(false),
        _ => return Err("the clock is virtual or real".into()),
    }
    Ok(())
}

fn load(session: &mut Session, file: &str) -> Result<(), String> {
    if file.is_empty() {
        return Err("which file?".into());
    }
    let text = std::fs::read_to_string(file).map_err(|error| format!("can't read {file}: {error}"))?;
    session.run_file(file, &text);
    Ok(())
}

fn disassemble(session: &mut Session, code: &str) -> Result<(), String> {
    if code.is_empty() {
        return Err("of what?".into());
    }
    let name = session.next_name();
    let text = match session.interpreter.disassemble(&name, code) {
        Ok(listing) => listing,
        Err(diagnostics) => session.rendered(&diagnostics),
    };
    session.say(&text);
    Ok(())
}

fn reset(session: &mut Session, _: &str) -> Result<(), String> {
    let cancelled = session.interpreter.cancel_all_tasks();
    let forgotten = session.interpreter.reset_session();
    for outcome in [cancelled, forgotten].into_iter().flatten() {
        session.tell(&outcome);
    }
    Ok(())
}
