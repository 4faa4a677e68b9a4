//! Decrypting a value, and moving it to the primary key.

use zeroize::{Zeroize, Zeroizing};

use super::info::{decode, parse_header, split_current};
use super::{HEADER, Kind, TagInput, ValueError, encrypt_into};
use crate::crypto::key::Key;
use crate::crypto::keyring::Keyring;
use crate::crypto::primitives::aes_cbc::BLOCK;
use crate::crypto::primitives::hmac_sha256::TAG;

/// Decrypts a value of the given kind and appends its plain text to `out`, which is left as it was on
/// any error.
///
/// # Errors
/// In the order in which they are looked for: [`ValueError::Malformed`] or
/// [`ValueError::Unauthenticated`], [`ValueError::UnknownKind`], [`ValueError::UnknownKey`],
/// [`ValueError::NotAuthentic`].
pub fn decrypt_into(
    ring: &Keyring,
    kind: Kind,
    value: &[u8],
    context: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), ValueError> {
    append_or_restore(out, |out| {
        open(ring, Some(kind), value, context, out).map(drop)
    })
}

/// What [`reencrypt_into`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reencrypted {
    /// The value is authentic and under the primary key already; nothing was appended.
    Unchanged,
    /// The new value was appended.
    Replaced,
}

/// Moves a value of any kind to the primary key, under the same context. It is authenticated also when
/// it needs no change, so that a forged value is never passed on as a good one.
///
/// `iv` must be fresh random bytes. `out` is left as it was on any error.
///
/// # Errors
/// Those of [`decrypt_into`].
pub fn reencrypt_into(
    ring: &Keyring,
    value: &[u8],
    context: &[u8],
    iv: [u8; BLOCK],
    out: &mut Vec<u8>,
) -> Result<Reencrypted, ValueError> {
    // Half the text's length is never too small, so the plain text is not left behind by a move.
    let mut plain = Zeroizing::new(Vec::with_capacity(value.len() / 2));
    let (kind, key) = open(ring, None, value, context, &mut plain)?;
    if key.id() == ring.primary().id() {
        return Ok(Reencrypted::Unchanged);
    }
    encrypt_into(ring.primary(), kind, &plain, context, iv, out);
    Ok(Reencrypted::Replaced)
}

/// Runs `append`, and takes back what it appended when it fails.
fn append_or_restore(
    out: &mut Vec<u8>,
    append: impl FnOnce(&mut Vec<u8>) -> Result<(), ValueError>,
) -> Result<(), ValueError> {
    let start = out.len();
    let result = append(out);
    if result.is_err() {
        out.truncate(start);
    }
    result
}

/// Decodes the sealed bytes onto the end of `out`, authenticates them, decrypts them there, and leaves
/// the plain text alone. On an error `out` may hold more than before.
fn open<'a>(
    ring: &'a Keyring,
    expected: Option<Kind>,
    value: &[u8],
    context: &[u8],
    out: &mut Vec<u8>,
) -> Result<(Kind, &'a Key), ValueError> {
    let parts = split_current(value)?;
    let start = out.len();
    out.resize(start + parts.data_len(), 0);
    let sealed = &mut out[start..];
    let mut iv = [0; BLOCK];
    decode(&parts, &mut iv, sealed)?;
    let (kind, key, plain_len) = open_sealed(ring, expected, &iv, context, sealed)?;
    out.copy_within(start + HEADER..start + HEADER + plain_len, start);
    // The end of the plain text still stands where it was; a caller wipes only what it was given.
    out[start + plain_len..start + HEADER + plain_len].zeroize();
    out.truncate(start + plain_len);
    Ok((kind, key))
}

/// Authenticates, then decrypts in place after the header. Gives the length of the plain text.
fn open_sealed<'a>(
    ring: &'a Keyring,
    expected: Option<Kind>,
    iv: &[u8; BLOCK],
    context: &[u8],
    sealed: &mut [u8],
) -> Result<(Kind, &'a Key, usize), ValueError> {
    let (header, rest) = sealed
        .split_first_chunk_mut::<HEADER>()
        .ok_or(ValueError::Malformed)?;
    let (encrypted, tag) = rest
        .split_last_chunk_mut::<TAG>()
        .ok_or(ValueError::Malformed)?;
    let (kind, key_id) = parse_header(header)?;
    let key = ring.find(key_id).ok_or(ValueError::UnknownKey(key_id))?;
    // Nothing derived from `encrypted` may be looked at before this: a padding error that a sender can
    // tell from a tag error decrypts values byte by byte.
    let authentic = TagInput {
        header,
        context,
        iv,
        encrypted,
    }
    .verify(key.mac(), tag);
    if !authentic || expected.is_some_and(|expected| expected != kind) {
        return Err(ValueError::NotAuthentic);
    }
    let plain_len = key
        .cipher()
        .decrypt(iv, encrypted)
        .ok_or(ValueError::NotAuthentic)?;
    if !kind.allows(&encrypted[..plain_len]) {
        return Err(ValueError::NotAuthentic);
    }
    Ok((kind, key, plain_len))
}
