//! Work that may fail without taking the rest of the transaction along.

use pgrx::pg_sys::panic::CaughtError;
use pgrx::{PgSqlErrorCode, PgTryBuilder, pg_sys};
use std::panic::AssertUnwindSafe;

use super::report::Origin;
use super::transaction::has_one_snapshot;
use super::{SqlError, sqlstate};

/// An error that PostgreSQL raised. What it said of it may show the row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("SQLSTATE {}", sqlstate::text(*number))]
pub struct Refusal {
    /// Its code.
    pub code: PgSqlErrorCode,
    /// The code as PostgreSQL has it, which pgrx may have no name for.
    pub number: i32,
}

impl SqlError for Refusal {
    fn origin(&self) -> Origin<'_> {
        Origin::Own(self.code)
    }

    fn sqlstate_number(&self) -> i32 {
        self.number
    }
}

/// How the work ended.
enum End<R, E> {
    Returned(Result<R, E>),
    Raised(Refusal),
    /// What is no table's fault, and ends the whole call.
    Stopped(Box<CaughtError>),
}

/// Runs `work` in a subtransaction. After an error it is undone, with the settings and the user that were in
/// force within. PostgreSQL's own error may show the row, so only its SQLSTATE is passed on.
///
/// Errors: what PostgreSQL raises. A cancel, and a conflict that only a new transaction resolves, are raised as they are.
pub fn attempt<R, E>(work: impl FnOnce() -> Result<R, E>) -> Result<Result<R, E>, Refusal> {
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
        End::Returned(result) => Ok(result),
        End::Raised(refusal) => Err(refusal),
        End::Stopped(cause) => cause.rethrow(),
    }
}

fn ended_by<R, E>(cause: CaughtError) -> End<R, E> {
    let code = match &cause {
        CaughtError::PostgresError(report) | CaughtError::ErrorReport(report) => {
            report.sql_error_code()
        }
        CaughtError::RustPanic { .. } => return End::Stopped(Box::new(cause)),
    };
    match code {
        // `statement` has told it from one that a user's code raises.
        PgSqlErrorCode::ERRCODE_QUERY_CANCELED => End::Stopped(Box::new(cause)),
        PgSqlErrorCode::ERRCODE_T_R_SERIALIZATION_FAILURE if has_one_snapshot() => {
            End::Stopped(Box::new(cause))
        }
        code => End::Raised(Refusal {
            code,
            number: sqlstate::caught_number(code),
        }),
    }
}
