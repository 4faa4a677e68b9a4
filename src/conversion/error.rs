//! What can go wrong when a column is converted.

use pgrx::PgSqlErrorCode;
use phone_crypt_core::crypto::{KeyIdError, LegacyError, LegacySchemeError, ValueError};
use phone_crypt_core::phone::PhoneError;

use crate::pg::report::raise_as_sql_error;
use crate::pg::subtransaction::Refusal;
use crate::pg::{PgError, SqlError, sqlstate};
use crate::{cipher, encrypted_phone, keys, phone};

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
    Typed(#[from] encrypted_phone::error::Error),
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
    /// What PostgreSQL said of it may show the row.
    #[error("table {table} refuses the change: SQLSTATE {}", sqlstate::text(refusal.number))]
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
    fn lower(&self) -> Option<&dyn SqlError> {
        match self {
            Error::Pg(error) => Some(error),
            Error::Keys(error) => Some(error),
            Error::Cipher(error) => Some(error),
            Error::Phone(error) => Some(error),
            Error::Typed(error) => Some(error),
            _ => None,
        }
    }

    fn sqlstate(&self) -> PgSqlErrorCode {
        use PgSqlErrorCode::*;
        match self {
            Error::Pg(error) => error.sqlstate(),
            Error::Keys(error) => error.sqlstate(),
            Error::Cipher(error) => error.sqlstate(),
            Error::Phone(error) => error.sqlstate(),
            Error::Typed(error) => error.sqlstate(),
            Error::LegacyScheme(_)
            | Error::KeyId(_)
            | Error::UnknownWork
            | Error::UnknownDataType => ERRCODE_INVALID_PARAMETER_VALUE,
            Error::NotLocked(_) | Error::NoSuchConstraint => {
                ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE
            }
            Error::TableRefused { refusal, .. } => refusal.code,
        }
    }

    fn sqlstate_number(&self) -> i32 {
        match (self, self.lower()) {
            (Error::TableRefused { refusal, .. }, _) => refusal.number,
            (_, Some(lower)) => lower.sqlstate_number(),
            (other, None) => other.sqlstate() as i32,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Error::TableRefused { .. } => {
                Some("PostgreSQL's own message is left out: it might show the row.".to_owned())
            }
            other => other.lower().and_then(|lower| lower.hint()),
        }
    }
}

raise_as_sql_error!(Error);
