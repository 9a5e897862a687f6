//! `operator`: the operators as functions. What is made by calling others, and the rarer ones, is in
//! `lib/operator.aio`.

use super::{ModuleSpec, embed_later, set};
use crate::heap::{Gc, Value};
use crate::native::NativeDef;
use crate::objects::Dict;
use crate::vm::arithmetic::BinaryOp;
use crate::vm::compare::CompareOp;
use crate::vm::protocol::same;
use crate::vm::{Result, Vm};

pub static SPEC: ModuleSpec = ModuleSpec { name: "operator", natives: FUNCTIONS, init };

/// All names without an underscore in front, those of the later part too.
const NAMES: &str = "abs add and_ attrgetter call concat contains countOf delitem eq floordiv ge getitem gt \
    iadd iand iconcat ifloordiv ilshift imatmul imod imul index indexOf inv invert ior ipow \
    irshift is_ is_not isub itemgetter itruediv ixor le length_hint lshift lt matmul \
    methodcaller mod mul ne neg not_ or_ pos pow rshift setitem sub truediv truth xor";

crate::natives! { static FUNCTIONS:
    /// Same as a < b.
    "lt(a, b, /)" => lt;
    /// Same as a <= b.
    "le(a, b, /)" => le;
    /// Same as a == b.
    "eq(a, b, /)" => eq;
    /// Same as a != b.
    "ne(a, b, /)" => ne;
    /// Same as a >= b.
    "ge(a, b, /)" => ge;
    /// Same as a > b.
    "gt(a, b, /)" => gt;
    /// Same as not a.
    "not_(a, /)" => negation;
    /// Return True if a is true, False otherwise.
    "truth(a, /)" => truth;
    /// Same as a is b.
    "is_(a, b, /)" => identical;
    /// Same as a is not b.
    "is_not(a, b, /)" => different;
    /// Same as abs(a).
    "abs(a, /)" => abs;
    /// Same as a + b.
    "add(a, b, /)" => add;
    /// Same as a & b.
    "and_(a, b, /)" => and_;
    /// Same as a // b.
    "floordiv(a, b, /)" => floordiv;
    /// Same as a << b.
    "lshift(a, b, /)" => lshift;
    /// Same as a % b.
    "mod(a, b, /)" => modulo;
    /// Same as a * b.
    "mul(a, b, /)" => mul;
    /// Same as a @ b.
    "matmul(a, b, /)" => matmul;
    /// Same as a | b.
    "or_(a, b, /)" => or_;
    /// Same as a ** b.
    "pow(a, b, /)" => pow;
    /// Same as a >> b.
    "rshift(a, b, /)" => rshift;
    /// Same as a - b.
    "sub(a, b, /)" => sub;
    /// Same as a / b.
    "truediv(a, b, /)" => truediv;
    /// Same as a ^ b.
    "xor(a, b, /)" => xor;
    /// Same as ~a.
    "inv(a, /)" => invert;
    /// Same as ~a.
    "invert(a, /)" => invert;
    /// Same as -a.
    "neg(a, /)" => negative;
    /// Same as +a.
    "pos(a, /)" => positive;
    /// Same as a.__index__()
    "index(a, /)" => index;
    /// Same as b in a (note reversed operands).
    "contains(a, b, /)" => contains;
    /// Same as a[b].
    "getitem(a, b, /)" => get_item;
    /// Same as a[b] = c.
    "setitem(a, b, c, /)" => set_item;
    /// Same as del a[b].
    "delitem(a, b, /)" => delete_item;
}

/// Functions that have no special name.
const PLAIN: &[&str] = &["truth", "is_", "is_not"];

fn init(vm: &mut Vm, dict: Gc<Dict>) -> Result<()> {
    for def in FUNCTIONS.iter().map(NativeDef::name).filter(|name| !PLAIN.contains(name)) {
        let key = vm.intern(def);
        if let Some(function) = dict.table.get_str(key) {
            set(vm, dict, &format!("__{}__", def.trim_end_matches('_')), function);
        }
    }
    let names: Vec<Value> = NAMES.split_whitespace().map(|name| vm.intern(name).value()).collect();
    let names = vm.heap.list(names);
    set(vm, dict, "__all__", names);
    embed_later(vm, dict, "<operator>", include_str!("lib/operator.aio"));
    Ok(())
}

// Functions of two arguments that are an operator each.
macro_rules! operators {
    ($ask:ident $kind:ident: $($name:ident $op:ident;)*) => {
        $(fn $name(vm: &mut Vm, args: &[Value]) -> Result<Value> {
            vm.$ask($kind::$op, args[0], args[1])
        })*
    };
}

operators! {
    compare CompareOp:
    lt Lt;
    le Le;
    eq Eq;
    ne Ne;
    ge Ge;
    gt Gt;
}

operators! {
    binary BinaryOp:
    add Add;
    and_ And;
    floordiv FloorDiv;
    lshift LShift;
    modulo Mod;
    mul Mul;
    matmul MatMul;
    or_ Or;
    pow Pow;
    rshift RShift;
    sub Sub;
    truediv Div;
    xor Xor;
}

fn negation(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(Value::bool(!vm.truthy(args[0])?))
}

fn truth(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(Value::bool(vm.truthy(args[0])?))
}

fn identical(_: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(Value::bool(same(args[0], args[1])))
}

fn different(_: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(Value::bool(!same(args[0], args[1])))
}

fn abs(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    vm.abs(args[0])
}

fn invert(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    vm.invert(args[0])
}

fn negative(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    vm.negate(args[0])
}

fn positive(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    vm.positive(args[0])
}

fn index(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    vm.index(args[0])
}

fn contains(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(Value::bool(vm.contains(args[0], args[1])?))
}

fn get_item(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    vm.get_item(args[0], args[1])
}

fn set_item(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    vm.set_item(args[0], args[1], args[2])?;
    Ok(Value::NONE)
}

fn delete_item(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    vm.del_item(args[0], args[1])?;
    Ok(Value::NONE)
}
