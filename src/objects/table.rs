//! The table behind `dict` and `set`, on indexmap: insertion order, with deletion that is not linear.
//!
//! indexmap's own removal either moves the last entry (which breaks the order) or shifts all later ones (which is
//! linear). Here a deleted entry stays as a *tombstone*, an unbound key, until tombstones outnumber the living; then
//! one pass removes them all. `first` is a lower bound for the first living entry, so that taking entries from the
//! front one by one does not pass over the same tombstones again and again.
//!
//! Hashes are given by the caller, with the test for equality: what the language's own code decides is decided
//! outside, while no borrow of the table is held.

pub use crate::heap::spread;

use crate::heap::{Gc, Str, Tracer, Value};
use indexmap::IndexMap;
use indexmap::map::MutableKeys;
use indexmap::map::raw_entry_v1::{RawEntryApiV1, RawEntryMut};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// About what an entry takes, with its share of the index.
const ENTRY_BYTES: usize = 32;

/// Never asked: every hash is given with its key.
#[derive(Clone, Default)]
struct Given;

impl Hasher for Given {
    fn finish(&self) -> u64 {
        0
    }

    fn write(&mut self, _bytes: &[u8]) {}
}

#[derive(Clone, Default)]
pub struct Table {
    map: IndexMap<Value, Value, BuildHasherDefault<Given>>,
    tombstones: usize,
    first: usize,
    /// The hashes of keys that the language's own code hashes, by the key's word: what is known needs not be asked.
    hashes: Option<Box<HashMap<u64, u64>>>,
}

impl Table {
    #[must_use]
    pub fn with_capacity(n: usize) -> Self {
        Self { map: IndexMap::with_capacity_and_hasher(n, BuildHasherDefault::default()), ..Self::default() }
    }

    #[must_use]
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.map.len() - self.tombstones
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many slots there are, tombstones too: positions are below it.
    #[must_use]
    #[inline(always)]
    pub fn slots(&self) -> usize {
        self.map.len()
    }

    #[must_use]
    pub fn capacity(&self) -> usize {
        self.map.capacity()
    }

    /// The slot of the key with this hash for which `equal` holds. Tombstones are not asked about.
    #[inline(always)]
    pub fn find(&self, hash: u64, mut equal: impl FnMut(Value) -> bool) -> Option<usize> {
        self.map.raw_entry_v1().index_from_hash(hash, |&k| !k.is_unbound() && equal(k))
    }

    /// The slot of an integer. `None` if a key that is no integer is in its way: that one may be equal, too.
    #[inline(always)]
    #[must_use]
    pub fn find_int(&self, hash: u64, key: Value) -> Option<Option<usize>> {
        let mut unlike = false;
        let found = self.map.raw_entry_v1().index_from_hash(hash, |&k| {
            unlike |= !k.is_int() && !k.is_unbound();
            k == key
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
        self.map.get_index(slot).map_or(Value::UNBOUND, |(k, _)| *k)
    }

    #[must_use]
    #[inline(always)]
    pub fn value_at(&self, slot: usize) -> Value {
        self.map.get_index(slot).map_or(Value::UNBOUND, |(_, v)| *v)
    }

    #[inline(always)]
    pub fn set_at(&mut self, slot: usize, value: Value) {
        if let Some((_, v)) = self.map.get_index_mut(slot) {
            *v = value;
        }
    }

    /// Puts a key that is known to be absent at the end; returns its slot.
    #[inline]
    pub fn push_new(&mut self, hash: u64, key: Value, value: Value) -> usize {
        match self.map.raw_entry_mut_v1().from_hash(hash, |_| false) {
            RawEntryMut::Vacant(entry) => {
                entry.insert_hashed_nocheck(hash, key, value);
            }
            RawEntryMut::Occupied(_) => {}
        }
        self.map.len() - 1
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
        let entry = match self.map.get_index_mut2(slot) {
            Some((k, v)) => (std::mem::take(k), std::mem::take(v)),
            None => return (Value::UNBOUND, Value::UNBOUND),
        };
        if let Some(hashes) = &mut self.hashes {
            hashes.remove(&entry.0.bits());
        }
        self.tombstones += 1;
        if slot == self.first {
            self.first += 1;
        }
        while self.map.last().is_some_and(|(k, _)| k.is_unbound()) {
            self.map.pop();
            self.tombstones -= 1;
        }
        self.first = self.first.min(self.map.len());
        if self.tombstones > 8 && self.tombstones * 2 > self.map.len() {
            self.compact();
        }
        entry
    }

    /// Remembers the hash of a key that is in the table.
    pub fn remember_hash(&mut self, key: Value, hash: u64) {
        self.hashes.get_or_insert_default().insert(key.bits(), hash);
    }

    /// The hash of a key that is in the table, if it was remembered.
    #[must_use]
    pub fn remembered_hash(&self, key: Value) -> Option<u64> {
        self.hashes.as_ref()?.get(&key.bits()).copied()
    }

    fn compact(&mut self) {
        self.map.retain(|k, _| !k.is_unbound());
        self.tombstones = 0;
        self.first = 0;
        if self.map.capacity() > 64 && self.map.len() * 4 < self.map.capacity() {
            self.map.shrink_to(self.map.len() * 2);
        }
    }

    /// The first living slot at or after this position.
    #[must_use]
    #[inline(always)]
    pub fn next_slot(&self, position: usize) -> Option<usize> {
        let mut i = position.max(self.first);
        while i < self.map.len() {
            if self.tombstones == 0 || !self.key_at(i).is_unbound() {
                return Some(i);
            }
            i += 1;
        }
        None
    }

    /// The last living slot before this position.
    #[must_use]
    pub fn previous_slot(&self, position: usize) -> Option<usize> {
        let mut i = position.min(self.map.len());
        while i > self.first {
            i -= 1;
            if !self.key_at(i).is_unbound() {
                return Some(i);
            }
        }
        None
    }

    pub fn iter(&self) -> impl Iterator<Item = (Value, Value)> + '_ {
        self.map.iter().skip(self.first).filter(|(k, _)| !k.is_unbound()).map(|(k, v)| (*k, *v))
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
        for (&k, &v) in &self.map {
            tracer.value(k);
            tracer.value(v);
        }
    }
}

/// Whether two strings have the same text.
#[must_use]
#[inline]
pub fn same_text(a: Gc<Str>, b: Gc<Str>) -> bool {
    a == b
        || (a.len_bytes() == b.len_bytes()
            && !(a.is_interned() && b.is_interned())
            && a.as_str() == b.as_str())
}
