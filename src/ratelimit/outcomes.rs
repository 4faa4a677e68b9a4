//! How hits were answered, by policy and reason, since the server started: in shared memory, or where there is none, in
//! this process. Counted after the answer, with no lock held.

use phone_crypt_core::ratelimit::{Owner, Reason, Verdict};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::atomic::{AtomicI32, AtomicU32, AtomicU64, Ordering};

use super::memory;
use super::place::Place;

/// How many policies, of all databases together, are counted.
pub const MAX_COUNTED: usize = 1024;

/// How many reasons there are.
const REASONS: usize = 5;

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

/// An entry that was found before, by its number.
#[derive(Debug, Default)]
pub struct Remembered(Cell<Option<usize>>);

thread_local! {
    /// The entry of hits without a policy.
    static PLAIN: Remembered = const { Remembered(Cell::new(None)) };
    static OWN: RefCell<HashMap<i32, Counts>> = RefCell::new(HashMap::new());
}

/// Counts the answer to a hit without a policy.
pub fn count_plain(place: &Place, verdict: &Verdict) {
    PLAIN.with(|remembered| count(place, 0, remembered, verdict));
}

/// Counts the answer to a hit on a policy.
pub fn count(place: &Place, space: i32, remembered: &Remembered, verdict: &Verdict) {
    let reason = match verdict.reason {
        Reason::Ok => 0,
        Reason::Limited => 1,
        Reason::Blocked => 2,
        Reason::Denylist => 3,
        Reason::Shadow => 4,
    };
    let Some(owner) = place.slots else {
        OWN.with_borrow_mut(|own| own.entry(space).or_default()[reason] += 1);
        return;
    };
    let entries = memory::outcomes();
    let known = remembered
        .0
        .get()
        .filter(|index| entries[*index].is_of(owner, space));
    let Some(index) = known.or_else(|| memory::claim_outcomes(owner, space)) else {
        return;
    };
    remembered.0.set(Some(index));
    entries[index].counts[reason].fetch_add(1, Ordering::Relaxed);
}

/// What has been counted of a space.
pub fn counts(place: &Place, space: i32) -> Counts {
    match place.slots {
        None => OWN.with_borrow(|own| own.get(&space).copied().unwrap_or_default()),
        Some(owner) => (memory::outcomes().iter())
            .find(|entry| entry.is_of(owner, space))
            .map_or([0; REASONS], OutcomeEntry::counts),
    }
}
