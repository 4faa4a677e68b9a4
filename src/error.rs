//! One error enum for the edge, and the one place where errors become SQLSTATEs.
//!
//! No message, detail or hint here may carry a phone number, an encrypted value or a key: errors
//! reach the client, the server log and whatever collects it.

use pgrx::PgSqlErrorCode;
use phone_crypt_core::crypto::{
    HashError, KeyError, KeyId, KeyIdError, KeyringError, LegacyError, LegacySchemeError,
    RandomError, ValueError,
};
use phone_crypt_core::phone::{PhoneError, RegionsError, StyleError};
use phone_crypt_core::ratelimit::{
    AddressPrefixError, AlgorithmError, HeaderNameError, PenaltiesError, QuotaError,
};

use crate::pg::report::raise_as_sql_error;
use crate::pg::{ErrorReport, PgError, SqlError, sqlstate};

/// Where the documentation explains how to set up keys; every key error points there.
const KEYS_PAGE: &str = "docs/keys.md";

/// What [`Error::MayNot`] says of plain text as input of the data type.
pub const PLAIN_NUMBERS: &str = "plain phone numbers as encrypted_phone";
/// What [`Error::MayNot`] says of who decrypts.
pub const PLAIN_TEXT: &str = "the plain text of encrypted_phone values";
/// What [`Error::MayNot`] says of values as input of the data type.
pub const STORED_VALUES: &str = "encrypted values as encrypted_phone";

/// Everything that a function of the extension can refuse.
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
    #[error(transparent)]
    Value(#[from] ValueError),
    #[error(transparent)]
    Legacy(#[from] LegacyError),
    #[error(transparent)]
    LegacyScheme(#[from] LegacySchemeError),
    #[error(transparent)]
    Hash(#[from] HashError),
    #[error(transparent)]
    KeyId(#[from] KeyIdError),
    #[error(transparent)]
    Random(#[from] RandomError),
    /// A key text that does not hold: too short, odd hex, weak, the sample.
    #[error("{origin}: {source}")]
    Key {
        origin: &'static str,
        source: KeyError,
    },
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    #[error("no encryption key is configured")]
    NoKey,
    #[error("key {0} is known to this session only")]
    KeyOfSession(KeyId),
    #[error(
        "the public development key protects nothing: stored data is not converted under it, and no database pinned to it"
    )]
    DevelopmentKey,
    #[error("{0}")]
    KeySource(String),
    #[error("{0} is set in the configuration, but phone_crypt is not preloaded")]
    NotPreloaded(&'static str),
    #[error(
        "phone_crypt.previous_keys is set in this session, but phone_crypt.encryption_key is not"
    )]
    PreviousWithoutPrimary,
    #[error("more than one source of keys is configured: {0}")]
    TwoSources(String),
    #[error("this database is pinned to {what} {pinned}, the server has {found}")]
    PinMismatch {
        what: &'static str,
        pinned: String,
        found: String,
    },
    #[error("this database is pinned to key {0}, which the server does not have")]
    PinnedKeyMissing(String),
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
    #[error("permission denied for {0}")]
    MayNot(&'static str),
    #[error("malformed encrypted_phone value")]
    MalformedTyped,
    #[error("the text is an encrypted value, not a phone number")]
    EncryptedAsPlain,
    #[error("the column is not of type encrypted_phone")]
    NotOfType,
    #[error("the value is no phone number")]
    NumberRequired,
    #[error("this context belongs to the data type encrypted_phone")]
    ReservedContext,
    #[error(transparent)]
    Quota(#[from] QuotaError),
    #[error(transparent)]
    Algorithm(#[from] AlgorithmError),
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
    #[error("the table phone_crypt.rate_limits is not there")]
    NoRateLimits,
    #[error("rate limits are not flushed on a standby")]
    FlushOnStandby,
    #[error("the launcher of rate-limit flushes does not run")]
    NoLauncher,
    #[error("the flush of rate limits could not write everything")]
    FlushFailed,
    #[error("unknown work for a batch")]
    UnknownWork,
    #[error(
        "the table lacks a column of the earlier application's rate_limits, or has it of another type"
    )]
    NotAnEarlierTable,
    #[error("hashes of this column are to be under key {0}, which is not configured")]
    HashKeyMissing(KeyId),
    #[error("a trigger or rule of the table kept rows from being changed")]
    RowsKept,
    #[error("this function is called as a trigger only")]
    NotATrigger,
    /// What PostgreSQL said of it may show the row.
    #[error("table {table} refuses the change: SQLSTATE {}", sqlstate::text(*number))]
    TableRefused {
        table: String,
        code: PgSqlErrorCode,
        /// The code as PostgreSQL has it, which pgrx may have no name for.
        number: i32,
    },
    /// What went wrong in the work on one of several tables.
    #[error("table {table}: {source}")]
    InTable { table: String, source: Box<Error> },
    #[error(
        "a label of phone_crypt is on_forget=null or on_forget=delete, maybe with retention and retention_column"
    )]
    Label,
    #[error("no policy says what is done to a row whose number is forgotten")]
    NoForgetPolicy,
    #[error("the column is being converted: its plain text is not all encrypted yet")]
    ConversionUnderWay,
    #[error("rows of a materialized view or foreign table cannot be changed here")]
    NoTable,
    #[error("values within an array, a composite or a range are not searched")]
    NestedValues,
    #[error("rows with this number remain")]
    RowsRemain,
    #[error("no retention is set for the column")]
    NoRetention,
    #[error("a procedure that commits after each batch cannot run inside a transaction block")]
    InTransactionBlock,
    #[error("another run works on table {0}")]
    TableBusy(String),
    #[error("table {0} is not locked by this transaction")]
    NotLocked(String),
    #[error("the table has no deferrable unique constraint of this oid")]
    NoSuchConstraint,
    #[error("plain phone numbers leave this server only over TLS 1.2 or later, or GSS encryption")]
    InsecureTransport,
}

/// What a function of the extension gives back.
pub type Result<T> = std::result::Result<T, Error>;

/// What a SQL function gives back: pgrx turns the report into a PostgreSQL error.
pub type Answer<T> = std::result::Result<T, ErrorReport>;

impl Error {
    /// Whether the value or the phone itself is at fault, which `try_` functions answer with NULL.
    pub fn is_fault_of_the_value(&self) -> bool {
        match self {
            Error::Phone(_) | Error::Pg(PgError::NulInText) | Error::MalformedTyped => true,
            Error::Value(error) => !matches!(
                error,
                ValueError::UnknownKey(_) | ValueError::UnknownHashKey(_)
            ),
            Error::Legacy(error) => error.is_fault_of_the_value(),
            _ => false,
        }
    }

    /// The error, with the table that it is about.
    pub fn in_table(self, table: &str) -> Error {
        match self {
            Error::TableRefused { .. } => self,
            source => Error::InTable {
                table: table.to_owned(),
                source: Box::new(source),
            },
        }
    }
}

impl SqlError for Error {
    fn sqlstate_number(&self) -> i32 {
        match self {
            Error::TableRefused { number, .. } => *number,
            Error::InTable { source, .. } => source.sqlstate_number(),
            other => other.sqlstate() as i32,
        }
    }

    fn sqlstate(&self) -> PgSqlErrorCode {
        use PgSqlErrorCode::*;
        match self {
            Error::Phone(_)
            | Error::Regions(_)
            | Error::Style(_)
            | Error::LegacyScheme(_)
            | Error::Hash(_)
            | Error::KeyId(_)
            | Error::Quota(_)
            | Error::Algorithm(_)
            | Error::Penalties(_)
            | Error::AddressPrefix(_)
            | Error::NotAnAddress
            | Error::HeaderName(_)
            | Error::DefaultRegions
            | Error::RegionsAsContext
            | Error::ReservedContext
            | Error::KeyLength
            | Error::PolicyName
            | Error::UnknownPolicy
            | Error::BlockLength
            | Error::NegativeCount
            | Error::PolicyArrays
            | Error::SameLimitTwice
            | Error::UnknownWork
            | Error::Label
            | Error::Key { .. } => ERRCODE_INVALID_PARAMETER_VALUE,
            Error::Keyring(KeyringError::Refused { .. } | KeyringError::Repeated(_)) => {
                ERRCODE_INVALID_PARAMETER_VALUE
            }
            Error::Random(_) | Error::FlushFailed => ERRCODE_SYSTEM_ERROR,
            Error::NoSlot | Error::TooManyDatabases => ERRCODE_CONFIGURATION_LIMIT_EXCEEDED,
            Error::Value(error) => value_sqlstate(error),
            Error::Legacy(error) => legacy_sqlstate(error),
            Error::Keyring(_)
            | Error::NoKey
            | Error::KeyOfSession(_)
            | Error::DevelopmentKey
            | Error::KeySource(_)
            | Error::NotPreloaded(_)
            | Error::PreviousWithoutPrimary
            | Error::TwoSources(_)
            | Error::PinMismatch { .. }
            | Error::PinnedKeyMissing(_)
            | Error::RegionsMismatch { .. }
            | Error::NotAnEarlierTable
            | Error::HashKeyMissing(_)
            | Error::RowsRemain
            | Error::NoForgetPolicy
            | Error::ConversionUnderWay
            | Error::NoTable
            | Error::NestedValues
            | Error::NoRetention
            | Error::NotLocked(_)
            | Error::NoSuchConstraint
            | Error::NoSharedMemory
            | Error::NoRateLimits
            | Error::FlushOnStandby
            | Error::NoLauncher => ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
            Error::RowsKept => ERRCODE_TRIGGERED_DATA_CHANGE_VIOLATION,
            Error::InsecureTransport | Error::MayNot(_) => ERRCODE_INSUFFICIENT_PRIVILEGE,
            Error::EncryptedAsPlain | Error::MalformedTyped => ERRCODE_INVALID_TEXT_REPRESENTATION,
            Error::NotOfType => ERRCODE_DATATYPE_MISMATCH,
            Error::NumberRequired => ERRCODE_CHECK_VIOLATION,
            Error::TableBusy(_) => ERRCODE_OBJECT_IN_USE,
            Error::InTransactionBlock => ERRCODE_ACTIVE_SQL_TRANSACTION,
            Error::NotATrigger => ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED,
            Error::TableRefused { code, .. } => *code,
            Error::InTable { source, .. } => source.sqlstate(),
            Error::Pg(error) => error.sqlstate(),
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Error::Phone(error) => return error.hint().map(str::to_owned),
            Error::NoKey => format!(
                "To try it in this session, as a superuser: SELECT set_config('phone_crypt.encryption_key', \
                 phone_crypt_generate_key(), false). {KEYS_PAGE} tells how to set it up for good."
            ),
            Error::KeyOfSession(_) => format!(
                "When the session ends, nobody could read what is encrypted under it. Write the key into a file, name \
                 that in phone_crypt.key_file, reload, RESET phone_crypt.encryption_key, and try again: {KEYS_PAGE}."
            ),
            Error::DevelopmentKey => format!(
                "Write a key of your own into a file, name that in phone_crypt.key_file, and reload: {KEYS_PAGE}."
            ),
            Error::NotPreloaded(_) | Error::NoSharedMemory => {
                "Add phone_crypt to shared_preload_libraries and restart the server.".to_owned()
            }
            Error::PreviousWithoutPrimary => {
                "Set both in the session: one source of keys wins whole.".to_owned()
            }
            Error::TwoSources(_) => format!("Keep one of them. See {KEYS_PAGE}."),
            Error::Key { .. } | Error::KeySource(_) | Error::Keyring(_) => {
                format!("See {KEYS_PAGE}; phone_crypt_generate_key() makes a good key.")
            }
            Error::PinMismatch { .. } | Error::PinnedKeyMissing(_) => format!(
                "Start the server with the keys that this database was written with, or see \"Pinned keys\" in {KEYS_PAGE}."
            ),
            Error::RegionsMismatch { pinned, .. } => format!(
                "A plain dump leaves ALTER DATABASE ... SET phone_crypt.default_regions = '{pinned}' behind: set it \
                 again. See \"Pinned regions\" in {KEYS_PAGE}."
            ),
            Error::MayNot(STORED_VALUES) => {
                "It needs EXECUTE on phone_from_value (profile restore). To change other columns, leave this one out of \
                 the statement."
                    .to_owned()
            }
            Error::MayNot(PLAIN_TEXT) => "It needs EXECUTE on phone_decrypt (profile reader).".to_owned(),
            Error::MayNot(_) => {
                "It needs EXECUTE on phone_encrypt and phone_hash (profile writer).".to_owned()
            }
            Error::EncryptedAsPlain => {
                "phone_from_value() makes an encrypted_phone of it, if it is one of phone_value().".to_owned()
            }
            Error::DefaultRegions => {
                "Leave regions out, and phone_crypt.default_regions counts.".to_owned()
            }
            Error::RegionsAsContext => {
                "Regions are the argument after the context, as in phone_hash(phone, '', 'GB'). A value is read back \
                 without any."
                    .to_owned()
            }
            Error::Value(ValueError::UnknownKey(_) | ValueError::UnknownHashKey(_))
            | Error::Legacy(LegacyError::UnknownKey(_)) => {
                format!(
                    "Add that key to phone_crypt.previous_keys (or below the primary key in the key file). See {KEYS_PAGE}."
                )
            }
            Error::HashKeyMissing(_) => format!(
                "Add that key to phone_crypt.previous_keys (or below the primary key in the key file). See {KEYS_PAGE}."
            ),
            Error::NoSlot => {
                "A flush makes room: it has been requested. For more keys at once, raise phone_crypt.ratelimit_slots.".to_owned()
            }
            Error::FlushFailed => {
                "Another session holds a row of phone_crypt.rate_limits, or a lock on it, or the server log says why. The rest is written.".to_owned()
            }
            Error::TooManyDatabases => {
                "Set phone_crypt.ratelimit_engine to table, or use fewer databases.".to_owned()
            }
            Error::TableRefused { code, .. } => return refusal_hint(*code),
            Error::InTable { source, .. } => return source.hint(),
            Error::RowsRemain => {
                "A trigger may keep them, or others add rows all the time: look into it and call it again.".to_owned()
            }
            Error::NoForgetPolicy => "phone_column_policy() sets one.".to_owned(),
            Error::ConversionUnderWay => {
                "CALL phone_encrypt_column() until it is done, then call this again.".to_owned()
            }
            Error::NoTable => {
                "REFRESH the materialized view after this; forget the number where the foreign table is.".to_owned()
            }
            Error::InTransactionBlock => {
                "CALL it by itself, with autocommit: autocommit=True of psycopg, atomic = False of Django, \
                 setAutoCommit(true) of JDBC."
                    .to_owned()
            }
            Error::NestedValues => {
                "Look for it by hand, as in WHERE phone = ANY (phones), and keep numbers in columns of the type itself.".to_owned()
            }
            Error::NoRetention => "phone_column_policy() sets one.".to_owned(),
            Error::UnknownPolicy => "ratelimit_policy_set() makes one.".to_owned(),
            Error::InsecureTransport => {
                "Connect with sslmode=require or better, or see phone_crypt.require_tls.".to_owned()
            }
            _ => return None,
        };
        Some(hint)
    }
}

/// An empty list of regions, in a message.
fn or_none(regions: &str) -> &str {
    if regions.is_empty() { "none" } else { regions }
}

fn refusal_hint(code: PgSqlErrorCode) -> Option<String> {
    use PgSqlErrorCode::*;
    let hint = match code {
        ERRCODE_NOT_NULL_VIOLATION => {
            "A column must not be NULL. phone_column_policy(..., on_forget => 'delete') deletes the row instead."
        }
        ERRCODE_FOREIGN_KEY_VIOLATION => {
            "Other rows refer to it. Give the foreign key ON DELETE CASCADE or SET NULL, or set on_forget to null."
        }
        ERRCODE_INSUFFICIENT_PRIVILEGE => {
            "The owner must be able to change all rows of the table. Deferred triggers and forced row-level security \
             need the owner as the caller, or to be set off."
        }
        _ => "PostgreSQL's own message is left out: it might show the row.",
    };
    Some(hint.to_owned())
}

fn value_sqlstate(error: &ValueError) -> PgSqlErrorCode {
    match error {
        ValueError::NotAuthentic => PgSqlErrorCode::ERRCODE_DATA_EXCEPTION,
        ValueError::UnknownKey(_) | ValueError::UnknownHashKey(_) => {
            PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE
        }
        _ => PgSqlErrorCode::ERRCODE_INVALID_TEXT_REPRESENTATION,
    }
}

fn legacy_sqlstate(error: &LegacyError) -> PgSqlErrorCode {
    match error {
        LegacyError::Malformed => PgSqlErrorCode::ERRCODE_INVALID_TEXT_REPRESENTATION,
        LegacyError::Undecryptable => PgSqlErrorCode::ERRCODE_DATA_EXCEPTION,
        LegacyError::UnknownKey(_) => PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
        _ => PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE,
    }
}

raise_as_sql_error!(Error);
