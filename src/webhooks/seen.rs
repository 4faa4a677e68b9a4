//! The store of what was seen: a row a message, inserted in the caller's transaction.
//!
//! A ROLLBACK takes the row back, and the provider's retry is taken. Whoever brings the same message meanwhile waits for the
//! end of that transaction, as for every unique key. Rows that have expired are deleted by a background task, and where there
//! is none, a few at a time by those who insert. Both go through pages of the table: an index on the time would cost each
//! message a tenth of what it takes, and each page is looked at seldom.

use pgrx::itemptr::item_pointer_set_all;
use pgrx::{IntoDatum, PgSqlErrorCode};
use phone_crypt_core::webhook::pages_of_run;
use std::cell::Cell;
use std::ops::Range;
use std::time::Duration;

use super::error::{Error, Result};
use crate::pg::cached_table::CachedTable;
use crate::pg::statement::Statement;
use crate::pg::subtransaction::attempt;
use crate::pg::unique_insert::{Value, insert_new};
use crate::pg::{Datum, Oid, TimestampTz, TupleId, oids, process, relation, transaction};
use crate::settings::SCHEMA;

/// Only where it is is remembered, never its rows.
static SEEN: CachedTable = CachedTable::new(SCHEMA, c"webhook_seen");

/// How many messages a backend takes between two looks for rows that have expired.
const BETWEEN_CLEANUPS: u32 = 64;
/// How many pages it goes through then, each with more rows than it has inserted.
const FEW_PAGES: u32 = 8;
/// How many pages the background task goes through in a transaction.
const MANY_PAGES: u32 = 128;

thread_local! {
    static OWNER: Cell<Option<Oid>> = const { Cell::new(None) };
    static SINCE_CLEANUP: Cell<Option<u32>> = const { Cell::new(None) };
    static INSERT: Statement = const { Statement::new(
        c"INSERT INTO phone_crypt.webhook_seen (endpoint, message, expires_at) VALUES ($1, $2, $3) \
          ON CONFLICT DO NOTHING",
        &[oids::INT4OID, oids::BYTEAOID, oids::TIMESTAMPTZOID],
    ) };
    static INSERT_OR_FAIL: Statement = const { Statement::new(
        c"INSERT INTO phone_crypt.webhook_seen (endpoint, message, expires_at) VALUES ($1, $2, $3)",
        &[oids::INT4OID, oids::BYTEAOID, oids::TIMESTAMPTZOID],
    ) };
    static DELETE_EXPIRED: Statement = const { Statement::new(
        c"DELETE FROM phone_crypt.webhook_seen WHERE ctid OPERATOR(pg_catalog.=) ANY (ARRAY(\
            SELECT s.ctid FROM phone_crypt.webhook_seen AS s \
             WHERE s.ctid OPERATOR(pg_catalog.>=) $2 AND s.ctid OPERATOR(pg_catalog.<) $3 \
               AND s.expires_at OPERATOR(pg_catalog.<) $1 FOR UPDATE SKIP LOCKED))",
        &[oids::TIMESTAMPTZOID, oids::TIDOID, oids::TIDOID],
    ) };
    static ANY: Statement = const { Statement::new(
        c"SELECT FROM phone_crypt.webhook_seen LIMIT 1",
        &[],
    ) };
}

/// A message that has come in.
pub struct Arrival {
    /// The endpoint's number.
    pub endpoint: i32,
    /// What tells the message from every other one of the endpoint.
    pub message: [u8; 32],
    /// Until when it must be known.
    pub expires_at: TimestampTz,
}

/// Whether the message is the first of its kind. Waits for a transaction in progress that has brought the same one.
///
/// Errors: no such table, 55000.
pub fn insert(arrival: &Arrival) -> Result<bool> {
    let owner = owner()?;
    let values = [
        Value::integer(arrival.endpoint),
        Value::bytes(&arrival.message),
        Value::time(arrival.expires_at),
    ];
    if insert_new(SEEN.oid(), &values) {
        return Ok(true);
    }
    let columns = values.map(Value::datum);
    // There is one, or may be: the statement waits, and knows.
    if transaction::has_one_snapshot() {
        return insert_or_fail(owner, &columns);
    }
    Ok(INSERT.with(|insert| insert.run(owner, &columns, |_| ())) > 0)
}

/// In a transaction that sees the same rows however often it looks, ON CONFLICT raises an error for a row that it does not
/// see. A unique key of itself looks at what there is now.
fn insert_or_fail(owner: Oid, columns: &[Option<Datum>]) -> Result<bool> {
    let inserted = attempt(|| {
        Ok::<u64, Error>(INSERT_OR_FAIL.with(|insert| insert.run(owner, columns, |_| ())))
    });
    match inserted {
        Ok(inserted) => inserted.map(|_| true),
        Err(refusal) if refusal.code == PgSqlErrorCode::ERRCODE_UNIQUE_VIOLATION => Ok(false),
        Err(refusal) => Err(Error::NotStored(refusal)),
    }
}

/// Deletes rows that have expired from a few pages, at every so many calls. For who has inserted one where no task does it.
///
/// Errors: no such table, 55000.
pub fn delete_few_now_and_then(now: TimestampTz) -> Result<()> {
    // Processes that end before they have counted so far begin at different numbers.
    let count = SINCE_CLEANUP.get().unwrap_or(process::id()) % BETWEEN_CLEANUPS + 1;
    SINCE_CLEANUP.set(Some(count));
    // One snapshot may show rows that are gone, which would be an error.
    if count == BETWEEN_CLEANUPS && !transaction::has_one_snapshot() {
        let owner = owner()?;
        // Somewhere: nobody knows where others have been.
        let places = relation::pages(SEEN.oid()).saturating_sub(FEW_PAGES) + 1;
        let first = (now.unsigned_abs() % u64::from(places)) as u32;
        delete(owner, now, &(first..first + FEW_PAGES));
    }
    Ok(())
}

fn delete(owner: Oid, now: TimestampTz, pages: &Range<u32>) {
    let start = |page: u32| {
        let mut place = TupleId::default();
        item_pointer_set_all(&mut place, page, 0);
        place.into_datum()
    };
    let arguments = [now.into_datum(), start(pages.start), start(pages.end)];
    DELETE_EXPIRED.with(|delete| delete.run(owner, &arguments, |_| ()));
}

/// The pages that a run of the background task goes through, of the run at this time.
pub fn pages_of_a_run(interval: Duration) -> Range<u32> {
    if owner().is_err() {
        return 0..0;
    }
    let run = i128::from(process::now()) / interval.as_micros().max(1).cast_signed();
    pages_of_run(relation::pages(SEEN.oid()), run as i64)
}

/// The same in portions, each for a transaction of its own.
pub fn portions(pages: Range<u32>) -> impl Iterator<Item = Range<u32>> {
    let end = pages.end;
    pages
        .step_by(MANY_PAGES as usize)
        .map(move |first| first..end.min(first.saturating_add(MANY_PAGES)))
}

/// Deletes rows in these pages that have expired and that nobody has locked.
pub fn delete_expired(pages: &Range<u32>) {
    if let Ok(owner) = owner() {
        delete(owner, process::now(), pages);
    }
}

/// Whether there is a row that will expire.
pub fn is_any_left() -> bool {
    let any = owner().map(|owner| ANY.with(|any| any.run(owner, &[], |_| ())));
    any.is_ok_and(|rows| rows > 0)
}

fn owner() -> Result<Oid> {
    if SEEN.is_valid()
        && let Some(owner) = OWNER.get()
    {
        return Ok(owner);
    }
    let table = SEEN.watch().ok_or(Error::NoTable("webhook_seen"))?;
    SEEN.mark_valid();
    let (owner, _) = relation::owner_and_name(table);
    OWNER.set(Some(owner));
    Ok(owner)
}
