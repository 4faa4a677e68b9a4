//! What can go wrong when a number is read.

use pgrx::PgSqlErrorCode;
use phone_crypt_core::phone::{PhoneError, RegionsError, StyleError};

use crate::documentation;
use crate::pg::report::Origin::{self, Lower, Own};
use crate::pg::report::raise_as_sql_error;
use crate::pg::{PgError, SqlError};

/// See each message.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Pg(#[from] PgError),
    #[error(transparent)]
    Phone(#[from] PhoneError),
    #[error(transparent)]
    Regions(#[from] RegionsError),
    #[error(transparent)]
    Style(#[from] StyleError),
    #[error(
        "this database is pinned to regions {}, the server has {}",
        or_none(pinned),
        or_none(found)
    )]
    RegionsMismatch { pinned: String, found: String },
    #[error("regions must not be \"default\" here: the answer may not depend on a setting")]
    DefaultRegions,
    #[error("a list of regions is no context")]
    RegionsAsContext,
}

/// A result of this slice.
pub type Result<T> = std::result::Result<T, Error>;

impl SqlError for Error {
    fn origin(&self) -> Origin<'_> {
        use PgSqlErrorCode::*;
        match self {
            Error::Pg(error) => Lower(error),
            Error::RegionsMismatch { .. } => Own(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
            _ => Own(ERRCODE_INVALID_PARAMETER_VALUE),
        }
    }

    fn own_hint(&self) -> Option<String> {
        let hint = match self {
            Error::Phone(error) => return error.hint().map(str::to_owned),
            Error::RegionsMismatch { pinned, .. } => format!(
                "A plain dump leaves ALTER DATABASE ... SET phone_crypt.default_regions = '{pinned}' behind: set it \
                 again. See {}",
                documentation!("keys.md#pinned-regions")
            ),
            Error::DefaultRegions => {
                "Leave regions out, and phone_crypt.default_regions counts.".to_owned()
            }
            Error::RegionsAsContext => {
                "Regions are the argument after the context, as in phone_hash(phone, '', 'GB'). A value is read back \
                 without any."
                    .to_owned()
            }
            _ => return None,
        };
        Some(hint)
    }

    fn is_own_fault_of_the_value(&self) -> bool {
        matches!(self, Error::Phone(_))
    }
}

/// An empty list of regions, in a message.
fn or_none(regions: &str) -> &str {
    if regions.is_empty() { "none" } else { regions }
}

raise_as_sql_error!(Error);
