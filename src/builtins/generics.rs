//! What the syntax of type parameters makes: `TypeVar` and the like, which are `typing`'s, and the values of `type`
//! statements, which are evaluated when they are first asked for.

use crate::heap::Value;
use crate::modules::asyncio::boxes::{data, is_box, native_data};
use crate::objects::Tuple;
use crate::vm::{Result, Vm};

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

/// Fills the class.
pub fn install(vm: &mut Vm) {
    let alias = vm.types.type_alias;
    vm.add_methods(alias, ALIAS_NEW);
    vm.add_methods(alias, ALIAS);
    vm.add_properties(alias, ALIAS_PROPERTIES, &[]);
}

/// Whether a value may stand in a union like a type does.
#[must_use]
pub fn stands_for_type(v: Value) -> bool {
    is_box::<Alias>(v)
}

/// What the op `MakeGeneric` makes of its operands: see there.
pub fn make(vm: &mut Vm, which: u8, parts: &[Value]) -> Result<Value> {
    match (which, parts) {
        (0..=2, &[name, bound, default]) => {
            let class = ["TypeVar", "TypeVarTuple", "ParamSpec"][usize::from(which)];
            let typing = vm.import_module("typing")?;
            let class = vm.intern(class);
            let class = vm.get_attr(typing, class)?;
            vm.call_method(typing, "_type_parameter", &[class, name, bound, default])
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
    let unpack = vm.intern("Unpack");
    let unpack = vm.get_attr(typing, unpack)?;
    let mut key = params.cast::<Tuple>().map_or(Vec::new(), |t| t.items().to_vec());
    for param in &mut key {
        if vm.class_name(*param) == "TypeVarTuple" {
            *param = vm.get_item(unpack, *param)?;
            vm.root(*param);
        }
    }
    let key = if key.len() == 1 { key[0] } else { vm.tuple(&key) };
    vm.get_item(generic, key)
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
