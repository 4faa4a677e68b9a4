//! The list of databases that have background work, in shared memory.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicI64, AtomicU32, AtomicU64, Ordering, fence};

use super::task::MAX_TASKS;
use crate::pg::latch::SharedLatch;
use crate::pg::{Oid, process};
use crate::{shared_lock_static, shared_static};

/// How many databases there is room for.
pub(super) const MAX_DATABASES: usize = 128;

/// What the list says of a task in a database.
#[derive(Default)]
pub(super) struct TaskEntry {
    /// Whether there is work for the next interval.
    pub is_pending: AtomicBool,
    /// The number of the last run that somebody waits for.
    pub wanted: AtomicU64,
    /// The number of the last such run that has ended well.
    pub done: AtomicU64,
    /// Runs that have left nothing undone.
    pub runs: AtomicU64,
    /// Runs that have.
    pub failures: AtomicU64,
    /// When the last run began that has left nothing undone.
    pub last_us: AtomicI64,
}

/// A database. An oid of zero: the entry is free.
#[derive(Default)]
pub(super) struct Entry {
    database: AtomicU32,
    /// Different each time that the entry is taken.
    number: AtomicU32,
    /// The process that works there now; 0 if none does.
    pub worker: AtomicI32,
    /// Grows whenever a worker gets on.
    pub beats: AtomicU64,
    /// Workers in succession, up to the present one, that have not come to an orderly end.
    pub broken_off: AtomicU32,
    /// The tasks that the worker has still to end, a bit each.
    pub to_run: AtomicU32,
    /// Whether the worker is to stay for no more work: another one is needed.
    pub is_to_make_room: AtomicBool,
    /// By the task's number.
    pub tasks: [TaskEntry; MAX_TASKS],
}

impl Entry {
    /// Asks the worker to stay for no more work.
    pub fn make_room(&self) {
        self.is_to_make_room.store(true, Ordering::Relaxed);
    }
}

/// All of them.
pub struct Databases {
    /// Counts the times that somebody woke the launcher: it may miss one while it is busy.
    pub(super) wakes: AtomicU64,
    /// The launcher's latch, while it runs.
    pub(super) launcher: SharedLatch,
    entries: [Entry; MAX_DATABASES],
}

impl Default for Databases {
    fn default() -> Databases {
        Databases {
            wakes: AtomicU64::new(0),
            launcher: SharedLatch::default(),
            entries: std::array::from_fn(|_| Entry::default()),
        }
    }
}

shared_static! { pub DATABASES: Databases = c"phone_crypt databases with background work"; }

/// Held by whoever enters a database into the list, or takes it off: the number of the last one.
#[derive(Default)]
pub struct LastNumber(u32);

shared_lock_static! { pub LIST: LastNumber = c"PhoneCryptWorkers"; }

/// A database in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Database {
    pub oid: u32,
    pub index: u32,
    number: u32,
}

impl Database {
    /// What the list says of it.
    pub fn entry(self) -> &'static Entry {
        &shared().entries[self.index as usize]
    }

    /// Whether it is still in the list.
    pub fn is_listed(self) -> bool {
        at(self.index as usize) == Some(self)
    }
}

/// The list. There must be one: the launcher, its workers and whoever has announced a database know that there is.
pub(super) fn shared() -> &'static Databases {
    DATABASES.get()
}

/// The database of an entry.
pub(super) fn at(index: usize) -> Option<Database> {
    let entry = shared().entries.get(index)?;
    let oid = entry.database.load(Ordering::Acquire);
    (oid != 0).then(|| Database {
        oid,
        index: index as u32,
        number: entry.number.load(Ordering::Relaxed),
    })
}

/// Every database in the list.
pub(super) fn all() -> impl Iterator<Item = Database> {
    (0..MAX_DATABASES).filter_map(at)
}

/// Enters a database into the list, if it is not there, and wakes the launcher then. False if there is no room, or no
/// shared memory.
pub fn announce(database: Oid) -> bool {
    enter(database).is_some()
}

pub(super) fn enter(database: Oid) -> Option<Database> {
    let oid = database.to_u32();
    let shared = DATABASES.find()?;
    let mut last = LIST.exclusive();
    let known = all().find(|known| known.oid == oid);
    if known.is_some() {
        return known;
    }
    let is_free = |entry: &Entry| entry.database.load(Ordering::Relaxed) == 0;
    let index = shared.entries.iter().position(is_free)?;
    let entry = &shared.entries[index];
    last.0 = last.0.wrapping_add(1);
    entry.number.store(last.0, Ordering::Relaxed);
    entry.broken_off.store(0, Ordering::Relaxed);
    entry.to_run.store(0, Ordering::Relaxed);
    entry.is_to_make_room.store(false, Ordering::Relaxed);
    for task in &entry.tasks {
        task.is_pending.store(false, Ordering::Relaxed);
        task.last_us.store(0, Ordering::Relaxed);
        for counter in [&task.wanted, &task.done, &task.runs, &task.failures] {
            counter.store(0, Ordering::Relaxed);
        }
    }
    entry.database.store(oid, Ordering::Release);
    let number = last.0;
    drop(last);
    wake_launcher();
    // The launcher may have taken it off again by now: whoever has work for it sees that, and enters it once more.
    Some(Database {
        oid,
        index: index as u32,
        number,
    })
}

/// Takes a database off the list, unless it is used. Whoever notes work there meanwhile either is seen by `is_used`, or
/// sees that the database is not listed, and enters it again.
pub(super) fn remove_unless(database: Database, is_used: impl FnOnce() -> bool) {
    let _held = LIST.exclusive();
    if database.is_listed() {
        let oid = &database.entry().database;
        oid.store(0, Ordering::SeqCst);
        fence(Ordering::SeqCst);
        if is_used() {
            oid.store(database.oid, Ordering::SeqCst);
        }
    }
}

thread_local! {
    static OWN: Cell<Option<Database>> = const { Cell::new(None) };
}

/// The entry of this process's database, which is entered if it is new. `None` if there is no room, or no shared memory.
pub(super) fn own() -> Option<Database> {
    match OWN.get() {
        Some(database) if database.is_listed() => Some(database),
        _ => {
            let database = enter(process::database());
            OWN.set(database);
            database
        }
    }
}

/// Makes the launcher look at once. Nothing happens while there is none.
pub fn wake_launcher() {
    shared().wakes.fetch_add(1, Ordering::AcqRel);
    shared().launcher.wake();
}

/// A worker has got on: the launcher need not worry.
pub fn beat() {
    if let Some(database) = OWN.get() {
        database.entry().beats.fetch_add(1, Ordering::Relaxed);
    }
}

/// The worker of this process has this database.
pub(super) fn set_own(database: Database) {
    OWN.set(Some(database));
}
