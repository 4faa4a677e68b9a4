//! The list of databases that use the engine.

use phone_crypt_core::ratelimit::{MAX_OWNERS, Owner};
use std::sync::atomic::Ordering;

use super::layout::OwnerEntry;
use super::shmem::{header, lock_owners};
use crate::pg::Oid;
use crate::pg::clock::now_us;
use crate::ratelimit::state::error::{Error, Result};
use crate::ratelimit::state::outcome_entry::OutcomeEntry;
use crate::worker;

/// The owner of the slots of a database's table, entered into the list if it is new.
///
/// Errors: the list is full, 53400.
pub fn owner(database: Oid, table: Oid) -> Result<Owner> {
    enter(database.to_u32(), table.to_u32()).ok_or(Error::TooManyDatabases)
}

/// The owners of a database: two while the table of an extension that was dropped has slots.
pub(super) fn of(database: Oid) -> impl Iterator<Item = Owner> {
    all().filter(move |owner| owner.database == database.to_u32())
}

pub(super) fn enter(database: u32, table: u32) -> Option<Owner> {
    let held = lock_owners();
    let known = all().find(|owner| owner.database == database && owner.table == table);
    if known.is_some() {
        return known;
    }
    let free = header()
        .owners
        .iter()
        .position(|entry| entry.database.load(Ordering::Relaxed) == 0)?;
    let entry = &header().owners[free];
    entry.since_us.store(now_us(), Ordering::Relaxed);
    entry.swept_to.store(0, Ordering::Relaxed);
    entry.is_loaded.store(false, Ordering::Relaxed);
    entry.is_short.store(false, Ordering::Relaxed);
    entry.table.store(table, Ordering::Relaxed);
    entry.database.store(database, Ordering::Release);
    drop(held);
    let owner = Owner {
        database,
        table,
        index: free as u32,
    };
    if worker::announce(Oid::from(database)) {
        worker::wake_launcher();
        return Some(owner);
    }
    remove(owner);
    None
}

/// Everyone on the list.
pub(super) fn all() -> impl Iterator<Item = Owner> {
    (0..MAX_OWNERS).filter_map(|index| {
        let entry = &header().owners[index];
        let database = entry.database.load(Ordering::Acquire);
        (database != 0).then(|| Owner {
            database,
            table: entry.table.load(Ordering::Relaxed),
            index: index as u32,
        })
    })
}

/// How hits were answered, of all owners.
pub fn outcomes() -> &'static [OutcomeEntry] {
    &header().outcomes
}

/// The number of the entry that counts answers of a space, taken for it if it has none. `None` if there is none left.
pub fn claim_outcomes(owner: Owner, space: i32) -> Option<usize> {
    let _held = lock_owners();
    let all = outcomes();
    let known = all.iter().position(|entry| entry.is_of(owner, space));
    if known.is_some() {
        return known;
    }
    let free = all
        .iter()
        .position(|entry| entry.database.load(Ordering::Relaxed) == 0)?;
    let entry = &all[free];
    for count in entry.counts.iter().chain(&entry.recorded) {
        count.store(0, Ordering::Relaxed);
    }
    entry.space.store(space, Ordering::Relaxed);
    entry.table.store(owner.table, Ordering::Relaxed);
    entry.database.store(owner.database, Ordering::Release);
    Some(free)
}

/// Frees the entries that count answers of these spaces of an owner.
pub(super) fn free_outcomes(owner: Owner, is_one: impl Fn(i32) -> bool) {
    let of_owner = |entry: &&OutcomeEntry| {
        let space = entry.space.load(Ordering::Relaxed);
        entry.is_of(owner, space) && is_one(space)
    };
    for entry in outcomes().iter().filter(of_owner) {
        entry.database.store(0, Ordering::Release);
    }
}

/// Takes an owner off the list. Nothing of it is in any slot.
pub(super) fn remove(owner: Owner) {
    let _held = lock_owners();
    free_outcomes(owner, |_| true);
    entry(owner).database.store(0, Ordering::Release);
}

/// What the list says of an owner.
pub(super) fn entry(owner: Owner) -> &'static OwnerEntry {
    &header().owners[owner.index as usize]
}

/// Whether an owner's table has been read into memory.
pub fn is_loaded(owner: Owner) -> bool {
    entry(owner).is_loaded.load(Ordering::Relaxed)
}
