//! Functions, methods, and the descriptors that wrap them.

use crate::bytecode::code::CodeKind;
use crate::heap::{Gc, Kind, Value};
use crate::objects::{BoundMethod, CellObject, Class, Dict, Function, Module, Native, Traceback, Tuple};
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
    "__type_params__(self)" => type_params;
    "__builtins__(self)" => function_builtins;
}

crate::natives! { pub static FUNCTION_SETTERS:
    "__name__(self, value)" => set_name;
    "__qualname__(self, value)" => set_qualname;
    "__doc__(self, value)" => set_doc;
    "__module__(self, value)" => set_module;
    "__code__(self, value)" => set_code;
    "__dict__(self, value)" => set_dict;
    "__type_params__(self, value)" => set_type_params;
    "__defaults__(self, value)" => set_defaults;
    "__kwdefaults__(self, value)" => set_keyword_defaults;
    "__annotations__(self, value)" => set_annotations;
}

crate::natives! { pub static FUNCTION_DELETERS:
    "__defaults__(self)" => delete_defaults;
    "__kwdefaults__(self)" => delete_keyword_defaults;
    "__doc__(self)" => delete_doc;
    "__annotations__(self)" => delete_annotations;
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
    "co_posonlyargcount(self)" => code_positional_only;
    "co_kwonlyargcount(self)" => code_keyword_only;
    "co_nlocals(self)" => code_locals;
    "co_freevars(self)" => code_free;
    "co_cellvars(self)" => code_cells;
    "co_consts(self)" => code_consts;
    "co_names(self)" => code_names;
    "co_stacksize(self)" => code_stack;
}

crate::natives! { pub static CELL_PROPERTIES: "cell_contents(self)" => cell_contents; }
crate::natives! { pub static CELL_SETTERS: "cell_contents(self, value)" => set_cell_contents; }
crate::natives! { pub static CELL_DELETERS: "cell_contents(self)" => delete_cell_contents; }
crate::natives! { pub static SUPER_NEW: "__new__(cls, type=..., object_or_type=..., /)" => super_new; }

crate::natives! { pub static MODULE_NEW: "__new__(cls, name, doc=None)" => module_new; }

crate::natives! { pub static TRACEBACK_PROPERTIES:
    "tb_lineno(self)" => traceback_line;
    "tb_next(self)" => traceback_next;
    "tb_lasti(self)" => traceback_op;
    "tb_frame(self)" => traceback_frame;
}

pub(super) fn call(vm: &mut Vm, args: &[Value]) -> Result<Value> {
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

/// What was set of the attributes that a function has without a `__dict__`.
fn overridden(f: Gc<Function>, name: Gc<crate::heap::Str>) -> Option<Value> {
    f.special.cast::<Dict>()?.table.get_str(name)
}

fn override_with(vm: &mut Vm, v: Value, name: Gc<crate::heap::Str>, value: Value) -> Result<Value> {
    let mut f = function_of(vm, v)?;
    let mut dict = match f.special.cast::<Dict>() {
        Some(dict) => dict,
        None => {
            let dict = vm.heap.dict();
            f.special = dict.value();
            dict
        }
    };
    dict.set_str(name, value);
    Ok(Value::NONE)
}

fn name(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let f = function_of(vm, args[0])?;
    Ok(overridden(f, vm.names.__name__).unwrap_or(f.code.name.value()))
}

fn qualname(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let f = function_of(vm, args[0])?;
    Ok(overridden(f, vm.names.__qualname__).unwrap_or(f.code.qualname.value()))
}

fn doc(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let f = function_of(vm, args[0])?;
    if let Some(v) = overridden(f, vm.names.__doc__) {
        return Ok(v);
    }
    match f.code.plain.doc.clone() {
        Some(text) => Ok(vm.str(&text)),
        None => Ok(Value::NONE),
    }
}

fn module(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let f = function_of(vm, args[0])?;
    if let Some(v) = overridden(f, vm.names.__module__) {
        return Ok(v);
    }
    Ok(f.globals.table.get_str(vm.names.__name__).unwrap_or(Value::NONE))
}

fn defaults(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(function_of(vm, args[0])?.defaults())
}

fn keyword_defaults(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(function_of(vm, args[0])?.keyword_defaults)
}

fn code(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(function_of(vm, args[0])?.code.value())
}

fn set_code(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let mut f = function_of(vm, args[0])?;
    let Some(code) = args[1].cast::<crate::objects::CodeObject>() else {
        return Err(vm.type_error("__code__ must be set to a code object"));
    };
    let (own, other) = (f.code.plain.free.len(), code.plain.free.len());
    if own != other {
        let name = vm.function_qualname(f);
        return Err(
            vm.value_error(format!("{name}() requires a code object with {own} free vars, not {other}"))
        );
    }
    if f.code.kind != CodeKind::Plain {
        let name = vm.function_qualname(f);
        return Err(vm.value_error(format!("{name}() makes generators or coroutines, whose code stays")));
    }
    // Its name stays.
    let (name, qualname) = (name(vm, args)?, qualname(vm, args)?);
    override_with(vm, args[0], vm.names.__name__, name)?;
    override_with(vm, args[0], vm.names.__qualname__, qualname)?;
    f.set_code(code);
    vm.classes_changed();
    Ok(Value::NONE)
}

fn globals(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(function_of(vm, args[0])?.globals.value())
}

fn function_builtins(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    function_of(vm, args[0])?;
    Ok(vm.builtins.value())
}

fn closure(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let closure = function_of(vm, args[0])?.closure();
    Ok(if closure.is_unbound() { Value::NONE } else { closure })
}

fn annotations(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let f = function_of(vm, args[0])?;
    if let Some(v) = overridden(f, vm.names.__annotations__).filter(|v| !v.is_none()) {
        return Ok(v);
    }
    let empty = vm.heap.dict().value();
    override_with(vm, args[0], vm.names.__annotations__, empty)?;
    Ok(empty)
}

fn dict(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let mut f = function_of(vm, args[0])?;
    if let Some(dict) = f.attributes.cast::<Dict>() {
        return Ok(dict.value());
    }
    let dict = vm.heap.dict();
    f.attributes = dict.value();
    Ok(dict.value())
}

fn set_dict(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if !args[1].is::<Dict>() {
        let got = vm.class_name(args[1]);
        return Err(vm.type_error(format!("__dict__ must be set to a dictionary, not a '{got}'")));
    }
    function_of(vm, args[0])?.attributes = args[1];
    Ok(Value::NONE)
}

fn type_params(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let name = vm.intern("__type_params__");
    let f = function_of(vm, args[0])?;
    Ok(overridden(f, name).unwrap_or(vm.empty_tuple))
}

fn set_type_params(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if !args[1].is::<Tuple>() {
        return Err(vm.type_error("__type_params__ must be set to a tuple"));
    }
    let name = vm.intern("__type_params__");
    override_with(vm, args[0], name, args[1])
}

fn set_name(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if args[1].as_str().is_none() {
        return Err(vm.type_error("__name__ must be set to a string object"));
    }
    override_with(vm, args[0], vm.names.__name__, args[1])
}

fn set_qualname(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if args[1].as_str().is_none() {
        return Err(vm.type_error("__qualname__ must be set to a string object"));
    }
    override_with(vm, args[0], vm.names.__qualname__, args[1])
}

fn set_doc(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    override_with(vm, args[0], vm.names.__doc__, args[1])
}

fn set_module(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    override_with(vm, args[0], vm.names.__module__, args[1])
}

fn set_annotations(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if !args[1].is_none() && !args[1].is::<Dict>() {
        return Err(vm.type_error("__annotations__ must be set to a dict object"));
    }
    override_with(vm, args[0], vm.names.__annotations__, args[1])
}

/// `del function.__defaults__` and the like: back to what a function without them has.
fn delete_defaults(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    function_of(vm, args[0])?.set_defaults(Value::NONE);
    Ok(Value::NONE)
}

fn delete_keyword_defaults(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    function_of(vm, args[0])?.keyword_defaults = Value::NONE;
    Ok(Value::NONE)
}

fn delete_doc(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    override_with(vm, args[0], vm.names.__doc__, Value::NONE)
}

fn delete_annotations(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    override_with(vm, args[0], vm.names.__annotations__, Value::NONE)
}

fn set_defaults(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if !args[1].is_none() && !args[1].is::<Tuple>() {
        return Err(vm.type_error("__defaults__ must be set to a tuple object"));
    }
    function_of(vm, args[0])?.set_defaults(args[1]);
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
    let native = native_of(vm, args[0])?;
    let mut name = native.def.full_name();
    if let Some(class) = native.receiver.cast::<Class>()
        && !native.def.is_method()
    {
        let key = vm.intern(native.def.name());
        if let Some(owner) = class.mro.iter().find(|c| c.dict.table.get_str(key).is_some()) {
            name = format!("{}.{name}", owner.name_str());
        }
    }
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

fn method_new(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if super::functions::callable(vm, &args[1..2])? == Value::FALSE {
        return Err(vm.type_error("first argument must be callable"));
    }
    if args[2].is_none() {
        return Err(vm.type_error("instance must not be None"));
    }
    Ok(vm.heap.bound_method(args[1], args[2]))
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
    let names = own_names(code_of(vm, args[0])?);
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

fn code_positional_only(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(Value::int(i64::from(code_of(vm, args[0])?.plain.signature.positional_only)))
}

fn code_keyword_only(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(Value::int(i64::from(code_of(vm, args[0])?.plain.signature.keyword_only)))
}

fn code_locals(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let code = code_of(vm, args[0])?;
    let names = own_names(code);
    Ok(Value::int(names.len() as i64))
}

/// The names of the parameters and of the locals that are no cells of inner functions alone.
fn own_names(code: Gc<crate::objects::CodeObject>) -> Vec<Value> {
    let s = code.plain.signature;
    let parameters = usize::from(s.registers());
    let is_cell = |i: usize| code.plain.cells.iter().any(|&c| usize::from(c) == i);
    let mut own: Vec<Value> = Vec::new();
    for (i, name) in code.locals.iter().enumerate() {
        if (i < parameters || !is_cell(i)) && !own.contains(&name.value()) && !name.as_str().starts_with('.')
        {
            own.push(name.value());
        }
    }
    own
}

fn code_free(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let names = code_of(vm, args[0])?.plain.free.clone();
    let names: Vec<Value> = names.iter().map(|n| vm.intern(n).value()).collect();
    Ok(vm.tuple(&names))
}

fn code_cells(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let code = code_of(vm, args[0])?;
    let names: Vec<Value> =
        code.plain.cells.iter().filter_map(|&c| code.locals.get(usize::from(c))).map(|n| n.value()).collect();
    Ok(vm.tuple(&names))
}

fn code_consts(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let consts: Vec<Value> = code_of(vm, args[0])?.consts.to_vec();
    Ok(vm.tuple(&consts))
}

fn code_names(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let mut names: Vec<Value> = Vec::new();
    for cache in &code_of(vm, args[0])?.caches {
        if !names.contains(&cache.name.value()) {
            names.push(cache.name.value());
        }
    }
    Ok(vm.tuple(&names))
}

fn code_stack(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(Value::int(i64::from(code_of(vm, args[0])?.registers)))
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

fn set_cell_contents(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if let Some(mut cell) = args[0].cast::<CellObject>() {
        cell.content = args[1];
    }
    Ok(Value::NONE)
}

fn delete_cell_contents(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if let Some(mut cell) = args[0].cast::<CellObject>() {
        cell.content = Value::UNBOUND;
    }
    Ok(Value::NONE)
}

fn cell_contents(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    match args[0].cast::<CellObject>() {
        Some(c) if !c.content.is_unbound() => Ok(c.content),
        _ => Err(vm.value_error("cell is empty")),
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
    vm.make_super(class, object)
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

/// The entry that a traceback object begins with: the outermost.
fn first_entry(vm: &mut Vm, v: Value) -> Result<crate::objects::TracebackEntry> {
    let entry = v.cast::<Traceback>().and_then(|t| t.entries.last().copied());
    entry.ok_or_else(|| vm.value_error("the traceback is empty"))
}

fn traceback_line(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let entry = first_entry(vm, args[0])?;
    Ok(Value::int(i64::from(vm.line_of(entry.code, entry.pc))))
}

fn traceback_op(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let entry = args[0].cast::<Traceback>().and_then(|t| t.entries.last().copied());
    Ok(entry.map_or(Value::NONE, |e| Value::int(i64::from(e.pc) * 2)))
}

fn traceback_frame(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let entry = args[0].cast::<Traceback>().and_then(|t| t.entries.last().copied());
    Ok(entry.map_or(Value::NONE, |e| vm.code_view(e.code, e.pc + 1)))
}

fn traceback_next(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let Some(t) = args[0].cast::<Traceback>() else { return Ok(Value::NONE) };
    if t.entries.len() < 2 {
        return Ok(Value::NONE);
    }
    let mut next = vm.heap.traceback();
    next.entries = t.entries[..t.entries.len() - 1].into();
    Ok(next.value())
}
