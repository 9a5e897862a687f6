//! Texts that are written where they stay: into the cell of the string that is being made.

use super::string::{MAX_INLINE, Str};
use super::{Gc, Heap};

/// The digits of an integer of 64 bits, and a sign.
const LONGEST_INT: usize = 20;

/// Writes the text of a new string, whose length is known before.
pub struct Writer {
    at: *mut u8,
    end: *mut u8,
}

impl Writer {
    fn left(&self) -> usize {
        self.end as usize - self.at as usize
    }

    /// Appends; what the string has no room for is a bug of the caller.
    #[inline(always)]
    pub fn push_str(&mut self, text: &str) {
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
        let mut buffer = [0; LONGEST_INT];
        self.push_str(decimal(i, &mut buffer));
    }

    /// Appends ASCII as `map` changes it, which must keep it ASCII.
    #[inline(always)]
    pub fn push_mapped(&mut self, text: &[u8], map: impl Fn(u8) -> u8) {
        assert!(text.len() <= self.left(), "a string is longer than was said");
        // SAFETY: as above.
        let to = unsafe {
            std::slice::from_raw_parts_mut(self.at.cast::<std::mem::MaybeUninit<u8>>(), text.len())
        };
        for (to, &byte) in to.iter_mut().zip(text) {
            to.write(map(byte) & 0x7f);
        }
        self.at = self.at.wrapping_add(text.len());
    }
}

/// Copies few bytes without a call.
///
/// # Safety
/// As for `copy_nonoverlapping`.
#[inline(always)]
pub(super) unsafe fn copy(from: *const u8, to: *mut u8, n: usize) {
    // SAFETY: each pair of pieces lies inside the `n` bytes and covers them; the second is read before the first is written.
    unsafe {
        macro_rules! pieces {
            ($type:ty) => {{
                let last = n - size_of::<$type>();
                let a = from.cast::<$type>().read_unaligned();
                let b = from.add(last).cast::<$type>().read_unaligned();
                to.cast::<$type>().write_unaligned(a);
                to.add(last).cast::<$type>().write_unaligned(b);
            }};
        }
        match n {
            0 => (),
            1 => *to = *from,
            2..4 => pieces!(u16),
            4..8 => pieces!(u32),
            8..16 => pieces!(u64),
            16..=32 => pieces!(u128),
            _ => std::ptr::copy_nonoverlapping(from, to, n),
        }
    }
}

/// The decimal text of `i`, in the end of `buffer`.
#[inline]
fn decimal(i: i64, buffer: &mut [u8; LONGEST_INT]) -> &str {
    let mut rest = i.unsigned_abs();
    let mut at = buffer.len();
    while rest >= 100 {
        let pair = rest % 100;
        rest /= 100;
        at -= 2;
        buffer[at..at + 2].copy_from_slice(&two_digits(pair));
    }
    if rest >= 10 {
        at -= 2;
        buffer[at..at + 2].copy_from_slice(&two_digits(rest));
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
fn two_digits(below_100: u64) -> [u8; 2] {
    // The tens are in the low byte of the quotient by 10, taken by multiplication: there is no table to be read.
    let tens = (below_100 * 205) >> 11;
    [b'0' + tens as u8, b'0' + (below_100 - tens * 10) as u8]
}

impl Heap {
    /// A string of so many bytes and code points; `write` appends exactly that.
    #[inline]
    pub fn string_with(&mut self, bytes: usize, chars: usize, write: impl FnOnce(&mut Writer)) -> Gc<Str> {
        if bytes <= MAX_INLINE {
            let gc = self.blank_string(bytes, chars);
            let start = gc.inline_start();
            let mut writer = Writer { at: start, end: start.wrapping_add(bytes) };
            write(&mut writer);
            assert!(writer.left() == 0, "a string is shorter than was said");
            return gc;
        }
        let mut text: Vec<u8> = Vec::with_capacity(bytes);
        let start = text.as_mut_ptr();
        let mut writer = Writer { at: start, end: start.wrapping_add(bytes) };
        write(&mut writer);
        assert!(writer.left() == 0, "a string is shorter than was said");
        // SAFETY: all of it was written, piece by piece of UTF-8.
        let text = unsafe {
            text.set_len(bytes);
            String::from_utf8_unchecked(text)
        };
        self.string_owned(text, chars)
    }

    /// `str(i)`
    pub fn int_string(&mut self, i: i64) -> Gc<Str> {
        let mut buffer = [0; LONGEST_INT];
        let text = decimal(i, &mut buffer);
        self.string_counted(text, text.len())
    }
}
