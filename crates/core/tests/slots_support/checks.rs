//! What has to hold whatever anybody has done.

use phone_crypt_core::ratelimit::{Entry, Slot};

use super::simulation::Simulation;
use super::worker::number_of;

/// Whether two entries say the same of a key: they are equal, or neither matters any more.
pub fn is_same(one: &Entry, other: &Entry, now_us: i64) -> bool {
    one == other || one.expires_us().max(other.expires_us()) <= now_us
}

impl Simulation {
    /// All of it.
    pub fn check(&mut self) {
        for owner in 0..self.owners.len() {
            for number in 0..self.keys {
                let key = (owner, number);
                let modelled = self.model.get(&key).copied().unwrap_or(Entry::EMPTY);
                let effective = self.effective(key);
                assert!(
                    is_same(&effective, &modelled, self.now_us),
                    "{key:?} is {effective:?} instead of {modelled:?}"
                );
            }
            self.check_book(owner);
        }
    }

    fn slots_of(&mut self, owner: usize) -> Vec<Slot> {
        let slots = self.memory.lock();
        let all = slots.of(self.owners[owner], 0..slots.touched());
        all.map(|(_, slot)| *slot).collect()
    }

    fn check_book(&mut self, owner: usize) {
        let slots = self.slots_of(owner);
        let counts = self.counts(owner);
        let dirty = slots.iter().filter(|slot| slot.is_dirty()).count();
        assert_eq!(counts.used as usize, slots.len(), "slots in use");
        assert_eq!(counts.dirty as usize, dirty, "dirty slots");
        assert_eq!((counts.hits, counts.denials), self.counted[owner]);
        let mut numbers: Vec<u8> = slots.iter().map(|slot| number_of(slot.name())).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), slots.len(), "a key has one slot");
        for slot in slots.iter().filter(|slot| !slot.is_dirty()) {
            let row = self.row_of((owner, number_of(slot.name()))).0;
            assert!(
                is_same(slot.entry(), &row, self.now_us),
                "the table has {row:?} of a clean slot with {:?}",
                slot.entry()
            );
        }
    }

    /// No slot could be given to an owner: it has its share, and what it might take instead is live and not in the
    /// table.
    pub fn check_that_it_has_its_share(&mut self, owner: usize) {
        let all = [self.slots_of(0), self.slots_of(1)];
        let free = self.memory.len() - all[0].len() - all[1].len();
        let used = all[owner].len();
        assert!(used >= 3 * free, "{used} of its own and {free} free");
        for (other, slots) in all.iter().enumerate() {
            let is_for_taking = other == owner || used == 0 || slots.len() > used + 1;
            for slot in slots {
                let expires_us = slot.entry().expires_us().max(slot.row_expires_us());
                assert!(expires_us > self.now_us, "a slot is worthless");
                assert!(slot.is_dirty() || !is_for_taking, "a slot is clean");
            }
        }
    }
}
