//! What can go wrong with API tokens, other than with what a client shows: that is an answer, not an error.

use pgrx::PgSqlErrorCode;
use phone_crypt_core::crypto::random::RandomError;
use phone_crypt_core::token::{PrefixError, ScopeError};

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
    /// A text that the database's encoding has no characters for.
    #[error(transparent)]
    Pg(#[from] PgError),
    /// The extension's tables are older than its library, or gone.
    #[error("table phone_crypt.api_tokens does not exist")]
    NoTable,
    /// An argument that must be given.
    #[error("{0} must not be NULL")]
    NullArgument(&'static str),
}

impl SqlError for Error {
    fn sqlstate_number(&self) -> i32 {
        match self {
            Error::RateLimit(error) => error.sqlstate_number(),
            other => other.sqlstate() as i32,
        }
    }

    fn sqlstate(&self) -> PgSqlErrorCode {
        match self {
            Error::Prefix(_) | Error::Scope(_) | Error::TooManyScopes(_) => {
                PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE
            }
            Error::Random(_) => PgSqlErrorCode::ERRCODE_SYSTEM_ERROR,
            Error::RateLimit(error) => error.sqlstate(),
            Error::Pg(error) => error.sqlstate(),
            Error::NoTable => PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
            Error::NullArgument(_) => PgSqlErrorCode::ERRCODE_NULL_VALUE_NOT_ALLOWED,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Error::RateLimit(error) => error.hint(),
            Error::NoTable => Some("ALTER EXTENSION phone_crypt UPDATE makes it.".to_owned()),
            _ => None,
        }
    }
}

raise_as_sql_error!(Error);
