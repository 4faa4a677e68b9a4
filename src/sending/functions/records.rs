//! What the views of decisions are made of.

// pgrx reads the columns from the type as it is written out.
#![allow(clippy::type_complexity, clippy::result_large_err)]

use pgrx::datum::TimestampWithTimeZone;
use pgrx::iter::TableIterator;
use pgrx::{name, pg_extern};
use phone_crypt_core::crypto::primitives::hex;

use crate::pg::ErrorReport;
use crate::sending::records::{self, Record};

type Row = (
    Option<TimestampWithTimeZone>,
    i32,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    bool,
    bool,
    String,
    Vec<String>,
);

fn row(record: &Record) -> Row {
    (
        TimestampWithTimeZone::try_from(record.at).ok(),
        record.space,
        record.hash.map(|hash| hex::text(&hash)),
        record.block.map(|block| hex::text(&block)),
        record.region_name(),
        record.line_type.map(|it| it.as_str().to_owned()),
        record.allowed,
        record.records_only,
        record.reason.as_str().to_owned(),
        record
            .warnings
            .iter()
            .map(|it| it.as_str().to_owned())
            .collect(),
    )
}

/// `phone_crypt.unwritten_send_decisions()`: this database's decisions since they were last written down.
///
/// Errors: no table of rate limits, 55000.
#[pg_extern(volatile, parallel_unsafe, schema = "phone_crypt")]
fn unwritten_send_decisions() -> std::result::Result<
    TableIterator<
        'static,
        (
            name!(at, Option<TimestampWithTimeZone>),
            name!(space, i32),
            name!(phone_hash, Option<String>),
            name!(block, Option<String>),
            name!(region, Option<String>),
            name!(type, Option<String>),
            name!(allowed, bool),
            name!(record_only, bool),
            name!(reason, String),
            name!(warnings, Vec<String>),
        ),
    >,
    ErrorReport,
> {
    let all = records::all(records::own_owner()?);
    let rows: Vec<Row> = all.iter().map(row).collect();
    Ok(TableIterator::new(rows))
}

/// `phone_crypt.take_send_decisions()`: the same, for whoever writes them down: they are gone from memory, unless the
/// transaction is rolled back.
///
/// Errors: as `unwritten_send_decisions`.
#[pg_extern(volatile, parallel_unsafe, schema = "phone_crypt")]
fn take_send_decisions() -> std::result::Result<
    TableIterator<
        'static,
        (
            name!(at, Option<TimestampWithTimeZone>),
            name!(space, i32),
            name!(phone_hash, Option<String>),
            name!(block, Option<String>),
            name!(region, Option<String>),
            name!(type, Option<String>),
            name!(allowed, bool),
            name!(record_only, bool),
            name!(reason, String),
            name!(warnings, Vec<String>),
        ),
    >,
    ErrorReport,
> {
    let rows: Vec<Row> = records::take()?.iter().map(row).collect();
    Ok(TableIterator::new(rows))
}

/// `phone_crypt.lost_send_decisions()`: decisions that found no room in memory, of all databases, since the server started.
#[pg_extern(volatile, parallel_unsafe, schema = "phone_crypt")]
fn lost_send_decisions() -> i64 {
    i64::try_from(records::lost()).unwrap_or(i64::MAX)
}
