//! Rows of the legacy application go into the engine of rate limits.
//!
//! With the table engine the counts and the deletion of the rows are one transaction. Memory has none: there the
//! rows are deleted first, then the counts are added and flushed to the table, and then the caller commits. Whoever
//! kills the server between flush and commit has that batch counted twice: more strictly, never more laxly.

use phone_crypt_core::ratelimit::{LegacyRow, MergeRule};

use super::batch::Batch;
use super::counts::Counts;
use super::in_place::{Locked, lock};
use super::table::{LegacyTable, Met};
use crate::legacy::error::{Error, Result};
use crate::pg::setting_switch::BatchSettings;
use crate::pg::statement;
use crate::pg::user::as_owner;
use crate::pg::{Oid, TupleId};
use crate::ratelimit;

/// Moves a batch. Gives how many rows it met, where it ended, and what it did.
///
/// Errors: not the table's owner, 42501; not such a table, no key, a ring that differs from the pin, or no engine,
/// 55000; a trigger that keeps rows, 27000; out of slots, 53400.
pub fn move_into_engine(table: Oid, batch: &Batch) -> Result<(u64, Option<TupleId>, Counts)> {
    let Locked {
        rows,
        last,
        seen,
        mut counts,
    } = take(table, batch)?;
    let rule = MergeRule {
        as_of_us: batch.as_of_us,
        window_us: batch.window_us,
        most: i64::from(i32::MAX),
    };
    for group in rows.chunk_by(|one, other| one.key == other.key) {
        let live = add_live(&rule, group)?;
        counts.moved += live;
        counts.expired += group.len() as u64 - live;
    }
    ratelimit::flush()?;
    Ok((seen, last, counts))
}

/// Locks the rows of a batch and deletes those that have a key.
fn take(table: Oid, batch: &Batch) -> Result<Locked> {
    let in_their_name = as_owner(table)?;
    let _settings = BatchSettings::apply();
    statement::fire_deferred_triggers_at_once(&in_their_name);
    let table = LegacyTable::of(table)?;
    let locked = lock(&table, batch)?;
    let places: Vec<TupleId> = locked.rows.iter().map(|met| met.place).collect();
    table.delete(&places)?;
    Ok(locked)
}

/// Adds those rows of one key whose windows are not over. How many they were.
fn add_live(rule: &MergeRule, group: &[Met<Vec<u8>>]) -> Result<u64> {
    let rows = group.iter().map(|met| met.row);
    let live: Vec<LegacyRow> = rows.filter(|row| rule.is_live(row)).collect();
    let Some(row) = live
        .iter()
        .copied()
        .reduce(|into, from| rule.merge(&into, &from))
    else {
        return Ok(0);
    };
    let key = &group[0].key;
    match add_row(key, &row, rule.window_us) {
        // What was added before is all that fills the slots: once it is in the table there is room again.
        Err(Error::Ratelimit(ratelimit::error::Error::NoSlot)) => {
            ratelimit::flush()?;
            add_row(key, &row, rule.window_us)?;
        }
        answer => {
            answer?;
        }
    }
    Ok(live.len() as u64)
}

fn add_row(key: &[u8], row: &LegacyRow, window_us: i64) -> Result<bool> {
    let count = row.count.clamp(0, i64::from(i32::MAX));
    let start_us = row.window_start_ms.saturating_mul(1000);
    Ok(ratelimit::add_window(key, count, start_us, window_us)?)
}
