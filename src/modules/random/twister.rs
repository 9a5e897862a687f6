//! The Mersenne Twister MT19937 (Matsumoto and Nishimura, 1998), with the same outputs for the same seeds as CPython's.

use num_bigint::{BigInt, BigUint, Sign};

pub const WORDS: usize = 624;
const SHIFT: usize = 397;

/// The generator's state: its words, and how many of them are used up.
pub struct Twister {
    pub words: [u32; WORDS],
    pub used: usize,
}

impl Twister {
    /// Seeded by the absolute value of an integer of any size.
    #[must_use]
    pub fn from_int(seed: &BigInt) -> Self {
        let mut key = seed.magnitude().to_u32_digits();
        if key.is_empty() {
            key.push(0);
        }
        Self::from_words(&key)
    }

    #[must_use]
    pub fn from_words(key: &[u32]) -> Self {
        let mut this = Self::from_word(19_650_218);
        let words = &mut this.words;
        let (mut i, mut j) = (1, 0);
        for _ in 0..WORDS.max(key.len()) {
            let mixed = (words[i - 1] ^ words[i - 1] >> 30).wrapping_mul(1_664_525);
            #[expect(clippy::cast_possible_truncation, reason = "arithmetic modulo 2**32")]
            let step = key[j].wrapping_add(j as u32);
            words[i] = (words[i] ^ mixed).wrapping_add(step);
            i += 1;
            j = (j + 1) % key.len();
            if i == WORDS {
                words[0] = words[WORDS - 1];
                i = 1;
            }
        }
        for _ in 1..WORDS {
            let mixed = (words[i - 1] ^ words[i - 1] >> 30).wrapping_mul(1_566_083_941);
            #[expect(clippy::cast_possible_truncation, reason = "below 624")]
            let step = i as u32;
            words[i] = (words[i] ^ mixed).wrapping_sub(step);
            i += 1;
            if i == WORDS {
                words[0] = words[WORDS - 1];
                i = 1;
            }
        }
        words[0] = 1 << 31;
        this
    }

    fn from_word(seed: u32) -> Self {
        let mut words = [seed; WORDS];
        let mut last = seed;
        for (i, word) in (0u32..).zip(&mut words).skip(1) {
            last = (last ^ last >> 30).wrapping_mul(1_812_433_253).wrapping_add(i);
            *word = last;
        }
        Self { words, used: WORDS }
    }

    fn refill(&mut self) {
        for i in 0..WORDS {
            let y = self.words[i] & 0x8000_0000 | self.words[(i + 1) % WORDS] & 0x7fff_ffff;
            let twist = if y & 1 == 0 { 0 } else { 0x9908_b0df };
            self.words[i] = self.words[(i + SHIFT) % WORDS] ^ y >> 1 ^ twist;
        }
        self.used = 0;
    }

    /// The next 32 bits.
    pub fn word(&mut self) -> u32 {
        if self.used >= WORDS {
            self.refill();
        }
        let mut y = self.words[self.used];
        self.used += 1;
        y ^= y >> 11;
        y ^= y << 7 & 0x9d2c_5680;
        y ^= y << 15 & 0xefc6_0000;
        y ^ y >> 18
    }

    /// In [0, 1), 53 bits.
    pub fn float(&mut self) -> f64 {
        let (a, b) = (self.word() >> 5, self.word() >> 6);
        (f64::from(a) * 67_108_864.0 + f64::from(b)) / 9_007_199_254_740_992.0
    }

    /// At most 64 random bits.
    pub fn small_bits(&mut self, bits: u32) -> u64 {
        match bits {
            0 => 0,
            1..=32 => u64::from(self.word() >> (32 - bits)),
            _ => u64::from(self.word()) | u64::from(self.word() >> (64 - bits)) << 32,
        }
    }

    /// That many random bits, the lowest first.
    pub fn bits(&mut self, bits: usize) -> BigInt {
        let mut words = Vec::with_capacity(bits.div_ceil(32));
        let mut left = bits;
        while left > 0 {
            let word = self.word();
            words.push(if left < 32 { word >> (32 - left) } else { word });
            left = left.saturating_sub(32);
        }
        BigInt::from_biguint(Sign::Plus, BigUint::new(words))
    }

    /// A number in [0, limit): bits are drawn until they fit.
    pub fn below(&mut self, limit: u64) -> u64 {
        let bits = u64::BITS - limit.leading_zeros();
        loop {
            let r = self.small_bits(bits);
            if r < limit || limit == 0 {
                return r;
            }
        }
    }

    pub fn below_big(&mut self, limit: &BigInt) -> BigInt {
        let bits = usize::try_from(limit.bits()).unwrap_or(usize::MAX);
        loop {
            let r = self.bits(bits);
            if r < *limit || bits == 0 {
                return r;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Twister;

    #[test]
    fn the_published_sequence() {
        let mut t = Twister::from_words(&[0x123, 0x234, 0x345, 0x456]);
        assert_eq!([t.word(), t.word(), t.word()], [1_067_595_299, 955_945_823, 477_289_528]);
    }

    #[test]
    #[expect(clippy::float_cmp, reason = "the same bits")]
    fn seed_42_is_cpythons() {
        let mut t = Twister::from_int(&42.into());
        assert_eq!(t.float(), 0.639_426_798_457_883_8);
        assert_eq!(t.float(), 0.025_010_755_222_666_936);
    }
}
