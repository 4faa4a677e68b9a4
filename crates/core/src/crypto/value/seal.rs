//! Encrypting a value.

use super::{HEADER, Kind, OVERHEAD, TagInput};
use crate::crypto::key::Key;
use crate::crypto::primitives::aes_cbc::{BLOCK, padded_len};
use crate::crypto::primitives::hex;

/// Values up to this many bytes are put together on the stack; every phone number's is.
const ON_STACK: usize = 128;

/// The length of the text that `plain_len` bytes of plain text become.
#[must_use]
pub const fn encrypted_len(plain_len: usize) -> usize {
    2 * BLOCK + 1 + 2 * sealed_len(plain_len)
}

const fn sealed_len(plain_len: usize) -> usize {
    OVERHEAD + padded_len(plain_len)
}

/// Appends the encrypted value of `plain` to `out`, as lower-case hex.
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

/// Fills `sealed`, of exactly `sealed_len(plain.len())` bytes. The plain text is encrypted where it is
/// put, so none of it stays behind.
fn seal(key: &Key, kind: Kind, plain: &[u8], context: &[u8], iv: &[u8; BLOCK], sealed: &mut [u8]) {
    let (header, rest) = sealed.split_at_mut(HEADER);
    let (encrypted, tag) = rest.split_at_mut(padded_len(plain.len()));
    header[0] = kind as u8;
    header[1..].copy_from_slice(key.id().as_bytes());
    encrypted[..plain.len()].copy_from_slice(plain);
    key.cipher().encrypt(iv, encrypted, plain.len());
    tag.copy_from_slice(
        &TagInput {
            header,
            context,
            iv,
            encrypted,
        }
        .tag(key.mac()),
    );
}
