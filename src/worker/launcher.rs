//! The launcher: it belongs to no database, so that none has to wait for it to be dropped. Each interval, and when it
//! is woken, it has a flusher started for every database that has something to write. It waits for none of them.

use pgrx::bgworkers::{
    BackgroundWorker, BackgroundWorkerBuilder, BgWorkerStartTime, SignalWakeFlags,
};
use pgrx::pg_guard;
use phone_crypt_core::ratelimit::Owner;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::flushers::{Flushers, Need};
use super::owners::{self, entry};
use super::shmem::header;
use super::{hits, shmem};
use crate::pg::process::is_recovering;
use crate::pg::{Datum, Oid, latch, preload, worker};
use crate::ratelimit::engine::{Engine, is_in_force};
use crate::settings;

pub(super) const LIBRARY: &str = "phone_crypt";
/// After a launcher that crashed.
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
pub extern "C-unwind" fn phone_crypt_ratelimit_launcher(_argument: Datum) {
    BackgroundWorker::attach_signal_handlers(SignalWakeFlags::SIGHUP | SignalWakeFlags::SIGTERM);
    if !shmem::is_there() {
        return;
    }
    worker::connect_to_none();
    header().launcher.store(latch::own(), Ordering::Release);
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
    worker::exit_for_restart();
}

/// Waits until there may be something to do, no longer than so long. False when the server stops. What woke the launcher
/// while it was busy may have come to nothing: so it asks before it waits.
fn is_to_go_on(wakes: u64, longest: Duration) -> bool {
    if BackgroundWorker::sighup_received() {
        worker::reload_configuration();
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
    let Some(databases) = BackgroundWorker::transaction(worker::databases) else {
        return;
    };
    flushers.in_turn(&mut owners);
    for owner in owners {
        if flushers.is_busy(owner) {
            continue;
        }
        if !databases.contains(&Oid::from(owner.database)) {
            hits::forget_all(owner);
            owners::strike(owner);
            continue;
        }
        let Some(need) = need_of_flusher(owner, flushers) else {
            continue;
        };
        if flushers.may_start(owner, need)
            && worker::can_connect(Oid::from(owner.database))
            && !flushers.start(owner)
        {
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
