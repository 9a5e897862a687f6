//! `| & - ^` of sets and dict views, and `|` of dicts.

use super::super::{Result, Vm};
use super::BinaryOp;
use crate::heap::{Gc, Kind, Value};
use crate::objects::{Dict, Set, Table};

impl Vm {
    /// Sets want sets on both sides; dict views take any iterable on the other side.
    pub(super) fn set_operator(&mut self, op: BinaryOp, a: Value, b: Value) -> Result<Option<Value>> {
        if !matches!(op, BinaryOp::Or | BinaryOp::And | BinaryOp::Sub | BinaryOp::Xor) {
            return Ok(None);
        }
        if let (Some(x), Some(y)) = (a.cast::<Set>(), b.cast::<Set>()) {
            return self.combine_sets(op, x, y).map(Some);
        }
        let is_view =
            |vm: &Self, v: Value| v.kind() == Some(Kind::DictView) && vm.type_of(v) != vm.types.dict_values;
        if !is_view(self, a) && !is_view(self, b) {
            return Ok(None);
        }
        let roots = self.roots.len();
        let result = self.combine_views(op, a, b);
        self.roots.truncate(roots);
        result.map(Some)
    }

    fn combine_views(&mut self, op: BinaryOp, a: Value, b: Value) -> Result<Value> {
        let x = self.set_from(a)?;
        let y = self.set_from(b)?;
        self.combine_sets(op, x, y)
    }

    /// A new set of what an iterable gives; it is rooted.
    fn set_from(&mut self, v: Value) -> Result<Gc<Set>> {
        let set = self.heap.set(Table::default());
        self.root(set);
        let iter = self.iter(v)?;
        self.root(iter);
        while let Some(item) = self.next(iter)? {
            self.set_add(set, item)?;
        }
        Ok(set)
    }

    /// The result is of the left operand's type.
    pub(crate) fn combine_sets(&mut self, op: BinaryOp, x: Gc<Set>, y: Gc<Set>) -> Result<Value> {
        if let Some(table) = self.plain_combined(op, &x.table, &y.table) {
            self.heap.charge(table.capacity() * 32);
            let frozen = x.value().kind() == Some(Kind::FrozenSet);
            return Ok(if frozen { self.heap.frozenset(table) } else { self.heap.set(table) }.value());
        }
        let roots = self.roots.len();
        let starts_full = matches!(op, BinaryOp::Or | BinaryOp::Xor);
        let table = if starts_full { x.table.clone() } else { Table::default() };
        let frozen = x.value().kind() == Some(Kind::FrozenSet);
        let result = if frozen { self.heap.frozenset(table) } else { self.heap.set(table) };
        self.root(result);
        let done = self.fill_combined(op, result, x, y);
        self.roots.truncate(roots);
        done.map(|()| result.value())
    }

    /// The same of keys that can be compared without asking anybody.
    fn plain_combined(&self, op: BinaryOp, x: &Table, y: &Table) -> Option<Table> {
        let equal = |a, b| self.plain_equal(a, b);
        Some(match op {
            BinaryOp::And if y.len() > x.len() => x.filtered(y, true, equal)?,
            BinaryOp::And => y.filtered(x, true, equal)?,
            BinaryOp::Sub => x.filtered(y, false, equal)?,
            _ => {
                let more = y.filtered(x, false, equal)?;
                let mut all = if op == BinaryOp::Or { x.clone() } else { x.filtered(y, false, equal)? };
                all.append(&more);
                all
            }
        })
    }

    fn fill_combined(&mut self, op: BinaryOp, mut result: Gc<Set>, x: Gc<Set>, y: Gc<Set>) -> Result<()> {
        // An intersection asks the larger set about each item of the smaller one.
        let (items, other) = match op {
            BinaryOp::And if y.table.len() > x.table.len() => (x, y),
            BinaryOp::Sub => (x, y),
            _ => (y, x),
        };
        let mut at = 0;
        while let Some(slot) = items.table.next_slot(at) {
            at = slot + 1;
            let (item, hash) = (items.table.key_at(slot), items.table.hash_at(slot));
            self.root(item);
            let keep = match op {
                BinaryOp::And => self.find_slot(other.into(), hash, item)?.is_some(),
                BinaryOp::Sub => self.find_slot(other.into(), hash, item)?.is_none(),
                BinaryOp::Xor => match self.find_slot(result.into(), hash, item)? {
                    Some(slot) => {
                        result.table.remove_at(slot);
                        false
                    }
                    None => true,
                },
                _ => true,
            };
            if keep {
                self.set_add_hashed(result, hash, item)?;
            }
            self.roots.pop();
        }
        Ok(())
    }

    /// Makes the left set what the operator gives.
    pub(super) fn combine_into(&mut self, op: BinaryOp, x: Gc<Set>, y: Gc<Set>) -> Result<()> {
        let mut target = x;
        let Some(mut result) = self.combine_sets(op, x, y)?.cast::<Set>() else { return Ok(()) };
        target.table = std::mem::take(&mut result.table);
        Ok(())
    }

    pub(super) fn merge_dicts(&mut self, a: Value, b: Value) -> Result<Option<Value>> {
        let (Some(x), Some(y)) = (a.cast::<Dict>(), b.cast::<Dict>()) else { return Ok(None) };
        let roots = self.roots.len();
        let result = self.heap.dict_from(x.table.clone());
        self.root(result);
        let done = self.put_all(result, y);
        self.roots.truncate(roots);
        done.map(|()| Some(result.value()))
    }

    fn put_all(&mut self, target: Gc<Dict>, source: Gc<Dict>) -> Result<()> {
        let mut at = 0;
        while let Some(slot) = source.table.next_slot(at) {
            at = slot + 1;
            self.dict_set(target, source.table.key_at(slot), source.table.value_at(slot))?;
        }
        Ok(())
    }
}
