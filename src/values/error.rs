//! What can go wrong with encrypted values as text, and hashes.

use pgrx::PgSqlErrorCode;
use phone_crypt_core::crypto::ValueError;

use crate::pg::report::raise_as_sql_error;
use crate::pg::{PgError, SqlError};
use crate::{cipher, encrypted_phone, phone};

/// The errors of the layers below.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Pg(#[from] PgError),
    #[error(transparent)]
    Cipher(#[from] cipher::error::Error),
    #[error(transparent)]
    Phone(#[from] phone::error::Error),
    #[error(transparent)]
    Typed(#[from] encrypted_phone::error::Error),
}

/// A result of this slice.
pub type Result<T> = std::result::Result<T, Error>;

impl From<ValueError> for Error {
    fn from(error: ValueError) -> Error {
        Error::Cipher(error.into())
    }
}

impl SqlError for Error {
    fn lower(&self) -> Option<&dyn SqlError> {
        Some(match self {
            Error::Pg(error) => error,
            Error::Cipher(error) => error,
            Error::Phone(error) => error,
            Error::Typed(error) => error,
        })
    }

    fn sqlstate(&self) -> PgSqlErrorCode {
        match self {
            Error::Pg(error) => error.sqlstate(),
            Error::Cipher(error) => error.sqlstate(),
            Error::Phone(error) => error.sqlstate(),
            Error::Typed(error) => error.sqlstate(),
        }
    }
}

raise_as_sql_error!(Error);
