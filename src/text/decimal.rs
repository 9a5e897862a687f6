//! Machine integers as decimal text: several times as fast as `write!`, two digits at a time.

/// All the pairs of digits in order.
const PAIRS: &str = "\
    0001020304050607080910111213141516171819\
    2021222324252627282930313233343536373839\
    4041424344454647484950515253545556575859\
    6061626364656667686970717273747576777879\
    8081828384858687888990919293949596979899";

#[inline]
fn pair(below_100: u64) -> &'static str {
    let at = below_100 as usize * 2;
    &PAIRS[at..at + 2]
}

/// Appends `value`.
pub fn push(out: &mut String, value: u64) {
    match value {
        0..10 => out.push_str(&pair(value)[1..]),
        10..100 => out.push_str(pair(value)),
        _ => {
            push(out, value / 100);
            out.push_str(pair(value % 100));
        }
    }
}

/// Appends `value` with its sign.
#[inline]
pub fn push_signed(out: &mut String, value: i64) {
    if value < 0 {
        out.push('-');
    }
    push(out, value.unsigned_abs());
}

/// Appends `value` in `width` digits, zeros before it; more digits than that are not shown.
pub fn push_padded(out: &mut String, value: u64, width: usize) {
    match width {
        0 => (),
        1 => out.push_str(&pair(value % 10)[1..]),
        _ => {
            push_padded(out, value / 100, width - 2);
            out.push_str(pair(value % 100));
        }
    }
}

/// How many characters `value` has in decimal, with its sign.
#[inline]
#[must_use]
pub const fn decimal_length(value: i64) -> usize {
    /// The least numbers of so many digits and one.
    const POWERS: [u64; 20] = {
        let mut powers = [1; 20];
        let mut i = 1;
        while i < 20 {
            powers[i] = powers[i - 1] * 10;
            i += 1;
        }
        powers
    };
    let size = value.unsigned_abs();
    // From the number of bits, times the logarithm of two; it may be one too many.
    let bits = u64::BITS - (size | 1).leading_zeros();
    let digits = (bits as usize * 1233) >> 12;
    digits + (size >= POWERS[digits]) as usize + (size == 0) as usize + (value < 0) as usize
}

#[cfg(test)]
mod tests {
    use super::{decimal_length, push_padded, push_signed};

    #[test]
    fn integers_are_written_as_std_writes_them() {
        let edges = (0..19).map(|n| 10_i64.pow(n)).flat_map(|power| [power - 1, power, power + 1, -power]);
        for value in edges.chain([0, 42, 12_345, -42, i64::MAX, i64::MIN]) {
            let mut text = String::new();
            push_signed(&mut text, value);
            assert_eq!(text, value.to_string());
            assert_eq!(decimal_length(value), text.len());
        }
    }

    #[test]
    fn zeros_pad() {
        for (value, width, shown) in
            [(0, 0, ""), (7, 1, "7"), (7, 3, "007"), (1234, 4, "1234"), (0, 5, "00000")]
        {
            let mut text = String::new();
            push_padded(&mut text, value, width);
            assert_eq!(text, shown);
        }
    }
}
