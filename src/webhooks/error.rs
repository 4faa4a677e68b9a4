//! What whoever sets up endpoints and calls the functions can do wrong. What a sender can do wrong is a reason, not an error.

use pgrx::PgSqlErrorCode;
use phone_crypt_core::webhook::{KeyError, UnknownScheme};

use crate::documentation;
use crate::pg::report::raise_as_sql_error;
use crate::pg::subtransaction::Refusal;
use crate::pg::{PgError, SqlError, sqlstate};

/// A failure. No message has a secret, a header or a payload in it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Pg(#[from] PgError),
    #[error(transparent)]
    Cipher(#[from] crate::cipher::error::Error),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Scheme(#[from] UnknownScheme),
    #[error("an endpoint's name has 1 to 63 letters, digits, underscores, dots or hyphens")]
    EndpointName,
    #[error("a shared secret is no public key")]
    SecretAsPublicKey,
    #[error("a webhook cannot be signed for a time that is infinite")]
    InfiniteTime,
    #[error("table phone_crypt.{0} does not exist")]
    NoTable(&'static str),
    /// What PostgreSQL said of it may show the row.
    #[error("a webhook could not be stored: SQLSTATE {}", sqlstate::text(.0.number))]
    NotStored(Refusal),
}

/// A result of this slice.
pub type Result<T> = std::result::Result<T, Error>;

impl SqlError for Error {
    fn lower(&self) -> Option<&dyn SqlError> {
        match self {
            Error::Pg(error) => Some(error),
            Error::Cipher(error) => Some(error),
            _ => None,
        }
    }

    fn sqlstate_number(&self) -> i32 {
        match (self, self.lower()) {
            (Error::NotStored(refusal), _) => refusal.number,
            (_, Some(lower)) => lower.sqlstate_number(),
            (_, None) => self.sqlstate() as i32,
        }
    }

    fn sqlstate(&self) -> PgSqlErrorCode {
        use PgSqlErrorCode::*;
        match self {
            Error::Pg(error) => error.sqlstate(),
            Error::Cipher(error) => error.sqlstate(),
            Error::NotStored(refusal) => refusal.code,
            Error::Key(_)
            | Error::Scheme(_)
            | Error::EndpointName
            | Error::SecretAsPublicKey
            | Error::InfiniteTime => ERRCODE_INVALID_PARAMETER_VALUE,
            Error::NoTable(_) => ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Error::Scheme(_) => Some(format!(
                "{} lists the schemes.",
                documentation!("webhooks.md")
            )),
            Error::SecretAsPublicKey => {
                Some("Give it as secret: whoever knows it can sign.".to_owned())
            }
            _ => self.lower().and_then(SqlError::hint),
        }
    }
}

raise_as_sql_error!(Error);
