//! What a task is, and the list of them.

use std::sync::OnceLock;
use std::time::Duration;

use crate::pg::Oid;

/// Work that is done in the background, in each database that has some.
pub trait Task: Sync {
    /// Its name: a few words for the log, which no other task has.
    fn name(&self) -> &'static str;

    /// The time between two runs; zero where it only runs when something asks for it.
    fn interval(&self) -> Duration;

    /// Whether to run in a database, and how soon. Called by the launcher, which belongs to no database: it reads shared
    /// memory only.
    fn due(&self, seen: &Seen) -> Option<Urgency> {
        (seen.is_time && seen.is_pending).then_some(Urgency::Now)
    }

    /// Does the work, in transactions of its own, in a worker that is connected to the database. It calls
    /// [`beat`](super::beat) at least once a minute, or is taken for stuck. False if something that was due is left
    /// undone: that counts as a failure. An error does, too, and is logged by its SQLSTATE.
    fn run(&self, job: &Job) -> bool;

    /// Whether it keeps something of the database in shared memory.
    fn is_used(&self, _database: Oid) -> bool {
        false
    }

    /// The database no longer exists: gives up what is kept of it. Called by the launcher.
    fn forget(&self, _database: Oid) {}

    /// Databases of which it may keep something although the launcher's list does not have them. The launcher asks before it
    /// looks which databases there are, and calls [`forget`](Task::forget) for those that are gone.
    fn kept(&self) -> Vec<Oid> {
        Vec::new()
    }
}

/// What the launcher knows when it asks whether a task is due.
#[derive(Debug, Clone, Copy)]
pub struct Seen {
    /// The database.
    pub database: Oid,
    /// Whether an interval has passed since the task's last start there.
    pub is_time: bool,
    /// Whether [`note_work`](super::note_work) was called since.
    pub is_pending: bool,
    /// Whether it has failed since.
    pub has_failed: bool,
}

/// How soon a task is to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// At most once a second.
    Soon,
    /// Now.
    Now,
    /// Now, however often workers have crashed there: somebody waits.
    Awaited,
}

/// What a worker is to do.
#[derive(Debug, Clone, Copy)]
pub struct Job {
    /// The database that it is connected to.
    pub database: Oid,
    /// Whether somebody waits for it.
    pub is_awaited: bool,
}

/// How many tasks there may be.
pub(super) const MAX_TASKS: usize = 16;

static TASKS: OnceLock<&'static [&'static dyn Task]> = OnceLock::new();

/// Sets the list. Called once, by the postmaster.
pub(super) fn set_all(tasks: &'static [&'static dyn Task]) {
    assert!(tasks.len() <= MAX_TASKS, "there is room for {MAX_TASKS}");
    let _ = TASKS.set(tasks);
}

/// Every task, in the order of the list.
pub(super) fn all() -> &'static [&'static dyn Task] {
    TASKS.get().copied().unwrap_or_default()
}

/// A task's number in the list; `None` if it is not there.
pub(super) fn number_of(task: &dyn Task) -> Option<usize> {
    let name = task.name();
    let mut tasks = all().iter();
    // Nearly always it is the very same text, and nobody need look at it.
    tasks
        .position(|other| std::ptr::eq(other.name(), name))
        .or_else(|| all().iter().position(|other| other.name() == name))
}
