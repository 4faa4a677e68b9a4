//! What can go wrong with keys.

use pgrx::PgSqlErrorCode;
use phone_crypt_core::crypto::{KeyError, KeyId, KeyIdError, KeyringError, RandomError};

use crate::documentation;
use crate::pg::report::Origin::{self, Lower, Own};
use crate::pg::report::raise_as_sql_error;
use crate::pg::{PgError, SqlError};

/// See each message.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Pg(#[from] PgError),
    #[error(transparent)]
    KeyId(#[from] KeyIdError),
    #[error(transparent)]
    Random(#[from] RandomError),
    /// A key text that does not hold: too short, odd hex, weak, the sample.
    #[error("{origin}: {source}")]
    Key {
        origin: &'static str,
        source: KeyError,
    },
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    #[error("no encryption key is configured")]
    NoKey,
    #[error("no encryption key is configured, and this database is pinned to key {0}")]
    NoPinnedKey(String),
    #[error("{0}")]
    KeySource(String),
    #[error("{0} is set in the configuration, but phone_crypt is not preloaded")]
    NotPreloaded(&'static str),
    #[error(
        "phone_crypt.previous_keys is set in this session, but phone_crypt.encryption_key is not"
    )]
    PreviousWithoutPrimary,
    #[error("more than one source of keys is configured: {0}")]
    TwoSources(String),
    #[error("this database is pinned to {what} {pinned}, the server has {found}")]
    PinMismatch {
        what: &'static str,
        pinned: String,
        found: String,
    },
    #[error("this database is pinned to key {0}, which the server does not have")]
    PinnedKeyMissing(String),
    #[error("key {0} is known to this session only")]
    KeyOfSession(KeyId),
    #[error(
        "the public development key protects nothing: stored data is not converted under it, and no database pinned to it"
    )]
    DevelopmentKey,
}

/// A result of this slice.
pub type Result<T> = std::result::Result<T, Error>;

impl SqlError for Error {
    fn origin(&self) -> Origin<'_> {
        use PgSqlErrorCode::*;
        match self {
            Error::Pg(error) => Lower(error),
            Error::Random(_) => Own(ERRCODE_SYSTEM_ERROR),
            Error::KeyId(_)
            | Error::Key { .. }
            | Error::Keyring(KeyringError::Refused { .. } | KeyringError::Repeated(_)) => {
                Own(ERRCODE_INVALID_PARAMETER_VALUE)
            }
            _ => Own(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
        }
    }

    fn own_hint(&self) -> Option<String> {
        let hint = match self {
            Error::NoKey => concat!(
                "To try it in this session, as a superuser: SELECT set_config('phone_crypt.encryption_key', \
                 phone_crypt_generate_key(), false). To keep what you store, make a key file: ",
                documentation!("keys.md#in-short")
            )
            .to_owned(),
            Error::NoPinnedKey(id) => format!(
                "Give the server key {id} again, in phone_crypt.key_file or where it was: no other key can read what is \
                 stored here. See {}",
                documentation!("keys.md#pinned-keys")
            ),
            Error::KeyOfSession(_) => format!(
                "When the session ends, nobody could read what is encrypted under it. Write the key into a file, name \
                 that in phone_crypt.key_file, reload, RESET phone_crypt.encryption_key, and try again: {}",
                documentation!("keys.md#where-to-put-it")
            ),
            Error::DevelopmentKey => format!(
                "Write a key of your own into a file, name that in phone_crypt.key_file, and reload: {}",
                documentation!("keys.md#in-short")
            ),
            Error::NotPreloaded(_) => {
                "Add phone_crypt to shared_preload_libraries and restart the server.".to_owned()
            }
            Error::PreviousWithoutPrimary => {
                "Set both in the session: exactly one source is used; sources are never combined.".to_owned()
            }
            Error::TwoSources(_) => {
                concat!("Keep one of them. See ", documentation!("keys.md#where-to-put-it")).to_owned()
            }
            // Not another key: a database may hold what was encrypted under the one that cannot be read.
            Error::KeySource(_) => {
                concat!("See ", documentation!("keys.md#error-messages")).to_owned()
            }
            Error::Key { .. } | Error::Keyring(_) => {
                concat!(
                    "phone_crypt_generate_key() makes a good key. See ",
                    documentation!("keys.md#error-messages")
                )
                .to_owned()
            }
            Error::PinMismatch { .. } | Error::PinnedKeyMissing(_) => concat!(
                "Start the server with the keys that this database was written with, or see ",
                documentation!("keys.md#pinned-keys")
            )
            .to_owned(),
            Error::Pg(_) | Error::KeyId(_) | Error::Random(_) => return None,
        };
        Some(hint)
    }
}

raise_as_sql_error!(Error);
