//! One key's place.

use super::key::{KeyKind, KeyName, NAME_ROOM, Owner, SlotKey};
use crate::ratelimit::entry::Entry;

/// One key's place. What a hit reads comes first, and a short key right after it: four cache lines of twelve.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
pub struct Slot {
    pub(super) hash: u64,
    /// The next slot of the same bucket, or of the free list; counted from 1, 0 for none.
    pub(super) next: u32,
    pub(super) in_use: bool,
    pub(super) kind: KeyKind,
    pub(super) key_len: u16,
    pub(super) owner: Owner,
    pub(super) space: i32,
    /// The number of its latest change, which no other change of the partition has.
    pub(super) version: u64,
    /// The version that the table has.
    pub(super) flushed: u64,
    /// Until when the table may have a row that matters; 0 if it has none.
    pub(super) row_expires_us: i64,
    pub(super) expires_us: i64,
    pub(super) entry: Entry,
    pub(super) hits: u32,
    pub(super) denials: u32,
    pub(super) key: [u8; NAME_ROOM],
}

const _: () = assert!(size_of::<Slot>() == 12 * 64);

impl Default for Slot {
    /// A place that was never used: zeros.
    fn default() -> Slot {
        Slot {
            hash: 0,
            next: 0,
            in_use: false,
            kind: KeyKind::Plain,
            key_len: 0,
            space: 0,
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
            key: [0; NAME_ROOM],
        }
    }
}

impl Slot {
    /// The key.
    #[must_use]
    pub fn name(&self) -> KeyName<'_> {
        KeyName {
            bytes: self.key.get(..usize::from(self.key_len)).unwrap_or(&[]),
            kind: self.kind,
            space: self.space,
        }
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

    pub(super) fn is_worthless(&self, now_us: i64) -> bool {
        self.expires_us.max(self.row_expires_us) <= now_us
    }

    pub(super) fn holds(&self, key: &SlotKey<'_>) -> bool {
        self.hash == key.hash && self.owner.is_same(key.owner) && self.name() == key.name
    }

    pub(super) fn is_of(&self, owner: Owner) -> bool {
        self.in_use && self.owner.is_same(owner)
    }
}
