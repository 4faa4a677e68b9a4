//! What can go wrong with consent and suppression.

use pgrx::PgSqlErrorCode;

use crate::pg::report::Origin::{self, Lower, Own};
use crate::pg::report::raise_as_sql_error;
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
    #[error("the value is no phone number")]
    NotANumber,
    #[error("table phone_crypt.{0} does not exist")]
    NoTable(&'static str),
    #[error("there is no such table of consent")]
    UnknownTable,
    #[error("the history of consent is only added to")]
    OnlyAddedTo,
    #[error("the column is neither a text nor of type encrypted_phone")]
    NotPhones,
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
            Error::Typed(error) => Lower(error),
            Error::NotANumber | Error::UnknownTable => Own(ERRCODE_INVALID_PARAMETER_VALUE),
            Error::OnlyAddedTo => Own(ERRCODE_INSUFFICIENT_PRIVILEGE),
            Error::NotPhones => Own(ERRCODE_DATATYPE_MISMATCH),
            Error::NoTable(_) => Own(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
        }
    }

    fn own_hint(&self) -> Option<String> {
        match self {
            Error::OnlyAddedTo => Some(
                "Record what is so now with consent_record(). phone_forget() removes a number altogether."
                    .to_owned(),
            ),
            _ => None,
        }
    }
}

raise_as_sql_error!(Error);
