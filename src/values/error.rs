//! What can go wrong with encrypted values as text, and hashes.

use phone_crypt_core::crypto::ValueError;

use crate::pg::report::Origin::{self, Lower};
use crate::pg::report::raise_as_sql_error;
use crate::pg::{PgError, SqlError};
use crate::{cipher, encrypted_type, phone};

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
    Typed(#[from] encrypted_type::error::Error),
}

/// A result of this slice.
pub type Result<T> = std::result::Result<T, Error>;

impl From<ValueError> for Error {
    fn from(error: ValueError) -> Error {
        Error::Cipher(error.into())
    }
}

impl SqlError for Error {
    fn origin(&self) -> Origin<'_> {
        match self {
            Error::Pg(error) => Lower(error),
            Error::Cipher(error) => Lower(error),
            Error::Phone(error) => Lower(error),
            Error::Typed(error) => Lower(error),
        }
    }
}

raise_as_sql_error!(Error);
