//! HMAC with SHA-256 (RFC 2104), the two key blocks hashed once.
//!
//! A short message then costs two compressions: one for the message and one for the outer hash. The
//! `hmac` crate is used at block level: its `Hmac` carries a buffer, which a key does not need, and
//! copying and wiping that took an eighth of each tag.

use hmac::KeyInit;
use hmac::block_api::HmacCore;
use hmac::digest::block_api::{Buffer, FixedOutputCore, UpdateCore};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};
use zeroize::optimization_barrier;

/// Bytes in a tag.
pub const TAG: usize = 32;

type Core = HmacCore<Sha256>;

/// An HMAC key, kept as the states after its key blocks. Wiped on drop.
pub struct HmacKey(Core);

impl HmacKey {
    /// Prepares a key of any length.
    #[must_use]
    pub fn new(key: &[u8]) -> HmacKey {
        match Core::new_from_slice(key) {
            Ok(core) => HmacKey(core),
            Err(_) => unreachable!("HMAC takes keys of any length"),
        }
    }

    /// The tag of the parts, one after the other with nothing between them.
    #[must_use]
    pub fn tag(&self, parts: &[&[u8]]) -> [u8; TAG] {
        let mut core = self.0.clone();
        let mut buffer = Buffer::<Core>::default();
        for part in parts {
            buffer.digest_blocks(part, |blocks| core.update_blocks(blocks));
        }
        let mut tag = [0; TAG];
        core.finalize_fixed_core(&mut buffer, (&mut tag).into());
        // Unlike the states, a buffer is not wiped on drop.
        buffer = Buffer::<Core>::default();
        optimization_barrier(&buffer);
        tag
    }

    /// Whether `tag` is the tag of the parts, all 32 bytes of it, compared in constant time.
    #[must_use]
    pub fn verify(&self, parts: &[&[u8]], tag: &[u8]) -> bool {
        tag.try_into()
            .is_ok_and(|given| is_same_tag(&self.tag(parts), given))
    }
}

/// Compares in constant time, in words of eight bytes: byte by byte, `subtle` is several times slower.
fn is_same_tag(left: &[u8; TAG], right: &[u8; TAG]) -> bool {
    let ((left, _), (right, _)) = (left.as_chunks::<8>(), right.as_chunks::<8>());
    let equal = left
        .iter()
        .zip(right)
        .fold(Choice::from(1), |equal, (left, right)| {
            equal & u64::from_ne_bytes(*left).ct_eq(&u64::from_ne_bytes(*right))
        });
    equal.into()
}
