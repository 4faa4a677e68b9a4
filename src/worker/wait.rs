//! Asking for a task's run, and waiting for it.

use pgrx::check_for_interrupts;
use std::sync::atomic::{Ordering, fence};
use std::time::{Duration, Instant};

use super::databases::{self, Database, Entry, TaskEntry, shared, wake_launcher};
use super::task::{Task, number_of};
use crate::pg::process::is_recovering;
use crate::pg::{Oid, latch};

/// How often whoever waits for a run looks whether it is done.
const LOOK_AGAIN_MS: i64 = 5;
/// How long there may be no launcher: it starts a moment after the server lets sessions in, and again after it was ended.
const LAUNCHER_COMES: Duration = Duration::from_secs(5);

/// A task's entry, of this process's database. `None` if there is no room for it, or no launcher.
fn own_entry(task: &dyn Task) -> Option<(Database, &'static TaskEntry)> {
    let number = number_of(task)?;
    let database = databases::own()?;
    Some((database, &database.entry().tasks[number]))
}

/// Notes that there is work for a task in this database, to be done when its interval is over. False if the list of
/// databases is full, or there is no launcher.
pub fn note_work(task: &dyn Task) -> bool {
    while let Some((database, entry)) = own_entry(task) {
        entry.is_pending.store(true, Ordering::SeqCst);
        fence(Ordering::SeqCst);
        if database.is_listed() {
            return true;
        }
    }
    false
}

/// The same in another database, while no other process runs: for the postmaster, as the server starts.
pub fn note_work_in(database: Oid, task: &dyn Task) {
    if let (Some(number), Some(database)) = (number_of(task), databases::enter(database)) {
        let entry = &database.entry().tasks[number];
        entry.is_pending.store(true, Ordering::SeqCst);
    }
}

/// Whether somebody waits for a run of some task in this worker's database.
pub fn is_asked_for() -> bool {
    let is_waited_for = |entry: &TaskEntry| {
        entry.wanted.load(Ordering::Acquire) > entry.done.load(Ordering::Acquire)
    };
    databases::own().is_some_and(|database| database.entry().tasks.iter().any(is_waited_for))
}

/// Whether this worker is to end its task as soon as it can: it has others to run after it, others are due in its database, or
/// another database needs a worker and there are as many as there may be. For a task that would stay for more work.
pub fn is_to_make_room() -> bool {
    let is_wanted = |entry: &Entry| {
        // The present one is still among them.
        let has_others = entry.to_run.load(Ordering::Acquire).count_ones() > 1;
        has_others || entry.is_to_make_room.load(Ordering::Relaxed)
    };
    databases::own().is_some_and(|database| is_wanted(database.entry()))
}

/// Why a run did not come to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotRun {
    /// The server does not write.
    OnStandby,
    /// There has been no launcher for some seconds, or there is no room for this database in its list.
    NoLauncher,
    /// It has left something undone.
    Failed,
}

/// A run that somebody waits for.
struct Ticket {
    database: Database,
    entry: &'static TaskEntry,
    number: u64,
    failures: u64,
}

impl Ticket {
    fn draw((database, entry): (Database, &'static TaskEntry)) -> Ticket {
        Ticket {
            database,
            entry,
            failures: entry.failures.load(Ordering::Relaxed),
            number: entry.wanted.fetch_add(1, Ordering::SeqCst) + 1,
        }
    }

    fn is_done(&self) -> bool {
        self.entry.done.load(Ordering::Acquire) >= self.number
    }

    fn has_failed(&self) -> bool {
        !self.is_done() && self.entry.failures.load(Ordering::Relaxed) != self.failures
    }
}

/// Has tasks run in this database, and waits until each has begun after this call and come to its end.
pub fn run_and_wait(tasks: &[&dyn Task]) -> Result<(), NotRun> {
    if is_recovering() {
        return Err(NotRun::OnStandby);
    }
    let mut launcher_seen = Instant::now();
    loop {
        let tickets: Vec<Ticket> = tasks
            .iter()
            .map(|task| own_entry(*task).map(Ticket::draw))
            .collect::<Option<_>>()
            .ok_or(NotRun::NoLauncher)?;
        wake_launcher();
        // Once the database is off the list, nobody knows of the tickets.
        while tickets.iter().all(|ticket| ticket.database.is_listed()) {
            if tickets.iter().all(Ticket::is_done) {
                return Ok(());
            }
            if shared().launcher.is_set() {
                launcher_seen = Instant::now();
            } else if launcher_seen.elapsed() > LAUNCHER_COMES {
                return Err(NotRun::NoLauncher);
            }
            if tickets.iter().any(Ticket::has_failed) {
                return Err(NotRun::Failed);
            }
            latch::wait(LOOK_AGAIN_MS);
            check_for_interrupts!();
        }
    }
}

/// What became of a task's runs in this database.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counts {
    /// Those that have left nothing undone.
    pub runs: u64,
    /// Those that have.
    pub failures: u64,
    /// When the last began that has left nothing undone; 0 if none has.
    pub last_us: i64,
}

/// See [`Counts`].
pub fn counts(task: &dyn Task) -> Counts {
    let Some((_, entry)) = own_entry(task) else {
        return Counts::default();
    };
    Counts {
        runs: entry.runs.load(Ordering::Relaxed),
        failures: entry.failures.load(Ordering::Relaxed),
        last_us: entry.last_us.load(Ordering::Relaxed),
    }
}
