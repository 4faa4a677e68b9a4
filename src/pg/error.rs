//! What can go wrong in this folder.

use pgrx::PgSqlErrorCode;

use super::report::Origin::{self, Own};
use super::report::raise_as_sql_error;
use super::{Oid, SqlError};

/// A failure, without any value in its text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PgError {
    #[error("{0} must not be NULL")]
    NullArgument(&'static str),
    #[error("this function is called as a trigger only")]
    NotATrigger,
    #[error("the text is not valid UTF-8")]
    NotUtf8,
    #[error("the decrypted text contains a NUL byte, which PostgreSQL text cannot hold")]
    NulInText,
    #[error("the decrypted text has a character that the encoding of this database lacks")]
    NotInDatabaseEncoding,
    #[error("the result would be longer than a text of PostgreSQL may be, which is 1 GB")]
    TextTooLong,
    #[error("must be owner of table {0}")]
    NotOwner(String),
    #[error("relation with OID {} does not exist", .0.to_u32())]
    NoSuchTable(Oid),
}

/// A result of this folder.
pub type Result<T> = std::result::Result<T, PgError>;

impl SqlError for PgError {
    fn origin(&self) -> Origin<'_> {
        use PgSqlErrorCode::*;
        Own(match self {
            PgError::NullArgument(_) => ERRCODE_NULL_VALUE_NOT_ALLOWED,
            PgError::NotATrigger => ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED,
            PgError::NotUtf8 | PgError::NulInText => ERRCODE_CHARACTER_NOT_IN_REPERTOIRE,
            PgError::NotInDatabaseEncoding => ERRCODE_UNTRANSLATABLE_CHARACTER,
            PgError::TextTooLong => ERRCODE_PROGRAM_LIMIT_EXCEEDED,
            PgError::NotOwner(_) => ERRCODE_INSUFFICIENT_PRIVILEGE,
            PgError::NoSuchTable(_) => ERRCODE_UNDEFINED_TABLE,
        })
    }

    fn is_own_fault_of_the_value(&self) -> bool {
        *self == PgError::NulInText
    }
}

raise_as_sql_error!(PgError);
