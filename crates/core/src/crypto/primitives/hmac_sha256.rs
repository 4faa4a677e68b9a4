//! HMAC with SHA-256 (RFC 2104), the two key blocks hashed once.
//!
//! A short message then costs two compressions: one for the message and one for the outer hash.

use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};
use zeroize::{Zeroize, Zeroizing};

use super::sha256_state::{BLOCK, DIGEST, State, after_block, digest_after_block};

/// Bytes in a tag.
pub const TAG: usize = DIGEST;

/// An HMAC key, kept as the states after its key blocks. Wiped on drop.
pub struct HmacKey {
    inner: State,
    outer: State,
}

impl HmacKey {
    /// Prepares a key of any length.
    #[must_use]
    pub fn new(key: &[u8]) -> HmacKey {
        let mut block = Zeroizing::new([0; BLOCK]);
        if key.len() <= BLOCK {
            block[..key.len()].copy_from_slice(key);
        } else {
            block[..DIGEST].copy_from_slice(&Sha256::digest(key));
        }
        HmacKey {
            inner: state_after(&block, 0x36),
            outer: state_after(&block, 0x5c),
        }
    }

    /// The tag of the parts, one after the other with nothing between them.
    #[must_use]
    pub fn tag(&self, parts: &[&[u8]]) -> [u8; TAG] {
        let inner = digest_after_block(&self.inner, parts);
        digest_after_block(&self.outer, &[&inner])
    }

    /// Whether `tag` is the tag of the parts, all 32 bytes of it, compared in constant time.
    #[must_use]
    pub fn verify(&self, parts: &[&[u8]], tag: &[u8]) -> bool {
        tag.try_into()
            .is_ok_and(|given| is_same_tag(&self.tag(parts), given))
    }
}

impl Drop for HmacKey {
    fn drop(&mut self) {
        self.inner.zeroize();
        self.outer.zeroize();
    }
}

/// The state after the key's block, combined with the pad of RFC 2104 §2.
fn state_after(block: &[u8; BLOCK], pad: u8) -> State {
    let mut block = Zeroizing::new(*block);
    block.iter_mut().for_each(|byte| *byte ^= pad);
    after_block(&block)
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

#[cfg(test)]
mod tests {
    use super::HmacKey;
    use hmac::{Hmac, KeyInit, Mac};
    use sha2::Sha256;

    fn bytes(count: usize) -> Vec<u8> {
        (0..count).map(|index| (index % 251) as u8).collect()
    }

    #[test]
    #[allow(clippy::unwrap_used)]
    fn it_agrees_with_the_hmac_crate_at_every_length() {
        for key_len in [0, 1, 32, 63, 64, 65, 128, 200] {
            let key = bytes(key_len);
            for len in 0..=260 {
                let message = bytes(len);
                let theirs = Hmac::<Sha256>::new_from_slice(&key).unwrap();
                let tag = theirs.chain_update(&message).finalize().into_bytes();
                let (first, second) = message.split_at(len / 3);
                let ours = HmacKey::new(&key);
                assert_eq!(ours.tag(&[&message])[..], tag[..], "{key_len} {len}");
                assert_eq!(
                    ours.tag(&[first, b"", second])[..],
                    tag[..],
                    "{key_len} {len}"
                );
            }
        }
    }
}
