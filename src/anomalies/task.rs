//! The background task that looks.

use pgrx::bgworkers::BackgroundWorker;
use std::time::Duration;

use super::watches::{self, Watch};
use super::{look, records, schedule};
use crate::pg::Oid;
use crate::pg::clock::now_us;
use crate::ratelimit::storage;
use crate::reads;
use crate::worker::{Job, Seen, Task, Urgency, beat};

/// How late a look may be.
const INTERVAL: Duration = Duration::from_secs(1);

/// Looks at what is watched in a database whenever a window is over.
pub struct WatchActivity;

impl Task for WatchActivity {
    fn name(&self) -> &'static str {
        "unusual activity"
    }

    fn interval(&self) -> Duration {
        INTERVAL
    }

    fn due(&self, seen: &Seen) -> Option<Urgency> {
        (seen.is_time && schedule::is_due(seen.database)).then_some(Urgency::Now)
    }

    fn run(&self, job: &Job) -> bool {
        let Some(run) = schedule::run() else {
            return true;
        };
        let changes = schedule::changes();
        let watches = BackgroundWorker::transaction(all);
        let now_us = now_us();
        let next = watches
            .iter()
            .map(|watch| watch.window.next_us(now_us))
            .min();
        // Before the work: what fails is not tried again before the next window.
        schedule::set(job.database, next, changes);
        for watch in &watches {
            beat();
            BackgroundWorker::transaction(|| {
                if let Ok(storage) = storage() {
                    look::look(watch, &storage, run, now_us);
                }
            });
        }
        true
    }

    fn is_used(&self, database: Oid) -> bool {
        schedule::is_watched(database)
    }

    fn forget(&self, database: Oid) {
        schedule::forget(database);
        reads::forget(database);
    }

    fn kept(&self) -> Vec<Oid> {
        reads::databases()
    }
}

/// Everything that is watched; nothing where the extension is gone, or not committed yet.
fn all() -> Vec<Watch> {
    let Ok(storage) = storage() else {
        return Vec::new();
    };
    watches::forget_ended(storage.owner);
    records::forget_some(storage.owner, now_us());
    watches::all(storage.owner)
}
