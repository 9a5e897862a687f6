//! `math`: the functions of one or two floats, and the module's table. Sums of many numbers are in `sums.rs`, integers
//! in `integers.rs`, gamma and its relatives in `special.rs`, neighbours and parts of floats in `parts.rs`.

mod erf;
mod integers;
mod parts;
mod special;
mod sums;

pub use special::log_gamma;

use super::{ModuleSpec, set};
use crate::heap::{Gc, Value};
use crate::objects::{BigInt, Dict};
use crate::vm::{Result, Vm};
use num_traits::Signed;

pub static SPEC: ModuleSpec = ModuleSpec { name: "math", natives: NATIVES, init };

fn init(vm: &mut Vm, dict: Gc<Dict>) -> Result<()> {
    let constants = [
        ("pi", std::f64::consts::PI),
        ("e", std::f64::consts::E),
        ("tau", std::f64::consts::TAU),
        ("inf", f64::INFINITY),
        ("nan", f64::NAN),
    ];
    for (name, value) in constants {
        let value = vm.float(value);
        set(vm, dict, name, value);
    }
    Ok(())
}

/// What an infinite result of a finite argument means: a pole, or a result too large for a float.
#[derive(Clone, Copy)]
enum Infinite {
    Domain,
    Range,
}

pub(super) fn domain_error<T>(vm: &mut Vm) -> Result<T> {
    Err(vm.value_error("math domain error"))
}

pub(super) fn range_error<T>(vm: &mut Vm) -> Result<T> {
    Err(vm.overflow_error("math range error"))
}

/// The result of a function of `x`, unless it is an error: CPython's rules for functions of one float.
fn checked(vm: &mut Vm, x: f64, result: f64, infinite: Infinite) -> Result<Value> {
    if result.is_nan() && !x.is_nan() {
        return domain_error(vm);
    }
    if result.is_infinite() && x.is_finite() {
        return match infinite {
            Infinite::Domain => domain_error(vm),
            Infinite::Range => range_error(vm),
        };
    }
    Ok(vm.float(result))
}

macro_rules! functions {
    ($($name:ident = $f:expr, $infinite:ident;)*) => {
        $(fn $name(vm: &mut Vm, args: &[Value]) -> Result<Value> {
            let x = vm.as_f64(args[0])?;
            checked(vm, x, ($f)(x), Infinite::$infinite)
        })*
    };
}

functions! {
    acos = f64::acos, Domain;
    acosh = special::acosh, Domain;
    asin = f64::asin, Domain;
    asinh = special::asinh, Domain;
    atan = f64::atan, Domain;
    atanh = special::atanh, Domain;
    cbrt = special::cbrt, Domain;
    cos = f64::cos, Domain;
    cosh = f64::cosh, Range;
    error_function = erf::erf, Domain;
    complement = erf::erfc, Domain;
    exp = f64::exp, Range;
    exp2 = f64::exp2, Range;
    expm1 = f64::exp_m1, Range;
    fabs = f64::abs, Domain;
    log1p = f64::ln_1p, Domain;
    sin = f64::sin, Domain;
    sinh = f64::sinh, Range;
    sqrt = f64::sqrt, Domain;
    tan = f64::tan, Domain;
    tanh = f64::tanh, Domain;
}

// Both may overflow to infinity: CPython lets them.
fn degrees(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let x = vm.as_f64(args[0])?;
    Ok(vm.float(x * (180.0 / std::f64::consts::PI)))
}

fn radians(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let x = vm.as_f64(args[0])?;
    Ok(vm.float(x * (std::f64::consts::PI / 180.0)))
}

/// A logarithm of any number: of an integer beyond the floats by its leading digits and its exponent.
fn logarithm(vm: &mut Vm, v: Value, log: fn(f64) -> f64) -> Result<f64> {
    if let Some(big) = vm.unwrap(v).cast::<BigInt>() {
        if !big.value.is_positive() {
            return domain_error(vm);
        }
        let x = match crate::text::int::big_to_f64(&big.value) {
            Ok(x) => return Ok(log(x)),
            Err(_) => &big.value,
        };
        // Enough bits that rounding once more makes no difference: the lowest one stands for those cut off.
        let cut = x.bits().saturating_sub(66);
        let mut head: num_bigint::BigInt = x >> cut;
        if (&head << cut) != *x {
            head |= num_bigint::BigInt::from(1);
        }
        let head = crate::text::int::big_to_f64(&head).unwrap_or(f64::INFINITY);
        let (mantissa, exponent) = libm::frexp(head);
        #[expect(clippy::cast_precision_loss, reason = "a count of bits")]
        let exponent = exponent as f64 + cut as f64;
        return Ok(log(mantissa) + log(2.0) * exponent);
    }
    let x = vm.as_f64(v)?;
    if x <= 0.0 {
        return domain_error(vm);
    }
    Ok(log(x))
}

fn log(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let number = logarithm(vm, args[0], f64::ln)?;
    if args[1].is_unbound() {
        return Ok(vm.float(number));
    }
    let base = logarithm(vm, args[1], f64::ln)?;
    if base == 0.0 {
        return Err(vm.zero_division_error("float division by zero"));
    }
    Ok(vm.float(number / base))
}

fn log2(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let r = logarithm(vm, args[0], f64::log2)?;
    Ok(vm.float(r))
}

fn log10(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let r = logarithm(vm, args[0], f64::log10)?;
    Ok(vm.float(r))
}

fn two(vm: &mut Vm, args: &[Value]) -> Result<(f64, f64)> {
    let x = vm.as_f64(args[0])?;
    Ok((x, vm.as_f64(args[1])?))
}

fn atan2(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let (y, x) = two(vm, args)?;
    Ok(vm.float(y.atan2(x)))
}

fn copysign(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let (x, y) = two(vm, args)?;
    Ok(vm.float(x.copysign(y)))
}

fn fmod(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let (x, y) = two(vm, args)?;
    let r = x % y;
    if r.is_nan() && !x.is_nan() && !y.is_nan() {
        return domain_error(vm);
    }
    Ok(vm.float(r))
}

/// IEEE 754's remainder: from the nearest multiple, the even one of two.
fn remainder(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let (x, y) = two(vm, args)?;
    if x.is_nan() || y.is_nan() {
        return Ok(vm.float(x + y));
    }
    if x.is_infinite() || y == 0.0 {
        return domain_error(vm);
    }
    if y.is_infinite() {
        return Ok(vm.float(x));
    }
    let (size, modulus) = (x.abs(), y.abs());
    let m = size % modulus;
    let rest = modulus - m;
    let r = if m < rest {
        m
    } else if m > rest {
        -rest
    } else {
        // A tie: whether the quotient is even shows in half of the distance.
        m - 2.0 * ((0.5 * (size - m)) % modulus)
    };
    Ok(vm.float(1.0_f64.copysign(x) * r))
}

fn pow(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let (x, y) = two(vm, args)?;
    let r = x.powf(y);
    if x.is_finite() && y.is_finite() && !r.is_finite() {
        return if r.is_nan() || x == 0.0 { domain_error(vm) } else { range_error(vm) };
    }
    Ok(vm.float(r))
}

fn fma(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let (x, y) = two(vm, args)?;
    let z = vm.as_f64(args[2])?;
    let r = x.mul_add(y, z);
    if r.is_nan() && !x.is_nan() && !y.is_nan() && !z.is_nan() {
        return Err(vm.value_error("invalid operation in fma"));
    }
    if r.is_infinite() && x.is_finite() && y.is_finite() && z.is_finite() {
        return Err(vm.overflow_error("overflow in fma"));
    }
    Ok(vm.float(r))
}

fn gamma(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let x = vm.as_f64(args[0])?;
    if x == f64::NEG_INFINITY || x <= 0.0 && x == x.floor() {
        return domain_error(vm);
    }
    checked(vm, x, special::gamma(x), Infinite::Range)
}

fn lgamma(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let x = vm.as_f64(args[0])?;
    if x.is_finite() && x <= 0.0 && x == x.floor() {
        return domain_error(vm);
    }
    checked(vm, x, special::log_gamma(x), Infinite::Range)
}

fn isfinite(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(vm.as_f64(args[0])?.is_finite().into())
}

fn isinf(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(vm.as_f64(args[0])?.is_infinite().into())
}

fn isnan(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(vm.as_f64(args[0])?.is_nan().into())
}

fn isclose(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let (a, b) = two(vm, args)?;
    let relative = if args[2].is_unbound() { 1e-9 } else { vm.as_f64(args[2])? };
    let absolute = if args[3].is_unbound() { 0.0 } else { vm.as_f64(args[3])? };
    if relative < 0.0 || absolute < 0.0 {
        return Err(vm.value_error("tolerances must be non-negative"));
    }
    #[expect(clippy::float_cmp, reason = "equal infinities are close")]
    if a == b {
        return Ok(Value::TRUE);
    }
    if a.is_infinite() || b.is_infinite() {
        return Ok(Value::FALSE);
    }
    let distance = (b - a).abs();
    Ok((distance <= (relative * b).abs() || distance <= (relative * a).abs() || distance <= absolute).into())
}

crate::natives! { static NATIVES:
    /// Return the arc cosine (measured in radians) of x.
    "acos(x, /)" => acos;
    /// Return the inverse hyperbolic cosine of x.
    "acosh(x, /)" => acosh;
    /// Return the arc sine (measured in radians) of x.
    "asin(x, /)" => asin;
    /// Return the inverse hyperbolic sine of x.
    "asinh(x, /)" => asinh;
    /// Return the arc tangent (measured in radians) of x.
    "atan(x, /)" => atan;
    /// Return the arc tangent (measured in radians) of y/x, in the quadrant of the point.
    "atan2(y, x, /)" => atan2;
    /// Return the inverse hyperbolic tangent of x.
    "atanh(x, /)" => atanh;
    /// Return the cube root of x.
    "cbrt(x, /)" => cbrt;
    /// Return the smallest integer >= x.
    "ceil(x, /)" => parts::ceil;
    /// Return the number of ways to choose k items from n items without repetition and without order.
    "comb(n, k, /)" => integers::comb;
    /// Return a float with the magnitude of x and the sign of y.
    "copysign(x, y, /)" => copysign;
    /// Return the cosine of x (measured in radians).
    "cos(x, /)" => cos;
    /// Return the hyperbolic cosine of x.
    "cosh(x, /)" => cosh;
    /// Convert angle x from radians to degrees.
    "degrees(x, /)" => degrees;
    /// Return the Euclidean distance between two points p and q.
    "dist(p, q, /)" => sums::dist;
    /// Error function at x.
    "erf(x, /)" => error_function;
    /// Complementary error function at x.
    "erfc(x, /)" => complement;
    /// Return e raised to the power of x.
    "exp(x, /)" => exp;
    /// Return 2 raised to the power of x.
    "exp2(x, /)" => exp2;
    /// Return exp(x)-1, precise for small x.
    "expm1(x, /)" => expm1;
    /// Return the absolute value of the float x.
    "fabs(x, /)" => fabs;
    /// Find n!.
    "factorial(n, /)" => integers::factorial;
    /// Return the largest integer <= x.
    "floor(x, /)" => parts::floor;
    /// Fused multiply-add: x * y + z, rounded once.
    "fma(x, y, z, /)" => fma;
    /// Return the remainder of x / y with the sign of x.
    "fmod(x, y, /)" => fmod;
    /// Return the mantissa and exponent of x, as pair (m, e).
    "frexp(x, /)" => parts::frexp;
    /// Return an accurate floating-point sum of the values in the iterable.
    "fsum(seq, /)" => sums::fsum;
    /// Gamma function at x.
    "gamma(x, /)" => gamma;
    /// Greatest common divisor.
    "gcd(*integers)" => integers::gcd;
    /// Euclidean distance of the point with these coordinates from the origin.
    "hypot(*coordinates)" => sums::hypot;
    /// Determine whether two floating-point numbers are close in value.
    "isclose(a, b, *, rel_tol=..., abs_tol=...)" => isclose;
    /// Return True if x is neither an infinity nor a NaN, and False otherwise.
    "isfinite(x, /)" => isfinite;
    /// Return True if x is a positive or negative infinity, and False otherwise.
    "isinf(x, /)" => isinf;
    /// Return True if x is a NaN (not a number), and False otherwise.
    "isnan(x, /)" => isnan;
    /// Return the integer part of the square root of the input.
    "isqrt(n, /)" => integers::isqrt;
    /// Least common multiple.
    "lcm(*integers)" => integers::lcm;
    /// Return x * (2**i).
    "ldexp(x, i, /)" => parts::ldexp;
    /// Natural logarithm of absolute value of Gamma function at x.
    "lgamma(x, /)" => lgamma;
    /// Return the logarithm of x to the given base, natural without one.
    "log(x, base=..., /)" => log;
    /// Return the base 10 logarithm of x.
    "log10(x, /)" => log10;
    /// Return the natural logarithm of 1+x, precise for x near zero.
    "log1p(x, /)" => log1p;
    /// Return the base 2 logarithm of x.
    "log2(x, /)" => log2;
    /// Return the fractional and integer parts of x.
    "modf(x, /)" => parts::modf;
    /// Return the floating-point value the given number of steps after x towards y.
    "nextafter(x, y, /, *, steps=None)" => parts::nextafter;
    /// Number of ways to choose k items from n items without repetition and with order.
    "perm(n, k=None, /)" => integers::perm;
    /// Return x**y (x to the power of y).
    "pow(x, y, /)" => pow;
    /// Calculate the product of all the elements in the input iterable.
    "prod(iterable, /, *, start=1)" => sums::prod;
    /// Convert angle x from degrees to radians.
    "radians(x, /)" => radians;
    /// Difference between x and the closest integer multiple of y.
    "remainder(x, y, /)" => remainder;
    /// Return the sine of x (measured in radians).
    "sin(x, /)" => sin;
    /// Return the hyperbolic sine of x.
    "sinh(x, /)" => sinh;
    /// Return the square root of x.
    "sqrt(x, /)" => sqrt;
    /// Return the sum of products of values from two iterables p and q.
    "sumprod(p, q, /)" => sums::sumprod;
    /// Return the tangent of x (measured in radians).
    "tan(x, /)" => tan;
    /// Return the hyperbolic tangent of x.
    "tanh(x, /)" => tanh;
    /// Truncates the Real x to the nearest Integral toward 0.
    "trunc(x, /)" => parts::trunc;
    /// Return the value of the least significant bit of the float x.
    "ulp(x, /)" => parts::ulp;
}
