//! What can go wrong where a limit is held against a phone number.

use crate::pg::report::Origin::{self, Lower};
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
    fn origin(&self) -> Origin<'_> {
        match self {
            Error::Pg(error) => Lower(error),
            Error::Cipher(error) => Lower(error),
            Error::Phone(error) => Lower(error),
            Error::Ratelimit(error) => Lower(error),
        }
    }
}

raise_as_sql_error!(Error);
