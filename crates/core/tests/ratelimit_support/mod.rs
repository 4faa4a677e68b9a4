//! What the rate-limit tests share: random sequences of hits, where their entries are kept, and the oracle.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod oracle;
mod run;
mod store;

#[allow(unused_imports)]
pub use run::{SEQUENCES, any_size, for_each_run, for_each_wide_run};

/// A fixed sequence of numbers that look random.
pub struct Sequence(u64);

impl Sequence {
    /// The sequence of this seed.
    pub fn new(seed: u64) -> Sequence {
        Sequence(seed * 2 + 1)
    }

    /// The next one, from 0 and less than `bound`.
    pub fn below(&mut self, bound: i64) -> i64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 20) as i64).rem_euclid(bound)
    }
}
