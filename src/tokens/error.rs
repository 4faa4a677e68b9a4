//! What can go wrong with API tokens, other than with what a client shows: that is an answer, not an error.

use pgrx::PgSqlErrorCode;
use phone_crypt_core::crypto::random::RandomError;
use phone_crypt_core::token::{PrefixError, ScopeError};

use crate::pg::report::Origin::{self, Lower, Own};
use crate::pg::report::raise_as_sql_error;
use crate::pg::{PgError, SqlError};

/// An error of this slice.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What a token begins with.
    #[error(transparent)]
    Prefix(#[from] PrefixError),
    /// What a token may do.
    #[error(transparent)]
    Scope(#[from] ScopeError),
    /// A token has too many scopes.
    #[error("a token has at most {0} scopes")]
    TooManyScopes(usize),
    /// No new token can be made.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// The rate limiter's.
    #[error(transparent)]
    RateLimit(#[from] crate::ratelimit::error::Error),
    #[error(transparent)]
    Pg(#[from] PgError),
    /// The extension's tables are older than its library, or gone.
    #[error("table phone_crypt.api_tokens does not exist")]
    NoTable,
}

impl SqlError for Error {
    fn origin(&self) -> Origin<'_> {
        use PgSqlErrorCode::*;
        match self {
            Error::Pg(error) => Lower(error),
            Error::RateLimit(error) => Lower(error),
            Error::Prefix(_) | Error::Scope(_) | Error::TooManyScopes(_) => {
                Own(ERRCODE_INVALID_PARAMETER_VALUE)
            }
            Error::Random(_) => Own(ERRCODE_SYSTEM_ERROR),
            Error::NoTable => Own(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
        }
    }

    fn own_hint(&self) -> Option<String> {
        match self {
            Error::NoTable => Some("ALTER EXTENSION phone_crypt UPDATE makes it.".to_owned()),
            _ => None,
        }
    }
}

raise_as_sql_error!(Error);
