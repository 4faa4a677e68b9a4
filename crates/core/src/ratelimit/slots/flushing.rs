//! Writing slots into the table: what is to be written, and what has been.

use std::ops::Range;

use super::Slots;
use super::key::{KeyName, Owner};
use super::slot::Slot;

/// A slot's state at one time, to be written to the table.
#[derive(Debug, Clone, Copy)]
pub struct Snapshot {
    slot: u32,
    version: u64,
    hash: u64,
    expires_us: i64,
}

impl Slots<'_> {
    /// How many slots have ever been used.
    #[must_use]
    pub fn touched(&self) -> usize {
        self.header.high as usize
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

    /// Which state of a slot is about to be written.
    #[must_use]
    pub fn snapshot(&self, index: usize) -> Snapshot {
        let slot = &self.slots[index];
        Snapshot {
            slot: index as u32,
            version: slot.version,
            hash: slot.hash,
            expires_us: slot.expires_us,
        }
    }

    /// The table has a slot as it was then.
    pub fn mark_flushed(&mut self, snapshot: &Snapshot, name: KeyName<'_>) {
        let Some(slot) = self.slots.get_mut(snapshot.slot as usize) else {
            return;
        };
        if !slot.in_use || slot.hash != snapshot.hash || slot.name() != name {
            return;
        }
        slot.row_expires_us = snapshot.expires_us;
        if slot.version == snapshot.version && slot.is_dirty() {
            slot.flushed = slot.version;
            let owner = slot.owner;
            self.owner(owner).count_clean();
        }
        self.header.chances += 1;
    }
}
