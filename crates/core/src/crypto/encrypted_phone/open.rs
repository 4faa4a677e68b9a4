//! Opening values: authenticated, and their tag held to their plain text.

use super::layout::{Parts, context, split};
use super::plain::{Plain, is_same, written_check};
use crate::crypto::key::Key;
use crate::crypto::keyring::Keyring;
use crate::crypto::value::{HEADER, Kind, ValueError, sealed, written_parts};
use zeroize::Zeroizing;

/// What [`open`] found.
pub struct Opened<'ring, 'buffer> {
    /// The plain text.
    pub plain: Plain<'buffer>,
    /// The key that it was encrypted with.
    pub key: &'ring Key,
    /// The key that its tag was made with.
    pub hash_key: &'ring Key,
}

/// Decrypts a value in `buffer`, which is cleared first and holds plain text afterwards. All of the value is verified:
/// its MAC, that the tag is that of the plain text, and the check of a number with its original.
///
/// # Errors
/// In the order in which they are looked for: [`ValueError::Malformed`], [`ValueError::UnknownKind`],
/// [`ValueError::UnknownKey`], [`ValueError::UnknownHashKey`], [`ValueError::NotAuthentic`].
pub fn open<'ring, 'buffer>(
    ring: &'ring Keyring,
    value: &[u8],
    buffer: &'buffer mut Vec<u8>,
) -> Result<Opened<'ring, 'buffer>, ValueError> {
    let Parts {
        kind,
        data_type,
        hash_key_id,
        tag,
        key_id,
        rest,
    } = split(value)?;
    if ring.find(key_id).is_none() {
        return Err(ValueError::UnknownKey(key_id));
    }
    let hash_key = ring
        .find(hash_key_id)
        .ok_or(ValueError::UnknownHashKey(hash_key_id))?;
    buffer.clear();
    buffer.reserve(HEADER + rest.len());
    buffer.push(kind as u8);
    buffer.extend_from_slice(key_id.as_bytes());
    buffer.extend_from_slice(rest);
    let opened = sealed::open(
        ring,
        Some(kind),
        tag,
        &context(data_type, hash_key_id),
        buffer,
    )?;
    let plain = read_plain(kind, opened.plain, hash_key).ok_or(ValueError::NotAuthentic)?;
    if !is_same(&plain.tag(hash_key), tag) {
        return Err(ValueError::NotAuthentic);
    }
    Ok(Opened {
        plain,
        key: opened.key,
        hash_key,
    })
}

/// Verifies a value as [`open`] does, and shows nothing of it.
///
/// # Errors
/// Those of [`open`].
pub fn verify(ring: &Keyring, value: &[u8]) -> Result<(), ValueError> {
    let mut buffer = Zeroizing::new(Vec::with_capacity(value.len()));
    open(ring, value, &mut buffer).map(drop)
}

/// None where what was encrypted has not the form of its kind, or its check does not belong to it.
fn read_plain<'a>(kind: Kind, plain: &'a [u8], hash_key: &Key) -> Option<Plain<'a>> {
    match kind {
        Kind::Phone => Some(Plain::Number(plain)),
        Kind::Text => Some(Plain::Text(std::str::from_utf8(plain).ok()?)),
        Kind::Written => {
            let parts = written_parts(plain)?;
            let check = written_check(hash_key, parts.e164, parts.original);
            is_same(&check, parts.check).then_some(Plain::Written {
                e164: parts.e164,
                original: std::str::from_utf8(parts.original).ok()?,
            })
        }
        Kind::Address => Some(Plain::Address(std::str::from_utf8(plain).ok()?)),
        Kind::NoAddress => Some(Plain::NoAddress(std::str::from_utf8(plain).ok()?)),
        Kind::WebhookSecret => None,
    }
}
