//! A line-based difference of two short texts, for the reports of failing tests.

use std::fmt::Write as _;

/// Unchanged lines shown around each change.
const CONTEXT: usize = 3;

#[derive(Clone, Copy)]
enum Line<'a> {
    Same(&'a str),
    Removed(&'a str),
    Added(&'a str),
}

/// The lines of `before` and `after`, marked `-` and `+`, with some context around each change.
pub fn lines(before: &str, after: &str) -> String {
    let old: Vec<&str> = before.split_inclusive('\n').collect();
    let new: Vec<&str> = after.split_inclusive('\n').collect();
    let script = edit_script(&old, &new);

    let changed = |line: &Line| !matches!(line, Line::Same(_));
    let mut text = String::new();
    let mut skipping = false;
    for (index, &line) in script.iter().enumerate() {
        let near = &script[index.saturating_sub(CONTEXT)..(index + CONTEXT + 1).min(script.len())];
        if !near.iter().any(changed) {
            if !skipping {
                text.push_str("  ...\n");
            }
            skipping = true;
            continue;
        }
        skipping = false;
        let (mark, content) = match line {
            Line::Same(content) => (' ', content),
            Line::Removed(content) => ('-', content),
            Line::Added(content) => ('+', content),
        };
        let end = if content.ends_with('\n') { "" } else { "  (no newline)\n" };
        // Writing to a String cannot fail.
        let _ = write!(text, "{mark} {content}{end}");
    }
    text
}

/// Turns `old` into `new` along their longest common subsequence.
fn edit_script<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<Line<'a>> {
    // length[i][j]: how many lines old[i..] and new[j..] have in common, in order.
    let mut length = vec![vec![0_usize; new.len() + 1]; old.len() + 1];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            length[i][j] = if old[i] == new[j] {
                length[i + 1][j + 1] + 1
            } else {
                length[i + 1][j].max(length[i][j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut script = Vec::new();
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            script.push(Line::Same(old[i]));
            (i, j) = (i + 1, j + 1);
        } else if i < old.len() && (j == new.len() || length[i + 1][j] >= length[i][j + 1]) {
            script.push(Line::Removed(old[i]));
            i += 1;
        } else {
            script.push(Line::Added(new[j]));
            j += 1;
        }
    }
    script
}
