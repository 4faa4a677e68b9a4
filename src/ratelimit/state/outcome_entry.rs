//! What is counted of the answers, as it lies in shared memory.

use phone_crypt_core::ratelimit::Owner;
use std::sync::atomic::{AtomicI32, AtomicU32, AtomicU64, Ordering};

/// How many policies, of all databases together, are counted.
pub const MAX_COUNTED: usize = 1024;

/// How many reasons there are.
pub const REASONS: usize = 5;

/// Answers by reason: allowed, limited, blocked, on the deny list, only watched.
pub type Counts = [u64; REASONS];

/// What is counted of one policy (by the space where it enforces), or of hits without one (space 0).
#[repr(C, align(64))]
pub struct OutcomeEntry {
    /// The database; 0 if the entry is free.
    pub database: AtomicU32,
    /// Its `phone_crypt.rate_limits`.
    pub table: AtomicU32,
    /// The space.
    pub space: AtomicI32,
    /// See `Counts`.
    pub counts: [AtomicU64; REASONS],
    /// How many of them are on record.
    pub recorded: [AtomicU64; REASONS],
}

impl OutcomeEntry {
    /// Whether it counts this space of an owner.
    pub fn is_of(&self, owner: Owner, space: i32) -> bool {
        self.database.load(Ordering::Relaxed) == owner.database
            && self.table.load(Ordering::Relaxed) == owner.table
            && self.space.load(Ordering::Relaxed) == space
    }

    /// What it has counted.
    pub fn counts(&self) -> Counts {
        self.counts
            .each_ref()
            .map(|count| count.load(Ordering::Relaxed))
    }
}
