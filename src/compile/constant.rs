//! Constants: equality of what the compiler may share, and folding, as CPython does it: no errors, nothing huge.

use crate::bytecode::code::Const;
use crate::syntax::ast::{BinOp, Expr, ExprKind, UnaryOp};

/// A constant as a key: floats by their bits, so that `0.0` and `-0.0` stay two.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    Singleton(u8),
    Int(i64),
    BigInt(Box<str>),
    Float(u64),
    Complex(u64, u64),
    Str(Box<str>),
    Bytes(Box<[u8]>),
    Tuple(Vec<Key>),
    FrozenSet(Vec<Key>),
}

impl Key {
    /// `None` for code, which is never shared.
    pub fn of(value: &Const) -> Option<Self> {
        Some(match value {
            Const::None => Self::Singleton(0),
            Const::True => Self::Singleton(1),
            Const::False => Self::Singleton(2),
            Const::Ellipsis => Self::Singleton(3),
            Const::Int(value) => Self::Int(*value),
            Const::BigInt(text) => Self::BigInt(text.clone()),
            Const::Float(value) => Self::Float(value.to_bits()),
            Const::Complex(re, im) => Self::Complex(re.to_bits(), im.to_bits()),
            Const::Str(text) => Self::Str(text.clone()),
            Const::Bytes(bytes) => Self::Bytes(bytes.clone()),
            Const::Tuple(items) => Self::Tuple(items.iter().map(Self::of).collect::<Option<_>>()?),
            Const::FrozenSet(items) => Self::FrozenSet(items.iter().map(Self::of).collect::<Option<_>>()?),
            Const::Code(_) => return None,
        })
    }
}

/// The value of an expression that is constant.
pub fn fold(expr: &Expr) -> Option<Const> {
    Some(match &expr.kind {
        ExprKind::None => Const::None,
        ExprKind::True => Const::True,
        ExprKind::False => Const::False,
        ExprKind::Ellipsis => Const::Ellipsis,
        ExprKind::Int(value) => Const::Int(*value),
        ExprKind::BigInt(text) => Const::BigInt(text.clone()),
        ExprKind::Float(value) => Const::Float(*value),
        ExprKind::Imaginary(value) => Const::Complex(0.0, *value),
        ExprKind::Str(text) => Const::Str((**text).into()),
        ExprKind::Bytes(bytes) => Const::Bytes((**bytes).into()),
        ExprKind::Name(name) if &**name == "__debug__" => Const::True,
        ExprKind::Tuple(items) => Const::Tuple(items.iter().map(fold).collect::<Option<_>>()?),
        ExprKind::Unary { op, operand } => unary(*op, fold(operand)?)?,
        ExprKind::Binary { left, op, right } => binary(fold(left)?, *op, fold(right)?)?,
        _ => return None,
    })
}

/// A display that is only looked through: `in {1, 2}`, `for x in [1, 2]`.
pub fn fold_display(expr: &Expr) -> Option<Const> {
    match &expr.kind {
        ExprKind::List(items) => Some(Const::Tuple(items.iter().map(fold).collect::<Option<_>>()?)),
        ExprKind::Set(items) => Some(Const::FrozenSet(items.iter().map(fold).collect::<Option<_>>()?)),
        _ => None,
    }
}

/// The truth of a constant.
pub fn truth(value: &Const) -> bool {
    match value {
        Const::None | Const::False => false,
        Const::True | Const::Ellipsis | Const::BigInt(_) | Const::Code(_) => true,
        Const::Int(value) => *value != 0,
        Const::Float(value) => *value != 0.0,
        Const::Complex(re, im) => *re != 0.0 || *im != 0.0,
        Const::Str(text) => !text.is_empty(),
        Const::Bytes(bytes) => !bytes.is_empty(),
        Const::Tuple(items) | Const::FrozenSet(items) => !items.is_empty(),
    }
}

fn unary(op: UnaryOp, value: Const) -> Option<Const> {
    Some(match (op, value) {
        (UnaryOp::Neg, Const::Int(value)) => match value.checked_neg() {
            Some(value) => Const::Int(value),
            None => Const::BigInt("9223372036854775808".into()),
        },
        // Only a literal has no sign yet; -9223372036854775808 is an ordinary integer again.
        (UnaryOp::Neg, Const::BigInt(text)) => match text.strip_prefix('-') {
            Some(text) => Const::BigInt(text.into()),
            None if &*text == "9223372036854775808" => Const::Int(i64::MIN),
            None => Const::BigInt(format!("-{text}").into()),
        },
        (UnaryOp::Neg, Const::Float(value)) => Const::Float(-value),
        (UnaryOp::Neg, Const::Complex(re, im)) => Const::Complex(-re, -im),
        (UnaryOp::Pos, value @ (Const::Int(_) | Const::BigInt(_) | Const::Float(_) | Const::Complex(..))) => {
            value
        }
        (UnaryOp::Invert, Const::Int(value)) => Const::Int(!value),
        (UnaryOp::Not, value) => {
            if truth(&value) {
                Const::False
            } else {
                Const::True
            }
        }
        _ => return None,
    })
}

fn binary(left: Const, op: BinOp, right: Const) -> Option<Const> {
    match (left, right) {
        (Const::Int(left), Const::Int(right)) => integers(left, op, right),
        (Const::Float(left), Const::Float(right)) => floats(left, op, right),
        (Const::Int(left), Const::Float(right)) => floats(exact(left)?, op, right),
        (Const::Float(left), Const::Int(right)) => floats(left, op, exact(right)?),
        // 1 + 2j, as a complex number is written; the sign of a zero follows the arithmetic.
        (Const::Int(left), Const::Complex(re, im)) => complex(exact(left)?, op, re, im),
        (Const::Float(left), Const::Complex(re, im)) => complex(left, op, re, im),
        _ => None,
    }
}

fn complex(left: f64, op: BinOp, re: f64, im: f64) -> Option<Const> {
    match op {
        BinOp::Add => Some(Const::Complex(left + re, 0.0 + im)),
        BinOp::Sub => Some(Const::Complex(left - re, 0.0 - im)),
        _ => None,
    }
}

/// An integer as a float, if that loses nothing.
#[expect(clippy::cast_precision_loss, reason = "the range is checked")]
fn exact(value: i64) -> Option<f64> {
    (value.unsigned_abs() <= 1 << 53).then_some(value as f64)
}

fn integers(left: i64, op: BinOp, right: i64) -> Option<Const> {
    let value = match op {
        BinOp::Add => left.checked_add(right)?,
        BinOp::Sub => left.checked_sub(right)?,
        BinOp::Mul => left.checked_mul(right)?,
        BinOp::Div => {
            return (right != 0).then(|| Some(Const::Float(exact(left)? / exact(right)?))).flatten();
        }
        BinOp::FloorDiv => {
            let quotient = left.checked_div(right)?;
            if left % right != 0 && (left < 0) != (right < 0) { quotient - 1 } else { quotient }
        }
        BinOp::Mod => {
            let rest = left.checked_rem(right)?;
            if rest != 0 && (rest < 0) != (right < 0) { rest + right } else { rest }
        }
        BinOp::Pow => left.checked_pow(u32::try_from(right).ok()?)?,
        BinOp::LShift => {
            let shift = u32::try_from(right).ok().filter(|&shift| shift < 63)?;
            left.checked_mul(1 << shift)?
        }
        BinOp::RShift => left >> u32::try_from(right).ok()?.min(63),
        BinOp::BitAnd => left & right,
        BinOp::BitOr => left | right,
        BinOp::BitXor => left ^ right,
        BinOp::MatMul => return None,
    };
    Some(Const::Int(value))
}

fn floats(left: f64, op: BinOp, right: f64) -> Option<Const> {
    let value = match op {
        BinOp::Add => left + right,
        BinOp::Sub => left - right,
        BinOp::Mul => left * right,
        BinOp::Div if right != 0.0 => left / right,
        _ => return None,
    };
    Some(Const::Float(value))
}
