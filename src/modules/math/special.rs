//! Functions of a float that the standard library has no (or another) version of: gamma and its logarithm by Lanczos'
//! approximation, and the inverse hyperbolic functions. Those follow the C library, so that the last digit is CPython's.

use std::f64::consts::{LN_2, PI};

// Lanczos' approximation with N = 13 and this g, as the Boost library has it; CPython computes with the same numbers.
const G: f64 = 6.024_680_040_776_729_583_740_234_375;
const G_MINUS_HALF: f64 = 5.524_680_040_776_729_583_740_234_375;
const LN_PI: f64 = 1.144_729_885_849_400_2;

#[expect(clippy::excessive_precision, reason = "as published")]
const NUMERATOR: [f64; 13] = [
    23531376880.410759688572007674451636754734846804940,
    42919803642.649098768957899047001988850926355848959,
    35711959237.355668049440185451547166705960488635843,
    17921034426.037209699919755754458931112671403265390,
    6039542586.3520280050642916443072979210699388420708,
    1439720407.3117216736632230727949123939715485786372,
    248874557.86205415651146038641322942321632125127801,
    31426415.585400194380614231628318205362874684987640,
    2876370.6289353724412254090516208496135991145378768,
    186056.26539522349504029498971604569928220784236328,
    8071.6720023658162106380029022722506138218516325024,
    210.82427775157934587250973392071336271166969580291,
    2.5066282746310002701649081771338373386264310793408,
];

/// x(x+1)...(x+11)
const DENOMINATOR: [f64; 13] = [
    0.0,
    39_916_800.0,
    120_543_840.0,
    150_917_976.0,
    105_258_076.0,
    45_995_730.0,
    13_339_535.0,
    2_637_558.0,
    357_423.0,
    32_670.0,
    1_925.0,
    66.0,
    1.0,
];

/// Lanczos' sum as a rational function; for large x one in 1/x, which cannot overflow.
fn lanczos_sum(x: f64) -> f64 {
    let rows = NUMERATOR.iter().zip(&DENOMINATOR);
    let (num, den) = if x < 5.0 {
        rows.rev().fold((0.0, 0.0), |(n, d), (a, b)| (n * x + a, d * x + b))
    } else {
        rows.fold((0.0, 0.0), |(n, d), (a, b)| (n / x + a, d / x + b))
    };
    num / den
}

/// sin(πx), exact where x is whole.
fn sin_pi(x: f64) -> f64 {
    let y = x.abs() % 2.0;
    let quarter = (2.0 * y).round();
    let r = if quarter == 0.0 {
        (PI * y).sin()
    } else if quarter == 1.0 {
        (PI * (y - 0.5)).cos()
    } else if quarter == 2.0 {
        (PI * (1.0 - y)).sin()
    } else if quarter == 3.0 {
        -(PI * (y - 1.5)).cos()
    } else {
        (PI * (y - 2.0)).sin()
    };
    1.0_f64.copysign(x) * r
}

/// The gamma function, where it is defined.
pub fn gamma(x: f64) -> f64 {
    if !x.is_finite() {
        return x;
    }
    if x == x.floor() && (1.0..=23.0).contains(&x) {
        let mut product = 1.0;
        let mut factor = 2.0;
        while factor < x {
            product *= factor;
            factor += 1.0;
        }
        return product;
    }
    let size = x.abs();
    if size < 1e-20 {
        return 1.0 / x;
    }
    if size > 200.0 {
        return if x < 0.0 { 0.0 / sin_pi(x) } else { f64::INFINITY };
    }
    let y = size + G_MINUS_HALF;
    // What rounding took from the sum; large powers would magnify it.
    let lost = if size > G_MINUS_HALF { (y - size) - G_MINUS_HALF } else { (y - G_MINUS_HALF) - size };
    let correction = lost * G / y;
    if x < 0.0 {
        let mut r = -PI / sin_pi(size) / size * y.exp() / lanczos_sum(size);
        r -= correction * r;
        if size < 140.0 {
            r / y.powf(size - 0.5)
        } else {
            let half = y.powf(size / 2.0 - 0.25);
            r / half / half
        }
    } else {
        let mut r = lanczos_sum(size) / y.exp();
        r += correction * r;
        if size < 140.0 {
            r * y.powf(size - 0.5)
        } else {
            let half = y.powf(size / 2.0 - 0.25);
            r * half * half
        }
    }
}

/// The logarithm of the absolute value of gamma, where it is defined.
#[expect(clippy::float_cmp, reason = "the whole numbers are special")]
pub fn log_gamma(x: f64) -> f64 {
    if x.is_nan() {
        return x;
    }
    if x.is_infinite() {
        return f64::INFINITY;
    }
    if x == 1.0 || x == 2.0 {
        return 0.0;
    }
    let size = x.abs();
    if size < 1e-20 {
        return -size.ln();
    }
    let mut r = lanczos_sum(size).ln() - G;
    r += (size - 0.5) * ((size + G - 0.5).ln() - 1.0);
    if x < 0.0 { LN_PI - sin_pi(size).abs().ln() - size.ln() - r } else { r }
}

const TINY: f64 = 1.0 / (1u64 << 28) as f64;
const HUGE: f64 = (1u64 << 28) as f64;

pub fn asinh(x: f64) -> f64 {
    let a = x.abs();
    if !a.is_finite() || a < TINY {
        return x;
    }
    let r = if a > HUGE {
        a.ln() + LN_2
    } else if a > 2.0 {
        (2.0 * a + 1.0 / ((a * a + 1.0).sqrt() + a)).ln()
    } else {
        let t = a * a;
        (a + t / (1.0 + (1.0 + t).sqrt())).ln_1p()
    };
    r.copysign(x)
}

#[expect(clippy::float_cmp, reason = "the edge of the domain")]
pub fn acosh(x: f64) -> f64 {
    if x.is_nan() || x == f64::INFINITY {
        x
    } else if x < 1.0 {
        f64::NAN
    } else if x == 1.0 {
        0.0
    } else if x >= HUGE {
        x.ln() + LN_2
    } else if x > 2.0 {
        let t = x * x;
        (2.0 * x - 1.0 / (x + (t - 1.0).sqrt())).ln()
    } else {
        let t = x - 1.0;
        (t + (2.0 * t + t * t).sqrt()).ln_1p()
    }
}

pub fn atanh(x: f64) -> f64 {
    let a = x.abs();
    if x.is_nan() || a >= 1.0 {
        return f64::NAN;
    }
    if a < TINY {
        return x;
    }
    let r = if a < 0.5 {
        let t = a + a;
        0.5 * (t + t * a / (1.0 - a)).ln_1p()
    } else {
        0.5 * ((a + a) / (1.0 - a)).ln_1p()
    };
    r.copysign(x)
}

/// The cube root as the GNU C library computes it: a polynomial, then one step of Halley's method.
pub fn cbrt(x: f64) -> f64 {
    const ROOT: f64 = 1.259_921_049_894_873_164_8;
    const SQUARE: f64 = 1.587_401_051_968_199_474_8;
    const FACTORS: [f64; 5] = [1.0 / SQUARE, 1.0 / ROOT, 1.0, ROOT, SQUARE];
    if x == 0.0 || !x.is_finite() {
        return x;
    }
    let (m, exponent) = libm::frexp(x.abs());
    #[expect(clippy::unreadable_literal, reason = "as published")]
    let u = 0.354895765043919860
        + (1.50819193781584896
            - (2.11499494167371287
                - (2.44693122563534430
                    - (1.83469277483613086 - (0.784932344976639262 - 0.145263899385486377 * m) * m) * m)
                    * m)
                * m)
            * m;
    let cube = u * u * u;
    let factor = FACTORS[usize::try_from(2 + exponent % 3).unwrap_or(2)];
    let root = u * (cube + 2.0 * m) / (2.0 * cube + m) * factor;
    libm::ldexp(root, exponent / 3).copysign(x)
}
