//! What can go wrong where a limit is held against a phone number.

use pgrx::PgSqlErrorCode;

use crate::pg::report::raise_as_sql_error;
use crate::pg::{PgError, SqlError};
use crate::{cipher, phone, ratelimit};

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
    Ratelimit(#[from] ratelimit::error::Error),
}

/// A result of this folder.
pub type Result<T> = std::result::Result<T, Error>;

impl SqlError for Error {
    fn lower(&self) -> Option<&dyn SqlError> {
        Some(match self {
            Error::Pg(error) => error,
            Error::Cipher(error) => error,
            Error::Phone(error) => error,
            Error::Ratelimit(error) => error,
        })
    }

    fn sqlstate(&self) -> PgSqlErrorCode {
        match self {
            Error::Pg(error) => error.sqlstate(),
            Error::Cipher(error) => error.sqlstate(),
            Error::Phone(error) => error.sqlstate(),
            Error::Ratelimit(error) => error.sqlstate(),
        }
    }
}

raise_as_sql_error!(Error);
