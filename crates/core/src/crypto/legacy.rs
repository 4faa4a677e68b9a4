//! Reading what the legacy web application stored: `iv:data` without authentication.
//!
//! Nothing tells a forged value from a true one here. These readers exist to move data away from that
//! form.

use zeroize::Zeroizing;

use super::iv_data::{IvData, is_padded_len};
use super::key::Key;
use super::key_id::KeyId;
use super::primitives::aes_cbc::{AesCbcKey, BLOCK};
use super::primitives::hex;

/// How a legacy value was encrypted. The three look the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LegacyScheme {
    /// AES-256-CBC under the 32 bytes of a hex key, with the IV of the value.
    Cbc,
    /// AES-256-CBC under PBKDF2 of the key text, with the IV of the value.
    CbcPbkdf2,
    /// What Node's `createCipher` did with the hex of that PBKDF2 output as its password: key and IV
    /// both come from the password, and the IV of the value is unused.
    NodeEvp,
}

/// The text names no legacy scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the legacy scheme is none of cbc; cbc-pbkdf2; node-evp")]
pub struct LegacySchemeError;

impl LegacyScheme {
    /// Reads `cbc`, `cbc-pbkdf2` or `node-evp`.
    ///
    /// # Errors
    /// [`LegacySchemeError`] for anything else.
    pub fn parse(text: &str) -> Result<LegacyScheme, LegacySchemeError> {
        match text {
            "cbc" => Ok(LegacyScheme::Cbc),
            "cbc-pbkdf2" => Ok(LegacyScheme::CbcPbkdf2),
            "node-evp" => Ok(LegacyScheme::NodeEvp),
            _ => Err(LegacySchemeError),
        }
    }

    /// The text that [`LegacyScheme::parse`] reads.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            LegacyScheme::Cbc => "cbc",
            LegacyScheme::CbcPbkdf2 => "cbc-pbkdf2",
            LegacyScheme::NodeEvp => "node-evp",
        }
    }
}

/// Why a legacy value cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LegacyError {
    /// The text has not the form `iv:data` of an unauthenticated value.
    #[error("not a legacy system's value: expected iv:data in hexadecimal, without a tag")]
    Malformed,
    /// The scheme needs a key of 64 hex digits.
    #[error("scheme cbc needs a key of 64 hexadecimal digits")]
    KeyNotHex,
    /// No such key in the ring.
    #[error("key {0} is not configured")]
    UnknownKey(KeyId),
    /// Wrong padding or no UTF-8 text: another key, another scheme, or a damaged value.
    #[error("the value cannot be decrypted with this key and scheme")]
    Undecryptable,
}

impl LegacyError {
    /// Whether the value is at fault, rather than the keys or the settings.
    #[must_use]
    pub fn is_fault_of_the_value(self) -> bool {
        matches!(self, LegacyError::Malformed | LegacyError::Undecryptable)
    }
}

/// Decrypts an unauthenticated value and appends its text to `out`, which is left as it was on any
/// error. The first use of a key takes tens of milliseconds under `cbc-pbkdf2` and `node-evp`.
///
/// # Errors
/// [`LegacyError::Malformed`], [`LegacyError::KeyNotHex`], [`LegacyError::Undecryptable`].
pub fn decrypt_legacy_into(
    key: &Key,
    scheme: LegacyScheme,
    value: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), LegacyError> {
    let parts = IvData::split(value).ok_or(LegacyError::Malformed)?;
    if !is_padded_len(parts.data_len()) {
        return Err(LegacyError::Malformed);
    }
    let mut iv = [0; BLOCK];
    let mut data = Zeroizing::new(vec![0; parts.data_len()]);
    if !hex::decode(parts.iv, &mut iv) || !hex::decode(parts.data, &mut data) {
        return Err(LegacyError::Malformed);
    }
    let len = decrypt_in_place(key, scheme, &iv, &mut data)?;
    let text = std::str::from_utf8(&data[..len]).map_err(|_| LegacyError::Undecryptable)?;
    out.extend_from_slice(text.as_bytes());
    Ok(())
}

fn decrypt_in_place(
    key: &Key,
    scheme: LegacyScheme,
    iv: &[u8; BLOCK],
    data: &mut [u8],
) -> Result<usize, LegacyError> {
    let len = match scheme {
        LegacyScheme::Cbc => {
            let bytes = key.text().decoded().ok_or(LegacyError::KeyNotHex)?;
            AesCbcKey::new(bytes).decrypt(iv, data)
        }
        LegacyScheme::CbcPbkdf2 => key.legacy().pbkdf2.decrypt(iv, data),
        LegacyScheme::NodeEvp => key.legacy().evp.decrypt(&key.legacy().evp_iv, data),
    };
    len.ok_or(LegacyError::Undecryptable)
}
