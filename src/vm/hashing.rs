//! `hash(v)`.

use super::{Raise, Result, Vm};
use crate::heap::hash_bytes;
use crate::heap::{Gc, Kind, Value};
use crate::objects::plain::{Combined, not_minus_one, unspread};
use crate::objects::{
    BigInt, BoundMethod, Complex, DictView, MappingProxy, Native, Range, Set, Slice, Tuple, ViewKind,
};
use crate::text::{float, int};

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
}

fn address_hash(v: Value) -> i64 {
    not_minus_one((v.bits() >> 4) as i64)
}
