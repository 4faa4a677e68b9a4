//! The launcher: it belongs to no database, so that none has to wait for it to be dropped. When a task's interval is
//! over, and when it is woken, it has a worker started for every database where a task is due. It waits for none of them.

use pgrx::bgworkers::{
    BackgroundWorker, BackgroundWorkerBuilder, BgWorkerStartTime, SignalWakeFlags,
};
use pgrx::pg_guard;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::databases::{self, DATABASES, Database, shared};
use super::need;
use super::pool::{LIBRARY, Pool};
use super::server_task::{self, Runs, ServerTask};
use super::task::{self, Task};
use crate::pg::process::is_recovering;
use crate::pg::{Datum, Oid, preload, worker};

/// After a launcher that crashed.
const RESTART: Duration = Duration::from_secs(1);
/// How long it sleeps when no task has an interval.
const IDLE: Duration = Duration::from_secs(60);

/// Asks the postmaster for a launcher of these tasks. Called by `_PG_init`; does nothing without preload.
pub fn register(
    tasks: &'static [&'static dyn Task],
    server_tasks: &'static [&'static dyn ServerTask],
) {
    if preload::in_progress() {
        task::set_all(tasks);
        server_task::set_all(server_tasks);
        BackgroundWorkerBuilder::new("phone_crypt launcher")
            .set_library(LIBRARY)
            .set_function("phone_crypt_launcher")
            .enable_spi_access()
            .set_start_time(BgWorkerStartTime::ConsistentState)
            .set_restart_time(Some(RESTART))
            .load();
    }
}

/// The launcher's main function.
#[pg_guard]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn phone_crypt_launcher(_argument: Datum) {
    BackgroundWorker::attach_signal_handlers(SignalWakeFlags::SIGHUP | SignalWakeFlags::SIGTERM);
    if DATABASES.find().is_none() {
        return;
    }
    worker::connect_to_none();
    shared().launcher.set_own();
    let mut pool = Pool::new();
    let mut intervals = Intervals::new();
    let mut runs = Runs::new();
    let mut wakes = 0;
    while is_to_go_on(wakes, runs.rest(intervals.rest().min(pool.look_again()))) {
        wakes = shared().wakes.load(Ordering::Acquire);
        for task in intervals.over() {
            pool.is_time_for(task);
        }
        runs.run_due();
        pool.check();
        look_after_all(&mut pool);
    }
    shared().launcher.clear();
    // Whoever ended it by pg_terminate_backend must not have ended all tasks: after exit code 0 the postmaster would
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
    let is_woken = shared().wakes.load(Ordering::Acquire) != wakes;
    // A latch is waited for in whole milliseconds: one more, or the rest of the last would be spun away.
    is_woken || BackgroundWorker::wait_latch(Some(longest + Duration::from_millis(1)))
}

/// When each task's interval began.
struct Intervals(Vec<Instant>);

impl Intervals {
    fn new() -> Intervals {
        Intervals(vec![Instant::now(); task::all().len()])
    }

    /// The time until the next one is over.
    fn rest(&self) -> Duration {
        let rests = self
            .0
            .iter()
            .zip(task::all())
            .map(|(began, task)| match task.interval() {
                Duration::ZERO => IDLE,
                interval => interval.saturating_sub(began.elapsed()),
            });
        rests.min().unwrap_or(IDLE)
    }

    /// The tasks whose interval is over; the next one begins.
    fn over(&mut self) -> Vec<usize> {
        let mut over = Vec::new();
        for (number, task) in task::all().iter().enumerate() {
            let interval = task.interval();
            if interval > Duration::ZERO && self.0[number].elapsed() >= interval {
                self.0[number] = Instant::now();
                over.push(number);
            }
        }
        over
    }
}

fn look_after_all(pool: &mut Pool) {
    let mut listed: Vec<Database> = databases::all().collect();
    if listed.is_empty() {
        return;
    }
    // Before the look: of a database that is made after it, nothing may be forgotten.
    let kept: Vec<Vec<Oid>> = task::all().iter().map(|task| task.kept()).collect();
    let Some(existing) = BackgroundWorker::transaction(worker::databases) else {
        return;
    };
    for (task, kept) in task::all().iter().zip(kept) {
        let gone = kept.iter().filter(|database| !existing.contains(database));
        gone.for_each(|database| task.forget(*database));
    }
    pool.in_turn(&mut listed);
    for database in listed {
        if pool.is_busy(database) {
            let need = need::of(database, pool.times(database), &pool.at_start(database));
            if let Some(need) = need {
                pool.make_room_for(database, &need);
            }
            continue;
        }
        let oid = Oid::from(database.oid);
        if !existing.contains(&oid) {
            task::all().iter().for_each(|task| task.forget(oid));
            databases::remove_unless(database, || false);
            continue;
        }
        if is_recovering() {
            continue;
        }
        let Some(need) = need::of(database, pool.times(database), &pool.at_start(database)) else {
            if !need::is_used(database) {
                databases::remove_unless(database, || need::is_used(database));
            }
            continue;
        };
        if pool.may_start(database, &need)
            && worker::can_connect(oid)
            && !pool.start(database, &need)
        {
            return;
        }
    }
}
