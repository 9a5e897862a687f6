//! Mutations that know what a script looks like: of tokens and of lines, with pieces of other scripts.

use crate::calls;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// A small generator of random numbers (splitmix64): a run is told by its seed.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below `n`, which is not 0.
    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        if from.is_empty() { None } else { from.get(self.below(from.len())) }
    }
}

/// What finds mistakes: odd values, and every construct once.
const PIECES: &[&str] = &[
    "None",
    "True",
    "-1",
    "0",
    "2**70",
    "-2**63",
    "1e308",
    "float('nan')",
    "float('inf')",
    "''",
    "'\\0'",
    "'\u{1F600}é'",
    "b''",
    "b'\\xff'",
    "[]",
    "()",
    "{}",
    "set()",
    "range(10**20)",
    "[[]]*3",
    "lambda *a, **k: a",
    "...",
    "NotImplemented",
    "object()",
    "type",
    "int",
    "str",
    "Exception",
    "slice(None, None, -1)",
    "iter([])",
    "(i for i in x)",
    "super()",
    "await ",
    "async ",
    "yield ",
    "yield from ",
    "return ",
    "lambda: ",
    "not ",
    "*",
    "**",
    "-",
    "~",
    "==",
    "<",
    "in ",
    "is ",
    " if x else ",
    " for x in ",
    ":=",
    "@",
    "->",
    "...",
    "[::-1]",
    "[1:2]",
    "(*a, **k)",
    ".__class__",
    ".__dict__",
    ".__init__",
    "self.",
    "del ",
    "global x",
    "nonlocal x",
    "import asyncio",
    "from functools import *",
    "raise ",
    "raise ValueError from None",
    "pass",
    "break",
    "continue",
    "assert ",
    "try:",
    "except* ValueError:",
    "except Exception as e:",
    "finally:",
    "else:",
    "with x as y:",
    "async with x:",
    "async for x in y:",
    "while 1:",
    "match x:",
    "case [a, *b]:",
    "case {'k': v, **r}:",
    "case C(a=1) | None:",
    "class C(metaclass=M):",
    "def f(a, /, b=1, *c, d, **e):",
    "async def f():",
    "@property",
    "type X = int",
    "f'{x!r:>{w}}'",
    "f'{x=}'",
    "rb'\\x'",
    "'''",
    "\\\n",
    "\t",
    "    ",
    "#",
    "0x_1",
    "1_0.0e1_0j",
    "gather(",
    "create_task(",
    "asyncio.sleep(1)",
    "asyncio.timeout(1)",
    "TaskGroup()",
    ".cancel()",
    ".send(None)",
    ".throw(ValueError)",
    ".close()",
    "isinstance(x, y)",
    "sorted(x, key=y)",
    "repr(x)",
    "print(x)",
    "hash(x)",
    "getattr(x, y)",
    "setattr(x, 'y', z)",
    "format(x, '>9')",
    "x.append(x)",
    "x.sort(key=lambda k: x.clear())",
    "x.update(x)",
    "x.pop()",
    "int('9'*5000)",
    "'%s' % x",
    "'{0[a].b}'.format(x)",
];

/// The scripts of the repository.
pub fn seeds() -> &'static [String] {
    static SEEDS: OnceLock<Vec<String>> = OnceLock::new();
    SEEDS.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let mut files = Vec::new();
        for folder in ["examples", "tests/cases", "src/modules"] {
            collect(&root.join(folder), &mut files);
        }
        files.sort();
        files
            .iter()
            .filter_map(|file| std::fs::read_to_string(file).ok())
            .filter(|text| text.len() < 8192)
            .collect()
    })
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "aio") {
            files.push(path);
        }
    }
}

/// One to four mutations of a script, or another script of calls. What is no text stays as it is.
#[must_use]
pub fn mutate(data: &[u8], seed: u64) -> Vec<u8> {
    let Ok(text) = std::str::from_utf8(data) else { return data.to_vec() };
    let mut random = Random(seed);
    if random.below(4) == 0 {
        return calls::script(&mut random).into_bytes();
    }
    let mut text = text.to_owned();
    for _ in 0..=random.below(4) {
        text = if random.below(3) == 0 {
            mutate_lines(&text, &mut random)
        } else {
            mutate_tokens(&text, &mut random)
        };
    }
    text.into_bytes()
}

fn mutate_tokens(text: &str, random: &mut Random) -> String {
    let mut tokens = tokens(text);
    if tokens.is_empty() {
        return random.pick(PIECES).map_or(String::new(), |piece| (*piece).to_owned());
    }
    let (at, other) = (random.below(tokens.len()), random.below(tokens.len()));
    match random.below(7) {
        0 => drop(tokens.remove(at)),
        1 => tokens[at] = tokens[other],
        2 => tokens.swap(at, other),
        3 => tokens.insert(at, tokens[other]),
        4 => tokens[at] = random.pick(PIECES).unwrap_or(&""),
        5 => tokens.insert(at, random.pick(PIECES).unwrap_or(&"")),
        _ => {
            let end = (at + 1 + random.below(8)).min(tokens.len());
            let copy = tokens[at..end].to_vec();
            let other = other.min(tokens.len());
            tokens.splice(other..other, copy);
        }
    }
    tokens.concat()
}

fn mutate_lines(text: &str, random: &mut Random) -> String {
    let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
    let at = random.below(lines.len() + 1);
    let calls;
    match random.below(5) {
        0 if at < lines.len() => drop(lines.remove(at)),
        1 if at < lines.len() => {
            let other = random.below(lines.len());
            lines.swap(at, other);
        }
        2 if at < lines.len() => lines.insert(at, lines[at]),
        3 => {
            calls = calls::statement(random);
            lines.insert(at, &calls);
        }
        _ => {
            // A few lines of another script.
            let Some(seed) = random.pick(seeds()) else { return text.to_owned() };
            let others: Vec<&str> = seed.split_inclusive('\n').collect();
            let start = random.below(others.len().max(1));
            let end = (start + 1 + random.below(10)).min(others.len());
            lines.splice(at..at, others[start.min(end)..end].iter().copied());
        }
    }
    lines.concat()
}

/// Words, numbers, runs of blanks, and single other characters; strings fall apart, which is fine.
fn tokens(text: &str) -> Vec<&str> {
    let class = |c: char| match c {
        _ if c.is_alphanumeric() || c == '_' => 1,
        ' ' => 2,
        _ => 0,
    };
    let mut found = Vec::new();
    let mut start = 0;
    let mut before = None;
    for (i, c) in text.char_indices() {
        if before.is_some_and(|b| b == 0 || b != class(c)) {
            found.push(&text[start..i]);
            start = i;
        }
        before = Some(class(c));
    }
    if start < text.len() {
        found.push(&text[start..]);
    }
    found
}
