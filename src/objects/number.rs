//! Numbers that do not fit into a value: boxed floats, big integers, complex numbers.

use crate::heap::{Gc, Header, Heap, Kind, Value};
use num_traits::ToPrimitive;

/// A float whose exponent is too large or small to be kept inline; also `-0.0`, infinities and NaN.
#[repr(C)]
pub struct Float {
    header: Header,
    pub value: f64,
}

crate::object!(Float, Float, |_this, _t| ());

/// An integer beyond 63 bits. Never one that would fit inline.
#[repr(C)]
pub struct BigInt {
    header: Header,
    pub value: num_bigint::BigInt,
}

crate::object!(BigInt, BigInt, |this, t| t.inert((this.value.bits() / 8) as usize));

#[repr(C)]
pub struct Complex {
    header: Header,
    pub real: f64,
    pub imag: f64,
}

crate::object!(Complex, Complex, |_this, _t| ());

impl Heap {
    #[inline(always)]
    pub fn float(&mut self, f: f64) -> Value {
        match Value::small_float(f) {
            Some(v) => v,
            None => self.boxed_float(f),
        }
    }

    #[cold]
    fn boxed_float(&mut self, value: f64) -> Value {
        self.alloc(Float { header: Header::new(Kind::Float), value }).value()
    }

    #[inline(always)]
    pub fn int(&mut self, i: i64) -> Value {
        match Value::small_int(i) {
            Some(v) => v,
            None => self.big_int(num_bigint::BigInt::from(i)),
        }
    }

    pub fn big_int(&mut self, value: num_bigint::BigInt) -> Value {
        if let Some(v) = value.to_i64().and_then(Value::small_int) {
            return v;
        }
        self.charge((value.bits() / 8) as usize);
        self.alloc(BigInt { header: Header::new(Kind::BigInt), value }).value()
    }

    pub fn complex(&mut self, real: f64, imag: f64) -> Value {
        self.alloc(Complex { header: Header::new(Kind::Complex), real, imag }).value()
    }
}

impl Value {
    /// The float, inline or boxed.
    #[must_use]
    #[inline(always)]
    pub fn as_float(self) -> Option<f64> {
        self.inline_float().or_else(|| self.cast::<Float>().map(|f| f.value))
    }

    #[must_use]
    pub fn is_float(self) -> bool {
        self.inline_float().is_some() || self.is::<Float>()
    }

    #[must_use]
    pub fn as_str(self) -> Option<Gc<crate::heap::Str>> {
        self.cast()
    }
}
