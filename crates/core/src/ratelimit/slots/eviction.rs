//! Giving slots away: which one goes, and what has to be remembered of it.

use super::Slots;
use super::book::OwnerBook;
use super::key::Owner;
use super::slot::Slot;

/// How many slots are looked at in search of a worthless one before a clean one will do.
const SEARCH: usize = 8;

impl Slots<'_> {
    /// Whether a slot can be had without giving one away.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.book.free != 0 || (self.book.high as usize) < self.slots.len()
    }

    pub(super) fn vacant(&mut self, now_us: i64) -> Option<usize> {
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
