//! Writing a batch of slots into the table, in a transaction of its own.

use pgrx::{IntoDatum, pg_sys};
use phone_crypt_core::ratelimit::{Owner, Row, Snapshot};

use super::shmem::lock;
use super::table_lock::in_table;
use crate::span::POSTGRES_EPOCH_US;
use crate::statement::Statement;

/// What a slot held when it was copied.
pub struct Copied {
    /// Its key.
    pub key: Vec<u8>,
    /// Its state.
    pub row: Row,
    /// What to mark as clean.
    pub snapshot: Snapshot,
    /// Where.
    pub partition: usize,
}

const ARRAYS: [pg_sys::Oid; 16] = [
    pg_sys::TEXTARRAYOID,
    pg_sys::INT4ARRAYOID,
    pg_sys::INT8ARRAYOID,
    pg_sys::INT8ARRAYOID,
    pg_sys::INT2ARRAYOID,
    pg_sys::INT8ARRAYOID,
    pg_sys::INT8ARRAYOID,
    pg_sys::INT8ARRAYOID,
    pg_sys::INT8ARRAYOID,
    pg_sys::INT8ARRAYOID,
    pg_sys::INT4ARRAYOID,
    pg_sys::INT4ARRAYOID,
    pg_sys::INT4ARRAYOID,
    pg_sys::INT8ARRAYOID,
    pg_sys::INT8ARRAYOID,
    pg_sys::INT8ARRAYOID,
];

thread_local! {
    /// Rows of durable policies are the table engine's. (`updated_at` comes as microseconds since 2000.)
    static UPSERT: Statement = const { Statement::new(
        c"INSERT INTO phone_crypt.rate_limits AS r (id, count, window_start, updated_at, algorithm, \
          window_us, start_us, cur, prev, tat_ns, quota, burst, violations, last_violation_us, \
          blocked_until_us, expires_us) \
          SELECT id, count, window_start, '2000-01-01 00:00:00+00'::timestamptz \
                 + updated * interval '1 microsecond', algorithm, window_us, start_us, cur, prev, \
                 tat_ns, quota, burst, violations, last_violation_us, blocked_until_us, expires_us \
            FROM ROWS FROM (unnest($1), unnest($2), unnest($3), unnest($4), unnest($5), unnest($6), \
                 unnest($7), unnest($8), unnest($9), unnest($10), unnest($11), unnest($12), \
                 unnest($13), unnest($14), unnest($15), unnest($16)) \
              AS s (id, count, window_start, updated, algorithm, window_us, start_us, cur, prev, tat_ns, \
                    quota, burst, violations, last_violation_us, blocked_until_us, expires_us) \
          ON CONFLICT (id) DO UPDATE SET count = excluded.count, window_start = excluded.window_start, \
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
}

/// Writes a batch, and marks its slots as clean when that is committed. False if the table could not be had.
pub fn write(owner: Owner, batch: &mut Vec<Copied>) -> bool {
    if batch.is_empty() {
        return true;
    }
    // In the order of the index, so that each of its pages is visited once.
    batch.sort_unstable_by(|one, other| one.key.cmp(&other.key));
    let rows: &[Copied] = batch;
    let written = in_table(owner, |table_owner| {
        let arguments = arrays(rows);
        UPSERT.with(|upsert| upsert.run(table_owner, &arguments, |_| ()));
    });
    if written.is_none() {
        return false;
    }
    for copied in batch.drain(..) {
        lock(copied.partition).mark_flushed(&copied.snapshot, &copied.key);
    }
    true
}

fn arrays(batch: &[Copied]) -> [Option<pg_sys::Datum>; 16] {
    [
        texts(batch),
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

fn column<T>(batch: &[Copied], of: impl Fn(&Row) -> T) -> Option<pg_sys::Datum>
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
fn texts(batch: &[Copied]) -> Option<pg_sys::Datum> {
    let mut keys: Vec<pg_sys::Datum> = batch
        .iter()
        .filter_map(|copied| copied.key.as_slice().into_datum())
        .collect();
    // SAFETY: as many datums of type text as the length says; text has no fixed length, is passed by reference and
    // aligned to int.
    let array = unsafe {
        pg_sys::construct_array(
            keys.as_mut_ptr(),
            keys.len() as i32,
            pg_sys::TEXTOID,
            -1,
            false,
            pg_sys::TYPALIGN_INT as std::ffi::c_char,
        )
    };
    Some(pg_sys::Datum::from(array))
}
