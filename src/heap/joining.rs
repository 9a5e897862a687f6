//! Strings put together of others: f-strings, what is joined, what is repeated.

use super::string::{MAX_INLINE, Str};
use super::{Gc, Heap, Value};
use crate::text::decimal::decimal_length;

impl Heap {
    /// Strings and integers one behind the other; `None` if that is shorter than two bytes or longer than a cell, or if a
    /// string is not in its cell.
    pub fn strung(&mut self, parts: &[Value]) -> Option<Gc<Str>> {
        let (mut bytes, mut chars) = (0, 0);
        for part in parts {
            if let Some(part) = part.as_str() {
                bytes += part.len_in_cell()?;
                chars += part.chars();
            } else {
                let length = decimal_length(part.as_int()?);
                bytes += length;
                chars += length;
            }
        }
        if !(2..=MAX_INLINE).contains(&bytes) {
            return None;
        }
        let made = self.string_with(bytes, chars, |text| {
            for &part in parts {
                if part.is_int() {
                    text.push_int(part.int_unchecked());
                } else {
                    // SAFETY: what is no integer was seen to be a string in its cell, and its length was counted.
                    unsafe { text.push_counted(part.cast_unchecked()) };
                }
            }
        });
        Some(made)
    }

    /// Strings with another one between them; `None` in the same cases, and of what is no string.
    pub fn joined(&mut self, separator: Gc<Str>, items: &[Value]) -> Option<Gc<Str>> {
        let (mut bytes, mut chars) = (separator.len_in_cell()?, separator.chars());
        let gaps = items.len().checked_sub(1).filter(|&gaps| gaps <= MAX_INLINE)?;
        bytes *= gaps;
        chars *= gaps;
        for item in items {
            let item = item.as_str()?;
            bytes += item.len_in_cell()?;
            chars += item.chars();
        }
        if !(2..=MAX_INLINE).contains(&bytes) {
            return None;
        }
        let made = self.string_with(bytes, chars, |text| {
            let mut first = true;
            for &item in items {
                // SAFETY: all were seen to be strings in their cells, and their lengths were counted.
                unsafe {
                    if !first {
                        text.push_counted(separator);
                    }
                    text.push_counted(item.cast_unchecked());
                }
                first = false;
            }
        });
        Some(made)
    }

    /// A string so many times, which is no shorter than two bytes.
    pub fn repeated(&mut self, text: Gc<Str>, times: usize) -> Gc<Str> {
        let (bytes, chars) = (text.len_bytes() * times, text.chars() * times);
        self.string_with(bytes, chars, |out| out.push_repeated(text.text(), times))
    }
}
