//! Searching in texts. What is searched is short most of the time, and often for one character: there the set-up of an
//! algorithm for long texts costs more than it saves, and eight bytes are looked at together in a machine word.

/// Texts below this many bytes are searched here, longer ones by `memchr`.
const SHORT: usize = 128;

/// How many bytes of a text are looked at, or copied, together.
pub(crate) const WORD: usize = 8;
/// The lowest bit of each byte.
pub(crate) const ONES: u64 = u64::from_le_bytes([1; WORD]);
pub(crate) const HIGH: u64 = ONES << 7;

/// The high bit of each byte that is zero.
#[inline(always)]
const fn zeros(word: u64) -> u64 {
    let low = !HIGH;
    !(((word & low) + low) | word | low)
}

/// The high bit of each byte that is whitespace if it is below 0x21, in ASCII.
#[inline(always)]
const fn low_bytes(word: u64) -> u64 {
    !((word | HIGH) - ONES * 0x21) & HIGH
}

/// Fewer than eight bytes as the low ones of a word: read as halves that may overlap, without a loop or a call.
#[inline(always)]
pub(crate) fn short_word(bytes: &[u8]) -> u64 {
    let n = bytes.len();
    if let (Some(&low), Some(&high)) = (bytes.first_chunk(), bytes.last_chunk()) {
        return u64::from(u32::from_le_bytes(low)) | u64::from(u32::from_le_bytes(high)) << ((n - 4) * 8);
    }
    let Some(&first) = bytes.first() else { return 0 };
    u64::from(first) | u64::from(bytes[n / 2]) << (n / 2 * 8) | u64::from(bytes[n - 1]) << ((n - 1) * 8)
}

/// The bytes of a text from `at` on, eight at most, and a word of which all bits are set that they have.
#[inline(always)]
fn word(text: &[u8], at: usize) -> (u64, u64) {
    let rest = &text[at..];
    if let Some(chunk) = rest.first_chunk() {
        return (u64::from_le_bytes(*chunk), u64::MAX);
    }
    let bits = rest.len() * 8;
    let found = match text.last_chunk() {
        Some(last) if bits > 0 => u64::from_le_bytes(*last) >> (64 - bits),
        _ => short_word(rest),
    };
    (found, (1 << bits) - 1)
}

/// Which byte of a word the lowest of some high bits is in.
#[inline(always)]
const fn first(found: u64) -> usize {
    found.trailing_zeros() as usize / 8
}

/// Where `wanted` first is in `text`, as a byte offset.
#[must_use]
#[inline]
pub fn find(text: &str, wanted: &str) -> Option<usize> {
    find_bytes(text.as_bytes(), wanted.as_bytes())
}

/// The same in bytes.
#[must_use]
#[inline]
pub fn find_bytes(text: &[u8], wanted: &[u8]) -> Option<usize> {
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
    let mut at = 0;
    while at < text.len() {
        let (word, mask) = word(text, at);
        let found = zeros(word ^ (ONES * u64::from(byte))) & mask;
        if found != 0 {
            return Some(at + first(found));
        }
        at += WORD;
    }
    None
}

/// Looks for the first two bytes of what is wanted, then at the others.
fn find_short(text: &[u8], wanted: &[u8]) -> Option<usize> {
    let &[one, two, ref others @ ..] = wanted else { return None };
    let last = text.len().checked_sub(wanted.len())?;
    let matches = |at: usize| text[at + 2..].starts_with(others);
    let Some(end) = text.len().checked_sub(WORD + 1) else {
        return (0..=last).find(|&at| text[at] == one && text[at + 1] == two && matches(at));
    };
    let (ones, twos) = (ONES * u64::from(one), ONES * u64::from(two));
    let mut at = 0;
    // The words at `at` and behind it; a match may begin in all their bytes but beyond `last`. The last words may overlap
    // those before.
    while let Some(bytes) = text[at..].first_chunk::<{ WORD + 1 }>() {
        let [low @ .., _] = bytes;
        let [_, high @ ..] = bytes;
        let mut found = zeros((u64::from_le_bytes(*low) ^ ones) | (u64::from_le_bytes(*high) ^ twos));
        while found != 0 {
            let start = at + first(found);
            if start <= last && matches(start) {
                return Some(start);
            }
            found &= found - 1;
        }
        if at == end {
            break;
        }
        at = (at + WORD).min(end);
    }
    None
}

/// The offsets of bytes that are told a word at a time.
struct Marks<'a> {
    words: std::slice::Iter<'a, [u8; WORD]>,
    /// What is behind the words, until it is looked at.
    rest: &'a [u8],
    /// Where the next word begins.
    at: usize,
    /// A bit in each byte of the word before that is still to be given.
    found: u64,
}

impl<'a> Marks<'a> {
    #[inline(always)]
    fn new(text: &'a [u8]) -> Self {
        let (words, rest) = text.as_chunks();
        Self { words: words.iter(), rest, at: 0, found: 0 }
    }

    /// The next one; `test` gives the high bits of the bytes of a word that are looked for.
    #[inline(always)]
    fn next(&mut self, test: impl Fn(u64) -> u64) -> Option<usize> {
        while self.found == 0 {
            let (word, mask) = match self.words.next() {
                Some(word) => (u64::from_le_bytes(*word), u64::MAX),
                None if self.rest.is_empty() => return None,
                None => last_word(std::mem::take(&mut self.rest)),
            };
            self.found = test(word) & mask;
            self.at += WORD;
        }
        let start = self.at - WORD + first(self.found);
        self.found &= self.found - 1;
        Some(start)
    }
}

/// Fewer than eight bytes as the low ones of a word, and a word of which all bits are set that they have.
#[inline(never)]
fn last_word(bytes: &[u8]) -> (u64, u64) {
    (short_word(bytes), (1 << (bytes.len() * 8)) - 1)
}

/// The offsets of one byte.
pub struct Bytes<'a> {
    marks: Marks<'a>,
    byte: u8,
}

#[must_use]
#[inline(always)]
pub fn bytes(text: &str, byte: u8) -> Bytes<'_> {
    Bytes { marks: Marks::new(text.as_bytes()), byte }
}

impl Iterator for Bytes<'_> {
    type Item = usize;

    #[inline(always)]
    fn next(&mut self) -> Option<usize> {
        let pattern = ONES * u64::from(self.byte);
        self.marks.next(|word| zeros(word ^ pattern))
    }
}

/// The offsets of what occurs in a short text, and does not overlap an earlier one.
pub struct Matches<'a> {
    text: &'a [u8],
    wanted: &'a [u8],
    /// Where the search goes on.
    at: usize,
}

/// Whether a text is so long that [`far_matches`] is faster.
#[must_use]
#[inline(always)]
pub fn is_far(text: &str) -> bool {
    text.len() >= SHORT
}

/// The occurrences of `wanted`, which is not empty.
#[must_use]
#[inline(always)]
pub fn matches<'a>(text: &'a str, wanted: &'a str) -> Matches<'a> {
    debug_assert!(!wanted.is_empty());
    Matches { text: text.as_bytes(), wanted: wanted.as_bytes(), at: 0 }
}

/// The same in a long text.
pub fn far_matches<'a>(text: &'a str, wanted: &'a str) -> impl Iterator<Item = usize> + 'a {
    debug_assert!(!wanted.is_empty());
    memchr::memmem::find_iter(text.as_bytes(), wanted.as_bytes())
}

impl Iterator for Matches<'_> {
    type Item = usize;

    #[inline(always)]
    fn next(&mut self) -> Option<usize> {
        let start = self.at + find_bytes(&self.text[self.at..], self.wanted)?;
        self.at = start + self.wanted.len();
        Some(start)
    }
}

/// The offsets of what may be whitespace in an ASCII text: all that is, and few other bytes.
pub struct Spaces<'a>(Marks<'a>);

#[must_use]
#[inline]
pub fn spaces(text: &str) -> Spaces<'_> {
    Spaces(Marks::new(text.as_bytes()))
}

impl Iterator for Spaces<'_> {
    type Item = usize;

    #[inline(always)]
    fn next(&mut self) -> Option<usize> {
        self.0.next(low_bytes)
    }
}

/// How many occurrences there are that do not overlap.
#[must_use]
pub fn count(text: &str, wanted: &str) -> usize {
    match *wanted.as_bytes() {
        [byte] if is_far(text) => memchr::memchr_iter(byte, text.as_bytes()).count(),
        [byte] => bytes(text, byte).count(),
        _ if is_far(text) => far_matches(text, wanted).count(),
        _ => matches(text, wanted).count(),
    }
}

#[cfg(test)]
mod tests {
    use super::{bytes, count, far_matches, find, matches, spaces};

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
                let all: Vec<usize> = matches(text, wanted).collect();
                assert_eq!(far_matches(text, wanted).collect::<Vec<_>>(), all);
                assert_eq!(all, text.match_indices(wanted).map(|(at, _)| at).collect::<Vec<_>>());
                assert_eq!(count(text, wanted), all.len());
            }
        }
    }
    #[test]
    fn spaces_are_found() {
        let long = "a\tb \x1f".to_owned() + &"-".repeat(150) + " \n" + &"x".repeat(66) + "\r";
        for n in 0..long.len() {
            let text = &long[n..];
            let low: Vec<usize> = (0..text.len()).filter(|&at| text.as_bytes()[at] < 0x21).collect();
            assert_eq!(spaces(text).collect::<Vec<_>>(), low, "{text}");
            let tens = text.match_indices('-').map(|(at, _)| at).collect::<Vec<_>>();
            assert_eq!(bytes(text, b'-').collect::<Vec<_>>(), tens);
        }
    }
}
