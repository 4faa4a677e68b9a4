//! Denials on record: how many of each policy and reason, some seconds' worth at a time. Under attack nearly every hit is one,
//! so none is recorded by itself.

use pgrx::bgworkers::BackgroundWorker;
use phone_crypt_core::audit::Class;
use phone_crypt_core::ratelimit::Reason;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::{Storage, memory, policies, storage};
use crate::audit::{self, Event};
use crate::ratelimit::state::outcome_entry::{OutcomeEntry, REASONS};
use crate::worker::{Job, Task, note_work};

/// The time between two records.
const INTERVAL: Duration = Duration::from_secs(10);
/// What is a denial, by the place of its count.
const DENIALS: [(usize, &str); 3] = [(1, "limited"), (2, "blocked"), (3, "denylist")];

/// Records denials, in the background. Without shared memory there are none of other sessions to record.
pub struct RecordDenials;

/// A hit was answered so: if it was denied, that is recorded later. In a session where limits are audited.
pub fn note(reason: Reason) {
    let is_denial = matches!(reason, Reason::Limited | Reason::Blocked | Reason::Denylist);
    if is_denial && audit::is_audited(Class::Limit) {
        note_work(&RecordDenials);
    }
}

impl Task for RecordDenials {
    fn name(&self) -> &'static str {
        "denials on record"
    }

    fn interval(&self) -> Duration {
        INTERVAL
    }

    fn run(&self, _job: &Job) -> bool {
        BackgroundWorker::transaction(|| {
            // The extension may be gone, or not committed yet.
            if let Ok(storage) = storage() {
                record(&storage);
            }
        });
        true
    }
}

fn record(storage: &Storage) {
    let Some(owner) = storage.slots else { return };
    let policies = policies::all();
    let named = policies
        .iter()
        .map(|it| (it.enforced_space, Some(&it.name)));
    for (space, policy) in std::iter::once((0, None)).chain(named) {
        let mut entries = memory::outcomes().iter();
        let Some(entry) = entries.find(|entry| entry.is_of(owner, space)) else {
            continue;
        };
        for (place, reason) in DENIALS {
            let count = take(entry, place);
            if count > 0 {
                let count = i64::try_from(count).unwrap_or(i64::MAX);
                let mut event = Event::new(Class::Limit, "denied")
                    .word("reason", reason)
                    .number("count", count);
                if let Some(policy) = policy {
                    event = event.name("name", policy);
                }
                audit::record(event);
            }
        }
    }
}

/// What was counted since the last time.
fn take(entry: &OutcomeEntry, place: usize) -> u64 {
    let (counts, recorded): (_, &[AtomicU64; REASONS]) = (&entry.counts, &entry.recorded);
    let count = counts[place].load(Ordering::Relaxed);
    count.saturating_sub(recorded[place].swap(count, Ordering::Relaxed))
}
