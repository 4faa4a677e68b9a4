//! What lies where in shared memory.

use phone_crypt_core::ratelimit::{MAX_OWNERS, PartitionHeader, Slot};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32};

use crate::pg::lwlock::LWLock;
use crate::ratelimit::state::outcome_entry::{MAX_COUNTED, OutcomeEntry};

/// Slots of a partition, where there are enough for several.
const SLOTS_A_PARTITION: usize = 512;
/// No more partitions than a backend can lock at once (PostgreSQL allows 200 LWLocks).
const MAX_PARTITIONS: usize = 128;

/// How many of what, and where. Reckoned once: divisions would be a tenth of what a hit costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// Partitions, a power of two.
    pub partitions: usize,
    /// Slots of each.
    pub slots: usize,
    /// Buckets of each, a power of two.
    pub buckets: usize,
    /// Where in a partition its slots begin.
    pub slots_at: usize,
    /// Bytes from one partition to the next.
    pub stride: usize,
}

impl Layout {
    /// For at least so many slots.
    pub fn of(slots: usize) -> Layout {
        let partitions = (slots / SLOTS_A_PARTITION)
            .next_power_of_two()
            .min(MAX_PARTITIONS);
        let slots = slots.div_ceil(partitions);
        // Twice as many or more: a second slot of a bucket would be another trip to memory.
        let buckets = (2 * slots).next_power_of_two();
        let slots_at = (size_of::<Head>() + buckets * size_of::<u32>()).next_multiple_of(64);
        Layout {
            partitions,
            slots,
            buckets,
            slots_at,
            stride: (slots_at + slots * size_of::<Slot>()).next_multiple_of(64),
        }
    }

    /// Bytes of everything.
    pub fn total(&self) -> usize {
        PARTITIONS_AT + self.partitions * self.stride
    }
}

/// Where the partitions begin.
pub const PARTITIONS_AT: usize = size_of::<Header>().next_multiple_of(64);

/// The head of a partition; its buckets and slots follow.
#[repr(C, align(64))]
pub struct Head {
    /// Held by whoever looks at the partition.
    pub lock: LWLock,
    /// Its counts and links.
    pub header: PartitionHeader,
}

/// A database that uses the engine. Zero oids: a free entry.
#[repr(C)]
pub struct OwnerEntry {
    /// The database.
    pub database: AtomicU32,
    /// Its `phone_crypt.rate_limits`.
    pub table: AtomicU32,
    /// When it was first seen, in microseconds.
    pub since_us: AtomicI64,
    /// Whether a hit found no slot since the last flush began.
    pub is_short: AtomicBool,
    /// Whether the table has been read into memory.
    pub is_loaded: AtomicBool,
    /// Where in the table the search for expired rows goes on.
    pub swept_to: AtomicU32,
}

/// What comes first.
#[repr(C)]
pub struct Header {
    /// Makes hashes unforeseeable.
    pub seed: [u64; 2],
    /// Held by whoever enters a database into the list.
    pub owners_lock: LWLock,
    /// The databases.
    pub owners: [OwnerEntry; MAX_OWNERS],
    /// How hits were answered.
    pub outcomes: [OutcomeEntry; MAX_COUNTED],
}
