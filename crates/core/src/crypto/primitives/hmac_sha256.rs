//! HMAC with SHA-256 (RFC 2104), the two key blocks hashed once.
//!
//! A short message then costs two compressions: one for the message and one for the outer hash.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};

/// Bytes in a tag.
pub const TAG: usize = 32;

/// An HMAC key, kept as the state after its key blocks. Wiped on drop.
pub struct HmacKey(Hmac<Sha256>);

impl HmacKey {
    /// Prepares a key of any length.
    #[must_use]
    pub fn new(key: &[u8]) -> HmacKey {
        match Hmac::new_from_slice(key) {
            Ok(state) => HmacKey(state),
            Err(_) => unreachable!("HMAC takes keys of any length"),
        }
    }

    /// The tag of the parts, one after the other with nothing between them.
    #[must_use]
    pub fn tag(&self, parts: &[&[u8]]) -> [u8; TAG] {
        let mut state = self.0.clone();
        for part in parts {
            state.update(part);
        }
        state.finalize().into_bytes().into()
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
