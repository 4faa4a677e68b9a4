//! What can go wrong when something is encrypted, opened or hashed.

use pgrx::PgSqlErrorCode;
use phone_crypt_core::crypto::{HashError, KeyId, LegacyError, RandomError, ValueError};

use crate::documentation;
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
    fn lower(&self) -> Option<&dyn SqlError> {
        match self {
            Error::Pg(error) => Some(error),
            Error::Keys(error) => Some(error),
            Error::Lockdown(error) => Some(error),
            Error::ReadBudget(error) => Some(error),
            Error::Audit(error) => Some(error),
            _ => None,
        }
    }

    fn sqlstate(&self) -> PgSqlErrorCode {
        use PgSqlErrorCode::*;
        match self {
            Error::Pg(error) => error.sqlstate(),
            Error::Keys(error) => error.sqlstate(),
            Error::Lockdown(error) => error.sqlstate(),
            Error::ReadBudget(error) => error.sqlstate(),
            Error::Audit(error) => error.sqlstate(),
            Error::Value(error) => match error {
                ValueError::NotAuthentic => ERRCODE_DATA_EXCEPTION,
                ValueError::UnknownKey(_) | ValueError::UnknownHashKey(_) => {
                    ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE
                }
                _ => ERRCODE_INVALID_TEXT_REPRESENTATION,
            },
            Error::Legacy(error) => match error {
                LegacyError::Malformed => ERRCODE_INVALID_TEXT_REPRESENTATION,
                LegacyError::Undecryptable => ERRCODE_DATA_EXCEPTION,
                LegacyError::UnknownKey(_) => ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
                _ => ERRCODE_INVALID_PARAMETER_VALUE,
            },
            Error::Hash(_) | Error::ReservedContext => ERRCODE_INVALID_PARAMETER_VALUE,
            Error::Random(_) => ERRCODE_SYSTEM_ERROR,
            Error::HashKeyMissing(_) => ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
            Error::InsecureTransport => ERRCODE_INSUFFICIENT_PRIVILEGE,
        }
    }

    fn hint(&self) -> Option<String> {
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
            other => other.lower().and_then(|lower| lower.hint()),
        }
    }

    fn is_fault_of_the_value(&self) -> bool {
        match self {
            Error::Value(error) => !matches!(
                error,
                ValueError::UnknownKey(_) | ValueError::UnknownHashKey(_)
            ),
            Error::Legacy(error) => error.is_fault_of_the_value(),
            other => other
                .lower()
                .is_some_and(|lower| lower.is_fault_of_the_value()),
        }
    }
}

raise_as_sql_error!(Error);
