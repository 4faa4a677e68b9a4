//! Erasure: every trace of a number from what the extension knows of, and rows whose time is over.
//!
//! `number` tells whether something stored is the number; `columns` goes through a registered column, `limits`
//! through rate limits with their lists and blocks; `purge` is one batch of what retention periods ask for.

mod columns;
mod limits;
mod number;
pub mod purge;
mod target;

pub use number::Number;

use crate::columns::registry;
use crate::error::Result;

/// What was done to one object.
pub struct Outcome {
    /// A registered column as `table.column`, or a table of the extension's own.
    pub object: String,
    /// What was done.
    pub action: &'static str,
    /// To how many rows.
    pub rows: i64,
}

/// Removes every trace of the number. Rate limits in shared memory come last: what is forgotten there stays
/// forgotten whatever becomes of the transaction.
///
/// Errors: a table that may not be changed, with PostgreSQL's own SQLSTATE; a key that is not configured, or rows
/// that stay, 55000; whatever stands in the way of rate limits, as `ratelimit_reset` and `ratelimit_flush`.
pub fn forget(number: &Number) -> Result<Vec<Outcome>> {
    let mut outcomes = Vec::new();
    for column in registry::all() {
        if target::is_there(column.relation) {
            outcomes.extend(columns::forget(&column, number)?);
        }
    }
    outcomes.sort_by(|one, other| one.object.cmp(&other.object));
    outcomes.extend(limits::forget(number)?);
    Ok(outcomes)
}
