//! What can go wrong with e-mail addresses.

use pgrx::PgSqlErrorCode;
use phone_crypt_core::crypto::ValueError;
use phone_crypt_core::email::AddressError;

use crate::cipher;
use crate::encrypted_type::error as typed;
use crate::pg::report::Origin::{self, Lower, Own};
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
    fn origin(&self) -> Origin<'_> {
        use PgSqlErrorCode::*;
        match self {
            Error::Pg(error) => Lower(error),
            Error::Cipher(error) => Lower(error),
            Error::Typed(error) => Lower(error),
            Error::Address(_) | Error::NotAnAddress => Own(ERRCODE_INVALID_PARAMETER_VALUE),
        }
    }
}

raise_as_sql_error!(Error);
