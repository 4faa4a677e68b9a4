//! Keys as an administrator sees them: ids and roles, never material.

use pgrx::iter::TableIterator;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::{name, pg_extern};
use phone_crypt_core::crypto;

use crate::error::{Answer, Error, Result};
use crate::keys;
use crate::text::TextOut;

/// `phone_crypt_generate_key()`: 64 hexadecimal digits from the system's random source.
///
/// Errors: the system gives no randomness, 58000.
#[pg_extern(volatile, parallel_safe)]
fn phone_crypt_generate_key() -> Answer<TextOut> {
    let key = crypto::generate_key().map_err(Error::from)?;
    Ok(TextOut::ascii(key.as_bytes()))
}

fn key_status() -> Result<Vec<(String, Vec<String>, String, String)>> {
    let ring = keys::configured()?;
    let keyring = &ring.keyring;
    let rows = keyring.keys().map(|key| {
        let id = key.id();
        let roles = [
            (keyring.primary().id() == id, "primary"),
            (keyring.primary().id() != id, "previous"),
            (keyring.hash_key().id() == id, "hash"),
            (keyring.legacy_key().id() == id, "legacy"),
        ];
        let roles = roles
            .into_iter()
            .filter_map(|(has, role)| has.then(|| role.to_owned()))
            .collect();
        (
            id.to_string(),
            roles,
            keyring.schemes().as_str().to_owned(),
            ring.source.as_str().to_owned(),
        )
    });
    Ok(rows.collect())
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
fn phone_crypt_configured_keys() -> std::result::Result<
    TableIterator<
        'static,
        (
            name!(key_id, String),
            name!(roles, Vec<String>),
            name!(hash_scheme, String),
            name!(source, String),
        ),
    >,
    ErrorReport,
> {
    Ok(TableIterator::new(key_status()?))
}
