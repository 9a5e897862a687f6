//! `contextvars`: variables of which every task and every callback has its own value. The contexts themselves belong
//! to the event loop.

use super::asyncio::boxes::{data, is_box, make, native_data};
use super::{ModuleSpec, set};
use crate::event_loop::context::{self, Context};
use crate::heap::{Gc, Value};
use crate::native::NativeDef;
use crate::objects::{Class, Dict};
use crate::vm::{Result, Vm};

pub static SPEC: ModuleSpec = ModuleSpec { name: "contextvars", natives: NATIVES, init };

crate::natives! { static NATIVES:
    /// Return a copy of the current context.
    "copy_context()" => copy_context;
}

fn init(vm: &mut Vm, dict: Gc<Dict>) -> Result<()> {
    let object = vm.types.object;
    let make = |vm: &mut Vm,
                name: &'static str,
                tables: &[&'static [NativeDef]],
                properties: &'static [NativeDef]| {
        let class = vm.native_class(name, "_contextvars", object, tables);
        vm.add_properties(class, properties, &[]);
        set(vm, dict, name, class);
        class
    };
    make(vm, "ContextVar", &[VARIABLE_NEW, VARIABLE], VARIABLE_PROPERTIES);
    let token = make(vm, "Token", &[TOKEN], TOKEN_PROPERTIES);
    vm.event_loop.classes.token = token.value();
    vm.event_loop.classes.context = make(vm, "Context", &[CONTEXT_NEW, CONTEXT], &[]).value();
    let missing = vm.native_class("Token.MISSING", "_contextvars", object, &[MISSING]);
    let missing = vm.heap.boxed(missing, Missing);
    let mut attributes = token.dict;
    let name = vm.intern("MISSING");
    attributes.set_str(name, missing.value());
    Ok(())
}

// Variables.

struct Variable {
    name: Value,
    /// Unbound if there is none.
    default: Value,
}

native_data!(Variable, |this, t| t.values(&[this.name, this.default]));

crate::natives! { static VARIABLE_NEW:
    "__new__(cls, name, /, *, default=...)" => variable_new;
}

crate::methods! { static VARIABLE for fn is_box::<Variable>, "ContextVar":
    /// Return the value in the current context, or the default.
    "get(self, default=..., /)" => variable_get;
    /// Set the value in the current context; a token to take it back with.
    "set(self, value, /)" => variable_set;
    /// Set the variable back to what it was before the set that gave the token.
    "reset(self, token, /)" => variable_reset;
    "__repr__(self)" => variable_repr;
}

crate::methods! { static VARIABLE_PROPERTIES for fn is_box::<Variable>, "ContextVar":
    "name(self)" => variable_name;
}

fn variable_new(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if args[1].as_str().is_none() {
        return Err(vm.type_error("context variable name must be a str"));
    }
    make(vm, args[0], args[0], Variable { name: args[1], default: args[2] })
}

fn variable_name(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(data::<Variable, _>(args[0], |v| v.name))
}

fn variable_get(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let default = if args[1].is_unbound() { data::<Variable, _>(args[0], |v| v.default) } else { args[1] };
    match vm.event_loop.context_get(args[0]) {
        Some(value) => Ok(value),
        None if default.is_unbound() => Err(vm.error_with(vm.exceptions.LookupError, &[args[0]])),
        None => Ok(default),
    }
}

/// The current context, made if there is none yet.
fn current(vm: &mut Vm) -> Value {
    if vm.event_loop.context.is_unbound() {
        vm.event_loop.context = new_context(vm, Context::default());
    }
    vm.event_loop.context
}

fn new_context(vm: &mut Vm, context: Context) -> Value {
    let class = vm.event_loop.classes.context.cast::<Class>().unwrap_or(vm.types.object);
    vm.heap.boxed(class, context).value()
}

fn variable_set(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let context = current(vm);
    let old = data::<Context, _>(context, |c| {
        let old = c.get(args[0]);
        c.set(args[0], Some(args[1]));
        old
    });
    let token = Token { variable: args[0], old: old.unwrap_or_default(), context, used: false };
    let class = vm.event_loop.classes.token.cast::<Class>().unwrap_or(vm.types.object);
    Ok(vm.heap.boxed(class, token).value())
}

fn variable_reset(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if !is_box::<Token>(args[1]) {
        let class = vm.class_name(args[1]);
        return Err(vm.type_error(format!("expected an instance of Token, got {class}")));
    }
    let (used, variable, made_in, old) =
        data::<Token, _>(args[1], |t| (t.used, t.variable, t.context, t.old));
    let problem = if used {
        "has already been used once"
    } else if variable != args[0] {
        "was created by a different ContextVar"
    } else if made_in != vm.event_loop.context {
        "was created in a different Context"
    } else {
        data::<Token, _>(args[1], |t| t.used = true);
        let old = if old.is_unbound() { None } else { Some(old) };
        data::<Context, _>(made_in, |c| c.set(args[0], old));
        return Ok(Value::NONE);
    };
    let message = format!("{} {problem}", vm.repr(args[1])?);
    Err(if used { vm.runtime_error(message) } else { vm.value_error(message) })
}

fn variable_repr(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let (name, default) = data::<Variable, _>(args[0], |v| (v.name, v.default));
    let mut text = format!("<ContextVar name={}", vm.repr(name)?);
    if !default.is_unbound() {
        text += &format!(" default={}", vm.repr(default)?);
    }
    Ok(vm.str(&format!("{text} at {:#x}>", args[0].bits())))
}

// Tokens.

struct Token {
    variable: Value,
    /// Unbound if the variable had no value.
    old: Value,
    context: Value,
    used: bool,
}

native_data!(Token, |this, t| t.values(&[this.variable, this.old, this.context]));

crate::methods! { static TOKEN for fn is_box::<Token>, "Token":
    "__repr__(self)" => token_repr;
}

crate::methods! { static TOKEN_PROPERTIES for fn is_box::<Token>, "Token":
    "var(self)" => token_variable;
    "old_value(self)" => token_old_value;
}

fn token_variable(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(data::<Token, _>(args[0], |t| t.variable))
}

fn token_old_value(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let old = data::<Token, _>(args[0], |t| t.old);
    if !old.is_unbound() {
        return Ok(old);
    }
    let name = vm.intern("MISSING");
    vm.get_attr(vm.event_loop.classes.token, name)
}

fn token_repr(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let (used, variable) = data::<Token, _>(args[0], |t| (t.used, t.variable));
    let used = if used { " used" } else { "" };
    let variable = vm.repr(variable)?;
    Ok(vm.str(&format!("<Token{used} var={variable} at {:#x}>", args[0].bits())))
}

struct Missing;

native_data!(Missing, |_this, _t| ());

crate::methods! { static MISSING for fn is_box::<Missing>, "Token.MISSING":
    "__repr__(self)" => missing_repr;
}

fn missing_repr(vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    Ok(vm.str("<Token.MISSING>"))
}

// Contexts.

crate::natives! { static CONTEXT_NEW:
    "__new__(cls)" => context_new;
}

crate::methods! { static CONTEXT for fn is_box::<Context>, "Context":
    /// Call something in this context.
    "run(self, callable, /, *args, **kwargs)" => context_run;
    /// Return a copy of the context.
    "copy(self)" => context_copy;
    /// Return the value of a variable, or the default.
    "get(self, key, default=None, /)" => context_get;
    "keys(self)" => context_keys;
    "values(self)" => context_values;
    "items(self)" => context_items;
    "__getitem__(self, key, /)" => context_item;
    "__contains__(self, key, /)" => context_contains;
    "__len__(self)" => context_len;
    "__iter__(self)" => context_iter;
}

fn context_new(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    make(vm, args[0], args[0], Context::default())
}

fn copy_context(vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    let copied = context::copy(vm);
    Ok(if copied.is_unbound() { new_context(vm, Context::default()) } else { copied })
}

fn context_copy(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let copied = data::<Context, _>(args[0], |c| Context { entries: c.entries.clone(), entered: false });
    Ok(new_context(vm, copied))
}

fn context_run(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if data::<Context, _>(args[0], |c| std::mem::replace(&mut c.entered, true)) {
        let what = vm.repr(args[0])?;
        return Err(vm.runtime_error(format!("cannot enter context: {what} is already entered")));
    }
    let mut given = args[3..].to_vec();
    let mut names = Vec::new();
    if let Some(keywords) = args[2].cast::<Dict>() {
        for (name, value) in keywords.table.iter() {
            names.push(name);
            given.push(value);
        }
    }
    let names = if names.is_empty() { None } else { Some(vm.heap.tuple(&names)) };
    if let Some(names) = names {
        vm.root(names);
    }
    let outside = context::enter(vm, args[0]);
    let result = vm.call_keywords(args[1], &given, names);
    vm.event_loop.context = outside;
    data::<Context, _>(args[0], |c| c.entered = false);
    result
}

fn context_get(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(data::<Context, _>(args[0], |c| c.get(args[1])).unwrap_or(args[2]))
}

fn context_item(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    data::<Context, _>(args[0], |c| c.get(args[1])).ok_or_else(|| vm.key_error(args[1]))
}

fn context_contains(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(data::<Context, _>(args[0], |c| c.get(args[1]).is_some()).into())
}

fn context_len(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(Value::int(data::<Context, _>(args[0], |c| c.entries.len() as i64)))
}

fn entries(context: Value) -> Vec<(Value, Value)> {
    data::<Context, _>(context, |c| c.entries.to_vec())
}

fn context_keys(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(vm.list(entries(args[0]).into_iter().map(|(k, _)| k).collect()))
}

fn context_values(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(vm.list(entries(args[0]).into_iter().map(|(_, v)| v).collect()))
}

fn context_items(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let items = entries(args[0]).into_iter().map(|(k, v)| vm.tuple(&[k, v])).collect();
    Ok(vm.list(items))
}

fn context_iter(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let keys = context_keys(vm, args)?;
    vm.iter(keys)
}
