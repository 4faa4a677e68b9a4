//! What watching is refused with.

use pgrx::PgSqlErrorCode;
use phone_crypt_core::anomaly::SensitivityError;

use crate::pg::report::Origin::{self, Lower, Own};
use crate::pg::report::raise_as_sql_error;
use crate::pg::{PgError, SqlError};

/// See each message.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Pg(#[from] PgError),
    #[error(transparent)]
    Sensitivity(#[from] SensitivityError),
    #[error("activity cannot be watched: phone_crypt is not preloaded")]
    NotPreloaded,
}

impl SqlError for Error {
    fn origin(&self) -> Origin<'_> {
        use PgSqlErrorCode::*;
        match self {
            Error::Pg(error) => Lower(error),
            Error::Sensitivity(_) => Own(ERRCODE_INVALID_PARAMETER_VALUE),
            Error::NotPreloaded => Own(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
        }
    }

    fn own_hint(&self) -> Option<String> {
        let hint = match self {
            Error::NotPreloaded => {
                "Add phone_crypt to shared_preload_libraries and restart the server. Without it rate limits and read budgets hold, and nothing is compared."
            }
            _ => return None,
        };
        Some(hint.to_owned())
    }
}

raise_as_sql_error!(Error);
