//! The table engine: state in `phone_crypt.rate_limits`, as part of the caller's transaction.
//!
//! A look without a lock comes first. Where the key is blocked or used up, that is the answer: a denial takes no
//! lock and writes nothing. Else the row is locked, the clock read again and the transition made anew on what the row
//! says now.

use phone_crypt_core::ratelimit::{Entry, KeyName, Row};
use std::sync::atomic::{AtomicU64, Ordering};

use super::memory;
use super::state::columns::{self, list};
use super::state::rows::{self, DURABLE};
use super::state::transition::Transition;
use super::storage::Storage;
use crate::pg::Datum;
use crate::pg::clock::now_us;
use crate::pg::statement::Statement;
use crate::ratelimit::error::Result;

thread_local! {
    static LOCK: Statement = const { Statement::made(
        || format!("SELECT r.* FROM phone_crypt.rate_limits AS r WHERE {IS_THE_KEY} FOR UPDATE"),
        &columns::KEY_TYPES,
    ) };
    static INSERT: Statement = const { Statement::made(
        || format!(
            "INSERT INTO phone_crypt.rate_limits ({}, engine) VALUES ({}) ON CONFLICT DO NOTHING",
            columns::names(),
            list(1..=columns::TYPES.len(), |number| format!("${number}"))
        ),
        &columns::TYPES,
    ) };
    static UPDATE: Statement = const { Statement::made(
        || format!(
            "UPDATE phone_crypt.rate_limits AS r SET ({}, engine) = ROW({}) WHERE {IS_THE_KEY}",
            list(columns::changing(), str::to_owned),
            list(4..=columns::TYPES.len(), |number| format!("${number}"))
        ),
        &columns::TYPES,
    ) };
}

const IS_THE_KEY: &str = "r.id OPERATOR(pg_catalog.=) $1 AND r.kind OPERATOR(pg_catalog.=) $2 \
     AND r.space OPERATOR(pg_catalog.=) $3";

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
        lock.run(storage.owner, &columns::key_values(key.name), |row| {
            entry = Some(rows::found_in(row).entry);
        })
    });
    entry
}

fn insert(storage: &Storage, key: TableKey<'_>, entry: &Entry, now_us: i64) -> u64 {
    let values = values(key, entry, now_us);
    INSERT.with(|insert| insert.run(storage.owner, &values, |_| ()))
}

fn update(storage: &Storage, key: TableKey<'_>, entry: &Entry, now_us: i64) -> u64 {
    let values = values(key, entry, now_us);
    UPDATE.with(|update| update.run(storage.owner, &values, |_| ()))
}

fn values(key: TableKey<'_>, entry: &Entry, now_us: i64) -> [Option<Datum>; columns::TYPES.len()] {
    let row = Row::from_entry(entry, now_us);
    columns::values(key.name, &row, key.is_durable.then_some(DURABLE))
}
