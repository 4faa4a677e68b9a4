//! Values as text, `iv:encrypted_data`: the bytes of [`super::sealed`] and their IV in lower-case hex.

use zeroize::{Zeroize, Zeroizing};

use super::info::{decode, split_current};
use super::sealed::{Opened, open, seal, sealed_len};
use super::{HEADER, Kind, ValueError};
use crate::crypto::key::Key;
use crate::crypto::keyring::Keyring;
use crate::crypto::primitives::aes_cbc::BLOCK;
use crate::crypto::primitives::hex;

/// Values up to this many bytes are put together on the stack; every phone number's is.
const ON_STACK: usize = 128;

/// The length of the text that `plain_len` bytes of plain text become.
#[must_use]
pub const fn encrypted_len(plain_len: usize) -> usize {
    2 * BLOCK + 1 + 2 * sealed_len(plain_len)
}

/// Appends the encrypted value of `plain` to `out`.
///
/// `context` is bound to the value: it decrypts under the same bytes only. `iv` must be fresh random
/// bytes for every value.
pub fn encrypt_into(
    key: &Key,
    kind: Kind,
    plain: &[u8],
    context: &[u8],
    iv: [u8; BLOCK],
    out: &mut Vec<u8>,
) {
    let len = sealed_len(plain.len());
    let mut stack = [0; ON_STACK];
    let mut heap = Vec::new();
    let sealed = if len <= ON_STACK {
        &mut stack[..len]
    } else {
        heap.resize(len, 0);
        heap.as_mut_slice()
    };
    seal(key, kind, plain, context, &iv, sealed);
    out.reserve(encrypted_len(plain.len()));
    hex::append(&iv, out);
    out.push(b':');
    hex::append(sealed, out);
}

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
    let start = out.len();
    let result = append_opened(ring, Some(kind), value, context, out);
    if result.is_err() {
        out.truncate(start);
    }
    result.map(drop)
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
    let (kind, key) = append_opened(ring, None, value, context, &mut plain)?;
    if key.id() == ring.primary().id() {
        return Ok(Reencrypted::Unchanged);
    }
    encrypt_into(ring.primary(), kind, &plain, context, iv, out);
    Ok(Reencrypted::Replaced)
}

/// Decodes the sealed bytes onto the end of `out`, opens them there, and leaves the plain text alone.
/// On an error `out` may hold more than before.
fn append_opened<'ring>(
    ring: &'ring Keyring,
    expected: Option<Kind>,
    value: &[u8],
    context: &[u8],
    out: &mut Vec<u8>,
) -> Result<(Kind, &'ring Key), ValueError> {
    let parts = split_current(value)?;
    let start = out.len();
    out.resize(start + parts.data_len(), 0);
    let sealed = &mut out[start..];
    let mut iv = [0; BLOCK];
    decode(&parts, &mut iv, sealed)?;
    let Opened { kind, key, plain } = open(ring, expected, &iv, context, sealed)?;
    let plain_len = plain.len();
    out.copy_within(start + HEADER..start + HEADER + plain_len, start);
    // The end of the plain text still stands where it was; a caller wipes only what it was given.
    out[start + plain_len..start + HEADER + plain_len].zeroize();
    out.truncate(start + plain_len);
    Ok((kind, key))
}
