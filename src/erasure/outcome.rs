//! What was done to one object, and what stood in the way.

use crate::erasure::error::{Error, Result};
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
    /// What was done.
    pub fn done(object: &str, action: &'static str, rows: i64) -> Outcome {
        Outcome {
            object: object.to_owned(),
            action,
            rows,
            failure: None,
        }
    }

    /// Nothing was.
    pub fn failed(object: &str, failure: Error) -> Outcome {
        Outcome {
            object: object.to_owned(),
            action: "failed",
            rows: 0,
            failure: Some(failure),
        }
    }
}

/// Runs `work` on a table; what goes wrong there is undone, and the others go on. PostgreSQL's own error may show the
/// row, so only its SQLSTATE is passed on.
///
/// Errors: those of `work`; what PostgreSQL raises, under its SQLSTATE.
pub fn attempt<R>(table: &str, work: impl FnOnce() -> Result<R>) -> Result<R> {
    match subtransaction::attempt(work) {
        Ok(result) => result.map_err(|error| error.in_table(table)),
        Err(refusal) => Err(Error::TableRefused {
            table: table.to_owned(),
            refusal,
        }),
    }
}
