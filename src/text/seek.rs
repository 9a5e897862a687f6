//! Searching in texts. What is searched is short most of the time, and often for one character: there the set-up of an
//! algorithm for long texts costs more than it saves, and eight bytes are looked at together in a machine word.

/// Texts below this many bytes are searched here, longer ones by `memchr`.
const SHORT: usize = 128;

/// The lowest bit of each byte.
const ONES: u64 = u64::from_le_bytes([1; 8]);
const HIGH: u64 = ONES << 7;

/// The high bit of each byte that is zero.
#[inline(always)]
const fn zeros(word: u64) -> u64 {
    let low = !HIGH;
    !(((word & low) + low) | word | low)
}

#[inline(always)]
fn word(bytes: &[u8], at: usize) -> u64 {
    bytes[at..].first_chunk().map_or(0, |chunk| u64::from_le_bytes(*chunk))
}

/// Where `wanted` first is in `text`, as a byte offset.
#[must_use]
#[inline]
pub fn find(text: &str, wanted: &str) -> Option<usize> {
    find_bytes(text.as_bytes(), wanted.as_bytes())
}

#[inline]
fn find_bytes(text: &[u8], wanted: &[u8]) -> Option<usize> {
    match *wanted {
        [] => Some(0),
        [byte] => find_byte(text, byte),
        _ if text.len() < SHORT => find_short(text, wanted),
        _ => memchr::memmem::find(text, wanted),
    }
}

/// Whether `wanted` is in `text`.
#[must_use]
#[inline]
pub fn contains(text: &str, wanted: &str) -> bool {
    find(text, wanted).is_some()
}

#[inline]
fn find_byte(text: &[u8], byte: u8) -> Option<usize> {
    if text.len() >= SHORT {
        return memchr::memchr(byte, text);
    }
    let pattern = ONES * u64::from(byte);
    let mut chunks = text.chunks_exact(8);
    let mut at = 0;
    for chunk in &mut chunks {
        let found = zeros(word(chunk, 0) ^ pattern);
        if found != 0 {
            return Some(at + found.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    chunks.remainder().iter().position(|&b| b == byte).map(|i| at + i)
}

/// Looks for the first two bytes of what is wanted, then at the others.
fn find_short(text: &[u8], wanted: &[u8]) -> Option<usize> {
    let &[first, second, ref others @ ..] = wanted else { return None };
    let last = text.len().checked_sub(wanted.len())?;
    let matches = |at: usize| text[at + 2..].starts_with(others);
    let (one, two) = (ONES * u64::from(first), ONES * u64::from(second));
    let mut at = 0;
    // The words at `at` and behind it; a match may begin in all their bytes but beyond `last`.
    while at + 9 <= text.len() {
        let mut found = zeros((word(text, at) ^ one) | (word(text, at + 1) ^ two));
        while found != 0 {
            let start = at + found.trailing_zeros() as usize / 8;
            if start <= last && matches(start) {
                return Some(start);
            }
            found &= found - 1;
        }
        at += 8;
    }
    (at..=last).find(|&at| text[at] == first && text[at + 1] == second && matches(at))
}

/// Calls `found` with the offset of each occurrence that does not overlap an earlier one, until it says false.
#[inline]
pub fn each(text: &str, wanted: &str, mut found: impl FnMut(usize) -> bool) {
    debug_assert!(!wanted.is_empty());
    let (text, wanted) = (text.as_bytes(), wanted.as_bytes());
    if let [byte] = *wanted {
        each_byte(text, byte, found);
    } else if text.len() < SHORT {
        let mut at = 0;
        while let Some(next) = find_bytes(&text[at..], wanted) {
            if !found(at + next) {
                return;
            }
            at += next + wanted.len();
        }
    } else {
        each_far(text, wanted, &mut found);
    }
}

/// The same in a long text.
#[inline(never)]
fn each_far(text: &[u8], wanted: &[u8], found: &mut dyn FnMut(usize) -> bool) {
    for at in memchr::memmem::find_iter(text, wanted) {
        if !found(at) {
            return;
        }
    }
}

/// The same of one byte.
#[inline]
fn each_byte(text: &[u8], byte: u8, mut found: impl FnMut(usize) -> bool) {
    let pattern = ONES * u64::from(byte);
    let mut chunks = text.chunks_exact(8);
    let mut at = 0;
    for chunk in &mut chunks {
        let mut here = zeros(word(chunk, 0) ^ pattern);
        while here != 0 {
            if !found(at + here.trailing_zeros() as usize / 8) {
                return;
            }
            here &= here - 1;
        }
        at += 8;
    }
    for (i, &b) in chunks.remainder().iter().enumerate() {
        if b == byte && !found(at + i) {
            return;
        }
    }
}

/// How many occurrences there are that do not overlap.
#[must_use]
pub fn count(text: &str, wanted: &str) -> usize {
    let mut count = 0;
    if let [byte] = *wanted.as_bytes() {
        let pattern = ONES * u64::from(byte);
        let mut chunks = text.as_bytes().chunks_exact(8);
        for chunk in &mut chunks {
            count += zeros(word(chunk, 0) ^ pattern).count_ones() as usize;
        }
        return count + chunks.remainder().iter().filter(|&&b| b == byte).count();
    }
    each(text, wanted, |_| {
        count += 1;
        true
    });
    count
}

#[cfg(test)]
mod tests {
    use super::{count, each, find};

    #[test]
    fn texts_are_found() {
        let long = "ab".repeat(100) + "ax";
        let middle = "-".repeat(13) + "aab-abb" + &"b".repeat(5) + "ax";
        for (text, wanted) in [
            ("", ""),
            ("abc", ""),
            ("abc", "c"),
            ("abc", "bc"),
            ("abc", "bd"),
            ("aab", "ab"),
            ("a", "ab"),
            ("aaaaaaaaaaaaaaaaab", "ab"),
            ("aaaaaaab", "aab"),
            ("aaaaaaaaab", "ab"),
            ("aaaaaaaaaaaaaaaa", "aaa"),
            ("\u{e9}\u{e8}\u{e9}\u{e8}\u{e9}\u{e8}", "\u{e8}"),
            ("01234567\u{80}\u{81}", "\u{81}"),
            (&middle, "a"),
            (&middle, "ab"),
            (&middle, "abb"),
            (&middle, "ax"),
            (&middle, "-"),
            (&middle, "bax"),
            (&long, "ax"),
            (&long, "a"),
            (&long, "zz"),
        ] {
            assert_eq!(find(text, wanted), text.find(wanted), "{wanted} in {text}");
            if !wanted.is_empty() {
                let mut all = Vec::new();
                each(text, wanted, |at| {
                    all.push(at);
                    true
                });
                assert_eq!(all, text.match_indices(wanted).map(|(at, _)| at).collect::<Vec<_>>());
                assert_eq!(count(text, wanted), all.len());
            }
        }
    }
}
