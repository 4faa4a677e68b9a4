//! Values as bytes: `kind[1] | key_id[4] | E | T[32]`, the IV kept apart.
//!
//! Whoever stores a value chooses where its IV stands and how the bytes are written; [`super::text`] is
//! the form `iv:encrypted_data`.

use super::{HEADER, Kind, OVERHEAD, ValueError};
use crate::crypto::key::Key;
use crate::crypto::key_id::KeyId;
use crate::crypto::keyring::Keyring;
use crate::crypto::primitives::aes_cbc::{BLOCK, padded_len};
use crate::crypto::primitives::hmac_sha256::{HmacKey, TAG};

/// The number of bytes that `plain_len` bytes of plain text are sealed into.
#[must_use]
pub const fn sealed_len(plain_len: usize) -> usize {
    OVERHEAD + padded_len(plain_len)
}

/// Seals `plain` into `sealed`, which has exactly [`sealed_len`] bytes. The plain text is encrypted where
/// it is put, so none of it stays behind.
///
/// `context` is bound to the value: it opens under the same bytes only. `iv` must never have been used
/// for another plain text of the same key, unless the two may be seen to begin alike.
pub fn seal(
    key: &Key,
    kind: Kind,
    plain: &[u8],
    context: &[u8],
    iv: &[u8; BLOCK],
    sealed: &mut [u8],
) {
    debug_assert_eq!(sealed.len(), sealed_len(plain.len()));
    sealed[HEADER..][..plain.len()].copy_from_slice(plain);
    seal_in_place(key, kind, plain.len(), context, iv, sealed);
}

/// As [`seal`], for plain text that stands in `sealed` already, behind the header.
pub fn seal_in_place(
    key: &Key,
    kind: Kind,
    plain_len: usize,
    context: &[u8],
    iv: &[u8; BLOCK],
    sealed: &mut [u8],
) {
    debug_assert_eq!(sealed.len(), sealed_len(plain_len));
    let (header, rest) = sealed.split_at_mut(HEADER);
    let (encrypted, tag) = rest.split_at_mut(padded_len(plain_len));
    let seal_key = kind.seal_key(key);
    header[0] = kind as u8;
    header[1..].copy_from_slice(key.id().as_bytes());
    seal_key.cipher.encrypt(iv, encrypted, plain_len);
    tag.copy_from_slice(
        &TagInput {
            header,
            context,
            iv,
            encrypted,
        }
        .tag(&seal_key.mac),
    );
}

/// What [`open`] found.
#[derive(Debug)]
pub struct Opened<'ring, 'sealed> {
    /// What the value holds.
    pub kind: Kind,
    /// The key that it was sealed with.
    pub key: &'ring Key,
    /// The plain text, where the encrypted bytes were.
    pub plain: &'sealed [u8],
}

/// Authenticates, then decrypts in place. Any kind is accepted where `expected` is None.
///
/// # Errors
/// In the order in which they are looked for: [`ValueError::Malformed`], [`ValueError::UnknownKind`],
/// [`ValueError::UnknownKey`], [`ValueError::NotAuthentic`].
pub fn open<'ring, 'sealed>(
    ring: &'ring Keyring,
    expected: Option<Kind>,
    iv: &[u8; BLOCK],
    context: &[u8],
    sealed: &'sealed mut [u8],
) -> Result<Opened<'ring, 'sealed>, ValueError> {
    let (header, rest) = sealed
        .split_first_chunk_mut::<HEADER>()
        .ok_or(ValueError::Malformed)?;
    let (encrypted, tag) = rest
        .split_last_chunk_mut::<TAG>()
        .ok_or(ValueError::Malformed)?;
    let (kind, key_id) = read_header(header)?;
    let key = ring.find(key_id).ok_or(ValueError::UnknownKey(key_id))?;
    let seal_key = kind.seal_key(key);
    // Nothing derived from `encrypted` may be looked at before this: a padding error that a sender can
    // tell from a tag error decrypts values byte by byte.
    let authentic = TagInput {
        header,
        context,
        iv,
        encrypted,
    }
    .verify(&seal_key.mac, tag);
    if !authentic || expected.is_some_and(|expected| expected != kind) {
        return Err(ValueError::NotAuthentic);
    }
    let plain_len = seal_key
        .cipher
        .decrypt(iv, encrypted)
        .ok_or(ValueError::NotAuthentic)?;
    let plain = &encrypted[..plain_len];
    if !kind.allows(plain) {
        return Err(ValueError::NotAuthentic);
    }
    Ok(Opened { kind, key, plain })
}

/// What the header says: nothing of it is authenticated.
///
/// # Errors
/// [`ValueError::UnknownKind`].
pub fn read_header(header: &[u8; HEADER]) -> Result<(Kind, KeyId), ValueError> {
    let [kind, key_id @ ..] = *header;
    let kind = Kind::from_byte(kind).ok_or(ValueError::UnknownKind)?;
    Ok((kind, KeyId::from_bytes(key_id)))
}

/// The tag's message: A | IV | E | bit length of A. A caller hands it to the MAC in parts.
struct TagInput<'a> {
    header: &'a [u8],
    context: &'a [u8],
    iv: &'a [u8; BLOCK],
    encrypted: &'a [u8],
}

impl TagInput<'_> {
    fn with_parts<T>(&self, use_parts: impl FnOnce(&[&[u8]]) -> T) -> T {
        let bits = 8 * (self.header.len() + self.context.len()) as u64;
        let bits = bits.to_be_bytes();
        use_parts(&[self.header, self.context, self.iv, self.encrypted, &bits])
    }

    fn tag(&self, mac: &HmacKey) -> [u8; TAG] {
        self.with_parts(|parts| mac.tag(parts))
    }

    fn verify(&self, mac: &HmacKey, tag: &[u8]) -> bool {
        self.with_parts(|parts| mac.verify(parts, tag))
    }
}
