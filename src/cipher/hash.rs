//! Hashing numbers (the blind index).

use phone_crypt_core::crypto::{self, HASH_LEN};

use super::stats::{Operation, count};
use super::{audit, lockdown};
use crate::cipher::error::Result;
use crate::keys::with_ring;

/// A hash as lower-case hex.
pub type Hash = [u8; HASH_LEN];

/// Writes the hash of an E.164 number under the hash key and the first scheme. What stands in `hash` after an error
/// means nothing.
///
/// Errors: no key, or a ring that differs from the pin, or a lockdown, 55000; a context under scheme raw, 22023.
#[inline]
pub fn hash(e164: &[u8], context: &[u8], hash: &mut Hash) -> Result<()> {
    lockdown::check()?;
    let written = with_ring(|ring| {
        crypto::write_current_hash(ring, e164, context, hash)?;
        audit::hashed(ring);
        Ok(())
    });
    count(Operation::Hash, written)
}

/// The hashes of a number under every scheme in use and every configured key, that of [`hash`] first.
///
/// Errors: as [`hash`].
pub fn hashes(e164: &[u8], context: &[u8]) -> Result<Vec<Hash>> {
    lockdown::check()?;
    let hashes = with_ring(|ring| {
        audit::hashed(ring);
        Ok(crypto::all_hashes(ring, e164, context)?)
    });
    count(Operation::Hash, hashes)
}

/// The hashes of a number under every configured key and both schemes, whichever are in use.
///
/// Errors: no key, or a ring that differs from the pin, or a lockdown, 55000.
pub fn every_hash(e164: &[u8], context: &[u8]) -> Result<Vec<Hash>> {
    lockdown::check()?;
    let hashes = with_ring(|ring| {
        audit::hashed(ring);
        Ok(crypto::every_hash(ring, e164, context))
    });
    count(Operation::Hash, hashes)
}

/// As [`every_hash`] without a context, that of [`hash`] first.
///
/// Errors: as [`every_hash`].
pub fn ordered_hashes(e164: &[u8]) -> Result<Vec<Hash>> {
    lockdown::check()?;
    stored_hashes(e164)
}

/// As [`ordered_hashes`], of a number that is stored already and is moved to another key: also in a lockdown.
///
/// Errors: no key, or a ring that differs from the pin, 55000.
pub fn stored_hashes(e164: &[u8]) -> Result<Vec<Hash>> {
    let hashes = with_ring(|ring| {
        audit::hashed(ring);
        let mut present = [0; HASH_LEN];
        crypto::write_current_hash(ring, e164, b"", &mut present)?;
        let mut others = crypto::every_hash(ring, e164, b"");
        others.retain(|hash| *hash != present);
        others.insert(0, present);
        Ok(others)
    });
    count(Operation::Hash, hashes)
}

/// A keyed hash of what is no phone number, under the hash key. Those of different labels cannot be linked.
///
/// Errors: no key, or a ring that differs from the pin, 55000.
pub fn labelled_hash(label: &[u8], bytes: &[u8]) -> Result<Hash> {
    with_ring(|ring| Ok(crypto::labelled_hash(ring, label, bytes)))
}
