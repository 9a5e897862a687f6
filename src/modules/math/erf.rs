//! The error function, by the rational approximations of Sun's fdlibm ("Developed at SunSoft, a Sun Microsystems, Inc.
//! business. Permission to use, copy, modify, and distribute this software is freely granted, provided that this notice
//! is preserved."). Polynomials are summed in pairs as in the GNU C library, so that the last digit is CPython's.

#![allow(clippy::excessive_precision, clippy::unreadable_literal, reason = "coefficients as published")]

const ERX: f64 = 8.45062911510467529297e-1;
/// 2/sqrt(pi) - 1, times 8
const EFX8: f64 = 1.02703333676410069053;

// Numerator and denominator below 0.84375.
const PP: [f64; 5] = [
    1.28379167095512558561e-1,
    -3.25042107247001499370e-1,
    -2.84817495755985104766e-2,
    -5.77027029648944159157e-3,
    -2.37630166566501626084e-5,
];
const QQ: [f64; 6] = [
    1.0,
    3.97917223959155352819e-1,
    6.50222499887672944485e-2,
    5.08130628187576562776e-3,
    1.32494738004321644526e-4,
    -3.96022827877536812320e-6,
];

// Numerator and denominator up to 1.25.
const PA: [f64; 7] = [
    -2.36211856075265944077e-3,
    4.14856118683748331666e-1,
    -3.72207876035701323847e-1,
    3.18346619901161753674e-1,
    -1.10894694282396677476e-1,
    3.54783043256182359371e-2,
    -2.16637559486879084300e-3,
];
const QA: [f64; 7] = [
    1.0,
    1.06420880400844228286e-1,
    5.40397917702171048937e-1,
    7.18286544141962662868e-2,
    1.26171219808761642112e-1,
    1.36370839120290507362e-2,
    1.19844998467991074170e-2,
];

// Numerator and denominator up to 1/0.35.
const RA: [f64; 8] = [
    -9.86494403484714822705e-3,
    -6.93858572707181764372e-1,
    -1.05586262253232909814e1,
    -6.23753324503260060396e1,
    -1.62396669462573470355e2,
    -1.84605092906711035994e2,
    -8.12874355063065934246e1,
    -9.81432934416914548592,
];
const SA: [f64; 9] = [
    1.0,
    1.96512716674392571292e1,
    1.37657754143519042600e2,
    4.34565877475229228821e2,
    6.45387271733267880336e2,
    4.29008140027567833386e2,
    1.08635005541779435134e2,
    6.57024977031928170135,
    -6.04244152148580987438e-2,
];

// Numerator and denominator up to 28.
const RB: [f64; 7] = [
    -9.86494292470009928597e-3,
    -7.99283237680523006574e-1,
    -1.77579549177547519889e1,
    -1.60636384855821916062e2,
    -6.37566443368389627722e2,
    -1.02509513161107724954e3,
    -4.83519191608651397019e2,
];
const SB: [f64; 8] = [
    1.0,
    3.03380607434824582924e1,
    3.25792512996573918826e2,
    1.53672958608443695994e3,
    3.19985821950859553908e3,
    2.55305040643316442583e3,
    4.74528541206955367215e2,
    -2.24409524465858183362e1,
];

/// A polynomial in x: pairs of terms first, then the pairs by powers of x squared.
fn polynomial(coefficients: &[f64], x: f64) -> f64 {
    let square = x * x;
    let mut powers = [square, square * square, 0.0, 0.0];
    powers[2] = powers[1] * square;
    powers[3] = powers[1] * powers[1];
    let mut pairs = coefficients.chunks(2).map(|pair| match *pair {
        [a, b] => a + x * b,
        [a, ..] => a,
        [] => 0.0,
    });
    let first = pairs.next().unwrap_or(0.0);
    pairs.zip(powers).fold(first, |sum, (pair, power)| sum + power * pair)
}

/// `1 - erf(x)` for x from 1.25 on, without the cancellation.
fn tail(x: f64) -> f64 {
    let s = 1.0 / (x * x);
    let ratio = if x < 1.0 / 0.35 {
        polynomial(&RA, s) / polynomial(&SA, s)
    } else {
        polynomial(&RB, s) / polynomial(&SB, s)
    };
    // The upper half of x, whose square is exact.
    let z = f64::from_bits(x.to_bits() & 0xffff_ffff_0000_0000);
    (-z * z - 0.5625).exp() * ((z - x) * (z + x) + ratio).exp() / x
}

pub fn erf(x: f64) -> f64 {
    let a = x.abs();
    if x.is_nan() {
        return x;
    }
    if a < 0.84375 {
        if a < 1.0 / f64::from(1 << 28) {
            return if a < 1e-300 { 0.125 * (8.0 * x + EFX8 * x) } else { x + 0.125 * EFX8 * x };
        }
        let z = x * x;
        return x + x * (polynomial(&PP, z) / polynomial(&QQ, z));
    }
    let r = if a < 1.25 {
        let s = a - 1.0;
        ERX + polynomial(&PA, s) / polynomial(&QA, s)
    } else if a >= 6.0 {
        1.0
    } else {
        1.0 - tail(a)
    };
    r.copysign(x)
}

pub fn erfc(x: f64) -> f64 {
    let a = x.abs();
    if x.is_nan() {
        return x;
    }
    if a < 0.84375 {
        if a < 1.0 / 72_057_594_037_927_936.0 {
            return 1.0 - x;
        }
        let z = x * x;
        let y = polynomial(&PP, z) / polynomial(&QQ, z);
        return if x < 0.25 { 1.0 - (x + x * y) } else { 0.5 - (x * y + (x - 0.5)) };
    }
    if a < 1.25 {
        let s = a - 1.0;
        let ratio = polynomial(&PA, s) / polynomial(&QA, s);
        return if x >= 0.0 { (1.0 - ERX) - ratio } else { 1.0 + (ERX + ratio) };
    }
    if a < 28.0 && x > -6.0 {
        let r = tail(a);
        return if x > 0.0 { r } else { 2.0 - r };
    }
    if x > 0.0 { 0.0 } else { 2.0 }
}
