//! Writing a batch of slots into the table, without waiting for anybody's row.
//!
//! A batch is one statement. Where it would have to wait for a row, it fails at once (`lock_timeout`). Then the rows
//! that nobody holds are picked out and written, and the others stay dirty until the next flush. A batch that fails
//! for any other reason is halved, so that a row that cannot be written is left alone in the end.

use pgrx::{IntoDatum, PgSqlErrorCode};
use phone_crypt_core::ratelimit::{KeyKind, KeyName, Owner, Row, Snapshot};
use std::collections::HashSet;

use super::shmem::lock;
use super::table_lock::in_table;
use crate::pg::interval::POSTGRES_EPOCH_US;
use crate::pg::statement::Statement;
use crate::pg::table_scan::has_any_version;
use crate::pg::worker::attempt;
use crate::pg::{Datum, Oid, oids};
use crate::pg::{arrays, sqlstate};
use crate::ratelimit::state::rows::{KIND, SPACE};
use crate::ratelimit::state::state_table::StateTable;
use crate::worker::beat;

/// What a slot held when it was copied.
pub struct Copied {
    /// The text of its key.
    pub key: Vec<u8>,
    /// The kind of its key.
    pub kind: KeyKind,
    /// The space of its key.
    pub space: i32,
    /// Its state.
    pub row: Row,
    /// What to mark as clean.
    pub snapshot: Snapshot,
    /// Where.
    pub partition: usize,
}

impl Copied {
    fn name(&self) -> KeyName<'_> {
        KeyName {
            bytes: &self.key,
            kind: self.kind,
            space: self.space,
        }
    }
}

const ARRAYS: [Oid; 18] = [
    oids::TEXTARRAYOID,
    oids::INT2ARRAYOID,
    oids::INT4ARRAYOID,
    oids::INT4ARRAYOID,
    oids::INT8ARRAYOID,
    oids::INT8ARRAYOID,
    oids::INT2ARRAYOID,
    oids::INT8ARRAYOID,
    oids::INT8ARRAYOID,
    oids::INT8ARRAYOID,
    oids::INT8ARRAYOID,
    oids::INT8ARRAYOID,
    oids::INT8ARRAYOID,
    oids::INT8ARRAYOID,
    oids::INT4ARRAYOID,
    oids::INT8ARRAYOID,
    oids::INT8ARRAYOID,
    oids::INT8ARRAYOID,
];

thread_local! {
    /// Rows of durable policies are the table engine's. (`updated_at` comes as microseconds since 2000.)
    static UPSERT: Statement = const { Statement::new(
        c"INSERT INTO phone_crypt.rate_limits AS r (id, kind, space, count, window_start, updated_at, algorithm, \
          window_us, start_us, cur, prev, tat_ns, quota, burst, violations, last_violation_us, \
          blocked_until_us, expires_us) \
          SELECT id, kind, space, count, window_start, '2000-01-01 00:00:00+00'::timestamptz \
                 + updated * interval '1 microsecond', algorithm, window_us, start_us, cur, prev, \
                 tat_ns, quota, burst, violations, last_violation_us, blocked_until_us, expires_us \
            FROM ROWS FROM (unnest($1), unnest($2), unnest($3), unnest($4), unnest($5), unnest($6), \
                 unnest($7), unnest($8), unnest($9), unnest($10), unnest($11), unnest($12), \
                 unnest($13), unnest($14), unnest($15), unnest($16), unnest($17), unnest($18)) \
              AS s (id, kind, space, count, window_start, updated, algorithm, window_us, start_us, cur, prev, \
                    tat_ns, quota, burst, violations, last_violation_us, blocked_until_us, expires_us) \
          ON CONFLICT (id, kind, space) DO UPDATE SET count = excluded.count, window_start = excluded.window_start, \
              updated_at = excluded.updated_at, algorithm = excluded.algorithm, \
              window_us = excluded.window_us, start_us = excluded.start_us, cur = excluded.cur, \
              prev = excluded.prev, tat_ns = excluded.tat_ns, quota = excluded.quota, \
              burst = excluded.burst, violations = excluded.violations, \
              last_violation_us = excluded.last_violation_us, \
              blocked_until_us = excluded.blocked_until_us, expires_us = excluded.expires_us, \
              engine = NULL \
          WHERE r.engine IS DISTINCT FROM 'table'",
        &ARRAYS,
    ) };
    static LOCK: Statement = const { Statement::new(
        c"SELECT r.id, r.kind, r.space FROM phone_crypt.rate_limits AS r WHERE r.id OPERATOR(pg_catalog.=) ANY ($1) \
          FOR UPDATE SKIP LOCKED",
        &[oids::TEXTARRAYOID],
    ) };
}

/// How often writing may fail, other than for a row that is held, before a flush is given up.
const MOST_ERRORS: u32 = 200;

/// Writes what a flush has found.
pub struct Writer {
    owner: Owner,
    /// Whether some rows could not be written: somebody holds them, or they were refused.
    pub is_any_left: bool,
    errors: u32,
}

impl Writer {
    /// For a flush of one owner.
    pub fn new(owner: Owner) -> Writer {
        Writer {
            owner,
            is_any_left: false,
            errors: 0,
        }
    }

    /// Writes a batch and empties it; slots that the table then has are marked as clean. False if there is no going
    /// on: the table could not be locked, or writing fails again and again.
    pub fn write(&mut self, batch: &mut Vec<Copied>) -> bool {
        // In the order of the index, so that each of its pages is visited once.
        batch.sort_unstable_by(|one, other| one.name().cmp(&other.name()));
        let all: Vec<Copied> = std::mem::take(batch);
        let all: Vec<&Copied> = all.iter().collect();
        let mut to_write = vec![&all[..]];
        while let Some(rows) = to_write.pop() {
            if rows.is_empty() {
                continue;
            }
            beat();
            match self.attempt(|table| upsert(table, rows)) {
                Ok(Some(())) => mark_flushed(rows),
                Ok(None) => return false,
                Err(PgSqlErrorCode::ERRCODE_LOCK_NOT_AVAILABLE) => self.write_free(rows),
                Err(code) => {
                    self.note(code);
                    match rows.len() {
                        1 => self.is_any_left = true,
                        many => {
                            let (first, second) = rows.split_at(many / 2);
                            to_write.extend([second, first]);
                        }
                    }
                    if self.errors > MOST_ERRORS {
                        return false;
                    }
                }
            }
        }
        true
    }

    /// Writes those of a batch that nobody holds. Should somebody come in between, all of them wait for the next flush.
    fn write_free(&mut self, rows: &[&Copied]) {
        let written = self.attempt(|table| {
            let free = free(table, rows);
            upsert(table, &free);
            free
        });
        match written {
            Ok(Some(free)) => {
                mark_flushed(&free);
                self.is_any_left |= free.len() < rows.len();
            }
            _ => self.is_any_left = true,
        }
    }

    fn attempt<R>(&self, run: impl FnOnce(&StateTable) -> R) -> Result<Option<R>, PgSqlErrorCode> {
        attempt(|| in_table(self.owner, run))
    }

    /// Says once a flush why something could not be written.
    fn note(&mut self, code: PgSqlErrorCode) {
        if self.errors == 0 {
            pgrx::log!(
                "phone_crypt: rate limits could not be written: SQLSTATE {}",
                sqlstate::text(code as i32)
            );
        }
        self.errors += 1;
    }
}

/// Those whose rows can be written without waiting: their row could be locked, or they have none in any state.
fn free<'a>(table: &StateTable, rows: &[&'a Copied]) -> Vec<&'a Copied> {
    let mut locked: HashSet<(Vec<u8>, i16, i32)> = HashSet::new();
    LOCK.with(|lock| {
        lock.run(table.owner, &[texts(rows)], |row| {
            if let (Some(key), Some(kind), Some(space)) = (row.get(1), row.get(2), row.get(3)) {
                locked.insert((key, kind, space));
            }
        })
    });
    let mut free = rows.to_vec();
    free.retain(|row| {
        let is_locked = locked.contains(&(row.key.clone(), row.kind.number(), row.space));
        is_locked || !has_version(table, row.name())
    });
    free
}

fn upsert(table: &StateTable, rows: &[&Copied]) {
    UPSERT.with(|upsert| upsert.run(table.owner, &arrays(rows), |_| ()));
}

fn mark_flushed(rows: &[&Copied]) {
    for copied in rows {
        lock(copied.partition).mark_flushed(&copied.snapshot, copied.name());
    }
}

fn arrays(batch: &[&Copied]) -> [Option<Datum>; 18] {
    let kinds: Vec<i16> = batch.iter().map(|copied| copied.kind.number()).collect();
    let spaces: Vec<i32> = batch.iter().map(|copied| copied.space).collect();
    [
        texts(batch),
        kinds.into_datum(),
        spaces.into_datum(),
        column(batch, |row| row.count),
        column(batch, |row| row.window_start_ms),
        column(batch, |row| row.updated_us - POSTGRES_EPOCH_US),
        column(batch, |row| row.algorithm),
        column(batch, |row| row.window_us),
        column(batch, |row| row.start_us),
        column(batch, |row| row.current),
        column(batch, |row| row.previous),
        column(batch, |row| row.tat_ns),
        column(batch, |row| row.quota),
        column(batch, |row| row.burst),
        column(batch, |row| row.violations),
        column(batch, |row| row.last_violation_us),
        column(batch, |row| row.blocked_until_us),
        column(batch, |row| row.expires_us),
    ]
}

fn column<T>(batch: &[&Copied], of: impl Fn(&Row) -> T) -> Option<Datum>
where
    Vec<T>: IntoDatum,
{
    batch
        .iter()
        .map(|copied| of(&copied.row))
        .collect::<Vec<T>>()
        .into_datum()
}

/// The keys as text[]. They are in the database's own encoding, whatever that is.
fn texts(batch: &[&Copied]) -> Option<Datum> {
    arrays::texts(batch.iter().map(|copied| Some(copied.key.as_slice())))
}

/// Whether the key has a row in any state, also one that nobody else can see yet.
fn has_version(table: &StateTable, name: KeyName<'_>) -> bool {
    has_any_version(
        table.oid,
        table.index,
        name.bytes,
        (KIND as i16, name.kind.number()),
        (SPACE as i16, name.space),
    )
}
