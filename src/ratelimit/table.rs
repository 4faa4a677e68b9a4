//! The table engine: state in `phone_crypt.rate_limits`, as part of the caller's transaction.
//!
//! A look without a lock comes first. Where the key is blocked or used up, that is the answer: a denial takes no
//! lock and writes nothing. Else the row is locked, the clock read again and the transition made anew on what the row
//! says now.

use pgrx::IntoDatum;
use phone_crypt_core::ratelimit::{Entry, KeyName, Row};
use std::sync::atomic::{AtomicU64, Ordering};

use super::memory;
use super::state::rows::{self, DURABLE};
use super::state::transition::Transition;
use super::storage::Storage;
use crate::pg::clock::now_us;
use crate::pg::interval::POSTGRES_EPOCH_US;
use crate::pg::statement::Statement;
use crate::pg::{Datum, Oid, oids};
use crate::ratelimit::error::Result;

const KEY: [Oid; 3] = [oids::TEXTOID, oids::INT2OID, oids::INT4OID];
const ROW: [Oid; 19] = [
    oids::TEXTOID,
    oids::INT2OID,
    oids::INT4OID,
    oids::INT4OID,
    oids::INT8OID,
    oids::TIMESTAMPTZOID,
    oids::INT2OID,
    oids::INT8OID,
    oids::INT8OID,
    oids::INT8OID,
    oids::INT8OID,
    oids::INT8OID,
    oids::INT8OID,
    oids::INT8OID,
    oids::INT4OID,
    oids::INT8OID,
    oids::INT8OID,
    oids::INT8OID,
    oids::TEXTOID,
];

thread_local! {
    static LOCK: Statement = const { Statement::new(
        c"SELECT r.* FROM phone_crypt.rate_limits AS r WHERE r.id OPERATOR(pg_catalog.=) $1 \
          AND r.kind OPERATOR(pg_catalog.=) $2 AND r.space OPERATOR(pg_catalog.=) $3 FOR UPDATE",
        &KEY,
    ) };
    static INSERT: Statement = const { Statement::new(
        c"INSERT INTO phone_crypt.rate_limits (id, kind, space, count, window_start, updated_at, algorithm, \
          window_us, start_us, cur, prev, tat_ns, quota, burst, violations, last_violation_us, \
          blocked_until_us, expires_us, engine) \
          VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19) \
          ON CONFLICT DO NOTHING",
        &ROW,
    ) };
    static UPDATE: Statement = const { Statement::new(
        c"UPDATE phone_crypt.rate_limits SET (count, window_start, updated_at, algorithm, window_us, \
          start_us, cur, prev, tat_ns, quota, burst, violations, last_violation_us, blocked_until_us, \
          expires_us, engine) = \
          ROW($4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19) \
          WHERE id OPERATOR(pg_catalog.=) $1 AND kind OPERATOR(pg_catalog.=) $2 \
            AND space OPERATOR(pg_catalog.=) $3",
        &ROW,
    ) };
}

/// A key and whether it belongs to a durable policy.
#[derive(Debug, Clone, Copy)]
pub struct TableKey<'a> {
    /// Its name.
    pub name: KeyName<'a>,
    /// Whether its row is marked as the table engine's for good.
    pub is_durable: bool,
}

/// Hits and denials of this backend, where there is no memory to share them in.
static OWN_HITS: AtomicU64 = AtomicU64::new(0);
static OWN_DENIALS: AtomicU64 = AtomicU64::new(0);

/// Counts a hit, if it was one.
pub fn count(storage: &Storage, denied: Option<bool>) {
    match (denied, storage.slots) {
        (None, _) => {}
        (Some(is_denied), Some(owner)) => memory::count(owner, is_denied),
        (Some(is_denied), None) => {
            OWN_HITS.fetch_add(1, Ordering::Relaxed);
            OWN_DENIALS.fetch_add(u64::from(is_denied), Ordering::Relaxed);
        }
    }
}

/// Hits and denials of this backend that are counted nowhere else.
pub fn own_counts() -> (u64, u64) {
    (
        OWN_HITS.load(Ordering::Relaxed),
        OWN_DENIALS.load(Ordering::Relaxed),
    )
}

/// Measures and replaces the state of one key.
pub fn replace<R>(
    storage: &Storage,
    key: TableKey<'_>,
    mut transition: impl FnMut(&Entry, i64) -> (Transition, R),
) -> Result<R> {
    let seen = rows::row_of(storage, key.name).map_or(Entry::EMPTY, |row| row.entry);
    let (kept, answer) = transition(&seen, now_us());
    if kept.entry.is_none() {
        return Ok(answer);
    }
    loop {
        let locked = lock(storage, key);
        let now_us = now_us();
        let (kept, answer) = transition(&locked.unwrap_or(Entry::EMPTY), now_us);
        let Some(entry) = kept.entry else {
            return Ok(answer);
        };
        let written = match locked {
            Some(_) => update(storage, key, &entry, now_us),
            // Somebody else may have been first: then there is a row to lock.
            None => insert(storage, key, &entry, now_us),
        };
        if written > 0 {
            return Ok(answer);
        }
    }
}

/// What the rows of these keys say, without a lock.
pub fn look(storage: &Storage, keys: &[TableKey<'_>]) -> Vec<Entry> {
    keys.iter()
        .map(|key| rows::row_of(storage, key.name).map_or(Entry::EMPTY, |row| row.entry))
        .collect()
}

/// Locks the rows of these keys, and makes those that are missing. All who lock several do it in the order of the
/// keys, so that nobody waits in a circle.
pub fn lock_all(storage: &Storage, keys: &[TableKey<'_>]) -> Vec<Entry> {
    let mut entries = vec![Entry::EMPTY; keys.len()];
    let mut order: Vec<usize> = (0..keys.len()).collect();
    order.sort_by_key(|index| keys[*index].name);
    for index in order {
        entries[index] = loop {
            if let Some(entry) = lock(storage, keys[index]) {
                break entry;
            }
            insert(storage, keys[index], &Entry::EMPTY, now_us());
        };
    }
    entries
}

/// Writes a row that has been locked.
pub fn write(storage: &Storage, key: TableKey<'_>, entry: &Entry, now_us: i64) {
    update(storage, key, entry, now_us);
}

fn lock(storage: &Storage, key: TableKey<'_>) -> Option<Entry> {
    let mut entry = None;
    LOCK.with(|lock| {
        lock.run(storage.owner, &name(key.name), |row| {
            entry = Some(rows::found_in(row).entry);
        })
    });
    entry
}

fn insert(storage: &Storage, key: TableKey<'_>, entry: &Entry, now_us: i64) -> u64 {
    let columns = columns(key, entry, now_us);
    INSERT.with(|insert| insert.run(storage.owner, &columns, |_| ()))
}

fn update(storage: &Storage, key: TableKey<'_>, entry: &Entry, now_us: i64) -> u64 {
    let columns = columns(key, entry, now_us);
    UPDATE.with(|update| update.run(storage.owner, &columns, |_| ()))
}

/// The columns of a name: bytes of the database's own encoding, as the text that they came from, kind and space.
fn name(name: KeyName<'_>) -> [Option<Datum>; 3] {
    [
        name.bytes.into_datum(),
        name.kind.number().into_datum(),
        name.space.into_datum(),
    ]
}

fn columns(key: TableKey<'_>, entry: &Entry, now_us: i64) -> [Option<Datum>; 19] {
    let row = Row::from_entry(entry, now_us);
    let [id, kind, space] = name(key.name);
    [
        id,
        kind,
        space,
        row.count.into_datum(),
        row.window_start_ms.into_datum(),
        (row.updated_us - POSTGRES_EPOCH_US).into_datum(),
        row.algorithm.into_datum(),
        row.window_us.into_datum(),
        row.start_us.into_datum(),
        row.current.into_datum(),
        row.previous.into_datum(),
        row.tat_ns.into_datum(),
        row.quota.into_datum(),
        row.burst.into_datum(),
        row.violations.into_datum(),
        row.last_violation_us.into_datum(),
        row.blocked_until_us.into_datum(),
        row.expires_us.into_datum(),
        key.is_durable.then_some(DURABLE).into_datum(),
    ]
}
