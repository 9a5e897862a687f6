//! `int | None`: a union of types. `isinstance` takes it.

use super::{alias, parameters, substitute, write_argument};
use crate::heap::{Kind, Value};
use crate::modules::asyncio::boxes::{data, is_box, native_data};
use crate::objects::Tuple;
use crate::vm::{BinaryOp, Result, Vm};

struct Union {
    /// A tuple of at least two different types.
    args: Value,
}

native_data!(Union, |this, t| t.value(this.args));

crate::natives! { pub static UNION_NEW:
    "__new__(cls, /, *args, **kwargs)" => new;
}

crate::methods! { pub static UNION for fn is_box::<Union>, "types.UnionType":
    "__repr__(self, /)" => repr;
    "__or__(self, other, /)" => or;
    "__ror__(self, other, /)" => or_reflected;
    "__eq__(self, other, /)" => eq;
    "__hash__(self, /)" => hash;
    "__getitem__(self, key, /)" => get_item;
    "__instancecheck__(self, instance, /)" => instance_check;
    "__subclasscheck__(self, cls, /)" => subclass_check;
}

crate::methods! { pub static UNION_PROPERTIES for fn is_box::<Union>, "types.UnionType":
    "__args__(self)" => args_of;
    "__parameters__(self)" => parameters_of;
}

fn members(v: Value) -> Vec<Value> {
    let args = data::<Union, _>(v, |u| u.args);
    args.cast::<Tuple>().map_or(Vec::new(), |t| t.items().to_vec())
}

fn new(vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    Err(vm.type_error("cannot create 'types.UnionType' instances"))
}

/// What an operand of `|` adds to a union; `None` if it is no type.
fn operand(vm: &Vm, v: Value) -> Option<Vec<Value>> {
    if is_box::<Union>(v) {
        Some(members(v))
    } else if v.is_none() {
        Some(vec![vm.types.none.value()])
    } else if v.kind() == Some(Kind::Class) || alias::is_alias(v) || crate::builtins::stands_for_type(v) {
        Some(vec![v])
    } else {
        None
    }
}

/// The union of types, each once; the type itself if there is only one.
fn join(vm: &mut Vm, types: &[Value]) -> Result<Value> {
    let mut different: Vec<Value> = Vec::with_capacity(types.len());
    for &v in types {
        let mut seen = different.contains(&v);
        if !seen && v.kind() != Some(Kind::Class) {
            for i in 0..different.len() {
                seen = seen || different[i].kind() == v.kind() && vm.equals(different[i], v)?;
            }
        }
        if !seen {
            different.push(v);
        }
    }
    if let [one] = different[..] {
        return Ok(one);
    }
    let args = vm.tuple(&different);
    Ok(vm.heap.boxed(vm.types.union_type, Union { args }).value())
}

/// `A | B` of types; NotImplemented for what is none.
pub fn or(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let (Some(mut left), Some(right)) = (operand(vm, args[0]), operand(vm, args[1])) else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    left.extend(right);
    join(vm, &left)
}

/// `B | A`, asked of `A`.
pub fn or_reflected(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    or(vm, &[args[1], args[0]])
}

fn repr(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let mut out = String::new();
    for (i, member) in members(args[0]).into_iter().enumerate() {
        if i > 0 {
            out.push_str(" | ");
        }
        if member == vm.types.none.value() {
            out.push_str("None");
        } else {
            write_argument(vm, &mut out, member)?;
        }
    }
    Ok(vm.str(&out))
}

fn eq(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if !is_box::<Union>(args[1]) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let (own, other) = (members(args[0]), members(args[1]));
    if own.len() != other.len() {
        return Ok(Value::FALSE);
    }
    for a in own {
        let mut found = false;
        for &b in &other {
            found = found || vm.equals(a, b)?;
        }
        if !found {
            return Ok(Value::FALSE);
        }
    }
    Ok(Value::TRUE)
}

fn hash(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let mut sum = 0i64;
    for member in members(args[0]) {
        // The order does not matter.
        sum = sum.wrapping_add(vm.hash(member)?);
    }
    Ok(vm.int(sum))
}

fn get_item(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let replaced = substitute(vm, args[0], &members(args[0]), args[1])?;
    let mut union = Value::UNBOUND;
    for v in replaced {
        let v = if v.is_none() { vm.types.none.value() } else { v };
        union = if union.is_unbound() { v } else { vm.binary(BinaryOp::Or, union, v)? };
        vm.root(union);
    }
    Ok(union)
}

fn instance_check(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    for member in members(args[0]) {
        if vm.is_instance(args[1], member)? {
            return Ok(Value::TRUE);
        }
    }
    Ok(Value::FALSE)
}

fn subclass_check(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    for member in members(args[0]) {
        if vm.is_subclass(args[1], member)? {
            return Ok(Value::TRUE);
        }
    }
    Ok(Value::FALSE)
}

fn args_of(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(data::<Union, _>(args[0], |u| u.args))
}

fn parameters_of(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let found = parameters(vm, &members(args[0]))?;
    Ok(vm.tuple(&found))
}
