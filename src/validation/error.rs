//! What the validators refuse: arguments of the one who asks, never the input.

use pgrx::PgSqlErrorCode;

use crate::pg::SqlError;
use crate::pg::error::PgError;
use crate::pg::report::Origin::{self, Lower, Own};
use crate::pg::report::raise_as_sql_error;

/// Limits that allow nothing, or a fault of a lower layer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{least} must not be more than {greatest}")]
    Limits {
        least: &'static str,
        greatest: &'static str,
    },
    #[error("{0} must not be negative")]
    Negative(&'static str),
    #[error(transparent)]
    Pg(#[from] PgError),
}

impl SqlError for Error {
    fn origin(&self) -> Origin<'_> {
        use PgSqlErrorCode::*;
        match self {
            Error::Pg(error) => Lower(error),
            Error::Limits { .. } | Error::Negative(_) => Own(ERRCODE_INVALID_PARAMETER_VALUE),
        }
    }
}

raise_as_sql_error!(Error);
