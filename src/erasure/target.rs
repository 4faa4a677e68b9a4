//! The table of a registered column: its names as SQL writes them, and statements on it in its owner's name.

use pgrx::pg_sys::panic::CaughtError;
use pgrx::spi::quote_identifier;
use pgrx::{PgSqlErrorCode, PgTryBuilder, pg_sys};
use std::ffi::CStr;
use std::panic::AssertUnwindSafe;

use crate::columns::registry::Column;
use crate::error::{Error, Result};

/// Whether a registered table is there: one may have been dropped since.
pub fn is_there(table: pg_sys::Oid) -> bool {
    // SAFETY: a look into the catalogue's cache.
    !unsafe { pg_sys::get_rel_name(table) }.is_null()
}

/// The table's name, in full and quoted.
///
/// Errors: it is gone, 55000.
pub fn full_name(table: pg_sys::Oid) -> Result<String> {
    // SAFETY: both calls give NULL or a NUL-terminated copy.
    let names = unsafe {
        let schema = pg_sys::get_namespace_name(pg_sys::get_rel_namespace(table));
        let name = pg_sys::get_rel_name(table);
        if schema.is_null() || name.is_null() {
            None
        } else {
            Some((CStr::from_ptr(schema), CStr::from_ptr(name)))
        }
    };
    let (schema, name) = names.ok_or(Error::NotRegistered)?;
    let quoted = |name: &CStr| quote_identifier(name.to_string_lossy());
    Ok(format!("{}.{}", quoted(schema), quoted(name)))
}

/// The columns that hold the number in one way or another, quoted.
pub fn holders(column: &Column) -> Vec<String> {
    let mut names = vec![&column.encrypted, &column.hash];
    names.extend(&column.raw);
    names.extend(column.next.as_ref().map(|(name, _)| name));
    if column.has_plaintext {
        names.push(&column.name);
    }
    names.iter().map(quote_identifier).collect()
}

/// Runs `work` on a table. PostgreSQL's own error may show the row, so only its SQLSTATE is passed on.
///
/// Errors: as `work`; what PostgreSQL raises, under its SQLSTATE.
pub fn without_values<R>(table: &str, work: impl FnOnce() -> Result<R>) -> Result<R> {
    PgTryBuilder::new(AssertUnwindSafe(work))
        .catch_others(|cause| {
            let code = match &cause {
                CaughtError::PostgresError(report) | CaughtError::ErrorReport(report) => {
                    report.sql_error_code()
                }
                CaughtError::RustPanic { .. } => cause.rethrow(),
            };
            if is_nobodys_fault(code) {
                cause.rethrow();
            }
            Err(Error::TableRefused {
                table: table.to_owned(),
                code,
            })
        })
        .execute()
}

/// What says nothing of the row, and what callers and retries go by.
fn is_nobodys_fault(code: PgSqlErrorCode) -> bool {
    use PgSqlErrorCode::*;
    matches!(
        code,
        ERRCODE_QUERY_CANCELED
            | ERRCODE_ADMIN_SHUTDOWN
            | ERRCODE_T_R_SERIALIZATION_FAILURE
            | ERRCODE_T_R_DEADLOCK_DETECTED
            | ERRCODE_LOCK_NOT_AVAILABLE
    )
}
