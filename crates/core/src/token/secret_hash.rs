//! What is stored of a secret.

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::crypto::primitives::hex;

/// The SHA-256 of a token's secret. The secret has 256 bits of its own, so neither salt nor a slow hash would add
/// anything.
#[derive(Clone, Copy)]
pub struct SecretHash([u8; 32]);

impl SecretHash {
    /// Hashes a secret. For a token that is its 43 characters; a legacy application's may be any text.
    #[must_use]
    pub fn of(secret: &[u8]) -> SecretHash {
        SecretHash(Sha256::digest(secret).into())
    }

    /// The hash as it is stored.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The hash in lower-case hexadecimal digits.
    #[must_use]
    pub fn to_hex(&self) -> [u8; 64] {
        let mut digits = [0; 64];
        hex::encode(&self.0, &mut digits);
        digits
    }

    /// Whether this is the stored hash, compared in constant time. False for anything that has not 32 bytes.
    #[must_use]
    pub fn matches(&self, stored: &[u8]) -> bool {
        self.0.ct_eq(stored).into()
    }
}
