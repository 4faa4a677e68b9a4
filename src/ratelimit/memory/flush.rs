//! The flush, a background task: what the table does not have of the slots is written to it.

use pgrx::bgworkers::BackgroundWorker;
use phone_crypt_core::ratelimit::{Owner, Row, Slot, Snapshot};
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::hits::PART;
use super::owners::{self, entry};
use super::shmem::{layout, lock};
use super::table_lock::in_table;
use super::writer::{Copied, Writer};
use super::{hits, loader};
use crate::pg::clock::now_us;
use crate::pg::{Oid, worker};
use crate::ratelimit::state::engine::{Engine, is_in_force};
use crate::ratelimit::state::state_table::RATE_LIMITS;
use crate::settings;
use crate::worker::{Job, Seen, Task, Urgency, beat};

/// Rows a statement.
const BATCH: usize = 4096;
/// A table that does not exist may be one whose CREATE EXTENSION has not committed: its slots are kept this long.
const GRACE_US: i64 = 60_000_000;

/// Writes what the table does not have; reads the table into memory first, if that has not been done.
pub struct Flush;

impl Task for Flush {
    fn name(&self) -> &'static str {
        "flush of rate limits"
    }

    fn interval(&self) -> Duration {
        settings::ratelimit_flush_interval()
    }

    fn due(&self, seen: &Seen) -> Option<Urgency> {
        owners::of(seen.database)
            .filter_map(|owner| urgency(owner, seen))
            .max()
    }

    fn run(&self, job: &Job) -> bool {
        let table = BackgroundWorker::transaction(table_in_use);
        let mut is_done = true;
        for owner in owners::of(job.database) {
            match table == Some(owner.table) {
                true => is_done &= look_after(owner, job),
                false => remove_if_gone(owner),
            }
        }
        is_done
    }

    fn is_used(&self, database: Oid) -> bool {
        owners::of(database).next().is_some()
    }

    fn forget(&self, database: Oid) {
        for owner in owners::of(database) {
            hits::forget_all(owner);
            owners::remove(owner);
        }
    }
}

/// How soon something is to be done for an owner: the table is to be read, or rows to be written.
fn urgency(owner: Owner, seen: &Seen) -> Option<Urgency> {
    let entry = entry(owner);
    let is_memory = is_in_force(Engine::Memory);
    let to_load = is_memory && !entry.is_loaded.load(Ordering::Relaxed);
    let counts = hits::totals(owner);
    if counts.dirty == 0 {
        // No flush of its own makes room for it.
        entry.is_short.store(false, Ordering::Relaxed);
    }
    let is_short = entry.is_short.load(Ordering::Relaxed);
    // After a change to the table engine what is in memory goes.
    let to_forget = !is_memory && counts.used > 0;
    if counts.dirty > 0 && seen.is_time || is_short && !seen.has_failed {
        Some(Urgency::Now)
    } else if to_load || to_forget || is_short {
        Some(Urgency::Soon)
    } else {
        None
    }
}

/// Whether an owner has something to write, and it is time to: then expired rows are deleted, too.
pub(super) fn is_due(owner: Owner, seen: &Seen) -> bool {
    urgency(owner, seen) == Some(Urgency::Now)
}

/// A table that does not exist may be one whose CREATE EXTENSION has not committed.
fn remove_if_gone(owner: Owner) {
    if now_us() - entry(owner).since_us.load(Ordering::Relaxed) > GRACE_US {
        hits::forget_all(owner);
        owners::remove(owner);
    }
}

/// Loads and writes, as there is need. False if something was left undone.
fn look_after(owner: Owner, job: &Job) -> bool {
    let is_short = entry(owner).is_short.swap(false, Ordering::Relaxed);
    let is_memory = is_in_force(Engine::Memory);
    if is_memory && !entry(owner).is_loaded.load(Ordering::Relaxed) {
        // Whatever was read one by one on a standby may be older than what its primary wrote later.
        hits::forget_clean(owner);
        if in_table(owner, |_| loader::load(owner)).is_none() {
            return false;
        }
    }
    let is_regular = settings::ratelimit_flush_interval() > Duration::ZERO;
    let is_written =
        !(job.is_awaited || is_regular || is_short || !is_memory) || write_dirty(owner);
    if !is_memory {
        hits::forget_clean(owner);
        entry(owner).is_loaded.store(false, Ordering::Relaxed);
    }
    is_written
}

/// The table that the name leads to now.
pub(super) fn table_in_use() -> Option<u32> {
    RATE_LIMITS.watch().map(|table| table.to_u32())
}

/// Writes what is dirty now, a batch a transaction. False if it was told to stop, the table went away, or some rows
/// could not be written.
fn write_dirty(owner: Owner) -> bool {
    let mut writer = Writer::new(owner);
    let mut batch = Vec::with_capacity(BATCH);
    for number in 0..layout().partitions {
        beat();
        if lock(number).owner(owner).dirty == 0 {
            continue;
        }
        for from in (0..layout().slots).step_by(PART) {
            if !copy_dirty(owner, number, from, &mut batch) {
                break;
            }
            if batch.len() >= BATCH && !writer.write(&mut batch) {
                return false;
            }
            if worker::is_told_to_end() {
                return false;
            }
        }
    }
    writer.write(&mut batch) && !writer.is_any_left
}

/// Copies the dirty ones of some slots. False if there are no slots so far on.
fn copy_dirty(owner: Owner, number: usize, from: usize, batch: &mut Vec<Copied>) -> bool {
    let now_us = now_us();
    let mut slots: Vec<(Snapshot, Slot)> = Vec::with_capacity(PART);
    let mut dirty: Vec<usize> = Vec::with_capacity(PART);
    {
        let mut partition = lock(number);
        if from >= partition.touched() {
            return false;
        }
        partition.clean_worthless(owner, from..from + PART, now_us);
        let part = partition.of(owner, from..from + PART);
        dirty.extend(
            part.filter(|(_, slot)| slot.is_dirty())
                .map(|(index, _)| index),
        );
        for index in dirty {
            slots.push((partition.snapshot(index), *partition.slot(index)));
        }
    }
    batch.extend(slots.iter().map(|(snapshot, slot)| Copied {
        key: slot.name().bytes.to_vec(),
        kind: slot.name().kind,
        space: slot.name().space,
        row: Row::from_entry(slot.entry(), now_us),
        snapshot: *snapshot,
        partition: number,
    }));
    true
}
