//! What can go wrong with rate limits.

use pgrx::PgSqlErrorCode;
use phone_crypt_core::ratelimit::{
    AddressPrefixError, AlgorithmError, CalendarError, HeaderNameError, PenaltiesError, QuotaError,
};

use crate::pg::report::Origin::{self, Lower, Own};
use crate::pg::report::raise_as_sql_error;
use crate::pg::{PgError, SqlError};

/// See each message.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Pg(#[from] PgError),
    #[error(transparent)]
    Quota(#[from] QuotaError),
    #[error(transparent)]
    Algorithm(#[from] AlgorithmError),
    #[error(transparent)]
    Calendar(#[from] CalendarError),
    #[error(transparent)]
    Penalties(#[from] PenaltiesError),
    #[error(transparent)]
    HeaderName(#[from] HeaderNameError),
    #[error(transparent)]
    AddressPrefix(#[from] AddressPrefixError),
    #[error("not an address")]
    NotAnAddress,
    #[error("a rate-limit key has 1 to 512 bytes")]
    KeyLength,
    #[error("limit of leases must be from 0 to 1000")]
    LeaseLimit,
    #[error("a lease lasts between 1 millisecond and 10 years")]
    LeaseLength,
    #[error("not a lease")]
    NotALease,
    #[error("a policy's name has 1 to 63 letters, digits, underscores, dots or hyphens")]
    PolicyName,
    #[error("there is no rate-limit policy of this name")]
    UnknownPolicy,
    #[error("a block lasts between 1 millisecond and 10 years")]
    BlockLength,
    #[error("count must not be negative")]
    NegativeCount,
    #[error("policies and keys must be arrays of the same length, from 1 to 64")]
    PolicyArrays,
    #[error("the same policy and key are given twice")]
    SameLimitTwice,
    #[error(
        "rate limiter is out of slots: this database has its share, and all hold unflushed changes"
    )]
    NoSlot,
    #[error("more databases use rate limits in shared memory than there is room for")]
    TooManyDatabases,
    #[error("phone_crypt.ratelimit_engine is memory, but phone_crypt is not preloaded")]
    NoSharedMemory,
    #[error("the table phone_crypt.rate_limits does not exist")]
    NoRateLimits,
    #[error("rate limits are not flushed on a standby")]
    FlushOnStandby,
    #[error("the launcher of rate-limit flushes does not run")]
    NoLauncher,
    #[error("the flush of rate limits could not write everything")]
    FlushFailed,
}

/// A result of this slice.
pub type Result<T> = std::result::Result<T, Error>;

impl SqlError for Error {
    fn origin(&self) -> Origin<'_> {
        use PgSqlErrorCode::*;
        match self {
            Error::Pg(error) => Lower(error),
            Error::FlushFailed => Own(ERRCODE_SYSTEM_ERROR),
            Error::NoSlot | Error::TooManyDatabases => Own(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
            Error::NoSharedMemory
            | Error::NoRateLimits
            | Error::FlushOnStandby
            | Error::NoLauncher => Own(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
            _ => Own(ERRCODE_INVALID_PARAMETER_VALUE),
        }
    }

    fn own_hint(&self) -> Option<String> {
        let hint = match self {
            Error::NoSharedMemory => {
                "Add phone_crypt to shared_preload_libraries and restart the server."
            }
            Error::NoSlot => {
                "A flush makes room: it has been requested. For more keys at once, raise phone_crypt.ratelimit_slots."
            }
            Error::FlushFailed => {
                "Another session holds a row of phone_crypt.rate_limits, or a lock on it, or the server log says why. The rest is written."
            }
            Error::TooManyDatabases => {
                "Set phone_crypt.ratelimit_engine to table, or use fewer databases."
            }
            Error::Calendar(CalendarError::TimeZone) => "The names are in pg_timezone_names.",
            Error::UnknownPolicy => "ratelimit_policy_set() makes one.",
            _ => return None,
        };
        Some(hint.to_owned())
    }
}

raise_as_sql_error!(Error);
