//! A transaction of a worker that may fail without ending the worker.

use pgrx::pg_sys::panic::CaughtError;
use pgrx::{PgSqlErrorCode, PgTryBuilder, pg_sys};
use std::panic::AssertUnwindSafe;

/// Runs something that begins and ends a transaction of its own. An error aborts it, and is given as its SQLSTATE:
/// what else it says may show a key.
pub fn attempt<R>(transaction: impl FnOnce() -> R) -> Result<R, PgSqlErrorCode> {
    PgTryBuilder::new(AssertUnwindSafe(|| Ok(transaction())))
        .catch_others(|cause| {
            let code = match &cause {
                CaughtError::PostgresError(report) | CaughtError::ErrorReport(report) => {
                    report.sql_error_code()
                }
                CaughtError::RustPanic { .. } => cause.rethrow(),
            };
            // SAFETY: what a worker's main loop does after an error; nothing of the transaction is used any more.
            unsafe {
                pg_sys::MemoryContextSwitchTo(pg_sys::TopMemoryContext);
                pg_sys::AbortCurrentTransaction();
            }
            Err(code)
        })
        .execute()
}
