//! Work on one of several tables: what goes wrong there is undone, and the others go on.

use pgrx::pg_sys::panic::CaughtError;
use pgrx::{PgSqlErrorCode, PgTryBuilder, pg_sys};
use std::panic::AssertUnwindSafe;

use crate::error::{Error, Result};
use crate::sqlstate;

/// How the work ended.
enum End<R> {
    Returned(Result<R>),
    Raised(PgSqlErrorCode, i32),
    /// What is no table's fault, and ends the whole call.
    Stopped(CaughtError),
}

/// Runs `work` on a table in a subtransaction. After an error it is undone, with the settings and the user that were in
/// force within. PostgreSQL's own error may show the row, so only its SQLSTATE is passed on.
///
/// Errors: those of `work`; what PostgreSQL raises, under its SQLSTATE. A cancel, and a conflict that only a new transaction
/// resolves, are raised as they are.
pub fn attempt<R>(table: &str, work: impl FnOnce() -> Result<R>) -> Result<R> {
    // SAFETY: reads variables of this process, and begins a subtransaction, which one of the arms below ends. It is
    // begun in the caller's memory context, so that what `work` returns outlives it.
    let (context, owner) = unsafe {
        let saved = (pg_sys::CurrentMemoryContext, pg_sys::CurrentResourceOwner);
        pg_sys::BeginInternalSubTransaction(std::ptr::null());
        pg_sys::MemoryContextSwitchTo(saved.0);
        saved
    };
    let end = sqlstate::catching(|| {
        PgTryBuilder::new(AssertUnwindSafe(|| End::Returned(work())))
            .catch_others(ended_by)
            .execute()
    });
    // SAFETY: the subtransaction is the innermost one: `work` leaves none behind, and aborting ends those within.
    unsafe {
        match end {
            End::Returned(Ok(_)) => pg_sys::ReleaseCurrentSubTransaction(),
            _ => pg_sys::RollbackAndReleaseCurrentSubTransaction(),
        }
        pg_sys::MemoryContextSwitchTo(context);
        pg_sys::CurrentResourceOwner = owner;
    }
    match end {
        End::Returned(result) => result.map_err(|error| error.in_table(table)),
        End::Raised(code, number) => Err(Error::TableRefused {
            table: table.to_owned(),
            code,
            number,
        }),
        End::Stopped(cause) => cause.rethrow(),
    }
}

fn ended_by<R>(cause: CaughtError) -> End<R> {
    let code = match &cause {
        CaughtError::PostgresError(report) | CaughtError::ErrorReport(report) => {
            report.sql_error_code()
        }
        CaughtError::RustPanic { .. } => return End::Stopped(cause),
    };
    match code {
        // `statement` has told it from one that a user's code raises.
        PgSqlErrorCode::ERRCODE_QUERY_CANCELED => End::Stopped(cause),
        PgSqlErrorCode::ERRCODE_T_R_SERIALIZATION_FAILURE if has_one_snapshot() => {
            End::Stopped(cause)
        }
        code => End::Raised(code, sqlstate::caught_number(code)),
    }
}

/// Whether the transaction sees the same rows however often it looks: REPEATABLE READ, or SERIALIZABLE.
fn has_one_snapshot() -> bool {
    // SAFETY: reads a variable of this process.
    unsafe { pg_sys::XactIsoLevel >= pg_sys::XACT_REPEATABLE_READ as i32 }
}
