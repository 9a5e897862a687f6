//! `list[int]`: a generic class with its arguments. It stands for the class in calls and attributes.

use super::{parameters, substitute, write_argument};
use crate::heap::Value;
use crate::modules::asyncio::boxes::{data, is_box, native_data};
use crate::objects::{Class, Dict, Tuple};
use crate::vm::{IMMUTABLE, Result, Vm};

struct Alias {
    origin: Value,
    /// A tuple.
    args: Value,
}

native_data!(Alias, |this, t| t.values(&[this.origin, this.args]));

crate::natives! { pub static ALIAS_NEW:
    "__new__(cls, origin, args, /)" => new;
}

crate::methods! { pub static ALIAS for fn is_box::<Alias>, "types.GenericAlias":
    "__repr__(self, /)" => repr;
    "__call__(self, /, *args, **kwargs)" => call;
    "__getitem__(self, key, /)" => get_item;
    "__getattr__(self, name, /)" => get_attr;
    "__eq__(self, other, /)" => eq;
    "__hash__(self, /)" => hash;
    "__or__(self, other, /)" => super::union::or;
    "__ror__(self, other, /)" => super::union::or_reflected;
    "__mro_entries__(self, bases, /)" => mro_entries;
    "__instancecheck__(self, instance, /)" => no_instances;
    "__subclasscheck__(self, cls, /)" => no_subclasses;
    "__reduce__(self, /)" => reduce;
}

crate::methods! { pub static ALIAS_PROPERTIES for fn is_box::<Alias>, "types.GenericAlias":
    "__origin__(self)" => origin;
    "__args__(self)" => args_of;
    "__parameters__(self)" => parameters_of;
}

/// Whether it is such an alias.
#[must_use]
pub fn is_alias(v: Value) -> bool {
    is_box::<Alias>(v)
}

fn parts(v: Value) -> (Value, Value) {
    data::<Alias, _>(v, |a| (a.origin, a.args))
}

fn items(v: Value) -> Vec<Value> {
    parts(v).1.cast::<Tuple>().map_or(Vec::new(), |t| t.items().to_vec())
}

/// `origin[key]`
pub fn make(vm: &mut Vm, origin: Value, key: Value) -> Value {
    let args = if key.is::<Tuple>() { key } else { vm.tuple(&[key]) };
    vm.heap.boxed(vm.types.generic_alias, Alias { origin, args }).value()
}

fn new(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(make(vm, args[1], args[2]))
}

fn repr(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let (origin, arguments) = parts(args[0]);
    let mut out = String::new();
    write_argument(vm, &mut out, origin)?;
    out.push('[');
    let arguments = arguments.cast::<Tuple>().map_or(Vec::new(), |t| t.items().to_vec());
    for (i, &arg) in arguments.iter().enumerate() {
        if i > 0 {
            out.push_str(", ");
        }
        write_argument(vm, &mut out, arg)?;
    }
    if arguments.is_empty() {
        out.push_str("()");
    }
    out.push(']');
    Ok(vm.str(&out))
}

fn call(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let (origin, _) = parts(args[0]);
    let mut all = args[2..].to_vec();
    let names = match args[1].cast::<Dict>() {
        Some(d) => {
            all.extend(d.table.values());
            let keys: Vec<Value> = d.table.keys().collect();
            Some(vm.heap.tuple(&keys))
        }
        None => None,
    };
    let made = vm.call_keywords(origin, &all, names)?;
    vm.root(made);
    let name = vm.intern("__orig_class__");
    match vm.set_attr(made, name, args[0]) {
        Err(raise)
            if !vm.raised_is(raise, vm.exceptions.AttributeError)
                && !vm.raised_is(raise, vm.exceptions.TypeError) =>
        {
            Err(raise)
        }
        // Most objects have no room for it.
        _ => Ok(made),
    }
}

fn get_item(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let replaced = substitute(vm, args[0], &items(args[0]), args[1])?;
    let key = vm.tuple(&replaced);
    let (origin, _) = parts(args[0]);
    Ok(make(vm, origin, key))
}

fn get_attr(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let (origin, _) = parts(args[0]);
    match args[1].as_str() {
        Some(name) => vm.get_attr(origin, name),
        None => Err(vm.type_error("attribute name must be string")),
    }
}

fn eq(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if !is_alias(args[1]) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let ((origin, own), (other_origin, other)) = (parts(args[0]), parts(args[1]));
    Ok(Value::bool(vm.equals(origin, other_origin)? && vm.equals(own, other)?))
}

fn hash(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let (origin, own) = parts(args[0]);
    let h = vm.hash(origin)? ^ vm.hash(own)?;
    Ok(vm.int(h))
}

fn mro_entries(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(vm.tuple(&[parts(args[0]).0]))
}

fn no_instances(vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    Err(vm.type_error("isinstance() argument 2 cannot be a parameterized generic"))
}

fn no_subclasses(vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    Err(vm.type_error("issubclass() argument 2 cannot be a parameterized generic"))
}

fn reduce(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let (origin, own) = parts(args[0]);
    let both = vm.tuple(&[origin, own]);
    vm.root(both);
    let class = vm.types.generic_alias.value();
    Ok(vm.tuple(&[class, both]))
}

fn origin(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(parts(args[0]).0)
}

fn args_of(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(parts(args[0]).1)
}

fn parameters_of(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let found = parameters(vm, &items(args[0]))?;
    Ok(vm.tuple(&found))
}

/// Whether `class[...]` makes an alias though the class defines nothing about it.
#[must_use]
pub fn is_generic(vm: &Vm, class: crate::heap::Gc<Class>) -> bool {
    let t = &vm.types;
    let generic = [
        t.list,
        t.tuple,
        t.dict,
        t.set,
        t.frozenset,
        t.type_,
        t.future,
        t.task,
        t.enumerate,
        t.generator,
        t.coroutine,
        t.async_generator,
        t.mappingproxy,
    ];
    // A metaclass of the language is a `type`, but only `type[...]` itself means something.
    let own = class == t.type_ || !class.is_subclass_of(t.type_);
    let named = ["Queue", "ContextVar", "Token"];
    own && class.mro.iter().any(|c| {
        generic.contains(c) || c.header.flags.get() & IMMUTABLE != 0 && named.contains(&c.short_name())
    })
}
