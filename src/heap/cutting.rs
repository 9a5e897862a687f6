//! Strings that are parts of others, or others in another case: of ASCII, whose bytes are its characters.

use super::string::{QUICK, Str};
use super::writer::copy_few;
use super::{Gc, Heap};
use crate::text::seek::{HIGH, ONES, WORD};

/// A word of ASCII with the letters from `first` to `last` in the other case.
#[inline(always)]
const fn case_changed(word: u64, first: u8, last: u8) -> u64 {
    // The sums reach the high bits of the bytes that are large enough.
    let low = word & !HIGH;
    let from = low + ONES * (0x80 - first as u64);
    let beyond = low + ONES * (0x7f - last as u64);
    word ^ ((from & !beyond & HIGH) >> 2)
}

impl Heap {
    /// A short part of an ASCII text, where there is a cell for it. Nothing is called.
    #[inline(always)]
    pub fn cut_quickly(&mut self, text: Gc<Str>, from: usize, to: usize) -> Option<Gc<Str>> {
        let start = text.flat_start()?;
        if from > to || to > text.len_bytes() || !text.is_ascii() {
            return None;
        }
        let gc = self.blank_quickly(to - from, to - from)?;
        // SAFETY: the part is inside the text, each of whose bytes is a character, and the cell has room for it.
        unsafe { copy_few(start.add(from), gc.inline_start(), to - from) };
        Some(gc)
    }

    /// An ASCII text in lower case.
    pub fn lower(&mut self, text: Gc<Str>) -> Gc<Str> {
        self.cased(text, |word| case_changed(word, b'A', b'Z'), |byte| byte.to_ascii_lowercase())
    }

    /// An ASCII text in upper case.
    pub fn upper(&mut self, text: Gc<Str>) -> Gc<Str> {
        self.cased(text, |word| case_changed(word, b'a', b'z'), |byte| byte.to_ascii_uppercase())
    }

    #[inline(always)]
    fn cased(&mut self, text: Gc<Str>, words: impl Fn(u64) -> u64, bytes: impl Fn(u8) -> u8) -> Gc<Str> {
        assert!(text.is_ascii());
        let n = text.len_bytes();
        if n <= QUICK
            && text.is_in_cell()
            && let Some(gc) = self.blank_quickly(n, n)
        {
            let (from, to) = (text.inline_start(), gc.inline_start());
            // SAFETY: the words lie in the texts, but for the only one of a short text: a cell goes on to a whole one.
            unsafe {
                if n < WORD {
                    let mut word = [0; WORD];
                    copy_few(from, word.as_mut_ptr(), n);
                    to.cast::<u64>().write(words(u64::from_ne_bytes(word)));
                } else {
                    // The last one may overlap the one before it.
                    let (mut at, last) = (0, n - WORD);
                    loop {
                        let word = from.add(at).cast::<u64>().read_unaligned();
                        to.add(at).cast::<u64>().write_unaligned(words(word));
                        if at == last {
                            break;
                        }
                        at = (at + WORD).min(last);
                    }
                }
            }
            return gc;
        }
        let all = text.text().as_bytes();
        self.string_with(n, n, |out| out.push_mapped(all, bytes))
    }
}
