//! What the functions on sending refuse.

use pgrx::PgSqlErrorCode;
use phone_crypt_core::sending::LanguageError;

use crate::pg::SqlError;
use crate::pg::report::raise_as_sql_error;

/// An argument that is not one.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Language(#[from] LanguageError),
}

impl SqlError for Error {
    fn sqlstate(&self) -> PgSqlErrorCode {
        match self {
            Error::Language(_) => PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE,
        }
    }
}

raise_as_sql_error!(Error);
