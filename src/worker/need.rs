//! What a database needs a worker for.

use std::sync::atomic::Ordering;

use super::databases::Database;
use super::task::{self, MAX_TASKS, Seen, Urgency};
use crate::pg::Oid;

/// The tasks that are due in a database.
#[derive(Debug, Clone, Copy)]
pub struct Need {
    /// Of the most urgent one.
    pub urgency: Urgency,
    /// A bit for each.
    pub tasks: u32,
}

/// What was known of a database's tasks when its last worker was started; zeroes if none was.
#[derive(Debug, Clone, Copy, Default)]
pub struct AtStart {
    /// The number of the last run that somebody waited for, by task.
    pub asked: [u64; MAX_TASKS],
    /// The failures, by task.
    pub failures: [u64; MAX_TASKS],
}

impl AtStart {
    /// What is known now of the tasks that are to be run, a bit each. Of the others, what was known before: somebody may
    /// have asked for one of them a moment ago, whose run is still to come.
    pub fn now(database: Database, tasks: u32, mut before: AtStart) -> AtStart {
        for (number, entry) in database.entry().tasks.iter().enumerate() {
            if tasks & (1 << number) != 0 {
                before.asked[number] = entry.wanted.load(Ordering::Acquire);
                before.failures[number] = entry.failures.load(Ordering::Relaxed);
            }
        }
        before
    }
}

/// What a database needs; `times` has a bit for each task whose interval is over.
pub fn of(database: Database, times: u32, last: &AtStart) -> Option<Need> {
    let mut need: Option<Need> = None;
    for (number, task) in task::all().iter().enumerate() {
        let entry = &database.entry().tasks[number];
        let answered = entry.done.load(Ordering::Acquire).max(last.asked[number]);
        let seen = Seen {
            database: Oid::from(database.oid),
            is_time: times & (1 << number) != 0,
            is_pending: entry.is_pending.load(Ordering::Acquire),
            has_failed: entry.failures.load(Ordering::Relaxed) != last.failures[number],
        };
        let urgency = match entry.wanted.load(Ordering::Acquire) > answered {
            true => Some(Urgency::Awaited),
            false => task.due(&seen),
        };
        if let Some(urgency) = urgency {
            let so_far = need.get_or_insert(Need { urgency, tasks: 0 });
            so_far.urgency = so_far.urgency.max(urgency);
            so_far.tasks |= 1 << number;
        }
    }
    need
}

/// Whether there is, or will be, something to do in a database.
pub fn is_used(database: Database) -> bool {
    let entry = database.entry();
    let mut tasks = task::all().iter().zip(&entry.tasks);
    entry.worker.load(Ordering::SeqCst) != 0
        || tasks.any(|(task, entry)| {
            entry.is_pending.load(Ordering::SeqCst)
                || entry.wanted.load(Ordering::SeqCst) > entry.done.load(Ordering::SeqCst)
                || task.is_used(Oid::from(database.oid))
        })
}
