//! Hashes of the body or the URL that stand in what is signed.

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::webhook::proof::hex_text;

/// The SHA-256 of some bytes, as lower-case hex.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex_text(&Sha256::digest(bytes))
}

/// Whether `hash` is the SHA-256 of some bytes, as lower-case hex.
pub fn is_sha256_of(hash: &[u8], bytes: &[u8]) -> bool {
    sha256_hex(bytes).as_bytes().ct_eq(hash).into()
}
