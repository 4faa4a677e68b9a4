//! The clean-up, a background task: messages that have expired are deleted, some pages at a time.

use pgrx::bgworkers::BackgroundWorker;
use std::time::Duration;

use super::seen;
use crate::worker::{Job, Task, beat, note_work};

/// The time between two runs. What has expired in a large table stays for so many of them as it has shares.
const INTERVAL: Duration = Duration::from_secs(10);

/// Runs at each interval until nothing is left that will expire. Whoever stores a message asks for it.
pub struct Cleanup;

impl Task for Cleanup {
    fn name(&self) -> &'static str {
        "clean-up of webhooks"
    }

    fn interval(&self) -> Duration {
        INTERVAL
    }

    fn run(&self, _job: &Job) -> bool {
        let pages = BackgroundWorker::transaction(|| seen::pages_of_a_run(INTERVAL));
        // Each portion in a transaction of its own, so that none holds up vacuum.
        for portion in seen::portions(pages) {
            BackgroundWorker::transaction(|| seen::delete_expired(&portion));
            beat();
        }
        if BackgroundWorker::transaction(seen::is_any_left) {
            note_work(self);
        }
        true
    }
}
