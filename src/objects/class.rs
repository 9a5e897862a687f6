//! Classes, and the shapes (hidden classes) of their instances.

use super::dict::Dict;
use crate::heap::{Gc, Header, Kind, Str, Value};
use crate::native::{NativeDef, NativeFn};

/// What the instances of a class are made of: decided by the built-in type among its ancestors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// An `Instance` with attributes.
    Object,
    /// An `Exception`.
    Exception,
    /// A class: the class is a metaclass.
    Class,
    /// An `Instance` whose first slot holds a value of that kind: a subclass of `list`, `int`, ...
    Payload(Kind),
    /// A built-in type that instances of the language cannot extend, or that makes its own objects.
    Native(Kind),
}

/// Which special methods a class or its ancestors define in the language: tests that keep the common paths short.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClassFlags {
    /// Calling it makes an exception with these arguments, and does no more.
    pub plain_exception: bool,
    pub getattribute: bool,
    pub getattr: bool,
    pub setattr: bool,
    pub delattr: bool,
    pub new: bool,
    pub eq: bool,
    pub hash: bool,
    pub bool_or_len: bool,
    /// `__getitem__`
    pub getitem: bool,
    /// `__setitem__`
    pub setitem: bool,
    /// `__get__` or `__set__`: instances are descriptors.
    pub descriptor: bool,
    /// `__slots__` without a `__dict__`.
    pub slots_only: bool,
    /// Its own `__abstractmethods__` names some: it has no instances.
    pub is_abstract: bool,
    /// Its name is that with the module before it, as messages about classes written in C have it in CPython; its
    /// `__name__` is what follows the last dot.
    pub long_name: bool,
}

#[repr(C)]
pub struct Class {
    pub header: Header,
    pub name: Gc<Str>,
    /// A string, or unbound where it is the name.
    pub qualname: Value,
    /// The class's class.
    pub metaclass: Option<Gc<Class>>,
    pub bases: Vec<Gc<Class>>,
    /// Itself first.
    pub mro: Vec<Gc<Class>>,
    pub dict: Gc<Dict>,
    pub layout: Layout,
    pub flags: ClassFlags,
    /// The shape of an instance without attributes.
    pub root_shape: u32,
    /// How many slots a new instance gets: as many as earlier ones came to use.
    pub slot_hint: u8,
    /// The `__new__` of a built-in class whose calls need nothing else.
    pub constructor: Option<&'static NativeDef>,
    /// What a call of a built-in class with one argument does, where there is a shorter way than its constructor; it gets
    /// the class before the argument.
    pub convert: Option<NativeFn>,
    /// As of a class epoch, the `__init__` that is all there is to making an instance, or None where there is nothing to
    /// call; unbound where it is not that simple.
    pub init: Value,
    pub init_epoch: u32,
    pub subclasses: Vec<Gc<Class>>,
}

crate::object!(Class, Class, |this, t| {
    t.gc(this.name);
    t.value(this.qualname);
    t.option(this.metaclass);
    for &c in this.bases.iter().chain(&this.mro).chain(&this.subclasses) {
        t.gc(c);
    }
    t.gc(this.dict);
    t.value(this.init);
});

impl Class {
    #[must_use]
    pub fn is_subclass_of(&self, other: Gc<Self>) -> bool {
        self.mro.contains(&other)
    }
}

/// An attribute's position among the slots of instances that share a shape.
pub type SlotIndex = u16;

/// Which attributes an instance has, in which slots. Instances that got the same attributes in the same order share
/// a shape, so that one comparison tells an inline cache where an attribute lies.
pub struct Shape {
    pub class: Gc<Class>,
    /// The name in each slot. A payload's slot has an empty name.
    pub names: Vec<Gc<Str>>,
    /// To the shape with one more name.
    pub transitions: Vec<(Gc<Str>, u32)>,
    /// Instances keep their attributes in a dict instead.
    pub dict_mode: bool,
}

/// Instances with more attributes than this keep them in a dict.
pub const MAX_SLOTS: usize = 64;

impl Shape {
    #[must_use]
    #[inline]
    pub fn slot(&self, name: Gc<Str>) -> Option<usize> {
        self.names.iter().position(|&n| n == name)
    }
}

impl Gc<Class> {
    #[must_use]
    pub fn name_str(self) -> &'static str {
        self.name.text()
    }

    /// The name without a module.
    #[must_use]
    pub fn short_name(self) -> &'static str {
        let name = self.name_str();
        match name.rsplit_once('.') {
            Some((_, short)) if self.flags.long_name => short,
            _ => name,
        }
    }
}

/// The value behind a class attribute found on the way up the MRO, with the class that holds it.
#[derive(Clone, Copy, Debug)]
pub struct Found {
    pub value: Value,
    pub class: Gc<Class>,
}
