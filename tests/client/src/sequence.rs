//! Numbers that look random and are the same in every run.

/// A linear congruential generator (Knuth's MMIX constants).
#[derive(Debug)]
pub struct Sequence(u64);

impl Sequence {
    /// The sequence of this seed.
    pub fn new(seed: u64) -> Sequence {
        let mut sequence = Sequence(seed);
        // Neighbouring seeds give neighbouring first numbers.
        for _ in 0..4 {
            sequence.below(2);
        }
        sequence
    }

    /// The next number, from 0 and less than `bound`.
    pub fn below(&mut self, bound: i32) -> i32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let bound = u64::try_from(bound).unwrap();
        i32::try_from((self.0 >> 33) % bound).unwrap()
    }

    /// One of these.
    pub fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        let index = self.below(i32::try_from(choices.len()).unwrap());
        choices[usize::try_from(index).unwrap()]
    }
}
