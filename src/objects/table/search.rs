//! Searching a table for a key: at a glance where the key itself is where its hash says, or nothing; as long as it takes
//! for integers, strings and tuples of them; and with a test for equality that the caller gives.

use super::{EMPTY, Entry, SMALL, TOMBSTONE, Table, home, home_among, is_tagged, slot_of, word_of};
use crate::heap::{Gc, Str, Value, same_text};
use crate::objects::Tuple;
use crate::objects::plain::{hash_of_int, hash_of_narrow_int, hash_of_tuple, same_items};

/// What a search without the language's own code finds.
#[derive(Clone, Copy, Debug)]
pub enum Found {
    /// In this slot.
    At(usize),
    /// Nowhere. This is the key's hash.
    Absent(u64),
    /// It takes more to know.
    Unsure,
}

impl Found {
    /// Whether there is one, if that is known.
    #[must_use]
    #[inline(always)]
    pub const fn known(self) -> Option<bool> {
        match self {
            Self::At(_) => Some(true),
            Self::Absent(_) => Some(false),
            Self::Unsure => None,
        }
    }

    /// What a search saw that asked about all keys of this hash; those it was not sure about may be equal, too.
    #[inline(always)]
    const fn of(slot: Option<usize>, hash: u64, unsure: bool) -> Self {
        match slot {
            Some(slot) => Self::At(slot),
            None if unsure => Self::Unsure,
            None => Self::Absent(hash),
        }
    }
}

/// The string or tuple that was found last, and the equal one that was in the table: programs ask for one key several
/// times (`if k in d: d[k] += 1`), and what never changes stays equal. A collection ends it.
#[derive(Clone, Copy, Default)]
pub struct Recent {
    pub key: Value,
    pub twin: Value,
    pub slot: usize,
}

impl Table {
    /// Looks for an integer, or a string whose hash is known, at the first place where it may be. It is there itself as a
    /// rule, or nothing is: then nothing has its hash. What calls nothing can be part of the loop.
    #[inline(always)]
    #[must_use]
    pub fn glance(&self, key: Value, recent: &Recent) -> Found {
        if key.is_int() { self.glance_for_int(key) } else { self.glance_for_other(key, recent) }
    }

    /// The same of an integer.
    #[inline(always)]
    #[must_use]
    pub fn glance_for_int(&self, key: Value) -> Found {
        match hash_of_narrow_int(key) {
            Some(hash) => self.glance_at(hash, key),
            None => Found::Unsure,
        }
    }

    /// The same of what is none.
    #[inline(always)]
    #[must_use]
    pub fn glance_for_other(&self, key: Value, recent: &Recent) -> Found {
        if let Some(slot) = self.recall(key, recent) {
            return Found::At(slot);
        }
        match key.as_str().map_or(0, |text| text.known_hash()) {
            0 => Found::Unsure,
            hash => self.glance_at(hash, key),
        }
    }

    #[inline(always)]
    fn glance_at(&self, hash: u64, key: Value) -> Found {
        let slot = if let Some(&word) = self.index.get(home_among(hash, self.index.len())) {
            if word == EMPTY {
                return Found::Absent(hash);
            }
            // That the word has bits of another hash is no reason to look elsewhere: then the key is not there, either.
            slot_of(word, self.index.len() - 1)
        } else {
            let Some(slot) = self.entries.iter().position(|e| e.hash == hash) else {
                return Found::Absent(hash);
            };
            slot
        };
        if self.key_at(slot) == key { Found::At(slot) } else { Found::Unsure }
    }

    /// The same of an integer that is not where its hash says: whether it is there, if that is known. Nothing is called.
    #[inline(always)]
    #[must_use]
    pub fn holds_int(&self, key: Value) -> Option<bool> {
        let hash = hash_of_narrow_int(key)?;
        match self.place_of_int(hash, key)? {
            Ok(_) => Some(true),
            Err(_) => Some(false),
        }
    }

    /// The slot of an integer with this hash, or the place in the index that is free for it; `None` if there is no index,
    /// or another key has the same hash.
    #[inline(always)]
    fn place_of_int(&self, hash: u64, key: Value) -> Option<Result<usize, usize>> {
        let mask = self.index.len().wrapping_sub(1);
        let mut place = home_among(hash, self.index.len());
        loop {
            let word = *self.index.get(place)?;
            if word == EMPTY {
                return Some(Err(place));
            }
            if is_tagged(word, hash, mask) {
                let slot = slot_of(word, mask);
                let entry = self.entries.get(slot)?;
                if entry.key == key {
                    return Some(Ok(slot));
                }
                if entry.hash == hash {
                    return None;
                }
            }
            place = (place + 1) & mask;
        }
    }

    /// Puts an integer at the end, with this value, unless it is there; whether one of both is so now. Nothing is called.
    #[inline(always)]
    #[must_use]
    pub fn add_int(&mut self, key: Value, value: Value) -> bool {
        let Some(hash) = hash_of_narrow_int(key) else { return false };
        let mut place = 0;
        if self.index.is_empty() {
            if let Some(slot) = self.entries.iter().position(|e| e.hash == hash) {
                return self.key_at(slot) == key;
            }
        } else {
            match self.place_of_int(hash, key) {
                Some(Err(free)) => place = free,
                found => return found.is_some(),
            }
        }
        let slot = self.entries.len();
        if slot == self.entries.capacity() {
            return false;
        }
        self.entries.push(Entry { hash, key, value });
        let mask = self.index.len().wrapping_sub(1);
        if let Some(word) = self.index.get_mut(place) {
            *word = word_of(hash, slot, mask);
        }
        true
    }

    /// Removes an integer if it is found at a glance and nothing else moves, neither entries nor words of the index.
    /// Whether it was there; `None` if that is not known, or it takes more.
    #[inline(always)]
    #[must_use]
    pub fn remove_int_at_a_glance(&mut self, key: Value) -> Option<bool> {
        let hash = hash_of_narrow_int(key)?;
        let place = home_among(hash, self.index.len());
        let slot = if let Some(&word) = self.index.get(place) {
            if word == EMPTY {
                return Some(false);
            }
            let mask = self.index.len() - 1;
            // What comes next may have had to go there.
            if self.index.get((place + 1) & mask) != Some(&EMPTY) {
                return None;
            }
            slot_of(word, mask)
        } else {
            match self.entries.iter().position(|e| e.hash == hash) {
                Some(slot) => slot,
                None => return Some(false),
            }
        };
        let len = self.entries.len();
        let last = slot + 1 == len;
        // Tombstones before the last entry would go with it, and more of them may be too many.
        if self.tombstones > 0 && (last || self.tombstones >= SMALL && self.tombstones * 2 + 2 > len) {
            return None;
        }
        let entry = self.entries.get_mut(slot)?;
        if entry.key != key {
            return None;
        }
        if last {
            self.entries.pop();
        } else {
            *entry = TOMBSTONE;
            self.tombstones += 1;
            self.first += usize::from(slot == self.first);
        }
        if let Some(word) = self.index.get_mut(place) {
            *word = EMPTY;
        }
        Some(true)
    }

    /// The slot of the key that was found last, if what it was found to be equal to is in the same slot here.
    #[inline(always)]
    fn recall(&self, key: Value, recent: &Recent) -> Option<usize> {
        (key == recent.key && self.key_at(recent.slot) == recent.twin).then_some(recent.slot)
    }

    /// The slot of an integer, a string or a tuple of them.
    #[inline]
    #[must_use]
    pub fn find_plain(&self, key: Value) -> Found {
        if key.is_int() {
            self.find_int(key)
        } else if let Some(text) = key.as_str() {
            self.find_text(text)
        } else {
            self.find_tuple(key)
        }
    }

    /// The slot of an integer. A key that is none may be equal, too.
    #[must_use]
    pub fn find_int(&self, key: Value) -> Found {
        let hash = hash_of_int(key);
        let mut unlike = false;
        let slot = self.find(hash, |k| {
            unlike |= !k.is_int();
            k == key
        });
        Found::of(slot, hash, unlike)
    }

    /// The slot of a string. An instance of a class of its own may be equal, too.
    #[inline(never)]
    #[must_use]
    pub fn find_text(&self, key: Gc<Str>) -> Found {
        let hash = key.hash();
        if self.index.is_empty() { self.text_among_few(key, hash) } else { self.text_by_index(key, hash) }
    }

    // Each of the two ways by itself, so that comparing is part of it.

    #[inline(never)]
    fn text_among_few(&self, key: Gc<Str>, hash: u64) -> Found {
        let mut unlike = false;
        let slot = self.find_among_few(hash, |k| is_text(k, key, &mut unlike));
        Found::of(slot, hash, unlike)
    }

    #[inline(never)]
    fn text_by_index(&self, key: Gc<Str>, hash: u64) -> Found {
        let mut unlike = false;
        let slot = self.find_by_index(hash, |k| is_text(k, key, &mut unlike));
        Found::of(slot, hash, unlike)
    }

    /// The slot of a tuple of integers and strings.
    #[inline(never)]
    fn find_tuple(&self, key: Value) -> Found {
        let Some(tuple) = key.cast::<Tuple>() else { return Found::Unsure };
        let Some(hash) = hash_of_tuple(&tuple) else { return Found::Unsure };
        if self.index.is_empty() {
            self.tuple_among_few(tuple, hash)
        } else {
            self.tuple_by_index(tuple, hash)
        }
    }

    #[inline(never)]
    fn tuple_among_few(&self, key: Gc<Tuple>, hash: u64) -> Found {
        let mut unlike = false;
        let slot = self.find_among_few(hash, |k| is_tuple(k, key, &mut unlike));
        Found::of(slot, hash, unlike)
    }

    #[inline(never)]
    fn tuple_by_index(&self, key: Gc<Tuple>, hash: u64) -> Found {
        let mut unlike = false;
        let slot = self.find_by_index(hash, |k| is_tuple(k, key, &mut unlike));
        Found::of(slot, hash, unlike)
    }

    /// The slot of a string, by text.
    #[inline]
    #[must_use]
    pub fn find_str(&self, key: Gc<Str>) -> Option<usize> {
        let value = key.value();
        self.find(key.hash(), |k| k == value || k.as_str().is_some_and(|k| same_text(k, key)))
    }

    /// The slot of the key with this hash for which `equal` holds. Tombstones are not asked about.
    #[inline(always)]
    pub fn find(&self, hash: u64, equal: impl FnMut(Value) -> bool) -> Option<usize> {
        if self.index.is_empty() { self.find_among_few(hash, equal) } else { self.find_by_index(hash, equal) }
    }

    #[inline(always)]
    fn find_among_few(&self, hash: u64, mut equal: impl FnMut(Value) -> bool) -> Option<usize> {
        self.entries.iter().position(|e| e.hash == hash && !e.key.is_unbound() && equal(e.key))
    }

    #[inline(always)]
    fn find_by_index(&self, hash: u64, mut equal: impl FnMut(Value) -> bool) -> Option<usize> {
        let mask = self.index.len().wrapping_sub(1);
        let mut at = home(hash, mask);
        loop {
            let word = *self.index.get(at)?;
            if word == EMPTY {
                return None;
            }
            if is_tagged(word, hash, mask) {
                let slot = slot_of(word, mask);
                let entry = self.entries.get(slot)?;
                if entry.hash == hash && equal(entry.key) {
                    return Some(slot);
                }
            }
            at = (at + 1) & mask;
        }
    }
}

/// Whether a key with the hash of a string is that string; if it is none, that is not known.
#[inline(always)]
fn is_text(k: Value, key: Gc<Str>, unlike: &mut bool) -> bool {
    match k.as_str() {
        Some(k) => same_text(k, key),
        None => {
            *unlike = true;
            false
        }
    }
}

/// The same of a tuple of integers and strings.
#[inline(always)]
fn is_tuple(k: Value, key: Gc<Tuple>, unlike: &mut bool) -> bool {
    let same = match k.cast::<Tuple>() {
        Some(k) => same_items(k, key),
        None => None,
    };
    *unlike |= same.is_none();
    same == Some(true)
}
