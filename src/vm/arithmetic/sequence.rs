//! `+` and `*` of strings, bytes, lists and tuples.

use super::super::{Raise, Result, Vm};
use super::BinaryOp;
use crate::heap::{Gc, Kind, Str, Value};
use crate::objects::sequence::BytesLike;
use crate::objects::{BigInt, ByteArray, List, Tuple};

/// Results longer than this many bytes are a MemoryError, rather than an attempt.
const MAX_BYTES: usize = 1 << 33;

impl Vm {
    pub(crate) fn concat_strs(&mut self, a: Gc<Str>, b: Gc<Str>) -> Result<Value> {
        let bytes = a.len_bytes() + b.len_bytes();
        self.check_text(bytes)?;
        Ok(self.heap.concat(a, b).value())
    }

    /// A string made in Rust; MemoryError if it is longer than strings get.
    pub(crate) fn owned_str(&mut self, text: &str) -> Result<Value> {
        self.check_text(text.len())?;
        Ok(self.str(text))
    }

    /// MemoryError for a text that is longer than strings get, or than there is room for.
    pub(crate) fn check_text(&mut self, bytes: usize) -> Result<()> {
        if bytes > Str::MAX_BYTES { Err(self.memory_error("")) } else { self.make_room(bytes) }
    }

    pub(super) fn sequence_operator(&mut self, op: BinaryOp, a: Value, b: Value) -> Result<Option<Value>> {
        match op {
            BinaryOp::Add => self.concatenate(a, b),
            BinaryOp::Mul => {
                let count = |v: Value| v.is_int() || v.is_bool() || v.is::<BigInt>();
                if is_sequence(a) && count(b) {
                    self.repeat(a, b).map(Some)
                } else if is_sequence(b) && count(a) {
                    self.repeat(b, a).map(Some)
                } else {
                    Ok(None)
                }
            }
            _ => Ok(None),
        }
    }

    fn concatenate(&mut self, a: Value, b: Value) -> Result<Option<Value>> {
        if let (Some(x), Some(y)) = (a.as_str(), b.as_str()) {
            return self.concat_strs(x, y).map(Some);
        }
        if let (Some(x), Some(y)) = (a.cast::<List>(), b.cast::<List>()) {
            let mut items = self.room(x.items.len() + y.items.len())?;
            items.extend_from_slice(&x.items);
            items.extend_from_slice(&y.items);
            return Ok(Some(self.list(items)));
        }
        if let (Some(x), Some(y)) = (a.cast::<Tuple>(), b.cast::<Tuple>()) {
            if x.len() == 0 {
                return Ok(Some(b));
            }
            if y.len() == 0 {
                return Ok(Some(a));
            }
            self.sized(x.len() + y.len(), 1, 8)?;
            let items = [x.items(), y.items()].concat();
            return Ok(Some(self.tuple(&items)));
        }
        if let (Some(x), Some(y)) = (BytesLike::of(a), BytesLike::of(b)) {
            self.sized(x.len() + y.len(), 1, 1)?;
            return Ok(Some(self.bytes_like(a, [&*x, &*y].concat())));
        }
        Ok(None)
    }

    /// New bytes of the same type as `model`: `bytes` or `bytearray`.
    pub(crate) fn bytes_like(&mut self, model: Value, bytes: Vec<u8>) -> Value {
        if model.is::<ByteArray>() {
            self.heap.bytearray(bytes).value()
        } else {
            self.heap.bytes(bytes).value()
        }
    }

    /// `sequence * count`, where the count is an integer.
    pub(super) fn repeat(&mut self, sequence: Value, count: Value) -> Result<Value> {
        let times = self.repetitions(count)?;
        if let Some(s) = sequence.as_str() {
            if times == 1 {
                return Ok(sequence);
            }
            let total = s.len_bytes().saturating_mul(times);
            self.check_text(total)?;
            if total == 0 {
                return Ok(self.empty_str.value());
            }
            return Ok(self.heap.repeated(s, times).value());
        }
        if let Some(list) = sequence.cast::<List>() {
            let size = self.sized(list.items.len(), times, 8)?;
            let mut items = self.room(size)?;
            match list.items[..] {
                [only] => items.resize(size, only),
                _ => {
                    (0..if size == 0 { 0 } else { times }).for_each(|_| items.extend_from_slice(&list.items))
                }
            }
            return Ok(self.list(items));
        }
        if let Some(tuple) = sequence.cast::<Tuple>() {
            if times == 1 {
                return Ok(sequence);
            }
            let size = self.sized(tuple.len(), times, 8)?;
            let items = tuple.items().repeat(if size == 0 { 0 } else { times });
            return Ok(self.tuple(&items));
        }
        let Some(bytes) = BytesLike::of(sequence) else { return Ok(Value::NOT_IMPLEMENTED) };
        let size = self.sized(bytes.len(), times, 1)?;
        let repeated = bytes.repeat(if size == 0 { 0 } else { times });
        Ok(self.bytes_like(sequence, repeated))
    }

    /// An empty vector for `count` items.
    fn room(&mut self, count: usize) -> Result<Vec<Value>> {
        let mut items = Vec::new();
        if self.sized(count, 1, 8).is_ok() && items.try_reserve_exact(count).is_ok() {
            return Ok(items);
        }
        Err(self.memory_error(""))
    }

    fn sized(&mut self, len: usize, times: usize, item: usize) -> Result<usize> {
        match len.checked_mul(times) {
            Some(n) if n.saturating_mul(item) <= MAX_BYTES => {
                self.make_room(n * item)?;
                Ok(n)
            }
            _ => Err(self.memory_error("")),
        }
    }

    /// How often; negative counts are zero.
    pub(super) fn repetitions(&mut self, count: Value) -> Result<usize> {
        match self.small_int_of(count) {
            Some(n) => Ok(usize::try_from(n).unwrap_or(0)),
            None => {
                let name = self.class_name(count);
                Err(self.overflow_error(format!("cannot fit '{name}' into an index-sized integer")))
            }
        }
    }

    pub(super) fn cannot_concatenate(&mut self, left: Value, left_name: &str, right_name: &str) -> Raise {
        let message = match left.kind() {
            Some(Kind::Bytes | Kind::ByteArray) => format!("can't concat {right_name} to {left_name}"),
            Some(Kind::List) => format!("can only concatenate list (not \"{right_name}\") to list"),
            Some(Kind::Tuple) => format!("can only concatenate tuple (not \"{right_name}\") to tuple"),
            _ => format!("can only concatenate str (not \"{right_name}\") to str"),
        };
        self.type_error(message)
    }
}

fn is_sequence(v: Value) -> bool {
    matches!(v.kind(), Some(Kind::Str | Kind::List | Kind::Tuple | Kind::Bytes | Kind::ByteArray))
}
