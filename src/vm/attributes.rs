//! Attribute access: lookup along the MRO, descriptors, instances' slots, inline caches; and global names.

use super::{Raise, Result, Vm};
use crate::heap::{Gc, Kind, Str, Tracer, Value};
use crate::objects::class::{Layout, MAX_SLOTS, Shape};
use crate::objects::{
    BoundMethod, Boxed, Class, ClassMethod, Dict, Exception, Function, Instance, List, Module, Native,
    Property, StaticMethod, Super,
};

/// One entry of the cache behind [`Vm::lookup`]: what a name means in a class, in one epoch.
#[derive(Clone, Copy)]
pub struct MethodCacheEntry {
    class: u64,
    name: u64,
    epoch: u32,
    value: Value,
}

impl MethodCacheEntry {
    pub const EMPTY: Self = Self { class: 0, name: 0, epoch: 0, value: Value::UNBOUND };

    pub fn trace(&self, tracer: &mut Tracer) {
        tracer.value(self.value);
    }
}

pub const METHOD_CACHE: usize = 1024;

fn cache_index(class: Gc<Class>, name: Gc<Str>) -> usize {
    let h = (class.address() >> 4) ^ (name.address() >> 4).wrapping_mul(0x9E37_79B1);
    (h ^ (h >> 10)) as usize % METHOD_CACHE
}

/// A class attribute that is written without the caches of classes being told of it. Inline caches remember only where
/// it lies.
pub(super) fn is_plain(v: Value) -> bool {
    !v.is_object() || v.is::<Str>() || v.is::<List>() || v.is::<Dict>()
}

impl Vm {
    /// A class attribute along the MRO, as it stands in the dict. `name` is interned.
    #[inline]
    pub fn lookup(&mut self, class: Gc<Class>, name: Gc<Str>) -> Option<Value> {
        let i = cache_index(class, name);
        let e = &self.method_cache[i];
        if e.class == class.address() && e.name == name.address() && e.epoch == self.class_epoch {
            return if e.value.is_unbound() { None } else { Some(e.value) };
        }
        let found = class.mro.iter().find_map(|c| c.dict.table.get_str(name));
        self.method_cache[i] = MethodCacheEntry {
            class: class.address(),
            name: name.address(),
            epoch: self.class_epoch,
            value: found.unwrap_or_default(),
        };
        found
    }

    /// What the class attributes of classes mean may have changed.
    pub fn classes_changed(&mut self) {
        self.class_epoch = self.class_epoch.wrapping_add(1).max(1);
    }

    // Descriptors.

    /// Whether a class attribute goes before an instance's own when it is read.
    pub(super) fn is_data_descriptor(&mut self, found: Value) -> bool {
        self.takes_writes(found)
            && (!found.is::<Instance>() || {
                let class = self.type_of(found);
                self.lookup(class, self.names.__get__).is_some()
            })
    }

    /// Whether a class attribute is told of writes to an instance's attribute of its name.
    pub(super) fn takes_writes(&mut self, found: Value) -> bool {
        match found.kind() {
            Some(Kind::Property) => true,
            Some(Kind::Instance) => {
                let class = self.type_of(found);
                class.flags.descriptor
                    && (self.lookup(class, self.names.__set__).is_some()
                        || self.lookup(class, self.names.__delete__).is_some())
            }
            _ => false,
        }
    }

    /// What a class attribute becomes when it is found through an instance: `None` if it stays as it is.
    pub fn bind_descriptor(&mut self, found: Value, object: Value) -> Result<Option<Value>> {
        self.bind_through(found, object, self.type_of(object))
    }

    fn bind_through(&mut self, found: Value, object: Value, class: Gc<Class>) -> Result<Option<Value>> {
        Ok(Some(match found.kind() {
            Some(Kind::Function) => self.heap.bound_method(found, object),
            Some(Kind::Native) => match found.cast::<Native>() {
                Some(n) if n.def.is_method() && n.receiver.is_unbound() => self.heap.native(n.def, object),
                _ => return Ok(None),
            },
            Some(Kind::StaticMethod) => self.static_function(found),
            Some(Kind::ClassMethod) => match found.cast::<ClassMethod>() {
                Some(m) => self.bind_class_method(m.function, class),
                None => return Ok(None),
            },
            Some(Kind::Property) => match found.cast::<Property>() {
                Some(p) if p.getter.is_none() => {
                    let (name, owner) = (self.property_name(p), self.class_qualname(class));
                    return Err(
                        self.attribute_error(format!("property {name}of '{owner}' object has no getter"))
                    );
                }
                Some(p) => self.call(p.getter, &[object])?,
                None => return Ok(None),
            },
            Some(Kind::Boxed) if Self::member_parts(found).is_some() => {
                // It is reached only where the slot holds nothing.
                let name = Self::member_parts(found).map_or(self.empty_str, |(_, name)| name);
                return Err(self.no_attribute(object, name));
            }
            Some(Kind::Super) => match found.cast::<Super>() {
                Some(s) if s.object.is_unbound() => self.make_super(s.class, object)?,
                _ => return Ok(None),
            },
            Some(Kind::Instance) => {
                let own = self.type_of(found);
                if !own.flags.descriptor {
                    return Ok(None);
                }
                let Some(get) = self.lookup(own, self.names.__get__) else { return Ok(None) };
                self.call(get, &[found, object, class.value()])?
            }
            _ => return Ok(None),
        }))
    }

    /// `super(class, object)`
    pub fn make_super(&mut self, class: Gc<Class>, object: Value) -> Result<Value> {
        if let Some(c) = object.cast::<Class>()
            && c.is_subclass_of(class)
        {
            return Ok(self.heap.super_object(class, object, c));
        }
        let own = self.type_of(object);
        if own.is_subclass_of(class) {
            return Ok(self.heap.super_object(class, object, own));
        }
        // A stand-in says whose instance it is.
        let claimed = self.find_attr(object, self.names.__class__)?.and_then(Value::cast::<Class>);
        if let Some(claimed) = claimed.filter(|c| c.is_subclass_of(class)) {
            return Ok(self.heap.super_object(class, object, claimed));
        }
        let wanted = class.name_str();
        let shown = match object.cast::<Class>() {
            Some(given) => format!("type {}", given.name_str()),
            None => format!("instance of {}", own.name_str()),
        };
        Err(self.type_error(format!(
            "super(type, obj): obj ({shown}) is not an instance or subtype of type ({wanted})."
        )))
    }

    pub fn bind_class_method(&mut self, function: Value, class: Gc<Class>) -> Value {
        match function.cast::<Native>() {
            Some(n) => self.heap.native(n.def, class.value()),
            None => self.heap.bound_method(function, class.value()),
        }
    }

    fn property_name(&self, p: Gc<Property>) -> String {
        p.name.as_str().map_or(String::new(), |n| format!("'{}' ", n.as_str()))
    }

    /// The function inside a `staticmethod`, or the value itself.
    #[must_use]
    pub fn static_function(&self, v: Value) -> Value {
        v.cast::<StaticMethod>().map_or(v, |s| s.function)
    }

    // Instances' own attributes.

    /// The shape and the storage beyond the cell of an object with attributes.
    fn attributes_of(&self, object: Value) -> Option<(u32, Value)> {
        match object.kind()? {
            Kind::Instance => object.cast::<Instance>().map(|i| (i.shape(), i.more)),
            Kind::Exception => object.cast::<Exception>().map(|e| (e.shape(), e.more)),
            _ => None,
        }
    }

    /// An attribute in the object itself.
    pub(super) fn own_attribute(&self, object: Value, name: Gc<Str>) -> Option<Value> {
        let (shape, more) = self.attributes_of(object)?;
        let shape = self.shape(shape);
        if shape.dict_mode {
            if let Some(i) = shape.slot(name) {
                return object.cast::<Instance>().map(|o| o.slot(i)).filter(|v| !v.is_unbound());
            }
            return more.cast::<Dict>()?.table.get_str(name);
        }
        let i = shape.slot(name)?;
        let v = match object.cast::<Instance>() {
            Some(instance) => instance.slot(i),
            None => more.cast::<List>()?.items.get(i).copied().unwrap_or_default(),
        };
        if v.is_unbound() { None } else { Some(v) }
    }

    pub(super) fn set_own_attribute(&mut self, object: Value, name: Gc<Str>, value: Value) {
        let Some((shape_id, more)) = self.attributes_of(object) else { return };
        let dict_mode = self.shape(shape_id).dict_mode;
        if dict_mode && self.shape(shape_id).slot(name).is_none() {
            if let Some(mut dict) = more.cast::<Dict>() {
                dict.set_str(name, value);
            }
            return;
        }
        if let Some(i) = self.shape(shape_id).slot(name) {
            match object.cast::<Instance>() {
                Some(instance) => instance.set_slot(i, value),
                None => {
                    if let Some(mut list) = more.cast::<List>()
                        && let Some(place) = list.items.get_mut(i)
                    {
                        *place = value;
                    }
                }
            }
            return;
        }
        if self.shape(shape_id).names.len() >= MAX_SLOTS {
            if let Some(mut dict) = self.instance_dict(object) {
                dict.set_str(name, value);
            }
            return;
        }
        let next = self.shape_with(shape_id, name);
        let i = self.shape(shape_id).names.len();
        if let Some(instance) = object.cast::<Instance>() {
            self.heap.append_slot(instance, i, value);
            instance.header.aux.set(next);
            let mut class = self.shape(next).class;
            if usize::from(class.slot_hint) < i + 1 && i < 32 {
                class.slot_hint = (i + 1) as u8;
            }
        } else if let Some(mut exception) = object.cast::<Exception>() {
            let list = match exception.more.cast::<List>() {
                Some(list) => list,
                None => {
                    let list = self.heap.list(Vec::new());
                    exception.more = list.value();
                    list
                }
            };
            self.heap.push(list, value);
            exception.header.aux.set(next);
        }
    }

    /// The shape with one more name.
    fn shape_with(&mut self, id: u32, name: Gc<Str>) -> u32 {
        if let Some(&(_, next)) = self.shape(id).transitions.iter().find(|(n, _)| *n == name) {
            return next;
        }
        let mut names = self.shape(id).names.clone();
        names.push(name);
        let class = self.shape(id).class;
        let next = self.add_shape(Shape { class, names, transitions: Vec::new(), dict_mode: false });
        self.shapes[id as usize].transitions.push((name, next));
        next
    }

    pub(super) fn add_shape(&mut self, shape: Shape) -> u32 {
        self.shapes.push(shape);
        (self.shapes.len() - 1) as u32
    }

    /// `__dict__` of an object with attributes: from now on they live in that dict.
    pub fn instance_dict(&mut self, object: Value) -> Option<Gc<Dict>> {
        let (id, more) = self.attributes_of(object)?;
        if self.shape(id).dict_mode {
            return more.cast();
        }
        let class = self.shape(id).class;
        if class.flags.slots_only {
            return None;
        }
        let hidden = self.shape(class.root_shape).names.len();
        let names = self.shape(id).names.clone();
        let mut dict = self.heap.dict();
        for &name in names.iter().skip(hidden) {
            if let Some(v) = self.own_attribute(object, name) {
                dict.set_str(name, v);
            }
        }
        let root = class.root_shape;
        let empty = self.empty_str;
        // The shape of dict mode hangs below the root, under a name that no attribute has.
        let mode = match self
            .shape(root)
            .transitions
            .iter()
            .find(|(n, s)| *n == empty && self.shape(*s).dict_mode)
        {
            Some(&(_, shape)) => shape,
            None => {
                let names = self.shape(root).names.clone();
                let shape = self.add_shape(Shape { class, names, transitions: Vec::new(), dict_mode: true });
                self.shapes[root as usize].transitions.push((empty, shape));
                shape
            }
        };
        if let Some(mut instance) = object.cast::<Instance>() {
            instance.more = dict.value();
            instance.header.aux.set(mode);
        } else if let Some(mut exception) = object.cast::<Exception>() {
            exception.more = dict.value();
            exception.header.aux.set(mode);
        }
        Some(dict)
    }

    /// Replaces the attributes of an instance: `object.__dict__ = dict`.
    pub fn set_instance_dict(&mut self, object: Value, dict: Gc<Dict>) {
        if self.instance_dict(object).is_some() {
            if let Some(mut instance) = object.cast::<Instance>() {
                instance.more = dict.value();
            } else if let Some(mut exception) = object.cast::<Exception>() {
                exception.more = dict.value();
            }
        }
    }

    /// The built-in value that an instance of a subclass of a built-in type wraps, or unbound.
    #[must_use]
    pub fn payload(&self, v: Value) -> Value {
        match v.cast::<Instance>() {
            Some(i) if matches!(self.shape(i.shape()).class.layout, Layout::Payload(_)) => i.slot(0),
            _ => Value::UNBOUND,
        }
    }

    #[must_use]
    pub fn unwrap(&self, v: Value) -> Value {
        let payload = self.payload(v);
        if payload.is_unbound() { v } else { payload }
    }

    // Reading.

    pub fn get_attr(&mut self, object: Value, name: Gc<Str>) -> Result<Value> {
        match self.find_attr_or_error(object, name)? {
            Some(v) => Ok(v),
            None => Err(self.no_attribute(object, name)),
        }
    }

    /// An attribute, or `None` instead of an AttributeError.
    pub fn find_attr(&mut self, object: Value, name: Gc<Str>) -> Result<Option<Value>> {
        match self.find_attr_or_error(object, name) {
            Err(raise) if self.raised_is(raise, self.exceptions.AttributeError) => Ok(None),
            result => result,
        }
    }

    fn find_attr_or_error(&mut self, object: Value, name: Gc<Str>) -> Result<Option<Value>> {
        let name = self.interner.intern_gc(name);
        let class = self.type_of(object);
        if class.flags.getattribute
            && let Some(f) = self.lookup(class, self.names.__getattribute__)
            && f.is::<Function>()
        {
            return match self.call(f, &[object, name.value()]) {
                Err(raise)
                    if class.flags.getattr && self.raised_is(raise, self.exceptions.AttributeError) =>
                {
                    self.fallback_attr(object, class, name)
                }
                result => result.map(Some),
            };
        }
        match self.plain_attr(object, class, name) {
            Ok(None) if class.flags.getattr => self.fallback_attr(object, class, name),
            Err(raise) if class.flags.getattr && self.raised_is(raise, self.exceptions.AttributeError) => {
                self.fallback_attr(object, class, name)
            }
            result => result,
        }
    }

    fn fallback_attr(&mut self, object: Value, class: Gc<Class>, name: Gc<Str>) -> Result<Option<Value>> {
        match self.lookup(class, self.names.__getattr__) {
            Some(f) => self.call(f, &[object, name.value()]).map(Some),
            None => Ok(None),
        }
    }

    /// `object.__getattribute__`, and its variants for classes, modules and `super`.
    pub fn plain_attr(&mut self, object: Value, class: Gc<Class>, name: Gc<Str>) -> Result<Option<Value>> {
        match object.kind() {
            Some(Kind::Class) => {
                if let Some(c) = object.cast::<Class>() {
                    return self.class_attr(c, class, name);
                }
            }
            Some(Kind::Module) => {
                if let Some(v) = object.cast::<Module>().and_then(|m| m.dict.table.get_str(name)) {
                    return Ok(Some(v));
                }
                if let Some(v) = self.lazy_module_attr(object, name)? {
                    return Ok(Some(v));
                }
            }
            Some(Kind::Super) => {
                if let Some(s) = object.cast::<Super>()
                    && let Some(v) = self.super_attr(s, name)?
                {
                    return Ok(Some(v));
                }
            }
            Some(Kind::Function) => {
                if let Some(v) = object.cast::<Function>().and_then(|f| self.function_attribute(f, name)) {
                    return Ok(Some(v));
                }
            }
            _ => (),
        }
        let found = self.lookup(class, name);
        if let Some(found) = found
            && self.is_data_descriptor(found)
        {
            return Ok(Some(self.bind_descriptor(found, object)?.unwrap_or(found)));
        }
        if let Some(v) = self.own_attribute(object, name) {
            return Ok(Some(v));
        }
        if let Some(found) = found {
            return Ok(Some(self.bind_descriptor(found, object)?.unwrap_or(found)));
        }
        if let Some(m) = object.cast::<BoundMethod>() {
            // The error names the function, as CPython's does.
            return self.get_attr(m.function, name).map(Some);
        }
        Ok(None)
    }

    /// A function's own attribute. Its annotations are left to the getter, which evaluates them.
    fn function_attribute(&self, f: Gc<Function>, name: Gc<Str>) -> Option<Value> {
        let special = f.special.cast::<Dict>().filter(|_| name != self.names.__annotations__);
        let special = special.and_then(|d| d.table.get_str(name));
        special.or_else(|| f.attributes.cast::<Dict>()?.table.get_str(name))
    }

    /// An attribute of a class: its metaclass's data descriptors, its own MRO, the rest of the metaclass.
    fn class_attr(&mut self, class: Gc<Class>, meta: Gc<Class>, name: Gc<Str>) -> Result<Option<Value>> {
        let in_meta = self.lookup(meta, name);
        if let Some(found) = in_meta
            && self.is_data_descriptor(found)
        {
            return Ok(Some(self.bind_through(found, class.value(), meta)?.unwrap_or(found)));
        }
        if let Some(found) = self.lookup(class, name) {
            return Ok(Some(match found.kind() {
                Some(Kind::StaticMethod) => self.static_function(found),
                Some(Kind::ClassMethod) => match found.cast::<ClassMethod>() {
                    Some(m) => self.bind_class_method(m.function, class),
                    None => found,
                },
                Some(Kind::Instance) => {
                    let own = self.type_of(found);
                    match if own.flags.descriptor { self.lookup(own, self.names.__get__) } else { None } {
                        Some(get) => {
                            let v = self.call(get, &[found, Value::NONE, class.value()])?;
                            // A property of a class derived from `property` is itself, not what it wraps.
                            if v == self.payload(found) { found } else { v }
                        }
                        None => found,
                    }
                }
                _ => found,
            }));
        }
        match in_meta {
            Some(found) => Ok(Some(self.bind_through(found, class.value(), meta)?.unwrap_or(found))),
            None => Ok(None),
        }
    }

    /// A class attribute along the rest of the MRO, behind one of its classes.
    pub(super) fn lookup_after(own: Gc<Class>, class: Gc<Class>, name: Gc<Str>) -> Option<Value> {
        let behind = own.mro.iter().skip_while(|&&c| c != class).skip(1);
        behind.map(|c| c.dict).find_map(|dict| dict.table.get_str(name))
    }

    /// The function that `super(...).name(...)` calls, if the object is an instance.
    pub(super) fn super_method(s: Gc<Super>, name: Gc<Str>) -> Option<Value> {
        if s.object.is_unbound() || s.object == s.object_class.value() {
            return None;
        }
        let found = Self::lookup_after(s.object_class, s.class, name)?;
        found.is::<Function>().then_some(found)
    }

    fn super_attr(&mut self, s: Gc<Super>, name: Gc<Str>) -> Result<Option<Value>> {
        if s.object.is_unbound() || name == self.names.__class__ {
            return Ok(None);
        }
        let Some(found) = Self::lookup_after(s.object_class, s.class, name) else { return Ok(None) };
        if s.object == s.object_class.value() {
            // Bound to a class: class methods bind to it, functions stay as they are.
            return Ok(Some(match found.cast::<ClassMethod>() {
                Some(m) => self.bind_class_method(m.function, s.object_class),
                None => self.static_function(found),
            }));
        }
        Ok(Some(self.bind_through(found, s.object, s.object_class)?.unwrap_or(found)))
    }

    /// The names of an object's own attributes.
    #[must_use]
    pub fn own_attribute_names(&self, object: Value) -> Vec<String> {
        let Some((id, more)) = self.attributes_of(object) else { return Vec::new() };
        let shape = self.shape(id);
        let text = |n: Gc<Str>| n.as_str().to_owned();
        if shape.dict_mode {
            return more
                .cast::<Dict>()
                .map_or(Vec::new(), |d| d.table.keys().filter_map(|k| k.as_str()).map(text).collect());
        }
        shape.names.iter().copied().filter(|&n| self.own_attribute(object, n).is_some()).map(text).collect()
    }

    /// The AttributeError for a missing attribute.
    pub fn no_such_attribute(&mut self, object: Value, name: Gc<Str>) -> super::Raise {
        self.no_attribute(object, name)
    }

    #[cold]
    pub(super) fn no_attribute(&mut self, object: Value, name: Gc<Str>) -> super::Raise {
        let attr = name.text();
        let message = if let Some(class) = object.cast::<Class>() {
            format!("type object '{}' has no attribute '{attr}'", class.name_str())
        } else if let Some(module) = object.cast::<Module>() {
            let module_name = module.dict.table.get_str(self.names.__name__).and_then(Value::as_str);
            format!("module '{}' has no attribute '{attr}'", module_name.map_or("?", Gc::text))
        } else if object.is::<Super>() {
            format!("'super' object has no attribute '{attr}'")
        } else {
            format!("'{}' object has no attribute '{attr}'", self.class_name(object))
        };
        let raise = self.attribute_error(message);
        self.set_exception_field(raise.0, 0, name.value());
        self.set_exception_field(raise.0, 1, object);
        self.keep_whether_own(raise, object);
        raise
    }

    // Writing.

    pub fn set_attr(&mut self, object: Value, name: Gc<Str>, value: Value) -> Result<()> {
        let name = self.interner.intern_gc(name);
        let class = self.type_of(object);
        if class.flags.setattr && self.has_own_hook(class, self.names.__setattr__) {
            self.call_special(object, self.names.__setattr__, &[name.value(), value])?;
            return Ok(());
        }
        self.plain_set_attr(object, name, value)
    }

    /// Whether a class has its own `__setattr__` or `__delattr__`: `dict.__setitem__` counts, `object`'s does not.
    fn has_own_hook(&mut self, class: Gc<Class>, name: Gc<Str>) -> bool {
        match self.lookup(class, name) {
            Some(hook) if hook.is::<Function>() => true,
            Some(hook) => hook.cast::<Native>().is_none_or(|native| native.def.name() != name.as_str()),
            None => false,
        }
    }

    /// `object.__setattr__`, and its variants.
    pub fn plain_set_attr(&mut self, object: Value, name: Gc<Str>, value: Value) -> Result<()> {
        let class = self.type_of(object);
        if let Some(found) = self.lookup(class, name) {
            if let Some(p) = found.cast::<Property>() {
                if p.setter.is_none() {
                    let owner = class.name_str();
                    let attr = name.text();
                    return Err(self.attribute_error(if p.is_plain_field() {
                        "readonly attribute".to_owned()
                    } else if p.getter.is::<Native>() {
                        format!("attribute '{attr}' of '{owner}' objects is not writable")
                    } else {
                        let owner = self.class_qualname(class);
                        format!("property {}of '{owner}' object has no setter", self.property_name(p))
                    }));
                }
                self.call(p.setter, &[object, value])?;
                return Ok(());
            }
            if found.is::<Instance>() {
                let own = self.type_of(found);
                if own.flags.descriptor
                    && let Some(set) = self.lookup(own, self.names.__set__)
                {
                    self.call(set, &[found, object, value])?;
                    return Ok(());
                }
            }
        }
        match object.kind() {
            Some(Kind::Class) => {
                if let Some(c) = object.cast::<Class>() {
                    return self.set_class_attr(c, name, Some(value));
                }
            }
            Some(Kind::Module) => {
                if let Some(m) = object.cast::<Module>() {
                    let mut dict = m.dict;
                    dict.set_str(name, value);
                    return Ok(());
                }
            }
            Some(Kind::Function) => {
                if let Some(mut f) = object.cast::<Function>() {
                    let mut dict = match f.attributes.cast::<Dict>() {
                        Some(d) => d,
                        None => {
                            let d = self.heap.dict();
                            f.attributes = d.value();
                            d
                        }
                    };
                    dict.set_str(name, value);
                    return Ok(());
                }
            }
            Some(Kind::Instance | Kind::Exception) => {
                let declared = self
                    .attributes_of(object)
                    .is_some_and(|(shape, _)| self.shape(shape).slot(name).is_some());
                if class.flags.slots_only && !declared {
                    return Err(self.unsettable(class, name));
                }
                self.set_own_attribute(object, name, value);
                return Ok(());
            }
            _ => (),
        }
        Err(self.unsettable(class, name))
    }

    /// An object without a place of its own for an attribute.
    #[cold]
    fn unsettable(&mut self, class: Gc<Class>, name: Gc<Str>) -> Raise {
        let (owner, attr) = (class.name_str(), name.text());
        let exists = self.lookup(class, name).is_some();
        self.attribute_error(if exists {
            format!("'{owner}' object attribute '{attr}' is read-only")
        } else {
            format!("'{owner}' object has no attribute '{attr}' and no __dict__ for setting new attributes")
        })
    }

    fn set_class_attr(&mut self, class: Gc<Class>, name: Gc<Str>, value: Option<Value>) -> Result<()> {
        if class.header.flags.get() & super::class::IMMUTABLE != 0 {
            let (c, n) = (class.name_str(), name.text());
            return Err(self.type_error(format!("cannot set '{n}' attribute of immutable type '{c}'")));
        }
        let mut dict = class.dict;
        let old = dict.table.get_str(name);
        let plain = |v: Option<Value>| v.is_some_and(is_plain);
        match value {
            Some(v) => dict.set_str(name, v),
            None => {
                if dict.remove_str(name).is_none() {
                    let (c, n) = (class.name_str(), name.text());
                    return Err(self.attribute_error(format!("type object '{c}' has no attribute '{n}'")));
                }
            }
        }
        if plain(old) && plain(value) {
            // A counter kept in a class: what inline caches hold of classes is untouched.
            self.forget_lookup(class, name);
            return Ok(());
        }
        self.update_class_flags(class);
        self.classes_changed();
        Ok(())
    }

    fn forget_lookup(&mut self, class: Gc<Class>, name: Gc<Str>) {
        self.method_cache[cache_index(class, name)] = MethodCacheEntry::EMPTY;
        for &sub in &class.subclasses {
            self.forget_lookup(sub, name);
        }
    }

    pub fn del_attr(&mut self, object: Value, name: Gc<Str>) -> Result<()> {
        let name = self.interner.intern_gc(name);
        let class = self.type_of(object);
        if class.flags.delattr && self.has_own_hook(class, self.names.__delattr__) {
            self.call_special(object, self.names.__delattr__, &[name.value()])?;
            return Ok(());
        }
        self.plain_del_attr(object, name)
    }

    pub fn plain_del_attr(&mut self, object: Value, name: Gc<Str>) -> Result<()> {
        let class = self.type_of(object);
        if let Some(found) = self.lookup(class, name) {
            if let Some(p) = found.cast::<Property>() {
                if p.is_builtin() && name == self.names.__dict__ && self.instance_dict(object).is_some() {
                    let empty = self.heap.dict();
                    self.set_instance_dict(object, empty);
                    return Ok(());
                }
                if p.deleter.is_none() && p.is_builtin() {
                    return Err(self.undeletable(p, object, name));
                }
                if p.deleter.is_none() {
                    let owner = self.class_qualname(class);
                    let which = self.property_name(p);
                    return Err(
                        self.attribute_error(format!("property {which}of '{owner}' object has no deleter"))
                    );
                }
                self.call(p.deleter, &[object])?;
                return Ok(());
            }
            if found.is::<Instance>() {
                let own = self.type_of(found);
                if own.flags.descriptor
                    && let Some(delete) = self.lookup(own, self.names.__delete__)
                {
                    self.call(delete, &[found, object])?;
                    return Ok(());
                }
            }
        }
        if let Some(c) = object.cast::<Class>() {
            return self.set_class_attr(c, name, None);
        }
        let dict = match object.kind() {
            Some(Kind::Module) => object.cast::<Module>().map(|m| m.dict),
            Some(Kind::Function) => object.cast::<Function>().and_then(|f| f.attributes.cast()),
            _ => {
                if let Some(done) = self.delete_slot(object, name) {
                    return done;
                }
                self.instance_dict(object)
            }
        };
        match dict.map(|mut d| d.remove_str(name)) {
            Some(Some(_)) => Ok(()),
            Some(None) => Err(self.no_attribute(object, name)),
            None => Err(self.unsettable(class, name)),
        }
    }

    #[cold]
    fn undeletable(&mut self, p: Gc<Property>, object: Value, name: Gc<Str>) -> super::Raise {
        let name = name.text();
        match object.cast::<Class>() {
            Some(class) => {
                let class = class.name_str();
                self.type_error(format!("cannot delete '{name}' attribute of immutable type '{class}'"))
            }
            None if matches!(name, "__name__" | "__qualname__") => {
                self.type_error(format!("{name} must be set to a string object"))
            }
            None => {
                let owner = p.doc.cast::<Class>().map_or("", |c| c.name_str());
                self.attribute_error(if p.is_plain_field() {
                    "readonly attribute".to_owned()
                } else {
                    format!("attribute '{name}' of '{owner}' objects is not writable")
                })
            }
        }
    }

    pub(super) fn del_attr_value(&mut self, object: Value, name: Value) -> Result<()> {
        match name.as_str() {
            Some(name) => self.del_attr(object, name),
            None => Ok(()),
        }
    }

    // Special methods.

    /// A special method that a class of the language (or of a module) defines, with the receiver to pass (unbound if
    /// none is to be passed). `None` for values of the core's built-in types.
    pub fn special(&mut self, object: Value, name: Gc<Str>) -> Option<(Value, Value)> {
        match object.kind()? {
            Kind::Instance | Kind::Exception | Kind::Boxed => (),
            Kind::Class => {
                // A metaclass of the language.
                let meta = self.type_of(object);
                if meta == self.types.type_ {
                    return None;
                }
            }
            Kind::Generator
            | Kind::Coroutine
            | Kind::AsyncGenerator
            | Kind::Future
            | Kind::Task
            | Kind::Iter
            | Kind::StaticMethod
            | Kind::Awaitable
            | Kind::AsyncGenStep => (),
            _ => return None,
        }
        let class = self.type_of(object);
        let found = self.lookup(class, name)?;
        if found.is_none() {
            return None;
        }
        match found.kind() {
            Some(Kind::Function) => Some((found, object)),
            Some(Kind::Native) if found.cast::<Native>().is_some_and(|n| n.def.is_method()) => {
                Some((found, object))
            }
            _ => match self.bind_descriptor(found, object) {
                Ok(Some(bound)) => Some((bound, Value::UNBOUND)),
                _ => Some((found, Value::UNBOUND)),
            },
        }
    }

    /// Calls a special method; `None` if there is none.
    pub fn call_special(&mut self, object: Value, name: Gc<Str>, args: &[Value]) -> Result<Option<Value>> {
        let Some((function, receiver)) = self.special(object, name) else { return Ok(None) };
        if receiver.is_unbound() {
            return self.call(function, args).map(Some);
        }
        let mut all = [Value::UNBOUND; 5];
        if args.len() < 5 {
            all[0] = receiver;
            all[1..=args.len()].copy_from_slice(args);
            return self.call(function, &all[..=args.len()]).map(Some);
        }
        let mut all = vec![receiver];
        all.extend_from_slice(args);
        self.call(function, &all).map(Some)
    }

    // Global names.

    #[cold]
    pub(super) fn undefined_name(&mut self, name: Gc<Str>) -> super::Raise {
        let raise = self.name_error(format!("name '{}' is not defined", name.text()));
        self.set_exception_field(raise.0, 0, name.value());
        self.keep_scope(raise);
        raise
    }

    pub(super) fn delete_global(&mut self, mut globals: Gc<Dict>, name: Value) -> Result<()> {
        let Some(name) = name.as_str() else { return Ok(()) };
        match globals.remove_str(name) {
            Some(_) => Ok(()),
            None => Err(self.undefined_name(name)),
        }
    }

    /// A name in a class body's namespace.
    pub(super) fn load_class_name(&mut self, namespace: Value, name: Value) -> Result<Option<Value>> {
        if let Some(dict) = namespace.cast::<Dict>() {
            return self.dict_get(dict, name);
        }
        match self.get_item(namespace, name) {
            Ok(v) => Ok(Some(v)),
            Err(raise) if self.raised_is(raise, self.exceptions.KeyError) => Ok(None),
            Err(raise) => Err(raise),
        }
    }

    pub(super) fn load_name(&mut self, namespace: Value, name: Value) -> Result<Value> {
        if let Some(v) = self.load_class_name(namespace, name)? {
            return Ok(v);
        }
        let Some(text) = name.as_str() else { return Ok(Value::NONE) };
        let globals = self.activations.last().map_or(self.builtins, |a| a.function.globals);
        if let Some(v) = globals.table.get_str(text).or_else(|| self.builtins.table.get_str(text)) {
            return Ok(v);
        }
        if let Some(v) = self.lazy_builtin(text)? {
            return Ok(v);
        }
        Err(self.undefined_name(text))
    }

    pub(super) fn setup_annotations(&mut self, namespace: Value) -> Result<()> {
        let name = self.names.__annotations__.value();
        match self.get_item(namespace, name) {
            Err(raise) if self.raised_is(raise, self.exceptions.KeyError) => {
                let empty = self.heap.dict().value();
                self.set_item(namespace, name, empty)
            }
            result => result.map(|_| ()),
        }
    }

    pub(super) fn delete_name(&mut self, namespace: Value, name: Value) -> Result<()> {
        match self.del_item(namespace, name) {
            Err(raise) if self.raised_is(raise, self.exceptions.KeyError) => match name.as_str() {
                Some(name) => Err(self.undefined_name(name)),
                None => Err(raise),
            },
            result => result,
        }
    }

    /// The object's own data, if it is a box with data of this type.
    pub fn boxed_data<T: crate::objects::NativeData>(&self, v: Value) -> Option<Gc<Boxed>> {
        v.cast::<Boxed>().filter(|b| b.data.as_any().is::<T>())
    }
}
