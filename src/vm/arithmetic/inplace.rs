//! `a op= b`: lists, sets, dicts and bytearrays change; everything else is what `a op b` gives.

use super::super::{Result, Vm};
use super::{BinaryOp, Number};
use crate::heap::{Gc, Kind, Value};
use crate::objects::sequence::BytesLike;
use crate::objects::{ByteArray, List, Set, Tuple};

impl Vm {
    /// `a op= b`: what the name is to be bound to afterwards.
    pub fn inplace(&mut self, op: BinaryOp, a: Value, b: Value) -> Result<Value> {
        if let (Some(x), Some(y)) = (Number::of(a), Number::of(b)) {
            if let Some(v) = self.numeric(op, a, b, x, y)? {
                return Ok(v);
            }
        } else if op == BinaryOp::Add
            && let (Some(x), Some(y)) = (a.as_str(), b.as_str())
        {
            return self.concat_strs(x, y);
        }
        if self.has_operators(a) {
            let name = op.inplace(self);
            if let Some(v) = self.ask(a, name, b)? {
                // Natives see the value that an instance of a subclass wraps, and answer with it.
                return Ok(if v == self.unwrap(a) { a } else { v });
            }
        } else if let Some(v) = self.builtin_inplace(op, a, b)? {
            return Ok(v);
        }
        match self.try_binary(op, a, b)? {
            Some(v) => Ok(v),
            None => self.last_resort(op, a, b, &format!("{}=", op.symbol())),
        }
    }

    /// The change of a mutable built-in value; `None` if it does not change.
    pub(crate) fn builtin_inplace(&mut self, op: BinaryOp, a: Value, b: Value) -> Result<Option<Value>> {
        match (a.kind(), op) {
            (Some(Kind::List), BinaryOp::Add) => {
                let Some(list) = a.cast::<List>() else { return Ok(None) };
                self.extend_list(list, b)?;
            }
            (Some(Kind::List), BinaryOp::Mul) => {
                let Some(mut list) = a.cast::<List>() else { return Ok(None) };
                let Some(repeated) = self.sequence_operator(op, a, b)?.and_then(|v| v.cast::<List>()) else {
                    return Ok(None);
                };
                let mut repeated = repeated;
                list.items = std::mem::take(&mut repeated.items);
            }
            (Some(Kind::Set), BinaryOp::Or | BinaryOp::And | BinaryOp::Sub | BinaryOp::Xor) => {
                let other = self.unwrap(b);
                let (Some(x), Some(y)) = (a.cast::<Set>(), other.cast::<Set>()) else { return Ok(None) };
                self.combine_into(op, x, y)?;
            }
            (Some(Kind::Dict), BinaryOp::Or) => {
                // Any mapping and any iterable of pairs will do, unlike `|`.
                self.call_method(a, "update", &[b])?;
            }
            (Some(Kind::ByteArray), BinaryOp::Add) => {
                let other = self.unwrap(b);
                let (Some(mut array), Some(more)) = (a.cast::<ByteArray>(), BytesLike::of(other)) else {
                    return Ok(None);
                };
                let more = more.to_vec();
                self.heap.charge(more.len());
                array.value.extend_from_slice(&more);
            }
            (Some(Kind::ByteArray), BinaryOp::Mul) => {
                let Some(mut array) = a.cast::<ByteArray>() else { return Ok(None) };
                let Some(mut repeated) =
                    self.sequence_operator(op, a, b)?.and_then(|v| v.cast::<ByteArray>())
                else {
                    return Ok(None);
                };
                array.value = std::mem::take(&mut repeated.value);
            }
            _ => return Ok(None),
        }
        Ok(Some(a))
    }

    /// `list += iterable`
    fn extend_list(&mut self, mut list: Gc<List>, other: Value) -> Result<()> {
        let items: Option<Vec<Value>> = match other.kind() {
            Some(Kind::List) => other.cast::<List>().map(|l| l.items.clone()),
            Some(Kind::Tuple) => other.cast::<Tuple>().map(|t| t.items().to_vec()),
            _ => None,
        };
        if let Some(items) = items {
            self.make_room(items.len() * 8)?;
            if list.items.try_reserve(items.len()).is_err() {
                return Err(self.memory_error(""));
            }
            self.heap.charge(items.len() * 8);
            list.items.extend_from_slice(&items);
            return Ok(());
        }
        let roots = self.roots.len();
        let iter = self.iter(other)?;
        self.root(iter);
        let done = loop {
            match self.next(iter) {
                Ok(Some(item)) => self.heap.push(list, item),
                Ok(None) => break Ok(()),
                Err(raise) => break Err(raise),
            }
        };
        self.roots.truncate(roots);
        done
    }
}
