//! One partition of the memory engine's hash table: a fixed number of slots, found by a keyed hash.
//!
//! Plain data without pointers, so that it can lie in memory that several processes map. Whoever calls holds the
//! partition's lock. Nothing here allocates, waits or fails but for want of a slot.
//!
//! What keeps an evicted key from starting anew: a slot goes only when it is worthless, and so is the row that
//! the table may have of it, or when the row has all of it. In the second case the owner's *horizon* is raised to
//! the time at which that row expires. A key that is not found before the horizon has to be looked up in the
//! table first.

use siphasher::sip::SipHasher13;
use std::hash::Hasher;
use std::ops::Range;

use super::entry::Entry;

/// The longest key in bytes: a policy's name and a caller's key (583), and what fills up a cache line.
pub const MAX_KEY: usize = 584;

/// How many owners (databases) a partition can tell apart.
pub const MAX_OWNERS: usize = 128;

/// How many slots are looked at in search of a worthless one before a clean one will do.
const SEARCH: usize = 8;

/// Whose key it is: one table of one database, and its place in the list of owners.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub struct Owner {
    /// The database's oid.
    pub database: u32,
    /// The oid of its `phone_crypt.rate_limits`.
    pub table: u32,
    /// Below [`MAX_OWNERS`].
    pub index: u32,
}

impl Owner {
    /// The place in the list may be another's by now; the oids say who it is.
    fn is_same(self, other: Owner) -> bool {
        self.database == other.database && self.table == other.table
    }
}

/// A key to look for.
#[derive(Debug, Clone, Copy)]
pub struct SlotKey<'a> {
    owner: Owner,
    bytes: &'a [u8],
    hash: u64,
}

impl<'a> SlotKey<'a> {
    /// `None` for a key that is too long. The seed keeps an attacker from choosing keys that meet in one place
    /// (SipHash, Aumasson and Bernstein 2012).
    #[must_use]
    pub fn new(owner: Owner, bytes: &'a [u8], seed: [u64; 2]) -> Option<SlotKey<'a>> {
        let fits = bytes.len() <= MAX_KEY && (owner.index as usize) < MAX_OWNERS;
        fits.then(|| {
            let mut hasher = SipHasher13::new_with_keys(seed[0], seed[1]);
            hasher.write_u32(owner.database);
            hasher.write_u32(owner.table);
            hasher.write(bytes);
            let hash = hasher.finish();
            SlotKey { owner, bytes, hash }
        })
    }

    /// The key itself.
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Whose it is.
    #[must_use]
    pub fn owner(&self) -> Owner {
        self.owner
    }

    /// Which of so many partitions it belongs to.
    #[must_use]
    pub fn partition(&self, partitions: usize) -> usize {
        (self.hash >> 32) as usize % partitions
    }
}

/// One key's place. What a hit reads comes first, and a short key right after it: four cache lines of twelve.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
pub struct Slot {
    hash: u64,
    /// The next slot of the same bucket, or of the free list; counted from 1, 0 for none.
    next: u32,
    in_use: bool,
    key_len: u16,
    owner: Owner,
    /// The number of its latest change, which no other change of the partition has.
    version: u64,
    /// The version that the table has.
    flushed: u64,
    /// Until when the table may have a row that matters; 0 if it has none.
    row_expires_us: i64,
    expires_us: i64,
    entry: Entry,
    hits: u32,
    denials: u32,
    key: [u8; MAX_KEY],
}

const _: () = assert!(size_of::<Slot>() == 12 * 64);

impl Default for Slot {
    /// A place that was never used: zeros.
    fn default() -> Slot {
        Slot {
            hash: 0,
            next: 0,
            in_use: false,
            key_len: 0,
            owner: Owner {
                database: 0,
                table: 0,
                index: 0,
            },
            version: 0,
            flushed: 0,
            row_expires_us: 0,
            expires_us: 0,
            hits: 0,
            denials: 0,
            entry: Entry::EMPTY,
            key: [0; MAX_KEY],
        }
    }
}

impl Slot {
    /// The key.
    #[must_use]
    pub fn key(&self) -> &[u8] {
        self.key.get(..usize::from(self.key_len)).unwrap_or(&[])
    }

    /// What is known of it.
    #[must_use]
    pub fn entry(&self) -> &Entry {
        &self.entry
    }

    /// Hits and denials since it took this place.
    #[must_use]
    pub fn counts(&self) -> (u64, u64) {
        (u64::from(self.hits), u64::from(self.denials))
    }

    /// Until when the table may have a row of it that matters; 0 if there is none.
    #[must_use]
    pub fn row_expires_us(&self) -> i64 {
        self.row_expires_us
    }

    /// Whether the table does not have all of it.
    #[must_use]
    pub fn is_dirty(&self) -> bool {
        self.version != self.flushed
    }

    fn is_worthless(&self, now_us: i64) -> bool {
        self.expires_us.max(self.row_expires_us) <= now_us
    }

    fn holds(&self, key: &SlotKey<'_>) -> bool {
        self.hash == key.hash && self.owner.is_same(key.owner) && self.key() == key.bytes
    }

    fn is_of(&self, owner: Owner) -> bool {
        self.in_use && self.owner.is_same(owner)
    }
}

/// What a partition knows of one owner.
#[derive(Debug, Clone, Copy, Default)]
#[repr(C)]
pub struct OwnerBook {
    /// Before this time a key that is not found has to be looked up in the table.
    horizon_us: i64,
    /// Whether the table has been read. Until then every key that is not found has to be looked up.
    pub loaded: bool,
    /// Slots in use.
    pub used: u32,
    /// Slots that the table does not have all of.
    pub dirty: u32,
    /// When the first of them became so, as far as the caller has noted it.
    pub dirty_since_us: i64,
    /// Hits decided.
    pub hits: u64,
    /// Hits denied.
    pub denials: u64,
    /// Live slots given to other keys.
    pub evictions: u64,
    /// Rows looked up for want of a slot.
    pub reads: u64,
    /// Hits refused since every slot was dirty.
    pub refusals: u64,
}

impl OwnerBook {
    fn count_clean(&mut self) {
        self.dirty = self.dirty.saturating_sub(1);
    }
}

/// A partition's book-keeping. Zeroed memory is a partition without keys.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct Book {
    /// Slots that have ever been used. What lies beyond was never touched.
    high: u32,
    free: u32,
    hand: u32,
    /// Numbers the changes.
    changes: u64,
    /// Counts removals of live slots: a row that was read before one may be out of date after it.
    removals: u64,
    /// Until then no slot can be given away, unless one is flushed or changed.
    full_until_us: i64,
    owners: [OwnerBook; MAX_OWNERS],
}

impl Default for Book {
    fn default() -> Book {
        Book {
            high: 0,
            free: 0,
            hand: 0,
            changes: 0,
            removals: 0,
            full_until_us: 0,
            owners: [OwnerBook::default(); MAX_OWNERS],
        }
    }
}

/// Every slot holds what nothing else has.
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

/// A slot's state at one time, to be written to the table.
#[derive(Debug, Clone, Copy)]
pub struct Snapshot {
    slot: u32,
    version: u64,
    hash: u64,
    expires_us: i64,
}

/// A partition, while its lock is held.
pub struct Slots<'a> {
    book: &'a mut Book,
    buckets: &'a mut [u32],
    slots: &'a mut [Slot],
}

impl<'a> Slots<'a> {
    /// Over memory that was zeroed once and changed by nothing else. There is a power of two of buckets.
    pub fn new(book: &'a mut Book, buckets: &'a mut [u32], slots: &'a mut [Slot]) -> Slots<'a> {
        Slots {
            book,
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
            false => Found::Elsewhere(self.book.removals),
        }
    }

    /// How many slots have been removed.
    #[must_use]
    pub fn removals(&self) -> u64 {
        self.book.removals
    }

    /// Whether what was read from the table at `Found::Elsewhere(seen)` still holds for a key that is not here.
    #[must_use]
    pub fn still_holds(&self, seen: u64) -> bool {
        self.book.removals == seen
    }

    /// What the partition knows of an owner.
    pub fn owner(&mut self, owner: Owner) -> &mut OwnerBook {
        &mut self.book.owners[owner.index as usize]
    }

    /// Takes a slot for a key that has none, with what the table has of it and when that row expires.
    ///
    /// # Errors
    /// [`Full`], when every slot is dirty and live.
    pub fn insert(
        &mut self,
        key: &SlotKey<'_>,
        entry: &Entry,
        row_expires_us: i64,
        now_us: i64,
    ) -> Result<usize, Full> {
        let index = self.vacant(now_us).ok_or(Full)?;
        let expires_us = entry.expires_us();
        let head = self.bucket(key.hash);
        let next = std::mem::replace(head, index as u32 + 1);
        let slot = &mut self.slots[index];
        slot.hash = key.hash;
        slot.next = next;
        slot.in_use = true;
        slot.key_len = key.bytes.len() as u16;
        slot.owner = key.owner;
        slot.version = 0;
        slot.flushed = 0;
        slot.row_expires_us = row_expires_us;
        slot.expires_us = expires_us;
        slot.hits = 0;
        slot.denials = 0;
        slot.entry = *entry;
        slot.key[..key.bytes.len()].copy_from_slice(key.bytes);
        self.owner(key.owner).used += 1;
        Ok(index)
    }

    /// The slot with this number.
    #[must_use]
    pub fn slot(&self, index: usize) -> &Slot {
        &self.slots[index]
    }

    /// Keeps what a hit made of an entry.
    pub fn keep(&mut self, index: usize, entry: &Entry) {
        self.book.changes += 1;
        let slot = &mut self.slots[index];
        let was_clean = !slot.is_dirty();
        // What it was may be on its way into the table, and must not come back from there: a slot never becomes
        // worthless by a change, only by time or when its row has been written anew.
        slot.row_expires_us = slot.row_expires_us.max(slot.expires_us);
        slot.expires_us = entry.expires_us();
        slot.entry = *entry;
        slot.version = self.book.changes;
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

    /// Whether a slot can be had without giving one away.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.book.free != 0 || (self.book.high as usize) < self.slots.len()
    }

    fn vacant(&mut self, now_us: i64) -> Option<usize> {
        if self.book.free == 0 && (self.book.high as usize) < self.slots.len() {
            self.book.high += 1;
            return Some(self.book.high as usize - 1);
        }
        if self.book.free == 0 {
            let victim = self.victim(now_us)?;
            self.evict(victim, now_us);
        }
        let index = (self.book.free as usize).checked_sub(1)?;
        self.book.free = self.slots[index].next;
        Some(index)
    }

    /// A slot that can go: one that is worthless if there is one near, else one that is clean.
    fn victim(&mut self, now_us: i64) -> Option<usize> {
        if now_us < self.book.full_until_us {
            return None;
        }
        let mut clean = None;
        let mut first_to_expire_us = i64::MAX;
        for seen in 0..self.slots.len() {
            let index = self.book.hand as usize % self.slots.len();
            self.book.hand = (index + 1) as u32;
            let slot = &self.slots[index];
            if slot.is_worthless(now_us) {
                return Some(index);
            }
            if clean.is_none() && !slot.is_dirty() {
                clean = Some(index);
            }
            if clean.is_some() && seen + 1 >= SEARCH {
                return clean;
            }
            let expires_us = slot.expires_us.max(slot.row_expires_us);
            first_to_expire_us = first_to_expire_us.min(expires_us);
        }
        if clean.is_none() {
            self.book.full_until_us = first_to_expire_us;
        }
        clean
    }

    fn evict(&mut self, index: usize, now_us: i64) {
        let slot = &self.slots[index];
        let (owner, row_expires_us) = (slot.owner, slot.row_expires_us);
        if !slot.is_worthless(now_us) {
            let book = self.owner(owner);
            book.evictions += 1;
            book.horizon_us = book.horizon_us.max(row_expires_us);
        }
        self.remove(index);
    }

    fn remove(&mut self, index: usize) {
        let Slot {
            hash, next, owner, ..
        } = self.slots[index];
        let was_dirty = self.slots[index].is_dirty();
        self.unlink(hash, index as u32 + 1, next);
        let slot = &mut self.slots[index];
        slot.in_use = false;
        slot.next = self.book.free;
        self.book.free = index as u32 + 1;
        self.book.removals += 1;
        let book = self.owner(owner);
        book.used = book.used.saturating_sub(1);
        if was_dirty {
            book.count_clean();
        }
    }

    fn unlink(&mut self, hash: u64, number: u32, next: u32) {
        let head = self.bucket(hash);
        if *head == number {
            *head = next;
            return;
        }
        let mut before = *head;
        while let Some(index) = (before as usize).checked_sub(1) {
            if self.slots[index].next == number {
                self.slots[index].next = next;
                return;
            }
            before = self.slots[index].next;
        }
    }

    /// How many slots have ever been used.
    #[must_use]
    pub fn touched(&self) -> usize {
        self.book.high as usize
    }

    /// The slots of an owner among those with these numbers. A part at a time, so that nobody waits long for the lock.
    pub fn of(&self, owner: Owner, part: Range<usize>) -> impl Iterator<Item = (usize, &Slot)> {
        let end = part.end.min(self.touched());
        (part.start..end)
            .map(|index| (index, &self.slots[index]))
            .filter(move |(_, slot)| slot.is_of(owner))
    }

    /// Writing what is dirty but no longer worth anything would be in vain: it counts as written.
    pub fn clean_worthless(&mut self, owner: Owner, part: Range<usize>, now_us: i64) {
        for index in part.start..part.end.min(self.touched()) {
            let slot = &mut self.slots[index];
            if slot.is_of(owner) && slot.is_dirty() && slot.is_worthless(now_us) {
                slot.flushed = slot.version;
                self.owner(owner).count_clean();
            }
        }
    }

    /// Which state of a slot is about to be written. From now on the table may have it: until then the slot must not
    /// be given up as worthless, or what was reset meanwhile would come back.
    pub fn snapshot(&mut self, index: usize) -> Snapshot {
        let slot = &mut self.slots[index];
        slot.row_expires_us = slot.row_expires_us.max(slot.expires_us);
        Snapshot {
            slot: index as u32,
            version: slot.version,
            hash: slot.hash,
            expires_us: slot.expires_us,
        }
    }

    /// The table has a slot as it was then.
    pub fn mark_flushed(&mut self, snapshot: &Snapshot, key: &[u8]) {
        let Some(slot) = self.slots.get_mut(snapshot.slot as usize) else {
            return;
        };
        if !slot.in_use || slot.hash != snapshot.hash || slot.key() != key {
            return;
        }
        slot.row_expires_us = snapshot.expires_us;
        if slot.version == snapshot.version && slot.is_dirty() {
            slot.flushed = slot.version;
            let owner = slot.owner;
            self.owner(owner).count_clean();
        }
        self.book.full_until_us = 0;
    }

    /// A key's row could not be taken into a slot: until it expires, it has to be looked up.
    pub fn leave_in_table(&mut self, owner: Owner, expires_us: i64) {
        let book = self.owner(owner);
        book.horizon_us = book.horizon_us.max(expires_us);
    }

    /// Gives up the slots of an owner that the table has. What is not found has to be looked up from now on.
    pub fn forget_clean(&mut self, owner: Owner) {
        self.remove_all(owner, |slot| !slot.is_dirty());
        self.owner(owner).loaded = false;
    }

    /// Gives up everything of an owner that is no more.
    pub fn forget_all(&mut self, owner: Owner) {
        self.remove_all(owner, |_| true);
        *self.owner(owner) = OwnerBook::default();
    }

    fn remove_all(&mut self, owner: Owner, which: impl Fn(&Slot) -> bool) {
        for index in 0..self.touched() {
            let slot = &self.slots[index];
            if slot.is_of(owner) && which(slot) {
                self.remove(index);
            }
        }
        self.book.full_until_us = 0;
    }
}
