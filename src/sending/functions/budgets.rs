//! What the views of budgets are made of.

// pgrx reads the columns from the type as it is written out.
#![allow(clippy::type_complexity, clippy::result_large_err)]

use pgrx::datum::TimestampWithTimeZone;
use pgrx::iter::TableIterator;
use pgrx::{name, pg_extern};

use crate::pg::ErrorReport;
use crate::pg::interval::to_timestamp;
use crate::sending::budgets;

/// `phone_crypt.send_budget_states()`: what is spent of each budget, in millionths.
///
/// Errors: no engine, or no table of rate limits, 55000.
#[pg_extern(volatile, parallel_unsafe, schema = "phone_crypt")]
fn send_budget_states() -> std::result::Result<
    TableIterator<
        'static,
        (
            name!(policy, String),
            name!(budget, String),
            name!(region, Option<String>),
            name!(spent, i64),
            name!(amount, i64),
            name!(resets_at, Option<TimestampWithTimeZone>),
        ),
    >,
    ErrorReport,
> {
    let rows = budgets::all()?.into_iter().map(|it| {
        let resets_at = to_timestamp(it.resets_us);
        (
            it.policy,
            it.budget.to_owned(),
            it.region,
            it.spent,
            it.amount,
            resets_at,
        )
    });
    Ok(TableIterator::new(rows.collect::<Vec<_>>()))
}
