//! Keys as an administrator sees them: ids and roles, never material.

use crate::pg::ErrorReport;
use pgrx::iter::TableIterator;
use pgrx::{default, name, pg_extern};
use phone_crypt_core::crypto::{self, KeyId, Keyring};

use crate::keys;
use crate::keys::error::Error;
use crate::pg::Answer;
use crate::pg::arguments::optional;
use crate::pg::text::{Text, TextOut};

/// `phone_crypt_generate_key()`: 64 hexadecimal digits from the system's random source.
///
/// Errors: the system gives no randomness, 58000.
#[pg_extern(volatile, parallel_safe)]
fn phone_crypt_generate_key() -> Answer<TextOut> {
    let key = crypto::generate_key().map_err(Error::from)?;
    Ok(TextOut::ascii(key.as_bytes()))
}

/// `phone_crypt.configured_keys()`: the ids that this session has now, their roles, the hash scheme and the
/// source. Behind the view `phone_crypt.key_status`; it works on a database that is pinned to other keys.
///
/// Errors: no key, or a source that cannot be used, 55000.
#[pg_extern(
    stable,
    parallel_restricted,
    schema = "phone_crypt",
    name = "configured_keys"
)]
#[allow(clippy::type_complexity)] // pgrx reads the columns off the type
fn phone_crypt_configured_keys() -> std::result::Result<
    TableIterator<
        'static,
        (
            name!(key_id, String),
            name!(fingerprint, String),
            name!(roles, Vec<String>),
            name!(hash_scheme, String),
            name!(source, String),
        ),
    >,
    ErrorReport,
> {
    let ring = keys::configured()?;
    let scheme = ring.keyring.schemes().as_str();
    let rows: Vec<_> = ring
        .keyring
        .keys()
        .map(|key| {
            let roles = roles(&ring.keyring, key.id());
            (
                key.id().to_string(),
                keys::pin::fingerprint(key),
                roles,
                scheme.to_owned(),
                ring.source().as_str().to_owned(),
            )
        })
        .collect();
    Ok(TableIterator::new(rows))
}

fn roles(keyring: &Keyring, id: KeyId) -> Vec<String> {
    let is_primary = keyring.primary().id() == id;
    let mut roles = vec![if is_primary { "primary" } else { "previous" }];
    if keyring.hash_key().id() == id {
        roles.push("hash");
    }
    if keyring.legacy_key().id() == id {
        roles.push("legacy");
    }
    roles.into_iter().map(str::to_owned).collect()
}

/// `phone_crypt.check_lasting_keys(key_id)`: nothing where the keys that data is encrypted and hashed under, and the one
/// with this id, are the server's. It does not look at the pin.
///
/// Errors: as [`keys::check_lasting`]; no id of a key, 22023.
#[pg_extern(schema = "phone_crypt", stable, parallel_restricted)]
fn check_lasting_keys(key_id: default!(Option<Text<'_>>, "NULL")) -> Answer<()> {
    let id = optional(key_id)?.map(|id| id.parse()).transpose();
    Ok(keys::check_lasting(id.map_err(Error::from)?)?)
}

/// `phone_crypt.check_keys()`: nothing where this session has its keys and the database is not pinned to others.
///
/// Errors: no key, or a ring that differs from the pin, 55000.
#[pg_extern(schema = "phone_crypt", stable, parallel_safe)]
fn check_keys() -> Answer<()> {
    Ok(keys::with_ring(|_| keys::error::Result::Ok(()))?)
}
