//! Functions, methods, and the descriptors that wrap them.

use crate::heap::{Gc, Kind, Value};
use crate::objects::{
    BoundMethod, CellObject, Class, ClassMethod, Dict, Function, Module, Native, Property, StaticMethod,
    Traceback, Tuple,
};
use crate::vm::{Result, Vm};

crate::methods! { pub static FUNCTION for fn |v| matches!(v.kind(), Some(Kind::Function | Kind::Native | Kind::BoundMethod)), "function":
    "__call__(self, /, *args, **kwargs)" => call;
    "__get__(self, instance, owner=None, /)" => function_get;
}

crate::natives! { pub static FUNCTION_PROPERTIES:
    "__name__(self)" => name;
    "__qualname__(self)" => qualname;
    "__doc__(self)" => doc;
    "__module__(self)" => module;
    "__defaults__(self)" => defaults;
    "__kwdefaults__(self)" => keyword_defaults;
    "__code__(self)" => code;
    "__globals__(self)" => globals;
    "__closure__(self)" => closure;
    "__annotations__(self)" => annotations;
    "__dict__(self)" => dict;
    "__type_params__(self)" => no_params;
}

crate::natives! { pub static FUNCTION_SETTERS:
    "__name__(self, value)" => set_name;
    "__qualname__(self, value)" => set_qualname;
    "__doc__(self, value)" => set_doc;
    "__module__(self, value)" => set_module;
    "__defaults__(self, value)" => set_defaults;
    "__kwdefaults__(self, value)" => set_keyword_defaults;
    "__annotations__(self, value)" => set_annotations;
}

crate::natives! { pub static NATIVE_PROPERTIES:
    "__name__(self)" => native_name;
    "__qualname__(self)" => native_qualname;
    "__doc__(self)" => native_doc;
    "__module__(self)" => native_module;
    "__self__(self)" => native_self;
    "__text_signature__(self)" => native_signature;
}

crate::natives! { pub static METHOD_PROPERTIES:
    "__func__(self)" => method_function;
    "__self__(self)" => method_self;
}

crate::natives! { pub static METHOD_NEW: "__new__(cls, function, instance, /)" => method_new; }

crate::natives! { pub static NONE_NEW: "__new__(cls, /, *args)" => none_new; }

crate::natives! { pub static ELLIPSIS_NEW: "__new__(cls, /, *args)" => ellipsis_new; }

crate::natives! { pub static CODE_PROPERTIES:
    "co_name(self)" => code_name;
    "co_qualname(self)" => code_qualname;
    "co_argcount(self)" => code_argcount;
    "co_varnames(self)" => code_varnames;
    "co_firstlineno(self)" => code_first_line;
    "co_filename(self)" => code_filename;
    "co_flags(self)" => code_flags;
}

crate::natives! { pub static CELL_PROPERTIES: "cell_contents(self)" => cell_contents; }

crate::natives! { pub static PROPERTY_NEW:
    "__new__(cls, fget=None, fset=None, fdel=None, doc=None)" => property_new;
}

crate::methods! { pub static PROPERTY for Property, "property":
    "getter(self, fget, /)" => property_getter;
    "setter(self, fset, /)" => property_setter;
    "deleter(self, fdel, /)" => property_deleter;
    "__get__(self, instance, owner=None, /)" => property_get;
    "__set__(self, instance, value, /)" => property_set;
    "__set_name__(self, owner, name, /)" => property_set_name;
}

crate::natives! { pub static PROPERTY_PROPERTIES:
    "fget(self)" => fget;
    "fset(self)" => fset;
    "fdel(self)" => fdel;
    "__doc__(self)" => property_doc;
}

crate::natives! { pub static STATIC_METHOD_NEW: "__new__(cls, function, /)" => static_method_new; }
crate::natives! { pub static CLASS_METHOD_NEW: "__new__(cls, function, /)" => class_method_new; }
crate::natives! { pub static WRAPPED_PROPERTIES:
    "__func__(self)" => wrapped;
    "__wrapped__(self)" => wrapped;
}

crate::natives! { pub static SUPER_NEW: "__new__(cls, type=..., object_or_type=..., /)" => super_new; }

crate::natives! { pub static MODULE_NEW: "__new__(cls, name, doc=None)" => module_new; }

crate::natives! { pub static TRACEBACK_PROPERTIES:
    "tb_lineno(self)" => traceback_line;
    "tb_next(self)" => traceback_next;
    "tb_frame(self)" => none;
}

fn none(_vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    Ok(Value::NONE)
}

fn call(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let mut all = args[2..].to_vec();
    let names = match args[1].cast::<Dict>() {
        Some(d) => {
            all.extend(d.table.values());
            let keys: Vec<Value> = d.table.keys().collect();
            Some(vm.heap.tuple(&keys))
        }
        None => None,
    };
    vm.call_keywords(args[0], &all, names)
}

fn function_get(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if args[1].is_none() {
        return Ok(args[0]);
    }
    Ok(vm.bind_descriptor(args[0], args[1])?.unwrap_or(args[0]))
}

fn function_of(vm: &mut Vm, v: Value) -> Result<Gc<Function>> {
    match v.cast::<Function>() {
        Some(f) => Ok(f),
        None => {
            let class = vm.class_name(v);
            Err(vm.type_error(format!("expected a function, not '{class}'")))
        }
    }
}

fn name(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(function_of(vm, args[0])?.code.name.value())
}

fn qualname(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(function_of(vm, args[0])?.code.qualname.value())
}

fn doc(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let f = function_of(vm, args[0])?;
    match f.code.plain.doc.clone() {
        Some(text) => Ok(vm.str(&text)),
        None => Ok(Value::NONE),
    }
}

fn module(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let f = function_of(vm, args[0])?;
    Ok(f.globals.table.get_str(vm.names.__name__).unwrap_or(Value::NONE))
}

fn defaults(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(function_of(vm, args[0])?.defaults)
}

fn keyword_defaults(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(function_of(vm, args[0])?.keyword_defaults)
}

fn code(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(function_of(vm, args[0])?.code.value())
}

fn globals(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(function_of(vm, args[0])?.globals.value())
}

fn closure(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let closure = function_of(vm, args[0])?.closure;
    Ok(if closure.is_unbound() { Value::NONE } else { closure })
}

/// The function's own attributes, made when first needed.
fn attributes(vm: &mut Vm, v: Value) -> Result<Gc<Dict>> {
    let mut f = function_of(vm, v)?;
    if let Some(dict) = f.attributes.cast::<Dict>() {
        return Ok(dict);
    }
    let dict = vm.heap.dict();
    f.attributes = dict.value();
    Ok(dict)
}

/// What stands in the place of the code's name and the like, and the annotations.
fn special(vm: &mut Vm, v: Value) -> Result<Gc<Dict>> {
    let mut f = function_of(vm, v)?;
    if let Some(dict) = f.special.cast::<Dict>() {
        return Ok(dict);
    }
    let dict = vm.heap.dict();
    f.special = dict.value();
    Ok(dict)
}

fn annotations(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let f = function_of(vm, args[0])?;
    let mut dict = special(vm, args[0])?;
    if let Some(written) = dict.table.get_str(vm.names.__annotations__) {
        vm.evaluate_function_annotations(f, written)?;
        return Ok(written);
    }
    let empty = vm.heap.dict().value();
    dict.set_str(vm.names.__annotations__, empty);
    Ok(empty)
}

fn dict(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(attributes(vm, args[0])?.value())
}

fn no_params(vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    Ok(vm.empty_tuple)
}

fn set_attribute(vm: &mut Vm, args: &[Value], name: Gc<crate::heap::Str>) -> Result<Value> {
    let mut dict = special(vm, args[0])?;
    dict.set_str(name, args[1]);
    Ok(Value::NONE)
}

fn set_name(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    set_attribute(vm, args, vm.names.__name__)
}

fn set_qualname(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    set_attribute(vm, args, vm.names.__qualname__)
}

fn set_doc(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    set_attribute(vm, args, vm.names.__doc__)
}

fn set_module(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    set_attribute(vm, args, vm.names.__module__)
}

fn set_annotations(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if !args[1].is_none() && !args[1].is::<Dict>() {
        return Err(vm.type_error("__annotations__ must be set to a dict object"));
    }
    let value = if args[1].is_none() { vm.heap.dict().value() } else { args[1] };
    set_attribute(vm, &[args[0], value], vm.names.__annotations__)
}

fn set_defaults(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if !args[1].is_none() && !args[1].is::<Tuple>() {
        return Err(vm.type_error("__defaults__ must be set to a tuple object"));
    }
    function_of(vm, args[0])?.defaults = args[1];
    Ok(Value::NONE)
}

fn set_keyword_defaults(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if !args[1].is_none() && !args[1].is::<Dict>() {
        return Err(vm.type_error("__kwdefaults__ must be set to a dict object"));
    }
    function_of(vm, args[0])?.keyword_defaults = args[1];
    Ok(Value::NONE)
}

fn native_of(vm: &mut Vm, v: Value) -> Result<Gc<Native>> {
    match v.cast::<Native>() {
        Some(f) => Ok(f),
        None => Err(vm.type_error("expected a built-in function")),
    }
}

fn native_name(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let name = native_of(vm, args[0])?.def.name();
    Ok(vm.intern(name).value())
}

fn native_qualname(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let name = native_of(vm, args[0])?.def.full_name();
    Ok(vm.str(&name))
}

fn native_doc(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let doc = native_of(vm, args[0])?.def.doc.trim();
    Ok(if doc.is_empty() { Value::NONE } else { vm.str(doc) })
}

fn native_module(vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    Ok(vm.names.builtins.value())
}

fn native_self(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let receiver = native_of(vm, args[0])?.receiver;
    Ok(if receiver.is_unbound() { Value::NONE } else { receiver })
}

fn native_signature(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let signature = native_of(vm, args[0])?.def.signature;
    Ok(vm.str(signature))
}

fn method_function(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    match args[0].cast::<BoundMethod>() {
        Some(m) => Ok(m.function),
        None => Err(vm.type_error("expected a method")),
    }
}

fn method_self(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    match args[0].cast::<BoundMethod>() {
        Some(m) => Ok(m.receiver),
        None => Err(vm.type_error("expected a method")),
    }
}

fn method_new(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if !vm.is_callable(args[1]) {
        return Err(vm.type_error("first argument must be callable"));
    }
    if args[2].is_none() {
        return Err(vm.type_error("instance must not be None"));
    }
    Ok(vm.heap.bound_method(args[1], args[2]))
}

fn none_new(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if args.len() > 1 { Err(vm.type_error("NoneType takes no arguments")) } else { Ok(Value::NONE) }
}

fn ellipsis_new(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if args.len() > 1 { Err(vm.type_error("EllipsisType takes no arguments")) } else { Ok(Value::ELLIPSIS) }
}

fn code_of(vm: &mut Vm, v: Value) -> Result<Gc<crate::objects::CodeObject>> {
    v.cast().ok_or_else(|| vm.type_error("expected a code object"))
}

fn code_name(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(code_of(vm, args[0])?.name.value())
}

fn code_qualname(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(code_of(vm, args[0])?.qualname.value())
}

fn code_argcount(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(Value::int(i64::from(code_of(vm, args[0])?.plain.signature.positional)))
}

fn code_varnames(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let names: Vec<Value> = code_of(vm, args[0])?.locals.iter().map(|n| n.value()).collect();
    Ok(vm.tuple(&names))
}

fn code_first_line(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let code = code_of(vm, args[0])?;
    let (line, _) = vm.sources.get(code.plain.source).line_column(code.plain.span.start);
    Ok(Value::int(i64::from(line)))
}

fn code_filename(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let code = code_of(vm, args[0])?;
    let source = vm.sources.get(code.plain.source).clone();
    Ok(vm.str(&source.name))
}

/// CPython's `co_flags`, as far as `inspect` asks for them.
fn code_flags(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    use crate::bytecode::code::CodeKind;
    let code = code_of(vm, args[0])?;
    let s = code.plain.signature;
    let kind = match code.kind {
        CodeKind::Plain => 0,
        CodeKind::Generator => 0x20,
        CodeKind::Coroutine => 0x80,
        CodeKind::AsyncGenerator => 0x200,
    };
    Ok(Value::int(3 | kind | i64::from(s.varargs) << 2 | i64::from(s.varkw) << 3))
}

fn cell_contents(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    match args[0].cast::<CellObject>() {
        Some(c) if !c.content.is_unbound() => Ok(c.content),
        _ => Err(vm.value_error("cell is empty")),
    }
}

fn property_new(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let mut doc = args[4];
    if doc.is_none() && !args[1].is_none() {
        let name = vm.names.__doc__;
        doc = vm.find_attr(args[1], name)?.unwrap_or(Value::NONE);
    }
    Ok(vm.heap.property(args[1], args[2], args[3], doc).value())
}

fn property_of(vm: &mut Vm, v: Value) -> Result<Gc<Property>> {
    v.cast().ok_or_else(|| vm.type_error("expected a property"))
}

fn property_with(vm: &mut Vm, args: &[Value], which: usize) -> Result<Value> {
    let p = property_of(vm, args[0])?;
    let mut parts = [p.getter, p.setter, p.deleter];
    parts[which] = args[1];
    let mut new = vm.heap.property(parts[0], parts[1], parts[2], p.doc);
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

fn property_get(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if args[1].is_none() {
        return Ok(args[0]);
    }
    let p = property_of(vm, args[0])?;
    if p.getter.is_none() {
        return Err(vm.attribute_error("property has no getter"));
    }
    vm.call(p.getter, &[args[1]])
}

fn property_set(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let p = property_of(vm, args[0])?;
    if p.setter.is_none() {
        return Err(vm.attribute_error("property has no setter"));
    }
    vm.call(p.setter, &[args[1], args[2]])
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

fn static_method_new(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(vm.heap.static_method(args[1]))
}

fn class_method_new(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(vm.heap.class_method(args[1]))
}

fn wrapped(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if let Some(m) = args[0].cast::<StaticMethod>() {
        return Ok(m.function);
    }
    match args[0].cast::<ClassMethod>() {
        Some(m) => Ok(m.function),
        None => Err(vm.type_error("expected a static or class method")),
    }
}

fn super_new(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if args[1].is_unbound() {
        return Err(vm.runtime_error("super(): no arguments"));
    }
    let Some(class) = args[1].cast::<Class>() else {
        let got = vm.class_name(args[1]);
        return Err(vm.type_error(format!("super() argument 1 must be a type, not {got}")));
    };
    let object = args[2];
    if object.is_unbound() || object.is_none() {
        return Ok(vm.heap.super_object(class, Value::UNBOUND, class));
    }
    if let Some(c) = object.cast::<Class>()
        && c.is_subclass_of(class)
    {
        return Ok(vm.heap.super_object(class, object, c));
    }
    let own = vm.type_of(object);
    if own.is_subclass_of(class) {
        return Ok(vm.heap.super_object(class, object, own));
    }
    Err(vm.type_error("super(type, obj): obj must be an instance or subtype of type"))
}

fn module_new(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let name = args[1].as_str().map_or("", Gc::text);
    let mut dict = vm.new_namespace(name);
    dict.set_str(vm.names.__doc__, args[2]);
    Ok(vm.heap.module(dict).value())
}

/// The name of a module object, for its repr.
#[must_use]
pub fn module_name(vm: &Vm, module: Gc<Module>) -> &'static str {
    module.dict.table.get_str(vm.names.__name__).and_then(Value::as_str).map_or("?", Gc::text)
}

fn traceback_line(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let entry = args[0].cast::<Traceback>().and_then(|t| t.entries.last().copied());
    let Some(entry) = entry else { return Ok(Value::NONE) };
    let span = entry.code.plain.spans.get(entry.pc as usize).copied().unwrap_or_default();
    let (line, _) = vm.sources.get(entry.code.plain.source).line_column(span.start);
    Ok(Value::int(i64::from(line)))
}

fn traceback_next(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let Some(t) = args[0].cast::<Traceback>() else { return Ok(Value::NONE) };
    if t.entries.len() < 2 {
        return Ok(Value::NONE);
    }
    let mut next = vm.heap.traceback();
    next.entries = t.entries[..t.entries.len() - 1].to_vec();
    Ok(next.value())
}
