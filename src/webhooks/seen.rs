//! The store of what was seen: a row a message, inserted in the caller's transaction.
//!
//! A ROLLBACK takes the row back, and the provider's retry is taken. Whoever brings the same message meanwhile waits for the
//! end of that transaction, as for every unique key. Rows that have expired are deleted by a background task, and where there
//! is none, a few at a time by those who insert.

use pgrx::{IntoDatum, PgSqlErrorCode};
use std::cell::Cell;

use super::error::{Error, Result};
use crate::pg::cached_table::CachedTable;
use crate::pg::statement::Statement;
use crate::pg::subtransaction::attempt;
use crate::pg::{Datum, Oid, TimestampTz, oids, process, relation, transaction};
use crate::settings::SCHEMA;

/// Only where it is is remembered, never its rows.
static SEEN: CachedTable = CachedTable::new(SCHEMA, c"webhook_seen");

/// How many messages a backend takes between two looks for rows that have expired.
const BETWEEN_CLEANUPS: u32 = 64;
/// How many rows it deletes then: twice as many as it has inserted, so that they do not pile up.
const FEW: i64 = 128;
/// How many rows the background task deletes in a transaction.
const MANY: i64 = 10_000;

thread_local! {
    static OWNER: Cell<Option<Oid>> = const { Cell::new(None) };
    static SINCE_CLEANUP: Cell<u32> = const { Cell::new(0) };
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
            SELECT s.ctid FROM phone_crypt.webhook_seen AS s WHERE s.expires_at OPERATOR(pg_catalog.<) $1 \
             ORDER BY s.expires_at LIMIT $2 FOR UPDATE SKIP LOCKED))",
        &[oids::TIMESTAMPTZOID, oids::INT8OID],
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
    let columns = [
        arrival.endpoint.into_datum(),
        arrival.message.as_slice().into_datum(),
        arrival.expires_at.into_datum(),
    ];
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

/// Deletes a few rows that have expired, at every so many calls. For who has inserted one where no task does it.
///
/// Errors: no such table, 55000.
pub fn delete_few_now_and_then(now: TimestampTz) -> Result<()> {
    let count = SINCE_CLEANUP.get() + 1;
    SINCE_CLEANUP.set(count % BETWEEN_CLEANUPS);
    // One snapshot may show rows that are gone, which would be an error.
    if count >= BETWEEN_CLEANUPS && !transaction::has_one_snapshot() {
        delete(owner()?, now, FEW);
    }
    Ok(())
}

fn delete(owner: Oid, now: TimestampTz, limit: i64) -> u64 {
    let arguments = [now.into_datum(), limit.into_datum()];
    DELETE_EXPIRED.with(|delete| delete.run(owner, &arguments, |_| ()))
}

/// Deletes rows that have expired and that nobody has locked. Whether there may be more.
pub fn delete_expired() -> bool {
    let deleted = owner().map(|owner| delete(owner, process::now(), MANY));
    deleted.is_ok_and(|deleted| deleted >= MANY.unsigned_abs())
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
