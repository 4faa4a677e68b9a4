//! What can go wrong before a run.

use pgrx::PgSqlErrorCode;

use crate::documentation;
use crate::pg::report::raise_as_sql_error;
use crate::pg::{PgError, SqlError};

/// See each message.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Pg(#[from] PgError),
    #[error("a procedure that commits after each batch cannot run inside a transaction block")]
    InTransactionBlock,
    #[error("another run works on table {0}")]
    TableBusy(String),
}

/// A result of this slice.
pub type Result<T> = std::result::Result<T, Error>;

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
            Error::InTransactionBlock => PgSqlErrorCode::ERRCODE_ACTIVE_SQL_TRANSACTION,
            Error::TableBusy(_) => PgSqlErrorCode::ERRCODE_OBJECT_IN_USE,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Error::InTransactionBlock => Some(
                concat!(
                    "CALL it by itself, with autocommit: autocommit=True of psycopg, atomic = False of Django, \
                     setAutoCommit(true) of JDBC. See ",
                    documentation!("with-your-stack.md#in-every-stack")
                )
                .to_owned(),
            ),
            other => other.lower().and_then(|lower| lower.hint()),
        }
    }
}

raise_as_sql_error!(Error);
