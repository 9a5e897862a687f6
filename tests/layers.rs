//! The rooms of `src/` in order: each may name only rooms above it. Also where `unsafe` may stand.

use std::fs;
use std::path::{Path, PathBuf};

/// From the top floor down; ARCHITECTURE.md says what each room holds.
const ROOMS: [&str; 19] = [
    "source",
    "text",
    "diagnostics",
    "syntax",
    "resolve",
    "lint",
    "bytecode",
    "compile",
    "heap",
    "objects",
    "native",
    "vm",
    "event_loop",
    "builtins",
    "modules",
    "interpreter",
    "repl",
    "cli",
    "main",
];

/// One floor: natives are functions of the VM, objects refer to natives, and the VM installs them all. Inside it only
/// the loop keeps its distance, see below.
const RUNTIME: [&str; 6] = ["objects", "native", "vm", "event_loop", "builtins", "modules"];

/// What lies in no room: the crate's root names them all.
const ROOT_FILE: &str = "lib.rs";

/// The two places that may hold `unsafe`.
const UNSAFE_ROOMS: [&str; 2] = ["heap/", "vm/dispatch"];

struct Source {
    /// Relative to `src/`, with forward slashes.
    path: String,
    /// Without comments and literals, line numbers kept.
    code: String,
}

#[test]
fn no_room_names_one_below_it() {
    let mut complaints = Vec::new();
    for source in sources() {
        let Some(room) = room_of(&source.path) else { continue };
        let Some(floor) = floor_of(room) else {
            complaints.push(format!("src/{}: room `{room}` has no floor in tests/layers.rs", source.path));
            continue;
        };
        for (line, name) in crate_paths(&source.code) {
            match floor_of(&name) {
                Some(other) if other > floor && !(RUNTIME.contains(&room) && RUNTIME.contains(&&*name)) => {
                    complaints
                        .push(format!("src/{}:{line}: `{room}` must not name `crate::{name}`", source.path));
                }
                Some(_) if room == "event_loop" && name == "builtins" => {
                    complaints
                        .push(format!("src/{}:{line}: the loop must not name the built-ins", source.path));
                }
                Some(_) => {}
                // Macros live at the crate's root.
                None if ["natives", "methods", "object"].contains(&&*name) => {}
                None => complaints.push(format!("src/{}:{line}: `crate::{name}` is no room", source.path)),
            }
        }
    }
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

#[test]
fn unsafe_stays_in_its_rooms() {
    let mut complaints = Vec::new();
    for source in sources() {
        if UNSAFE_ROOMS.iter().any(|room| source.path.starts_with(room)) {
            continue;
        }
        for (number, line) in source.code.lines().enumerate() {
            if words(line).any(|(_, word)| word == "unsafe") {
                complaints.push(format!("src/{}:{}: `unsafe`", source.path, number + 1));
            }
        }
    }
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

#[test]
fn paths_are_found_in_groups_and_not_in_comments() {
    let code = code_only(
        "use crate::{heap::Value, vm::{Frame, call}, source};\n\
         // crate::cli\n\
         /* crate::repl /* nested */ crate::repl */ let a = \"crate::repl \\\" crate::cli\";\n\
         let b = r#\"crate::repl \" \"#; let c = '\"'; fn f<'a>(x: &'a crate::syntax::Ast) { crate::natives!(x) }",
    );
    let found: Vec<(usize, String)> = crate_paths(&code);
    let names: Vec<(usize, &str)> = found.iter().map(|(line, name)| (*line, &**name)).collect();
    assert_eq!(names, [(1, "heap"), (1, "vm"), (1, "source"), (4, "syntax")]);
}

fn floor_of(room: &str) -> Option<usize> {
    ROOMS.iter().position(|&name| name == room)
}

/// The room of a file: its first folder, or its own name.
fn room_of(path: &str) -> Option<&str> {
    match path.split_once('/') {
        Some((folder, _)) => Some(folder),
        None if path == ROOT_FILE => None,
        None => path.strip_suffix(".rs"),
    }
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect_files(&root, &mut files);
    files.sort();
    files
        .iter()
        .map(|file| {
            let path = file.strip_prefix(&root).expect("found under src/");
            let path = path.to_string_lossy().replace('\\', "/");
            Source { path, code: code_only(&fs::read_to_string(file).expect("a readable file")) }
        })
        .collect()
}

fn collect_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable entry").path();
        if path.is_dir() {
            collect_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// The words of some code, each with its offset.
fn words(code: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    code.split(move |c| !is_part(c))
        .filter(|word| !word.is_empty())
        .map(|word| (word.as_ptr() as usize - code.as_ptr() as usize, word))
}

/// The first name of every `crate::` path, with its line; macros (`crate::natives!`) lie in no room.
fn crate_paths(code: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (offset, word) in words(code) {
        let Some(rest) = code[offset..].strip_prefix("crate") else { continue };
        let Some(rest) = rest.trim_start().strip_prefix("::") else { continue };
        if word != "crate" || code[..offset].ends_with('$') {
            continue;
        }
        let line = code[..offset].matches('\n').count() + 1;
        let mut add = |path: &str| {
            if let Some((start, name)) = words(path).next()
                && !path[start + name.len()..].starts_with('!')
            {
                found.push((line, name.to_owned()));
            }
        };
        match rest.trim_start().strip_prefix('{') {
            None => add(rest),
            Some(group) => top_level_items(group).for_each(&mut add),
        }
    }
    found
}

/// The items of `a::b, c::{d, e}, f} ...`, up to the closing brace.
fn top_level_items(group: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_usize;
    let end = group.char_indices().find_map(|(index, c)| match c {
        '}' if depth == 0 => Some(index),
        _ => {
            depth = step(depth, c);
            None
        }
    });
    let mut depth = 0;
    group[..end.unwrap_or(group.len())].split(move |c| {
        depth = step(depth, c);
        depth == 0 && c == ','
    })
}

fn step(depth: usize, c: char) -> usize {
    match c {
        '{' => depth + 1,
        '}' => depth - 1,
        _ => depth,
    }
}

/// Blanks out comments, strings and characters, and keeps the line breaks.
fn code_only(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let after_word = code.ends_with(|last: char| last.is_alphanumeric() || last == '_');
        let skipped = match c {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => block_comment(rest),
            '"' => quoted(rest, '"'),
            '\'' => character(rest),
            'r' if !after_word => raw_string(rest),
            _ => 0,
        };
        if skipped == 0 {
            code.push(c);
            rest = &rest[c.len_utf8()..];
        } else {
            code.push(' ');
            code.extend(rest[..skipped].chars().filter(|&c| c == '\n'));
            rest = &rest[skipped..];
        }
    }
    code
}

/// The length of the block comment that `text` starts with; they nest.
fn block_comment(text: &str) -> usize {
    let mut depth = 0;
    let mut index = 0;
    while index < text.len() {
        match &text.as_bytes()[index..] {
            [b'/', b'*', ..] => (depth, index) = (depth + 1, index + 2),
            [b'*', b'/', ..] => {
                (depth, index) = (depth - 1, index + 2);
                if depth == 0 {
                    return index;
                }
            }
            _ => index += 1,
        }
    }
    index
}

/// The length of the literal in `quote`s that `text` starts with.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (index, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return index + 1,
            _ => {}
        }
    }
    text.len()
}

/// The length of the character that `text` starts with; 0 for a lifetime.
fn character(text: &str) -> usize {
    let mut inside = text.chars().skip(1);
    match (inside.next(), inside.next()) {
        (Some('\\'), _) | (Some(_), Some('\'')) => quoted(text, '\''),
        _ => 0,
    }
}

/// The length of the raw string that `text` starts with; 0 for anything else.
fn raw_string(text: &str) -> usize {
    let hashes = text[1..].bytes().take_while(|&byte| byte == b'#').count();
    let Some(content) = text[1 + hashes..].strip_prefix('"') else { return 0 };
    let end = format!("\"{}", "#".repeat(hashes));
    content.find(&end).map_or(text.len(), |index| 2 + hashes + index + end.len())
}
