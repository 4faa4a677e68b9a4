//! Reads by role, of all databases, in shared memory.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::pg::Oid;
use crate::shared_static;
use crate::worker::announce;

/// Pairs of databases and roles that are counted.
const ENTRIES: usize = 1024;

/// A pair, and its reads.
#[derive(Default)]
struct Entry {
    /// `database << 32 | role`; 0 if the entry is free.
    key: AtomicU64,
    count: AtomicU64,
}

impl Entry {
    /// `Oid::INVALID` if it is free.
    fn database(&self) -> Oid {
        Oid::from((self.key.load(Ordering::Relaxed) >> 32) as u32)
    }

    fn free(&self) {
        self.count.store(0, Ordering::Relaxed);
        self.key.store(0, Ordering::Release);
    }
}

/// All of them.
pub struct Reads {
    entries: [Entry; ENTRIES],
}

impl Default for Reads {
    fn default() -> Reads {
        Reads {
            entries: std::array::from_fn(|_| Entry::default()),
        }
    }
}

shared_static! { pub READS: Reads = c"phone_crypt reads by role"; }

fn key_of(database: Oid, role: Oid) -> u64 {
    u64::from(database.to_u32()) << 32 | u64::from(role.to_u32())
}

/// Adds up reads. `hint` is where the pair was the last time. It raises no error; where there is no room, they are not counted.
pub fn add(database: Oid, role: Oid, count: u64, hint: &mut usize) {
    let Some(reads) = READS.find() else { return };
    let key = key_of(database, role);
    let is_its = |index: usize| reads.entries[index].key.load(Ordering::Relaxed) == key;
    if !is_its(*hint) {
        match find(reads, key) {
            Some(index) => *hint = index,
            None => {
                // The launcher frees the pairs of databases that are gone.
                announce(database);
                return;
            }
        }
    }
    reads.entries[*hint]
        .count
        .fetch_add(count, Ordering::Relaxed);
}

/// The entry of a pair, taken for it if there is none.
fn find(reads: &Reads, key: u64) -> Option<usize> {
    let first = (key ^ key >> 32) as usize;
    let mut indexes = (0..ENTRIES).map(|step| first.wrapping_add(step) % ENTRIES);
    // Another pair's entry may have become free before its own.
    let own = indexes
        .clone()
        .find(|index| reads.entries[*index].key.load(Ordering::Acquire) == key);
    own.or_else(|| {
        indexes.find(|index| {
            let entry = &reads.entries[*index].key;
            match entry.compare_exchange(0, key, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => {
                    announce(Oid::from((key >> 32) as u32));
                    true
                }
                Err(taken) => taken == key,
            }
        })
    })
}

/// The reads of a database's roles since the server started.
pub fn totals(database: Oid) -> Vec<(Oid, u64)> {
    of(database)
        .map(|entry| {
            let role = Oid::from(entry.key.load(Ordering::Relaxed) as u32);
            (role, entry.count.load(Ordering::Relaxed))
        })
        .collect()
}

/// The database is gone.
pub fn forget(database: Oid) {
    of(database).for_each(Entry::free);
}

/// The databases whose reads are counted: most are not in the launcher's list, since nothing is watched there.
pub fn databases() -> Vec<Oid> {
    let databases: BTreeSet<u32> = entries().map(|entry| entry.database().to_u32()).collect();
    let databases = databases.into_iter().map(Oid::from);
    databases.filter(|it| *it != Oid::INVALID).collect()
}

fn of(database: Oid) -> impl Iterator<Item = &'static Entry> {
    entries().filter(move |entry| entry.database() == database)
}

fn entries() -> impl Iterator<Item = &'static Entry> {
    READS.find().into_iter().flat_map(|reads| &reads.entries)
}
