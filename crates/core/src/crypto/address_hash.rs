//! The keyed hash by which an encrypted e-mail address is found again.
//!
//! HMAC-SHA-256 under a subkey of its own over the address, or over the address, a zero byte and a context. No address holds a zero
//! byte, so the two cannot be confused.

use super::hash::HASH_LEN;
use super::key::Key;
use super::keyring::Keyring;
use super::primitives::hex;

/// The hash under the hash key, as lower-case hex.
#[must_use]
pub fn current_address_hash(ring: &Keyring, address: &[u8], context: &[u8]) -> [u8; HASH_LEN] {
    address_hash(ring.hash_key(), address, context)
}

/// The hashes under every configured key, that of [`current_address_hash`] first.
#[must_use]
pub fn all_address_hashes(ring: &Keyring, address: &[u8], context: &[u8]) -> Vec<[u8; HASH_LEN]> {
    let mut hashes = vec![current_address_hash(ring, address, context)];
    for key in ring.keys() {
        let hash = address_hash(key, address, context);
        if !hashes.contains(&hash) {
            hashes.push(hash);
        }
    }
    hashes
}

fn address_hash(key: &Key, address: &[u8], context: &[u8]) -> [u8; HASH_LEN] {
    let tag = match context {
        [] => key.address_hash().tag(&[address]),
        context => key.address_hash().tag(&[address, b"\0", context]),
    };
    let mut text = [0; HASH_LEN];
    hex::encode(&tag, &mut text);
    text
}
