//! Objects that wrap others: descriptors, `super`, modules; and boxes for data that lives in Rust.

use super::class::Class;
use super::dict::Dict;
use crate::heap::{Gc, Header, Heap, Kind, Tracer, Value};
use std::any::Any;

#[repr(C)]
pub struct Property {
    header: Header,
    /// Functions, or None.
    pub getter: Value,
    pub setter: Value,
    pub deleter: Value,
    /// The docstring; the class of a built-in attribute.
    pub doc: Value,
    /// Set by `__set_name__`; for messages.
    pub name: Value,
}

const BUILTIN: u8 = 1;

impl Property {
    /// Whether it is an attribute of a built-in type.
    #[must_use]
    pub fn is_builtin(&self) -> bool {
        self.header.flags.get() & BUILTIN != 0
    }

    pub fn set_builtin(&self) {
        self.header.flags.set(BUILTIN);
    }

    /// Whether CPython keeps the attribute as a field that is only read; its messages about those differ.
    #[must_use]
    pub fn is_plain_field(&self) -> bool {
        if !self.is_builtin() {
            return false;
        }
        let owner = self.doc.cast::<Class>().map_or("", |owner| owner.name_str());
        let name = self.name.as_str().map_or("", Gc::text);
        match owner {
            "property" => matches!(name, "fget" | "fset" | "fdel"),
            "function" => matches!(name, "__closure__" | "__globals__" | "__builtins__"),
            "method" => matches!(name, "__func__" | "__self__"),
            "slice" | "range" => matches!(name, "start" | "stop" | "step"),
            "complex" => matches!(name, "real" | "imag"),
            "classmethod" | "staticmethod" => matches!(name, "__func__" | "__wrapped__"),
            "super" => matches!(name, "__thisclass__" | "__self__" | "__self_class__"),
            "code" => name.starts_with("co_") && name != "co_code",
            "BaseExceptionGroup" => matches!(name, "message" | "exceptions"),
            _ => false,
        }
    }
}

crate::object!(Property, Property, |this, t| {
    t.values(&[this.getter, this.setter, this.deleter, this.doc, this.name]);
});

#[repr(C)]
pub struct StaticMethod {
    header: Header,
    pub function: Value,
}

crate::object!(StaticMethod, StaticMethod, |this, t| t.value(this.function));

#[repr(C)]
pub struct ClassMethod {
    header: Header,
    pub function: Value,
}

crate::object!(ClassMethod, ClassMethod, |this, t| t.value(this.function));

/// `super(class, object)`: looks attributes up in the MRO of `object_class` after `class`.
#[repr(C)]
pub struct Super {
    header: Header,
    pub class: Gc<Class>,
    /// The instance or class; unbound for the one-argument form.
    pub object: Value,
    pub object_class: Gc<Class>,
}

crate::object!(Super, Super, |this, t| {
    t.gc(this.class);
    t.value(this.object);
    t.gc(this.object_class);
});

/// A module: its attributes are its dict's entries.
#[repr(C)]
pub struct Module {
    header: Header,
    pub dict: Gc<Dict>,
}

crate::object!(Module, Module, |this, t| t.gc(this.dict));

/// What a box can hold.
pub trait NativeData: Any {
    fn trace(&self, _tracer: &mut Tracer) {}
    /// How many items it has, if it is a container.
    fn count(&self) -> Option<usize> {
        None
    }
    fn as_any(&self) -> &dyn Any;
    fn as_any_mut(&mut self) -> &mut dyn Any;
}

/// An object of a class that is implemented in Rust outside the core: a lock, a random generator.
#[repr(C)]
pub struct Boxed {
    header: Header,
    pub class: Gc<Class>,
    pub data: Box<dyn NativeData>,
}

crate::object!(Boxed, Boxed, |this, t| {
    t.gc(this.class);
    this.data.trace(t);
});

impl Gc<Boxed> {
    /// The data, if it is of this type.
    #[must_use]
    pub fn data_as<T: NativeData>(&mut self) -> Option<&mut T> {
        self.data.as_any_mut().downcast_mut()
    }
}

impl Heap {
    pub fn property(&mut self, getter: Value, setter: Value, deleter: Value, doc: Value) -> Gc<Property> {
        self.alloc(Property {
            header: Header::new(Kind::Property),
            getter,
            setter,
            deleter,
            doc,
            name: Value::NONE,
        })
    }

    pub fn static_method(&mut self, function: Value) -> Value {
        self.alloc(StaticMethod { header: Header::new(Kind::StaticMethod), function }).value()
    }

    pub fn class_method(&mut self, function: Value) -> Value {
        self.alloc(ClassMethod { header: Header::new(Kind::ClassMethod), function }).value()
    }

    pub fn super_object(&mut self, class: Gc<Class>, object: Value, object_class: Gc<Class>) -> Value {
        self.alloc(Super { header: Header::new(Kind::Super), class, object, object_class }).value()
    }

    pub fn module(&mut self, dict: Gc<Dict>) -> Gc<Module> {
        self.alloc(Module { header: Header::new(Kind::Module), dict })
    }

    pub fn boxed(&mut self, class: Gc<Class>, data: impl NativeData) -> Gc<Boxed> {
        self.alloc(Boxed { header: Header::new(Kind::Boxed), class, data: Box::new(data) })
    }
}
