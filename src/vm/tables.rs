//! The door between the language's keys and the tables behind `dict` and `set`.
//!
//! A lookup has two phases. The first runs inside the table and decides equality only where that takes no code of the
//! language; keys it cannot decide about are collected. If nothing was found, those are asked one by one, with no
//! borrow of the table held, and the slot is found again by identity.

use super::{Result, Vm};
use crate::heap::{Gc, Kind, Value};
use crate::objects::table::{Found, Recent, spread};
use crate::objects::{Dict, List, Set, Table, Tuple};

/// Whose table is meant: it is looked at anew after each question.
#[derive(Clone, Copy)]
pub enum Holder {
    Dict(Gc<Dict>),
    Set(Gc<Set>),
}

impl From<Gc<Dict>> for Holder {
    fn from(dict: Gc<Dict>) -> Self {
        Self::Dict(dict)
    }
}

impl From<Gc<Set>> for Holder {
    fn from(set: Gc<Set>) -> Self {
        Self::Set(set)
    }
}

impl Holder {
    #[inline]
    fn table(&self) -> &Table {
        match self {
            Self::Dict(dict) => &dict.table,
            Self::Set(set) => &set.table,
        }
    }

    fn value(self) -> Value {
        match self {
            Self::Dict(dict) => dict.value(),
            Self::Set(set) => set.value(),
        }
    }
}

impl Vm {
    /// The hash under which a key is kept in a table.
    #[inline]
    pub fn table_hash(&mut self, key: Value) -> Result<u64> {
        match key.as_str() {
            Some(s) => Ok(s.hash()),
            None => Ok(spread(self.hash(key)?)),
        }
    }

    /// The slot of an integer, a string or a tuple of them: without a call where a glance is enough.
    #[inline(always)]
    pub fn look_up(&mut self, table: &Table, key: Value) -> Found {
        match table.glance(key, &self.recent) {
            Found::Unsure => self.search(table, key),
            found => found,
        }
    }

    /// The same where a glance was not enough.
    #[inline(never)]
    pub(super) fn search(&mut self, table: &Table, key: Value) -> Found {
        let found = table.find_plain(key);
        if let Found::At(slot) = found
            && key.is_object()
        {
            self.recent = Recent { key, twin: table.key_at(slot), slot };
        }
        found
    }

    /// The slot of a key.
    #[inline(always)]
    pub fn table_find(&mut self, holder: Holder, key: Value) -> Result<Option<usize>> {
        match self.look_up(holder.table(), key) {
            Found::At(slot) => Ok(Some(slot)),
            Found::Absent(_) => Ok(None),
            Found::Unsure => self.table_find_rare(holder, key),
        }
    }

    #[inline(never)]
    fn table_find_rare(&mut self, holder: Holder, key: Value) -> Result<Option<usize>> {
        if !hashes_by_code(key) {
            let hash = self.table_hash(key)?;
            return self.find_slot(holder, hash, key);
        }
        self.releasing(|vm| {
            vm.root(holder.value());
            vm.root(key);
            let hash = vm.table_hash(key)?;
            vm.find_slot(holder, hash, key)
        })
    }

    /// The slot of a key with this hash. See the head of this file.
    #[inline]
    pub fn find_slot(&mut self, holder: Holder, hash: u64, key: Value) -> Result<Option<usize>> {
        // Most keys are integers or strings among their like, which need no more than a comparison of words or text.
        let found = if key.is_int() {
            holder.table().find_int(key)
        } else if let Some(text) = key.as_str() {
            holder.table().find_text(text)
        } else {
            Found::Unsure
        };
        match found {
            Found::At(slot) => Ok(Some(slot)),
            Found::Absent(_) => Ok(None),
            Found::Unsure => self.find_unlike(holder, hash, key),
        }
    }

    /// The same where keys of several types may be equal, or code of the language decides.
    fn find_unlike(&mut self, holder: Holder, hash: u64, key: Value) -> Result<Option<usize>> {
        let mut unsure = Vec::new();
        let found = holder.table().find(hash, |k| match self.plain_equal(k, key) {
            Some(equal) => equal,
            None => {
                unsure.push(k);
                false
            }
        });
        if found.is_some() || unsure.is_empty() {
            Ok(found)
        } else {
            self.ask_keys(holder, hash, key, unsure)
        }
    }

    #[cold]
    fn ask_keys(
        &mut self,
        holder: Holder,
        hash: u64,
        key: Value,
        unsure: Vec<Value>,
    ) -> Result<Option<usize>> {
        self.releasing(|vm| {
            vm.root(holder.value());
            vm.root(key);
            vm.roots.extend_from_slice(&unsure);
            for candidate in unsure {
                if vm.equals(candidate, key)? {
                    let slot = holder.table().find(hash, |k| k == candidate);
                    if slot.is_some() {
                        return Ok(slot);
                    }
                }
            }
            Ok(None)
        })
    }

    /// Puts a key that is absent at the end.
    #[inline]
    fn insert_in_dict(&mut self, mut dict: Gc<Dict>, hash: u64, key: Value, value: Value) {
        if !dict.put(Found::Absent(hash), key, value) {
            dict.keys_changed();
            self.grow_with(&mut dict.table, hash, key, value);
        }
    }

    #[inline]
    fn insert_in_set(&mut self, mut set: Gc<Set>, hash: u64, v: Value) {
        if set.table.is_full() {
            self.grow_with(&mut set.table, hash, v, Value::UNBOUND);
        } else {
            set.table.push_fitting(hash, v, Value::UNBOUND);
        }
    }

    #[cold]
    fn grow_with(&mut self, table: &mut Table, hash: u64, key: Value, value: Value) {
        let before = table.capacity();
        table.push_new(hash, key, value);
        self.heap.charge(table.capacity().saturating_sub(before) * 32);
    }

    /// `dict[key]`, if it is there.
    #[inline(always)]
    pub fn dict_get(&mut self, dict: Gc<Dict>, key: Value) -> Result<Option<Value>> {
        match self.look_up(&dict.table, key) {
            Found::At(slot) => Ok(Some(dict.table.value_at(slot))),
            Found::Absent(_) => Ok(None),
            Found::Unsure => {
                let slot = self.table_find_rare(dict.into(), key)?;
                Ok(slot.map(|slot| dict.table.value_at(slot)))
            }
        }
    }

    #[inline]
    pub fn dict_contains(&mut self, dict: Gc<Dict>, key: Value) -> Result<bool> {
        Ok(self.table_find(dict.into(), key)?.is_some())
    }

    /// `dict[key] = value`. Key and value are kept alive here if the language's code is asked.
    #[inline]
    pub fn dict_set(&mut self, dict: Gc<Dict>, key: Value, value: Value) -> Result<()> {
        let found = self.look_up(&dict.table, key);
        if self.dict_put(dict, found, key, value) { Ok(()) } else { self.dict_set_any(dict, key, value) }
    }

    /// The same where the key was looked for; whether that was enough.
    #[inline]
    pub(super) fn dict_put(&mut self, mut dict: Gc<Dict>, found: Found, key: Value, value: Value) -> bool {
        match found {
            Found::At(slot) => dict.set_slot(slot, value),
            Found::Absent(hash) => self.insert_in_dict(dict, hash, key, value),
            Found::Unsure => return false,
        }
        true
    }

    fn dict_set_any(&mut self, dict: Gc<Dict>, key: Value, value: Value) -> Result<()> {
        if hashes_by_code(key) {
            return self.releasing(|vm| {
                vm.root(dict);
                vm.root(key);
                vm.root(value);
                let hash = vm.table_hash(key)?;
                vm.dict_set_hashed(dict, hash, key, value)
            });
        }
        let hash = self.table_hash(key)?;
        self.dict_set_hashed(dict, hash, key, value)
    }

    /// The same when the hash is known; the caller holds dict, key and value.
    pub fn dict_set_hashed(&mut self, mut dict: Gc<Dict>, hash: u64, key: Value, value: Value) -> Result<()> {
        let base = self.roots.len();
        self.root(value);
        let slot = self.find_slot(dict.into(), hash, key);
        self.roots.truncate(base);
        match slot? {
            Some(slot) => dict.set_slot(slot, value),
            None => self.insert_in_dict(dict, hash, key, value),
        }
        Ok(())
    }

    /// Takes a key out: its value.
    pub fn dict_remove(&mut self, mut dict: Gc<Dict>, key: Value) -> Result<Option<Value>> {
        let Some(slot) = self.table_find(dict.into(), key)? else { return Ok(None) };
        dict.keys_changed();
        Ok(Some(dict.table.remove_at(slot).1))
    }

    /// Whether the item was new.
    #[inline]
    pub fn set_add(&mut self, set: Gc<Set>, v: Value) -> Result<bool> {
        match self.look_up(&set.table, v) {
            Found::At(_) => Ok(false),
            Found::Absent(hash) => {
                self.insert_in_set(set, hash, v);
                Ok(true)
            }
            Found::Unsure => self.set_add_any(set, v),
        }
    }

    /// The same for the items of `plain`; false if it takes more to know.
    #[inline]
    pub(super) fn set_add_plain(&mut self, set: Gc<Set>, v: Value) -> bool {
        match self.look_up(&set.table, v) {
            Found::At(_) => (),
            Found::Absent(hash) => self.insert_in_set(set, hash, v),
            Found::Unsure => return false,
        }
        true
    }

    #[inline(never)]
    fn set_add_any(&mut self, set: Gc<Set>, v: Value) -> Result<bool> {
        let base = self.roots.len();
        if hashes_by_code(v) {
            self.root(set);
            self.root(v);
        }
        let result = self.table_hash(v).and_then(|hash| self.set_add_hashed(set, hash, v));
        self.roots.truncate(base);
        result
    }

    pub fn set_add_hashed(&mut self, set: Gc<Set>, hash: u64, v: Value) -> Result<bool> {
        let new = self.find_slot(set.into(), hash, v)?.is_none();
        if new {
            self.insert_in_set(set, hash, v);
        }
        Ok(new)
    }

    /// A set that is no member itself is looked for as the frozenset of its items.
    #[inline(always)]
    fn set_find(&mut self, set: Gc<Set>, v: Value) -> Result<Option<usize>> {
        match self.look_up(&set.table, v) {
            Found::At(slot) => Ok(Some(slot)),
            Found::Absent(_) => Ok(None),
            Found::Unsure => self.set_find_rare(set, v),
        }
    }

    #[inline(never)]
    fn set_find_rare(&mut self, set: Gc<Set>, v: Value) -> Result<Option<usize>> {
        match self.unwrap(v).cast::<Set>() {
            Some(inner) if self.unwrap(v).kind() == Some(Kind::Set) => {
                let frozen = self.heap.frozenset(inner.table.clone());
                self.releasing(|vm| {
                    vm.root(frozen);
                    vm.table_find(set.into(), frozen.value())
                })
            }
            _ => self.table_find(set.into(), v),
        }
    }

    #[inline]
    pub fn set_contains(&mut self, set: Gc<Set>, v: Value) -> Result<bool> {
        Ok(self.set_find(set, v)?.is_some())
    }

    /// Whether the item was there.
    #[inline(always)]
    pub fn set_remove(&mut self, mut set: Gc<Set>, v: Value) -> Result<bool> {
        let Some(slot) = self.set_find(set, v)? else { return Ok(false) };
        set.table.remove_at(slot);
        Ok(true)
    }

    /// Adds what an iterable gives; the set and the iterable are held by the caller.
    pub fn set_extend(&mut self, set: Gc<Set>, from: Value) -> Result<()> {
        if let Some(other) = from.cast::<Set>() {
            return if set == other { Ok(()) } else { self.set_add_keys(set, other.into()) };
        }
        if let Some(dict) = from.cast::<Dict>() {
            return self.set_add_keys(set, dict.into());
        }
        if let Some(list) = from.cast::<List>() {
            // What is asked for its hash may change the list.
            let mut at = 0;
            while let Some(&item) = list.items.get(at) {
                self.set_add_next(set, item)?;
                at += 1;
            }
            return Ok(());
        }
        if let Some(tuple) = from.cast::<Tuple>() {
            return tuple.items().iter().try_for_each(|&item| self.set_add_next(set, item));
        }
        self.releasing(|vm| {
            let it = vm.iter(from)?;
            vm.root(it);
            while let Some(item) = vm.next(it)? {
                vm.set_add_next(set, item)?;
            }
            Ok(())
        })
    }

    /// The next of many items; most are integers.
    #[inline(always)]
    fn set_add_next(&mut self, mut set: Gc<Set>, item: Value) -> Result<()> {
        if !item.is_int() || !set.table.add_int(item, Value::UNBOUND) {
            self.set_add(set, item)?;
        }
        Ok(())
    }

    /// The same for keys whose hashes are known, and which are all different.
    fn set_add_keys(&mut self, mut set: Gc<Set>, from: Holder) -> Result<()> {
        if set.table.is_empty() {
            set.table = from.table().keys_only();
            self.heap.charge(set.table.capacity() * 32);
            return Ok(());
        }
        let mut at = 0;
        while let Some(slot) = from.table().next_slot(at) {
            let (hash, key) = (from.table().hash_at(slot), from.table().key_at(slot));
            self.releasing(|vm| {
                vm.root(key);
                vm.set_add_hashed(set, hash, key)
            })?;
            at = slot + 1;
        }
        Ok(())
    }

    /// Sets the entries of another dict; both are held by the caller.
    pub fn dict_extend(&mut self, mut dict: Gc<Dict>, other: Gc<Dict>) -> Result<()> {
        if dict == other {
            return Ok(());
        }
        if dict.table.is_empty() {
            dict.keys_changed();
            dict.table = other.table.clone();
            self.heap.charge(dict.table.capacity() * 32);
            return Ok(());
        }
        let mut at = 0;
        while let Some(slot) = other.table.next_slot(at) {
            let (key, value) = (other.table.key_at(slot), other.table.value_at(slot));
            let before = other.table.len();
            let hash = other.table.hash_at(slot);
            self.releasing(|vm| {
                vm.root(key);
                vm.dict_set_hashed(dict, hash, key, value)
            })?;
            if other.table.len() != before {
                return Err(self.runtime_error("dict mutated during update"));
            }
            at = slot + 1;
        }
        Ok(())
    }
}

/// Whether hashing or comparing it may run the language's code.
#[inline]
fn hashes_by_code(v: Value) -> bool {
    match v.kind() {
        Some(Kind::Instance | Kind::Boxed | Kind::Exception | Kind::Class | Kind::BoundMethod) => true,
        Some(Kind::Tuple) => v.cast::<Tuple>().is_some_and(|t| t.items().iter().any(|&v| hashes_by_code(v))),
        _ => false,
    }
}
