//! AES-256 in CBC mode with PKCS#7 padding (NIST SP 800-38A §6.2, RFC 5652 §6.3), in place.

use aes::{Aes256Dec, Aes256Enc};
use cbc::cipher::{
    BlockModeDecrypt, BlockModeEncrypt, InnerIvInit, KeyInit, array::Array, block_padding::Pkcs7,
};

/// Bytes in a block and in an IV.
pub const BLOCK: usize = 16;

/// The length of `plain_len` bytes once padded: the next multiple of 16, since padding is never empty.
#[must_use]
pub const fn padded_len(plain_len: usize) -> usize {
    (plain_len / BLOCK + 1) * BLOCK
}

/// An AES-256 key with both key schedules prepared. They are wiped on drop.
pub struct AesCbcKey {
    encrypt: Aes256Enc,
    decrypt: Aes256Dec,
}

impl AesCbcKey {
    /// Prepares a key.
    #[must_use]
    pub fn new(key: &[u8; 32]) -> AesCbcKey {
        AesCbcKey {
            encrypt: Aes256Enc::new(&(*key).into()),
            decrypt: Aes256Dec::new(&(*key).into()),
        }
    }

    /// Pads and encrypts in place: `buffer` is `padded_len(plain_len)` bytes, the plain text first.
    pub fn encrypt(&self, iv: &[u8; BLOCK], buffer: &mut [u8], plain_len: usize) {
        debug_assert_eq!(buffer.len(), padded_len(plain_len));
        let padding = (BLOCK - plain_len % BLOCK) as u8;
        buffer[plain_len..].fill(padding);
        let (blocks, _) = buffer.as_chunks_mut::<BLOCK>();
        cbc::Encryptor::inner_iv_init(&self.encrypt, iv.into())
            .encrypt_blocks(Array::cast_slice_from_core_mut(blocks));
    }

    /// Decrypts in place and gives the length of the plain text at the front of `buffer`.
    ///
    /// None when the length is no positive multiple of 16 or the padding is wrong. Which of the two
    /// must never reach a sender who could try again: authenticate first.
    #[must_use]
    pub fn decrypt(&self, iv: &[u8; BLOCK], buffer: &mut [u8]) -> Option<usize> {
        if !buffer.len().is_multiple_of(BLOCK) {
            return None;
        }
        cbc::Decryptor::inner_iv_init(&self.decrypt, iv.into())
            .decrypt_padded::<Pkcs7>(buffer)
            .ok()
            .map(<[u8]>::len)
    }
}
