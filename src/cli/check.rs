//! `aio check`: finds mistakes without running anything; `aio explain` tells what they are.

use super::findings::{self, Checked};
use super::golden::collect_files;
use super::output::{self, Stdout};
use crate::diagnostics::render;
use crate::interpreter::Interpreter;
use crate::lint::{self, RULES, Rule};
use crate::source::{Source, SourceMap};
use clap::{Args, ValueEnum};
use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};

#[derive(Args, Clone, Debug)]
#[command(
    after_help = "The exit code is 0 if nothing is found, 1 if something is, 2 if a file cannot be read. A comment `# noqa` silences\nits line, `# noqa: A101` one rule there. `aio explain` lists the rules. CODES are theirs, those of other tools for\nthe same mistakes, or their beginnings: A1."
)]
pub struct CheckArguments {
    /// Scripts, or folders with scripts; by default this folder
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Mend what can be mended without asking
    #[arg(long)]
    pub fix: bool,
    /// How to write what is found
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// These rules too, or `all`
    #[arg(long, value_name = "CODES", value_delimiter = ',')]
    pub select: Vec<String>,
    /// Not these rules
    #[arg(long, value_name = "CODES", value_delimiter = ',')]
    pub ignore: Vec<String>,
    /// Write without colors, as NO_COLOR does
    #[arg(long)]
    pub no_color: bool,
}

#[derive(Args, Clone, Debug)]
pub struct ExplainArguments {
    /// The code of a rule, its name, or another tool's code; without it, all rules are listed
    #[arg(value_name = "CODE")]
    pub code: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Text,
    /// A list of objects
    Json,
    /// For code scanning, version 2.1.0
    Sarif,
    /// Annotations of GitHub's workflows
    Github,
}

/// Checks the files; gives the exit code.
pub fn run(arguments: &CheckArguments) -> u8 {
    let wanted = match Wanted::new(arguments) {
        Ok(wanted) => wanted,
        Err(message) => return refuse(&message),
    };
    let files = match find(&arguments.paths) {
        Ok(files) => files,
        Err(message) => return refuse(&message),
    };
    let interpreter = Interpreter::new(super::silent_host());
    let is_builtin = |name: &str| {
        let vm = &interpreter.vm;
        vm.interner.get(name).is_some_and(|name| vm.builtins.table.get_str(name).is_some())
    };
    let mut sources = SourceMap::default();
    let mut all = Vec::new();
    let mut unreadable = false;
    let mut mended = 0;
    for file in &files {
        let mut text = match std::fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) => {
                output::complain(&format!("can't read {}: {error}", file.display()));
                unreadable = true;
                continue;
            }
        };
        let name = file.to_string_lossy().into_owned();
        let mut found = check(&mut sources, &name, &text, &is_builtin, &wanted);
        // What one round mends may show more to mend.
        for _ in 0..10 {
            let Ok(findings) = &found.result else { break };
            let (better, count) = lint::fixed(&text, findings);
            if !arguments.fix || count == 0 || better == text {
                break;
            }
            let checked = check(&mut sources, &name, &better, &is_builtin, &wanted);
            if checked.result.is_err() {
                break;
            }
            mended += count;
            text = better;
            found = checked;
        }
        if mended > 0
            && let Err(error) = write_if_changed(file, &text)
        {
            output::complain(&format!("can't write {}: {error}", file.display()));
            unreadable = true;
        }
        all.push(found);
    }
    let color = !arguments.no_color && output::wants_color(output::is_terminal());
    let text = match arguments.format {
        Format::Text => text(&all, &sources, color, mended),
        Format::Json => findings::json(&all, &sources),
        Format::Sarif => findings::sarif(&all, &sources),
        Format::Github => findings::github(&all, &sources),
    };
    if let Err(error) = Stdout.write_all(text.as_bytes()).and_then(|()| Stdout.flush()) {
        output::complain(&format!("can't write to stdout: {error}"));
        return 120;
    }
    if unreadable { 2 } else { u8::from(all.iter().any(|checked| checked.count() > 0)) }
}

fn refuse(message: &str) -> u8 {
    output::complain(message);
    2
}

fn write_if_changed(file: &Path, text: &str) -> std::io::Result<()> {
    if std::fs::read_to_string(file)? == text { Ok(()) } else { std::fs::write(file, text) }
}

fn check(
    sources: &mut SourceMap,
    name: &str,
    text: &str,
    is_builtin: &dyn Fn(&str) -> bool,
    wanted: &Wanted,
) -> Checked {
    let source = sources.add(Source::new(name, text));
    Checked { source, result: lint::check(source, text, is_builtin, &|rule| wanted.has(rule)) }
}

/// Which rules are asked.
struct Wanted {
    codes: Vec<u16>,
}

impl Wanted {
    fn new(arguments: &CheckArguments) -> Result<Self, String> {
        let mut codes: Vec<u16> = RULES.iter().filter(|rule| rule.default).map(|rule| rule.code).collect();
        for word in &arguments.select {
            codes.extend(matching(word)?);
        }
        for word in &arguments.ignore {
            let ignored = matching(word)?;
            codes.retain(|code| !ignored.contains(code));
        }
        Ok(Self { codes })
    }

    fn has(&self, rule: &Rule) -> bool {
        self.codes.contains(&rule.code)
    }
}

/// The rules that a word of `--select` means: `A101`, `A1`, `RUF006`, `all`.
fn matching(word: &str) -> Result<Vec<u16>, String> {
    if word.eq_ignore_ascii_case("all") {
        return Ok(RULES.iter().map(|rule| rule.code).collect());
    }
    if let Some(rule) = lint::find(word) {
        return Ok(vec![rule.code]);
    }
    let word = word.to_ascii_uppercase();
    let found: Vec<u16> =
        RULES.iter().filter(|rule| rule.id().starts_with(&word)).map(|rule| rule.code).collect();
    if found.is_empty() { Err(format!("there is no rule {word}; aio explain lists them")) } else { Ok(found) }
}

/// The scripts below these paths, in order.
fn find(paths: &[PathBuf]) -> Result<Vec<PathBuf>, String> {
    let here = [PathBuf::from(".")];
    let mut scripts = BTreeSet::new();
    for path in if paths.is_empty() { &here[..] } else { paths } {
        if path.is_dir() {
            let mut files = BTreeSet::new();
            collect_files(path, &mut files)
                .map_err(|error| format!("can't read {}: {error}", path.display()))?;
            let found = files.into_iter().filter(|file| file.extension().is_some_and(|e| e == "aio"));
            scripts.extend(
                found.map(|file| file.strip_prefix("./").map_or_else(|_| file.clone(), Path::to_owned)),
            );
        } else {
            scripts.insert(path.clone());
        }
    }
    Ok(scripts.into_iter().collect())
}

fn text(all: &[Checked], sources: &SourceMap, color: bool, mended: usize) -> String {
    let mut out = String::new();
    for checked in all {
        match &checked.result {
            Ok(findings) => {
                for finding in findings {
                    out += &render::finding(&finding.diagnostic(checked.source), sources, color);
                    out.push('\n');
                }
            }
            Err(mistakes) => {
                for mistake in mistakes {
                    out += &render::finding(mistake, sources, color);
                    out.push('\n');
                }
            }
        }
    }
    let count: usize = all.iter().map(Checked::count).sum();
    let plural = |n: usize| if n == 1 { "" } else { "s" };
    let files = all.len();
    if mended > 0 {
        out += &format!("mended {mended}\n");
    }
    if count == 0 {
        out += &format!("nothing found in {files} file{}\n", plural(files));
    } else {
        let mendable = all.iter().map(Checked::mendable).sum::<usize>();
        let fix =
            if mendable > 0 { format!(", {mendable} of them for --fix to mend") } else { String::new() };
        out += &format!("found {count} in {files} file{}{fix}; aio explain CODE tells more\n", plural(files));
    }
    out
}

/// Tells of a rule, or lists them all; gives the exit code.
pub fn explain(arguments: &ExplainArguments) -> u8 {
    let text = match &arguments.code {
        None => {
            RULES.iter().map(|rule| format!("{}  {:27} {}\n", rule.id(), rule.name, rule.summary)).collect()
        }
        Some(code) => match lint::find(code) {
            Some(rule) => explanation(rule),
            None => return refuse(&format!("there is no rule {code}; aio explain lists them")),
        },
    };
    let written = Stdout.write_all(text.as_bytes()).and_then(|()| Stdout.flush());
    if written.is_ok() { 0 } else { 120 }
}

fn explanation(rule: &Rule) -> String {
    let indented = |code: &str| code.lines().map(|line| format!("    {line}\n")).collect::<String>();
    let mut text = format!("{} {} ({})\n\n{}\n\n", rule.id(), rule.name, rule.severity.name(), rule.summary);
    text += &format!("{}\n\n", rule.why);
    text += &format!("Instead of\n\n{}\nwrite\n\n{}", indented(rule.wrong), indented(rule.right));
    if !rule.aliases.is_empty() {
        text += &format!("\nOther tools call it {}.\n", rule.aliases.join(", "));
    }
    if !rule.default {
        text += &format!("\nIt is asked with --select {} alone.\n", rule.id());
    }
    text
}

/// docs/check.md: every rule, as `aio explain` tells of it.
#[must_use]
pub fn manual() -> String {
    let mut text = String::from(
        "# The rules of `aio check`\n\n`aio check` finds these mistakes without running anything. This page is made from the \
         table in `src/lint/table.rs`.\n\n| Code | Name | | What it finds | Elsewhere |\n|---|---|---|---|---|\n",
    );
    for rule in RULES {
        let off = if rule.default { "" } else { ", off by default" };
        let (id, name, severity) = (rule.id(), rule.name, rule.severity.name());
        let aliases = rule.aliases.join(" ");
        text += &format!("| {id} | `{name}` | {severity}{off} | {} | {aliases} |\n", rule.summary);
    }
    for rule in RULES {
        text += &format!("\n## {} {}\n\n{} {}\n\n", rule.id(), rule.name, rule.summary, rule.why);
        text += &format!("```\n{}\n```\n\nBetter:\n\n```\n{}\n```\n", rule.wrong, rule.right);
    }
    text
}
