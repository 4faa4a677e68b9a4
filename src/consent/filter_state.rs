//! Of which databases the filter is complete.

use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};

use crate::pg::invalidation::on_relation_change;
use crate::pg::{Oid, preload, process, relation};
use crate::shared_static;

/// Databases that can have a filter at once. Others do without.
const DATABASES: usize = 64;

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Not begun, or not to be trusted any more.
    None,
    /// The table is being read.
    Filling,
    /// Every row is in it.
    Complete,
}

const PHASE_BITS: u64 = 3;
const NONE: u64 = 0;
const FILLING: u64 = 1;
const COMPLETE: u64 = 2;

/// One database. `state` is a count of changes, shifted by two, and the phase.
#[derive(Default)]
struct Entry {
    database: AtomicU32,
    table: AtomicU32,
    state: AtomicU64,
}

pub struct Entries([Entry; DATABASES]);

impl Default for Entries {
    fn default() -> Entries {
        Entries(std::array::from_fn(|_| Entry::default()))
    }
}

shared_static! { pub STATES: Entries = c"phone_crypt suppression filter states"; }

/// Where this process has found its database, counted from 1.
static FOUND: AtomicUsize = AtomicUsize::new(0);

fn entry_of(database: Oid) -> Option<(usize, &'static Entry)> {
    let wanted = database.to_u32();
    let mut entries = STATES.find()?.0.iter().enumerate();
    entries.find(|(_, entry)| wanted != 0 && entry.database.load(Ordering::Acquire) == wanted)
}

/// The entry of this process's database. It stays where it is for as long as anybody is connected to it.
fn own() -> Option<&'static Entry> {
    let found = FOUND.load(Ordering::Relaxed);
    if found > 0 {
        return STATES.find()?.0.get(found - 1);
    }
    let (index, entry) = entry_of(process::database())?;
    FOUND.store(index + 1, Ordering::Relaxed);
    Some(entry)
}

fn phase_of(state: u64) -> Phase {
    match state & PHASE_BITS {
        COMPLETE => Phase::Complete,
        FILLING => Phase::Filling,
        _ => Phase::None,
    }
}

/// How far the filter of this database is.
pub fn phase() -> Phase {
    own().map_or(Phase::None, |entry| {
        phase_of(entry.state.load(Ordering::Acquire))
    })
}

/// Whether every row of this table is in the filter.
pub fn is_complete(table: Oid) -> bool {
    own().is_some_and(|entry| {
        entry.table.load(Ordering::Acquire) == table.to_u32()
            && phase_of(entry.state.load(Ordering::Acquire)) == Phase::Complete
    })
}

/// Begins to fill it; the state that ends with, to be given to [`end`]. Called by the database's one worker, with the table
/// locked against writers. None where there is no room.
pub fn begin(table: Oid) -> Option<u64> {
    let entry = match own() {
        Some(entry) => entry,
        None => {
            let wanted = process::database().to_u32();
            STATES.find()?.0.iter().find(|entry| {
                entry
                    .database
                    .compare_exchange(0, wanted, Ordering::AcqRel, Ordering::Acquire)
                    .is_ok()
            })?
        }
    };
    // First of all nobody trusts what is said of another table.
    change(entry, NONE);
    entry.table.store(table.to_u32(), Ordering::Release);
    change(entry, FILLING);
    Some(entry.state.load(Ordering::Acquire))
}

/// It is filled, unless somebody has changed the table since [`begin`].
pub fn end(begun: u64) {
    if let Some(entry) = own() {
        let complete = (begun & !PHASE_BITS) | COMPLETE;
        let _ = entry
            .state
            .compare_exchange(begun, complete, Ordering::AcqRel, Ordering::Acquire);
    }
}

/// Whether there is an entry of the database.
pub fn is_used(database: Oid) -> bool {
    entry_of(database).is_some()
}

/// The database, or its table, is gone.
pub fn forget(database: Oid) {
    if let Some((_, entry)) = entry_of(database) {
        change(entry, NONE);
        entry.table.store(0, Ordering::Release);
        entry.database.store(0, Ordering::Release);
    }
}

fn change(entry: &Entry, phase: u64) {
    let next = |state: u64| Some(((state & !PHASE_BITS).wrapping_add(PHASE_BITS + 1)) | phase);
    let _ = entry
        .state
        .fetch_update(Ordering::AcqRel, Ordering::Acquire, next);
}

/// From now on a session that changes the table itself, its trigger for one, makes the filter incomplete, before it can write
/// anything. Called by the postmaster, for all its children.
pub fn watch() {
    if preload::in_progress() {
        on_relation_change(make_incomplete);
    }
}

/// Every process hears of the change sooner or later. Only the one that makes it has the table locked for that.
fn make_incomplete(changed: Oid) {
    let Some((_, entry)) = entry_of(process::database()) else {
        return;
    };
    if entry.table.load(Ordering::Acquire) == changed.to_u32()
        && relation::is_locked_for_change(changed)
    {
        change(entry, NONE);
    }
}
