//! What the functions on sending refuse.

use pgrx::PgSqlErrorCode;
use phone_crypt_core::sending::observed::OutcomeError;
use phone_crypt_core::sending::{
    AmountError, LanguageError, LineTypeError, PlacesError, RateError,
};

use crate::pg::report::raise_as_sql_error;
use crate::pg::{PgError, SqlError};
use crate::{cipher, consent, encrypted_phone, phone, ratelimit};

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
    Typed(#[from] encrypted_phone::error::Error),
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
    fn lower(&self) -> Option<&dyn SqlError> {
        match self {
            Error::Pg(error) => Some(error),
            Error::Cipher(error) => Some(error),
            Error::Phone(error) => Some(error),
            Error::Typed(error) => Some(error),
            Error::RateLimit(error) => Some(error),
            Error::Consent(error) => Some(error),
            _ => None,
        }
    }

    fn sqlstate(&self) -> PgSqlErrorCode {
        match (self, self.lower()) {
            (_, Some(lower)) => lower.sqlstate(),
            (Error::NoTable, None) => PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
            _ => PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Error::UnknownPolicy => Some("phone_send_policy_set() makes one.".to_owned()),
            Error::NoTable => Some("ALTER EXTENSION phone_crypt UPDATE makes it.".to_owned()),
            _ => self.lower().and_then(SqlError::hint),
        }
    }
}

raise_as_sql_error!(Error);
