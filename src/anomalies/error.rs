//! What watching is refused with.

use pgrx::PgSqlErrorCode;
use phone_crypt_core::anomaly::SensitivityError;

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
    fn lower(&self) -> Option<&dyn SqlError> {
        match self {
            Error::Pg(error) => Some(error),
            _ => None,
        }
    }

    fn sqlstate(&self) -> PgSqlErrorCode {
        match self {
            Error::Pg(error) => error.sqlstate(),
            Error::Sensitivity(_) => PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE,
            Error::NotPreloaded => PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
        }
    }

    fn hint(&self) -> Option<String> {
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
