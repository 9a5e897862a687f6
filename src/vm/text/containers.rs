//! `repr` of containers, which may contain themselves, and may change while they are shown.

use super::super::{Result, Vm};
use crate::heap::{Kind, Value};
use crate::objects::{Dict, DictView, List, MappingProxy, Range, Set, Slice, Tuple, ViewKind};

impl Vm {
    /// Marks a container as being shown; false if it is already: the caller shows dots then.
    pub fn begin_repr(&mut self, v: Value) -> bool {
        if self.repr_stack.contains(&v) {
            return false;
        }
        self.repr_stack.push(v);
        true
    }

    pub fn end_repr(&mut self) {
        self.repr_stack.pop();
    }

    pub(super) fn write_container(&mut self, out: &mut String, v: Value, kind: Kind) -> Result<()> {
        if !self.begin_repr(v) {
            out.push_str(match kind {
                Kind::List => "[...]",
                Kind::Tuple => "(...)",
                Kind::Dict => "{...}",
                Kind::Set => "set(...)",
                Kind::FrozenSet => "frozenset(...)",
                _ => "...",
            });
            return Ok(());
        }
        let done = self.write_items(out, v, kind);
        self.end_repr();
        done
    }

    fn write_items(&mut self, out: &mut String, v: Value, kind: Kind) -> Result<()> {
        match kind {
            Kind::List => {
                let Some(list) = v.cast::<List>() else { return Ok(()) };
                out.push('[');
                let mut i = 0;
                while let Some(&item) = list.items.get(i) {
                    if i > 0 {
                        out.push_str(", ");
                    }
                    self.write_repr(out, item)?;
                    i += 1;
                }
                out.push(']');
            }
            Kind::Tuple => {
                let Some(tuple) = v.cast::<Tuple>() else { return Ok(()) };
                self.write_listed(out, "(", tuple.items(), if tuple.len() == 1 { ",)" } else { ")" })?;
            }
            Kind::Dict => {
                let Some(dict) = v.cast::<Dict>() else { return Ok(()) };
                self.write_dict(out, dict)?;
            }
            Kind::Set | Kind::FrozenSet => {
                let name = if kind == Kind::Set { "set" } else { "frozenset" };
                self.write_set(out, v, name, kind == Kind::Set)?;
            }
            Kind::DictView => {
                let Some(view) = v.cast::<DictView>() else { return Ok(()) };
                self.write_view(out, view.dict, view.kind)?;
            }
            Kind::MappingProxy => {
                let Some(proxy) = v.cast::<MappingProxy>() else { return Ok(()) };
                out.push_str("mappingproxy(");
                self.write_repr(out, proxy.dict.value())?;
                out.push(')');
            }
            Kind::Range => {
                let Some(range) = v.cast::<Range>() else { return Ok(()) };
                let all = [range.start, range.stop, range.step];
                let shown = if range.step == Value::int(1) { 2 } else { 3 };
                self.write_listed(out, "range(", &all[..shown], ")")?;
            }
            Kind::Slice => {
                let Some(slice) = v.cast::<Slice>() else { return Ok(()) };
                self.write_listed(out, "slice(", &[slice.start, slice.stop, slice.step], ")")?;
            }
            _ => (),
        }
        Ok(())
    }

    pub(super) fn write_listed(
        &mut self,
        out: &mut String,
        open: &str,
        items: &[Value],
        close: &str,
    ) -> Result<()> {
        out.push_str(open);
        for (i, &item) in items.iter().enumerate() {
            if i > 0 {
                out.push_str(", ");
            }
            self.write_repr(out, item)?;
        }
        out.push_str(close);
        Ok(())
    }

    fn write_dict(&mut self, out: &mut String, dict: crate::heap::Gc<Dict>) -> Result<()> {
        out.push('{');
        let (mut at, mut first) = (0, true);
        while let Some(slot) = dict.table.next_slot(at) {
            at = slot + 1;
            if !std::mem::take(&mut first) {
                out.push_str(", ");
            }
            let value = dict.table.value_at(slot);
            self.write_repr(out, dict.table.key_at(slot))?;
            out.push_str(": ");
            self.write_repr(out, value)?;
        }
        out.push('}');
        Ok(())
    }

    /// `{1, 2}`, `frozenset({1, 2})`, `set()`; of a subclass `Name({1, 2})`.
    fn write_set(&mut self, out: &mut String, v: Value, name: &str, bare: bool) -> Result<()> {
        let Some(set) = v.cast::<Set>() else { return Ok(()) };
        if set.table.is_empty() {
            out.push_str(name);
            out.push_str("()");
            return Ok(());
        }
        if !bare {
            out.push_str(name);
            out.push('(');
        }
        out.push('{');
        let (mut at, mut first) = (0, true);
        while let Some(slot) = set.table.next_slot(at) {
            at = slot + 1;
            if !std::mem::take(&mut first) {
                out.push_str(", ");
            }
            self.write_repr(out, set.table.key_at(slot))?;
        }
        out.push('}');
        if !bare {
            out.push(')');
        }
        Ok(())
    }

    fn write_view(&mut self, out: &mut String, dict: crate::heap::Gc<Dict>, kind: ViewKind) -> Result<()> {
        out.push_str(match kind {
            ViewKind::Keys => "dict_keys([",
            ViewKind::Values => "dict_values([",
            ViewKind::Items => "dict_items([",
        });
        let (mut at, mut first) = (0, true);
        while let Some(slot) = dict.table.next_slot(at) {
            at = slot + 1;
            if !std::mem::take(&mut first) {
                out.push_str(", ");
            }
            let (key, value) = (dict.table.key_at(slot), dict.table.value_at(slot));
            match kind {
                ViewKind::Keys => self.write_repr(out, key)?,
                ViewKind::Values => self.write_repr(out, value)?,
                ViewKind::Items => self.write_listed(out, "(", &[key, value], ")")?,
            }
        }
        out.push_str("])");
        Ok(())
    }

    /// `repr` of an instance of a subclass of a built-in type that does not define its own.
    pub(super) fn write_payload(&mut self, out: &mut String, v: Value, payload: Value) -> Result<()> {
        let name = self.class_name(v);
        match payload.kind() {
            // These show the name of the subclass.
            Some(Kind::Set | Kind::FrozenSet) => {
                if !self.begin_repr(payload) {
                    out.push_str(name);
                    out.push_str("(...)");
                    return Ok(());
                }
                let done = self.write_set(out, payload, name, false);
                self.end_repr();
                done
            }
            Some(Kind::ByteArray) => {
                let mut text = String::new();
                self.write_repr(&mut text, payload)?;
                out.push_str(name);
                out.push_str(text.trim_start_matches("bytearray"));
                Ok(())
            }
            _ => self.write_repr(out, payload),
        }
    }
}
