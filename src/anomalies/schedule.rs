//! When a worker is to look at the activity of each database: in shared memory, where the launcher sees it.

use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};

use crate::pg::Oid;
use crate::pg::clock::now_us;
use crate::shared_static;

/// Databases that there is room for: as many as the launcher knows.
const DATABASES: usize = 128;
/// Nothing is watched.
const NEVER: i64 = i64::MAX;

#[derive(Default)]
struct Entry {
    /// 0 if the entry is free.
    database: AtomicU32,
    /// When the next window ends, in microseconds since 1970.
    due_us: AtomicI64,
}

/// All databases, and which life of the counters it is.
pub struct Schedule {
    run: i64,
    entries: [Entry; DATABASES],
}

impl Default for Schedule {
    fn default() -> Schedule {
        Schedule {
            run: now_us(),
            entries: std::array::from_fn(|_| Entry::default()),
        }
    }
}

shared_static! { pub SCHEDULE: Schedule = c"phone_crypt watched activity"; }

/// Tells the counters since this start of the server from all others. None without preload.
pub fn run() -> Option<i64> {
    SCHEDULE.find().map(|schedule| schedule.run)
}

/// Whether a database is to be looked at: a window is over, or it is not known yet whether anything is watched there.
pub fn is_due(database: Oid) -> bool {
    find(database).is_none_or(|entry| entry.due_us.load(Ordering::Acquire) <= now_us())
}

/// Whether anything is known to be watched in a database.
pub fn is_watched(database: Oid) -> bool {
    find(database).is_some_and(|entry| entry.due_us.load(Ordering::Acquire) != NEVER)
}

/// Sets when a database is to be looked at next; None where nothing is watched.
pub fn set(database: Oid, due_us: Option<i64>) {
    if let Some(entry) = find(database).or_else(|| claim(database)) {
        entry
            .due_us
            .store(due_us.unwrap_or(NEVER), Ordering::Release);
    }
}

/// The database is gone, or what is watched there has changed.
pub fn forget(database: Oid) {
    if let Some(entry) = find(database) {
        entry.database.store(0, Ordering::Release);
    }
}

fn find(database: Oid) -> Option<&'static Entry> {
    let mut entries = SCHEDULE.find()?.entries.iter();
    entries.find(|entry| entry.database.load(Ordering::Acquire) == database.to_u32())
}

/// Takes a free entry. Only the worker of a database does, of which there is one.
fn claim(database: Oid) -> Option<&'static Entry> {
    let mut entries = SCHEDULE.find()?.entries.iter();
    entries.find(|entry| {
        let number = database.to_u32();
        let taken =
            (entry.database).compare_exchange(0, number, Ordering::AcqRel, Ordering::Acquire);
        taken.is_ok()
    })
}
