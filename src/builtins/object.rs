//! `object` and `type`.

use crate::heap::{Gc, Value};
use crate::objects::{Class, Dict, Instance, Property, Tuple};
use crate::vm::{Result, Vm};

crate::natives! { pub static OBJECT_NEW:
    "__new__(cls, /, *args, **kwargs)" => object_new;
}

crate::methods! { pub static OBJECT for fn |_| true, "object":
    "__init__(self, /, *args, **kwargs)" => object_init;
    "__repr__(self, /)" => object_repr;
    "__str__(self, /)" => object_str;
    "__eq__(self, other, /)" => object_eq;
    "__ne__(self, other, /)" => object_ne;
    "__lt__(self, other, /)" => not_implemented;
    "__le__(self, other, /)" => not_implemented;
    "__gt__(self, other, /)" => not_implemented;
    "__ge__(self, other, /)" => not_implemented;
    "__hash__(self, /)" => object_hash;
    "__format__(self, format_spec, /)" => object_format;
    "__getattribute__(self, name, /)" => object_getattribute;
    "__setattr__(self, name, value, /)" => object_setattr;
    "__delattr__(self, name, /)" => object_delattr;
    "__dir__(self, /)" => object_dir;
    "__sizeof__(self, /)" => object_sizeof;
}

crate::natives! { pub static OBJECT_CLASS_METHODS:
    "__init_subclass__(cls, /, *args, **kwargs)" => init_subclass;
    "__subclasshook__(cls, /, *args)" => subclass_hook;
}

crate::natives! { pub static OBJECT_PROPERTIES:
    "__class__(self)" => object_class;
    "__dict__(self)" => object_dict;
}

crate::natives! { pub static OBJECT_SETTERS:
    "__class__(self, value)" => set_class;
    "__dict__(self, value)" => set_dict;
}

crate::natives! { pub static TYPE_NEW:
    "__new__(cls, /, *args, **kwargs)" => type_new;
}

crate::methods! { pub static TYPE for Class, "type":
    "__init__(self, /, *args, **kwargs)" => nothing;
    "__call__(self, /, *args, **kwargs)" => type_call;
    "mro(self, /)" => type_mro;
    "__subclasses__(self, /)" => subclasses;
    /// Check if an object is an instance.
    "__instancecheck__(self, instance, /)" => instance_check;
    /// Check if a class is a subclass.
    "__subclasscheck__(self, subclass, /)" => subclass_check;
    "__repr__(self, /)" => object_repr;
    "__or__(self, other, /)" => crate::modules::types::union::or;
    "__ror__(self, other, /)" => crate::modules::types::union::or_reflected;
}

crate::natives! { pub static TYPE_CLASS_METHODS:
    "__prepare__(cls, /, *args, **kwargs)" => prepare;
}

crate::natives! { pub static TYPE_PROPERTIES:
    "__name__(self)" => type_name;
    "__qualname__(self)" => type_qualname;
    "__module__(self)" => type_module;
    "__bases__(self)" => type_bases;
    "__base__(self)" => type_base;
    "__mro__(self)" => type_mro_tuple;
    "__dict__(self)" => type_dict;
    "__doc__(self)" => type_doc;
    "__annotations__(self)" => type_annotations;
}

crate::natives! { pub static TYPE_SETTERS:
    "__bases__(self, value)" => set_bases;
    "__name__(self, value)" => set_type_name;
    "__qualname__(self, value)" => set_type_qualname;
    "__module__(self, value)" => set_type_module;
    "__doc__(self, value)" => set_type_doc;
    "__annotations__(self, value)" => set_type_annotations;
}

crate::natives! { pub static TYPE_DELETERS:
    "__annotations__(self)" => delete_type_annotations;
}

fn nothing(_vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    Ok(Value::NONE)
}

fn instance_check(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let class = class_of(vm, args[0])?;
    vm.is_plain_instance(args[1], class).map(Value::bool)
}

fn subclass_check(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    vm.is_plain_subclass(args[1], args[0]).map(Value::bool)
}

fn init_subclass(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let class = class_of(vm, args[0])?;
    let name = vm.class_qualname(class);
    if !args[1].is_unbound() {
        return Err(vm.type_error(format!("{name}.__init_subclass__() takes no keyword arguments")));
    }
    if args.len() > 2 {
        let given = args.len() - 2;
        return Err(vm.type_error(format!("{name}.__init_subclass__() takes no arguments ({given} given)")));
    }
    Ok(Value::NONE)
}

fn subclass_hook(_vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    Ok(Value::NOT_IMPLEMENTED)
}

fn set_bases(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let class = changeable(vm, args[0], "__bases__")?;
    let name = class.name_str();
    match args[1].cast::<Tuple>() {
        None => {
            let got = vm.class_name(args[1]);
            Err(vm.type_error(format!("can only assign tuple to {name}.__bases__, not {got}")))
        }
        Some(bases) if bases.len() == 0 => {
            Err(vm.type_error(format!("can only assign non-empty tuple to {name}.__bases__, not ()")))
        }
        Some(bases) => {
            vm.set_bases(class, bases.items())?;
            Ok(Value::NONE)
        }
    }
}

/// The class in an argument, if its attributes can be set.
fn changeable(vm: &mut Vm, v: Value, attribute: &str) -> Result<Gc<Class>> {
    let class = class_of(vm, v)?;
    if class.header.flags.get() & crate::vm::IMMUTABLE != 0 {
        let name = class.name_str();
        return Err(vm.type_error(format!("cannot set '{attribute}' attribute of immutable type '{name}'")));
    }
    Ok(class)
}

fn not_implemented(_vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    Ok(Value::NOT_IMPLEMENTED)
}

/// The class in an argument that the binder or a caller checked to be one.
fn class_of(vm: &mut Vm, v: Value) -> Result<Gc<Class>> {
    match v.cast::<Class>() {
        Some(class) => Ok(class),
        None => {
            let got = vm.class_name(v);
            Err(vm.type_error(format!("expected a type, not '{got}'")))
        }
    }
}

fn object_new(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let class = class_of(vm, args[0])?;
    let names = match args[1].cast::<Dict>() {
        Some(d) => {
            let keys: Vec<Value> = d.table.keys().collect();
            Some(vm.heap.tuple(&keys))
        }
        None => None,
    };
    vm.object_new(class, &args[2..], names)
}

fn object_init(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if args.len() > 2 || !args[1].is_unbound() {
        let class = vm.type_of(args[0]);
        let own = vm.lookup(class, vm.names.__init__).is_some_and(|init| !vm.is_object_init(init));
        if own || !class.flags.new {
            let name = if own { "object" } else { class.name_str() };
            let message =
                format!("{name}.__init__() takes exactly one argument (the instance to initialize)");
            return Err(vm.type_error(message));
        }
    }
    Ok(Value::NONE)
}

fn object_repr(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let text = vm.default_repr(args[0]);
    Ok(vm.str(&text))
}

fn object_str(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let text = vm.repr(args[0])?;
    Ok(vm.str(&text))
}

fn object_eq(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(if args[0] == args[1] { Value::TRUE } else { Value::NOT_IMPLEMENTED })
}

fn object_ne(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let name = vm.names.__eq__;
    match vm.call_special(args[0], name, &[args[1]])? {
        Some(v) if v != Value::NOT_IMPLEMENTED => Ok(Value::bool(!vm.truthy(v)?)),
        _ => Ok(Value::NOT_IMPLEMENTED),
    }
}

fn object_hash(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if let Some(instance) = args[0].cast::<Instance>() {
        return Ok(Value::int((instance.address() >> 4) as i64));
    }
    let h = vm.hash(args[0])?;
    Ok(vm.int(h))
}

fn object_format(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let spec = args[1].as_str().map_or("", Gc::text);
    if !spec.is_empty() {
        let class = vm.class_name(args[0]);
        return Err(vm.type_error(format!("unsupported format string passed to {class}.__format__")));
    }
    Ok(vm.to_str(args[0])?.value())
}

/// The attribute name in an argument.
fn attribute_name(vm: &mut Vm, v: Value) -> Result<Gc<crate::heap::Str>> {
    match v.as_str() {
        Some(name) => Ok(vm.interner.intern_gc(name)),
        None => {
            let class = vm.class_name(v);
            Err(vm.type_error(format!("attribute name must be string, not '{class}'")))
        }
    }
}

fn object_getattribute(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let name = attribute_name(vm, args[1])?;
    let class = vm.type_of(args[0]);
    match vm.plain_attr(args[0], class, name)? {
        Some(v) => Ok(v),
        None => Err(vm.missing_attribute(args[0], name)),
    }
}

fn object_setattr(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let name = attribute_name(vm, args[1])?;
    vm.plain_set_attr(args[0], name, args[2])?;
    Ok(Value::NONE)
}

fn object_delattr(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let name = attribute_name(vm, args[1])?;
    vm.plain_del_attr(args[0], name)?;
    Ok(Value::NONE)
}

fn object_sizeof(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(Value::int(vm.heap.size_of_value(args[0]) as i64))
}

fn object_dir(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let names = vm.attribute_names(args[0]);
    let items = names.into_iter().map(|n| vm.intern(&n).value()).collect();
    Ok(vm.list(items))
}

impl Vm {
    /// The AttributeError for a missing attribute.
    pub fn missing_attribute(&mut self, object: Value, name: Gc<crate::heap::Str>) -> crate::vm::Raise {
        self.no_such_attribute(object, name)
    }

    /// The names of an object's attributes and its classes', sorted: what `dir` and suggestions look at.
    #[must_use]
    pub fn attribute_names(&self, object: Value) -> Vec<String> {
        let mut names = std::collections::BTreeSet::new();
        let mut add = |dict: Gc<Dict>| {
            names.extend(dict.table.keys().filter_map(|k| k.as_str()).map(|s| s.as_str().to_owned()));
        };
        if let Some(class) = object.cast::<Class>() {
            class.mro.iter().for_each(|c| add(c.dict));
        } else {
            self.type_of(object).mro.iter().for_each(|c| add(c.dict));
        }
        if let Some(module) = object.cast::<crate::objects::Module>() {
            add(module.dict);
        }
        if let Some(function) = object.cast::<crate::objects::Function>()
            && let Some(dict) = function.attributes.cast::<Dict>()
        {
            add(dict);
        }
        names.extend(self.own_attribute_names(object));
        names.into_iter().collect()
    }
}

fn object_class(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(vm.type_of(args[0]).value())
}

fn set_class(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let Some(class) = args[1].cast::<Class>() else {
        let got = vm.class_name(args[1]);
        return Err(vm.type_error(format!("__class__ must be set to a class, not '{got}' object")));
    };
    let old = vm.type_of(args[0]);
    let fixed = |c: Gc<Class>| c.header.flags.get() & crate::vm::IMMUTABLE != 0;
    let Some(instance) = args[0].cast::<Instance>().filter(|_| !fixed(class) && !fixed(old)) else {
        return Err(
            vm.type_error("__class__ assignment only supported for mutable types or ModuleType subclasses")
        );
    };
    if !vm.same_layout(old, class) {
        let (to, from) = (class.name_str(), old.name_str());
        return Err(
            vm.type_error(format!("__class__ assignment: '{to}' object layout differs from '{from}'"))
        );
    }
    if class.flags.slots_only {
        instance.header.aux.set(class.root_shape);
        return Ok(Value::NONE);
    }
    // The attributes move to a dict, whose shape then becomes the other class's.
    let Some(dict) = vm.instance_dict(args[0]) else {
        return Err(vm.type_error("__class__ assignment: object layout differs"));
    };
    vm.root(dict);
    instance.header.aux.set(class.root_shape);
    let mut instance = instance;
    instance.more = Value::UNBOUND;
    vm.set_instance_dict(args[0], dict);
    Ok(Value::NONE)
}

fn object_dict(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if let Some(module) = args[0].cast::<crate::objects::Module>() {
        vm.finish_module(module.dict)?;
        return Ok(module.dict.value());
    }
    match vm.instance_dict(args[0]) {
        Some(dict) => Ok(dict.value()),
        None => {
            let class = vm.class_name(args[0]);
            Err(vm.attribute_error(format!("'{class}' object has no attribute '__dict__'")))
        }
    }
}

fn set_dict(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    match vm.unwrap(args[1]).cast::<Dict>() {
        Some(dict) => {
            vm.set_instance_dict(args[0], dict);
            Ok(Value::NONE)
        }
        None => {
            let class = vm.class_name(args[1]);
            Err(vm.type_error(format!("__dict__ must be set to a dictionary, not a '{class}'")))
        }
    }
}

fn type_new(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let meta = class_of(vm, args[0])?;
    let &[_, keywords, name, bases, namespace] = args else {
        return Err(if meta == vm.types.type_ {
            vm.type_error("type() takes 1 or 3 arguments")
        } else {
            let given = args.len().saturating_sub(2);
            vm.type_error(format!("type.__new__() takes exactly 3 arguments ({given} given)"))
        });
    };
    let args = [args[0], name, bases, namespace, keywords];
    let Some(name) = args[1].as_str() else {
        let got = vm.class_name(args[1]);
        return Err(vm.type_error(format!("type.__new__() argument 1 must be str, not {got}")));
    };
    let Some(bases) = args[2].cast::<Tuple>() else {
        let got = vm.class_name(args[2]);
        return Err(vm.type_error(format!("type.__new__() argument 2 must be tuple, not {got}")));
    };
    let source = vm.unwrap(args[3]);
    let Some(namespace) = source.cast::<Dict>() else {
        let got = vm.class_name(args[3]);
        return Err(vm.type_error(format!("type.__new__() argument 3 must be dict, not {got}")));
    };
    let copy = vm.heap.dict_from(namespace.table.clone());
    vm.root(copy);
    let module = vm.names.__module__;
    if copy.table.get_str(module).is_none()
        && let Some(name) = vm.globals().table.get_str(vm.names.__name__)
    {
        let mut copy = copy;
        copy.set_str(module, name);
    }
    let keywords: Vec<_> = match args[4].cast::<Dict>() {
        Some(d) => d
            .table
            .iter()
            .filter_map(|(k, v)| k.as_str().map(|k| (k, v)))
            .filter(|(k, _)| k.as_str() != "metaclass")
            .collect(),
        None => Vec::new(),
    };
    let meta = vm.derived_metaclass(meta.value(), bases.items())?;
    vm.make_class(meta, name, bases.items(), copy, &keywords).map(Gc::value)
}

fn type_call(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let class = class_of(vm, args[0])?;
    let mut all = args[2..].to_vec();
    let names = match args[1].cast::<Dict>() {
        Some(d) => {
            all.extend(d.table.values());
            let keys: Vec<Value> = d.table.keys().collect();
            Some(vm.heap.tuple(&keys))
        }
        None => None,
    };
    if class == vm.types.type_ && all.len() == 1 && names.is_none() {
        return Ok(vm.type_of(all[0]).value());
    }
    vm.construct_general(class, &all, names)
}

fn class_values(classes: &[Gc<Class>]) -> Vec<Value> {
    classes.iter().map(|c| c.value()).collect()
}

fn type_mro(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let class = class_of(vm, args[0])?;
    Ok(vm.list(class_values(&class.mro)))
}

fn subclasses(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let class = class_of(vm, args[0])?;
    Ok(vm.list(class_values(&class.subclasses)))
}

fn prepare(vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    Ok(vm.heap.dict().value())
}

fn type_name(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let class = class_of(vm, args[0])?;
    if class.flags.long_name {
        return Ok(vm.str(class.short_name()));
    }
    Ok(class.name.value())
}

fn type_qualname(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let class = class_of(vm, args[0])?;
    let _ = vm;
    Ok(if class.qualname.is_unbound() { class.name.value() } else { class.qualname })
}

fn type_module(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let class = class_of(vm, args[0])?;
    match class.dict.table.get_str(vm.names.__module__) {
        Some(v) if !v.is::<Property>() => Ok(v),
        _ => Ok(vm.names.builtins.value()),
    }
}

fn type_bases(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let class = class_of(vm, args[0])?;
    Ok(vm.tuple(&class_values(&class.bases)))
}

fn type_base(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let class = class_of(vm, args[0])?;
    Ok(class.bases.first().map_or(Value::NONE, |c| c.value()))
}

fn type_mro_tuple(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let class = class_of(vm, args[0])?;
    Ok(vm.tuple(&class_values(&class.mro)))
}

fn type_dict(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let class = class_of(vm, args[0])?;
    Ok(vm.heap.mapping_proxy(class.dict))
}

fn type_doc(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let class = class_of(vm, args[0])?;
    let Some(doc) = class.dict.table.get_str(vm.names.__doc__).filter(|v| !v.is::<Property>()) else {
        return Ok(Value::NONE);
    };
    if doc.as_str().is_some() {
        return Ok(doc);
    }
    let get = vm.intern("__get__");
    Ok(vm.call_special(doc, get, &[Value::NONE, args[0]])?.unwrap_or(doc))
}

/// A class's own annotations, not those of its bases.
fn type_annotations(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let class = class_of(vm, args[0])?;
    let name = vm.names.__annotations__;
    if let Some(own) = class.dict.table.get_str(name) {
        return Ok(own);
    }
    if class.header.flags.get() & crate::vm::IMMUTABLE != 0 {
        let class = class.name_str();
        return Err(vm.attribute_error(format!("type object '{class}' has no attribute '__annotations__'")));
    }
    let empty = vm.heap.dict().value();
    let mut dict = class.dict;
    dict.set_str(name, empty);
    Ok(empty)
}

fn delete_type_annotations(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let class = changeable(vm, args[0], "__annotations__")?;
    let mut dict = class.dict;
    match dict.remove_str(vm.names.__annotations__) {
        Some(_) => Ok(Value::NONE),
        None => Err(vm.attribute_error("__annotations__")),
    }
}

fn set_type_annotations(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    set_in_dict(vm, args, vm.names.__annotations__)
}

fn set_type_name(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let mut class = changeable(vm, args[0], "__name__")?;
    let name = new_name(vm, class, args[1], "__name__")?;
    if class.qualname.is_unbound() {
        class.qualname = class.name.value();
    }
    class.flags.long_name = false;
    class.name = vm.interner.intern_gc(name);
    Ok(Value::NONE)
}

fn new_name(vm: &mut Vm, class: Gc<Class>, v: Value, attribute: &str) -> Result<Gc<crate::heap::Str>> {
    if let Some(name) = vm.unwrap(v).as_str() {
        return Ok(name);
    }
    let (name, got) = (class.name_str(), vm.class_name(v));
    Err(vm.type_error(format!("can only assign string to {name}.{attribute}, not '{got}'")))
}

fn set_in_dict(vm: &mut Vm, args: &[Value], name: Gc<crate::heap::Str>) -> Result<Value> {
    let class = changeable(vm, args[0], name.text())?;
    let mut dict = class.dict;
    dict.set_str(name, args[1]);
    vm.classes_changed();
    Ok(Value::NONE)
}

fn set_type_qualname(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let mut class = changeable(vm, args[0], "__qualname__")?;
    class.qualname = new_name(vm, class, args[1], "__qualname__")?.value();
    Ok(Value::NONE)
}

fn set_type_module(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    set_in_dict(vm, args, vm.names.__module__)
}

fn set_type_doc(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    set_in_dict(vm, args, vm.names.__doc__)
}
