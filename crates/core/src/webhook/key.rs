//! What a signature is checked with.

use std::fmt;

use ed25519_dalek::VerifyingKey;
use zeroize::Zeroizing;

use super::base64;
use super::error::KeyError;

/// A secret that the provider shares, or the provider's public key. Secrets are wiped on drop.
pub enum Key {
    /// The key of an HMAC.
    Secret(Zeroizing<Vec<u8>>),
    /// An Ed25519 public key (RFC 8032).
    Ed25519(Box<VerifyingKey>),
}

impl Key {
    /// The bytes of the text itself are the secret.
    pub(super) fn text(secret: &str) -> Result<Key, KeyError> {
        Key::secret(Zeroizing::new(secret.as_bytes().to_vec()))
    }

    /// The text is the secret in base64, padded or not.
    pub(super) fn base64(secret: &str) -> Result<Key, KeyError> {
        Key::secret(base64::decode_any_padding(secret).ok_or(KeyError::NotBase64)?)
    }

    /// The text is an Ed25519 public key in base64, padded or not. One of small order is refused: some signatures
    /// would be right for any message.
    pub(super) fn ed25519(public_key: &str) -> Result<Key, KeyError> {
        let bytes = base64::decode_any_padding(public_key).ok_or(KeyError::NotAPublicKey)?;
        let bytes = bytes
            .as_slice()
            .try_into()
            .map_err(|_| KeyError::NotAPublicKey)?;
        match VerifyingKey::from_bytes(bytes) {
            Ok(key) if !key.is_weak() => Ok(Key::Ed25519(Box::new(key))),
            _ => Err(KeyError::NotAPublicKey),
        }
    }

    fn secret(bytes: Zeroizing<Vec<u8>>) -> Result<Key, KeyError> {
        if bytes.is_empty() {
            Err(KeyError::Empty)
        } else {
            Ok(Key::Secret(bytes))
        }
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Key::Secret(_) => "Secret(..)",
            Key::Ed25519(_) => "Ed25519(..)",
        })
    }
}
