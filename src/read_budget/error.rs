//! What a budget refuses with.

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
    #[error("the read budget is used up: no more numbers are decrypted for this role now")]
    UsedUp,
    #[error("there is no room to count what this role reads, so nothing is decrypted")]
    NoRoom,
}

/// A result of this slice.
pub type Result<T> = std::result::Result<T, Error>;

impl SqlError for Error {
    fn origin(&self) -> Origin<'_> {
        use PgSqlErrorCode::*;
        match self {
            Error::Pg(error) => Lower(error),
            Error::UsedUp => Own(ERRCODE_INSUFFICIENT_PRIVILEGE),
            Error::NoRoom => Own(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
        }
    }

    fn own_hint(&self) -> Option<String> {
        let hint = match self {
            Error::UsedUp => concat!(
                "An auditor finds in phone_crypt.read_budgets what was read, and when the window ends. See ",
                documentation!("audit.md#read-budgets")
            ),
            Error::NoRoom => {
                "Budgets of fewer roles, or of roles with fewer members, need less room; so do shorter windows."
            }
            Error::Pg(_) => return None,
        };
        Some(hint.to_owned())
    }
}

raise_as_sql_error!(Error);
