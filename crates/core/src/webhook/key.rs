//! What a signature is checked with.

use std::fmt;

use ed25519_dalek::VerifyingKey;
use rsa::PublicKey as RsaPublicKey;
use rsa::traits::PublicKeyParts;
use x509_cert::Certificate;
use x509_cert::der::{DecodePem, referenced::OwnedToRef};
use zeroize::Zeroizing;

use super::base64;
use super::error::KeyError;

/// Bytes of the smallest RSA modulus that is still taken for safe: 2048 bits.
const MIN_RSA_BYTES: usize = 256;

/// A secret that the provider shares, or the provider's public key. Secrets are wiped on drop.
pub enum Key {
    /// The key of an HMAC.
    Secret(Zeroizing<Vec<u8>>),
    /// An Ed25519 public key (RFC 8032).
    Ed25519(Box<VerifyingKey>),
    /// An RSA public key (RFC 8017).
    Rsa(Box<RsaPublicKey>),
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

    /// The text is an X.509 certificate in PEM, of which only the RSA key matters: who gives the certificate answers
    /// for its chain and its dates.
    pub(super) fn certificate(pem: &str) -> Result<Key, KeyError> {
        let key = rsa_key(pem).filter(|key| key.size() >= MIN_RSA_BYTES);
        Ok(Key::Rsa(Box::new(key.ok_or(KeyError::NotACertificate)?)))
    }

    fn secret(bytes: Zeroizing<Vec<u8>>) -> Result<Key, KeyError> {
        if bytes.is_empty() {
            Err(KeyError::Empty)
        } else {
            Ok(Key::Secret(bytes))
        }
    }
}

fn rsa_key(pem: &str) -> Option<RsaPublicKey> {
    let certificate = Certificate::from_pem(pem.trim().as_bytes()).ok()?;
    let info = certificate.tbs_certificate().subject_public_key_info();
    RsaPublicKey::try_from(info.owned_to_ref()).ok()
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Key::Secret(_) => "Secret(..)",
            Key::Ed25519(_) => "Ed25519(..)",
            Key::Rsa(_) => "Rsa(..)",
        })
    }
}
