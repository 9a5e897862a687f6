//! Properties, static and class methods, and the descriptors of built-in attributes and of slots.

use crate::heap::{Gc, Value};
use crate::objects::{Class, ClassMethod, Dict, Property, StaticMethod};
use crate::vm::{Result, Vm};

crate::natives! { pub static PROPERTY_NEW:
    "__new__(cls, /, *args, **kwargs)" => property_new;
}

crate::methods! { pub static PROPERTY for Property, "property":
    "getter(self, fget, /)" => property_getter;
    "setter(self, fset, /)" => property_setter;
    "deleter(self, fdel, /)" => property_deleter;
    "__init__(self, /, *args, **kwargs)" => property_init;
    "__get__(self, instance, owner=None, /)" => property_get;
    "__set__(self, instance, value, /)" => property_set;
    "__delete__(self, instance, /)" => property_delete;
    "__set_name__(self, owner, name, /)" => property_set_name;
}

crate::methods! { pub static GETSET for Property, "getset_descriptor":
    "__get__(self, instance, owner=None, /)" => property_get;
    "__set__(self, instance, value, /)" => property_set;
    "__delete__(self, instance, /)" => property_delete;
}

crate::natives! { pub static GETSET_PROPERTIES:
    "__name__(self)" => property_name;
    "__qualname__(self)" => getset_qualname;
    "__objclass__(self)" => getset_class;
    "__doc__(self)" => none;
}

crate::methods! { pub static MEMBER for fn is_member, "member_descriptor":
    "__get__(self, instance, owner=None, /)" => member_get;
    "__set__(self, instance, value, /)" => member_set;
    "__delete__(self, instance, /)" => member_delete;
    "__repr__(self, /)" => member_repr;
}

crate::natives! { pub static MEMBER_PROPERTIES:
    "__name__(self)" => member_name;
    "__qualname__(self)" => member_qualname;
    "__objclass__(self)" => member_class;
    "__doc__(self)" => none;
}

crate::natives! { pub static PROPERTY_PROPERTIES:
    "fget(self)" => fget;
    "fset(self)" => fset;
    "fdel(self)" => fdel;
    "__doc__(self)" => property_doc;
    "__name__(self)" => property_name;
    "__isabstractmethod__(self)" => property_abstract;
}

crate::natives! { pub static PROPERTY_SETTERS:
    "__doc__(self, value)" => set_property_doc;
    "__name__(self, value)" => set_property_name;
}

crate::natives! { pub static STATIC_METHOD_NEW: "__new__(cls, /, *args, **kwargs)" => static_method_new; }
crate::natives! { pub static CLASS_METHOD_NEW: "__new__(cls, /, *args, **kwargs)" => class_method_new; }
crate::methods! { pub static STATIC_METHOD for StaticMethod, "staticmethod":
    "__init__(self, function, /)" => wrapper_init;
    "__call__(self, /, *args, **kwargs)" => static_method_call;
    "__get__(self, instance, owner=None, /)" => static_method_get;
}
crate::methods! { pub static CLASS_METHOD for ClassMethod, "classmethod":
    "__init__(self, function, /)" => wrapper_init;
    "__get__(self, instance, owner=None, /)" => class_method_get;
}
crate::natives! { pub static WRAPPED_PROPERTIES:
    "__func__(self)" => wrapped;
    "__wrapped__(self)" => wrapped;
    "__name__(self)" => wrapped_name;
    "__qualname__(self)" => wrapped_qualname;
    "__doc__(self)" => wrapped_doc;
    "__module__(self)" => wrapped_module;
    "__annotations__(self)" => wrapped_annotations;
    "__isabstractmethod__(self)" => wrapped_abstract;
}

fn none(_vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    Ok(Value::NONE)
}

// Properties.

/// The property is empty until `__init__`, which a subclass may override with other parameters.
fn property_new(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let property = vm.heap.property(Value::NONE, Value::NONE, Value::NONE, Value::NONE).value();
    vm.wrap_payload(args[0], property)
}

fn property_init(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    const NAMES: [&str; 4] = ["fget", "fset", "fdel", "doc"];
    let mut parts = [Value::NONE; 4];
    let given = &args[2..];
    if given.len() > 4 {
        let message = format!("property() takes at most 4 arguments ({} given)", given.len());
        return Err(vm.type_error(message));
    }
    parts[..given.len()].copy_from_slice(given);
    if let Some(keywords) = args[1].cast::<Dict>() {
        for (key, value) in keywords.table.iter() {
            let key = key.as_str().map_or("", Gc::text);
            match NAMES.iter().position(|n| *n == key) {
                Some(i) => parts[i] = value,
                None => {
                    let message = format!("property() got an unexpected keyword argument '{key}'");
                    return Err(vm.type_error(message));
                }
            }
        }
    }
    if parts[3].is_none() && !parts[0].is_none() {
        let name = vm.names.__doc__;
        parts[3] = vm.find_attr(parts[0], name)?.unwrap_or(Value::NONE);
    }
    let derived = vm.receiver;
    if vm.payload(derived) == args[0] {
        // The class of a derived property has a `__doc__` of its own: the instance's goes before it.
        vm.set_slot_value(derived, vm.names.__doc__, parts[3]);
    }
    let mut p = property_of(vm, args[0])?;
    (p.getter, p.setter, p.deleter, p.doc) = (parts[0], parts[1], parts[2], parts[3]);
    Ok(Value::NONE)
}

fn property_of(vm: &mut Vm, v: Value) -> Result<Gc<Property>> {
    vm.unwrap(v).cast().ok_or_else(|| vm.type_error("expected a property"))
}

/// A copy with one of the functions exchanged.
fn property_with(vm: &mut Vm, args: &[Value], which: usize) -> Result<Value> {
    let p = property_of(vm, args[0])?;
    let mut parts = [p.getter, p.setter, p.deleter];
    parts[which] = args[1];
    let mut doc = p.doc;
    if which == 0 && !args[1].is_none() {
        let name = vm.names.__doc__;
        let own = if p.getter.is_none() {
            Value::NONE
        } else {
            vm.find_attr(p.getter, name)?.unwrap_or(Value::NONE)
        };
        // A docstring that was given stays; one that came from the getter goes with it.
        if doc.is_none() || doc == own {
            doc = vm.find_attr(args[1], name)?.unwrap_or(Value::NONE);
        }
    }
    let derived = vm.receiver;
    if vm.payload(derived) == args[0] {
        // A class derived from `property` makes its own.
        let class = vm.type_of(derived).value();
        return vm.call(class, &[parts[0], parts[1], parts[2], doc]);
    }
    let mut new = vm.heap.property(parts[0], parts[1], parts[2], doc);
    new.name = p.name;
    Ok(new.value())
}

fn property_getter(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    property_with(vm, args, 0)
}

fn property_setter(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    property_with(vm, args, 1)
}

fn property_deleter(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    property_with(vm, args, 2)
}

/// `property 'name' of 'Owner' object has no setter`
fn refuse(vm: &mut Vm, p: Gc<Property>, object: Value, what: &str) -> crate::vm::Raise {
    let owner = vm.type_of(object);
    let owner = vm.class_qualname(owner);
    let name = p.name.as_str().map_or("", Gc::text);
    let message = match (p.is_builtin(), name) {
        (true, _) if p.is_plain_field() => "readonly attribute".to_owned(),
        (true, name) => format!("attribute '{name}' of '{owner}' objects is not writable"),
        (false, "") => format!("property of '{owner}' object has no {what}"),
        (false, name) => format!("property '{name}' of '{owner}' object has no {what}"),
    };
    vm.attribute_error(message)
}

fn property_get(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if args[1].is_none() {
        return Ok(args[0]);
    }
    let p = property_of(vm, args[0])?;
    if p.getter.is_none() {
        return Err(refuse(vm, p, args[1], "getter"));
    }
    if p.is_builtin() {
        check_owner(vm, p, args[1])?;
    }
    vm.call(p.getter, &[args[1]])
}

/// A built-in attribute is one of objects of its class only.
fn check_owner(vm: &mut Vm, p: Gc<Property>, object: Value) -> Result<()> {
    let Some(owner) = p.doc.cast::<Class>() else { return Ok(()) };
    let class = vm.type_of(object);
    if class.is_subclass_of(owner) {
        return Ok(());
    }
    let name = p.name.as_str().map_or("", Gc::text);
    let (owner, got) = (owner.name_str(), class.name_str());
    Err(vm.type_error(format!("descriptor '{name}' for '{owner}' objects doesn't apply to a '{got}' object")))
}

fn property_set(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let p = property_of(vm, args[0])?;
    if p.setter.is_none() {
        return Err(refuse(vm, p, args[1], "setter"));
    }
    vm.call(p.setter, &[args[1], args[2]])?;
    Ok(Value::NONE)
}

fn property_delete(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let p = property_of(vm, args[0])?;
    if p.deleter.is_none() {
        return Err(refuse(vm, p, args[1], "deleter"));
    }
    vm.call(p.deleter, &[args[1]])?;
    Ok(Value::NONE)
}

fn property_set_name(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    property_of(vm, args[0])?.name = args[2];
    Ok(Value::NONE)
}

fn fget(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(property_of(vm, args[0])?.getter)
}

fn fset(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(property_of(vm, args[0])?.setter)
}

fn fdel(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(property_of(vm, args[0])?.deleter)
}

fn property_doc(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(property_of(vm, args[0])?.doc)
}

fn set_property_doc(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    property_of(vm, args[0])?.doc = args[1];
    Ok(Value::NONE)
}

fn property_name(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let p = property_of(vm, args[0])?;
    if !p.name.is_none() {
        return Ok(p.name);
    }
    let name = vm.names.__name__;
    match if p.getter.is_none() { None } else { vm.find_attr(p.getter, name)? } {
        Some(v) => Ok(v),
        None => Err(vm.missing_attribute(args[0], name)),
    }
}

fn set_property_name(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    property_of(vm, args[0])?.name = args[1];
    Ok(Value::NONE)
}

fn property_abstract(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let p = property_of(vm, args[0])?;
    for part in [p.getter, p.setter, p.deleter] {
        if !part.is_none() && is_abstract(vm, part)? {
            return Ok(Value::TRUE);
        }
    }
    Ok(Value::FALSE)
}

fn is_abstract(vm: &mut Vm, function: Value) -> Result<bool> {
    let name = vm.intern("__isabstractmethod__");
    match vm.find_attr(function, name)? {
        Some(v) => vm.truthy(v),
        None => Ok(false),
    }
}

// Built-in attributes.

fn getset_class(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    property_doc(vm, args)
}

fn getset_qualname(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let p = property_of(vm, args[0])?;
    let owner = p.doc.cast::<Class>().map_or("", Gc::name_str);
    let name = p.name.as_str().map_or("", Gc::text);
    Ok(vm.str(&format!("{owner}.{name}")))
}

// Slots.

fn is_member(v: Value) -> bool {
    Vm::member_parts(v).is_some()
}

type Parts = (Gc<Class>, Gc<crate::heap::Str>);

fn member_parts(vm: &mut Vm, args: &[Value]) -> Result<Parts> {
    Vm::member_parts(args[0]).ok_or_else(|| vm.type_error("expected a member descriptor"))
}

/// The descriptor's name, if the object has such a slot.
fn member_of(vm: &mut Vm, args: &[Value]) -> Result<Gc<crate::heap::Str>> {
    let (class, name) = member_parts(vm, args)?;
    let own = vm.type_of(args[1]);
    if own.is_subclass_of(class) {
        return Ok(name);
    }
    let (attr, owner, got) = (name.text(), class.name_str(), own.name_str());
    Err(vm.type_error(format!("descriptor '{attr}' for '{owner}' objects doesn't apply to a '{got}' object")))
}

fn member_get(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if args[1].is_none() {
        return Ok(args[0]);
    }
    let name = member_of(vm, args)?;
    match vm.slot_value(args[1], name) {
        Some(v) => Ok(v),
        None => Err(vm.missing_attribute(args[1], name)),
    }
}

fn member_set(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let name = member_of(vm, args)?;
    vm.set_slot_value(args[1], name, args[2]);
    Ok(Value::NONE)
}

fn member_delete(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let name = member_of(vm, args)?;
    vm.delete_slot(args[1], name).unwrap_or(Ok(()))?;
    Ok(Value::NONE)
}

fn member_repr(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let (class, name) = member_parts(vm, args)?;
    Ok(vm.str(&format!("<member '{}' of '{}' objects>", name.text(), class.name_str())))
}

fn member_name(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(member_parts(vm, args)?.1.value())
}

fn member_qualname(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let (class, name) = member_parts(vm, args)?;
    let owner = vm.class_qualname(class);
    Ok(vm.str(&format!("{owner}.{}", name.text())))
}

fn member_class(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(member_parts(vm, args)?.0.value())
}

// Static and class methods.

/// The one argument of `staticmethod(...)` and `classmethod(...)`. A subclass may take others: its `__init__` says.
fn wrapped_argument(vm: &mut Vm, args: &[Value], class: Gc<Class>) -> Result<Value> {
    let exact = args[0] == class.value();
    let name = class.name_str();
    if exact && !args[1].is_unbound() {
        return Err(vm.type_error(format!("{name}() takes no keyword arguments")));
    }
    if exact && args.len() != 3 {
        return Err(vm.type_error(format!("{name} expected 1 argument, got {}", args.len() - 2)));
    }
    Ok(args.get(2).copied().unwrap_or(Value::NONE))
}

fn static_method_new(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let function = wrapped_argument(vm, args, vm.types.staticmethod)?;
    let made = vm.heap.static_method(function);
    vm.wrap_payload(args[0], made)
}

fn class_method_new(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let function = wrapped_argument(vm, args, vm.types.classmethod)?;
    let made = vm.heap.class_method(function);
    vm.wrap_payload(args[0], made)
}

fn wrapper_init(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if let Some(mut m) = args[0].cast::<StaticMethod>() {
        m.function = args[1];
    } else if let Some(mut m) = args[0].cast::<ClassMethod>() {
        m.function = args[1];
    }
    Ok(Value::NONE)
}

fn static_method_call(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let mut all = args.to_vec();
    all[0] = wrapped(vm, args)?;
    super::function::call(vm, &all)
}

fn static_method_get(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    wrapped(vm, args)
}

fn class_method_get(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let class = if args[2].is_none() { vm.type_of(args[1]).value() } else { args[2] };
    let function = wrapped(vm, args)?;
    Ok(match class.cast::<Class>() {
        Some(class) => vm.bind_class_method(function, class),
        None => vm.heap.bound_method(function, class),
    })
}

fn wrapped(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let method = vm.unwrap(args[0]);
    if let Some(m) = method.cast::<StaticMethod>() {
        return Ok(m.function);
    }
    match method.cast::<ClassMethod>() {
        Some(m) => Ok(m.function),
        None => Err(vm.type_error("expected a static or class method")),
    }
}

fn of_wrapped(vm: &mut Vm, args: &[Value], name: &str) -> Result<Value> {
    let function = wrapped(vm, args)?;
    let name = vm.intern(name);
    match vm.find_attr(function, name)? {
        Some(v) => Ok(v),
        None => Err(vm.missing_attribute(args[0], name)),
    }
}

fn wrapped_name(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    of_wrapped(vm, args, "__name__")
}

fn wrapped_qualname(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    of_wrapped(vm, args, "__qualname__")
}

fn wrapped_doc(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    of_wrapped(vm, args, "__doc__")
}

fn wrapped_module(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    of_wrapped(vm, args, "__module__")
}

fn wrapped_annotations(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    of_wrapped(vm, args, "__annotations__")
}

fn wrapped_abstract(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let function = wrapped(vm, args)?;
    Ok(Value::bool(is_abstract(vm, function)?))
}
