//! Golden tests: a script, the files beside it that say what it does, and running it to compare.
//!
//! `x.aio` may have `x.out` (stdout), `x.err` (stderr) and `x.code` (the exit code). Without `.code` the exit code must
//! be 1 where there is an `.err`, and 0 elsewhere. Comment lines at the very top may say `# args: ...` (words for
//! `sys.argv`) and `# stdin: ...` (a line of input).

use super::output;
use similar::{ChangeTag, TextDiff};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// The extensions of the files beside a script.
pub const EXPECTATIONS: [&str; 3] = ["out", "err", "code"];

/// A script that prints more is not waited for.
const MAX_OUTPUT: u64 = 64 << 20;
/// Unchanged lines shown around each change.
const CONTEXT: usize = 3;

/// What a script did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    pub out: String,
    pub err: String,
    pub code: i32,
}

/// What the files beside a script ask for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expectation {
    pub out: Option<String>,
    /// None where stderr does not count.
    pub err: Option<String>,
    pub code: Option<i32>,
}

/// How scripts are run.
#[derive(Clone, Debug)]
pub struct Runner {
    /// The program `aio`.
    pub program: PathBuf,
    /// What stands before the script.
    pub flags: Vec<OsString>,
    /// How long each may take, in real time.
    pub time_limit: Duration,
}

/// All files under a folder, but for what starts with `_` or `.`. A folder that is not there is empty.
///
/// # Errors
/// A folder that cannot be read.
pub fn collect_files(folder: &Path, files: &mut BTreeSet<PathBuf>) -> io::Result<()> {
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

impl Runner {
    /// Runs a script in its own folder, without colors.
    ///
    /// # Errors
    /// A sentence: it cannot be read or started, was ended by a signal, or is still running.
    pub fn run(&self, script: &Path) -> Result<Outcome, String> {
        let source = fs::read(script).map_err(|error| format!("can't read it: {error}"))?;
        let source = String::from_utf8_lossy(&source);
        let file = script.file_name().ok_or("a script has a name")?;
        let mut args = vec![file.to_owned()];
        args.extend(top_comments(&source, "args").flat_map(str::split_whitespace).map(OsString::from));
        let input: String = top_comments(&source, "stdin").flat_map(|line| [line, "\n"]).collect();
        self.run_in(script.parent().unwrap_or(Path::new("")), &args, &input)
    }

    /// Runs the program in a folder, without colors, with these arguments behind the flags.
    ///
    /// # Errors
    /// A sentence: it cannot be started, was ended by a signal, or is still running.
    pub fn run_in(&self, folder: &Path, args: &[OsString], input: &str) -> Result<Outcome, String> {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let mut command = Command::new(&self.program);
        command.args(&self.flags).args(args).current_dir(folder).env("NO_COLOR", "1");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| format!("can't start it: {error}"))?;
        if let Some(mut stdin) = child.stdin.take() {
            // A script need not read all that it is given.
            let _ = stdin.write_all(input.as_bytes());
        }
        let (out, err) = self.read_to_end(&mut child)?;
        let status = child.wait().map_err(|error| error.to_string())?;
        match status.code() {
            Some(code) => Ok(Outcome { out, err, code }),
            None => Err(format!("ended by a signal: {status}\n{err}")),
        }
    }

    /// Reads stdout and stderr until both are closed, or ends the child when its time is over.
    fn read_to_end(&self, child: &mut Child) -> Result<(String, String), String> {
        let (sender, receiver) = mpsc::channel();
        let streams: [Option<Box<dyn Read + Send>>; 2] = [
            child.stdout.take().map(|stream| Box::new(stream) as Box<dyn Read + Send>),
            child.stderr.take().map(|stream| Box::new(stream) as Box<dyn Read + Send>),
        ];
        for (index, stream) in streams.into_iter().enumerate() {
            let Some(stream) = stream else { continue };
            let sender = sender.clone();
            thread::spawn(move || {
                let mut bytes = Vec::new();
                let result = stream.take(MAX_OUTPUT).read_to_end(&mut bytes);
                // Nobody listens any more once the time is over.
                let _ = sender.send((index, result.map(|_| bytes)));
            });
        }
        let mut texts = [String::new(), String::new()];
        for _ in 0..texts.len() {
            let Ok((index, bytes)) = receiver.recv_timeout(self.time_limit) else {
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("still running after {} s", self.time_limit.as_secs_f64()));
            };
            let bytes = bytes.map_err(|error| error.to_string())?;
            texts[index] = String::from_utf8_lossy(&bytes).into_owned();
        }
        let [out, err] = texts;
        Ok((out, err))
    }
}

/// The values of the `# key: value` lines at the top of a script.
fn top_comments<'a>(source: &'a str, key: &'a str) -> impl Iterator<Item = &'a str> {
    source.lines().map_while(|line| line.strip_prefix('#')).filter_map(move |line| {
        let (head, value) = line.split_once(':')?;
        (head.trim() == key).then(|| value.trim())
    })
}

fn read_if_there(path: &Path) -> Result<Option<String>, String> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("can't read {}: {error}", path.display())),
    }
}

impl Expectation {
    /// What the files beside a script ask for.
    ///
    /// # Errors
    /// A sentence: a file cannot be read, or `.code` holds no number.
    pub fn of(script: &Path) -> Result<Self, String> {
        let code = match read_if_there(&script.with_extension("code"))? {
            Some(text) => {
                Some(text.trim().parse().map_err(|_| format!("`.code` holds no number: {text:?}"))?)
            }
            None => None,
        };
        let out = read_if_there(&script.with_extension("out"))?;
        let err = read_if_there(&script.with_extension("err"))?;
        Ok(Self { out, err, code })
    }

    /// Whether there is nothing beside the script: it is no test.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.out.is_none() && self.err.is_none() && self.code.is_none()
    }

    fn exit_code(&self) -> i32 {
        self.code.unwrap_or_else(|| i32::from(self.err.is_some()))
    }

    /// What is not as it should be, for a person to read; None if all is.
    #[must_use]
    pub fn differences(&self, actual: &Outcome, color: bool) -> Option<String> {
        let mut text = String::new();
        let out = self.out.as_deref().unwrap_or_default();
        // Writing to a string cannot fail, here and below.
        if out != actual.out {
            let _ =
                write!(text, "stdout differs (- expected, + printed):\n{}", diff(out, &actual.out, color));
        }
        if let Some(err) = &self.err
            && *err != actual.err
        {
            let _ =
                write!(text, "stderr differs (- expected, + printed):\n{}", diff(err, &actual.err, color));
        }
        let code = self.exit_code();
        if code != actual.code {
            let _ = writeln!(text, "exit code {}, expected {code}", actual.code);
            if self.err.is_none() && !actual.err.is_empty() {
                let _ = write!(text, "stderr:\n{}", actual.err);
            }
        }
        (!text.is_empty()).then_some(text)
    }

    /// Rewrites the files beside a script from what it did; says whether any changed. An `.err` comes up only for
    /// what failed, if there was none; what is there stays there, if empty.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn bless(&self, script: &Path, actual: &Outcome) -> io::Result<bool> {
        let err = self.err.is_some() || actual.code != 0 && self.code.is_none() && !actual.err.is_empty();
        let mut changed = false;
        let mut write = |extension: &str, before: Option<&str>, text: &str| {
            if before == Some(text) {
                return Ok(());
            }
            changed = true;
            fs::write(script.with_extension(extension), text)
        };
        if self.out.is_some() || !actual.out.is_empty() || !err {
            write("out", self.out.as_deref(), &actual.out)?;
        }
        if err {
            write("err", self.err.as_deref(), &actual.err)?;
        }
        if self.code.is_some_and(|code| code != actual.code)
            || self.code.is_none() && actual.code != i32::from(err)
        {
            write("code", None, &format!("{}\n", actual.code))?;
        }
        Ok(changed)
    }
}

/// The lines of two texts, marked `-` and `+`, with some context around each change.
#[must_use]
pub fn diff(before: &str, after: &str, color: bool) -> String {
    let diff = TextDiff::from_lines(before, after);
    let mut text = String::new();
    for group in diff.grouped_ops(CONTEXT) {
        let first = group.first().map_or(0, |op| op.old_range().start);
        let _ = writeln!(text, "{}", output::styled(color, "36", &format!("@@ line {} @@", first + 1)));
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let (mark, style) = match change.tag() {
                ChangeTag::Equal => (' ', ""),
                ChangeTag::Delete => ('-', "31"),
                ChangeTag::Insert => ('+', "32"),
            };
            let line = change.value();
            let end = if line.ends_with('\n') { "" } else { "  (no newline)" };
            let line = format!("{mark} {}{end}", line.trim_end_matches('\n'));
            let _ = writeln!(text, "{}", output::styled(color, style, &line));
        }
    }
    text
}
