//! The launcher: it belongs to no database, so that none has to wait for it to be dropped. Each interval, and when it
//! is woken, it has a flusher started for every database that has something to write. It waits for none of them.

use pgrx::bgworkers::{
    BackgroundWorker, BackgroundWorkerBuilder, BgWorkerStartTime, SignalWakeFlags,
};
use pgrx::{pg_guard, pg_sys};
use phone_crypt_core::ratelimit::Owner;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::flushers::{Flushers, Need};
use super::owners::{self, entry};
use super::recovery::is_recovering;
use super::shmem::header;
use super::{hits, shmem};
use crate::ratelimit::engine::{Engine, is_in_force};
use crate::{preload, settings};

pub(super) const LIBRARY: &str = "phone_crypt";
/// After a launcher that crashed.
const RESTART: Duration = Duration::from_secs(1);
/// The connection limit of a database that is half dropped (`DATCONNLIMIT_INVALID_DB`).
const INVALID_DATABASE: i32 = -2;
/// How long it sleeps when flushes are only made on demand.
const IDLE: Duration = Duration::from_secs(60);

/// Asks the postmaster for a launcher. Called by `_PG_init`.
pub fn register() {
    if preload::in_progress() {
        BackgroundWorkerBuilder::new("phone_crypt rate limits launcher")
            .set_library(LIBRARY)
            .set_function("phone_crypt_ratelimit_launcher")
            .enable_spi_access()
            .set_start_time(BgWorkerStartTime::ConsistentState)
            .set_restart_time(Some(RESTART))
            .load();
    }
}

/// The launcher's main function.
#[pg_guard]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn phone_crypt_ratelimit_launcher(_argument: pg_sys::Datum) {
    BackgroundWorker::attach_signal_handlers(SignalWakeFlags::SIGHUP | SignalWakeFlags::SIGTERM);
    if !shmem::is_there() {
        return;
    }
    // SAFETY: this process is a worker that is nobody's yet; no database is what it asks for.
    unsafe {
        pg_sys::BackgroundWorkerInitializeConnectionByOid(
            pg_sys::InvalidOid,
            pg_sys::InvalidOid,
            0,
        );
        header().launcher.store(pg_sys::MyLatch, Ordering::Release);
    }
    let mut flushers = Flushers::new();
    let mut last = Instant::now();
    let mut wakes = 0;
    while is_to_go_on(wakes, until_next(last).min(flushers.look_again())) {
        wakes = header().wakes.load(Ordering::Acquire);
        let interval = settings::ratelimit_flush_interval();
        if interval > Duration::ZERO && until_next(last).is_zero() {
            last = Instant::now();
            flushers.all_are_due();
        }
        flushers.check();
        look_after_all(&mut flushers);
    }
    header()
        .launcher
        .store(std::ptr::null_mut(), Ordering::Release);
    // Whoever ended it by pg_terminate_backend must not have ended all flushes: after exit code 0 the postmaster would
    // start no other launcher, after 1 it does, unless the server stops.
    // SAFETY: no transaction is open, and nothing of this function is left to be dropped.
    unsafe { pg_sys::proc_exit(1) };
}

/// Waits until there may be something to do, no longer than so long. False when the server stops. What woke the launcher
/// while it was busy may have come to nothing: so it asks before it waits.
fn is_to_go_on(wakes: u64, longest: Duration) -> bool {
    if BackgroundWorker::sighup_received() {
        // SAFETY: the main loop of a process is where settings are read again.
        unsafe { pg_sys::ProcessConfigFile(pg_sys::GucContext::PGC_SIGHUP) };
        return true;
    }
    if BackgroundWorker::sigterm_received() {
        return false;
    }
    let is_woken = header().wakes.load(Ordering::Acquire) != wakes;
    // A latch is waited for in whole milliseconds: one more, or the rest of the last would be spun away.
    is_woken || BackgroundWorker::wait_latch(Some(longest + Duration::from_millis(1)))
}

fn until_next(last: Instant) -> Duration {
    match settings::ratelimit_flush_interval() {
        Duration::ZERO => IDLE,
        interval => interval.saturating_sub(last.elapsed()),
    }
}

fn look_after_all(flushers: &mut Flushers) {
    let mut owners: Vec<Owner> = owners::all().collect();
    if owners.is_empty() {
        return;
    }
    let Some(databases) = BackgroundWorker::transaction(databases) else {
        return;
    };
    flushers.in_turn(&mut owners);
    for owner in owners {
        if flushers.is_busy(owner) {
            continue;
        }
        if !databases.contains(&owner.database) {
            hits::forget_all(owner);
            owners::strike(owner);
            continue;
        }
        let Some(need) = need_of_flusher(owner, flushers) else {
            continue;
        };
        if flushers.may_start(owner, need) && is_open(owner) && !flushers.start(owner) {
            return;
        }
    }
}

/// Whether something is to be done for an owner: somebody waits, the table is to be read, or rows to be written.
fn need_of_flusher(owner: Owner, flushers: &Flushers) -> Option<Need> {
    if is_recovering() {
        return None;
    }
    let entry = entry(owner);
    let is_due = flushers.is_due(owner);
    let is_memory = is_in_force(Engine::Memory);
    let to_load = is_memory && !entry.is_loaded.load(Ordering::Relaxed);
    let book = hits::totals(owner);
    if book.dirty == 0 {
        // No flush of its own makes room for it.
        entry.is_short.store(false, Ordering::Relaxed);
    }
    let is_short = entry.is_short.load(Ordering::Relaxed);
    let to_write = book.dirty > 0 && is_due;
    // After a change to the table engine what is in memory goes.
    let to_forget = !is_memory && book.used > 0;
    if flushers.is_wanted(owner) || to_write {
        Some(Need::Flush)
    } else if to_load || to_forget {
        Some(Need::Load)
    } else {
        is_short.then_some(Need::Slots)
    }
}

/// Whether the database can be connected to: not while it is being dropped or copied. The lock is the one that
/// connecting takes. It is not kept: a flusher would wait behind whoever waits for it.
fn is_open(owner: Owner) -> bool {
    let mode = pg_sys::RowExclusiveLock as pg_sys::LOCKMODE;
    let tag = pg_sys::LOCKTAG {
        locktag_field1: 0,
        locktag_field2: pg_sys::DatabaseRelationId.to_u32(),
        locktag_field3: owner.database,
        locktag_field4: 0,
        locktag_type: pg_sys::LockTagType::LOCKTAG_OBJECT as u8,
        locktag_lockmethodid: pg_sys::DEFAULT_LOCKMETHOD as u8,
    };
    // SAFETY: in a transaction; what is acquired is released with the same tag and mode.
    BackgroundWorker::transaction(move || unsafe {
        let acquired = pg_sys::LockAcquire(&tag, mode, false, true);
        let is_open = acquired != pg_sys::LockAcquireResult::LOCKACQUIRE_NOT_AVAIL;
        if is_open {
            pg_sys::LockRelease(&tag, mode, false);
        }
        is_open
    })
}

/// The databases there are, without those whose DROP was broken off: nobody can connect to them. `None` if somebody has
/// `pg_database` locked: everything else comes first.
fn databases() -> Option<Vec<u32>> {
    let mode = pg_sys::AccessShareLock as pg_sys::LOCKMODE;
    // SAFETY: in a transaction, whose end releases the lock.
    if !unsafe { pg_sys::ConditionalLockRelationOid(pg_sys::DatabaseRelationId, mode) } {
        return None;
    }
    let mut databases = Vec::new();
    crate::tables::scan(pg_sys::DatabaseRelationId, |row| {
        let oid: Option<pg_sys::Oid> = row.get(1);
        let connections: Option<i32> = row.get(pg_sys::Anum_pg_database_datconnlimit as i32);
        if connections != Some(INVALID_DATABASE) {
            databases.extend(oid.map(|oid| oid.to_u32()));
        }
    });
    Some(databases)
}
