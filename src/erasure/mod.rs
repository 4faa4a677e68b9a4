//! Erasure: every trace of a number from what the extension knows of, and rows whose time is over.
//!
//! `number` tells whether something stored is the number; `columns` goes through columns of type
//! `encrypted_phone`, `limits` through rate limits with their lists and blocks; `purge` is one batch of what retention periods ask for.

mod columns;
pub mod error;
mod functions;
mod limits;
mod number;
pub mod purge;
mod rows;

pub use number::Number;

use crate::erasure::error::{Error, Result};
use crate::keys::with_ring;
use crate::pg::subtransaction;

/// What was done to one object, or why nothing was.
pub struct Outcome {
    /// A column as `table.column`, or a table of the extension's own.
    pub object: String,
    /// What was done.
    pub action: &'static str,
    /// To how many rows.
    pub rows: i64,
    /// What stood in the way; then the object is as it was.
    pub failure: Option<Error>,
}

impl Outcome {
    fn done(object: &str, action: &'static str, rows: i64) -> Outcome {
        Outcome {
            object: object.to_owned(),
            action,
            rows,
            failure: None,
        }
    }

    fn failed(object: &str, failure: Error) -> Outcome {
        Outcome {
            object: object.to_owned(),
            action: "failed",
            rows: 0,
            failure: Some(failure),
        }
    }
}

/// Removes every trace of the number, as far as can be. What stands in the way at one object does not keep the others
/// from being done. Rate limits in shared memory come last: what is forgotten there stays forgotten whatever becomes of
/// the transaction.
///
/// Errors: no key, or a ring that differs from the pin, 55000.
pub fn forget(number: &Number) -> Result<Vec<Outcome>> {
    with_ring(|_| Result::Ok(()))?;
    let mut outcomes = Vec::new();
    outcomes.extend(columns::forget(number)?);
    outcomes.sort_by(|one, other| one.object.cmp(&other.object));
    outcomes.extend(limits::forget(number));
    Ok(outcomes)
}

/// Runs `work` on a table; what goes wrong there is undone, and the others go on. PostgreSQL's own error may show the
/// row, so only its SQLSTATE is passed on.
///
/// Errors: those of `work`; what PostgreSQL raises, under its SQLSTATE.
fn attempt<R>(table: &str, work: impl FnOnce() -> Result<R>) -> Result<R> {
    match subtransaction::attempt(work) {
        Ok(result) => result.map_err(|error| error.in_table(table)),
        Err(refusal) => Err(Error::TableRefused {
            table: table.to_owned(),
            refusal,
        }),
    }
}
