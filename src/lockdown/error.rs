//! What can go wrong with lockdowns, and what a lockdown refuses with.

use pgrx::PgSqlErrorCode;
use std::io;

use crate::documentation;
use crate::pg::report::Origin::{self, Lower, Own};
use crate::pg::report::raise_as_sql_error;
use crate::pg::{PgError, SqlError};

/// See each message. None says why there is a lockdown: that is not for everybody.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Pg(#[from] PgError),
    #[error(
        "phone_crypt is locked down: this database neither decrypts numbers nor compares them with others"
    )]
    Database,
    #[error(
        "phone_crypt is locked down: this server neither decrypts numbers nor compares them with others"
    )]
    Server,
    #[error("must be superuser to lock down or release the whole server")]
    NotSuperuser,
    #[error("{0} must not be empty")]
    Empty(&'static str),
    #[error("there is no such scope")]
    NoSuchScope,
    #[error("the server is not locked down: its file could not be written: {0}")]
    NotWritten(io::ErrorKind),
    #[error("could not remove the file of the lockdown: {0}")]
    NotRemoved(io::ErrorKind),
}

/// A result of this slice.
pub type Result<T> = std::result::Result<T, Error>;

impl SqlError for Error {
    fn origin(&self) -> Origin<'_> {
        use PgSqlErrorCode::*;
        match self {
            Error::Pg(error) => Lower(error),
            // Not 57P03: pools take that for a server that is starting, drop their connections and connect again.
            Error::Database | Error::Server => Own(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
            Error::NotSuperuser => Own(ERRCODE_INSUFFICIENT_PRIVILEGE),
            Error::Empty(_) | Error::NoSuchScope => Own(ERRCODE_INVALID_PARAMETER_VALUE),
            Error::NotWritten(_) | Error::NotRemoved(_) => Own(ERRCODE_IO_ERROR),
        }
    }

    fn own_hint(&self) -> Option<String> {
        let hint = match self {
            Error::Database => concat!(
                "An administrator finds the reason in phone_crypt.lockdowns; phone_crypt_lockdown_release() ends it. See ",
                documentation!("incidents.md#lockdown")
            ),
            Error::Server => concat!(
                "An administrator finds the reason in phone_crypt.lockdowns; phone_crypt_lockdown_cluster_release() ends \
                 it. See ",
                documentation!("incidents.md#lockdown")
            ),
            Error::NoSuchScope => "One of: decrypt, tokens, sending.",
            Error::NotRemoved(_) => {
                "The server stays locked down. Remove phone_crypt.lockdown from its data directory, and call this again."
            }
            _ => return None,
        };
        Some(hint.to_owned())
    }
}

raise_as_sql_error!(Error);
