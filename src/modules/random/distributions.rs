//! `random`: real-valued distributions. The steps, down to the order of operations, decide the last digit: they are
//! those that the documentation of Python's `random` refers to (Kinderman and Monahan, Cheng, Best and Fisher, Hörmann).

use super::Source;
use crate::heap::Value;
use crate::modules::math::log_gamma;
use crate::vm::{Result, Vm};
use std::f64::consts::{E, PI, TAU};

/// The argument as a float; `default` where it was not given.
fn real(vm: &mut Vm, v: Value, default: f64) -> Result<f64> {
    if v.is_unbound() { Ok(default) } else { vm.as_f64(v) }
}

fn two(vm: &mut Vm, args: &[Value], defaults: (f64, f64)) -> Result<(f64, f64)> {
    Ok((real(vm, args[1], defaults.0)?, real(vm, args[2], defaults.1)?))
}

fn quotient(vm: &mut Vm, a: f64, b: f64) -> Result<f64> {
    if b == 0.0 { Err(vm.zero_division_error("float division by zero")) } else { Ok(a / b) }
}

pub fn uniform(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let (a, b) = two(vm, args, (0.0, 1.0))?;
    Ok(vm.float(a + (b - a) * Source::of(args).float()))
}

pub fn triangular(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let (mut low, mut high) = two(vm, args, (0.0, 1.0))?;
    let mut u = Source::of(args).float();
    let mut c = 0.5;
    if !args[3].is_none() {
        let mode = vm.as_f64(args[3])?;
        if high == low {
            return if args[1].is_unbound() { Ok(vm.float(low)) } else { Ok(args[1]) };
        }
        c = (mode - low) / (high - low);
    }
    if u > c {
        u = 1.0 - u;
        c = 1.0 - c;
        std::mem::swap(&mut low, &mut high);
    }
    Ok(vm.float(low + (high - low) * (u * c).sqrt()))
}

fn normal(source: &mut Source, mu: f64, sigma: f64) -> f64 {
    let magic = 4.0 * (-0.5_f64).exp() / 2.0_f64.sqrt();
    loop {
        let u1 = source.float();
        let u2 = 1.0 - source.float();
        let z = magic * (u1 - 0.5) / u2;
        if z * z / 4.0 <= -u2.ln() {
            return mu + z * sigma;
        }
    }
}

pub fn normalvariate(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let (mu, sigma) = two(vm, args, (0.0, 1.0))?;
    Ok(vm.float(normal(&mut Source::of(args), mu, sigma)))
}

pub fn gauss(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let (mu, sigma) = two(vm, args, (0.0, 1.0))?;
    let mut source = Source::of(args);
    let z = source.with(|g| match g.spare.take() {
        Some(z) => z,
        None => {
            let angle = g.twister.float() * TAU;
            let radius = (-2.0 * (1.0 - g.twister.float()).ln()).sqrt();
            g.spare = Some(angle.sin() * radius);
            angle.cos() * radius
        }
    });
    Ok(vm.float(mu + z * sigma))
}

pub fn lognormvariate(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let (mu, sigma) = two(vm, args, (0.0, 1.0))?;
    let exponent = normal(&mut Source::of(args), mu, sigma);
    let r = exponent.exp();
    if r.is_infinite() && exponent.is_finite() {
        return Err(vm.overflow_error("math range error"));
    }
    Ok(vm.float(r))
}

pub fn expovariate(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let lambda = real(vm, args[1], 1.0)?;
    let r = quotient(vm, -(1.0 - Source::of(args).float()).ln(), lambda)?;
    Ok(vm.float(r))
}

pub fn vonmisesvariate(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let (mu, kappa) = two(vm, args, (0.0, 0.0))?;
    let mut source = Source::of(args);
    if kappa <= 1e-6 {
        return Ok(vm.float(TAU * source.float()));
    }
    let s = 0.5 / kappa;
    let r = s + (1.0 + s * s).sqrt();
    let z = loop {
        vm.tick()?;
        let z = (PI * source.float()).cos();
        let d = z / (r + z);
        let u = source.float();
        if u < 1.0 - d * d || u <= (1.0 - d) * d.exp() {
            break z;
        }
    };
    let q = 1.0 / r;
    let f = (q + z) / (1.0 + q * z);
    let angle = if source.float() > 0.5 { mu + f.acos() } else { mu - f.acos() };
    let rest = angle % TAU;
    Ok(vm.float(if rest < 0.0 { rest + TAU } else { rest }))
}

// What is drawn until it fits may never fit, for arguments that are no numbers: the loops poll.

fn gamma(vm: &mut Vm, source: &mut Source, alpha: f64, beta: f64) -> Result<f64> {
    if alpha > 1.0 {
        let ln4 = 4.0_f64.ln();
        let magic = 1.0 + 4.5_f64.ln();
        let a = (2.0 * alpha - 1.0).sqrt();
        let (b, c) = (alpha - ln4, alpha + a);
        loop {
            vm.tick()?;
            let u1 = source.float();
            if !(1e-7 < u1 && u1 < 0.999_999_9) {
                continue;
            }
            let u2 = 1.0 - source.float();
            let v = (u1 / (1.0 - u1)).ln() / a;
            let x = alpha * v.exp();
            let z = u1 * u1 * u2;
            let r = b + c * v - x;
            if r + magic - 4.5 * z >= 0.0 || r >= z.ln() {
                return Ok(x * beta);
            }
        }
    }
    #[expect(clippy::float_cmp, reason = "the exponential distribution exactly")]
    if alpha == 1.0 {
        return Ok(-(1.0 - source.float()).ln() * beta);
    }
    loop {
        vm.tick()?;
        let u = source.float();
        let b = (E + alpha) / E;
        let p = b * u;
        let x = if p <= 1.0 { p.powf(1.0 / alpha) } else { -((b - p) / alpha).ln() };
        let u1 = source.float();
        if p > 1.0 {
            if u1 <= x.powf(alpha - 1.0) {
                return Ok(x * beta);
            }
        } else if u1 <= (-x).exp() {
            return Ok(x * beta);
        }
    }
}

fn checked_gamma(vm: &mut Vm, source: &mut Source, alpha: f64, beta: f64) -> Result<f64> {
    if alpha <= 0.0 || beta <= 0.0 {
        return Err(vm.value_error("gammavariate: alpha and beta must be > 0.0"));
    }
    gamma(vm, source, alpha, beta)
}

pub fn gammavariate(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let (alpha, beta) = two(vm, args, (0.0, 0.0))?;
    let r = checked_gamma(vm, &mut Source::of(args), alpha, beta)?;
    Ok(vm.float(r))
}

pub fn betavariate(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let (alpha, beta) = two(vm, args, (0.0, 0.0))?;
    let mut source = Source::of(args);
    let y = checked_gamma(vm, &mut source, alpha, 1.0)?;
    if y == 0.0 {
        return Ok(vm.float(0.0));
    }
    let other = checked_gamma(vm, &mut source, beta, 1.0)?;
    Ok(vm.float(y / (y + other)))
}

pub fn paretovariate(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let alpha = vm.as_f64(args[1])?;
    let u = 1.0 - Source::of(args).float();
    let power = quotient(vm, -1.0, alpha)?;
    Ok(vm.float(u.powf(power)))
}

pub fn weibullvariate(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let (alpha, beta) = two(vm, args, (0.0, 0.0))?;
    let u = 1.0 - Source::of(args).float();
    let power = quotient(vm, 1.0, beta)?;
    Ok(vm.float(alpha * (-u.ln()).powf(power)))
}

#[expect(clippy::cast_possible_truncation, reason = "results are at most n")]
pub fn binomialvariate(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let n = vm.index_i64(args[1])?;
    let p = real(vm, args[2], 0.5)?;
    if n < 0 {
        return Err(vm.value_error("n must be non-negative"));
    }
    if p <= 0.0 || p >= 1.0 {
        if p == 0.0 {
            return Ok(Value::int(0));
        }
        #[expect(clippy::float_cmp, reason = "certainty exactly")]
        if p == 1.0 {
            return Ok(vm.int(n));
        }
        return Err(vm.value_error("p must be in the range 0.0 <= p <= 1.0"));
    }
    let mut source = Source::of(args);
    if n == 1 {
        return Ok(Value::int((source.float() < p).into()));
    }
    if p.is_nan() {
        return Err(vm.value_error("cannot convert float NaN to integer"));
    }
    #[expect(clippy::cast_precision_loss, reason = "as CPython computes")]
    let count = n as f64;
    let result = if p > 0.5 {
        count - binomial(vm, &mut source, count, 1.0 - p)?
    } else {
        binomial(vm, &mut source, count, p)?
    };
    Ok(vm.int(result as i64))
}

/// For p up to one half: geometric gaps where few successes are expected, else Hörmann's rejection (BTRS).
fn binomial(vm: &mut Vm, source: &mut Source, n: f64, p: f64) -> Result<f64> {
    if n * p < 10.0 {
        let (mut successes, mut at) = (0.0, 0.0);
        let c = (1.0 - p).log2();
        if c == 0.0 {
            return Ok(0.0);
        }
        loop {
            vm.tick()?;
            at += (source.float().log2() / c).floor() + 1.0;
            if at > n {
                return Ok(successes);
            }
            successes += 1.0;
        }
    }
    let deviation = (n * p * (1.0 - p)).sqrt();
    let b = 1.15 + 2.53 * deviation;
    let a = -0.0873 + 0.0248 * b + 0.01 * p;
    let c = n * p + 0.5;
    let squeeze = 0.92 - 4.2 / b;
    let alpha = (2.83 + 5.1 / b) * deviation;
    let odds = (p / (1.0 - p)).ln();
    let mode = ((n + 1.0) * p).floor();
    let height = log_gamma(mode + 1.0) + log_gamma(n - mode + 1.0);
    loop {
        vm.tick()?;
        let u = source.float() - 0.5;
        let edge = 0.5 - u.abs();
        let k = ((2.0 * a / edge + b) * u + c).floor();
        if k < 0.0 || k > n {
            continue;
        }
        let mut v = source.float();
        if edge >= 0.07 && v <= squeeze {
            return Ok(k);
        }
        v *= alpha / (a / (edge * edge) + b);
        if v.ln() <= height - log_gamma(k + 1.0) - log_gamma(n - k + 1.0) + (k - mode) * odds {
            return Ok(k);
        }
    }
}
