//! The nearest name to a misspelt one, by the rules of CPython's suggestions.

const MOVE: usize = 2;
const CASE: usize = 1;

/// The candidate that is closest to `name`, if one is close enough.
#[must_use]
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    if name.len() > 40 {
        return None;
    }
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        if candidate == name || candidate.len() > 40 {
            continue;
        }
        let most = (name.len() + candidate.len() + 3) * MOVE / 6;
        let limit = best.map_or(most, |(d, _)| most.min(d.saturating_sub(1)));
        let distance = edit_distance(name, candidate);
        if distance <= limit && best.is_none_or(|(d, _)| distance < d) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, c)| c.to_owned())
}

/// Whether two names differ by two neighbouring letters that changed places.
#[must_use]
pub fn swapped(a: &str, b: &str) -> bool {
    if a.len() != b.len() || a == b {
        return false;
    }
    let differing: Vec<(usize, (char, char))> =
        a.chars().zip(b.chars()).enumerate().filter(|(_, (x, y))| x != y).collect();
    matches!(differing[..], [(i, (x, y)), (j, (z, w))] if j == i + 1 && x == w && y == z)
}

/// Levenshtein's distance where a change of case costs half.
fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).map(|i| i * MOVE).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = (i + 1) * MOVE;
        for (j, &y) in b.iter().enumerate() {
            let substitute = if x == y {
                0
            } else if x.eq_ignore_ascii_case(&y) {
                CASE
            } else {
                MOVE
            };
            let cost = (diagonal + substitute).min(row[j] + MOVE).min(row[j + 1] + MOVE);
            diagonal = row[j + 1];
            row[j + 1] = cost;
        }
    }
    row[b.len()]
}
