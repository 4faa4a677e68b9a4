//! One batch of a procedure that works through a registered column.

use pgrx::iter::TableIterator;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::{PgRelation, default, name, pg_extern};

use super::args::required;
use super::jobs::relation;
use crate::columns::batch::{self, Request};
use crate::error::Error;
use crate::text::{RawText, Text};

/// `phone_crypt.column_batch(work, leaf, column, after, batch_size[, writes[, arguments]])`: one row: the primary
/// key of the last row looked at, rows looked at, rows changed, and counts by name as JSON. Behind the column
/// procedures; `docs/migration.md` tells what each kind of work counts.
///
/// Errors: not the owner, 42501; not registered, no primary key, no key, 55000; unknown work, 22023; NULL, 22004;
/// what the table's constraints and triggers raise.
#[pg_extern(schema = "phone_crypt", volatile, parallel_unsafe)]
#[allow(clippy::type_complexity)]
fn column_batch(
    work: Option<Text<'_>>,
    leaf: Option<PgRelation>,
    column: Option<Text<'_>>,
    after: Option<Vec<String>>,
    batch_size: Option<i32>,
    writes: default!(Option<bool>, "true"),
    arguments: default!(Option<Vec<Option<String>>>, "'{}'"),
) -> std::result::Result<
    TableIterator<
        'static,
        (
            name!(last, Option<Vec<RawText>>),
            name!(seen, i32),
            name!(changed, i32),
            name!(counts, String),
        ),
    >,
    ErrorReport,
> {
    let report = batch::run(&Request {
        work: &required(work, "work")?,
        leaf: relation(leaf)?.oid(),
        column: &required(column, "column")?,
        after,
        size: batch_size.ok_or(Error::NullArgument("batch_size"))?,
        writes: writes.ok_or(Error::NullArgument("writes"))?,
        arguments: arguments.ok_or(Error::NullArgument("arguments"))?,
    })?;
    Ok(TableIterator::once((
        report.last,
        report.seen,
        report.changed,
        report.counts,
    )))
}
