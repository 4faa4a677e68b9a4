//! Values of the data type `encrypted_phone`.

use phone_crypt_core::crypto::encrypted_phone::{self, PROBE_LEN, Plain};
use phone_crypt_core::crypto::{KeyId, Reencrypted, ValueError};

use super::destination::Destination;
use super::scratch::with_scratch;
use super::stats::{Operation, count};
use super::{audit, lockdown};
use crate::cipher::error::{Error, Result};
use crate::keys::with_ring;

/// Appends the value of `plain` to `out`: under the primary key, its tag under the hash key. A value can be compared with
/// others, so a lockdown stops it.
///
/// Errors: no key, or a ring that differs from the pin, or a lockdown, 55000.
#[inline]
pub fn seal_typed(plain: &Plain<'_>, out: &mut Vec<u8>) -> Result<()> {
    lockdown::check()?;
    let sealed = with_ring(|ring| {
        encrypted_phone::seal_into(ring, plain, out);
        audit::sealed(ring);
        Ok(())
    });
    count(Operation::Encrypt, sealed)
}

/// Writes what a value of `plain` is compared by.
///
/// Errors: as [`seal_typed`].
#[inline]
pub fn probe_typed(plain: &Plain<'_>, probe: &mut [u8; PROBE_LEN]) -> Result<()> {
    lockdown::check()?;
    let written = with_ring(|ring| {
        encrypted_phone::write_probe(ring, plain, probe);
        audit::hashed(ring);
        Ok(())
    });
    count(Operation::Hash, written)
}

/// What values of `plain` are compared by, under every configured key.
///
/// Errors: as [`seal_typed`].
pub fn every_probe(plain: &Plain<'_>) -> Result<Vec<[u8; PROBE_LEN]>> {
    lockdown::check()?;
    count(
        Operation::Hash,
        with_ring(|ring| {
            audit::hashed(ring);
            Ok(encrypted_phone::every_probe(ring, plain))
        }),
    )
}

/// Calls `use_plain` with the plain text of a value, which is wiped afterwards.
///
/// Errors: malformed, 22P02; not authentic, or a tag that is not that of the plain text, 22000; a key that is not
/// configured, or a ring that differs from the pin, 55000; as [`Destination`] has it; those of `use_plain`.
pub fn open_typed<T, E: From<Error>>(
    value: &[u8],
    destination: Destination,
    use_plain: impl FnOnce(&Plain<'_>) -> std::result::Result<T, E>,
) -> std::result::Result<T, E> {
    audit::before_opening(destination)?;
    with_scratch(|buffer| {
        let opened = with_ring(|ring| -> Result<_> {
            let opened = encrypted_phone::open(ring, value, buffer)?.plain;
            audit::opened(destination, audit::key_of_typed(ring, value));
            Ok(opened)
        });
        use_plain(&count(Operation::Decrypt, opened)?)
    })
}

/// Verifies a value.
///
/// Errors: as [`open_typed`].
pub fn verify_typed(value: &[u8]) -> Result<()> {
    open_typed(value, Destination::Storage, |_| Ok(()))
}

/// Verifies a value as far as there are keys for it: a dump is restored without any.
///
/// Errors: not authentic, or a tag that is not that of the plain text, 22000.
pub fn verify_if_possible(value: &[u8]) -> Result<()> {
    match with_ring(|ring| -> Result<_> { Ok(encrypted_phone::verify(ring, value)?) }) {
        Err(error @ Error::Value(ValueError::NotAuthentic)) => {
            count(Operation::Decrypt, Err(error))
        }
        Err(_) => Ok(()),
        verified => count(Operation::Decrypt, verified),
    }
}

/// Moves a value to the primary key, and what it is compared by to this hash key.
///
/// Errors: as [`open_typed`]; the hash key is not configured, 55000.
pub fn rehash_typed(value: &[u8], hash_key: KeyId, out: &mut Vec<u8>) -> Result<()> {
    let rehashed = with_ring(|ring| {
        let hash_key = ring.find(hash_key).ok_or(Error::HashKeyMissing(hash_key))?;
        audit::resealed(ring);
        Ok(encrypted_phone::rehash_into(ring, hash_key, value, out)?)
    });
    count(Operation::Encrypt, rehashed)
}

/// Moves a value to the primary key; its tag stays. It is authenticated also where it is under it already: then nothing
/// is appended to `out`.
///
/// Errors: as [`open_typed`].
pub fn reseal_typed(value: &[u8], out: &mut Vec<u8>) -> Result<Reencrypted> {
    let resealed = with_ring(|ring| {
        audit::resealed(ring);
        Ok(encrypted_phone::reseal_into(ring, value, out)?)
    });
    count(Operation::Encrypt, resealed)
}
