//! The table behind `dict` and `set`: entries in the order of insertion, with an index beside them.
//!
//! ```text
//!   entries: | hash key value | hash key value | (deleted) | hash key value | ...
//!   index:   | 3 | - | 1 | - | - | 4 | ...       a power of two of words; `-` is EMPTY
//! ```
//!
//! A word of the index has one more than the slot of an entry in its low bits, as many as the index has for places, and
//! bits of the hash above them: most entries that are not meant are passed over without being looked at. Collisions go to
//! the next place. Up to eight entries there is no index: comparing their hashes one by one is faster.
//!
//! A deleted entry stays as a *tombstone*, an unbound key that the index does not know, until tombstones outnumber the
//! living; then one pass removes them all, so that no deletion is linear. `first` is a lower bound for the first living
//! entry: taking entries from the front one by one does not pass over the same tombstones again and again.
//!
//! Hashes are given by the caller, with the test for equality: what the language's own code decides is decided
//! outside, while no borrow of the table is held.

mod search;

pub use crate::heap::{same_text, spread};
pub use search::{Found, Recent};

use crate::heap::{Gc, Str, Tracer, Value};

/// About what an entry takes, with its share of the index.
const ENTRY_BYTES: usize = 32;
/// Up to so many entries there is no index.
const SMALL: usize = 8;
const EMPTY: u32 = 0;

#[derive(Clone, Copy)]
struct Entry {
    hash: u64,
    /// Unbound in a tombstone.
    key: Value,
    value: Value,
}

const TOMBSTONE: Entry = Entry { hash: 0, key: Value::UNBOUND, value: Value::UNBOUND };

#[derive(Clone, Default)]
pub struct Table {
    entries: Vec<Entry>,
    index: Box<[u32]>,
    tombstones: usize,
    first: usize,
}

/// How many entries an index of this size serves: five in eight, so that there is always an empty place.
const fn room(places: usize) -> usize {
    places / 2 + places / 8
}

impl Table {
    #[must_use]
    pub fn with_capacity(n: usize) -> Self {
        let mut table = Self { entries: Vec::with_capacity(n), ..Self::default() };
        if n > SMALL {
            table.rebuild(n);
        }
        table
    }

    #[must_use]
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.entries.len() - self.tombstones
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many slots there are, tombstones too: positions are below it.
    #[must_use]
    #[inline(always)]
    pub fn slots(&self) -> usize {
        self.entries.len()
    }

    #[must_use]
    #[inline(always)]
    pub fn capacity(&self) -> usize {
        self.entries.capacity()
    }

    #[must_use]
    pub fn get_str(&self, key: Gc<Str>) -> Option<Value> {
        self.find_str(key).map(|i| self.value_at(i))
    }

    #[must_use]
    #[inline(always)]
    pub fn key_at(&self, slot: usize) -> Value {
        self.entries.get(slot).map_or(Value::UNBOUND, |e| e.key)
    }

    #[must_use]
    #[inline(always)]
    pub fn value_at(&self, slot: usize) -> Value {
        self.entries.get(slot).map_or(Value::UNBOUND, |e| e.value)
    }

    #[inline(always)]
    pub fn set_at(&mut self, slot: usize, value: Value) {
        if let Some(entry) = self.entries.get_mut(slot) {
            entry.value = value;
        }
    }

    /// Puts a key that is known to be absent at the end; returns its slot.
    #[inline]
    pub fn push_new(&mut self, hash: u64, key: Value, value: Value) -> usize {
        if self.is_full() {
            self.make_room();
        }
        self.push_fitting(hash, key, value)
    }

    /// The same of a table that is not full.
    #[inline(always)]
    pub fn push_fitting(&mut self, hash: u64, key: Value, value: Value) -> usize {
        let slot = self.entries.len();
        self.entries.push(Entry { hash, key, value });
        if !self.index.is_empty() {
            place(&mut self.index, hash, slot);
        }
        slot
    }

    /// Whether the next key needs [`Table::make_room`]. There is never room for more entries than the index serves.
    #[must_use]
    #[inline(always)]
    pub fn is_full(&self) -> bool {
        self.entries.len() == self.entries.capacity()
    }

    #[cold]
    #[inline(never)]
    pub fn make_room(&mut self) {
        let served = self.served();
        let len = self.entries.len();
        if len < served {
            self.entries.reserve_exact(if len < SMALL / 2 { SMALL / 2 } else { served } - len);
            return;
        }
        let tidy = self.tombstones * 4 >= len;
        if tidy {
            self.remove_tombstones();
        }
        if !tidy || !self.index.is_empty() {
            self.rebuild((self.len() * 2).max(served));
        }
        self.entries.reserve_exact(self.served() - self.entries.len());
    }

    /// How many entries the index serves, or can do without one.
    fn served(&self) -> usize {
        if self.index.is_empty() { SMALL } else { room(self.index.len()) }
    }

    /// Makes an index for at least so many entries, if that is more than a few.
    fn rebuild(&mut self, entries: usize) {
        let mut places = 0;
        if entries > SMALL {
            places = 16;
            while room(places) < entries {
                places *= 2;
            }
        }
        if places == self.index.len() {
            self.index.fill(EMPTY);
        } else {
            self.index = vec![EMPTY; places].into_boxed_slice();
        }
        if places > 0 {
            for (slot, entry) in self.entries.iter().enumerate() {
                if !entry.key.is_unbound() {
                    place(&mut self.index, entry.hash, slot);
                }
            }
        }
    }

    /// Sets a string key; the slot, and whether it is new.
    pub fn set_str(&mut self, key: Gc<Str>, value: Value) -> (usize, bool) {
        match self.find_str(key) {
            Some(slot) => {
                self.set_at(slot, value);
                (slot, false)
            }
            None => (self.push_new(key.hash(), key.value(), value), true),
        }
    }

    pub fn remove_str(&mut self, key: Gc<Str>) -> Option<Value> {
        self.find_str(key).map(|slot| self.remove_at(slot).1)
    }

    /// Removes the entry in a slot; later slots may move when this returns.
    pub fn remove_at(&mut self, slot: usize) -> (Value, Value) {
        let Some(&entry) = self.entries.get(slot) else { return (Value::UNBOUND, Value::UNBOUND) };
        if entry.key.is_unbound() {
            return (Value::UNBOUND, Value::UNBOUND);
        }
        self.forget(entry.hash, slot);
        if slot + 1 == self.entries.len() {
            self.entries.pop();
            if self.tombstones > 0 {
                self.trim();
            }
        } else {
            self.bury(slot);
        }
        (entry.key, entry.value)
    }

    /// No tombstone stays at the end.
    fn trim(&mut self) {
        while self.entries.last().is_some_and(|e| e.key.is_unbound()) {
            self.entries.pop();
            self.tombstones -= 1;
        }
        self.first = self.first.min(self.entries.len());
    }

    /// Makes an entry that the index does not know a tombstone.
    fn bury(&mut self, slot: usize) {
        self.entries[slot] = TOMBSTONE;
        self.tombstones += 1;
        if slot == self.first {
            self.first += 1;
        }
        if self.tombstones > SMALL && self.tombstones * 2 > self.entries.len() {
            self.compact();
        }
    }

    /// Takes a slot out of the index. What had to go behind its place moves up, so that no search ends too early.
    #[inline(always)]
    fn forget(&mut self, hash: u64, slot: usize) {
        let mask = self.index.len().wrapping_sub(1);
        let mut hole = home(hash, mask);
        loop {
            let Some(&word) = self.index.get(hole) else { return };
            if slot_of(word, mask) == slot {
                break;
            }
            hole = (hole + 1) & mask;
        }
        let mut at = hole;
        loop {
            at = (at + 1) & mask;
            let word = self.index[at];
            let Some(entry) = self.entries.get(slot_of(word, mask)) else { break };
            let wanted = home(entry.hash, mask);
            if at.wrapping_sub(wanted) & mask >= at.wrapping_sub(hole) & mask {
                self.index[hole] = word;
                hole = at;
            }
        }
        self.index[hole] = EMPTY;
    }

    /// The hash of the key in a slot: what is known needs not be asked of the language's own code.
    #[must_use]
    #[inline(always)]
    pub fn hash_at(&self, slot: usize) -> u64 {
        self.entries.get(slot).map_or(0, |e| e.hash)
    }

    /// Those entries whose keys are in another table, or those that are not, if `equal` knows of all that it is asked.
    pub fn filtered(
        &self,
        other: &Self,
        keep: bool,
        equal: impl Fn(Value, Value) -> Option<bool>,
    ) -> Option<Self> {
        let mut result = Self::default();
        for entry in self.entries.iter().filter(|e| !e.key.is_unbound()) {
            let mut unsure = false;
            let found = other.find(entry.hash, |k| {
                equal(k, entry.key).unwrap_or_else(|| {
                    unsure = true;
                    false
                })
            });
            if unsure {
                return None;
            }
            if found.is_some() == keep {
                result.push_new(entry.hash, entry.key, entry.value);
            }
        }
        Some(result)
    }

    /// A copy without the values.
    #[must_use]
    pub fn keys_only(&self) -> Self {
        let mut copy = self.clone();
        for entry in &mut copy.entries {
            entry.value = Value::UNBOUND;
        }
        copy
    }

    /// Puts the entries of a table behind those of this one, which has none of their keys.
    pub fn append(&mut self, other: &Self) {
        for entry in other.entries.iter().filter(|e| !e.key.is_unbound()) {
            self.push_new(entry.hash, entry.key, entry.value);
        }
    }

    fn compact(&mut self) {
        self.remove_tombstones();
        if self.entries.capacity() > 64 && self.entries.len() * 4 < self.entries.capacity() {
            self.entries.shrink_to(self.entries.len() * 2);
            self.rebuild(self.entries.len() * 2);
        } else {
            self.rebuild(room(self.index.len()));
        }
    }

    /// The index is wrong afterwards.
    fn remove_tombstones(&mut self) {
        self.entries.retain(|e| !e.key.is_unbound());
        self.tombstones = 0;
        self.first = 0;
    }

    /// The first living slot at or after this position.
    #[must_use]
    #[inline(always)]
    pub fn next_slot(&self, position: usize) -> Option<usize> {
        let mut i = position.max(self.first);
        if self.tombstones == 0 {
            return (i < self.entries.len()).then_some(i);
        }
        while i < self.entries.len() {
            if !self.key_at(i).is_unbound() {
                return Some(i);
            }
            i += 1;
        }
        None
    }

    /// The last living slot before this position.
    #[must_use]
    pub fn previous_slot(&self, position: usize) -> Option<usize> {
        let mut i = position.min(self.entries.len());
        while i > self.first {
            i -= 1;
            if !self.key_at(i).is_unbound() {
                return Some(i);
            }
        }
        None
    }

    pub fn iter(&self) -> impl Iterator<Item = (Value, Value)> + '_ {
        self.entries[self.first..].iter().filter(|e| !e.key.is_unbound()).map(|e| (e.key, e.value))
    }

    pub fn keys(&self) -> impl Iterator<Item = Value> + '_ {
        self.iter().map(|(k, _)| k)
    }

    pub fn values(&self) -> impl Iterator<Item = Value> + '_ {
        self.iter().map(|(_, v)| v)
    }

    pub fn clear(&mut self) {
        *self = Self::default();
    }

    pub fn trace(&self, tracer: &mut Tracer) {
        tracer.outside(self.capacity() * ENTRY_BYTES);
        for entry in &self.entries {
            tracer.value(entry.key);
            tracer.value(entry.value);
        }
    }
}

/// The first place where a key may be, in an index with such a mask: the upper bits of its hash. A hash is a product, in
/// the upper bits of which integers in a row hardly ever meet, and to which every bit of a key contributes.
#[inline(always)]
fn home(hash: u64, mask: usize) -> usize {
    home_among(hash, mask.wrapping_add(1)) & mask
}

/// The same in an index of so many places; 0 if there are none.
#[inline(always)]
fn home_among(hash: u64, places: usize) -> usize {
    // As a shift to the right by as many bits as there are, less those of the mask.
    ((hash >> 32).wrapping_mul(places as u64) >> 32) as usize
}

/// Whether a word of an index, which is not empty, has the bits of this hash; those that choose the place are others.
#[inline(always)]
fn is_tagged(word: u32, hash: u64, mask: usize) -> bool {
    // Only bits of the mask may differ.
    word ^ hash as u32 <= mask as u32
}

/// The slot that a word of an index is of.
#[inline(always)]
fn slot_of(word: u32, mask: usize) -> usize {
    (word as usize & mask).wrapping_sub(1)
}

/// Puts a slot into an index that has room for it.
#[inline(always)]
fn place(index: &mut [u32], hash: u64, slot: usize) {
    let mask = index.len() - 1;
    let mut at = home(hash, mask);
    while index[at] != EMPTY {
        at = (at + 1) & mask;
    }
    index[at] = word_of(hash, slot, mask);
}

/// The word for an entry in an index with such a mask.
#[inline(always)]
fn word_of(hash: u64, slot: usize, mask: usize) -> u32 {
    hash as u32 & !(mask as u32) | (slot as u32 + 1)
}
