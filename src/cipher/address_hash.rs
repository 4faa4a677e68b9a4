//! Hashing e-mail addresses (their blind index).

use phone_crypt_core::crypto;

use super::stats::{Operation, count};
use super::{Hash, audit, lockdown};
use crate::cipher::error::Result;
use crate::keys::with_ring;

/// The hash of an address in its one spelling, under the hash key.
///
/// Errors: no key, or a ring that differs from the pin, or a lockdown, 55000.
pub fn address_hash(address: &[u8], context: &[u8]) -> Result<Hash> {
    lockdown::check()?;
    let hash = with_ring(|ring| {
        audit::hashed(ring);
        Ok(crypto::current_address_hash(ring, address, context))
    });
    count(Operation::Hash, hash)
}

/// The hashes under every configured key, that of [`address_hash`] first.
///
/// Errors: as [`address_hash`].
pub fn address_hashes(address: &[u8], context: &[u8]) -> Result<Vec<Hash>> {
    lockdown::check()?;
    let hashes = with_ring(|ring| {
        audit::hashed(ring);
        Ok(crypto::all_address_hashes(ring, address, context))
    });
    count(Operation::Hash, hashes)
}
