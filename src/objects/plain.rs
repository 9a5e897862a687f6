//! Hashes and equality of keys about which no code of the language is asked: integers, strings, and tuples of them.

use super::Tuple;
use super::table::same_text;
use crate::heap::{Gc, Value, spread};
use crate::text::int;

/// What a string's hash is multiplied by so that `spread` gives it back.
const UNSPREAD: u64 = {
    const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut x = SPREAD;
    let mut i = 0;
    while i < 6 {
        x = x.wrapping_mul(2u64.wrapping_sub(SPREAD.wrapping_mul(x)));
        i += 1;
    }
    x
};

/// The inverse of [`spread`]: `hash("x")` is such that a class whose `__hash__` gives it finds "x" in a table.
#[must_use]
pub const fn unspread(hash: u64) -> i64 {
    ((hash ^ (hash >> 32)).wrapping_mul(UNSPREAD)) as i64
}

/// -1 is no hash, as in CPython.
#[must_use]
pub const fn not_minus_one(hash: i64) -> i64 {
    if hash == -1 { -2 } else { hash }
}

/// The hash of several values from theirs: as CPython's tuples, after xxHash.
#[derive(Clone, Copy, Debug)]
pub struct Combined(u64);

impl Combined {
    const P1: u64 = 11_400_714_785_074_694_791;
    const P2: u64 = 14_029_467_366_897_019_727;
    const P5: u64 = 2_870_177_450_012_600_261;

    #[must_use]
    #[inline(always)]
    pub const fn new() -> Self {
        Self(Self::P5)
    }

    #[inline(always)]
    pub const fn add(&mut self, hash: i64) {
        let lane = (hash as u64).wrapping_mul(Self::P2);
        self.0 = self.0.wrapping_add(lane).rotate_left(31).wrapping_mul(Self::P1);
    }

    /// The hash of so many values.
    #[must_use]
    #[inline(always)]
    pub const fn finish(self, len: usize) -> i64 {
        let sum = self.0.wrapping_add(len as u64 ^ (Self::P5 ^ 3_527_539));
        if sum == u64::MAX { 1_546_275_796 } else { sum as i64 }
    }
}

impl Default for Combined {
    fn default() -> Self {
        Self::new()
    }
}

/// The hash by which a table finds an integer that is inline.
#[must_use]
#[inline(always)]
pub fn hash_of_int(key: Value) -> u64 {
    spread(int::hash_small(key.int_unchecked()))
}

/// The same where it takes no call.
#[must_use]
#[inline(always)]
pub fn hash_of_narrow_int(key: Value) -> Option<u64> {
    let i = key.int_unchecked();
    if int::hashes_as_itself(i) { Some(spread(not_minus_one(i))) } else { None }
}

/// The hash by which a table finds a tuple of integers and strings; `None` of any other.
#[must_use]
#[inline]
pub fn hash_of_tuple(tuple: &Tuple) -> Option<u64> {
    let items = tuple.items();
    let mut combined = Combined::new();
    for item in items {
        combined.add(match item.as_int() {
            Some(i) => int::hash_small(i),
            None => not_minus_one(unspread(item.as_str()?.hash())),
        });
    }
    Some(spread(combined.finish(items.len())))
}

/// Whether two tuples are equal; `None` if that takes more than comparing integers and strings.
#[must_use]
#[inline(always)]
pub fn same_items(a: Gc<Tuple>, b: Gc<Tuple>) -> Option<bool> {
    if a == b {
        return Some(true);
    }
    if a.len() != b.len() {
        return Some(false);
    }
    // What is identical is equal, as in CPython, whatever it is.
    if a.items().iter().zip(b.items()).all(|(x, y)| x == y) { Some(true) } else { same_texts(a, b) }
}

/// The same of two tuples that have not all items in common.
#[inline(never)]
fn same_texts(a: Gc<Tuple>, b: Gc<Tuple>) -> Option<bool> {
    for (&x, &y) in a.items().iter().zip(b.items()) {
        if x == y {
            continue;
        }
        if x.both_ints(y) {
            return Some(false);
        }
        if !same_text(x.as_str()?, y.as_str()?) {
            return Some(false);
        }
    }
    Some(true)
}

#[cfg(test)]
mod tests {
    use super::{spread, unspread};

    #[test]
    fn unspread_is_the_inverse() {
        for i in [0, 1, -1, 42, i64::MAX, i64::MIN, 0x1234_5678_9ABC_DEF0] {
            assert_eq!(unspread(spread(i)), i);
        }
    }
}
