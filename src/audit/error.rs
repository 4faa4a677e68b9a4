//! What can go wrong with the audit log.

use pgrx::PgSqlErrorCode;
use phone_crypt_core::audit::{CheckpointError, FrontierError, NoteError};

use crate::pg::report::Origin::{self, Lower, Own};
use crate::pg::report::raise_as_sql_error;
use crate::pg::{PgError, SqlError};

/// See each message.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Pg(#[from] PgError),
    #[error("phone_crypt.audit_sync is on, and a standby cannot make an audit record durable")]
    OnStandby,
    #[error("phone_crypt.audit_sync is on, and phone_crypt is not in shared_preload_libraries")]
    NoQueue,
    #[error("phone_crypt.audit_sync is on, and the audit queue is full")]
    Full,
    #[error("phone_crypt.audit_sync is on, and the audit record was not durable in time")]
    TooSlow,
    #[error("there is no such audit event")]
    UnknownEvent,
    #[error("table phone_crypt.audit_logs does not exist")]
    NoTable,
    #[error("this database has no audit log")]
    NoLog,
    #[error("the audit log has no signed checkpoint")]
    NoCheckpoint,
    #[error(transparent)]
    Note(#[from] NoteError),
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    #[error("the audit log is broken: {0}")]
    Peaks(#[from] FrontierError),
    #[error("the audit log is broken: the hash of record {0} is missing")]
    MissingLeaf(u64),
    #[error("{0} must be between {1} and {2}")]
    OutOfRange(&'static str, u64, u64),
    #[error("audit records cannot be written on a standby")]
    CannotWrite,
}

/// A result of this slice.
pub type Result<T> = std::result::Result<T, Error>;

impl SqlError for Error {
    fn origin(&self) -> Origin<'_> {
        use PgSqlErrorCode::*;
        match self {
            Error::Pg(error) => Lower(error),
            Error::UnknownEvent | Error::Note(_) | Error::Checkpoint(_) | Error::OutOfRange(..) => {
                Own(ERRCODE_INVALID_PARAMETER_VALUE)
            }
            Error::Peaks(_) | Error::MissingLeaf(_) => Own(ERRCODE_DATA_CORRUPTED),
            _ => Own(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
        }
    }

    fn own_hint(&self) -> Option<String> {
        match self {
            Error::NoTable => Some("ALTER EXTENSION phone_crypt UPDATE makes it.".to_owned()),
            Error::NoCheckpoint => Some(
                "The server needs a key of its own to sign: phone_crypt.audit_status says what is missing."
                    .to_owned(),
            ),
            Error::Peaks(_) | Error::MissingLeaf(_) => {
                Some("phone_crypt_audit_verify() tells where.".to_owned())
            }
            _ => None,
        }
    }
}

raise_as_sql_error!(Error);
