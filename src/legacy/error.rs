//! What can go wrong with what the legacy application has left.

use pgrx::PgSqlErrorCode;
use phone_crypt_core::crypto::{KeyIdError, LegacySchemeError};

use crate::pg::report::Origin::{self, Lower, Own};
use crate::pg::report::raise_as_sql_error;
use crate::pg::{PgError, SqlError};
use crate::{cipher, keys, phone, ratelimit};

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
    Ratelimit(#[from] ratelimit::error::Error),
    #[error(transparent)]
    Scheme(#[from] LegacySchemeError),
    #[error(transparent)]
    KeyId(#[from] KeyIdError),
    #[error(
        "the table lacks a column of the legacy application's rate_limits, or has it of another type"
    )]
    NotALegacyTable,
    #[error("a trigger or rule of the table kept rows from being changed")]
    RowsNotChanged,
}

/// A result of this slice.
pub type Result<T> = std::result::Result<T, Error>;

impl SqlError for Error {
    fn origin(&self) -> Origin<'_> {
        use PgSqlErrorCode::*;
        match self {
            Error::Pg(error) => Lower(error),
            Error::Keys(error) => Lower(error),
            Error::Cipher(error) => Lower(error),
            Error::Phone(error) => Lower(error),
            Error::Ratelimit(error) => Lower(error),
            Error::Scheme(_) | Error::KeyId(_) => Own(ERRCODE_INVALID_PARAMETER_VALUE),
            Error::NotALegacyTable => Own(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
            Error::RowsNotChanged => Own(ERRCODE_TRIGGERED_DATA_CHANGE_VIOLATION),
        }
    }
}

raise_as_sql_error!(Error);
