//! How hits were answered, by policy and reason, since the server started: in shared memory, or where there is none, in
//! this process. Counted after the answer, with no lock held.

use phone_crypt_core::ratelimit::{Reason, Verdict};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::atomic::Ordering;

use super::memory;
use super::state::outcome_entry::{Counts, OutcomeEntry, REASONS};
use super::storage::Storage;

/// An entry that was found before, by its number.
#[derive(Debug, Default)]
pub struct Remembered(Cell<Option<usize>>);

thread_local! {
    /// The entry of hits without a policy.
    static PLAIN: Remembered = const { Remembered(Cell::new(None)) };
    static OWN: RefCell<HashMap<i32, Counts>> = RefCell::new(HashMap::new());
}

/// Counts the answer to a hit without a policy.
pub fn count_plain(storage: &Storage, verdict: &Verdict) {
    PLAIN.with(|remembered| count(storage, 0, remembered, verdict));
}

/// Counts the answer to a hit on a policy.
pub fn count(storage: &Storage, space: i32, remembered: &Remembered, verdict: &Verdict) {
    let reason = match verdict.reason {
        Reason::Ok => 0,
        Reason::Limited => 1,
        Reason::Blocked => 2,
        Reason::Denylist => 3,
        Reason::Shadow => 4,
    };
    let Some(owner) = storage.slots else {
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
pub fn counts(storage: &Storage, space: i32) -> Counts {
    match storage.slots {
        None => OWN.with_borrow(|own| own.get(&space).copied().unwrap_or_default()),
        Some(owner) => (memory::outcomes().iter())
            .find(|entry| entry.is_of(owner, space))
            .map_or([0; REASONS], OutcomeEntry::counts),
    }
}
