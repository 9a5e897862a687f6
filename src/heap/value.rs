//! The value encoding: every value of the language is one 64-bit word that can be copied.
//!
//! ```text
//!   63                                              3 2 1 0
//!  |  integer, 63 bits, two's complement                 |1|   small integers
//!  |  float: exponent in -255..=256, see `small_float` |1 0|   most floats
//!  |  address of a heap object                      |0 0 0|   everything else
//!  |  number of a constant                          |1 0 0|   None, False, True, 0.0, unbound, ...
//! ```
//!
//! "Unbound", which is no value of the language, is such a constant: a word that ends in three zeros is an object, and
//! nothing else has to be looked at. No value is zero.

use super::{Gc, Header, Kind, Object};

/// A value, or unbound. Copying one copies a reference.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Value(u64);

const INT_TAG: u64 = 1;
const FLOAT_TAG: u64 = 2;
const CONST_TAG: u64 = 4;
/// Added to the bits of a float that is kept inline, it makes the upper two bits of its exponent the tag.
const FLOAT_BIAS: u64 = 1 << 60;

impl Value {
    pub const NONE: Self = Self(CONST_TAG);
    pub const FALSE: Self = Self(CONST_TAG | 8);
    pub const TRUE: Self = Self(CONST_TAG | 16);
    pub const NOT_IMPLEMENTED: Self = Self(CONST_TAG | 24);
    pub const ELLIPSIS: Self = Self(CONST_TAG | 32);
    pub const HALF: Self = Self(0.5f64.to_bits().wrapping_add(FLOAT_BIAS).rotate_left(3));
    /// `0.0`, which is common but has the smallest of all exponents.
    pub const FLOAT_ZERO: Self = Self(CONST_TAG | 40);
    pub const UNBOUND: Self = Self(CONST_TAG | 48);

    /// The integers that fit inline: 63 bits.
    pub const MIN_INT: i64 = -(1 << 62);
    pub const MAX_INT: i64 = (1 << 62) - 1;

    /// The word itself, for hashing by identity.
    #[must_use]
    #[inline(always)]
    pub const fn bits(self) -> u64 {
        self.0
    }

    #[must_use]
    #[inline(always)]
    pub const fn bool(b: bool) -> Self {
        Self(Self::FALSE.0 + ((b as u64) << 3))
    }

    /// An integer of at most 63 bits; `None` if it does not fit inline.
    #[must_use]
    #[inline(always)]
    pub const fn small_int(i: i64) -> Option<Self> {
        match i.checked_mul(2) {
            Some(d) => Some(Self(d as u64 | INT_TAG)),
            None => None,
        }
    }

    /// An integer that is known to fit: lengths, indices, 32-bit immediates.
    #[must_use]
    #[inline(always)]
    pub const fn int(i: i64) -> Self {
        debug_assert!(i >= Self::MIN_INT && i <= Self::MAX_INT);
        Self((i << 1) as u64 | INT_TAG)
    }

    /// A float whose exponent allows it; the others are boxed (`Heap::float`).
    ///
    /// ```text
    ///   s 011 eeee eeee mmm...    s 100 eeee eeee mmm...    sign, exponents -255..=0 and 1..=256, mantissa
    ///   s 100 eeee eeee mmm...    s 101 eeee eeee mmm...    the bias added
    ///   [0|1] eeee eeee mmm... s 10                         rotated by three bits: the tag
    /// ```
    ///
    /// An addition and a rotation each way, and no test but that of the tag, which is why `0.0` is a constant.
    #[must_use]
    #[inline(always)]
    pub const fn small_float(f: f64) -> Option<Self> {
        let bits = f.to_bits();
        let word = bits.wrapping_add(FLOAT_BIAS).rotate_left(3);
        if word & 3 == FLOAT_TAG {
            Some(Self(word))
        } else if bits == 0 {
            Some(Self::FLOAT_ZERO)
        } else {
            None
        }
    }

    /// The same, but not of `0.0`: one test less.
    #[must_use]
    #[inline(always)]
    pub const fn small_float_not_zero(f: f64) -> Option<Self> {
        let word = f.to_bits().wrapping_add(FLOAT_BIAS).rotate_left(3);
        if word & 3 == FLOAT_TAG { Some(Self(word)) } else { None }
    }

    #[must_use]
    #[inline(always)]
    pub const fn is_unbound(self) -> bool {
        self.0 == Self::UNBOUND.0
    }

    #[must_use]
    #[inline(always)]
    pub const fn is_int(self) -> bool {
        self.0 & INT_TAG != 0
    }

    #[must_use]
    #[inline(always)]
    pub const fn both_ints(self, other: Self) -> bool {
        self.0 & other.0 & INT_TAG != 0
    }

    /// Bits of which only this matters: they are those of an integer if both are.
    #[must_use]
    #[inline(always)]
    pub const fn both(self, other: Self) -> Self {
        Self(self.0 & other.0 | CONST_TAG)
    }

    /// Whether it is a float that is inline, and not `0.0`.
    #[must_use]
    #[inline(always)]
    pub const fn is_small_float(self) -> bool {
        self.0 & 3 == FLOAT_TAG
    }

    /// Whether it is one of those that is greater than zero.
    #[must_use]
    #[inline(always)]
    pub const fn is_positive_float(self) -> bool {
        self.0 & 7 == FLOAT_TAG
    }

    #[must_use]
    #[inline(always)]
    pub const fn both_small_floats(self, other: Self) -> bool {
        ((self.0 ^ FLOAT_TAG) | (other.0 ^ FLOAT_TAG)) & 3 == 0
    }

    /// Whether this is a reference to a heap object.
    #[must_use]
    #[inline(always)]
    pub const fn is_object(self) -> bool {
        debug_assert!(self.0 != 0);
        self.0 & 7 == 0
    }

    /// The integer; only if [`Value::is_int`].
    #[must_use]
    #[inline(always)]
    pub const fn int_unchecked(self) -> i64 {
        (self.0 as i64) >> 1
    }

    /// The float; only if [`Value::is_small_float`].
    #[must_use]
    #[inline(always)]
    pub const fn float_unchecked(self) -> f64 {
        f64::from_bits(self.0.rotate_right(3).wrapping_sub(FLOAT_BIAS))
    }

    /// The float, if it is not boxed.
    #[must_use]
    #[inline(always)]
    pub const fn inline_float(self) -> Option<f64> {
        if self.is_small_float() {
            Some(self.float_unchecked())
        } else if self.0 == Self::FLOAT_ZERO.0 {
            Some(0.0)
        } else {
            None
        }
    }

    #[must_use]
    #[inline(always)]
    pub const fn as_int(self) -> Option<i64> {
        if self.is_int() { Some(self.int_unchecked()) } else { None }
    }

    #[must_use]
    #[inline(always)]
    pub const fn is_none(self) -> bool {
        self.0 == Self::NONE.0
    }

    #[must_use]
    #[inline(always)]
    pub const fn is_bool(self) -> bool {
        self.0 == Self::TRUE.0 || self.0 == Self::FALSE.0
    }

    #[must_use]
    pub const fn as_bool(self) -> Option<bool> {
        if self.0 == Self::TRUE.0 {
            Some(true)
        } else if self.0 == Self::FALSE.0 {
            Some(false)
        } else {
            None
        }
    }

    /// A sum of two inline integers, if it fits too.
    #[must_use]
    #[inline(always)]
    pub const fn add_ints(self, other: Self) -> Option<Self> {
        match (self.0 as i64 - 1).checked_add(other.0 as i64) {
            Some(s) => Some(Self(s as u64)),
            None => None,
        }
    }

    /// The same with a number that is part of an op.
    #[must_use]
    #[inline(always)]
    pub const fn add_small(self, other: i16) -> Option<Self> {
        match (self.0 as i64).checked_add(other as i64 * 2) {
            Some(s) => Some(Self(s as u64)),
            None => None,
        }
    }

    #[must_use]
    #[inline(always)]
    pub const fn sub_ints(self, other: Self) -> Option<Self> {
        match (self.0 as i64).checked_sub(other.0 as i64 - 1) {
            Some(s) => Some(Self(s as u64)),
            None => None,
        }
    }

    #[must_use]
    #[inline(always)]
    pub const fn mul_ints(self, other: Self) -> Option<Self> {
        match (self.0 as i64 - 1).checked_mul(other.int_unchecked()) {
            Some(p) => Some(Self(p as u64 | INT_TAG)),
            None => None,
        }
    }

    /// Compares two inline integers, or two words for identity.
    #[must_use]
    #[inline(always)]
    pub const fn signed_bits(self) -> i64 {
        self.0 as i64
    }

    /// The header of the object, if it is one.
    #[must_use]
    #[inline(always)]
    pub fn header(self) -> Option<&'static Header> {
        if self.is_object() {
            // SAFETY: a word tagged as an object holds the address of a live cell (invariant 1).
            Some(unsafe { self.header_unchecked() })
        } else {
            None
        }
    }

    /// # Safety
    /// The word is tagged as an object.
    #[inline(always)]
    unsafe fn header_unchecked(self) -> &'static Header {
        // SAFETY: such a word holds the address of a live cell (invariant 1), and is not zero.
        unsafe {
            std::hint::assert_unchecked(self.0 != 0);
            &*(self.0 as *const Header)
        }
    }

    /// The object's kind; `None` for what is not an object.
    #[must_use]
    #[inline(always)]
    pub fn kind(self) -> Option<Kind> {
        self.header().map(Header::kind)
    }

    #[must_use]
    #[inline(always)]
    pub fn is<T: Object>(self) -> bool {
        // SAFETY: it is tagged as an object.
        self.is_object() && T::is_kind(unsafe { self.header_unchecked() }.kind())
    }

    /// The object as a `T`, if that is what it is.
    #[must_use]
    #[inline(always)]
    pub fn cast<T: Object>(self) -> Option<Gc<T>> {
        if self.is::<T>() {
            // SAFETY: the kind was just checked; kinds and types go together (`Object::is_kind`).
            Some(unsafe { Gc::from_address(self.0) })
        } else {
            None
        }
    }

    /// The object, which is known to be a `T`.
    ///
    /// # Safety
    /// It is one.
    #[must_use]
    #[inline(always)]
    pub unsafe fn cast_unchecked<T: Object>(self) -> Gc<T> {
        debug_assert!(self.is::<T>());
        // SAFETY: what the caller promises.
        unsafe { Gc::from_address(self.0) }
    }

    #[inline(always)]
    pub(super) const fn from_address(address: u64) -> Self {
        Self(address)
    }

    #[inline(always)]
    pub(super) const fn address(self) -> u64 {
        self.0
    }
}

/// Makes `n` places hold no value.
///
/// # Safety
/// They are one piece of memory of the caller's.
#[inline(always)]
pub unsafe fn unbind(start: *mut Value, n: usize) {
    for i in 0..n {
        // SAFETY: what the caller promises.
        unsafe { start.add(i).write(Value::UNBOUND) }
    }
}

impl Default for Value {
    fn default() -> Self {
        Self::UNBOUND
    }
}

impl From<bool> for Value {
    fn from(b: bool) -> Self {
        Self::bool(b)
    }
}

impl<T: Object> From<Gc<T>> for Value {
    #[inline(always)]
    fn from(gc: Gc<T>) -> Self {
        gc.value()
    }
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.is_unbound() {
            f.write_str("unbound")
        } else if let Some(i) = self.as_int() {
            write!(f, "{i}")
        } else if let Some(x) = self.inline_float() {
            write!(f, "{x:?}")
        } else if let Some(kind) = self.kind() {
            write!(f, "{kind:?}@{:x}", self.0)
        } else {
            write!(f, "constant {}", self.0 >> 3)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Value;

    #[test]
    fn integers_of_63_bits_are_inline() {
        for i in [0, 1, -1, 42, Value::MAX_INT, Value::MIN_INT] {
            assert_eq!(Value::small_int(i).and_then(Value::as_int), Some(i));
        }
        assert!(Value::small_int(Value::MAX_INT + 1).is_none());
        assert!(Value::small_int(Value::MIN_INT - 1).is_none());
        assert!(Value::int(Value::MAX_INT).add_ints(Value::int(1)).is_none());
        assert_eq!(Value::int(-3).sub_ints(Value::int(4)), Some(Value::int(-7)));
    }

    #[test]
    fn common_floats_are_inline_and_exact() {
        let edges = [2f64.powi(-255), 2f64.powi(257) - 2f64.powi(257 - 53)];
        for f in [0.0, 1.0, -1.0, edges[0], -edges[1], 0.1, -2.5e10, 1e70, 1e-70, std::f64::consts::PI] {
            let v = Value::small_float(f).and_then(Value::inline_float);
            assert_eq!(v.map(f64::to_bits), Some(f.to_bits()), "{f}");
        }
        for f in
            [-0.0, f64::INFINITY, f64::NAN, 1e300, 1e-300, f64::MIN_POSITIVE, 2f64.powi(257), 2f64.powi(-256)]
        {
            assert!(Value::small_float(f).is_none(), "{f}");
        }
    }

    #[test]
    fn constants_are_distinct() {
        assert_eq!(Value::bool(true), Value::TRUE);
        assert_eq!(Value::bool(false), Value::FALSE);
        assert_eq!(Value::small_float(0.5), Some(Value::HALF));
        assert!(!Value::NONE.is_object() && !Value::UNBOUND.is_object());
    }
}
