//! `types`: the names of the built-in classes that have none in the built-in namespace, and what is made of generic
//! classes: `list[int]` (`alias.rs`) and `int | None` (`union.rs`).

pub mod alias;
pub mod union;

use super::{ModuleSpec, embed_later, set};
use crate::heap::{Gc, Kind, Value};
use crate::objects::{Dict, List, Tuple};
use crate::vm::{Result, Vm};

pub static SPEC: ModuleSpec = ModuleSpec { name: "types", natives: &[], init };

/// Fills the classes that the core makes.
pub fn install_types(vm: &mut Vm) {
    let module = vm.intern("types").value();
    let (generic, joined) = (vm.types.generic_alias, vm.types.union_type);
    let loop_module = vm.intern("_asyncio").value();
    for (mut dict, module) in [
        (generic.dict, module),
        (joined.dict, module),
        (vm.types.future.dict, loop_module),
        (vm.types.task.dict, loop_module),
    ] {
        dict.set_str(vm.names.__module__, module);
    }
    for table in [alias::ALIAS_NEW, alias::ALIAS] {
        vm.add_methods(generic, table);
    }
    vm.add_properties(generic, alias::ALIAS_PROPERTIES, &[]);
    for table in [union::UNION_NEW, union::UNION] {
        vm.add_methods(joined, table);
    }
    vm.add_properties(joined, union::UNION_PROPERTIES, &[]);
}

fn init(vm: &mut Vm, dict: Gc<Dict>) -> Result<()> {
    let t = &vm.types;
    let classes = [
        ("FunctionType", t.function),
        ("LambdaType", t.function),
        ("BuiltinFunctionType", t.native),
        ("BuiltinMethodType", t.native),
        ("MethodDescriptorType", t.method_descriptor),
        ("WrapperDescriptorType", t.method_descriptor),
        ("MethodWrapperType", t.native),
        ("MethodType", t.method),
        ("GeneratorType", t.generator),
        ("CoroutineType", t.coroutine),
        ("AsyncGeneratorType", t.async_generator),
        ("ModuleType", t.module),
        ("NoneType", t.none),
        ("EllipsisType", t.ellipsis),
        ("NotImplementedType", t.not_implemented),
        ("TracebackType", t.traceback),
        ("FrameType", t.frame),
        ("CodeType", t.code),
        ("CellType", t.cell),
        ("MappingProxyType", t.mappingproxy),
        ("GenericAlias", t.generic_alias),
        ("UnionType", t.union_type),
    ];
    for (name, class) in classes {
        set(vm, dict, name, class);
    }
    embed_later(vm, dict, "<types>", include_str!("../lib/types.aio"));
    Ok(())
}

/// The type variables among arguments, each once, in order: `__parameters__`.
fn parameters(vm: &mut Vm, args: &[Value]) -> Result<Vec<Value>> {
    let mut found: Vec<Value> = Vec::new();
    for &arg in args {
        for parameter in own_parameters(vm, arg)? {
            if !found.contains(&parameter) {
                vm.root(parameter);
                found.push(parameter);
            }
        }
    }
    Ok(found)
}

/// What of an argument can be replaced: itself, if it is a type variable, or what it lists as its parameters.
fn own_parameters(vm: &mut Vm, arg: Value) -> Result<Vec<Value>> {
    match arg.kind() {
        Some(Kind::Instance | Kind::Boxed) => (),
        Some(Kind::List) => {
            let items = arg.cast::<List>().map_or(Vec::new(), |l| l.items.clone());
            return parameters(vm, &items);
        }
        _ => return Ok(Vec::new()),
    }
    let name = vm.intern("__typing_subst__");
    if vm.find_attr(arg, name)?.is_some() {
        return Ok(vec![arg]);
    }
    let name = vm.intern("__parameters__");
    let listed = vm.find_attr(arg, name)?;
    Ok(listed.and_then(|v| v.cast::<Tuple>()).map_or(Vec::new(), |t| t.items().to_vec()))
}

/// `args` with `key` (one value or a tuple) in the place of the parameters.
fn substitute(vm: &mut Vm, whole: Value, args: &[Value], key: Value) -> Result<Vec<Value>> {
    let parameters = parameters(vm, args)?;
    if parameters.is_empty() {
        let shown = vm.repr(whole)?;
        return Err(vm.type_error(format!("{shown} is not a generic class")));
    }
    let given = match key.cast::<Tuple>() {
        Some(t) => t.items().to_vec(),
        None => vec![key],
    };
    if given.len() != parameters.len() {
        let shown = vm.repr(whole)?;
        let (amount, got, wanted) =
            (if given.len() > parameters.len() { "many" } else { "few" }, given.len(), parameters.len());
        return Err(
            vm.type_error(format!("Too {amount} arguments for {shown}; actual {got}, expected {wanted}"))
        );
    }
    replace(vm, args, &parameters, &given)
}

fn replace(vm: &mut Vm, args: &[Value], parameters: &[Value], given: &[Value]) -> Result<Vec<Value>> {
    let mut replaced = Vec::with_capacity(args.len());
    for &arg in args {
        let own = own_parameters(vm, arg)?;
        let value = |p: Value| parameters.iter().position(|&q| q == p).map_or(p, |i| given[i]);
        let new = if own.is_empty() {
            arg
        } else if own == [arg] {
            value(arg)
        } else if let Some(list) = arg.cast::<List>() {
            let items = list.items.clone();
            let items = replace(vm, &items, parameters, given)?;
            vm.list(items)
        } else {
            let values: Vec<Value> = own.iter().map(|&p| value(p)).collect();
            let key = vm.tuple(&values);
            vm.root(key);
            vm.get_item(arg, key)?
        };
        vm.root(new);
        replaced.push(new);
    }
    Ok(replaced)
}

/// An argument as the repr of a whole shows it: classes by their name.
fn write_argument(vm: &mut Vm, out: &mut String, arg: Value) -> Result<()> {
    if arg == Value::ELLIPSIS {
        out.push_str("...");
        return Ok(());
    }
    if let Some(list) = arg.cast::<List>() {
        out.push('[');
        let mut i = 0;
        while let Some(&item) = list.items.get(i) {
            if i > 0 {
                out.push_str(", ");
            }
            write_argument(vm, out, item)?;
            i += 1;
        }
        out.push(']');
        return Ok(());
    }
    if matches!(arg.kind(), Some(Kind::Class | Kind::Function)) {
        let qualname = vm.find_attr(arg, vm.names.__qualname__)?.and_then(Value::as_str);
        let module = vm.find_attr(arg, vm.names.__module__)?.and_then(Value::as_str);
        if let (Some(qualname), Some(module)) = (qualname, module) {
            if module.as_str() != "builtins" {
                out.push_str(module.text());
                out.push('.');
            }
            out.push_str(Gc::text(qualname));
            return Ok(());
        }
    }
    let text = vm.repr(arg)?;
    out.push_str(&text);
    Ok(())
}
