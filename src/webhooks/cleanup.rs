//! The clean-up, a background task: messages that have expired are deleted, some at a time.

use pgrx::bgworkers::BackgroundWorker;
use std::time::Duration;

use super::seen;
use crate::worker::{Job, Task, beat, note_work};

/// How long what has expired may stay.
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
        // Each portion in a transaction of its own, so that none holds up vacuum.
        while BackgroundWorker::transaction(seen::delete_expired) {
            beat();
        }
        if BackgroundWorker::transaction(seen::is_any_left) {
            note_work(self);
        }
        true
    }
}
