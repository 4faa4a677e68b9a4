//! What the functions on sending refuse.

use pgrx::PgSqlErrorCode;
use phone_crypt_core::sending::observed::OutcomeError;
use phone_crypt_core::sending::{
    AmountError, LanguageError, LineTypeError, PlacesError, RateError,
};

use crate::pg::report::Origin::{self, Lower, Own};
use crate::pg::report::raise_as_sql_error;
use crate::pg::{PgError, SqlError};
use crate::{cipher, consent, encrypted_type, phone, ratelimit};

/// See each message. What a client of the application can type as a number is none of these.
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
    #[error(transparent)]
    RateLimit(#[from] ratelimit::error::Error),
    #[error(transparent)]
    Consent(#[from] consent::error::Error),
    #[error(transparent)]
    Language(#[from] LanguageError),
    #[error(transparent)]
    Rate(#[from] RateError),
    #[error(transparent)]
    Places(#[from] PlacesError),
    #[error(transparent)]
    LineType(#[from] LineTypeError),
    #[error(transparent)]
    Amount(#[from] AmountError),
    #[error(transparent)]
    Outcome(#[from] OutcomeError),
    #[error("there is no sending policy of this name")]
    UnknownPolicy,
    /// The extension's tables are older than its library, or gone.
    #[error("table phone_crypt.send_traffic does not exist")]
    NoTable,
}

/// A result of this slice.
pub type Result<T> = std::result::Result<T, Error>;

impl SqlError for Error {
    fn origin(&self) -> Origin<'_> {
        use PgSqlErrorCode::*;
        match self {
            Error::Pg(error) => Lower(error),
            Error::Cipher(error) => Lower(error),
            Error::Phone(error) => Lower(error),
            Error::Typed(error) => Lower(error),
            Error::RateLimit(error) => Lower(error),
            Error::Consent(error) => Lower(error),
            Error::NoTable => Own(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
            _ => Own(ERRCODE_INVALID_PARAMETER_VALUE),
        }
    }

    fn own_hint(&self) -> Option<String> {
        match self {
            Error::UnknownPolicy => Some("phone_send_policy_set() makes one.".to_owned()),
            Error::NoTable => Some("ALTER EXTENSION phone_crypt UPDATE makes it.".to_owned()),
            _ => None,
        }
    }
}

raise_as_sql_error!(Error);
