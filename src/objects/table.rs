//! The table behind `dict` and `set`: entries in the order of insertion, with an index beside them.
//!
//! ```text
//!   entries: | hash key value | hash key value | (deleted) | hash key value | ...
//!   index:   | 2 | - | 0 | - | - | 3 | ...       a power of two of words; `-` is EMPTY
//! ```
//!
//! A word of the index has the slot of an entry in its low bits, as many as the index has for places, and bits of the
//! hash above them: most entries that are not meant are passed over without being looked at. Collisions go to the next
//! place. Up to eight entries there is no index: comparing their hashes one by one is faster.
//!
//! A deleted entry stays as a *tombstone*, an unbound key that the index does not know, until tombstones outnumber the
//! living; then one pass removes them all, so that no deletion is linear. `first` is a lower bound for the first living
//! entry: taking entries from the front one by one does not pass over the same tombstones again and again.
//!
//! Hashes are given by the caller, with the test for equality: what the language's own code decides is decided
//! outside, while no borrow of the table is held.

pub use crate::heap::spread;

use super::Tuple;
use super::plain::{hash_of_tuple, same_items};
use crate::heap::{Gc, Str, Tracer, Value};

/// About what an entry takes, with its share of the index.
const ENTRY_BYTES: usize = 32;
/// Up to so many entries there is no index.
const SMALL: usize = 8;
const EMPTY: u32 = u32::MAX;

#[derive(Clone, Copy)]
struct Entry {
    hash: u64,
    /// Unbound in a tombstone.
    key: Value,
    value: Value,
}

#[derive(Clone, Default)]
pub struct Table {
    entries: Vec<Entry>,
    index: Box<[u32]>,
    tombstones: usize,
    first: usize,
}

/// How many entries an index of this size serves: five in eight, so that a slot's bits are never all set.
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

    /// The slot of the key with this hash for which `equal` holds. Tombstones are not asked about.
    #[inline(always)]
    pub fn find(&self, hash: u64, mut equal: impl FnMut(Value) -> bool) -> Option<usize> {
        let places = self.index.len();
        if places == 0 {
            return self.entries.iter().position(|e| e.hash == hash && !e.key.is_unbound() && equal(e.key));
        }
        let mask = places - 1;
        let mut at = hash as usize & mask;
        loop {
            let word = self.index[at];
            if word == EMPTY {
                return None;
            }
            if (word ^ tag(hash)) & !(mask as u32) == 0 {
                let slot = word as usize & mask;
                let entry = &self.entries[slot];
                if entry.hash == hash && equal(entry.key) {
                    return Some(slot);
                }
            }
            at = (at + 1) & mask;
        }
    }

    /// The slot of an integer. `None` if a key that is no integer is in its way: that one may be equal, too.
    #[inline(always)]
    #[must_use]
    pub fn find_int(&self, hash: u64, key: Value) -> Option<Option<usize>> {
        let mut unlike = false;
        let found = self.find(hash, |k| {
            unlike |= !k.is_int();
            k == key
        });
        (found.is_some() || !unlike).then_some(found)
    }

    /// The slot of an integer among so few keys that there is no index; `None` if it takes more to know. Integers among
    /// themselves need no hash.
    #[inline(always)]
    #[must_use]
    pub fn find_among_few(&self, key: Value) -> Option<Option<usize>> {
        if !self.index.is_empty() {
            return None;
        }
        let mut all = key;
        for (slot, entry) in self.entries.iter().enumerate() {
            if entry.key == key {
                return Some(Some(slot));
            }
            all = all.both(entry.key);
        }
        if all.is_int() { Some(None) } else { None }
    }

    /// The slot of an integer, a string or a tuple of them, if there is one. `None` if it takes more to know.
    #[inline]
    #[must_use]
    pub fn find_plain(&self, key: Value) -> Option<Option<usize>> {
        if let Some(i) = key.as_int() {
            let found = self.find_among_few(key);
            if found.is_some() {
                return found;
            }
            return self.find_int(spread(crate::text::int::hash_small(i)), key);
        }
        let Some(text) = key.as_str() else { return self.find_tuple(key) };
        let mut unlike = false;
        let found = self.find(text.hash(), |k| match k.as_str() {
            Some(k) => same_text(k, text),
            None => {
                unlike = true;
                false
            }
        });
        (found.is_some() || !unlike).then_some(found)
    }

    /// The same of a tuple of integers and strings.
    #[inline(never)]
    #[expect(clippy::option_option, reason = "as `find_plain`")]
    fn find_tuple(&self, key: Value) -> Option<Option<usize>> {
        let tuple = key.cast::<Tuple>()?;
        let mut unlike = false;
        let found = self.find(hash_of_tuple(&tuple)?, |k| {
            match k.cast::<Tuple>().and_then(|k| same_items(k, tuple)) {
                Some(same) => same,
                None => {
                    unlike = true;
                    false
                }
            }
        });
        (found.is_some() || !unlike).then_some(found)
    }

    /// The slot of a string, by text.
    #[inline]
    #[must_use]
    pub fn find_str(&self, key: Gc<Str>) -> Option<usize> {
        let value = key.value();
        self.find(key.hash(), |k| k == value || k.as_str().is_some_and(|k| same_text(k, key)))
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
        let places = self.index.len();
        if self.entries.len() >= if places == 0 { SMALL } else { room(places) } {
            self.make_room();
        }
        let slot = self.entries.len();
        if !self.index.is_empty() {
            place(&mut self.index, hash, slot);
        }
        self.entries.push(Entry { hash, key, value });
        slot
    }

    /// The index is full, or there is none and it is time for one.
    #[cold]
    #[inline(never)]
    fn make_room(&mut self) {
        if self.tombstones * 4 >= self.entries.len() {
            self.remove_tombstones();
        }
        self.rebuild((self.len() * 2).max(room(self.index.len())));
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
            while self.entries.last().is_some_and(|e| e.key.is_unbound()) {
                self.entries.pop();
                self.tombstones -= 1;
            }
            self.first = self.first.min(self.entries.len());
        } else {
            self.entries[slot] = Entry { hash: 0, key: Value::UNBOUND, value: Value::UNBOUND };
            self.tombstones += 1;
            if slot == self.first {
                self.first += 1;
            }
            if self.tombstones > SMALL && self.tombstones * 2 > self.entries.len() {
                self.compact();
            }
        }
        (entry.key, entry.value)
    }

    /// Takes a slot out of the index. What had to go behind its place moves up, so that no search ends too early.
    fn forget(&mut self, hash: u64, slot: usize) {
        let places = self.index.len();
        if places == 0 {
            return;
        }
        let mask = places - 1;
        let mut hole = hash as usize & mask;
        while self.index[hole] as usize & mask != slot {
            hole = (hole + 1) & mask;
        }
        let mut at = hole;
        loop {
            at = (at + 1) & mask;
            let word = self.index[at];
            if word == EMPTY {
                break;
            }
            let wanted = self.entries[word as usize & mask].hash as usize;
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

/// The bits of a hash that an index keeps: those that choose the place are others.
#[inline(always)]
fn tag(hash: u64) -> u32 {
    (hash >> 32) as u32
}

/// Puts a slot into an index that has room for it.
#[inline(always)]
fn place(index: &mut [u32], hash: u64, slot: usize) {
    let mask = index.len() - 1;
    let mut at = hash as usize & mask;
    while index[at] != EMPTY {
        at = (at + 1) & mask;
    }
    index[at] = tag(hash) & !(mask as u32) | slot as u32;
}

/// Whether two strings have the same text.
#[must_use]
#[inline]
pub fn same_text(a: Gc<Str>, b: Gc<Str>) -> bool {
    if a == b {
        return true;
    }
    let n = a.len_bytes();
    n == b.len_bytes() && !(a.is_interned() && b.is_interned()) && {
        let (a, b) = (a.as_str().as_bytes(), b.as_str().as_bytes());
        // Most comparisons end here, without a call.
        n == 0 || a[0] == b[0] && (n == 1 || a == b)
    }
}
