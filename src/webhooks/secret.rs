//! How an endpoint's secret is stored: an encrypted value that opens for this endpoint and this scheme only.

use phone_crypt_core::crypto::{Kind, Reencrypted};
use phone_crypt_core::webhook::{self, Key};
use zeroize::Zeroizing;

use super::error::{Error, Result};
use crate::cipher::{self, Destination};

/// What separates the parts of a context.
const SEPARATOR: char = '\u{1f}';
/// The most bytes of an endpoint's name.
const MAX_NAME: usize = 63;

/// The context of a stored secret: whoever can write the table can neither move it to another endpoint nor have another
/// scheme read it. (As the secret of an HMAC, a public key would let everybody sign.)
fn context(scheme: &str, endpoint: &str) -> Vec<u8> {
    format!("phone_crypt.webhook_secrets{SEPARATOR}{scheme}{SEPARATOR}{endpoint}").into_bytes()
}

/// A name for an endpoint.
///
/// Errors: a bad name, 22023.
pub fn checked_name(name: &str) -> Result<&str> {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    match (1..=MAX_NAME).contains(&name.len()) && name.bytes().all(is_allowed) {
        true => Ok(name),
        false => Err(Error::EndpointName),
    }
}

/// The encrypted value of a secret, which must be a key of the scheme.
///
/// Errors: a bad name, an unknown scheme, no key of it, a shared secret where a public key should be, 22023; no encryption
/// key, or keys that differ from the pin, 55000; no randomness, 58000.
pub fn seal(scheme: &str, endpoint: &str, secret: &str, is_public: bool) -> Result<Vec<u8>> {
    let key = webhook::find(scheme)?.key(secret)?;
    if is_public && matches!(key, Key::Secret(_)) {
        return Err(Error::SecretAsPublicKey);
    }
    let context = context(scheme, checked_name(endpoint)?);
    let mut value = Vec::new();
    cipher::seal(Kind::WebhookSecret, secret.as_bytes(), &context, &mut value)?;
    Ok(value)
}

/// The key of a scheme from the stored value.
///
/// Errors: not a value, 22P02; not authentic, or of another endpoint or scheme, 22000; its key is not configured, or keys
/// that differ from the pin, 55000.
pub fn open(scheme: &dyn webhook::Scheme, endpoint: &str, value: &[u8]) -> Result<Key> {
    let context = context(scheme.name(), endpoint);
    let mut secret = Zeroizing::new(Vec::with_capacity(value.len()));
    let destination = Destination::Storage;
    cipher::open(
        Kind::WebhookSecret,
        value,
        &context,
        destination,
        &mut secret,
    )?;
    Ok(scheme.key(&String::from_utf8_lossy(&secret))?)
}

/// The value under the primary key; None where it is under it already. It is authenticated either way.
///
/// Errors: as [`open`].
pub fn reseal(scheme: &str, endpoint: &str, value: &[u8]) -> Result<Option<Vec<u8>>> {
    let mut moved = Vec::new();
    match cipher::reseal(value, &context(scheme, endpoint), &mut moved)? {
        Reencrypted::Unchanged => Ok(None),
        Reencrypted::Replaced => Ok(Some(moved)),
    }
}
