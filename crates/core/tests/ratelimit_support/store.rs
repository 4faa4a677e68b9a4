//! Where a sequence keeps its entry: as the memory engine does, or as the table engine does.

use phone_crypt_core::ratelimit::{Entry, Row};

/// A store of one key.
#[derive(Debug, Clone, Copy)]
pub enum Store {
    /// The entry itself, as in a slot.
    Memory(Entry),
    /// The columns of a row: each hit reads it, and writes it if there is something to keep.
    Table(Option<Row>),
}

impl Store {
    /// An empty one of either kind.
    pub const ALL: [Store; 2] = [Store::Memory(Entry::EMPTY), Store::Table(None)];

    /// What it holds.
    pub fn entry(&self) -> Entry {
        match self {
            Store::Memory(entry) => *entry,
            Store::Table(row) => row.as_ref().map_or(Entry::EMPTY, Row::to_entry),
        }
    }

    /// Keeps an entry.
    pub fn keep(&mut self, entry: &Entry, now_us: i64) {
        match self {
            Store::Memory(kept) => *kept = *entry,
            Store::Table(row) => *row = Some(Row::from_entry(entry, now_us)),
        }
    }
}
