//! Random bytes for IVs and keys.

use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng, SeedableRng};
use zeroize::Zeroizing;

use super::primitives::hex;

/// Output under one seed. A later look at the memory then tells little about earlier IVs, and the
/// system call is spread over thousands of values.
const BYTES_PER_SEED: usize = 64 * 1024;

/// The system's random source failed, so nothing may be encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the system's random source is not available")]
pub struct RandomError;

/// A ChaCha20 generator seeded from the system's source, for one process.
///
/// A forked process inherits the generator's memory and would repeat its parent's bytes, and an IV used
/// twice tells that two plain texts begin alike. So every call names the process it is made in: the
/// generator takes a new seed when that is not the process which seeded it.
#[derive(Default)]
pub struct Random {
    seeded: Option<Seeded>,
}

struct Seeded {
    generator: ChaCha20Rng,
    process: u32,
    left: usize,
}

impl Random {
    /// A generator that takes its seed at first use.
    #[must_use]
    pub const fn new() -> Random {
        Random { seeded: None }
    }

    /// Fills `bytes` in the process with this id, as the system gives it now.
    ///
    /// # Errors
    /// [`RandomError`] when a seed is due and the system has none.
    pub fn fill(&mut self, process: u32, bytes: &mut [u8]) -> Result<(), RandomError> {
        let seeded = match &mut self.seeded {
            Some(seeded) if seeded.serves(process, bytes.len()) => seeded,
            slot => slot.insert(Seeded::new(process)?),
        };
        seeded.left = seeded.left.saturating_sub(bytes.len());
        seeded.generator.fill_bytes(bytes);
        Ok(())
    }
}

impl Seeded {
    fn serves(&self, process: u32, bytes: usize) -> bool {
        self.process == process && self.left >= bytes
    }

    fn new(process: u32) -> Result<Seeded, RandomError> {
        let mut seed = Zeroizing::new([0; 32]);
        system_random(seed.as_mut_slice())?;
        Ok(Seeded::from_seed(*seed, process))
    }

    fn from_seed(seed: [u8; 32], process: u32) -> Seeded {
        Seeded {
            generator: ChaCha20Rng::from_seed(seed),
            process,
            left: BYTES_PER_SEED,
        }
    }
}

/// A new key of 32 bytes from the system's source, as 64 lower-case hex digits.
///
/// # Errors
/// [`RandomError`] when the system has none.
pub fn generate_key() -> Result<Zeroizing<String>, RandomError> {
    let mut key = Zeroizing::new([0; 32]);
    system_random(key.as_mut_slice())?;
    let mut text = Zeroizing::new([0; 64]);
    hex::encode(key.as_slice(), text.as_mut_slice());
    Ok(Zeroizing::new(
        text.iter().map(|digit| char::from(*digit)).collect(),
    ))
}

pub(crate) fn system_random(bytes: &mut [u8]) -> Result<(), RandomError> {
    getrandom::fill(bytes).map_err(|_| RandomError)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const PARENT: u32 = 100;
    const CHILD: u32 = 101;

    /// Two generators with the same memory, as a parent and its child have after a fork.
    fn forked() -> [Random; 2] {
        let seeded = || Random {
            seeded: Some(Seeded::from_seed([7; 32], PARENT)),
        };
        [seeded(), seeded()]
    }

    fn draw(random: &mut Random, process: u32) -> [u8; 16] {
        let mut bytes = [0; 16];
        random.fill(process, &mut bytes).unwrap();
        bytes
    }

    #[test]
    fn one_process_goes_on_with_its_stream() {
        let [mut left, mut right] = forked();
        for _ in 0..100 {
            assert_eq!(draw(&mut left, PARENT), draw(&mut right, PARENT));
        }
    }

    #[test]
    fn a_forked_process_leaves_its_parents_stream() {
        let [mut parent, mut child] = forked();
        assert_ne!(draw(&mut parent, PARENT), draw(&mut child, CHILD));
    }

    #[test]
    fn two_children_of_one_parent_share_nothing() {
        let [mut first, mut second] = forked();
        assert_ne!(draw(&mut first, CHILD), draw(&mut second, CHILD + 1));
    }

    #[test]
    fn a_fork_in_mid_stream_shares_nothing_either() {
        let [mut parent, mut child] = forked();
        assert_eq!(draw(&mut parent, PARENT), draw(&mut child, PARENT));
        assert_ne!(draw(&mut parent, PARENT), draw(&mut child, CHILD));
    }

    #[test]
    fn a_seed_is_replaced_when_it_has_given_its_share() {
        let [mut left, mut right] = forked();
        let mut share = vec![0; BYTES_PER_SEED];
        left.fill(PARENT, &mut share).unwrap();
        right.fill(PARENT, &mut share).unwrap();
        assert_ne!(draw(&mut left, PARENT), draw(&mut right, PARENT));
    }

    #[test]
    fn a_request_beyond_one_seeds_share_is_filled() {
        let mut random = Random::new();
        let mut bytes = vec![0; 3 * BYTES_PER_SEED];
        random.fill(PARENT, &mut bytes).unwrap();
        assert!(
            bytes
                .chunks(64)
                .all(|chunk| chunk.iter().any(|byte| *byte != 0))
        );
    }
}
