//! How classes relate: the method resolution order, the metaclass that wins, and changing the bases of a class.

use super::{Result, Vm};
use crate::heap::{Gc, Value};
use crate::objects::{Class, Function};

impl Vm {
    /// The mro that the metaclass's own `mro` gives, if it has one.
    pub(super) fn custom_mro(&mut self, mut class: Gc<Class>, metaclass: Gc<Class>) -> Result<()> {
        let name = self.intern("mro");
        if self.lookup(metaclass, name).is_none_or(|f| !f.is::<Function>()) {
            return Ok(());
        }
        let Some(given) = self.call_special(class.value(), name, &[])? else { return Ok(()) };
        self.root(given);
        let items = self.collect(given)?.items.clone();
        let mut mro = Vec::with_capacity(items.len());
        for item in items {
            let Some(c) = item.cast::<Class>() else {
                let got = self.class_name(item);
                return Err(self.type_error(format!("mro() returned a non-class ('{got}')")));
            };
            mro.push(c);
        }
        class.mro = mro;
        Ok(())
    }

    /// `class.__bases__ = bases`
    pub fn set_bases(&mut self, mut class: Gc<Class>, bases: &[Value]) -> Result<()> {
        let mut new = Vec::with_capacity(bases.len());
        for &b in bases {
            let Some(base) = b.cast::<Class>() else {
                let (name, got) = (class.name_str(), self.class_name(b));
                return Err(
                    self.type_error(format!("{name}.__bases__ must be tuple of classes, not '{got}'"))
                );
            };
            if base.is_subclass_of(class) {
                return Err(self.type_error("a __bases__ item causes an inheritance cycle"));
            }
            new.push(base);
        }
        let first = class.bases.first().copied().unwrap_or(self.types.object);
        let layout = self.layout_from(&new)?;
        let same_slots = new.iter().any(|b| self.declared_slots(*b) == self.declared_slots(first));
        if layout != class.layout || !same_slots {
            let (to, from) = (new[0].name_str(), first.name_str());
            return Err(
                self.type_error(format!("__bases__ assignment: '{to}' object layout differs from '{from}'"))
            );
        }
        let mro = self.linearize(class, &new)?;
        let old = std::mem::replace(&mut class.bases, new.clone());
        class.mro = mro;
        if let Err(raise) = self.renew_subclasses(class) {
            class.bases = old;
            class.mro = self.linearize(class, &class.bases.clone())?;
            self.renew_subclasses(class)?;
            return Err(raise);
        }
        for mut base in old {
            base.subclasses.retain(|c| *c != class);
        }
        for mut base in new {
            base.subclasses.push(class);
        }
        self.update_class_flags(class);
        self.classes_changed();
        Ok(())
    }

    fn renew_subclasses(&mut self, class: Gc<Class>) -> Result<()> {
        for mut sub in class.subclasses.clone() {
            sub.mro = self.linearize(sub, &sub.bases.clone())?;
            self.renew_subclasses(sub)?;
        }
        Ok(())
    }

    /// The most derived of the given metaclass and the bases' classes.
    pub fn derived_metaclass(&mut self, given: Value, bases: &[Value]) -> Result<Gc<Class>> {
        let mut winner = given.cast::<Class>().unwrap_or(self.types.type_);
        for &base in bases {
            let meta = self.type_of(base);
            if winner.is_subclass_of(meta) {
                continue;
            }
            if meta.is_subclass_of(winner) {
                winner = meta;
                continue;
            }
            return Err(self.type_error(
                "metaclass conflict: the metaclass of a derived class must be a (non-strict) subclass of the metaclasses of all its bases",
            ));
        }
        Ok(winner)
    }

    /// Whether instances of both classes keep the same things in the same places.
    #[must_use]
    pub fn same_layout(&self, a: Gc<Class>, b: Gc<Class>) -> bool {
        a.layout == b.layout
            && a.flags.slots_only == b.flags.slots_only
            && self.declared_slots(a) == self.declared_slots(b)
    }

    /// The C3 linearization: <https://www.python.org/download/releases/2.3/mro/>.
    pub(super) fn linearize(&mut self, class: Gc<Class>, bases: &[Gc<Class>]) -> Result<Vec<Gc<Class>>> {
        for (i, b) in bases.iter().enumerate() {
            if bases[..i].contains(b) {
                let name = b.name_str();
                return Err(self.type_error(format!("duplicate base class {name}")));
            }
        }
        // A long line of single inheritance would take a cubic time.
        if let [base] = bases {
            return Ok([&[class], &base.mro[..]].concat());
        }
        let mut sequences: Vec<Vec<Gc<Class>>> = bases.iter().map(|b| b.mro.clone()).collect();
        sequences.push(bases.to_vec());
        let mut mro = vec![class];
        loop {
            sequences.retain(|s| !s.is_empty());
            if sequences.is_empty() {
                return Ok(mro);
            }
            let next = sequences.iter().map(|s| s[0]).find(|c| !sequences.iter().any(|s| s[1..].contains(c)));
            let Some(next) = next else {
                let names: Vec<&str> = bases.iter().map(|b| b.name_str()).collect();
                return Err(self.type_error(format!(
                    "Cannot create a consistent method resolution order (MRO) for bases {}",
                    names.join(", ")
                )));
            };
            mro.push(next);
            for s in &mut sequences {
                if s[0] == next {
                    s.remove(0);
                }
            }
        }
    }
}
