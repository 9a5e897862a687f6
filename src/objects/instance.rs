//! Instances of classes of the language.

use crate::heap::{Gc, Header, Heap, Kind, Value, tail_of};

/// The header's `aux` is the shape, `flags` the number of slots in the cell. Slots beyond those are in `more`: a list;
/// in dict mode `more` is the `__dict__` and no slot is used (but a payload's).
#[repr(C)]
pub struct Instance {
    pub header: Header,
    pub more: Value,
}

crate::object!(
    Instance,
    Instance,
    |this, t| {
        t.value(this.more);
        t.values(tail_of(this, this.inline_slots()));
    },
    tail | this | this.inline_slots() * 8
);

impl Instance {
    #[must_use]
    #[inline(always)]
    pub fn inline_slots(&self) -> usize {
        self.header.flags.get() as usize
    }

    #[must_use]
    #[inline(always)]
    pub fn shape(&self) -> u32 {
        self.header.aux.get()
    }
}

impl Gc<Instance> {
    #[must_use]
    #[inline(always)]
    pub fn slot(self, i: usize) -> Value {
        let n = self.inline_slots();
        if i < n {
            return self.tail(n)[i];
        }
        self.outer_slot(i - n)
    }

    #[inline(always)]
    fn outer_slot(self, i: usize) -> Value {
        match self.more.cast::<super::List>() {
            Some(list) => list.items.get(i).copied().unwrap_or_default(),
            None => Value::UNBOUND,
        }
    }

    /// A slot, if it lies in the cell.
    #[must_use]
    #[inline(always)]
    pub fn inline_slot(self, i: usize) -> Option<Value> {
        let n = self.inline_slots();
        if i < n { Some(self.tail(n)[i]) } else { None }
    }

    /// Writes a slot, maybe the one after the last, if it lies in the cell.
    #[inline(always)]
    pub fn set_inline(mut self, i: usize, v: Value) -> bool {
        let n = self.inline_slots();
        if i < n {
            self.tail_mut(n)[i] = v;
        }
        i < n
    }

    /// Writes an existing slot.
    #[inline(always)]
    pub fn set_slot(self, i: usize, v: Value) {
        let n = self.inline_slots();
        if self.set_inline(i, v) {
            return;
        }
        if let Some(mut list) = self.more.cast::<super::List>()
            && let Some(place) = list.items.get_mut(i - n)
        {
            *place = v;
        }
    }
}

impl Heap {
    /// An instance with room for `slots` attributes in its cell.
    #[inline(always)]
    pub fn instance(&mut self, shape: u32, slots: u8) -> Gc<Instance> {
        let header = Header::new(Kind::Instance).with_aux(shape).with_flags(slots);
        self.alloc_with_values(Instance { header, more: Value::UNBOUND }, slots as usize)
    }

    /// The same where there is a cell for it and no collection is due. Nothing is called.
    #[inline(always)]
    pub fn instance_quickly(&mut self, shape: u32, slots: u8) -> Option<Gc<Instance>> {
        let header = Header::new(Kind::Instance).with_aux(shape).with_flags(slots);
        self.alloc_with_values_quickly(Instance { header, more: Value::UNBOUND }, slots as usize)
    }

    /// Writes the slot after the last one: inline while there is room, else in the list.
    pub fn append_slot(&mut self, mut instance: Gc<Instance>, i: usize, v: Value) {
        let n = instance.inline_slots();
        if i < n {
            instance.tail_mut(n)[i] = v;
            return;
        }
        let list = match instance.more.cast::<super::List>() {
            Some(list) => list,
            None => {
                let list = self.list(Vec::with_capacity(4));
                instance.more = list.value();
                list
            }
        };
        let mut at = list;
        at.items.resize(i - n, Value::UNBOUND);
        self.push(list, v);
    }
}
