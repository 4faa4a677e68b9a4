//! What can go wrong before a run.

use pgrx::PgSqlErrorCode;

use crate::documentation;
use crate::pg::report::Origin::{self, Lower, Own};
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
    fn origin(&self) -> Origin<'_> {
        use PgSqlErrorCode::*;
        match self {
            Error::Pg(error) => Lower(error),
            Error::InTransactionBlock => Own(ERRCODE_ACTIVE_SQL_TRANSACTION),
            Error::TableBusy(_) => Own(ERRCODE_OBJECT_IN_USE),
        }
    }

    fn own_hint(&self) -> Option<String> {
        match self {
            Error::InTransactionBlock => Some(
                concat!(
                    "CALL it by itself, with autocommit: autocommit=True of psycopg, atomic = False of Django, \
                     setAutoCommit(true) of JDBC. See ",
                    documentation!("with-your-stack.md#in-every-stack")
                )
                .to_owned(),
            ),
            _ => None,
        }
    }
}

raise_as_sql_error!(Error);
