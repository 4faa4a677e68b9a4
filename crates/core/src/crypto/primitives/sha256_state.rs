//! SHA-256 (FIPS 180-4) from the state after some blocks on: what HMAC does with a prepared key.
//!
//! sha2's own hasher can be cloned to the same end. But a clone is four times the size of a state, and
//! with its wiping it took as long as half a compression.

use sha2::block_api::compress256;
use std::slice;
use zeroize::optimization_barrier;

/// Bytes in a block.
pub(super) const BLOCK: usize = 64;

/// Bytes in a digest.
pub(super) const DIGEST: usize = 32;

/// The state after whole blocks.
pub(super) type State = [u32; 8];

/// The state before the first block (FIPS 180-4 §5.3.3).
const INITIAL: State = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

/// The state after one block.
pub(super) fn after_block(block: &[u8; BLOCK]) -> State {
    let mut state = INITIAL;
    compress256(&mut state, slice::from_ref(block));
    state
}

/// The digest of one block, whose state is given, followed by the parts.
#[inline(always)]
pub(super) fn digest_after_block(state: &State, parts: &[&[u8]]) -> [u8; DIGEST] {
    let mut hasher = Hasher {
        state: *state,
        block: [0; BLOCK],
        filled: 0,
        len: BLOCK,
    };
    for part in parts {
        hasher.update(part);
    }
    hasher.finish()
}

struct Hasher {
    state: State,
    /// Zeros from `filled` on.
    block: [u8; BLOCK],
    filled: usize,
    /// Bytes so far, those of the first block included.
    len: usize,
}

impl Hasher {
    #[inline(always)]
    fn update(&mut self, mut part: &[u8]) {
        self.len += part.len();
        loop {
            let room = &mut self.block[self.filled..];
            if part.len() < room.len() {
                room[..part.len()].copy_from_slice(part);
                self.filled += part.len();
                return;
            }
            let (now, later) = part.split_at(room.len());
            room.copy_from_slice(now);
            self.next_block();
            part = later;
        }
    }

    /// Pads as FIPS 180-4 §5.1.1 says: a one bit, zeros, and the length in bits at the end of a block.
    #[inline(always)]
    fn finish(mut self) -> [u8; DIGEST] {
        const LENGTH: usize = BLOCK - 8;
        self.block[self.filled] = 0x80;
        if self.filled >= LENGTH {
            self.next_block();
        }
        self.block[LENGTH..].copy_from_slice(&(8 * self.len as u64).to_be_bytes());
        self.compress();
        let mut digest = [0; DIGEST];
        for (bytes, word) in digest.as_chunks_mut().0.iter_mut().zip(self.state) {
            *bytes = word.to_be_bytes();
        }
        digest
    }

    #[inline(always)]
    fn next_block(&mut self) {
        self.compress();
        self.block = [0; BLOCK];
        self.filled = 0;
    }

    #[inline(always)]
    fn compress(&mut self) {
        compress256(&mut self.state, slice::from_ref(&self.block));
    }
}

/// The message and the state would help to find the key or the number.
impl Drop for Hasher {
    fn drop(&mut self) {
        self.block = [0; BLOCK];
        self.state = [0; 8];
        optimization_barrier(self);
    }
}
