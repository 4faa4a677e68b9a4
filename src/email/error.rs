//! What can go wrong with e-mail addresses.

use pgrx::PgSqlErrorCode;
use phone_crypt_core::crypto::ValueError;
use phone_crypt_core::email::AddressError;

use crate::cipher;
use crate::encrypted_phone::error as typed;
use crate::pg::report::raise_as_sql_error;
use crate::pg::{PgError, SqlError};

/// A text that is no address, or an error of a layer below.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Address(#[from] AddressError),
    #[error(transparent)]
    Pg(#[from] PgError),
    #[error(transparent)]
    Cipher(#[from] cipher::error::Error),
    #[error(transparent)]
    Typed(#[from] typed::Error),
    #[error("the value is no e-mail address")]
    NotAnAddress,
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
        match self {
            Error::Address(_) | Error::NotAnAddress => None,
            Error::Pg(error) => Some(error),
            Error::Cipher(error) => Some(error),
            Error::Typed(error) => Some(error),
        }
    }

    fn sqlstate(&self) -> PgSqlErrorCode {
        match self {
            Error::Address(_) | Error::NotAnAddress => {
                PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE
            }
            Error::Pg(error) => error.sqlstate(),
            Error::Cipher(error) => error.sqlstate(),
            Error::Typed(error) => error.sqlstate(),
        }
    }
}

raise_as_sql_error!(Error);
