//! The binary operators: which of the two operands' methods is asked, in which order, and what is said if none answers.
//!
//! Operands of built-in types go straight to the functions of this folder; classes of the language are asked through
//! their special methods. What both share is [`Vm::builtin_binary`]: the operator on built-in values alone.

mod complex;
mod convert;
mod float;
mod inplace;
mod int;
mod number;
mod sequence;
mod sets;
mod unary;

pub use number::Number;

use super::{Result, Vm};
use crate::heap::{Gc, Kind, Str, Value};
use crate::objects::{Class, MappingProxy, Native};

macro_rules! operators {
    ($($op:ident $symbol:literal $direct:ident $reflected:ident $inplace:ident;)*) => {
        /// A binary operator.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum BinaryOp { $($op),* }

        impl BinaryOp {
            pub const ALL: &'static [Self] = &[$(Self::$op),*];

            #[must_use]
            pub const fn symbol(self) -> &'static str {
                match self { $(Self::$op => $symbol),* }
            }

            /// `__add__`
            #[must_use]
            pub fn direct(self, vm: &Vm) -> Gc<Str> {
                match self { $(Self::$op => vm.names.$direct),* }
            }

            /// `__radd__`
            #[must_use]
            pub fn reflected(self, vm: &Vm) -> Gc<Str> {
                match self { $(Self::$op => vm.names.$reflected),* }
            }

            /// `__iadd__`
            #[must_use]
            pub fn inplace(self, vm: &Vm) -> Gc<Str> {
                match self { $(Self::$op => vm.names.$inplace),* }
            }
        }
    };
}

operators! {
    Add "+" __add__ __radd__ __iadd__;
    Sub "-" __sub__ __rsub__ __isub__;
    Mul "*" __mul__ __rmul__ __imul__;
    MatMul "@" __matmul__ __rmatmul__ __imatmul__;
    Div "/" __truediv__ __rtruediv__ __itruediv__;
    FloorDiv "//" __floordiv__ __rfloordiv__ __ifloordiv__;
    Mod "%" __mod__ __rmod__ __imod__;
    Pow "**" __pow__ __rpow__ __ipow__;
    LShift "<<" __lshift__ __rlshift__ __ilshift__;
    RShift ">>" __rshift__ __rrshift__ __irshift__;
    And "&" __and__ __rand__ __iand__;
    Or "|" __or__ __ror__ __ior__;
    Xor "^" __xor__ __rxor__ __ixor__;
}

impl Vm {
    /// `a op b`.
    pub fn binary(&mut self, op: BinaryOp, a: Value, b: Value) -> Result<Value> {
        if op == BinaryOp::Add
            && let (Some(x), Some(y)) = (a.as_str(), b.as_str())
        {
            return self.concat_strs(x, y);
        }
        if let (Some(x), Some(y)) = (Number::of(a), Number::of(b))
            && let Some(v) = self.numeric(op, a, b, x, y)?
        {
            return Ok(v);
        }
        match self.try_binary(op, a, b)? {
            Some(v) => Ok(v),
            None => self.last_resort(op, a, b, op.symbol()),
        }
    }

    /// The operator where both operands are of built-in types; `None` for what those do not define.
    pub fn builtin_binary(&mut self, op: BinaryOp, a: Value, b: Value) -> Result<Option<Value>> {
        if let (Some(x), Some(y)) = (Number::of(a), Number::of(b)) {
            return self.numeric(op, a, b, x, y);
        }
        let view = |v: Value| v.kind() == Some(Kind::DictView);
        if view(a) || view(b) {
            return self.set_operator(op, a, b);
        }
        match a.kind() {
            Some(Kind::Set | Kind::FrozenSet) => self.set_operator(op, a, b),
            Some(Kind::Dict | Kind::MappingProxy) if op == BinaryOp::Or => {
                let inside = |v: Value| v.cast::<MappingProxy>().map_or(v, |p| p.dict.value());
                self.merge_dicts(inside(a), inside(b))
            }
            Some(Kind::Str) if op == BinaryOp::Mod => match a.as_str() {
                Some(format) => self.percent_format(format, b).map(Some),
                None => Ok(None),
            },
            Some(Kind::Bytes | Kind::ByteArray) if op == BinaryOp::Mod => self.percent_bytes(a, b).map(Some),
            _ => self.sequence_operator(op, a, b),
        }
    }

    /// Asks the methods of both operands; `None` if neither has an answer.
    fn try_binary(&mut self, op: BinaryOp, a: Value, b: Value) -> Result<Option<Value>> {
        if !self.has_operators(a) && !self.has_operators(b) {
            return self.builtin_binary(op, a, b);
        }
        let (direct, reflected) = (op.direct(self), op.reflected(self));
        self.ask_both(op, a, b, direct, reflected)
    }

    fn ask_both(
        &mut self,
        op: BinaryOp,
        a: Value,
        b: Value,
        direct: Gc<Str>,
        reflected: Gc<Str>,
    ) -> Result<Option<Value>> {
        if self.reflected_first(a, b, reflected)
            && let Some(v) = self.ask(b, reflected, a)?
        {
            return Ok(Some(v));
        }
        if self.has_operators(a) {
            if let Some(v) = self.ask(a, direct, b)? {
                return Ok(Some(v));
            }
        } else {
            // A format shows its argument as what it is.
            let right = if op == BinaryOp::Mod && is_format(a) { b } else { self.unwrap(b) };
            if self.is_instance_of_own_kind(a, right)
                && let Some(v) = self.builtin_binary(op, a, right)?
            {
                return Ok(Some(v));
            }
        }
        let same = self.type_of(a) == self.type_of(b);
        if !same && self.has_operators(b) {
            if let Some(v) = self.ask(b, reflected, a)? {
                return Ok(Some(v));
            }
        } else if b.kind() == Some(Kind::DictView) {
            return self.set_operator(op, a, b);
        }
        Ok(None)
    }

    /// Whether a built-in left operand looks at the right one at all: not at instances that wrap nothing, except where
    /// the operator takes anything.
    fn is_instance_of_own_kind(&self, a: Value, right: Value) -> bool {
        !self.has_operators(right) || is_format(a) || a.kind() == Some(Kind::DictView)
    }

    /// A right operand of a subclass goes first where it overrides the method.
    fn reflected_first(&self, a: Value, b: Value, reflected: Gc<Str>) -> bool {
        if !self.has_operators(b) {
            return false;
        }
        let (left, right) = (self.type_of(a), self.type_of(b));
        left != right
            && right.is_subclass_of(left)
            && find_in_class(right, reflected).is_some()
            && find_in_class(right, reflected) != find_in_class(left, reflected)
    }

    /// Calls `v.name(other)`; `None` if there is no such method or it answers NotImplemented.
    pub(crate) fn ask(&mut self, v: Value, name: Gc<Str>, other: Value) -> Result<Option<Value>> {
        let answer = self.call_operator(v, name, &[other])?;
        Ok(answer.filter(|&answer| answer != Value::NOT_IMPLEMENTED))
    }

    /// Calls a special method of a class of the language or of a class that Rust made outside the core.
    pub(crate) fn call_operator(&mut self, v: Value, name: Gc<Str>, args: &[Value]) -> Result<Option<Value>> {
        let plain_class = v.kind() == Some(Kind::Class) && self.type_of(v) == self.types.type_;
        if !is_native_object(v) && !plain_class {
            let answer = self.call_special(v, name, args)?;
            if answer.is_none() {
                self.check_blocked(v, name)?;
            }
            return Ok(answer);
        }
        let Some(method) = find_in_class(self.type_of(v), name) else { return Ok(None) };
        let mut all = vec![v];
        all.extend_from_slice(args);
        self.call(method, &all).map(Some)
    }

    /// Whether operators on the value are looked up as methods, rather than known here.
    pub(crate) fn has_operators(&self, v: Value) -> bool {
        match v.kind() {
            // Classes have `|`.
            Some(Kind::Instance | Kind::Exception | Kind::Class) => true,
            Some(_) => is_native_object(v),
            None => false,
        }
    }

    /// After all methods: sequences concatenate and repeat, and otherwise there is an error.
    fn last_resort(&mut self, op: BinaryOp, a: Value, b: Value, symbol: &str) -> Result<Value> {
        let (left, right) = (self.unwrap(a), self.unwrap(b));
        if (left != a || right != b)
            && !self.overrides(a, op.direct(self))
            && !self.overrides(b, op.reflected(self))
            && let Some(v) = self.builtin_binary(op, left, right)?
        {
            return Ok(v);
        }
        let (left_name, right_name) = (self.class_name(a), self.class_name(b));
        let sequence = |v: Value| {
            matches!(v.kind(), Some(Kind::Str | Kind::List | Kind::Tuple | Kind::Bytes | Kind::ByteArray))
        };
        if op == BinaryOp::Add && sequence(left) {
            return Err(self.cannot_concatenate(left, left_name, right_name));
        }
        if op == BinaryOp::Mul && (sequence(left) || sequence(right)) {
            let (items, count, name) =
                if sequence(left) { (left, b, right_name) } else { (right, a, left_name) };
            let index_name = self.names.__index__;
            if self.has_operators(count) && self.special(count, index_name).is_some() {
                let count = self.index(count)?;
                return self.repeat(items, count);
            }
            return Err(self.type_error(format!("can't multiply sequence by non-int of type '{name}'")));
        }
        let symbol = if symbol == "**" { "** or pow()" } else { symbol };
        let mut message =
            format!("unsupported operand type(s) for {symbol}: '{left_name}' and '{right_name}'");
        if op == BinaryOp::RShift && left.cast::<Native>().is_some_and(|n| n.def.name() == "print") {
            message += ". Did you mean \"print(<message>, file=<output_stream>)\"?";
        }
        Err(self.type_error(message))
    }

    /// Whether the class of an instance answers to the name with a function that is not Rust's.
    fn overrides(&self, v: Value, name: Gc<Str>) -> bool {
        self.has_operators(v) && find_in_class(self.type_of(v), name).is_some_and(|f| !f.is::<Native>())
    }
}

fn is_format(v: Value) -> bool {
    matches!(v.kind(), Some(Kind::Str | Kind::Bytes | Kind::ByteArray))
}

/// Objects of classes made in Rust, which keep their methods in the class's dict.
fn is_native_object(v: Value) -> bool {
    matches!(v.kind(), Some(Kind::Boxed | Kind::Future | Kind::Task | Kind::Handle))
}

/// A class attribute as it stands in the dict of the class or of one of its ancestors.
#[must_use]
pub(crate) fn find_in_class(class: Gc<Class>, name: Gc<Str>) -> Option<Value> {
    class.mro.iter().find_map(|c| c.dict.table.get_str(name))
}
