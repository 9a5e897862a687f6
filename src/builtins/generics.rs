//! What the syntax of type parameters makes: `TypeVar`, `TypeVarTuple`, `ParamSpec` and the values of `type` statements.
//! Bounds, defaults and aliases are evaluated when they are first asked for.

use crate::heap::{Gc, Value};
use crate::modules::asyncio::boxes::{data, is_box, native_data};
use crate::objects::{Class, Tuple};
use crate::vm::{Result, Vm};

/// A type parameter.
struct Param {
    name: Value,
    /// A function that gives it, or unbound once `bound` is known (or None for none).
    make_bound: Value,
    /// The bound, a tuple of constraints, or None.
    bound: Value,
    make_default: Value,
    /// Unbound if there is none.
    default: Value,
    /// `~`, `+`, `-`, or nothing where the variance is inferred.
    sign: &'static str,
}

native_data!(Param, |this, t| {
    t.values(&[this.name, this.make_bound, this.bound, this.make_default, this.default]);
});

/// `type Name[Params] = value`
struct Alias {
    name: Value,
    make: Value,
    value: Value,
    params: Value,
    module: Value,
}

native_data!(Alias, |this, t| {
    t.values(&[this.name, this.make, this.value, this.params, this.module]);
});

crate::natives! { pub static TYPE_VAR_NEW:
    "__new__(cls, name, /, *constraints, bound=None, default=..., covariant=False, contravariant=False, infer_variance=False)" => type_var_new;
}

crate::natives! { pub static PARAM_NEW:
    "__new__(cls, name, *, bound=None, default=..., covariant=False, contravariant=False, infer_variance=False)" => param_new;
}

crate::methods! { pub static PARAM for fn is_box::<Param>, "TypeVar":
    "__repr__(self, /)" => param_repr;
    "__or__(self, other, /)" => crate::modules::types::union::or;
    "__ror__(self, other, /)" => crate::modules::types::union::or_reflected;
    "__typing_subst__(self, arg, /)" => param_subst;
    "__mro_entries__(self, bases, /)" => param_mro_entries;
    "has_default(self, /)" => param_has_default;
}

crate::natives! { pub static PARAM_PROPERTIES:
    "__name__(self)" => param_name;
    "__bound__(self)" => param_bound;
    "__constraints__(self)" => param_constraints;
    "__default__(self)" => param_default;
    "__covariant__(self)" => param_covariant;
    "__contravariant__(self)" => param_contravariant;
    "__infer_variance__(self)" => param_inferred;
}

crate::natives! { pub static ALIAS_NEW:
    "__new__(cls, name, value, *, type_params=())" => alias_new;
}

crate::methods! { pub static ALIAS for fn is_box::<Alias>, "TypeAliasType":
    "__repr__(self, /)" => alias_name_text;
    "__or__(self, other, /)" => crate::modules::types::union::or;
    "__ror__(self, other, /)" => crate::modules::types::union::or_reflected;
    "__getitem__(self, key, /)" => alias_item;
}

crate::natives! { pub static ALIAS_PROPERTIES:
    "__name__(self)" => alias_name;
    "__value__(self)" => alias_value;
    "__type_params__(self)" => alias_params;
    "__parameters__(self)" => alias_params;
    "__module__(self)" => alias_module;
}

/// Fills the classes. They are `typing`'s.
pub fn install(vm: &mut Vm) {
    let module = vm.intern("typing").value();
    let t = &vm.types;
    let (var, pack, spec, alias) = (t.type_var, t.type_var_tuple, t.param_spec, t.type_alias);
    for class in [var, pack, spec] {
        vm.add_methods(class, if class == var { TYPE_VAR_NEW } else { PARAM_NEW });
        vm.add_methods(class, PARAM);
        vm.add_properties(class, PARAM_PROPERTIES, &[]);
    }
    vm.add_methods(alias, ALIAS_NEW);
    vm.add_methods(alias, ALIAS);
    vm.add_properties(alias, ALIAS_PROPERTIES, &[]);
    for class in [var, pack, spec] {
        let mut dict = class.dict;
        dict.set_str(vm.names.__module__, module);
    }
}

/// Whether a value may stand in a union like a type does.
#[must_use]
pub fn stands_for_type(v: Value) -> bool {
    is_box::<Param>(v) || is_box::<Alias>(v)
}

/// What the op `MakeGeneric` makes of its operands: see there.
pub fn make(vm: &mut Vm, which: u8, parts: &[Value]) -> Result<Value> {
    let function = |v: Value| if v.is_none() { Value::UNBOUND } else { v };
    match (which, parts) {
        (0..=2, &[name, bound, default]) => {
            let class = match which {
                0 => vm.types.type_var,
                1 => vm.types.type_var_tuple,
                _ => vm.types.param_spec,
            };
            let param = Param {
                name,
                make_bound: function(bound),
                bound: Value::NONE,
                make_default: function(default),
                default: Value::UNBOUND,
                sign: "",
            };
            Ok(vm.heap.boxed(class, param).value())
        }
        (3, &[name, make, params]) => {
            let module = vm.globals().table.get_str(vm.names.__name__).unwrap_or(Value::NONE);
            let alias = Alias { name, make, value: Value::UNBOUND, params, module };
            Ok(vm.heap.boxed(vm.types.type_alias, alias).value())
        }
        (4, &[function, params, _]) => {
            let name = vm.intern("__type_params__");
            vm.set_attr(function, name, params)?;
            Ok(function)
        }
        _ => Err(vm.error(vm.exceptions.SystemError, "wrong operands of MakeGeneric")),
    }
}

/// `Generic[T, ...]`: the base that a class with type parameters has beside those it names.
pub fn generic_base(vm: &mut Vm, params: Value) -> Result<Value> {
    let typing = vm.import_module("typing")?;
    let name = vm.intern("Generic");
    let generic = vm.get_attr(typing, name)?;
    vm.root(generic);
    let key = match params.cast::<Tuple>() {
        Some(t) if t.len() == 1 => t.items()[0],
        _ => params,
    };
    vm.get_item(generic, key)
}

fn type_var_new(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    // cls, name, bound, default, covariant, contravariant, infer_variance, *constraints
    let constraints = &args[7..];
    if constraints.len() == 1 {
        return Err(vm.type_error("A single constraint is not allowed"));
    }
    if !constraints.is_empty() && !args[2].is_none() {
        return Err(vm.type_error("Constraints cannot be combined with bound=..."));
    }
    let bound = if constraints.is_empty() { args[2] } else { vm.tuple(constraints) };
    new_param(vm, args, bound)
}

fn param_new(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    new_param(vm, args, args[2])
}

fn new_param(vm: &mut Vm, args: &[Value], bound: Value) -> Result<Value> {
    if args[1].as_str().is_none() {
        let got = vm.class_name(args[1]);
        return Err(vm.type_error(format!("TypeVar() argument 'name' must be str, not {got}")));
    }
    let on = |i: usize| args[i] == Value::TRUE;
    if on(4) && on(5) {
        return Err(vm.value_error("Bivariant types are not supported."));
    }
    let sign = match (on(4), on(5), on(6)) {
        (true, ..) => "+",
        (_, true, _) => "-",
        (.., true) => "",
        _ => "~",
    };
    let class = args[0].cast::<Class>().unwrap_or(vm.types.type_var);
    let sign = if class == vm.types.type_var_tuple { "" } else { sign };
    let param = Param {
        name: args[1],
        make_bound: Value::UNBOUND,
        bound,
        make_default: Value::UNBOUND,
        default: args[3],
        sign,
    };
    Ok(vm.heap.boxed(class, param).value())
}

fn param_repr(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let (name, sign) = data::<Param, _>(args[0], |p| (p.name, p.sign));
    let name = name.as_str().map_or("", Gc::text);
    Ok(vm.str(&format!("{sign}{name}")))
}

fn param_subst(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(args[1])
}

fn param_mro_entries(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let class = vm.class_name(args[0]);
    Err(vm.type_error(format!("Cannot subclass an instance of {class}")))
}

fn param_name(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(data::<Param, _>(args[0], |p| p.name))
}

/// The bound or the tuple of constraints.
fn bound_of(vm: &mut Vm, v: Value) -> Result<Value> {
    let (make, bound) = data::<Param, _>(v, |p| (p.make_bound, p.bound));
    if make.is_unbound() {
        return Ok(bound);
    }
    let bound = vm.call(make, &[])?;
    data::<Param, _>(v, |p| {
        p.bound = bound;
        p.make_bound = Value::UNBOUND;
    });
    Ok(bound)
}

fn param_bound(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let bound = bound_of(vm, args[0])?;
    Ok(if bound.is::<Tuple>() { Value::NONE } else { bound })
}

fn param_constraints(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let bound = bound_of(vm, args[0])?;
    Ok(if bound.is::<Tuple>() { bound } else { vm.empty_tuple })
}

fn param_has_default(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let none = data::<Param, _>(args[0], |p| p.make_default.is_unbound() && p.default.is_unbound());
    Ok(Value::bool(!none))
}

fn param_default(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let (make, default) = data::<Param, _>(args[0], |p| (p.make_default, p.default));
    if !default.is_unbound() {
        return Ok(default);
    }
    if make.is_unbound() {
        let typing = vm.import_module("typing")?;
        let name = vm.intern("NoDefault");
        return Ok(vm.find_attr(typing, name)?.unwrap_or(Value::NONE));
    }
    let default = vm.call(make, &[])?;
    data::<Param, _>(args[0], |p| p.default = default);
    Ok(default)
}

fn has_sign(v: Value, sign: &str) -> Value {
    Value::bool(data::<Param, _>(v, |p| p.sign == sign))
}

fn param_covariant(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(has_sign(args[0], "+"))
}

fn param_contravariant(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(has_sign(args[0], "-"))
}

fn param_inferred(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(has_sign(args[0], ""))
}

fn alias_new(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let params = if args[3].is::<Tuple>() { args[3] } else { vm.empty_tuple };
    let module = vm.globals().table.get_str(vm.names.__name__).unwrap_or(Value::NONE);
    let alias = Alias { name: args[1], make: Value::UNBOUND, value: args[2], params, module };
    Ok(vm.heap.boxed(vm.types.type_alias, alias).value())
}

fn alias_name(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(data::<Alias, _>(args[0], |a| a.name))
}

fn alias_name_text(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(data::<Alias, _>(args[0], |a| a.name))
}

fn alias_value(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let (make, value) = data::<Alias, _>(args[0], |a| (a.make, a.value));
    if !value.is_unbound() {
        return Ok(value);
    }
    let value = vm.call(make, &[])?;
    data::<Alias, _>(args[0], |a| a.value = value);
    Ok(value)
}

fn alias_params(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(data::<Alias, _>(args[0], |a| a.params))
}

fn alias_module(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(data::<Alias, _>(args[0], |a| a.module))
}

fn alias_item(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let params = data::<Alias, _>(args[0], |a| a.params);
    if params.cast::<Tuple>().is_none_or(|t| t.len() == 0) {
        return Err(vm.type_error("Only generic type aliases are subscriptable"));
    }
    Ok(crate::modules::types::alias::make(vm, args[0], args[1]))
}
