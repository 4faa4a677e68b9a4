//! Writing a batch of slots into the table, without waiting for anybody's row.
//!
//! A batch is one statement. Where it would have to wait for a row, it fails at once (`lock_timeout`). Then the rows
//! that nobody holds are picked out and written, and the others stay dirty until the next flush. A batch that fails
//! for any other reason is halved, so that a row that cannot be written is left alone in the end.

use pgrx::PgSqlErrorCode;
use phone_crypt_core::ratelimit::{KeyKind, KeyName, Owner, Row, Snapshot};
use std::collections::HashSet;

use super::shmem::lock;
use super::table_lock::in_table;
use crate::pg::statement::Statement;
use crate::pg::table_scan::has_any_version;
use crate::pg::worker::attempt;
use crate::pg::{oids, sqlstate};
use crate::ratelimit::state::columns::{self, KEY, KIND, SPACE, list};
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

thread_local! {
    static UPSERT: Statement = const { Statement::made(upsert_sql, &columns::ARRAY_TYPES) };
    static LOCK: Statement = const { Statement::new(
        c"SELECT r.id, r.kind, r.space FROM phone_crypt.rate_limits AS r WHERE r.id OPERATOR(pg_catalog.=) ANY ($1) \
          FOR UPDATE SKIP LOCKED",
        &[oids::TEXTARRAYOID],
    ) };
}

/// Rows of durable policies are the table engine's.
fn upsert_sql() -> String {
    format!(
        "INSERT INTO phone_crypt.rate_limits AS r ({names}) \
         SELECT {names} FROM ROWS FROM ({arrays}) AS s ({names}) \
             ON CONFLICT ({KEY}) DO UPDATE SET ({changing}, engine) = ROW({excluded}, NULL) \
          WHERE r.engine IS DISTINCT FROM 'table'",
        names = columns::names(),
        arrays = list(1..=columns::COUNT, |number| format!("unnest(${number})")),
        changing = list(columns::changing(), str::to_owned),
        excluded = list(columns::changing(), |name| format!("excluded.{name}")),
    )
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
        lock.run(
            table.owner,
            &[columns::ids(rows.iter().map(|row| row.name()))],
            |row| {
                if let (Some(key), Some(kind), Some(space)) = (row.get(1), row.get(2), row.get(3)) {
                    locked.insert((key, kind, space));
                }
            },
        )
    });
    let mut free = rows.to_vec();
    free.retain(|row| {
        let is_locked = locked.contains(&(row.key.clone(), row.kind.number(), row.space));
        is_locked || !has_version(table, row.name())
    });
    free
}

fn upsert(table: &StateTable, rows: &[&Copied]) {
    let rows: Vec<_> = rows.iter().map(|row| (row.name(), &row.row)).collect();
    UPSERT.with(|upsert| upsert.run(table.owner, &columns::arrays(&rows), |_| ()));
}

fn mark_flushed(rows: &[&Copied]) {
    for copied in rows {
        lock(copied.partition).mark_flushed(&copied.snapshot, copied.name());
    }
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
