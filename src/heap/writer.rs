//! Texts that are written where they stay: into the cell of the string that is being made.

use super::string::{MAX_INLINE, QUICK, Str};
use super::{Gc, Heap};
use crate::text::seek::WORD;
use std::mem::MaybeUninit;

/// The digits of an integer of 64 bits, and a sign.
const LONGEST_INT: usize = 20;
/// The first number whose digits do not fit in a word.
const BELOW_WORD: i64 = 100_000_000;

/// Writes the text of a new string, whose length is known before.
pub struct Writer {
    at: *mut u8,
    /// Where the text is to end.
    end: *mut u8,
    /// Where the memory ends, all of which may be written to: what belongs there is written afterwards, if anything does.
    room: *mut u8,
}

impl Writer {
    fn left(&self) -> usize {
        self.room as usize - self.at as usize
    }

    /// Appends a string. Of a short one a whole word is written, whose rest is the next one's to overwrite.
    #[inline(always)]
    pub fn push(&mut self, text: Gc<Str>) {
        let n = text.len_bytes();
        let left = self.left();
        assert!(n <= left, "a string is longer than was said");
        // SAFETY: there is room, as was just checked, and a cell has a word behind the head of a string.
        unsafe {
            if !text.is_in_cell() {
                copy_far(text, self.at);
            } else if n <= WORD && left >= WORD {
                self.at.cast::<MaybeUninit<u64>>().write_unaligned(text.first_word());
            } else {
                copy(text.inline_start(), self.at, n);
            }
            self.at = self.at.add(n);
        }
    }

    /// The same of a string that is known to lie in its cell.
    ///
    /// # Safety
    /// It does, and there is room for it.
    #[inline(always)]
    pub(super) unsafe fn push_counted(&mut self, text: Gc<Str>) {
        let n = text.len_bytes();
        debug_assert!(text.is_in_cell() && n <= self.left());
        // SAFETY: what the caller promises; see above.
        unsafe {
            if n <= WORD && self.left() >= WORD {
                self.at.cast::<MaybeUninit<u64>>().write_unaligned(text.first_word());
            } else {
                copy(text.inline_start(), self.at, n);
            }
            self.at = self.at.add(n);
        }
    }

    /// Appends a part of a text. Of a short one that is not at the end, as above.
    #[inline(always)]
    pub fn push_within(&mut self, text: &[u8], from: usize, to: usize) {
        debug_assert!(text.is_ascii() || std::str::from_utf8(&text[from..to]).is_ok());
        let part = &text[from..to];
        if part.len() <= 2 * WORD && self.left() >= 2 * WORD && text.len() - from >= 2 * WORD {
            // SAFETY: there is room, as was just checked, and as much to be read.
            unsafe {
                let word = part.as_ptr().cast::<u128>().read_unaligned();
                self.at.cast::<u128>().write_unaligned(word);
                self.at = self.at.add(part.len());
            }
        } else {
            self.push_bytes(part);
        }
    }

    /// Appends; what the string has no room for is a bug of the caller.
    #[inline(always)]
    pub fn push_str(&mut self, text: &str) {
        self.push_bytes(text.as_bytes());
    }

    /// Bytes of UTF-8.
    #[inline(always)]
    fn push_bytes(&mut self, text: &[u8]) {
        assert!(text.len() <= self.left(), "a string is longer than was said");
        // SAFETY: there is room, as was just checked, in a cell that nobody else knows yet.
        unsafe {
            copy(text.as_ptr(), self.at, text.len());
            self.at = self.at.add(text.len());
        }
    }

    /// Appends an integer in decimal.
    #[inline]
    pub fn push_int(&mut self, i: i64) {
        if (0..BELOW_WORD).contains(&i) && self.left() >= WORD {
            let (word, n) = decimal_word(i as u32);
            // SAFETY: there is room, as was just checked.
            unsafe {
                self.at.cast::<u64>().write_unaligned(word.to_le());
                self.at = self.at.add(n);
            }
            return;
        }
        let mut buffer = [0; LONGEST_INT];
        self.push_str(decimal(i, &mut buffer));
    }

    /// Appends a text so many times.
    #[inline]
    pub fn push_repeated(&mut self, text: &str, n: usize) {
        let &[byte] = text.as_bytes() else { return (0..n).for_each(|_| self.push_str(text)) };
        let left = self.left();
        assert!(n <= left, "a string is longer than was said");
        // SAFETY: as above.
        unsafe {
            if n <= 2 * WORD && left >= 2 * WORD {
                self.at.cast::<u128>().write_unaligned(u128::from_ne_bytes([byte; 2 * WORD]));
            } else {
                std::ptr::write_bytes(self.at, byte, n);
            }
        }
        self.at = self.at.wrapping_add(n);
    }

    /// Appends ASCII as `map` changes it, which must keep it ASCII.
    #[inline(always)]
    pub fn push_mapped(&mut self, text: &[u8], mut map: impl FnMut(u8) -> u8) {
        assert!(text.len() <= self.left(), "a string is longer than was said");
        // SAFETY: as above.
        let to = unsafe { std::slice::from_raw_parts_mut(self.at.cast::<MaybeUninit<u8>>(), text.len()) };
        for (to, &byte) in to.iter_mut().zip(text) {
            to.write(map(byte) & 0x7f);
        }
        self.at = self.at.wrapping_add(text.len());
    }
}

/// Copies a text that is not in its cell.
///
/// # Safety
/// There is room for it.
#[inline(never)]
unsafe fn copy_far(text: Gc<Str>, to: *mut u8) {
    let text = text.text();
    // SAFETY: what the caller promises.
    unsafe { std::ptr::copy_nonoverlapping(text.as_ptr(), to, text.len()) };
}

/// Copies bytes; few without a call.
///
/// # Safety
/// As for `copy_nonoverlapping`.
#[inline(always)]
pub(super) unsafe fn copy(from: *const u8, to: *mut u8, n: usize) {
    // SAFETY: what the caller promises.
    unsafe {
        if n <= QUICK {
            copy_few(from, to, n);
        } else {
            std::ptr::copy_nonoverlapping(from, to, n);
        }
    }
}

/// The same of at most [`QUICK`] bytes.
///
/// # Safety
/// As for `copy_nonoverlapping`.
#[inline(always)]
pub(super) unsafe fn copy_few(from: *const u8, to: *mut u8, n: usize) {
    debug_assert!(n <= QUICK);
    // SAFETY: the pieces lie inside the `n` bytes and cover them.
    unsafe {
        macro_rules! pieces {
            ($type:ty: $($at:expr),*) => {
                $( to.add($at).cast::<$type>().write_unaligned(from.add($at).cast::<$type>().read_unaligned()); )*
            };
        }
        if n < 4 {
            if n > 1 {
                pieces!(u16: 0, n - 2);
            } else if n > 0 {
                *to = *from;
            }
        } else if n < 8 {
            pieces!(u32: 0, n - 4);
        } else if n < 16 {
            pieces!(u64: 0, n - 8);
        } else {
            pieces!(u128: 0, n - 16);
            if n > 32 {
                pieces!(u128: 16, n - 32);
            }
        }
    }
}

/// The decimal text of `i`, in the end of `buffer`.
#[inline]
fn decimal(i: i64, buffer: &mut [u8; LONGEST_INT]) -> &str {
    let mut rest = i.unsigned_abs();
    let mut at = buffer.len();
    while rest >= 100 {
        let pair = (rest % 100) as u32;
        rest /= 100;
        at -= 2;
        buffer[at..at + 2].copy_from_slice(&two_digits(pair));
    }
    if rest >= 10 {
        at -= 2;
        buffer[at..at + 2].copy_from_slice(&two_digits(rest as u32));
    } else {
        at -= 1;
        buffer[at] = b'0' + rest as u8;
    }
    if i < 0 {
        at -= 1;
        buffer[at] = b'-';
    }
    // SAFETY: digits and a sign are ASCII.
    unsafe { std::str::from_utf8_unchecked(&buffer[at..]) }
}

#[inline(always)]
fn two_digits(below_100: u32) -> [u8; 2] {
    // The tens are in the low byte of the quotient by 10, taken by multiplication: there is no table to be read.
    let tens = (below_100 * 205) >> 11;
    [b'0' + tens as u8, b'0' + (below_100 - tens * 10) as u8]
}

/// A number of at most eight digits as eight of them, the first one in the lowest byte. All are computed together: first
/// the halves, then the pairs in these, then the digits in those.
#[inline(always)]
const fn eight_digits(below: u32) -> u64 {
    let below = below as u64;
    let high = below / 10_000;
    let halves = high | (below - high * 10_000) << 32;
    let high = ((halves * 10_486) >> 20) & 0x7f_0000_007f;
    let pairs = high | (halves - high * 100) << 16;
    let high = ((pairs * 103) >> 10) & 0x000f_000f_000f_000f;
    high | (pairs - high * 10) << 8
}

const ZEROS: u64 = u64::from_le_bytes([b'0'; WORD]);

/// The same of at most four digits.
#[inline(always)]
const fn four_digits(below: u32) -> u32 {
    let high = (below * 5243) >> 19;
    let pairs = high | (below - high * 100) << 16;
    let high = ((pairs * 103) >> 10) & 0x000f_000f;
    high | (pairs - high * 10) << 8
}

/// The decimal text of a number below [`BELOW_WORD`] in the low bytes of a word, and its length.
#[inline(always)]
const fn decimal_word(below: u32) -> (u64, usize) {
    if below < 10_000 {
        let digits = four_digits(below);
        let leading = (digits | 1 << 24).trailing_zeros() / 8;
        return (((digits + ZEROS as u32) >> (leading * 8)) as u64, WORD / 2 - leading as usize);
    }
    let digits = eight_digits(below);
    // The last digit is shown if it is zero, too.
    let leading = (digits | 1 << 56).trailing_zeros() / 8;
    ((digits + ZEROS) >> (leading * 8), WORD - leading as usize)
}

impl Heap {
    /// A string of so many bytes and code points; `write` appends exactly that.
    #[inline]
    pub fn string_with(&mut self, bytes: usize, chars: usize, write: impl FnOnce(&mut Writer)) -> Gc<Str> {
        let made = if bytes <= MAX_INLINE {
            Ok(self.blank_string(bytes, chars))
        } else {
            Err(Vec::<u8>::with_capacity(bytes))
        };
        let start = match &made {
            Ok(gc) => gc.inline_start(),
            Err(text) => text.as_ptr().cast_mut(),
        };
        // A cell goes on to a multiple of a word, as it begins at one.
        let room = if made.is_ok() { bytes.next_multiple_of(WORD) } else { bytes };
        let (end, room) = (start.wrapping_add(bytes), start.wrapping_add(room));
        let mut writer = Writer { at: start, end, room };
        // Called in one place, so that it becomes a part of this function.
        write(&mut writer);
        assert!(writer.at == writer.end, "a string is not as long as was said");
        match made {
            Ok(gc) => gc,
            Err(text) => self.long_string(text, bytes, chars),
        }
    }

    /// A string of a buffer that so many bytes were written to.
    #[inline(never)]
    fn long_string(&mut self, mut text: Vec<u8>, bytes: usize, chars: usize) -> Gc<Str> {
        // SAFETY: all of it was written, piece by piece of UTF-8.
        let text = unsafe {
            text.set_len(bytes);
            String::from_utf8_unchecked(text)
        };
        self.string_owned(text, chars)
    }

    /// `str(i)`
    pub fn int_string(&mut self, i: i64) -> Gc<Str> {
        if (0..BELOW_WORD).contains(&i) {
            let (word, n) = decimal_word(i as u32);
            if let Some(gc) = self.blank_quickly(n, n) {
                // SAFETY: a cell has a word behind the head of a string.
                unsafe { gc.inline_start().cast::<u64>().write(word.to_le()) };
                return gc;
            }
        }
        self.longer_int_string(i)
    }

    /// Digits with a sign, of which the last nine at most are behind a point, with spaces before them up to a width of two
    /// digits.
    pub fn fixed_string(&mut self, (negative, digits): (bool, u64), places: usize, width: usize) -> Gc<Str> {
        debug_assert!(places <= 9 && width < 100);
        if digits < BELOW_WORD as u64 && (1..WORD).contains(&places) && width == 0 {
            let word = eight_digits(digits as u32);
            // Of the leading zeros stay those up to the one before the point.
            let leading = ((word | 1 << 56).trailing_zeros() as usize / 8).min(WORD - 1 - places);
            let word = (word + ZEROS) >> (leading * 8);
            let (sign, whole) = (usize::from(negative), WORD - leading - places);
            let n = sign + whole + 1 + places;
            // Sign and point are two bytes at most.
            let mut room = [b'-'; WORD + 2 + WORD];
            room[sign..sign + WORD].copy_from_slice(&word.to_le_bytes());
            room[sign + whole] = b'.';
            let behind = sign + whole + 1;
            room[behind..behind + WORD].copy_from_slice(&(word >> (whole * 8)).to_le_bytes());
            if let Some(gc) = self.blank_quickly(n, n) {
                // SAFETY: the cell has room for it, and all of it is ASCII.
                unsafe { copy_few(room.as_ptr(), gc.inline_start(), n) };
                return gc;
            }
        }
        self.longer_fixed_string((negative, digits), places, width)
    }

    #[inline(never)]
    fn longer_fixed_string(
        &mut self,
        (negative, digits): (bool, u64),
        places: usize,
        width: usize,
    ) -> Gc<Str> {
        /// The width, or all digits, the sign and the point.
        const ROOM: usize = 128;
        let mut room = [b' '; ROOM];
        let mut at = ROOM;
        let mut rest = digits;
        for _ in 0..places {
            at -= 1;
            room[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        if places > 0 {
            at -= 1;
            room[at] = b'.';
        }
        loop {
            at -= 1;
            room[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        if negative {
            at -= 1;
            room[at] = b'-';
        }
        let text = &room[at.min(ROOM - width)..];
        // SAFETY: all of it is ASCII.
        let text = unsafe { std::str::from_utf8_unchecked(text) };
        self.string_counted(text, text.len())
    }

    #[inline(never)]
    fn longer_int_string(&mut self, i: i64) -> Gc<Str> {
        let mut buffer = [0; LONGEST_INT];
        let text = decimal(i, &mut buffer);
        self.string_counted(text, text.len())
    }
}

#[cfg(test)]
mod tests {
    use super::{ZEROS, decimal_word, eight_digits};

    #[test]
    fn digits_are_those_of_std() {
        let numbers = (0..10_300).chain((10_300..100_000_000).step_by(7919)).chain([99_999_999]);
        for i in numbers {
            let (word, n) = decimal_word(i);
            assert_eq!(std::str::from_utf8(&word.to_le_bytes()[..n]), Ok(i.to_string().as_str()));
            let all = (eight_digits(i) + ZEROS).to_le_bytes();
            assert_eq!(std::str::from_utf8(&all), Ok(format!("{i:08}").as_str()));
        }
    }
}
