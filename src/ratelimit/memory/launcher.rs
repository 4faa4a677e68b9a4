//! The launcher: it belongs to no database, so that none has to wait for it to be dropped. Each interval, and when it
//! is woken, it starts a flusher for every database that has something to write, one after the other.

use pgrx::bgworkers::{
    BackgroundWorker, BackgroundWorkerBuilder, BgWorkerStartTime, SignalWakeFlags,
};
use pgrx::{IntoDatum, pg_guard, pg_sys};
use phone_crypt_core::ratelimit::Owner;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::owners::{self, entry};
use super::recovery::is_recovering;
use super::shmem::header;
use super::{hits, shmem};
use crate::ratelimit::engine::{Engine, is_in_force};
use crate::{preload, settings};

const LIBRARY: &str = "phone_crypt";
/// After a launcher that came to grief.
const RESTART: Duration = Duration::from_secs(1);
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
    let mut last = Instant::now();
    let mut wakes = 0;
    while is_to_go_on(wakes, last) {
        wakes = header().wakes.load(Ordering::Acquire);
        let is_due =
            settings::ratelimit_flush_interval() > Duration::ZERO && until_next(last).is_zero();
        if is_due {
            last = Instant::now();
        }
        look_after_all(is_due);
    }
    header()
        .launcher
        .store(std::ptr::null_mut(), Ordering::Release);
    // Whoever ended it by pg_terminate_backend must not have ended all flushes: after exit code 0 the postmaster would
    // start no other launcher, after 1 it does, unless the server stops.
    // SAFETY: no transaction is open, and nothing of this function is left to be dropped.
    unsafe { pg_sys::proc_exit(1) };
}

/// Waits until there may be something to do. False when the server stops. While the launcher waited for a flusher,
/// what woke it came to nothing: so it asks before it waits.
fn is_to_go_on(wakes: u64, last: Instant) -> bool {
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
    is_woken || BackgroundWorker::wait_latch(Some(until_next(last) + Duration::from_millis(1)))
}

fn until_next(last: Instant) -> Duration {
    match settings::ratelimit_flush_interval() {
        Duration::ZERO => IDLE,
        interval => interval.saturating_sub(last.elapsed()),
    }
}

fn look_after_all(is_due: bool) {
    let owners: Vec<Owner> = owners::all().collect();
    if owners.is_empty() {
        return;
    }
    let databases = BackgroundWorker::transaction(databases);
    for owner in owners {
        if !databases.contains(&owner.database) {
            hits::forget_all(owner);
            owners::strike(owner);
        } else if needs_flusher(owner, is_due) && is_open(owner) && !run_flusher(owner) {
            return;
        }
    }
}

/// Whether something is to be done for an owner: somebody waits, the table is to be read, or rows to be written.
fn needs_flusher(owner: Owner, is_due: bool) -> bool {
    let entry = entry(owner);
    let is_wanted = entry.wanted.load(Ordering::Acquire) > entry.done.load(Ordering::Acquire);
    if is_recovering() {
        return false;
    }
    let is_memory = is_in_force(Engine::Memory);
    let to_load = is_memory && !entry.is_loaded.load(Ordering::Relaxed);
    let book = hits::totals(owner);
    let is_short = entry.is_short.load(Ordering::Relaxed);
    let to_write = book.dirty > 0 && (is_due || is_short);
    // After a change to the table engine what is in memory goes.
    let to_forget = !is_memory && book.used > 0;
    is_wanted || to_load || to_write || to_forget
}

/// Runs a flusher to its end. False if none could be had: another will be tried at the next interval.
fn run_flusher(owner: Owner) -> bool {
    let before = entry(owner).flushes.load(Ordering::Relaxed);
    // SAFETY: a variable of this process.
    let own_pid = unsafe { pg_sys::MyProcPid };
    let worker = BackgroundWorkerBuilder::new("phone_crypt rate limits flusher")
        .set_library(LIBRARY)
        .set_function("phone_crypt_ratelimit_flusher")
        .enable_spi_access()
        .set_start_time(BgWorkerStartTime::ConsistentState)
        .set_restart_time(None)
        .set_argument((owner.index as i32).into_datum())
        .set_notify_pid(own_pid)
        .load_dynamic();
    let is_started = match worker {
        Ok(worker) => worker.wait_for_shutdown().is_ok(),
        Err(_) => {
            pgrx::log!(
                "phone_crypt: no worker for a flush of rate limits; raise max_worker_processes"
            );
            false
        }
    };
    if entry(owner).flushes.load(Ordering::Relaxed) == before {
        entry(owner).failures.fetch_add(1, Ordering::Relaxed);
    }
    is_started
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

/// The databases there are.
fn databases() -> Vec<u32> {
    let mut databases = Vec::new();
    crate::tables::scan(pg_sys::DatabaseRelationId, |row| {
        let oid: Option<pg_sys::Oid> = row.get(1);
        databases.extend(oid.map(|oid| oid.to_u32()));
    });
    databases
}
