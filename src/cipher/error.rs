//! What can go wrong when something is encrypted, opened or hashed.

use pgrx::PgSqlErrorCode;
use phone_crypt_core::crypto::{HashError, KeyId, LegacyError, RandomError, ValueError};

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
    Keys(#[from] crate::keys::error::Error),
    #[error(transparent)]
    Lockdown(#[from] crate::lockdown::error::Error),
    #[error(transparent)]
    ReadBudget(#[from] crate::read_budget::error::Error),
    #[error(transparent)]
    Audit(#[from] crate::audit::error::Error),
    #[error(transparent)]
    Value(#[from] ValueError),
    #[error(transparent)]
    Legacy(#[from] LegacyError),
    #[error(transparent)]
    Hash(#[from] HashError),
    #[error(transparent)]
    Random(#[from] RandomError),
    #[error("this context belongs to the data type encrypted_phone")]
    ReservedContext,
    #[error("hashes of this column are to be under key {0}, which is not configured")]
    HashKeyMissing(KeyId),
    #[error("plain phone numbers leave this server only over TLS 1.2 or later, or GSS encryption")]
    InsecureTransport,
}

/// A result of this slice.
pub type Result<T> = std::result::Result<T, Error>;

impl SqlError for Error {
    fn origin(&self) -> Origin<'_> {
        use PgSqlErrorCode::*;
        match self {
            Error::Pg(error) => Lower(error),
            Error::Keys(error) => Lower(error),
            Error::Lockdown(error) => Lower(error),
            Error::ReadBudget(error) => Lower(error),
            Error::Audit(error) => Lower(error),
            Error::Value(error) => Own(match error {
                ValueError::NotAuthentic => ERRCODE_DATA_EXCEPTION,
                ValueError::UnknownKey(_) | ValueError::UnknownHashKey(_) => {
                    ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE
                }
                _ => ERRCODE_INVALID_TEXT_REPRESENTATION,
            }),
            Error::Legacy(error) => Own(match error {
                LegacyError::Malformed => ERRCODE_INVALID_TEXT_REPRESENTATION,
                LegacyError::Undecryptable => ERRCODE_DATA_EXCEPTION,
                LegacyError::UnknownKey(_) => ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
                _ => ERRCODE_INVALID_PARAMETER_VALUE,
            }),
            Error::Hash(_) | Error::ReservedContext => Own(ERRCODE_INVALID_PARAMETER_VALUE),
            Error::Random(_) => Own(ERRCODE_SYSTEM_ERROR),
            Error::HashKeyMissing(_) => Own(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
            Error::InsecureTransport => Own(ERRCODE_INSUFFICIENT_PRIVILEGE),
        }
    }

    fn own_hint(&self) -> Option<String> {
        match self {
            Error::Value(ValueError::UnknownKey(_) | ValueError::UnknownHashKey(_))
            | Error::Legacy(LegacyError::UnknownKey(_))
            | Error::HashKeyMissing(_) => Some(
                concat!(
                    "Add that key to phone_crypt.previous_keys (or below the primary key in the key file). See ",
                    documentation!("keys.md#changing-keys")
                )
                .to_owned(),
            ),
            Error::InsecureTransport => Some(
                concat!(
                    "Connect with sslmode=require or better. phone_crypt.require_tls = remote takes plain TCP from \
                     loopback alone, so not from containers or private networks: give the server a certificate, or, \
                     where the network is safe, set it to off. See ",
                    documentation!("settings.md#require_tls")
                )
                .to_owned(),
            ),
            _ => None,
        }
    }

    fn is_own_fault_of_the_value(&self) -> bool {
        match self {
            Error::Value(error) => !matches!(
                error,
                ValueError::UnknownKey(_) | ValueError::UnknownHashKey(_)
            ),
            Error::Legacy(error) => error.is_fault_of_the_value(),
            _ => false,
        }
    }
}

raise_as_sql_error!(Error);
