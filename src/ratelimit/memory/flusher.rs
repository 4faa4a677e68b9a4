//! A flusher: one short life in one database. It reads the table into memory if that has not been done, writes
//! what the table does not have, sweeps up some expired rows, and exits.

use pgrx::bgworkers::{BackgroundWorker, SignalWakeFlags};
use pgrx::{pg_guard, pg_sys};
use phone_crypt_core::ratelimit::{MAX_OWNERS, Owner, Row, Slot, Snapshot};
use std::sync::atomic::Ordering;

use super::hits::PART;
use super::owners::{self, entry};
use super::shmem::{lock, shape};
use super::writer::{Copied, write};
use super::{hits, loader, sweeper};
use crate::ratelimit::engine::{Engine, is_in_force};
use crate::ratelimit::now_us;
use crate::tables::RATE_LIMITS;

/// Rows a statement.
const BATCH: usize = 4096;
/// A table that is not there may be one whose CREATE EXTENSION has not committed: its slots are kept this long.
const GRACE_US: i64 = 60_000_000;

/// The flusher's main function; the argument is the owner's place in the list.
#[pg_guard]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn phone_crypt_ratelimit_flusher(argument: pg_sys::Datum) {
    BackgroundWorker::attach_signal_handlers(SignalWakeFlags::SIGTERM);
    let index = argument.value().min(MAX_OWNERS - 1);
    let Some(owner) = owners::all().find(|owner| owner.index as usize == index) else {
        return;
    };
    // SAFETY: this process is a worker that asked for a database; it is nobody's yet.
    unsafe {
        pg_sys::BackgroundWorkerInitializeConnectionByOid(
            pg_sys::Oid::from(owner.database),
            pg_sys::InvalidOid,
            pg_sys::BGWORKER_BYPASS_ALLOWCONN,
        );
    }
    BackgroundWorker::transaction(prepare_session);
    serve(owner);
}

/// A lock on a row must not hold everybody's flush up, nor a standby's absence; names mean PostgreSQL's own.
fn prepare_session() {
    for (name, value) in [
        (c"search_path", c"pg_catalog, pg_temp"),
        (c"lock_timeout", c"2s"),
        (c"statement_timeout", c"0"),
        (c"synchronous_commit", c"local"),
        (c"default_transaction_isolation", c"read committed"),
        (c"default_transaction_read_only", c"off"),
    ] {
        // SAFETY: NUL-terminated names and values of settings that every version has.
        unsafe {
            pg_sys::SetConfigOption(
                name.as_ptr(),
                value.as_ptr(),
                pg_sys::GucContext::PGC_SUSET,
                pg_sys::GucSource::PGC_S_SESSION,
            );
        }
    }
}

fn serve(owner: Owner) {
    let wanted = entry(owner).wanted.load(Ordering::Acquire);
    let began_us = now_us();
    let table = BackgroundWorker::transaction(table_and_owner);
    match table {
        Some((table, table_owner)) if table.to_u32() == owner.table => {
            let is_recovering = is_recovering();
            let is_memory = is_in_force(Engine::Memory);
            if is_memory && !entry(owner).is_loaded.load(Ordering::Relaxed) {
                BackgroundWorker::transaction(|| loader::load(owner));
            }
            if !is_recovering {
                if !flush(owner, table_owner) {
                    return;
                }
                sweeper::sweep(owner, table_owner);
            }
            if !is_memory {
                hits::forget_clean(owner);
                entry(owner).is_loaded.store(false, Ordering::Relaxed);
            }
        }
        _ if now_us() - entry(owner).since_us.load(Ordering::Relaxed) > GRACE_US => {
            hits::forget_all(owner);
            owners::strike(owner);
        }
        _ => {}
    }
    // An error ends the process before this, and the launcher sees that nothing was counted.
    entry(owner).flushes.fetch_add(1, Ordering::Relaxed);
    entry(owner).flushed_us.store(began_us, Ordering::Relaxed);
    entry(owner).done.fetch_max(wanted, Ordering::AcqRel);
}

fn is_recovering() -> bool {
    // SAFETY: reads the server's state.
    unsafe { pg_sys::RecoveryInProgress() }
}

/// The table as it is now, and who owns it.
fn table_and_owner() -> Option<(pg_sys::Oid, pg_sys::Oid)> {
    RATE_LIMITS.watch()?;
    crate::ratelimit::place()
        .ok()
        .map(|place| (place.table, place.owner))
}

/// Writes what is dirty now, a batch a transaction. False if it was told to stop before the end.
fn flush(owner: Owner, table_owner: pg_sys::Oid) -> bool {
    let mut batch = Vec::with_capacity(BATCH);
    for number in 0..shape().partitions {
        if lock(number).owner(owner).dirty == 0 {
            continue;
        }
        for from in (0..shape().slots).step_by(PART) {
            if !copy_dirty(owner, number, from, &mut batch) {
                break;
            }
            if batch.len() >= BATCH {
                write(table_owner, &mut batch);
            }
            if BackgroundWorker::sigterm_received() {
                return false;
            }
        }
    }
    write(table_owner, &mut batch);
    true
}

/// Copies the dirty ones of some slots. False if there are no slots so far on.
fn copy_dirty(owner: Owner, number: usize, from: usize, batch: &mut Vec<Copied>) -> bool {
    let now_us = now_us();
    let mut slots: Vec<(Snapshot, Slot)> = Vec::with_capacity(PART);
    {
        let mut partition = lock(number);
        if from >= partition.touched() {
            return false;
        }
        partition.clean_worthless(owner, from..from + PART, now_us);
        let part = partition.of(owner, from..from + PART);
        let dirty = part.filter(|(_, slot)| slot.is_dirty());
        slots.extend(dirty.map(|(index, slot)| (partition.snapshot(index), *slot)));
    }
    batch.extend(slots.iter().map(|(snapshot, slot)| Copied {
        key: slot.key().to_vec(),
        row: Row::from_entry(slot.entry(), now_us),
        snapshot: *snapshot,
        partition: number,
    }));
    true
}
