//! Hashes, and the door between the language's keys and the tables behind `dict` and `set`.
//!
//! A lookup has two phases. The first runs inside the table and decides equality only where that takes no code of the
//! language; keys it cannot decide about are collected. If nothing was found, those are asked one by one, with no
//! borrow of the table held, and the slot is found again by identity.

use super::{Raise, Result, Vm};
use crate::heap::hash_bytes;
use crate::heap::{Gc, Kind, Value};
use crate::objects::plain::{Combined, not_minus_one, unspread};
use crate::objects::table::{Found, Recent, spread};
use crate::objects::{
    BigInt, BoundMethod, Complex, Dict, DictView, MappingProxy, Native, Range, Set, Slice, Table, Tuple,
    ViewKind,
};
use crate::text::{float, int};

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

/// Hashes, as CPython's, of what is hashed by address there too.
const NONE_HASH: i64 = 0xFCA8_6420;

impl Vm {
    /// `hash(v)`
    pub fn hash(&mut self, v: Value) -> Result<i64> {
        if let Some(i) = v.as_int() {
            return Ok(int::hash_small(i));
        }
        if let Some(s) = v.as_str() {
            return Ok(not_minus_one(unspread(s.hash())));
        }
        if let Some(f) = v.as_float() {
            return Ok(if f.is_nan() { address_hash(v) } else { float::hash(f) });
        }
        let Some(kind) = v.kind() else {
            return Ok(match v {
                Value::TRUE => 1,
                Value::FALSE => 0,
                Value::NONE => NONE_HASH,
                _ => v.bits() as i64,
            });
        };
        match kind {
            Kind::Tuple => match v.cast::<Tuple>() {
                Some(tuple) => self.hash_items(tuple.len(), |i| tuple.items()[i]),
                None => Ok(0),
            },
            Kind::Instance | Kind::Exception | Kind::Boxed | Kind::Class => self.hash_of_object(v),
            Kind::List | Kind::Dict | Kind::Set | Kind::ByteArray => Err(self.unhashable(v)),
            _ => self.hash_rare(v),
        }
    }

    fn hash_rare(&mut self, v: Value) -> Result<i64> {
        if let Some(big) = v.cast::<BigInt>() {
            return Ok(int::hash_big(&big.value));
        }
        if let Some(c) = v.cast::<Complex>() {
            let (re, im) = (float::hash(c.real), float::hash(c.imag));
            return Ok(not_minus_one(re.wrapping_add(im.wrapping_mul(1_000_003))));
        }
        if let Some(hash) = super::items::with_bytes(v, hash_bytes) {
            return Ok(not_minus_one(unspread(hash)));
        }
        if let Some(set) = v.cast::<Set>() {
            return self.hash_frozenset(set);
        }
        if let Some(range) = v.cast::<Range>() {
            let length = self.range_length(range);
            let (start, step) = match length.as_int() {
                Some(0) => (Value::NONE, Value::NONE),
                Some(1) => (range.start, Value::NONE),
                _ => (range.start, range.step),
            };
            let parts = [length, start, step];
            return self.hash_items(3, |i| parts[i]);
        }
        if let Some(slice) = v.cast::<Slice>() {
            let parts = [slice.start, slice.stop, slice.step];
            return self.hash_items(3, |i| parts[i]);
        }
        if v.cast::<DictView>().is_some_and(|view| view.kind != ViewKind::Values) {
            return Err(self.unhashable(v));
        }
        if let Some(proxy) = v.cast::<MappingProxy>() {
            return Err(self.unhashable(proxy.dict.value()));
        }
        if let Some(method) = v.cast::<BoundMethod>() {
            return Ok(not_minus_one(address_hash(method.receiver) ^ self.hash(method.function)?));
        }
        if let Some(native) = v.cast::<Native>()
            && !native.receiver.is_unbound()
        {
            let def = std::ptr::from_ref(native.def) as usize as i64;
            return Ok(not_minus_one(address_hash(native.receiver) ^ (def >> 4)));
        }
        Ok(address_hash(v))
    }

    fn unhashable(&mut self, v: Value) -> Raise {
        let class = self.class_name(v);
        self.type_error(format!("unhashable type: '{class}'"))
    }

    fn hash_of_object(&mut self, v: Value) -> Result<i64> {
        let class = self.type_of(v);
        if !class.flags.eq && !class.flags.hash && self.payload(v).is_unbound() {
            return Ok(address_hash(v));
        }
        let (own, default) =
            (self.lookup(class, self.names.__hash__), self.lookup(self.types.object, self.names.__hash__));
        if own.is_some_and(Value::is_none) {
            return Err(self.unhashable(v));
        }
        // What `object` says is what follows below.
        if own == default {
            if class.flags.eq && v.is::<crate::objects::Boxed>() {
                return Err(self.unhashable(v));
            }
        } else {
            if let Some(result) = self.call_special(v, self.names.__hash__, &[])? {
                return match (self.small_int_of(result), self.big_of(result)) {
                    (Some(i), _) => Ok(not_minus_one(i)),
                    (None, Some(big)) => Ok(int::hash_big(&big)),
                    _ => Err(self.type_error("__hash__ method should return an integer")),
                };
            }
        }
        let payload = self.payload(v);
        if payload.is_unbound() {
            return Ok(address_hash(v));
        }
        if matches!(payload.kind(), Some(Kind::List | Kind::Dict | Kind::Set | Kind::ByteArray)) {
            return Err(self.unhashable(v));
        }
        self.hash(payload)
    }

    fn hash_items(&mut self, len: usize, item: impl Fn(usize) -> Value) -> Result<i64> {
        self.enter()?;
        let mut combined = Combined::new();
        let mut failed = None;
        for i in 0..len {
            let item = item(i);
            let hash = match item.as_int() {
                Some(i) => Ok(int::hash_small(i)),
                None => self.hash(item),
            };
            match hash {
                Ok(hash) => combined.add(hash),
                Err(raise) => {
                    failed = Some(raise);
                    break;
                }
            }
        }
        self.leave();
        match failed {
            Some(raise) => Err(raise),
            None => Ok(combined.finish(len)),
        }
    }

    /// Independent of the order; computed once and kept, in 32 bits.
    fn hash_frozenset(&mut self, set: Gc<Set>) -> Result<i64> {
        let known = set.header.aux.get();
        if known != 0 {
            return Ok(i64::from(known));
        }
        let mut sum = 0_u64;
        let mut at = 0;
        while let Some(slot) = set.table.next_slot(at) {
            let hash = set.table.hash_at(slot);
            at = slot + 1;
            sum ^= (hash ^ 89_869_747 ^ hash.rotate_left(16)).wrapping_mul(3_644_798_167);
        }
        sum ^= (set.table.len() as u64 + 1).wrapping_mul(1_927_868_237);
        sum ^= (sum >> 11) ^ (sum >> 25);
        let short = ((sum ^ (sum >> 32)) as u32).max(1);
        set.header.aux.set(short);
        Ok(i64::from(short))
    }

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
        let slot = match self.look_up(&set.table, v) {
            Found::At(slot) => slot,
            Found::Absent(_) => return Ok(false),
            Found::Unsure => match self.set_find_rare(set, v)? {
                Some(slot) => slot,
                None => return Ok(false),
            },
        };
        set.table.remove_at(slot);
        Ok(true)
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

fn address_hash(v: Value) -> i64 {
    not_minus_one((v.bits() >> 4) as i64)
}
