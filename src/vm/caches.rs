//! Attributes and global names through inline caches: what a site learns, and what it does the first time.
//!
//! The run loop reads the caches itself; here is what fills them. `CacheKind` says what each kind holds, and which guards
//! it needs.

use super::attributes::is_plain;
use super::call::Begun;
use super::{Result, Return, Vm};
use crate::bytecode::code::CodeKind;
use crate::bytecode::op::Opcode;
use crate::heap::{Gc, Kind, Str, Value};
use crate::objects::code::{CacheKind, NO_ARGS};
use crate::objects::dict::is_remembered;
use crate::objects::{
    Boxed, Class, ClassMethod, Dict, Function, InlineCache, Instance, Module, Native, Property, StaticMethod,
    Super,
};

/// What some site learnt of a shape, for others: sites to which several shapes come in turn learn again and again.
#[derive(Clone, Copy)]
pub(super) struct Learnt {
    op: Opcode,
    cache: InlineCache,
}

/// How many of them are kept.
const LEARNT: usize = 256;

/// All that there is room for, at first nothing; `name` is any string.
pub(super) fn nothing_learnt(name: Gc<Str>) -> Box<[Learnt]> {
    let cache = InlineCache::new(name);
    vec![Learnt { op: Opcode::Nop, cache }; LEARNT].into()
}

#[inline(always)]
fn place_of(op: Opcode, shape: u32, name: Gc<Str>) -> usize {
    let name = (name.value().bits() >> 4) as usize;
    (name ^ (shape as usize * 7) ^ (op as usize * 61)) % LEARNT
}

impl Vm {
    /// Keeps what the site of an op that gets or sets an instance's attribute knows now.
    pub(super) fn keep_learnt(&mut self, op: Opcode, object: Value, cache: &InlineCache) {
        if object.is::<Instance>() && cache.kind != CacheKind::Empty && cache.epoch == self.class_epoch {
            self.learnt[place_of(op, cache.guard, cache.name)] = Learnt { op, cache: *cache };
        }
    }

    /// Tells a site what another one learnt of this shape.
    #[inline(always)]
    pub(super) fn learn_from_others(&self, op: Opcode, shape: u32, site: &mut InlineCache) -> bool {
        let learnt = &self.learnt[place_of(op, shape, site.name)];
        let fits = learnt.op == op
            && learnt.cache.guard == shape
            && learnt.cache.name == site.name
            && learnt.cache.epoch == self.class_epoch;
        if fits {
            *site = learnt.cache;
        }
        fits
    }

    /// Before a collection: neither names nor values are held here.
    pub(super) fn forget_learnt(&mut self) {
        for learnt in &mut self.learnt {
            learnt.cache.epoch = 0;
        }
    }

    /// What guards an inline cache for a value: an instance's shape, else its class.
    #[inline]
    fn guard_of(&self, v: Value) -> u32 {
        match v.cast::<Instance>() {
            Some(i) => i.shape(),
            None => self.type_of(v).root_shape,
        }
    }

    /// `object.name`, learning for the next time. A property's getter is entered in place.
    pub(super) fn load_attr(&mut self, object: Value, cache: &mut InlineCache, dst: u16) -> Result<Begun> {
        let name = cache.name;
        if let Some(module) = object.cast::<Module>() {
            return self.module_attr(object, module, cache).map(Begun::Done);
        }
        if let Some(class) = object.cast::<Class>() {
            if let Some(found) = self.class_member(class, name)
                && !found.is::<ClassMethod>()
            {
                self.learn_class_member(
                    cache,
                    class,
                    class.root_shape,
                    [CacheKind::OwnValue, CacheKind::OwnSlot],
                );
            }
            return self.get_attr(object, name).map(Begun::Done);
        }
        let Some(instance) = object.cast::<Instance>() else {
            return self.get_attr(object, name).map(Begun::Done);
        };
        let id = instance.shape();
        let shape = self.shape(id);
        let class = shape.class;
        if class.flags.getattribute || shape.dict_mode {
            return self.get_attr(object, name).map(Begun::Done);
        }
        let slot = shape.slot(name);
        let found = self.lookup(class, name);
        if let Some(found) = found {
            if let Some(p) = found.cast::<Property>()
                && p.getter.is::<Function>()
                && !class.flags.getattr
            {
                *cache = InlineCache {
                    guard: id,
                    kind: CacheKind::Getter,
                    epoch: self.class_epoch,
                    value: p.getter,
                    ..*cache
                };
                return self.begin_call(p.getter, &[object], None, Return::Register, dst);
            }
            if let Some(at) = self.field_index(found, class) {
                *cache = InlineCache {
                    guard: id,
                    slot: at,
                    kind: CacheKind::TupleItem,
                    epoch: self.class_epoch,
                    ..*cache
                };
            }
            if self.is_data_descriptor(found) {
                return self.get_attr(object, name).map(Begun::Done);
            }
        }
        if let Some(i) = slot {
            let v = instance.slot(i);
            if !v.is_unbound() {
                *cache = InlineCache {
                    guard: id,
                    slot: i as u32,
                    kind: CacheKind::Slot,
                    epoch: self.class_epoch,
                    ..*cache
                };
                return Ok(Begun::Done(v));
            }
        } else if found.is_some_and(|found| self.stays_as_it_is(found)) {
            self.learn_class_member(cache, class, id, [CacheKind::ClassValue, CacheKind::ClassSlot]);
        }
        self.get_attr(object, name).map(Begun::Done)
    }

    /// Which item of the instances of `class`, which is derived from `tuple`, a class attribute stands for: a field of a
    /// named tuple.
    fn field_index(&mut self, found: Value, class: Gc<Class>) -> Option<u32> {
        let known = found.is::<Instance>()
            && self.type_of(found).value() == self.field_class
            && class.layout == crate::objects::class::Layout::Payload(Kind::Tuple);
        if !known {
            return None;
        }
        let name = self.intern("_at");
        u32::try_from(self.own_attribute(found, name)?.as_int()?).ok()
    }

    /// Whether a class attribute that is found through an instance is not bound to it. A static method is its function.
    fn stays_as_it_is(&self, found: Value) -> bool {
        match found.kind() {
            None
            | Some(Kind::Str | Kind::List | Kind::Dict | Kind::Tuple | Kind::Class | Kind::StaticMethod) => {
                true
            }
            Some(Kind::Set | Kind::FrozenSet | Kind::Float | Kind::BigInt | Kind::Bytes) => true,
            Some(Kind::Instance) => !self.type_of(found).flags.descriptor,
            _ => false,
        }
    }

    /// What a class has under a name that neither its metaclass nor the core gives a meaning of its own.
    fn class_member(&mut self, class: Gc<Class>, name: Gc<Str>) -> Option<Value> {
        let meta = self.type_of(class.value());
        let special =
            meta.flags.getattribute || name.text().starts_with("__") || self.lookup(meta, name).is_some();
        let found = if special { None } else { self.lookup(class, name) }?;
        let bound = found.is::<Instance>() && self.type_of(found).flags.descriptor;
        if bound { None } else { Some(found) }
    }

    /// Remembers an attribute of a class for objects with this guard: the value itself, or where it lies.
    fn learn_class_member(
        &mut self,
        cache: &mut InlineCache,
        class: Gc<Class>,
        guard: u32,
        [value_kind, slot_kind]: [CacheKind; 2],
    ) {
        let name = cache.name;
        let holder = class.mro.iter().find_map(|c| Some((c.dict, c.dict.table.find_str(name)?)));
        let Some((dict, slot)) = holder else { return };
        let found = dict.table.value_at(slot);
        let (kind, value) = if is_plain(found) {
            (slot_kind, dict.value())
        } else {
            (value_kind, self.static_function(found))
        };
        *cache = InlineCache { guard, slot: slot as u32, kind, epoch: self.class_epoch, value, ..*cache };
    }

    /// An attribute in a module's dict: its slot is remembered with the version of the dict's keys.
    fn module_attr(&mut self, object: Value, module: Gc<Module>, cache: &mut InlineCache) -> Result<Value> {
        let dict = module.dict;
        if cache.kind == CacheKind::Global && dict.header.aux.get() == cache.guard {
            return Ok(dict.table.value_at(cache.slot as usize));
        }
        let name = cache.name;
        if let Some(slot) = dict.table.find_str(name) {
            *cache = InlineCache {
                guard: self.version_of(dict),
                slot: slot as u32,
                kind: CacheKind::Global,
                ..*cache
            };
            return Ok(dict.table.value_at(slot));
        }
        self.get_attr(object, name)
    }

    /// The function and receiver of `object.name(...)`; the receiver is unbound if the attribute is to be called as it
    /// is.
    pub(super) fn load_method(&mut self, object: Value, cache: &mut InlineCache) -> Result<(Value, Value)> {
        if let Some(module) = object.cast::<Module>() {
            let v = self.module_attr(object, module, cache)?;
            return Ok((v, Value::UNBOUND));
        }
        let guard = self.guard_of(object);
        if cache.kind == CacheKind::Method && cache.guard == guard && cache.epoch == self.class_epoch {
            return Ok((cache.value, object));
        }
        let name = cache.name;
        if let Some(s) = object.cast::<Super>()
            && let Some(function) = Self::super_method(s, name)
        {
            return Ok((function, s.object));
        }
        if let Some(class) = object.cast::<Class>() {
            return self.load_class_method(object, class, cache);
        }
        let class = self.type_of(object);
        let own = matches!(object.kind(), Some(Kind::Module | Kind::Super | Kind::Function));
        if !own && !class.flags.getattribute {
            let shadowed = match object.kind() {
                Some(Kind::Instance | Kind::Exception) => self.own_attribute(object, name).is_some(),
                _ => false,
            };
            if let Some(found) = self.lookup(class, name)
                && !shadowed
            {
                let dict_mode = object.cast::<Instance>().is_some_and(|i| self.shape(i.shape()).dict_mode);
                let cached = !dict_mode && object.kind() != Some(Kind::Exception);
                let mut learn = |kind, value| {
                    if cached {
                        *cache = InlineCache { guard, kind, epoch: self.class_epoch, value, ..*cache };
                    }
                };
                let method = found.is::<Function>()
                    || found.cast::<Native>().is_some_and(|n| n.def.is_method() && n.receiver.is_unbound());
                if method {
                    learn(CacheKind::Method, found);
                    if let Some(kind) = object.kind().filter(|&kind| Self::tells_type(kind)) {
                        (cache.kind, cache.slot) = (CacheKind::MethodOfKind, kind as u32);
                    }
                    return Ok((found, object));
                }
                if let Some(s) = found.cast::<StaticMethod>() {
                    learn(CacheKind::ClassValue, s.function);
                    return Ok((s.function, Value::UNBOUND));
                }
                if let Some(m) = found.cast::<ClassMethod>()
                    && m.function.is::<Function>()
                {
                    learn(CacheKind::ClassMethod, m.function);
                    return Ok((m.function, class.value()));
                }
            }
        }
        Ok((self.get_attr(object, name)?, Value::UNBOUND))
    }

    /// The same where the object is a class.
    fn load_class_method(
        &mut self,
        object: Value,
        class: Gc<Class>,
        cache: &mut InlineCache,
    ) -> Result<(Value, Value)> {
        let name = cache.name;
        match self.class_member(class, name) {
            Some(found) if found.is::<ClassMethod>() => {
                if let Some(m) = found.cast::<ClassMethod>()
                    && m.function.is::<Function>()
                {
                    *cache = InlineCache {
                        guard: class.root_shape,
                        kind: CacheKind::OwnMethod,
                        epoch: self.class_epoch,
                        value: m.function,
                        ..*cache
                    };
                    return Ok((m.function, object));
                }
            }
            Some(_) => {
                self.learn_class_member(
                    cache,
                    class,
                    class.root_shape,
                    [CacheKind::OwnValue, CacheKind::OwnSlot],
                );
            }
            None => (),
        }
        Ok((self.get_attr(object, name)?, Value::UNBOUND))
    }

    /// The same of what `super(class, object)` gives; the three are `parts`, and `super` may have been rebound.
    pub(super) fn load_super_method(
        &mut self,
        parts: &[Value],
        cache: &mut InlineCache,
    ) -> Result<(Value, Value)> {
        let &[callee, class, this] = parts else { return Ok((Value::NONE, Value::UNBOUND)) };
        if callee == self.types.super_.value()
            && let Some(instance) = this.cast::<Instance>()
            && let Some(class) = class.cast::<Class>()
        {
            let own = self.type_of(this);
            let name = cache.name;
            let method = Self::lookup_after(own, class, name).filter(|f| {
                f.is::<Function>()
                    || f.cast::<Native>().is_some_and(|n| n.def.is_method() && n.receiver.is_unbound())
            });
            if let Some(function) = method {
                let (guard, slot) = (instance.shape(), class.root_shape);
                let kind = CacheKind::Method;
                *cache =
                    InlineCache { guard, slot, kind, epoch: self.class_epoch, value: function, ..*cache };
                return Ok((function, this));
            }
        }
        self.releasing(|vm| {
            let object = vm.call(callee, &[class, this])?;
            vm.root(object);
            Ok((vm.get_attr(object, cache.name)?, Value::UNBOUND))
        })
    }

    /// A special method of an object, learnt for the next time.
    pub(super) fn learn_special(&mut self, object: Value, cache: &mut InlineCache) -> Option<(Value, Value)> {
        let found = self.special(object, cache.name)?;
        if found.1 == object && (object.is::<Instance>() || object.is::<Boxed>()) {
            *cache = InlineCache {
                guard: self.guard_of(object),
                kind: CacheKind::Method,
                epoch: self.class_epoch,
                value: found.0,
                ..*cache
            };
        }
        Some(found)
    }

    /// A method of `with`: looked up on the type, with CPython's words when one is missing.
    pub(super) fn load_special(&mut self, object: Value, cache: &mut InlineCache) -> Result<(Value, Value)> {
        if let Some(found) = self.learn_special(object, cache) {
            return Ok(found);
        }
        let name = cache.name;
        let class = self.class_name(object);
        let n = &self.names;
        let is_async = name == n.__aenter__ || name == n.__aexit__;
        let protocol = if is_async { "asynchronous context manager" } else { "context manager" };
        let missed = if name == n.__exit__ || name == n.__aexit__ {
            format!(" (missed {} method)", name.as_str())
        } else {
            String::new()
        };
        let message = format!("'{class}' object does not support the {protocol} protocol{missed}");
        Err(self.type_error(message))
    }

    /// `object.name = value`, learning for the next time.
    pub(super) fn store_attr(&mut self, object: Value, cache: &mut InlineCache, value: Value) -> Result<()> {
        let name = cache.name;
        if let Some(instance) = object.cast::<Instance>() {
            let before = instance.shape();
            let class = self.shape(before).class;
            let shape = self.shape(before);
            let simple = !class.flags.setattr
                && !shape.dict_mode
                && (!class.flags.slots_only || shape.slot(name).is_some());
            if simple {
                let descriptor = match self.lookup(class, name) {
                    Some(found) => self.takes_writes(found),
                    None => false,
                };
                if !descriptor {
                    self.set_own_attribute(object, name, value);
                    let after = instance.shape();
                    if self.shape(after).dict_mode {
                        return Ok(());
                    }
                    let slot = self.shape(after).slot(name).unwrap_or(0) as u32;
                    let kind = if before == after { CacheKind::Slot } else { CacheKind::AddSlot };
                    *cache = InlineCache {
                        guard: before,
                        slot,
                        kind,
                        epoch: self.class_epoch,
                        value: Value::int(i64::from(after)),
                        ..*cache
                    };
                    return Ok(());
                }
            }
        }
        self.set_attr(object, name, value)
    }

    // Global names.

    /// The version of a dict's keys, for caches.
    fn version_of(&mut self, dict: Gc<Dict>) -> u32 {
        let version = dict.header.aux.get();
        if version != 0 {
            return version;
        }
        self.dict_versions = self.dict_versions.wrapping_add(1).max(1);
        dict.header.aux.set(self.dict_versions);
        self.dict_versions
    }

    /// What a global of a function's code is, learning for the next time.
    pub(super) fn load_global(&mut self, function: Gc<Function>, cache: &mut InlineCache) -> Result<Value> {
        let name = cache.name;
        let globals = function.globals;
        if let Some(slot) = globals.table.find_str(name) {
            let value = globals.table.value_at(slot);
            // Only what is remembered is kept: other globals may be the last reference to what they are.
            let (kind, kept) = if is_remembered(value) {
                (CacheKind::Callable, value)
            } else {
                (CacheKind::Global, Value::NONE)
            };
            let callee = value.cast::<Function>().filter(|_| function.code.kind == CodeKind::Plain);
            let args = callee.and_then(|f| u16::try_from(f.code.simple_args).ok());
            *cache = InlineCache {
                guard: self.version_of(globals),
                slot: slot as u32,
                kind,
                args: args.unwrap_or(NO_ARGS),
                entry: callee.map_or(std::ptr::null(), |f| f.entry()),
                value: kept,
                ..*cache
            };
            return Ok(value);
        }
        let builtins = self.builtins;
        if let Some(slot) = builtins.table.find_str(name) {
            *cache = InlineCache {
                guard: self.version_of(globals),
                epoch: self.version_of(builtins),
                slot: slot as u32,
                kind: CacheKind::Builtin,
                args: NO_ARGS,
                ..*cache
            };
            return Ok(builtins.table.value_at(slot));
        }
        if let Some(v) = self.lazy_builtin(name)? {
            return Ok(v);
        }
        Err(self.undefined_name(name))
    }

    pub(super) fn store_global(&mut self, mut globals: Gc<Dict>, cache: &mut InlineCache, v: Value) {
        let name = cache.name;
        globals.set_str(name, v);
        let slot = globals.table.find_str(name).unwrap_or(0);
        *cache = InlineCache {
            guard: self.version_of(globals),
            slot: slot as u32,
            kind: CacheKind::Global,
            args: NO_ARGS,
            value: Value::NONE,
            ..*cache
        };
    }
}
