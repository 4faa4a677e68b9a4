//! What can go wrong when a number or an address is forgotten, or old rows are purged.

use pgrx::PgSqlErrorCode;

use crate::pg::report::Origin::{self, Lower, Own};
use crate::pg::report::raise_as_sql_error;
use crate::pg::subtransaction::Refusal;
use crate::pg::{PgError, SqlError};
use crate::{cipher, email, encrypted_type, keys, phone, ratelimit, sending};

/// See each message.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Pg(#[from] PgError),
    #[error(transparent)]
    Keys(#[from] keys::error::Error),
    #[error(transparent)]
    Cipher(#[from] cipher::error::Error),
    #[error(transparent)]
    Phone(#[from] phone::error::Error),
    #[error(transparent)]
    Email(#[from] email::error::Error),
    #[error(transparent)]
    Typed(#[from] encrypted_type::error::Error),
    #[error(transparent)]
    Ratelimit(#[from] ratelimit::error::Error),
    #[error(transparent)]
    Sending(#[from] sending::error::Error),
    #[error("table {table} refuses the change: {refusal}")]
    TableRefused { table: String, refusal: Refusal },
    /// What went wrong in the work on one of several tables.
    #[error("table {table}: {source}")]
    InTable { table: String, source: Box<Error> },
    #[error("no policy says what is done to a row whose value is forgotten")]
    NoForgetPolicy,
    #[error("the column is being converted: its plain text is not all encrypted yet")]
    ConversionUnderWay,
    #[error("rows of a materialized view or foreign table cannot be changed here")]
    NoTable,
    #[error("values within an array, a composite or a range are not searched")]
    NestedValues,
    #[error("rows with this value remain")]
    RowsRemain,
    #[error("no retention is set for the column")]
    NoRetention,
}

/// A result of this slice.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
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
    fn origin(&self) -> Origin<'_> {
        use PgSqlErrorCode::*;
        match self {
            Error::Pg(error) => Lower(error),
            Error::Keys(error) => Lower(error),
            Error::Cipher(error) => Lower(error),
            Error::Phone(error) => Lower(error),
            Error::Email(error) => Lower(error),
            Error::Typed(error) => Lower(error),
            Error::Ratelimit(error) => Lower(error),
            Error::Sending(error) => Lower(error),
            Error::TableRefused { refusal, .. } => Lower(refusal),
            Error::InTable { source, .. } => Lower(&**source),
            _ => Own(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
        }
    }

    fn own_hint(&self) -> Option<String> {
        let hint = match self {
            Error::TableRefused { refusal, .. } => refusal_hint(refusal.code),
            Error::RowsRemain => {
                "A trigger may keep them, or others add rows all the time: look into it and call it again."
            }
            Error::NoForgetPolicy | Error::NoRetention => "phone_column_policy() sets one.",
            Error::ConversionUnderWay => {
                "CALL phone_encrypt_column() until it is done, then call this again."
            }
            Error::NoTable => {
                "REFRESH the materialized view after this; forget the number where the foreign table is."
            }
            Error::NestedValues => {
                "Look for it by hand, as in WHERE phone = ANY (phones), and keep numbers in columns of the type itself."
            }
            _ => return None,
        };
        Some(hint.to_owned())
    }
}

fn refusal_hint(code: PgSqlErrorCode) -> &'static str {
    use PgSqlErrorCode::*;
    match code {
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
    }
}

raise_as_sql_error!(Error);
