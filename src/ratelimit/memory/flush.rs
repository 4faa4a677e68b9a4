//! A flusher: one short life in one database. It reads the table into memory if that has not been done, writes
//! what the table does not have, sweeps up some expired rows, and exits.

use pgrx::bgworkers::BackgroundWorker;
use pgrx::pg_guard;
use phone_crypt_core::ratelimit::{MAX_OWNERS, Owner, Row, Slot, Snapshot};
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::hits::PART;
use super::owners::{self, beat, entry};
use super::shmem::{lock, shape};
use super::table_lock::in_table;
use super::writer::{Copied, Writer};
use super::{hits, loader, sweeper};
use crate::pg::process::{self, is_recovering};
use crate::pg::{Datum, Oid, log_filter, sqlstate, worker};
use crate::ratelimit::engine::{Engine, is_in_force};
use crate::ratelimit::now_us;
use crate::ratelimit::place::RATE_LIMITS;
use crate::settings;

/// Rows a statement.
const BATCH: usize = 4096;
/// A table that is not there may be one whose CREATE EXTENSION has not committed: its slots are kept this long.
const GRACE_US: i64 = 60_000_000;

/// The flusher's main function; the argument is the owner's place in the list.
#[pg_guard]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn phone_crypt_ratelimit_flusher(argument: Datum) {
    worker::end_at_sigterm();
    let index = argument.value().min(MAX_OWNERS - 1);
    let Some(owner) = owners::all().find(|owner| owner.index as usize == index) else {
        return;
    };
    if !claim(owner) {
        return;
    }
    log_filter::database_may_be_gone(true);
    worker::connect_to(Oid::from(owner.database));
    log_filter::database_may_be_gone(false);
    beat(owner);
    BackgroundWorker::transaction(prepare_session);
    serve(owner);
    entry(owner).broken_off.store(0, Ordering::Relaxed);
}

/// Two flushers of one owner would overwrite each other's rows. False if there is one already: that of a launcher that
/// has ended meanwhile.
fn claim(owner: Owner) -> bool {
    let flusher = &entry(owner).flusher;
    let is_free = flusher
        .compare_exchange(0, process::id() as i32, Ordering::AcqRel, Ordering::Acquire)
        .is_ok();
    if is_free {
        worker::at_exit(release, owner.index as usize);
    }
    is_free
}

/// The end of a flusher, whatever it is.
fn release(index: usize) {
    owners::flusher_at(index).store(0, Ordering::Release);
}

/// Nobody's lock holds a flush up for long, nor does a standby's absence; names mean PostgreSQL's own.
fn prepare_session() {
    worker::set_settings(&[
        (c"search_path", c"pg_catalog, pg_temp"),
        (c"lock_timeout", c"20ms"),
        (c"statement_timeout", c"0"),
        (c"synchronous_commit", c"local"),
        (c"default_transaction_isolation", c"read committed"),
        (c"default_transaction_read_only", c"off"),
    ]);
}

fn serve(owner: Owner) {
    let entry = entry(owner);
    let wanted = entry.wanted.load(Ordering::Acquire);
    let is_short = entry.is_short.swap(false, Ordering::Relaxed);
    let began_us = now_us();
    let is_done = match BackgroundWorker::transaction(table_in_use) {
        Some(table) if table == owner.table => look_after(owner, wanted, is_short),
        _ => {
            strike_if_gone(owner);
            true
        }
    };
    // An error ends the process before this, and the launcher counts the failure.
    match is_done {
        true => {
            entry.flushes.fetch_add(1, Ordering::Relaxed);
            entry.flushed_us.store(began_us, Ordering::Relaxed);
            entry.done.fetch_max(wanted, Ordering::AcqRel);
        }
        false => {
            entry.failures.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// A table that is not there may be one whose CREATE EXTENSION has not committed.
fn strike_if_gone(owner: Owner) {
    if now_us() - entry(owner).since_us.load(Ordering::Relaxed) > GRACE_US {
        hits::forget_all(owner);
        owners::strike(owner);
    }
}

/// Loads, writes and sweeps, as there is need. False if something was left undone.
fn look_after(owner: Owner, wanted: u64, is_short: bool) -> bool {
    // A standby does not load: what its primary goes on writing would never be seen.
    if is_recovering() {
        return true;
    }
    let is_memory = is_in_force(Engine::Memory);
    if is_memory && !entry(owner).is_loaded.load(Ordering::Relaxed) {
        // Whatever was read one by one on a standby may be older than what its primary wrote later.
        hits::forget_clean(owner);
        if in_table(owner, |_| loader::load(owner)).is_none() {
            return false;
        }
    }
    let is_asked = wanted > entry(owner).done.load(Ordering::Acquire);
    let is_regular = settings::ratelimit_flush_interval() > Duration::ZERO;
    let is_written = match is_asked || is_regular || is_short || !is_memory {
        true => flush(owner) & sweep(owner),
        false => true,
    };
    if !is_memory {
        hits::forget_clean(owner);
        entry(owner).is_loaded.store(false, Ordering::Relaxed);
    }
    is_written
}

fn sweep(owner: Owner) -> bool {
    match worker::attempt(|| sweeper::sweep(owner)) {
        Ok(is_swept) => is_swept,
        Err(code) => {
            pgrx::log!(
                "phone_crypt: expired rate limits could not be deleted: SQLSTATE {}",
                sqlstate::text(code as i32)
            );
            false
        }
    }
}

/// The table that the name leads to now.
fn table_in_use() -> Option<u32> {
    RATE_LIMITS.watch().map(|table| table.to_u32())
}

/// Writes what is dirty now, a batch a transaction. False if it was told to stop, the table went away, or some rows
/// could not be written.
fn flush(owner: Owner) -> bool {
    let mut writer = Writer::new(owner);
    let mut batch = Vec::with_capacity(BATCH);
    for number in 0..shape().partitions {
        beat(owner);
        if lock(number).owner(owner).dirty == 0 {
            continue;
        }
        for from in (0..shape().slots).step_by(PART) {
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
