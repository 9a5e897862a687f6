//! `__slots__`: attributes with a place of their own in every instance, and the descriptors that stand for them in the
//! class.
//!
//! The declared names are the first ones of the class's root shape, unbound until they are assigned. They keep their
//! places when the other attributes move to a `__dict__`.

use super::{Result, Vm};
use crate::heap::{Gc, Kind, Str, Value};
use crate::modules::asyncio::boxes::native_data;
use crate::objects::class::Layout;
use crate::objects::{Boxed, Class, Property};

/// The descriptor of a slot: `S.name`.
pub struct Member {
    pub class: Gc<Class>,
    pub name: Gc<Str>,
}

native_data!(Member, |this, t| {
    t.gc(this.class);
    t.gc(this.name);
});

/// What `__slots__` says.
#[derive(Default)]
struct Declared {
    names: Vec<Gc<Str>>,
    dict: bool,
    weakref: bool,
}

crate::natives! { static WEAKREF:
    "__weakref__(self)" => no_weakref;
}

/// Objects are not asked for who refers to them weakly.
fn no_weakref(_vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    Ok(Value::NONE)
}

/// Whether the instances of a base have attributes, and may be referred to weakly.
fn inherited(base: Gc<Class>) -> (bool, bool) {
    match base.layout {
        Layout::Exception => (true, false),
        Layout::Class => (true, true),
        Layout::Native(Kind::Set | Kind::FrozenSet) => (false, true),
        _ => (false, false),
    }
}

impl Vm {
    /// The descriptor's class and name, if the value is one.
    #[must_use]
    pub fn member_parts(v: Value) -> Option<(Gc<Class>, Gc<Str>)> {
        v.cast::<Boxed>()?.data_as::<Member>().map(|m| (m.class, m.name))
    }

    /// The slots that instances of a class have from the start.
    pub(super) fn declared_slots(&self, class: Gc<Class>) -> Vec<Gc<Str>> {
        let names = &self.shape(class.root_shape).names;
        let hidden = usize::from(matches!(class.layout, Layout::Payload(_)));
        names.iter().skip(hidden).copied().collect()
    }

    /// Gives a new class the slots of its bases and its own.
    pub(super) fn apply_slots(&mut self, mut class: Gc<Class>) -> Result<()> {
        let given = class.dict.table.get_str(self.names.__slots__);
        let own = match given {
            Some(slots) => self.read_slots(class, slots)?,
            None => Declared { names: Vec::new(), dict: true, weakref: true },
        };
        if !matches!(class.layout, Layout::Object | Layout::Payload(_)) {
            self.add_instance_attributes(class, &own);
            return Ok(());
        }
        self.check_slot_layout(class)?;
        let mut all = self.shape(class.root_shape).names.clone();
        for base in class.bases.clone() {
            for name in self.declared_slots(base) {
                if !all.contains(&name) {
                    all.push(name);
                }
            }
        }
        let mut dict = class.dict;
        for &name in &own.names {
            if !all.contains(&name) {
                all.push(name);
            }
            let member = self.heap.boxed(self.types.member_descriptor, Member { class, name });
            dict.set_str(name, member.value());
        }
        let object = self.types.object;
        let bases_without = class
            .bases
            .iter()
            .all(|b| *b == object || b.flags.slots_only || matches!(b.layout, Layout::Native(_)));
        class.flags.slots_only = !own.dict && bases_without;
        class.slot_hint = class.slot_hint.max(u8::try_from(all.len()).unwrap_or(u8::MAX));
        let root = class.root_shape as usize;
        self.shapes[root].names = all;
        self.add_instance_attributes(class, &own);
        Ok(())
    }

    /// `__dict__` and `__weakref__`, in the first class on the way down whose instances have them.
    fn add_instance_attributes(&mut self, class: Gc<Class>, own: &Declared) {
        let names = self.names;
        let weakref = self.intern("__weakref__");
        let (mut has_dict, mut has_weakref) = (!own.dict, !own.weakref);
        for base in class.mro[1..].iter().filter(|base| **base != self.types.object) {
            let (dict, weak) = inherited(*base);
            has_dict |= dict || base.dict.table.get_str(names.__dict__).is_some();
            has_weakref |= weak || base.dict.table.get_str(weakref).is_some();
        }
        if let Layout::Payload(Kind::BigInt | Kind::Tuple | Kind::Bytes) = class.layout {
            has_weakref = true;
        }
        let mut dict = class.dict;
        let of_object =
            self.types.object.dict.table.get_str(names.__dict__).and_then(Value::cast::<Property>);
        if !has_dict && let Some(of_object) = of_object {
            let mut own = self.heap.property(of_object.getter, of_object.setter, Value::NONE, class.value());
            own.name = names.__dict__.value();
            own.set_builtin();
            dict.set_str(names.__dict__, own.value());
        }
        if !has_weakref {
            let getter = self.heap.native(&WEAKREF[0], Value::UNBOUND);
            let mut own = self.heap.property(getter, Value::NONE, Value::NONE, class.value());
            own.name = weakref.value();
            own.set_builtin();
            dict.set_str(weakref, own.value());
        }
    }

    fn read_slots(&mut self, class: Gc<Class>, slots: Value) -> Result<Declared> {
        let names = match slots.as_str() {
            Some(_) => vec![slots],
            None => self.collect(slots)?.items.clone(),
        };
        let mut declared = Declared::default();
        for name in names {
            let Some(text) = name.as_str() else {
                let got = self.class_name(name);
                return Err(self.type_error(format!("__slots__ items must be strings, not '{got}'")));
            };
            match text.as_str() {
                "__dict__" if declared.dict => {
                    return Err(self.type_error("__dict__ slot disallowed: we already got one"));
                }
                "__dict__" => declared.dict = true,
                "__weakref__" if declared.weakref => {
                    return Err(self.type_error("__weakref__ slot disallowed: we already got one"));
                }
                "__weakref__" => declared.weakref = true,
                plain if !crate::text::casing::isidentifier(plain) => {
                    return Err(self.type_error("__slots__ must be identifiers"));
                }
                plain => {
                    let owner = class.name.as_str().into();
                    let mangled = crate::resolve::mangle(Some(&owner), &plain.into());
                    declared.names.push(self.intern(&mangled));
                }
            }
        }
        for &name in &declared.names {
            if class.dict.table.get_str(name).is_some() {
                let name = self.repr(name.value())?;
                return Err(self.value_error(format!("{name} in __slots__ conflicts with class variable")));
            }
        }
        if let Layout::Payload(kind) = class.layout
            && matches!(kind, Kind::BigInt | Kind::Tuple | Kind::Bytes)
            && !declared.names.is_empty()
        {
            let base = class.bases.first().map_or("", |b| b.name_str());
            return Err(self.type_error(format!("nonempty __slots__ not supported for subtype of '{base}'")));
        }
        Ok(declared)
    }

    /// Two bases may both have slots only if one has those of the other.
    fn check_slot_layout(&mut self, class: Gc<Class>) -> Result<()> {
        let mut most: Vec<Gc<Str>> = Vec::new();
        for &base in &class.bases {
            let slots = self.declared_slots(base);
            if most.iter().all(|n| slots.contains(n)) {
                most = slots;
            } else if !slots.iter().all(|n| most.contains(n)) {
                return Err(self.type_error("multiple bases have instance lay-out conflict"));
            }
        }
        Ok(())
    }

    /// A slot's value, if it has one.
    #[must_use]
    pub fn slot_value(&self, object: Value, name: Gc<Str>) -> Option<Value> {
        self.own_attribute(object, name)
    }

    pub fn set_slot_value(&mut self, object: Value, name: Gc<Str>, value: Value) {
        self.set_own_attribute(object, name, value);
    }

    /// Deletes a slot's value; `None` if the class declares no such slot.
    pub fn delete_slot(&mut self, object: Value, name: Gc<Str>) -> Option<Result<()>> {
        let class = self.type_of(object);
        if !matches!(class.layout, Layout::Object | Layout::Payload(_)) {
            return None;
        }
        let i = self.shape(class.root_shape).slot(name)?;
        let instance = object.cast::<crate::objects::Instance>()?;
        if instance.slot(i).is_unbound() {
            return Some(Err(self.attribute_error(name.text())));
        }
        instance.set_slot(i, Value::UNBOUND);
        Some(Ok(()))
    }
}
