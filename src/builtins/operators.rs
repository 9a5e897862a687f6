//! The special methods behind the operators, as natives that the built-in types share: what `int.__add__(1, 2)` and
//! `super().__eq__(other)` call. For operands that are not the type's business they answer NotImplemented.

use crate::heap::{Kind, Value};
use crate::objects::sequence::BytesLike;
use crate::vm::{BinaryOp, CompareOp, Result, Vm};

/// How general a number is: arithmetic is the business of the more general one.
fn rank(v: Value) -> Option<u8> {
    if v.is_float() {
        return Some(1);
    }
    match v.kind() {
        None if v.is_int() || v.is_bool() => Some(0),
        Some(Kind::BigInt) => Some(0),
        Some(Kind::Complex) => Some(2),
        _ => None,
    }
}

fn foreign(own: Value, other: Value) -> bool {
    match (rank(own), rank(other)) {
        (Some(own), Some(other)) => other > own,
        (Some(_), None) => true,
        (None, _) => false,
    }
}

fn apply(vm: &mut Vm, op: BinaryOp, args: &[Value], reflected: bool) -> Result<Value> {
    let own = args[0];
    let format = matches!(own.kind(), Some(Kind::Str | Kind::Bytes | Kind::ByteArray)) && op == BinaryOp::Mod;
    // A format shows its argument as what it is.
    let other = if format { args[1] } else { vm.unwrap(args[1]) };
    if foreign(own, other) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let (a, b) = if reflected { (other, own) } else { (own, other) };
    Ok(vm.builtin_binary(op, a, b)?.unwrap_or(Value::NOT_IMPLEMENTED))
}

macro_rules! binary {
    ($($direct:ident $reflected:ident $op:ident)*) => {
        $(
            pub fn $direct(vm: &mut Vm, args: &[Value]) -> Result<Value> {
                apply(vm, BinaryOp::$op, args, false)
            }

            pub fn $reflected(vm: &mut Vm, args: &[Value]) -> Result<Value> {
                apply(vm, BinaryOp::$op, args, true)
            }
        )*
    };
}

binary! {
    add radd Add
    sub rsub Sub
    mul rmul Mul
    truediv rtruediv Div
    floordiv rfloordiv FloorDiv
    modulo rmodulo Mod
    lshift rlshift LShift
    rshift rrshift RShift
    and rand And
    or ror Or
    xor rxor Xor
}

/// `__pow__(self, value, mod=None, /)`
pub fn pow(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if args.get(2).is_none_or(|m| m.is_none()) {
        return apply(vm, BinaryOp::Pow, args, false);
    }
    let (exponent, modulus) = (vm.unwrap(args[1]), vm.unwrap(args[2]));
    Ok(vm.builtin_power_mod(args[0], exponent, modulus)?.unwrap_or(Value::NOT_IMPLEMENTED))
}

pub fn rpow(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    apply(vm, BinaryOp::Pow, args, true)
}

fn pair(vm: &mut Vm, own: Value, a: Value, b: Value) -> Result<Value> {
    if foreign(own, a) || foreign(own, b) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    Ok(vm.builtin_divmod(a, b)?.unwrap_or(Value::NOT_IMPLEMENTED))
}

pub fn divmod(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let other = vm.unwrap(args[1]);
    pair(vm, args[0], args[0], other)
}

pub fn rdivmod(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let other = vm.unwrap(args[1]);
    pair(vm, args[0], other, args[0])
}

pub fn neg(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    vm.negate(args[0])
}

pub fn pos(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    vm.positive(args[0])
}

pub fn invert(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    vm.invert(args[0])
}

pub fn abs(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    vm.abs(args[0])
}

/// Whether the types of the two have an order, or an equality, of their own.
fn comparable(own: Value, other: Value, order: bool) -> bool {
    match (rank(own), rank(other)) {
        (Some(2), _) | (_, Some(2)) if order => false,
        (Some(_), Some(_)) => !foreign(own, other),
        _ if BytesLike::of(own).is_some() => BytesLike::of(other).is_some(),
        _ => own.kind() == other.kind(),
    }
}

fn compare(vm: &mut Vm, op: CompareOp, args: &[Value]) -> Result<Value> {
    let other = vm.unwrap(args[1]);
    let order = !matches!(op, CompareOp::Eq | CompareOp::Ne);
    if !comparable(args[0], other, order) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    vm.compare(op, args[0], other)
}

macro_rules! comparisons {
    ($($name:ident $op:ident)*) => {
        $(
            pub fn $name(vm: &mut Vm, args: &[Value]) -> Result<Value> {
                compare(vm, CompareOp::$op, args)
            }
        )*
    };
}

comparisons! { eq Eq ne Ne lt Lt le Le gt Gt ge Ge }

pub fn hash(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let hash = vm.hash(args[0])?;
    Ok(vm.int(hash))
}

pub fn repr(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let text = vm.repr(args[0])?;
    vm.owned_str(&text)
}

pub fn truth(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    vm.truthy(args[0]).map(Value::bool)
}

/// `__format__(self, format_spec, /)`
pub fn format(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let Some(spec) = vm.unwrap(args[1]).as_str() else {
        let class = vm.class_name(args[1]);
        return Err(vm.type_error(format!("__format__() argument must be str, not {class}")));
    };
    Ok(vm.format(args[0], spec.text())?.value())
}

pub fn len(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let len = vm.len(args[0])?;
    Ok(vm.int(len as i64))
}

pub fn contains(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    vm.contains(args[0], args[1]).map(Value::bool)
}

pub fn get_item(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    vm.get_item(args[0], args[1])
}

pub fn set_item(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    vm.set_item(args[0], args[1], args[2])?;
    Ok(Value::NONE)
}

pub fn del_item(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    vm.del_item(args[0], args[1])?;
    Ok(Value::NONE)
}

pub fn iter(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    vm.iter(args[0])
}

/// The value itself: `int.__int__`, `str.__str__`, `float.conjugate`.
pub fn itself(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(args[0])
}
