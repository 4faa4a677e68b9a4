//! What can go wrong when a column is converted.

use pgrx::PgSqlErrorCode;
use phone_crypt_core::crypto::{KeyIdError, LegacyError, LegacySchemeError, ValueError};
use phone_crypt_core::phone::PhoneError;

use crate::pg::report::Origin::{self, Lower, Own};
use crate::pg::report::raise_as_sql_error;
use crate::pg::subtransaction::Refusal;
use crate::pg::{PgError, SqlError};
use crate::{cipher, encrypted_type, keys, phone};

/// See each message.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Pg(#[from] PgError),
    #[error(transparent)]
    Keys(#[from] keys::error::Error),
    #[error(transparent)]
    Cipher(#[from] cipher::error::Error),
    #[error(transparent)]
    Phone(#[from] phone::error::Error),
    #[error(transparent)]
    Typed(#[from] encrypted_type::error::Error),
    #[error(transparent)]
    LegacyScheme(#[from] LegacySchemeError),
    #[error(transparent)]
    KeyId(#[from] KeyIdError),
    #[error("unknown work for a batch")]
    UnknownWork,
    #[error("type is one of: encrypted_phone, encrypted_email")]
    UnknownDataType,
    #[error("table {0} is not locked by this transaction")]
    NotLocked(String),
    #[error("the table has no deferrable unique constraint of this oid")]
    NoSuchConstraint,
    #[error("table {table} refuses the change: {refusal}")]
    TableRefused { table: String, refusal: Refusal },
}

/// A result of this slice.
pub type Result<T> = std::result::Result<T, Error>;

impl From<ValueError> for Error {
    fn from(error: ValueError) -> Error {
        Error::Cipher(error.into())
    }
}

impl From<LegacyError> for Error {
    fn from(error: LegacyError) -> Error {
        Error::Cipher(error.into())
    }
}

impl From<PhoneError> for Error {
    fn from(error: PhoneError) -> Error {
        Error::Phone(error.into())
    }
}

impl SqlError for Error {
    fn origin(&self) -> Origin<'_> {
        use PgSqlErrorCode::*;
        match self {
            Error::Pg(error) => Lower(error),
            Error::Keys(error) => Lower(error),
            Error::Cipher(error) => Lower(error),
            Error::Phone(error) => Lower(error),
            Error::Typed(error) => Lower(error),
            Error::TableRefused { refusal, .. } => Lower(refusal),
            Error::LegacyScheme(_)
            | Error::KeyId(_)
            | Error::UnknownWork
            | Error::UnknownDataType => Own(ERRCODE_INVALID_PARAMETER_VALUE),
            Error::NotLocked(_) | Error::NoSuchConstraint => {
                Own(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE)
            }
        }
    }

    fn own_hint(&self) -> Option<String> {
        match self {
            Error::TableRefused { .. } => {
                Some("PostgreSQL's own message is left out: it might show the row.".to_owned())
            }
            _ => None,
        }
    }
}

raise_as_sql_error!(Error);
