//! Texts that are written where they stay: into the cell of the string that is being made.

use super::string::{MAX_INLINE, QUICK, Str};
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

    /// Appends a text so many times.
    #[inline]
    pub fn push_repeated(&mut self, text: &str, n: usize) {
        let &[byte] = text.as_bytes() else { return (0..n).for_each(|_| self.push_str(text)) };
        assert!(n <= self.left(), "a string is longer than was said");
        // SAFETY: as above.
        unsafe { std::ptr::write_bytes(self.at, byte, n) };
        self.at = self.at.wrapping_add(n);
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
        let mut writer = Writer { at: start, end: start.wrapping_add(bytes) };
        // Called in one place, so that it becomes a part of this function.
        write(&mut writer);
        assert!(writer.left() == 0, "a string is shorter than was said");
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
        // Of few digits it is known how many they are.
        let length = match i {
            10..100 => 2,
            100..1000 => 3,
            1000..10_000 => 4,
            10_000..100_000 => 5,
            _ => 0,
        };
        if length > 0
            && let Some(gc) = self.blank_quickly(length, length)
        {
            let start = gc.inline_start();
            let mut rest = i as u32;
            let mut at = length;
            // SAFETY: the cell has room for so many digits.
            unsafe {
                while at >= 2 {
                    at -= 2;
                    start.add(at).cast::<[u8; 2]>().write(two_digits(rest % 100));
                    rest /= 100;
                }
                if at > 0 {
                    start.write(b'0' + rest as u8);
                }
            }
            return gc;
        }
        self.longer_int_string(i)
    }

    /// Digits with a sign, of which the last nine at most are behind a point, with spaces before them up to a width of two
    /// digits.
    pub fn fixed_string(&mut self, (negative, digits): (bool, u64), places: usize, width: usize) -> Gc<Str> {
        /// The width, or all digits, the sign and the point.
        const ROOM: usize = 128;
        debug_assert!(places <= 9 && width < 100);
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
