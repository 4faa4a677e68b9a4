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

/// How many endpoints, of all databases together, are counted at a time.
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

/// All counters. An entry stays its endpoint's until none is free: then those of endpoints that were dropped are given back.
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
    static UNKNOWN: Remembered = const { Remembered(Cell::new(Found::NotYet)) };
}

/// What the last search for an endpoint's entry has found.
#[derive(Debug, Default)]
pub struct Remembered(Cell<Found>);

#[derive(Debug, Clone, Copy, Default)]
enum Found {
    #[default]
    NotYet,
    /// The entry of this number.
    Entry(usize),
    /// All are taken. The next search is when the endpoints have changed.
    NoRoom,
}

/// Counts an answer of an endpoint. `existing` gives the numbers of all endpoints of this database; it is called where no
/// entry is free.
pub fn count(
    endpoint: i32,
    remembered: &Remembered,
    reason: Reason,
    existing: impl FnOnce() -> Vec<i32>,
) {
    let Some(shared) = OUTCOMES.find() else {
        OWN.with_borrow_mut(|own| own.entry(endpoint).or_default()[reason.index()] += 1);
        return;
    };
    let wanted = name_of(endpoint);
    let known = match remembered.0.get() {
        Found::Entry(index) if shared.0[index].of.load(Ordering::Acquire) == wanted => Some(index),
        Found::NoRoom => return,
        _ => None,
    };
    let found = known.or_else(|| claim(shared, wanted)).or_else(|| {
        give_back(shared, &existing());
        claim(shared, wanted)
    });
    remembered.0.set(found.map_or(Found::NoRoom, Found::Entry));
    if let Some(index) = found {
        shared.0[index].counts[reason.index()].fetch_add(1, Ordering::Relaxed);
    }
}

/// Counts a request to an endpoint that does not exist.
pub fn count_unknown(existing: impl FnOnce() -> Vec<i32>) {
    UNKNOWN.with(|remembered| count(NO_ENDPOINT, remembered, Reason::UnknownEndpoint, existing));
}

/// What has been counted of an endpoint. Two processes that meet it first at the same time may each have taken an entry.
pub fn counts(endpoint: i32) -> Counts {
    let Some(shared) = OUTCOMES.find() else {
        return OWN.with_borrow(|own| own.get(&endpoint).copied().unwrap_or_default());
    };
    let wanted = name_of(endpoint);
    let mut sums = [0; REASONS.len()];
    let entries = shared.0.iter();
    for entry in entries.filter(|entry| entry.of.load(Ordering::Acquire) == wanted) {
        for (sum, count) in sums.iter_mut().zip(&entry.counts) {
            *sum += count.load(Ordering::Relaxed);
        }
    }
    sums
}

/// The entry of this endpoint; where it has none, one that was free. None where all are taken.
fn claim(shared: &Entries, wanted: u64) -> Option<usize> {
    let is_its = |entry: &Entry| entry.of.load(Ordering::Acquire) == wanted;
    let take = |entry: &Entry| {
        let taken = entry
            .of
            .compare_exchange(0, wanted, Ordering::AcqRel, Ordering::Relaxed);
        taken.is_ok() || taken == Err(wanted)
    };
    let mut entries = shared.0.iter();
    let own = entries.position(is_its);
    own.or_else(|| shared.0.iter().position(take))
}

/// Frees the entries of this database's endpoints that are no more. An answer that another process counts at this moment,
/// of an endpoint that was just dropped, may be counted for the next one.
fn give_back(shared: &Entries, existing: &[i32]) {
    let database = name_of(NO_ENDPOINT);
    for entry in &shared.0 {
        let of = entry.of.load(Ordering::Acquire);
        let is_gone = |endpoint: i32| endpoint != NO_ENDPOINT && !existing.contains(&endpoint);
        if of & DATABASE == database && is_gone((of & ENDPOINT) as i32) {
            for count in &entry.counts {
                count.store(0, Ordering::Relaxed);
            }
            let _ = entry
                .of
                .compare_exchange(of, 0, Ordering::Release, Ordering::Relaxed);
        }
    }
}

/// The halves of an entry's name.
const DATABASE: u64 = ENDPOINT << 32;
const ENDPOINT: u64 = u32::MAX as u64;

/// Database and endpoint in one number; never 0, which no database has.
fn name_of(endpoint: i32) -> u64 {
    process::with_database(endpoint.cast_unsigned())
}
