//! Dicts, their views, sets and frozensets.

use super::table::{Found, Table};
use crate::heap::{Gc, Header, Heap, Kind, Str, Value};

/// `dict`. The header's `aux` is the version of its keys: inline caches remember it with a slot. 0 means that no cache
/// refers to it; every change of which key is in which slot sets it to 0.
#[repr(C)]
pub struct Dict {
    pub header: Header,
    pub table: Table,
}

crate::object!(Dict, Dict, |this, t| this.table.trace(t));

impl Dict {
    /// Forgets what inline caches know of the slots.
    #[inline(always)]
    pub fn keys_changed(&self) {
        self.header.aux.set(0);
    }

    pub fn set_str(&mut self, key: Gc<Str>, value: Value) {
        match self.table.find_str(key) {
            Some(slot) => self.set_slot(slot, value),
            None => {
                self.table.push_new(key.hash(), key.value(), value);
                self.keys_changed();
            }
        }
    }

    /// Changes the value in a slot. What calls remember of a callable there is forgotten.
    #[inline(always)]
    pub fn set_slot(&mut self, slot: usize, value: Value) {
        if self.header.aux.get() != 0 && is_remembered(self.table.value_at(slot)) {
            self.keys_changed();
        }
        self.table.set_at(slot, value);
    }

    /// Does `dict[key] = value` where the key was looked for, and where that makes the table no larger; whether it was done.
    #[inline(always)]
    pub fn put(&mut self, found: Found, key: Value, value: Value) -> bool {
        match found {
            Found::At(slot) => self.set_slot(slot, value),
            Found::Absent(hash) if !self.table.is_full() => {
                self.keys_changed();
                self.table.push_fitting(hash, key, value);
            }
            _ => return false,
        }
        true
    }

    pub fn remove_str(&mut self, key: Gc<Str>) -> Option<Value> {
        self.keys_changed();
        self.table.remove_str(key)
    }
}

/// Whether inline caches keep the value itself, not only its slot: what is called again and again.
#[must_use]
#[inline(always)]
pub fn is_remembered(v: Value) -> bool {
    matches!(v.kind(), Some(Kind::Function | Kind::Class | Kind::Native))
}

/// `set` and `frozenset`: the values of the table are unbound. A frozenset's hash is kept in `aux` once computed.
#[repr(C)]
pub struct Set {
    pub header: Header,
    pub table: Table,
}

crate::object!(Set, Set, |this, t| this.table.trace(t), also Kind::Set | Kind::FrozenSet);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ViewKind {
    Keys,
    Values,
    Items,
}

/// What `d.keys()`, `d.values()` and `d.items()` give.
#[repr(C)]
pub struct DictView {
    header: Header,
    pub dict: Gc<Dict>,
    pub kind: ViewKind,
}

crate::object!(DictView, DictView, |this, t| t.gc(this.dict));

/// A read-only view of a mapping: a class's `__dict__`.
#[repr(C)]
pub struct MappingProxy {
    header: Header,
    pub dict: Gc<Dict>,
}

crate::object!(MappingProxy, MappingProxy, |this, t| t.gc(this.dict));

impl Heap {
    pub fn dict(&mut self) -> Gc<Dict> {
        self.dict_from(Table::default())
    }

    pub fn dict_from(&mut self, table: Table) -> Gc<Dict> {
        self.charge(table.capacity() * 32);
        self.alloc(Dict { header: Header::new(Kind::Dict), table })
    }

    pub fn set(&mut self, table: Table) -> Gc<Set> {
        self.charge(table.capacity() * 32);
        self.alloc(Set { header: Header::new(Kind::Set), table })
    }

    pub fn frozenset(&mut self, table: Table) -> Gc<Set> {
        self.charge(table.capacity() * 32);
        self.alloc(Set { header: Header::new(Kind::FrozenSet), table })
    }

    pub fn dict_view(&mut self, dict: Gc<Dict>, kind: ViewKind) -> Value {
        self.alloc(DictView { header: Header::new(Kind::DictView), dict, kind }).value()
    }

    pub fn mapping_proxy(&mut self, dict: Gc<Dict>) -> Value {
        self.alloc(MappingProxy { header: Header::new(Kind::MappingProxy), dict }).value()
    }
}
