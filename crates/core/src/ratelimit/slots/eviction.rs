//! Giving slots away: which one goes, and what has to be remembered of it.

use super::Slots;
use super::key::Owner;
use super::partition_header::OwnerCounts;
use super::slot::Slot;

/// How many slots are looked at in search of a worthless one before a clean one will do.
const SEARCH: usize = 8;

impl Slots<'_> {
    /// A slot for one more key of an owner.
    pub(super) fn vacant(&mut self, owner: Owner, now_us: i64) -> Option<usize> {
        if !self.may_grow(owner) {
            self.make_room(owner, now_us)?;
        }
        Some(self.take_free())
    }

    /// Takes a slot that is free. There must be one.
    pub(super) fn take_free(&mut self) -> usize {
        match (self.header.free as usize).checked_sub(1) {
            Some(index) => {
                self.header.free = self.slots[index].next;
                index
            }
            None => {
                self.header.high += 1;
                self.header.high as usize - 1
            }
        }
    }

    /// Frees a slot that an owner may take: one that is worthless if there is one near, else one that is clean, of
    /// the owner itself or of one that has more.
    fn make_room(&mut self, owner: Owner, now_us: i64) -> Option<()> {
        let counts = *self.owner(owner);
        if now_us < counts.full_until_us && counts.full_at == self.header.chances {
            return None;
        }
        let mut clean = None;
        let mut first_to_expire_us = i64::MAX;
        for seen in 0..self.touched() {
            let index = self.header.hand as usize % self.touched();
            self.header.hand = (index + 1) as u32;
            let slot = &self.slots[index];
            if !slot.in_use {
                continue;
            }
            if slot.is_worthless(now_us) {
                let is_own = slot.is_of(owner);
                self.remove(index);
                if is_own || self.may_grow(owner) {
                    return Some(());
                }
                continue;
            }
            let expires_us = slot.expires_us.max(slot.row_expires_us);
            first_to_expire_us = first_to_expire_us.min(expires_us);
            let victim = slot.owner;
            if clean.is_none() && !slot.is_dirty() && self.may_take_from(owner, victim) {
                clean = Some(index);
            }
            if clean.is_some() && seen + 1 >= SEARCH {
                break;
            }
        }
        let Some(index) = clean else {
            let full_at = self.header.chances;
            let counts = self.owner(owner);
            counts.full_until_us = first_to_expire_us;
            counts.full_at = full_at;
            return None;
        };
        self.evict(index);
        Some(())
    }

    fn evict(&mut self, index: usize) {
        let slot = &self.slots[index];
        let (owner, row_expires_us) = (slot.owner, slot.row_expires_us);
        let counts = self.owner(owner);
        counts.evictions += 1;
        counts.horizon_us = counts.horizon_us.max(row_expires_us);
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
        slot.next = self.header.free;
        self.header.free = index as u32 + 1;
        self.header.removals += 1;
        self.header.used = self.header.used.saturating_sub(1);
        self.header.chances += 1;
        let counts = self.owner(owner);
        counts.used = counts.used.saturating_sub(1);
        if was_dirty {
            counts.count_clean();
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

    /// A key's row could not be taken into a slot: until it expires, it has to be looked up.
    pub fn leave_in_table(&mut self, owner: Owner, expires_us: i64) {
        let counts = self.owner(owner);
        counts.horizon_us = counts.horizon_us.max(expires_us);
    }

    /// Gives up the slots of an owner that the table has. What is not found has to be looked up from now on.
    pub fn forget_clean(&mut self, owner: Owner) {
        self.remove_all(owner, |slot| !slot.is_dirty());
        self.owner(owner).loaded = false;
    }

    /// Gives up everything of an owner that is no more.
    pub fn forget_all(&mut self, owner: Owner) {
        self.remove_all(owner, |_| true);
        *self.owner(owner) = OwnerCounts::default();
    }

    /// Gives up what policies have counted that are no more.
    pub fn forget_spaces(&mut self, owner: Owner, spaces: &[i32]) {
        self.remove_all(owner, |slot| {
            slot.kind.is_of_policies() && spaces.contains(&slot.space)
        });
    }

    fn remove_all(&mut self, owner: Owner, which: impl Fn(&Slot) -> bool) {
        for index in 0..self.touched() {
            let slot = &self.slots[index];
            if slot.is_of(owner) && which(slot) {
                self.remove(index);
            }
        }
    }
}
