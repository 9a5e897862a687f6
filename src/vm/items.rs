//! Subscription: `v[k]`, `v[k] = x`, `del v[k]`.

use super::{Raise, Result, Vm};
use crate::heap::{Gc, Kind, Str, Value};
use crate::modules::types::alias;
use crate::objects::{ByteArray, Bytes, Class, Dict, List, MappingProxy, Range, Slice, Tuple};
use num_bigint::BigInt;
use num_traits::{Signed, ToPrimitive, Zero};

impl Vm {
    /// Whether its class has the special method.
    pub(super) fn answers(&mut self, v: Value, name: Gc<Str>) -> bool {
        self.special(v, name).is_some()
    }

    /// Whether its class says `name = None`: it does not want to be asked.
    pub(super) fn refuses(&mut self, v: Value, name: Gc<Str>) -> bool {
        let class = self.type_of(v);
        self.lookup(class, name).is_some_and(Value::is_none)
    }

    /// `obj[key]`
    pub fn get_item(&mut self, obj: Value, key: Value) -> Result<Value> {
        match obj.kind() {
            Some(Kind::List | Kind::Tuple) => {
                if let Some(i) = key.as_int()
                    && let Some(at) = position(i, item_count(obj))
                    && let Some(v) = item_at(obj, at)
                {
                    return Ok(v);
                }
                self.get_sequence_item(obj, key)
            }
            Some(Kind::Dict) => {
                let Some(dict) = obj.cast::<Dict>() else { return Ok(Value::UNBOUND) };
                match self.dict_get(dict, key)? {
                    Some(v) => Ok(v),
                    None => Err(self.key_error(key)),
                }
            }
            Some(Kind::Str | Kind::Bytes | Kind::ByteArray | Kind::Range) => self.get_sequence_item(obj, key),
            Some(Kind::Instance | Kind::Exception) => self.get_item_of_instance(obj, key),
            Some(Kind::Class) => self.get_item_of_class(obj, key),
            _ => {
                if let Some(proxy) = obj.cast::<MappingProxy>() {
                    return self.get_item(proxy.dict.value(), key);
                }
                match self.call_special(obj, self.names.__getitem__, &[key])? {
                    Some(v) => Ok(v),
                    None => Err(self.not_subscriptable(obj)),
                }
            }
        }
    }

    fn not_subscriptable(&mut self, obj: Value) -> Raise {
        let class = self.class_name(obj);
        self.type_error(format!("'{class}' object is not subscriptable"))
    }

    fn get_item_of_instance(&mut self, obj: Value, key: Value) -> Result<Value> {
        let payload = self.payload(obj);
        if let Some(dict) = payload.cast::<Dict>() {
            // The built-in method gets the payload and could not ask the instance's class for `__missing__`.
            if !self.type_of(obj).flags.getitem {
                return match self.dict_get(dict, key)? {
                    Some(v) => Ok(v),
                    None => self.missing(obj, key),
                };
            }
        }
        if let Some(v) = self.call_special(obj, self.names.__getitem__, &[key])? {
            return Ok(v);
        }
        if payload.is_unbound() { Err(self.not_subscriptable(obj)) } else { self.get_item(payload, key) }
    }

    /// A dict subclass's answer for a key that is not there.
    pub fn missing(&mut self, obj: Value, key: Value) -> Result<Value> {
        match self.call_special(obj, self.names.__missing__, &[key])? {
            Some(v) => Ok(v),
            None => Err(self.key_error(key)),
        }
    }

    /// `list[int]`, unless the class or its metaclass means something else by it.
    fn get_item_of_class(&mut self, obj: Value, key: Value) -> Result<Value> {
        if let Some(v) = self.call_special(obj, self.names.__getitem__, &[key])? {
            return Ok(v);
        }
        if let Some(function) = self.find_attr(obj, self.names.__class_getitem__)? {
            return self.call(function, &[key]);
        }
        let Some(class) = obj.cast::<Class>() else { return Err(self.not_subscriptable(obj)) };
        if alias::is_generic(self, class) {
            return Ok(alias::make(self, obj, key));
        }
        Err(self.type_error(format!("type '{}' is not subscriptable", class.name_str())))
    }

    #[cold]
    fn get_sequence_item(&mut self, obj: Value, key: Value) -> Result<Value> {
        if let Some(slice) = key.cast::<Slice>() {
            return self.get_slice(obj, slice);
        }
        let at = match key.as_int() {
            Some(i) if !obj.is::<Range>() => i,
            _ => {
                let Some(index) = self.sequence_index(obj, key)? else {
                    return Err(self.wrong_index(obj, key));
                };
                if let Some(range) = obj.cast::<Range>() {
                    return self.range_item(range, &index);
                }
                self.small_index(&index)?
            }
        };
        let found = match obj.as_str() {
            Some(s) => match position(at, s.chars()) {
                Some(at) if s.is_ascii() => Some(self.char_str(char::from(s.as_str().as_bytes()[at]))),
                Some(at) => s.text().chars().nth(at).map(|c| self.char_str(c)),
                None => None,
            },
            None => position(at, item_count(obj)).and_then(|at| item_at(obj, at)),
        };
        match found {
            Some(v) => Ok(v),
            None => {
                let what = match obj.kind() {
                    Some(Kind::Bytes) => return Err(self.index_error("index out of range")),
                    Some(Kind::Str) => "string",
                    _ => self.class_name(obj),
                };
                Err(self.index_error(format!("{what} index out of range")))
            }
        }
    }

    /// An integer, or what `__index__` gives; `None` if the key is no index.
    pub(super) fn sequence_index(&mut self, _obj: Value, key: Value) -> Result<Option<BigInt>> {
        if let Some(big) = self.big_of(key) {
            return Ok(Some(big));
        }
        let payload = self.payload(key);
        if self.big_of(payload).is_some() || self.answers(key, self.names.__index__) {
            let index = self.index(key)?;
            return Ok(self.big_of(index));
        }
        Ok(None)
    }

    fn small_index(&mut self, index: &BigInt) -> Result<i64> {
        match index.to_i64() {
            Some(i) => Ok(i),
            None => Err(self.index_error("cannot fit 'int' into an index-sized integer")),
        }
    }

    fn wrong_index(&mut self, obj: Value, key: Value) -> Raise {
        let class = self.class_name(key);
        let what = match obj.kind() {
            Some(Kind::Str) => {
                return self.type_error(format!("string indices must be integers, not '{class}'"));
            }
            Some(Kind::Bytes) => "byte",
            _ => self.class_name(obj),
        };
        self.type_error(format!("{what} indices must be integers or slices, not {class}"))
    }

    fn range_item(&mut self, range: Gc<Range>, index: &BigInt) -> Result<Value> {
        let length = self.range_length(range);
        let (Some(start), Some(step), Some(length)) =
            (self.big_of(range.start), self.big_of(range.step), self.big_of(length))
        else {
            return Ok(Value::UNBOUND);
        };
        let at = if index.is_negative() { index + &length } else { index.clone() };
        if at.is_negative() || at >= length {
            return Err(self.index_error("range object index out of range"));
        }
        Ok(self.heap.big_int(start + step * at))
    }

    /// How many items a range has, as an integer of any size.
    pub fn range_length(&mut self, range: Gc<Range>) -> Value {
        if range.length.is_int() {
            return range.length;
        }
        let (Some(start), Some(stop), Some(step)) =
            (self.big_of(range.start), self.big_of(range.stop), self.big_of(range.step))
        else {
            return Value::int(0);
        };
        let length = range_len(&start, &stop, &step);
        self.heap.big_int(length)
    }

    /// A range of any integers; the step is not 0.
    pub fn make_range(&mut self, start: Value, stop: Value, step: Value) -> Gc<Range> {
        let small = (self.small_int_of(start), self.small_int_of(stop), self.small_int_of(step));
        if let (Some(a), Some(b), Some(c)) = small {
            let (wide_a, wide_b, wide_c) = (i128::from(a), i128::from(b), i128::from(c));
            let distance = if c > 0 { wide_b - wide_a } else { wide_a - wide_b };
            let length = if distance <= 0 { 0 } else { (distance - 1) / wide_c.abs() + 1 };
            let length = i64::try_from(length).ok().and_then(Value::small_int).unwrap_or(Value::NONE);
            let (start, stop, step) = (self.heap.int(a), self.heap.int(b), self.heap.int(c));
            return self.heap.range(start, stop, step, length);
        }
        let parts = (self.big_of(start), self.big_of(stop), self.big_of(step));
        let length = match parts {
            (Some(a), Some(b), Some(c)) => range_len(&a, &b, &c).to_i64().and_then(Value::small_int),
            _ => None,
        };
        self.heap.range(start, stop, step, length.unwrap_or(Value::NONE))
    }

    /// `obj[key] = value`
    pub fn set_item(&mut self, obj: Value, key: Value, value: Value) -> Result<()> {
        if let Some(mut list) = obj.cast::<List>() {
            if let Some(i) = key.as_int()
                && let Some(at) = position(i, list.items.len())
            {
                list.items[at] = value;
                return Ok(());
            }
            return self.set_list_item(list, key, value);
        }
        if let Some(dict) = obj.cast::<Dict>() {
            return self.dict_set(dict, key, value);
        }
        if let Some(bytes) = obj.cast::<ByteArray>() {
            return self.set_byte(bytes, key, value);
        }
        let payload = self.payload(obj);
        if let Some(dict) = payload.cast::<Dict>()
            && !self.type_of(obj).flags.setitem
        {
            return self.dict_set(dict, key, value);
        }
        if self.call_special(obj, self.names.__setitem__, &[key, value])?.is_some() {
            return Ok(());
        }
        if matches!(payload.kind(), Some(Kind::List | Kind::Dict | Kind::ByteArray)) {
            return self.set_item(payload, key, value);
        }
        let class = self.class_name(obj);
        Err(self.type_error(format!("'{class}' object does not support item assignment")))
    }

    fn set_list_item(&mut self, mut list: Gc<List>, key: Value, value: Value) -> Result<()> {
        if let Some(slice) = key.cast::<Slice>() {
            return self.set_slice(list, slice, value);
        }
        let Some(at) = self.list_position(list.value(), key)? else {
            return Err(self.index_error("list assignment index out of range"));
        };
        list.items[at] = value;
        Ok(())
    }

    /// The place a key means in a list or bytearray; `None` if it is out of range.
    fn list_position(&mut self, obj: Value, key: Value) -> Result<Option<usize>> {
        let Some(index) = self.sequence_index(obj, key)? else { return Err(self.wrong_index(obj, key)) };
        let index = self.small_index(&index)?;
        Ok(position(index, item_count(obj)))
    }

    fn set_byte(&mut self, mut bytes: Gc<ByteArray>, key: Value, value: Value) -> Result<()> {
        if let Some(slice) = key.cast::<Slice>() {
            return self.set_byte_slice(bytes, slice, value);
        }
        let Some(at) = self.list_position(bytes.value(), key)? else {
            return Err(self.index_error("bytearray index out of range"));
        };
        let byte = self.byte_of(value)?;
        match bytes.value.get_mut(at) {
            Some(place) => *place = byte,
            None => return Err(self.index_error("bytearray index out of range")),
        }
        Ok(())
    }

    /// An integer from 0 to 255.
    pub fn byte_of(&mut self, v: Value) -> Result<u8> {
        let index = self.index(v)?;
        match self.small_int_of(index).and_then(|i| u8::try_from(i).ok()) {
            Some(byte) => Ok(byte),
            None => Err(self.value_error("byte must be in range(0, 256)")),
        }
    }

    /// `del obj[key]`
    pub fn del_item(&mut self, obj: Value, key: Value) -> Result<()> {
        if let Some(mut list) = obj.cast::<List>() {
            if let Some(slice) = key.cast::<Slice>() {
                return self.del_slice(list, slice);
            }
            let Some(at) = self.list_position(obj, key)? else {
                return Err(self.index_error("list assignment index out of range"));
            };
            list.items.remove(at);
            return Ok(());
        }
        if let Some(dict) = obj.cast::<Dict>() {
            return match self.dict_remove(dict, key)? {
                Some(_) => Ok(()),
                None => Err(self.key_error(key)),
            };
        }
        if let Some(mut bytes) = obj.cast::<ByteArray>() {
            if let Some(slice) = key.cast::<Slice>() {
                return self.del_byte_slice(bytes, slice);
            }
            let Some(at) = self.list_position(obj, key)? else {
                return Err(self.index_error("bytearray index out of range"));
            };
            bytes.value.remove(at);
            return Ok(());
        }
        if self.call_special(obj, self.names.__delitem__, &[key])?.is_some() {
            return Ok(());
        }
        let payload = self.payload(obj);
        if matches!(payload.kind(), Some(Kind::List | Kind::Dict | Kind::ByteArray)) {
            return self.del_item(payload, key);
        }
        let class = self.class_name(obj);
        let verb = match obj.kind() {
            Some(Kind::Tuple | Kind::Str | Kind::Bytes | Kind::Range) => "doesn't",
            _ => "does not",
        };
        Err(self.type_error(format!("'{class}' object {verb} support item deletion")))
    }
}

/// A place counted from the start, of an index that may count from the end.
#[inline]
pub fn position(index: i64, len: usize) -> Option<usize> {
    let at = if index < 0 { index + len as i64 } else { index };
    usize::try_from(at).ok().filter(|&at| at < len)
}

/// How many items a list, tuple or bytes object has.
#[inline]
pub fn item_count(v: Value) -> usize {
    if let Some(list) = v.cast::<List>() {
        list.items.len()
    } else if let Some(tuple) = v.cast::<Tuple>() {
        tuple.len()
    } else {
        with_bytes(v, <[u8]>::len).unwrap_or(0)
    }
}

/// The i-th item of a list, tuple or bytes object at this moment.
#[inline]
pub fn item_at(v: Value, i: usize) -> Option<Value> {
    if let Some(list) = v.cast::<List>() {
        list.items.get(i).copied()
    } else if let Some(tuple) = v.cast::<Tuple>() {
        tuple.items().get(i).copied()
    } else {
        with_bytes(v, |bytes| bytes.get(i).map(|&b| Value::int(i64::from(b)))).flatten()
    }
}

/// Looks at the bytes of a bytes or bytearray object.
pub fn with_bytes<T>(v: Value, look: impl FnOnce(&[u8]) -> T) -> Option<T> {
    if let Some(bytes) = v.cast::<Bytes>() {
        Some(look(&bytes.value))
    } else {
        v.cast::<ByteArray>().map(|bytes| look(&bytes.value))
    }
}

fn range_len(start: &BigInt, stop: &BigInt, step: &BigInt) -> BigInt {
    let distance = if step.is_positive() { stop - start } else { start - stop };
    if distance.is_positive() { (distance - 1) / step.abs() + 1 } else { BigInt::zero() }
}
