//! How the slots are shared out among owners (databases).
//!
//! What an owner has flushed can be taken from it, what it has not cannot. So an owner whose flushes fail would end up
//! with every slot, unless it is kept from it beforehand. The rule is that of buffers that several queues of a switch
//! share ("dynamic thresholds", Choudhury and Hahne 1998): an owner may take a free slot while it has fewer than
//! three times as many as are free. Alone it gets three quarters of all, and the next one three quarters of the
//! rest, whatever the first one does with its own.
//!
//! Who has as many as that gives up a slot of its own for each new key. And who has fewer than another may take that
//! one's clean slots, until both have as many.

use super::Slots;
use super::key::Owner;

/// How many times as many slots as are free an owner may have.
const TIMES_FREE: usize = 3;

impl Slots<'_> {
    /// How many slots no key has.
    pub(super) fn free(&self) -> usize {
        self.slots.len() - self.header.used as usize
    }

    /// Whether an owner may take a slot that is free, and there is one.
    #[must_use]
    pub fn may_grow(&mut self, owner: Owner) -> bool {
        (self.owner(owner).used as usize) < TIMES_FREE * self.free()
    }

    /// Whether a slot may go from one to the other. Not where that would only turn the tables, since they would take
    /// the same slot from each other for ever; unless the owner has none at all.
    pub(super) fn may_take_from(&mut self, owner: Owner, victim: Owner) -> bool {
        let used = self.owner(owner).used;
        owner.index == victim.index || used == 0 || self.owner(victim).used > used.saturating_add(1)
    }
}
