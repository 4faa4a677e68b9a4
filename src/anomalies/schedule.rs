//! When a worker is to look at the activity of each database: in shared memory, where the launcher sees it.

use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering};

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
    /// How often it was said that what is watched has changed.
    changes: AtomicU64,
    /// Where a place is looked for next.
    next: AtomicU64,
    entries: [Entry; DATABASES],
}

impl Default for Schedule {
    fn default() -> Schedule {
        Schedule {
            run: now_us(),
            changes: AtomicU64::new(0),
            next: AtomicU64::new(0),
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

/// What a worker takes before it reads what is watched, and gives to [`set`].
pub fn changes() -> u64 {
    let schedule = SCHEDULE.find();
    schedule.map_or(0, |schedule| schedule.changes.load(Ordering::SeqCst))
}

/// Sets when a database is to be looked at next; None where nothing is watched. If what is watched has changed since `changes`
/// was taken, that may not have been read: then it is to be looked at now.
pub fn set(database: Oid, due_us: Option<i64>, changes_before: u64) {
    if let Some(entry) = find(database).or_else(|| claim(database)) {
        entry
            .due_us
            .store(due_us.unwrap_or(NEVER), Ordering::SeqCst);
        if changes() != changes_before {
            give_up(database);
        }
    }
}

/// The database is gone, or what is watched there has changed.
pub fn forget(database: Oid) {
    if let Some(schedule) = SCHEDULE.find() {
        schedule.changes.fetch_add(1, Ordering::SeqCst);
    }
    give_up(database);
}

fn give_up(database: Oid) {
    if let Some(entry) = find(database) {
        entry.database.store(0, Ordering::SeqCst);
    }
}

fn find(database: Oid) -> Option<&'static Entry> {
    let mut entries = SCHEDULE.find()?.entries.iter();
    entries.find(|entry| entry.database.load(Ordering::Acquire) == database.to_u32())
}

/// Takes an entry that is free, or else, in turn, one of a database where nothing is watched: that may be gone, of which nobody
/// heard, and is looked at once more if it is not. Only the worker of a database does this, of which there is one.
fn claim(database: Oid) -> Option<&'static Entry> {
    let schedule = SCHEDULE.find()?;
    let first = schedule.next.fetch_add(1, Ordering::Relaxed) as usize;
    let in_turn =
        (0..DATABASES).map(|step| &schedule.entries[first.wrapping_add(step) % DATABASES]);
    let take = |entry: &Entry, from: u32| {
        let to = database.to_u32();
        (entry.database)
            .compare_exchange(from, to, Ordering::SeqCst, Ordering::SeqCst)
            .is_ok()
    };
    let is_idle = |entry: &Entry| entry.due_us.load(Ordering::SeqCst) == NEVER;
    let free = in_turn.clone().find(|entry| take(entry, 0));
    free.or_else(|| {
        let mut idle = in_turn.filter(|entry| is_idle(entry));
        idle.find(|entry| take(entry, entry.database.load(Ordering::SeqCst)))
    })
}
