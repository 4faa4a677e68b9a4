//! One partition of the memory engine's hash table: a fixed number of slots, found by a keyed hash.
//!
//! Plain data without pointers, so that it can lie in memory that several processes map. Whoever calls holds the
//! partition's lock. Nothing here allocates, waits or fails but for want of a slot.
//!
//! What keeps an evicted key from starting anew: a slot goes only when it is worthless, and so is the row that
//! the table may have of it, or when the row has all of it. In the second case the owner's *horizon* is raised to
//! the time at which that row expires. A key that is not found before the horizon has to be looked up in the
//! table first.
//!
//! No owner can take all slots from the others (`shares.rs`).

mod eviction;
mod flushing;
mod key;
mod partition_header;
mod shares;
mod slot;

pub use flushing::Snapshot;
pub use key::{KeyKind, KeyName, MAX_KEY, MAX_OWNERS, MAX_POLICY_NAME, Owner, SlotKey};
pub use partition_header::{OwnerCounts, PartitionHeader};
pub use slot::Slot;

use super::entry::Entry;

/// No slot can be had: the owner has its share, and its slots hold what nothing else has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full;

/// What a search found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// In this slot.
    Slot(usize),
    /// Nowhere, and the table has nothing of it either.
    Unknown,
    /// Not here, but perhaps in the table. The number tells later whether what is read there still holds.
    Elsewhere(u64),
}

/// A partition, while its lock is held.
pub struct Slots<'a> {
    header: &'a mut PartitionHeader,
    buckets: &'a mut [u32],
    slots: &'a mut [Slot],
}

impl<'a> Slots<'a> {
    /// Over memory that was zeroed once and changed by nothing else. There is a power of two of buckets.
    pub fn new(
        header: &'a mut PartitionHeader,
        buckets: &'a mut [u32],
        slots: &'a mut [Slot],
    ) -> Slots<'a> {
        Slots {
            header,
            buckets,
            slots,
        }
    }

    fn bucket(&mut self, hash: u64) -> &mut u32 {
        let mask = self.buckets.len() - 1;
        &mut self.buckets[hash as usize & mask]
    }

    /// Looks for a key.
    pub fn find(&mut self, key: &SlotKey<'_>, now_us: i64) -> Found {
        let mut next = *self.bucket(key.hash);
        while let Some(index) = (next as usize).checked_sub(1) {
            let slot = &self.slots[index];
            if slot.holds(key) {
                return Found::Slot(index);
            }
            next = slot.next;
        }
        let owner = self.owner(key.owner);
        match owner.loaded && now_us >= owner.horizon_us {
            true => Found::Unknown,
            false => Found::Elsewhere(self.header.removals),
        }
    }

    /// How many slots have been removed.
    #[must_use]
    pub fn removals(&self) -> u64 {
        self.header.removals
    }

    /// Whether what was read from the table at `Found::Elsewhere(seen)` still holds for a key that is not here.
    #[must_use]
    pub fn still_holds(&self, seen: u64) -> bool {
        self.header.removals == seen
    }

    /// What the partition knows of an owner.
    pub fn owner(&mut self, owner: Owner) -> &mut OwnerCounts {
        &mut self.header.owners[owner.index as usize]
    }

    /// Takes a slot for a key that has none, with what the table has of it and when that row expires.
    ///
    /// # Errors
    /// [`Full`], when the owner has its share, and all that it could have instead is dirty and live.
    pub fn insert(
        &mut self,
        key: &SlotKey<'_>,
        entry: &Entry,
        row_expires_us: i64,
        now_us: i64,
    ) -> Result<usize, Full> {
        let index = self.vacant(key.owner, now_us).ok_or(Full)?;
        Ok(self.fill(index, key, entry, row_expires_us))
    }

    /// As `insert`, whatever the owner's share, while there is any slot free: for what had a slot before a restart.
    ///
    /// # Errors
    /// [`Full`], when there is none.
    pub fn restore(
        &mut self,
        key: &SlotKey<'_>,
        row_expires_us: i64,
        now_us: i64,
    ) -> Result<usize, Full> {
        let index = match self.free() {
            0 => self.vacant(key.owner, now_us).ok_or(Full)?,
            _ => self.take_free(),
        };
        Ok(self.fill(index, key, &Entry::EMPTY, row_expires_us))
    }

    fn fill(
        &mut self,
        index: usize,
        key: &SlotKey<'_>,
        entry: &Entry,
        row_expires_us: i64,
    ) -> usize {
        let expires_us = entry.expires_us();
        let head = self.bucket(key.hash);
        let next = std::mem::replace(head, index as u32 + 1);
        let slot = &mut self.slots[index];
        slot.hash = key.hash;
        slot.next = next;
        slot.in_use = true;
        slot.kind = key.name.kind;
        slot.space = key.name.space;
        slot.key_len = key.name.bytes.len() as u16;
        slot.owner = key.owner;
        slot.version = 0;
        slot.flushed = 0;
        slot.row_expires_us = row_expires_us;
        slot.expires_us = expires_us;
        slot.hits = 0;
        slot.denials = 0;
        slot.entry = *entry;
        slot.key[..key.name.bytes.len()].copy_from_slice(key.name.bytes);
        self.header.used += 1;
        self.header.chances += 1;
        self.owner(key.owner).used += 1;
        index
    }

    /// The slot with this number.
    #[must_use]
    pub fn slot(&self, index: usize) -> &Slot {
        &self.slots[index]
    }

    /// Keeps what a hit made of an entry.
    pub fn keep(&mut self, index: usize, entry: &Entry) {
        self.header.changes += 1;
        let slot = &mut self.slots[index];
        let was_clean = !slot.is_dirty();
        // What it was may be on its way into the table, and must not come back from there: a slot never becomes
        // worthless by a change, only by time or when its row has been written anew.
        slot.row_expires_us = slot.row_expires_us.max(slot.expires_us);
        slot.expires_us = entry.expires_us();
        slot.entry = *entry;
        slot.version = self.header.changes;
        let owner = slot.owner;
        if was_clean {
            self.owner(owner).dirty += 1;
        }
    }

    /// Counts a hit.
    pub fn count(&mut self, index: usize, is_denied: bool) {
        let slot = &mut self.slots[index];
        slot.hits = slot.hits.saturating_add(1);
        slot.denials = slot.denials.saturating_add(u32::from(is_denied));
        let owner = slot.owner;
        self.count_only(owner, is_denied);
    }

    /// Counts a hit that took no slot.
    pub fn count_only(&mut self, owner: Owner, is_denied: bool) {
        let owner = self.owner(owner);
        owner.hits += 1;
        owner.denials += u64::from(is_denied);
    }

    /// Counts a hit that found no slot.
    pub fn refuse(&mut self, owner: Owner) {
        self.owner(owner).refusals += 1;
    }
}
