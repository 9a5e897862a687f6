//! Searching in texts. What is searched is short most of the time, and often for one character: there the set-up of an
//! algorithm for long texts costs more than it saves.

/// Texts below this many bytes are searched for the first byte of what is wanted.
const SHORT: usize = 128;

/// Where `wanted` first is in `text`, as a byte offset.
#[must_use]
#[inline]
pub fn find(text: &str, wanted: &str) -> Option<usize> {
    let (text, wanted) = (text.as_bytes(), wanted.as_bytes());
    match *wanted {
        [] => Some(0),
        [byte] => find_byte(text, byte),
        [first, ..] if text.len() < SHORT => find_short(text, wanted, first),
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
    if text.len() < 16 { text.iter().position(|&b| b == byte) } else { memchr::memchr(byte, text) }
}

fn find_short(text: &[u8], wanted: &[u8], first: u8) -> Option<usize> {
    let last = text.len().checked_sub(wanted.len())?;
    let mut at = 0;
    while at <= last {
        at += find_byte(&text[at..=last], first)?;
        if text[at..at + wanted.len()] == *wanted {
            return Some(at);
        }
        at += 1;
    }
    None
}

/// Calls `found` with the offset of each occurrence that does not overlap an earlier one, until it says false.
#[inline]
pub fn each(text: &str, wanted: &str, mut found: impl FnMut(usize) -> bool) {
    debug_assert!(!wanted.is_empty());
    if text.len() < SHORT || wanted.len() == 1 {
        let mut at = 0;
        while let Some(next) = find(&text[at..], wanted) {
            if !found(at + next) {
                return;
            }
            at += next + wanted.len();
        }
        return;
    }
    for at in memchr::memmem::find_iter(text.as_bytes(), wanted.as_bytes()) {
        if !found(at) {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{each, find};

    #[test]
    fn texts_are_found() {
        let long = "ab".repeat(100) + "ax";
        for (text, wanted) in [
            ("", ""),
            ("abc", ""),
            ("abc", "c"),
            ("abc", "bc"),
            ("abc", "bd"),
            ("aab", "ab"),
            ("a", "ab"),
            (&long, "ax"),
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
            }
        }
    }
}
