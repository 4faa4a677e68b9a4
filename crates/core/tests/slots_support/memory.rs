//! The memory of one partition.

use phone_crypt_core::ratelimit::{KeyName, Owner, PartitionHeader, Slot, SlotKey, Slots};

/// So many slots, and what belongs to them.
pub struct Memory {
    header: PartitionHeader,
    buckets: Vec<u32>,
    slots: Vec<Slot>,
    seed: [u64; 2],
}

impl Memory {
    /// As it is when a server has started.
    pub fn new(slots: usize, seed: u64) -> Memory {
        Memory {
            header: PartitionHeader::default(),
            buckets: vec![0; slots.next_power_of_two()],
            slots: vec![Slot::default(); slots],
            seed: [seed, !seed],
        }
    }

    /// How many slots there are.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// With the lock held.
    pub fn lock(&mut self) -> Slots<'_> {
        Slots::new(&mut self.header, &mut self.buckets, &mut self.slots)
    }

    /// A key, as this memory hashes it.
    pub fn key<'a>(&self, owner: Owner, name: KeyName<'a>) -> SlotKey<'a> {
        SlotKey::new(owner, name, self.seed).expect("a short key")
    }
}
