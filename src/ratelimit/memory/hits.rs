//! Measuring and replacing what the slots hold.

use pgrx::check_for_interrupts;
use phone_crypt_core::ratelimit::{Entry, Found, Full, KeyName, Owner, OwnerCounts, Slot, SlotKey};
use std::cell::Cell;
use std::sync::atomic::Ordering;

use super::owners;
use super::shmem::{
    Partition, header, layout, lock, lock_owners, partition_of, prefetch_bucket, prefetch_slot,
};
use crate::pg::clock::now_us;
use crate::pg::process::is_recovering;
use crate::ratelimit::state::error::{Error, Result};
use crate::ratelimit::state::rows::{self, Found as RowFound};
use crate::ratelimit::state::state_table::StateTable;
use crate::ratelimit::state::transition::Transition;
use crate::worker::wake_launcher;

thread_local! {
    /// The memory of one call for the next: some kilobytes, which malloc and free would take long for.
    static SCRATCH: Cell<(Vec<Entry>, Vec<Transition>)> = const { Cell::new((Vec::new(), Vec::new())) };
}

/// What the table has of a key, and the removals its partition had seen when it was read.
#[derive(Clone, Copy)]
struct Read {
    at_removal: u64,
    entry: Entry,
    expires_us: i64,
}

/// Where a key stands, found under its partition's lock.
enum Where {
    Slot(usize),
    /// No slot yet: what is known of the key, and when its row expires.
    New(Entry, i64),
    /// The table has to be read first.
    Elsewhere(u64),
}

/// Measures and replaces the state of one key. `transition` runs under the lock: it neither fails nor waits.
///
/// Errors: the database has its share of slots, and they hold what nothing else has, 53400.
pub fn replace<R>(
    table: &StateTable,
    key: SlotKey<'_>,
    mut transition: impl FnMut(&Entry, i64) -> (Transition, R),
) -> Result<R> {
    let mut read = None;
    loop {
        let mut partition = lock(partition_of(&key));
        let now_us = now_us();
        let (found, known) = match find_key(&mut partition, &key, read, now_us) {
            Where::Slot(index) => (Ok(index), *partition.slot(index).entry()),
            Where::New(entry, expires_us) => (Err(expires_us), entry),
            Where::Elsewhere(at_removal) => {
                drop(partition);
                read = Some(read_row(table, &key, at_removal));
                check_for_interrupts!();
                continue;
            }
        };
        let (kept, answer) = transition(&known, now_us);
        let stored = store(&mut partition, &key, found, &known, &kept, now_us);
        drop(partition);
        return stored.map(|()| answer).map_err(|Full| no_slot(key.owner()));
    }
}

/// Where one of several keys is.
struct Spot {
    /// Its partition, among those that are locked.
    partition: usize,
    slot: Option<usize>,
    row_expires_us: i64,
}

/// As `replace`, of several different keys at one moment. `transition` is given a list that is empty, and adds to it what
/// becomes of each entry; those that it leaves out stay as they are.
pub fn replace_all<'a, R>(
    table: &StateTable,
    owner: Owner,
    names: impl Iterator<Item = KeyName<'a>>,
    mut transition: impl FnMut(&[Entry], i64, &mut Vec<Transition>) -> R,
) -> Result<R> {
    // Buckets first, then slots: each is on its way from memory while the next key is hashed.
    let mut keys: Vec<SlotKey<'_>> = Vec::with_capacity(names.size_hint().0);
    for name in names {
        keys.push(locate(owner, name)?);
    }
    keys.iter().for_each(prefetch);
    let mut order: Vec<usize> = keys.iter().map(partition_of).collect();
    order.sort_unstable();
    order.dedup();
    let mut spots: Vec<Spot> = keys.iter().map(|key| Spot::of(key, &order)).collect();
    // What the table has of keys that are in no slot, by their index.
    let mut reads: Vec<(usize, Read)> = Vec::new();
    let (mut entries, mut kept) = SCRATCH.take();
    loop {
        let mut partitions: Vec<Partition> = Vec::with_capacity(order.len());
        partitions.extend(order.iter().map(|number| lock(*number)));
        let now_us = now_us();
        let mut missing = None;
        entries.clear();
        for (index, (key, spot)) in keys.iter().zip(&mut spots).enumerate() {
            let partition = &mut partitions[spot.partition];
            let read = reads.iter().find(|read| read.0 == index);
            match find_key(partition, key, read.map(|read| read.1), now_us) {
                Where::Slot(slot) => {
                    let found = partition.slot(slot);
                    entries.push(*found.entry());
                    (spot.slot, spot.row_expires_us) = (Some(slot), found.row_expires_us());
                }
                Where::New(entry, expires_us) => {
                    entries.push(entry);
                    (spot.slot, spot.row_expires_us) = (None, expires_us);
                }
                Where::Elsewhere(at_removal) => {
                    missing = Some((index, at_removal));
                    break;
                }
            }
        }
        if let Some((index, at_removal)) = missing {
            drop(partitions);
            reads.retain(|read| read.0 != index);
            reads.push((index, read_row(table, &keys[index], at_removal)));
            check_for_interrupts!();
            continue;
        }
        kept.clear();
        let answer = transition(&entries, now_us, &mut kept);
        let mut outcome = Ok(());
        // Taking a slot for one key may give away that of another.
        let mut is_as_found = true;
        for (index, (key, spot)) in keys.iter().zip(&spots).enumerate() {
            let partition = &mut partitions[spot.partition];
            let slot = match spot.slot {
                Some(_) if !is_as_found => match partition.find(key, now_us) {
                    Found::Slot(slot) => Some(slot),
                    _ => None,
                },
                slot => slot,
            };
            is_as_found &= slot.is_some();
            let found = slot.ok_or(spot.row_expires_us);
            let kept = kept.get(index).unwrap_or(&Transition::NONE);
            outcome = store(partition, key, found, &entries[index], kept, now_us);
            if outcome.is_err() {
                take_back(&mut partitions, &spots, &keys[..index], &entries, now_us);
                break;
            }
        }
        drop(partitions);
        SCRATCH.set((entries, kept));
        return outcome.map(|()| answer).map_err(|Full| no_slot(owner));
    }
}

impl Spot {
    /// That of a key, in one of these partitions, which are in order.
    fn of(key: &SlotKey<'_>, partitions: &[usize]) -> Spot {
        let position = partitions.binary_search(&partition_of(key));
        Spot {
            partition: position.unwrap_or_else(|insertion| insertion),
            slot: None,
            row_expires_us: 0,
        }
    }
}

/// Puts back what some keys had, since another found no slot: all or nothing.
fn take_back(
    partitions: &mut [Partition],
    spots: &[Spot],
    keys: &[SlotKey<'_>],
    entries: &[Entry],
    now_us: i64,
) {
    for ((key, entry), spot) in keys.iter().zip(entries).zip(spots) {
        let partition = &mut partitions[spot.partition];
        if let Found::Slot(slot) = partition.find(key, now_us) {
            partition.keep(slot, entry);
        }
    }
}

/// The key, whose bucket is prefetched.
///
/// Errors: a key that is too long, 22023.
pub fn locate(owner: Owner, name: KeyName<'_>) -> Result<SlotKey<'_>> {
    let key = slot_key(owner, name)?;
    prefetch_bucket(&key);
    Ok(key)
}

/// Prefetches the slot.
pub fn prefetch(key: &SlotKey<'_>) {
    prefetch_slot(key);
}

fn slot_key(owner: Owner, name: KeyName<'_>) -> Result<SlotKey<'_>> {
    SlotKey::new(owner, name, header().seed).ok_or(Error::KeyLength)
}

fn find_key(
    partition: &mut Partition,
    key: &SlotKey<'_>,
    read: Option<Read>,
    now_us: i64,
) -> Where {
    match (partition.find(key, now_us), read) {
        (Found::Slot(index), _) => Where::Slot(index),
        (Found::Unknown, _) => Where::New(Entry::EMPTY, 0),
        (Found::Elsewhere(_), Some(read)) if partition.still_holds(read.at_removal) => {
            Where::New(read.entry, read.expires_us)
        }
        (Found::Elsewhere(at_removal), _) => {
            partition.owner(key.owner()).reads += 1;
            Where::Elsewhere(at_removal)
        }
    }
}

/// Reads a key's row, with no lock held. Rows of durable policies are not this engine's.
fn read_row(table: &StateTable, key: &SlotKey<'_>, at_removal: u64) -> Read {
    let row = rows::row_of(table, key.name()).filter(|row| !row.is_durable);
    let (entry, expires_us) = match row {
        Some(RowFound {
            entry, expires_us, ..
        }) => (entry, expires_us),
        None => (Entry::EMPTY, 0),
    };
    Read {
        at_removal,
        entry,
        expires_us,
    }
}

/// Keeps what a transition made of an entry. A key of which nothing is known and nothing is to be kept takes no slot:
/// denials do not fill the memory. On a standby neither does one that only the table knows: its primary may go on
/// writing that row.
fn store(
    partition: &mut Partition,
    key: &SlotKey<'_>,
    found: std::result::Result<usize, i64>,
    known: &Entry,
    kept: &Transition,
    now_us: i64,
) -> std::result::Result<(), Full> {
    let index = match found {
        Ok(index) => index,
        Err(_) if kept.entry.is_none() && (*known == Entry::EMPTY || is_recovering()) => {
            if let Some(denied) = kept.denied {
                partition.count_only(key.owner(), denied);
            }
            return Ok(());
        }
        Err(row_expires_us) => match partition.insert(key, known, row_expires_us, now_us) {
            Ok(index) => index,
            // What the row says was enough to answer.
            Err(Full) if kept.entry.is_none() => return Ok(()),
            Err(Full) => {
                partition.refuse(key.owner());
                return Err(Full);
            }
        },
    };
    if let Some(entry) = &kept.entry {
        let counts = partition.owner(key.owner());
        if counts.dirty == 0 {
            counts.dirty_since_us = now_us;
        }
        partition.keep(index, entry);
    }
    if let Some(denied) = kept.denied {
        partition.count(index, denied);
    }
    Ok(())
}

/// Nothing is counted and nothing forgotten; a flush is asked to make room.
fn no_slot(owner: Owner) -> Error {
    let was_short = owners::entry(owner).is_short.swap(true, Ordering::Relaxed);
    if !was_short {
        wake_launcher();
    }
    Error::NoSlot
}

/// Slots looked at with the lock held once.
pub const PART: usize = 64;

/// Shows every slot of an owner, a copy of each, with no lock held.
pub fn each_slot(owner: Owner, mut each: impl FnMut(&Slot)) {
    let mut copies: Vec<Slot> = Vec::with_capacity(PART);
    for number in 0..layout().partitions {
        for from in (0..layout().slots).step_by(PART) {
            {
                let partition = lock(number);
                if from >= partition.touched() {
                    break;
                }
                let part = partition.of(owner, from..from + PART);
                copies.extend(part.map(|(_, slot)| *slot));
            }
            copies.drain(..).for_each(|slot| each(&slot));
        }
        check_for_interrupts!();
    }
}

/// Gives up the slots of an owner that the table has.
pub fn forget_clean(owner: Owner) {
    for number in 0..layout().partitions {
        lock(number).forget_clean(owner);
    }
}

/// Gives up what policies of an owner have counted that are no more.
pub fn forget_spaces(owner: Owner, spaces: &[i32]) {
    for number in 0..layout().partitions {
        lock(number).forget_spaces(owner, spaces);
    }
    let _held = lock_owners();
    owners::free_outcomes(owner, |space| spaces.contains(&space));
}

/// Gives up everything of an owner that is no more.
pub fn forget_all(owner: Owner) {
    for number in 0..layout().partitions {
        lock(number).forget_all(owner);
    }
}

/// Counts a hit that another engine decided.
pub fn count(owner: Owner, is_denied: bool) {
    lock(0).count_only(owner, is_denied);
}

/// What all partitions know of an owner.
pub fn totals(owner: Owner) -> OwnerCounts {
    let mut total = OwnerCounts::default();
    for number in 0..layout().partitions {
        let counts = *lock(number).owner(owner);
        total.loaded = counts.loaded && (number == 0 || total.loaded);
        total.used += counts.used;
        total.dirty += counts.dirty;
        if counts.dirty > 0
            && (total.dirty_since_us == 0 || counts.dirty_since_us < total.dirty_since_us)
        {
            total.dirty_since_us = counts.dirty_since_us;
        }
        total.hits += counts.hits;
        total.denials += counts.denials;
        total.evictions += counts.evictions;
        total.reads += counts.reads;
        total.refusals += counts.refusals;
    }
    total
}
