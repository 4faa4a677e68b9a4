//! The cipher keys of the legacy web application.

use md5::{Digest, Md5};
use pbkdf2::pbkdf2_hmac;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::key_text::KeyText;
use super::primitives::aes_cbc::{AesCbcKey, BLOCK};
use super::primitives::hex;

const PBKDF2_SALT: &[u8] = b"phone-salt";
const PBKDF2_ROUNDS: u32 = 100_000;

/// The legacy system's cipher keys for one key text.
pub(super) struct LegacyKeys {
    pub pbkdf2: AesCbcKey,
    pub evp: AesCbcKey,
    pub evp_iv: [u8; BLOCK],
}

impl LegacyKeys {
    /// Derives them, at the cost of PBKDF2 with 100,000 rounds.
    pub fn derive(text: &KeyText) -> LegacyKeys {
        let mut pbkdf2_key = Zeroizing::new([0; 32]);
        let password = text.as_written().as_bytes();
        pbkdf2_hmac::<Sha256>(
            password,
            PBKDF2_SALT,
            PBKDF2_ROUNDS,
            pbkdf2_key.as_mut_slice(),
        );
        let mut evp_password = Zeroizing::new([0; 64]);
        hex::encode(pbkdf2_key.as_slice(), evp_password.as_mut_slice());
        let (evp_key, evp_iv) = evp_bytes_to_key(evp_password.as_slice());
        LegacyKeys {
            pbkdf2: AesCbcKey::new(&pbkdf2_key),
            evp: AesCbcKey::new(&evp_key),
            evp_iv,
        }
    }
}

/// OpenSSL's `EVP_BytesToKey` with MD5, one round and no salt: a chain of digests, each over the one
/// before and the password, cut into a key of 32 bytes and an IV of 16.
fn evp_bytes_to_key(password: &[u8]) -> (Zeroizing<[u8; 32]>, [u8; BLOCK]) {
    let first = Md5::digest(password);
    let second = chained_md5(&first, password);
    let third = chained_md5(&second, password);
    let mut key = Zeroizing::new([0; 32]);
    key[..16].copy_from_slice(&first);
    key[16..].copy_from_slice(&second);
    (key, third)
}

fn chained_md5(previous: &[u8], password: &[u8]) -> [u8; 16] {
    Md5::new()
        .chain_update(previous)
        .chain_update(password)
        .finalize()
        .into()
}
