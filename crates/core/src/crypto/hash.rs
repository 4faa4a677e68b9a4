//! The keyed hash by which an encrypted number is found again.
//!
//! HMAC-SHA-256 over the E.164 text, or over text, a zero byte and a context, so that two tables with
//! contexts of their own cannot be linked. E.164 text holds no zero byte, so the two cannot be confused.

use super::hash_scheme::HashScheme;
use super::key::Key;
use super::keyring::Keyring;
use super::primitives::hex;

/// Characters in a hash: 32 bytes as lower-case hex, never truncated.
pub const HASH_LEN: usize = 64;

/// Why a hash cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// A context together with the scheme `raw`.
    #[error("a hash of scheme raw takes no context")]
    RawHasNoContext,
}

/// The hash of an E.164 number under one key and scheme, as lower-case hex; an empty context is none.
///
/// # Errors
/// [`HashError::RawHasNoContext`].
pub fn hash_hex(
    key: &Key,
    scheme: HashScheme,
    e164: &[u8],
    context: &[u8],
) -> Result<[u8; HASH_LEN], HashError> {
    let mut text = [0; HASH_LEN];
    write_hash(key, scheme, e164, context, &mut text)?;
    Ok(text)
}

/// The hash that is written today: the first scheme under the hash key.
///
/// # Errors
/// [`HashError::RawHasNoContext`] when the first scheme is `raw` and there is a context.
pub fn current_hash(
    ring: &Keyring,
    e164: &[u8],
    context: &[u8],
) -> Result<[u8; HASH_LEN], HashError> {
    hash_hex(ring.hash_key(), ring.schemes().first(), e164, context)
}

/// As [`current_hash`], into a place of the caller's: for every row, moving the text about is worth
/// avoiding. What stands there after an error means nothing.
///
/// # Errors
/// Those of [`current_hash`].
pub fn write_current_hash(
    ring: &Keyring,
    e164: &[u8],
    context: &[u8],
    text: &mut [u8; HASH_LEN],
) -> Result<(), HashError> {
    write_hash(ring.hash_key(), ring.schemes().first(), e164, context, text)
}

fn write_hash(
    key: &Key,
    scheme: HashScheme,
    e164: &[u8],
    context: &[u8],
    text: &mut [u8; HASH_LEN],
) -> Result<(), HashError> {
    match (scheme, context) {
        (HashScheme::Derived, context) => write_derived(key, e164, context, text),
        (HashScheme::Raw, []) => write_raw(key, e164, text),
        (HashScheme::Raw, _) => return Err(HashError::RawHasNoContext),
    }
    Ok(())
}

fn write_derived(key: &Key, e164: &[u8], context: &[u8], text: &mut [u8; HASH_LEN]) {
    let tag = match context {
        [] => key.hash().tag(&[e164]),
        context => key.hash().tag(&[e164, b"\0", context]),
    };
    hex::encode(&tag, text);
}

fn write_raw(key: &Key, e164: &[u8], text: &mut [u8; HASH_LEN]) {
    hex::encode(&key.raw_hash().tag(&[e164]), text);
}

/// A keyed hash of what is no phone number, under the hash key, as lower-case hex. Those of different labels cannot be linked;
/// no text of E.164 begins with a zero byte, so none is the hash of a number. A label has no zero byte.
#[must_use]
pub fn labelled_hash(ring: &Keyring, label: &[u8], bytes: &[u8]) -> [u8; HASH_LEN] {
    let mut text = [0; HASH_LEN];
    let tag = ring.hash_key().hash().tag(&[b"\0", label, b"\0", bytes]);
    hex::encode(&tag, &mut text);
    text
}

/// Every hash that a stored row may carry: each scheme under each key, without repeats, the one of
/// [`current_hash`] first.
///
/// Under `derived,raw` the raw ones leave the context out, as they were written without one.
///
/// # Errors
/// [`HashError::RawHasNoContext`], where [`current_hash`] gives it.
pub fn all_hashes(
    ring: &Keyring,
    e164: &[u8],
    context: &[u8],
) -> Result<Vec<[u8; HASH_LEN]>, HashError> {
    let mut hashes = vec![current_hash(ring, e164, context)?];
    for scheme in ring.schemes().iter() {
        let context = if scheme == HashScheme::Raw {
            &[]
        } else {
            context
        };
        for key in ring.keys() {
            let hash = hash_hex(key, scheme, e164, context)?;
            if !hashes.contains(&hash) {
                hashes.push(hash);
            }
        }
    }
    Ok(hashes)
}

/// Every hash that the configured keys can make of a number: each key under both schemes, whichever are in use.
/// For finding what was stored under settings that have changed since. Raw hashes have no context.
#[must_use]
pub fn every_hash(ring: &Keyring, e164: &[u8], context: &[u8]) -> Vec<[u8; HASH_LEN]> {
    let mut hashes = Vec::with_capacity(2 * ring.keys().len());
    for key in ring.keys() {
        let (mut derived, mut raw) = ([0; HASH_LEN], [0; HASH_LEN]);
        write_derived(key, e164, context, &mut derived);
        write_raw(key, e164, &mut raw);
        hashes.extend([derived, raw]);
    }
    hashes
}
