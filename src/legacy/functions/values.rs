//! Reading the unauthenticated values of the legacy web application.

use pgrx::{default, pg_extern};
use phone_crypt_core::crypto::{Key, KeyId, KeyText, LegacyScheme};

use crate::cipher::{self, Destination, LegacyKey, with_scratch};
use crate::keys;
use crate::legacy::error::{Error, Result};
use crate::pg::Answer;
use crate::pg::arguments::required;
use crate::pg::text::{Text, TextOut};

fn read(value: &[u8], scheme: &str, key: &LegacyKey<'_>) -> Result<TextOut> {
    let scheme = LegacyScheme::parse(scheme)?;
    with_scratch(|out| {
        let destination = Destination::Client("phone_decrypt_legacy");
        cipher::open_legacy(value, scheme, key, destination, out)?;
        Ok(TextOut::utf8(out)?)
    })
}

/// `phone_decrypt_legacy(value, scheme[, key_id])`: reads `iv:data` of scheme `cbc`, `cbc-pbkdf2` or
/// `node-evp` under a configured key (default: `phone_crypt.legacy_key_id`, else the primary). Nothing
/// authenticates such a value. NULL value gives NULL.
///
/// Errors: malformed value, 22P02; unknown scheme or malformed key id, 22023; undecryptable, 22000; a key that
/// is not configured, 55000; scheme NULL, 22004; the connection is not trusted with plain text, 42501.
#[pg_extern(stable, parallel_restricted)]
fn phone_decrypt_legacy(
    value: Option<Text<'_>>,
    scheme: Option<Text<'_>>,
    key_id: default!(Option<Text<'_>>, "NULL"),
) -> Answer<Option<TextOut>> {
    let scheme = required(scheme, "scheme")?;
    let Some(value) = value else { return Ok(None) };
    let id: Option<KeyId> = match key_id {
        Some(text) => Some(text.or_empty().parse().map_err(Error::from)?),
        None => None,
    };
    let plain = read(value.bytes(), &scheme, &LegacyKey::Configured(id))?;
    Ok(Some(plain))
}

/// `phone_decrypt_legacy_with_key(value, scheme, key)`: the same under a key given as text. For admins only,
/// and only with a bound parameter: a literal would reach logs.
///
/// Errors: as `phone_decrypt_legacy`; a malformed key, 22023; key NULL, 22004.
#[pg_extern(stable, parallel_restricted)]
fn phone_decrypt_legacy_with_key(
    value: Option<Text<'_>>,
    scheme: Option<Text<'_>>,
    key: Option<Text<'_>>,
) -> Answer<Option<TextOut>> {
    let scheme = required(scheme, "scheme")?;
    let key = required(key, "key")?;
    let Some(value) = value else { return Ok(None) };
    let key = KeyText::parse(&key)
        .map(|text| Key::derive(&text))
        .map_err(|source| keys::error::Error::Key {
            origin: "key",
            source,
        })?;
    let plain = read(value.bytes(), &scheme, &LegacyKey::Given(&key))?;
    Ok(Some(plain))
}
