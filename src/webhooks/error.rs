//! What whoever sets up endpoints and calls the functions can do wrong. What a sender can do wrong is a reason, not an error.

use pgrx::PgSqlErrorCode;
use phone_crypt_core::webhook::{KeyError, UnknownScheme};

use crate::documentation;
use crate::pg::report::Origin::{self, Lower, Own};
use crate::pg::report::raise_as_sql_error;
use crate::pg::subtransaction::Refusal;
use crate::pg::{PgError, SqlError};

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
    #[error("a webhook could not be stored: {0}")]
    NotStored(Refusal),
}

/// A result of this slice.
pub type Result<T> = std::result::Result<T, Error>;

impl SqlError for Error {
    fn origin(&self) -> Origin<'_> {
        use PgSqlErrorCode::*;
        match self {
            Error::Pg(error) => Lower(error),
            Error::Cipher(error) => Lower(error),
            Error::NotStored(error) => Lower(error),
            Error::Key(_)
            | Error::Scheme(_)
            | Error::EndpointName
            | Error::SecretAsPublicKey
            | Error::InfiniteTime => Own(ERRCODE_INVALID_PARAMETER_VALUE),
            Error::NoTable(_) => Own(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
        }
    }

    fn own_hint(&self) -> Option<String> {
        match self {
            Error::Scheme(_) => Some(format!(
                "{} lists the schemes.",
                documentation!("webhooks.md")
            )),
            Error::SecretAsPublicKey => {
                Some("Give it as secret: whoever knows it can sign.".to_owned())
            }
            _ => None,
        }
    }
}

raise_as_sql_error!(Error);
