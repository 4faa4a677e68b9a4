//! How requests were answered, by endpoint and reason, since the server started: in shared memory, or where there is none,
//! in this process.

use phone_crypt_core::webhook;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::pg::process;
use crate::shared_static;

/// Why a request is accepted or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// What the verification says.
    Verified(webhook::Reason),
    /// There is no such endpoint.
    UnknownEndpoint,
    /// It was accepted before.
    Replay,
}

/// Every reason, in the order of the counters.
pub const REASONS: [Reason; 8] = [
    Reason::Verified(webhook::Reason::Ok),
    Reason::Verified(webhook::Reason::Malformed),
    Reason::Verified(webhook::Reason::NoSignature),
    Reason::Verified(webhook::Reason::Signature),
    Reason::Verified(webhook::Reason::TooOld),
    Reason::Verified(webhook::Reason::InTheFuture),
    Reason::UnknownEndpoint,
    Reason::Replay,
];

impl Reason {
    /// Its name in SQL.
    pub fn as_str(self) -> &'static str {
        match self {
            Reason::Verified(reason) => reason.as_str(),
            Reason::UnknownEndpoint => "unknown_endpoint",
            Reason::Replay => "replay",
        }
    }

    /// Whether requests to this endpoint can be answered so.
    pub fn is_of(self, endpoint: i32) -> bool {
        (self == Reason::UnknownEndpoint) == (endpoint == NO_ENDPOINT)
    }

    fn index(self) -> usize {
        REASONS.iter().position(|it| *it == self).unwrap_or(0)
    }
}

/// Answers by reason.
pub type Counts = [u64; REASONS.len()];

/// How many endpoints, of all databases together, are counted: those that come later are not.
const MAX_COUNTED: usize = 1024;
/// The number that stands for requests to endpoints that do not exist.
pub const NO_ENDPOINT: i32 = 0;

/// What is counted of one endpoint.
#[repr(C, align(64))]
struct Entry {
    /// Database and endpoint; 0 if the entry is free.
    of: AtomicU64,
    counts: [AtomicU64; REASONS.len()],
}

/// All counters. An entry is taken for good, until the server starts again.
pub struct Entries([Entry; MAX_COUNTED]);

impl Default for Entries {
    fn default() -> Entries {
        Entries(
            [const {
                Entry {
                    of: AtomicU64::new(0),
                    counts: [const { AtomicU64::new(0) }; REASONS.len()],
                }
            }; MAX_COUNTED],
        )
    }
}

shared_static! { pub OUTCOMES: Entries = c"phone_crypt webhook outcomes"; }

thread_local! {
    /// Where there is no shared memory.
    static OWN: RefCell<HashMap<i32, Counts>> = RefCell::new(HashMap::new());
    /// The entry of requests to endpoints that do not exist.
    static UNKNOWN: Remembered = const { Remembered(Cell::new(None)) };
}

/// An entry that was found before, by its number.
#[derive(Debug, Default)]
pub struct Remembered(Cell<Option<usize>>);

/// Counts an answer of an endpoint.
pub fn count(endpoint: i32, remembered: &Remembered, reason: Reason) {
    let Some(shared) = OUTCOMES.find() else {
        OWN.with_borrow_mut(|own| own.entry(endpoint).or_default()[reason.index()] += 1);
        return;
    };
    let known = remembered.0.get();
    let Some(index) = known.or_else(|| claim(shared, endpoint)) else {
        return;
    };
    remembered.0.set(Some(index));
    shared.0[index].counts[reason.index()].fetch_add(1, Ordering::Relaxed);
}

/// Counts a request to an endpoint that does not exist.
pub fn count_unknown() {
    UNKNOWN.with(|remembered| count(NO_ENDPOINT, remembered, Reason::UnknownEndpoint));
}

/// What has been counted of an endpoint.
pub fn counts(endpoint: i32) -> Counts {
    let Some(shared) = OUTCOMES.find() else {
        return OWN.with_borrow(|own| own.get(&endpoint).copied().unwrap_or_default());
    };
    let wanted = name_of(endpoint);
    let mut entries = shared.0.iter();
    let entry = entries.find(|entry| entry.of.load(Ordering::Acquire) == wanted);
    entry.map_or([0; REASONS.len()], |entry| {
        entry
            .counts
            .each_ref()
            .map(|count| count.load(Ordering::Relaxed))
    })
}

/// The entry of this endpoint, which is taken if nobody has it. They are taken in their order and never given back, so the
/// first one that is free ends the search.
fn claim(shared: &Entries, endpoint: i32) -> Option<usize> {
    let wanted = name_of(endpoint);
    let take = |entry: &Entry| {
        let taken = entry
            .of
            .compare_exchange(0, wanted, Ordering::AcqRel, Ordering::Acquire);
        taken.is_ok() || taken == Err(wanted)
    };
    shared.0.iter().position(take)
}

/// Database and endpoint in one number; never 0, which no database has.
fn name_of(endpoint: i32) -> u64 {
    u64::from(process::database().to_u32()) << 32 | u64::from(endpoint.cast_unsigned())
}
