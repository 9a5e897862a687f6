//! Attributes through inline caches: of instances, of classes and modules, methods.

use super::state::State;
use super::{Halt, Vm};
use crate::bytecode::op::{Op, Opcode};
use crate::heap::{Gc, Value};
use crate::objects::code::CacheKind;
use crate::objects::{Boxed, Class, CodeObject, Dict, Function, InlineCache, Instance, Module, Tuple};
use crate::vm::{Activation, Return};

handlers! {
    fn load_attr(s) {
        let op = s.op();
        let cache = s.cache(op.cx());
        if let Some(instance) = s.reg(op.b()).cast::<Instance>() {
            if instance.shape() == cache.guard && cache.epoch == s.vm.class_epoch {
                if cache.kind == CacheKind::Slot
                    && let Some(v) = instance.inline_slot(cache.slot as usize)
                    // One of `__slots__` may be empty.
                    && !v.is_unbound()
                {
                    return s.done(op.a(), v);
                }
                return s.then(load_other_attr);
            }
            return s.then(of_another_shape);
        }
        s.then(load_own_attr)
    }

    /// An op that gets or sets an attribute of an instance for whose shape its cache is not: another site may know more.
    fn of_another_shape(s) {
        let op = s.op();
        let object = s.reg(if op.code() == Opcode::StoreAttr { op.a() } else { op.b() });
        if let Some(instance) = object.cast::<Instance>()
            && s.vm.learn_from_others(op.code(), instance.shape(), s.cache(op.cx()))
        {
            return s.go();
        }
        s.general()
    }

    /// An attribute that does not lie in the instance's cell; the cache is known to be good.
    fn load_other_attr(s) {
        let op = s.op();
        let cache = s.cache(op.cx());
        match cache.kind {
            CacheKind::Slot => {
                if let Some(instance) = s.reg(op.b()).cast::<Instance>() {
                    let v = instance.slot(cache.slot as usize);
                    if !v.is_unbound() {
                        return s.done(op.a(), v);
                    }
                }
            }
            CacheKind::ClassValue => return s.done(op.a(), cache.value),
            CacheKind::ClassSlot => {
                if let Some(dict) = cache.value.cast::<Dict>() {
                    return s.done(op.a(), dict.table.value_at(cache.slot as usize));
                }
            }
            CacheKind::TupleItem => {
                if let Some(instance) = s.reg(op.b()).cast::<Instance>()
                    && let Some(tuple) = instance.slot(0).cast::<Tuple>()
                    && let Some(&v) = tuple.items().get(cache.slot as usize)
                {
                    return s.done(op.a(), v);
                }
            }
            CacheKind::Getter => {
                if let Some(getter) = cache.value.cast::<Function>()
                    && getter.code.simple_args == 1
                {
                    let window = s.act().top;
                    let top = window.wrapping_add(getter.code.registers as usize);
                    if s.has_room(top) && s.spend() {
                        // SAFETY: the window was reserved, and has a register for the parameter.
                        unsafe { *window = s.reg(op.b()) };
                        s.save(1);
                        return s.enter(getter, window, top, (Return::Register, op.a()));
                    }
                }
            }
            _ => (),
        }
        s.general()
    }

    /// An attribute of a class or module.
    fn load_own_attr(s) {
        let op = s.op();
        let cache = s.cache(op.cx());
        match s.vm.cached_own(s.reg(op.b()), cache) {
            Some(v) => s.done(op.a(), v),
            None => s.general(),
        }
    }

    fn store_attr(s) {
        let op = s.op();
        let cache = s.cache(op.cx());
        if let Some(instance) = s.reg(op.a()).cast::<Instance>() {
            if instance.shape() != cache.guard || cache.epoch != s.vm.class_epoch {
                return s.then(of_another_shape);
            }
            let slot = cache.slot as usize;
            if cache.kind == CacheKind::Slot {
                if instance.set_inline(slot, s.reg(op.b())) {
                    return s.next();
                }
                return s.then(store_outer_attr);
            }
            if cache.kind == CacheKind::AddSlot && instance.set_inline(slot, s.reg(op.b())) {
                instance.header.aux.set(cache.next_shape());
                return s.next();
            }
        }
        s.general()
    }

    /// An attribute that lies outside of the instance's cell; the cache is known to be good.
    fn store_outer_attr(s) {
        let op = s.op();
        let cache = s.cache(op.cx());
        if let Some(instance) = s.reg(op.a()).cast::<Instance>() {
            instance.set_slot(cache.slot as usize, s.reg(op.b()));
            return s.next();
        }
        s.general()
    }

    fn load_method(s) {
        let op = s.op();
        let object = s.reg(op.b());
        let cache = s.cache(op.cx());
        if let Some(instance) = object.cast::<Instance>() {
            if instance.shape() == cache.guard && cache.epoch == s.vm.class_epoch {
                let receiver = match cache.kind {
                    CacheKind::Method => object,
                    CacheKind::ClassValue => Value::UNBOUND,
                    CacheKind::ClassMethod => s.vm.shape(cache.guard).class.value(),
                    _ => return s.general(),
                };
                s.set(usize::from(op.a()) + 1, receiver);
                return s.done(op.a(), cache.value);
            }
            return s.then(of_another_shape);
        }
        if let Some(kind) = object.kind()
            && cache.slot == kind as u32
            && cache.kind == CacheKind::MethodOfKind
            && cache.epoch == s.vm.class_epoch
        {
            s.set(usize::from(op.a()) + 1, object);
            return s.done(op.a(), cache.value);
        }
        s.then(load_own_method)
    }

    /// A method of a class, or a function of a module.
    fn load_own_method(s) {
        let op = s.op();
        let object = s.reg(op.b());
        let cache = s.cache(op.cx());
        if let Some(boxed) = object.cast::<Boxed>()
            && boxed.class.root_shape == cache.guard
            && cache.kind == CacheKind::Method
            && cache.epoch == s.vm.class_epoch
        {
            s.set(usize::from(op.a()) + 1, object);
            return s.done(op.a(), cache.value);
        }
        if let Some(v) = s.vm.cached_own(object, cache) {
            s.set(usize::from(op.a()) + 1, Value::UNBOUND);
            return s.done(op.a(), v);
        }
        if let Some(class) = object.cast::<Class>()
            && cache.kind == CacheKind::OwnMethod
            && class.root_shape == cache.guard
            && cache.epoch == s.vm.class_epoch
        {
            s.set(usize::from(op.a()) + 1, object);
            return s.done(op.a(), cache.value);
        }
        s.general()
    }

    /// A method of `with`.
    fn load_special(s) {
        let op = s.op();
        let object = s.reg(op.b());
        let cache = s.cache(op.cx());
        let guard = match object.cast::<Instance>() {
            Some(instance) => instance.shape(),
            None => object.cast::<Boxed>().map_or(0, |boxed| boxed.class.root_shape),
        };
        if guard == cache.guard && cache.kind == CacheKind::Method && cache.epoch == s.vm.class_epoch {
            s.set(usize::from(op.a()) + 1, object);
            return s.done(op.a(), cache.value);
        }
        s.general()
    }

    fn load_super_method(s) {
        let op = s.op();
        let cache = s.cache(op.cx());
        let a = usize::from(op.a());
        let this = s.reg(a + 2);
        if let Some(instance) = this.cast::<Instance>()
            && instance.shape() == cache.guard
            && cache.epoch == s.vm.class_epoch
            && let Some(class) = s.reg(a + 1).cast::<Class>()
            && class.root_shape == cache.slot
            && s.reg(a) == s.vm.types.super_.value()
        {
            s.set(a + 1, this);
            return s.done(op.a(), cache.value);
        }
        s.general()
    }
}

impl Vm {
    /// What a site remembers of an attribute of this module or class.
    #[inline(always)]
    fn cached_own(&self, object: Value, cache: &InlineCache) -> Option<Value> {
        if let Some(module) = object.cast::<Module>() {
            let known = cache.kind == CacheKind::Global && module.dict.header.aux.get() == cache.guard;
            return known.then(|| module.dict.table.value_at(cache.slot as usize));
        }
        let class = object.cast::<Class>()?;
        if class.root_shape != cache.guard || cache.epoch != self.class_epoch {
            return None;
        }
        match cache.kind {
            CacheKind::OwnValue => Some(cache.value),
            CacheKind::OwnSlot => Some(cache.value.cast::<Dict>()?.table.value_at(cache.slot as usize)),
            _ => None,
        }
    }
}
