//! Square roots written as powers.

/// What `pow(x, 0.5)` gives, where that is sure to be the square root; `x` is positive and normal.
///
/// `sqrt` rounds correctly. `pow` need not: what it rounds is off by a little (glibc says 0.023 of the last place at most),
/// which shows where the exact root lies that near to the middle between two floats. How far it is from the float next to
/// it can be told exactly:
///
/// ```text
///   x = X * 2**(2*f + shift), its root R * 2**f      X and R are integers of 53 bits
///   X * 2**shift - R*R = rest                        the exact root is rest / (2*R) of the last place beyond R
/// ```
///
/// The rest is no larger than `R`, so that it can be reckoned modulo 2**64. Roots farther than 15/32 of the last place from
/// the float are left to `pow`: one in sixteen.
#[must_use]
#[inline(always)]
pub fn half_power(x: f64) -> Option<f64> {
    const MANTISSA: u32 = f64::MANTISSA_DIGITS - 1;
    debug_assert!(x.is_normal() && x > 0.0);
    let root = x.sqrt();
    let (x_bits, root_bits) = (x.to_bits(), root.to_bits());
    let r = root_bits & ((1 << MANTISSA) - 1) | 1 << MANTISSA;
    // The exponents are stored with 1023 added to them.
    let shift = (x_bits >> MANTISSA) as u32 + 1023 + MANTISSA - 2 * (root_bits >> MANTISSA) as u32;
    // What is not `X` in the bits of `x` is shifted out.
    let rest = x_bits.wrapping_shl(shift).wrapping_sub(r.wrapping_mul(r)).cast_signed();
    (rest.unsigned_abs() < r - r / 16).then_some(root)
}

#[cfg(test)]
mod tests {
    use super::half_power;

    #[test]
    fn roots_are_those_of_pow() {
        let mut seed = 88_172_645_463_325_252_u64;
        let mut left = 0;
        for i in 0..200_000 {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            // Of all exponents, and those of common numbers.
            let exponent = if i % 2 == 0 { 1 + (seed >> 52) % 2046 } else { 1013 + (seed >> 52) % 20 };
            let x = f64::from_bits(seed & ((1 << 52) - 1) | exponent << 52);
            match half_power(x) {
                Some(root) => assert_eq!(root.to_bits(), x.powf(0.5).to_bits(), "{x:e}"),
                None => left += 1,
            }
        }
        assert!((10_000..15_000).contains(&left), "{left}");
    }

    #[test]
    fn exact_roots_are_found() {
        for i in 1..2000_u32 {
            let i = f64::from(i);
            assert_eq!(half_power(i * i), Some(i));
        }
        for e in -1022..1024 {
            let x = 2f64.powi(e);
            assert_eq!(half_power(x).unwrap_or_else(|| x.powf(0.5)), x.powf(0.5), "2**{e}");
        }
    }

    #[test]
    fn what_lies_next_to_a_middle_is_left() {
        // The root of the float below 1.0 is nearly the middle between it and 1.0.
        assert_eq!(half_power(1.0 - f64::EPSILON / 2.0), None);
    }
}
