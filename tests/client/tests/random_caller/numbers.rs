//! Random numbers that a seed gives again: SplitMix64.

use std::time::{SystemTime, UNIX_EPOCH};

/// A source of them.
pub struct Numbers(u64);

impl Numbers {
    /// From the seed of `PHONE_CRYPT_TEST_SEED`, or a new one, and what tells this source from the others; and the seed.
    pub fn seeded(of: &str) -> (Numbers, u64) {
        let seed = match std::env::var("PHONE_CRYPT_TEST_SEED") {
            Ok(seed) => seed.parse().expect("PHONE_CRYPT_TEST_SEED is a number"),
            Err(_) => SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap()
                .as_nanos() as u64,
        };
        let salt = of.bytes().fold(0u64, |salt, byte| {
            salt.wrapping_mul(31).wrapping_add(byte.into())
        });
        (Numbers(seed ^ salt), seed)
    }

    /// The next one.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// One below the bound.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    /// One of these.
    pub fn of<'a, T: ?Sized>(&mut self, these: &[&'a T]) -> &'a T {
        these[self.below(these.len())]
    }
}
