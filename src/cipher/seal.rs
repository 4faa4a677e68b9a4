//! Sealing plain text under the primary key.

use phone_crypt_core::crypto::encrypted_phone::is_reserved_context;
use phone_crypt_core::crypto::{self, Kind, Reencrypted};

use super::audit;
use super::random::random_bytes;
use super::stats::{Operation, count};
use crate::cipher::error::{Error, Result};
use crate::keys::with_ring;
use crate::pg::text::check_len;

/// Appends the encrypted value of `plain` to `out`, bound to `context`.
///
/// Errors: a context of the data type `encrypted_phone`, 22023; no key, or a ring that differs from the pin, 55000; no
/// randomness, 58000; the value would be longer than a text may be, 54000.
pub fn seal(kind: Kind, plain: &[u8], context: &[u8], out: &mut Vec<u8>) -> Result<()> {
    refuse_reserved(context)?;
    let sealed = with_ring(|ring| {
        check_len(crypto::encrypted_len(plain.len()))?;
        let (key, iv) = (ring.primary(), random_bytes()?);
        crypto::encrypt_into(key, kind, plain, context, iv, out);
        audit::sealed(ring);
        Ok(())
    });
    count(Operation::Encrypt, sealed)
}

/// Refuses a ring that the database is not pinned to: for what is used without being opened again.
///
/// Errors: no key, or a ring that differs from the pin, 55000.
pub fn check_ring() -> Result<()> {
    with_ring(|_| Ok(()))
}

/// Moves a value of any kind to the primary key. It is authenticated also where it is under it already: then
/// nothing is appended to `out`.
///
/// Errors: as [`open`](super::open) and [`seal`].
pub fn reseal(value: &[u8], context: &[u8], out: &mut Vec<u8>) -> Result<Reencrypted> {
    refuse_reserved(context)?;
    let resealed = with_ring(|ring| {
        let iv = random_bytes()?;
        audit::resealed(ring);
        Ok(crypto::reencrypt_into(ring, value, context, iv, out)?)
    });
    count(Operation::Encrypt, resealed)
}

/// What is sealed under a context of the data type has its tag as IV; with a random one, it could not be found again.
fn refuse_reserved(context: &[u8]) -> Result<()> {
    match is_reserved_context(context) {
        true => Err(Error::ReservedContext),
        false => Ok(()),
    }
}
