//! What can go wrong with e-mail addresses.

use pgrx::PgSqlErrorCode;
use phone_crypt_core::email::AddressError;

use crate::cipher;
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
}

/// A result of this slice.
pub type Result<T> = std::result::Result<T, Error>;

impl SqlError for Error {
    fn lower(&self) -> Option<&dyn SqlError> {
        match self {
            Error::Address(_) => None,
            Error::Pg(error) => Some(error),
            Error::Cipher(error) => Some(error),
        }
    }

    fn sqlstate(&self) -> PgSqlErrorCode {
        match self {
            Error::Address(_) => PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE,
            Error::Pg(error) => error.sqlstate(),
            Error::Cipher(error) => error.sqlstate(),
        }
    }
}

raise_as_sql_error!(Error);
