//! What a partition knows beside its slots.

use super::key::MAX_OWNERS;

/// What a partition knows of one owner.
#[derive(Debug, Clone, Copy, Default)]
#[repr(C)]
pub struct OwnerCounts {
    /// Before this time a key that is not found has to be looked up in the table.
    pub(super) horizon_us: i64,
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
    /// Hits refused since no slot could be given to the owner.
    pub refusals: u64,
    /// Until then no slot can be given to the owner, unless `chances` of the partition change.
    pub(super) full_until_us: i64,
    /// The partition's `chances` when that was found.
    pub(super) full_at: u64,
}

impl OwnerCounts {
    pub(super) fn count_clean(&mut self) {
        self.dirty = self.dirty.saturating_sub(1);
    }
}

/// A partition's counts and links. Zeroed memory is a partition without keys.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct PartitionHeader {
    /// Slots that have ever been used. What lies beyond was never touched.
    pub(super) high: u32,
    pub(super) free: u32,
    pub(super) hand: u32,
    /// Numbers the changes.
    pub(super) changes: u64,
    /// Counts removals of live slots: a row that was read before one may be out of date after it.
    pub(super) removals: u64,
    /// Slots in use.
    pub(super) used: u32,
    /// Counts what may have made a slot available to an owner who found none.
    pub(super) chances: u64,
    pub(super) owners: [OwnerCounts; MAX_OWNERS],
}

impl Default for PartitionHeader {
    fn default() -> PartitionHeader {
        PartitionHeader {
            high: 0,
            free: 0,
            hand: 0,
            changes: 0,
            removals: 0,
            used: 0,
            chances: 0,
            owners: [OwnerCounts::default(); MAX_OWNERS],
        }
    }
}
