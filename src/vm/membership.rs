//! Membership and length: `x in v`, `len(v)`.

use super::items::{item_at, item_count, with_bytes};
use super::{Result, Vm};
use crate::heap::{Gc, Kind, Value};
use crate::objects::{
    Boxed, ByteArray, Bytes, Dict, DictView, List, MappingProxy, Range, Set, Tuple, ViewKind,
};
use crate::text::seek;
use num_bigint::BigInt;
use num_traits::{Signed, ToPrimitive, Zero};

impl Vm {
    /// `item in container`
    #[inline]
    pub fn contains(&mut self, container: Value, item: Value) -> Result<bool> {
        if let Some(dict) = container.cast::<Dict>() {
            return self.dict_contains(dict, item);
        }
        if let Some(set) = container.cast::<Set>() {
            return self.set_contains(set, item);
        }
        self.contains_rare(container, item)
    }

    fn contains_rare(&mut self, container: Value, item: Value) -> Result<bool> {
        if container.is::<List>() || container.is::<Tuple>() {
            let mut i = 0;
            while let Some(v) = item_at(container, i) {
                if self.equals(v, item)? {
                    return Ok(true);
                }
                i += 1;
            }
            return Ok(false);
        }
        if let Some(text) = container.as_str() {
            let Some(part) = self.unwrap(item).as_str() else {
                let class = self.class_name(item);
                return Err(
                    self.type_error(format!("'in <string>' requires string as left operand, not {class}"))
                );
            };
            return Ok(seek::contains(text.as_str(), part.as_str()));
        }
        if container.is::<Bytes>() || container.is::<ByteArray>() {
            return self.bytes_contain(container, item);
        }
        if let Some(range) = container.cast::<Range>() {
            return self.range_contains(range, item);
        }
        if let Some(view) = container.cast::<DictView>() {
            return self.view_contains(view, item);
        }
        if let Some(proxy) = container.cast::<MappingProxy>() {
            return self.dict_contains(proxy.dict, item);
        }
        self.object_contains(container, item)
    }

    fn object_contains(&mut self, container: Value, item: Value) -> Result<bool> {
        if !self.refuses(container, self.names.__contains__) {
            if let Some(answer) = self.call_special(container, self.names.__contains__, &[item])? {
                return self.truthy(answer);
            }
            let payload = self.payload(container);
            if !payload.is_unbound()
                && !self.answers(container, self.names.__iter__)
                && self.known_len(payload).is_some()
            {
                return self.contains(payload, item);
            }
            let iterates = container.is::<crate::objects::Iter>()
                || container.kind() == Some(Kind::Generator)
                || self.answers(container, self.names.__iter__)
                || self.answers(container, self.names.__getitem__);
            if iterates {
                return self.iterator_contains(container, item);
            }
        }
        let class = self.class_name(container);
        if self.refuses(container, self.names.__contains__) {
            return Err(self.type_error(format!("'{class}' object is not a container")));
        }
        Err(self.type_error(format!("argument of type '{class}' is not iterable")))
    }

    fn iterator_contains(&mut self, container: Value, item: Value) -> Result<bool> {
        self.releasing(|vm| {
            let it = vm.iter(container)?;
            vm.root(it);
            while let Some(v) = vm.next(it)? {
                if vm.equals(v, item)? {
                    return Ok(true);
                }
            }
            Ok(false)
        })
    }

    fn bytes_contain(&mut self, container: Value, item: Value) -> Result<bool> {
        let item = self.unwrap(item);
        if let Some(found) =
            with_bytes(container, |all| with_bytes(item, |part| crate::text::bytes::find(all, part)))
                .flatten()
        {
            return Ok(found.is_some());
        }
        let Some(i) = self.sequence_index(container, item)? else {
            let class = self.class_name(item);
            return Err(self.type_error(format!("a bytes-like object is required, not '{class}'")));
        };
        let Some(byte) = i.to_u8() else { return Err(self.value_error("byte must be in range(0, 256)")) };
        Ok(with_bytes(container, |all| all.contains(&byte)).unwrap_or(false))
    }

    fn range_contains(&mut self, range: Gc<Range>, item: Value) -> Result<bool> {
        let Some(wanted) = self.big_of(item) else {
            if item.is_object() || item.is_float() {
                return self.iterator_contains(range.value(), item);
            }
            return Ok(false);
        };
        Ok(self.range_index(range, &wanted).is_some())
    }

    /// Where an integer is in a range.
    pub fn range_index(&mut self, range: Gc<Range>, wanted: &BigInt) -> Option<BigInt> {
        let length = self.range_length(range);
        let (start, step) = (self.big_of(range.start)?, self.big_of(range.step)?);
        let length = self.big_of(length)?;
        let distance = wanted - start;
        if !(&distance % &step).is_zero() {
            return None;
        }
        let at = distance / step;
        (!at.is_negative() && at < length).then_some(at)
    }

    fn view_contains(&mut self, view: Gc<DictView>, item: Value) -> Result<bool> {
        match view.kind {
            ViewKind::Keys => self.dict_contains(view.dict, item),
            ViewKind::Values => self.iterator_contains(view.value(), item),
            ViewKind::Items => {
                let Some(pair) = self.unwrap(item).cast::<Tuple>() else { return Ok(false) };
                let &[key, value] = pair.items() else { return Ok(false) };
                match self.dict_get(view.dict, key)? {
                    Some(found) => self.releasing(|vm| {
                        vm.root(found);
                        vm.root(value);
                        vm.equals(found, value)
                    }),
                    None => Ok(false),
                }
            }
        }
    }

    /// The length of a built-in container, without asking anybody.
    #[must_use]
    pub fn known_len(&self, v: Value) -> Option<usize> {
        match v.kind()? {
            Kind::List | Kind::Tuple | Kind::Bytes | Kind::ByteArray => Some(item_count(v)),
            Kind::Str => v.as_str().map(|s| s.chars()),
            Kind::Dict => v.cast::<Dict>().map(|d| d.table.len()),
            Kind::Set | Kind::FrozenSet => v.cast::<Set>().map(|s| s.table.len()),
            Kind::DictView => v.cast::<DictView>().map(|view| view.dict.table.len()),
            Kind::MappingProxy => v.cast::<MappingProxy>().map(|p| p.dict.table.len()),
            Kind::Range => {
                v.cast::<Range>().and_then(|r| r.length.as_int()).and_then(|n| usize::try_from(n).ok())
            }
            _ => None,
        }
    }

    /// `len(v)`
    pub fn len(&mut self, v: Value) -> Result<usize> {
        if let Some(n) = self.known_len(v) {
            return Ok(n);
        }
        if let Some(range) = v.cast::<Range>() {
            let length = self.range_length(range);
            if let Some(n) = self.small_int_of(length) {
                return Ok(n as usize);
            }
            return Err(self.overflow_error("Python int too large to convert to C ssize_t"));
        }
        if let Some(n) = v.cast::<Boxed>().and_then(|boxed| boxed.data.count()) {
            return Ok(n);
        }
        if let Some(n) = self.call_special(v, self.names.__len__, &[])? {
            let n = self.index(n)?;
            let negative = self.big_of(n).is_some_and(|n| n.is_negative());
            if negative {
                return Err(self.value_error("__len__() should return >= 0"));
            }
            return match self.small_int_of(n).and_then(|n| usize::try_from(n).ok()) {
                Some(n) => Ok(n),
                None => Err(self.overflow_error("cannot fit 'int' into an index-sized integer")),
            };
        }
        let payload = self.payload(v);
        if let Some(n) = self.known_len(payload) {
            return Ok(n);
        }
        let class = self.class_name(v);
        Err(self.type_error(format!("object of type '{class}' has no len()")))
    }
}
