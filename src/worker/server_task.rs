//! Work for the whole server.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Work that belongs to no database: the launcher does it itself, on a standby, too.
pub trait ServerTask: Sync {
    /// The time between two runs.
    fn interval(&self) -> Duration;

    /// Does the work: in milliseconds, since every database waits meanwhile. It looks nothing up and raises nothing.
    fn run(&self);
}

static TASKS: OnceLock<&'static [&'static dyn ServerTask]> = OnceLock::new();

/// Sets the list. Called once, by the postmaster.
pub(super) fn set_all(tasks: &'static [&'static dyn ServerTask]) {
    let _ = TASKS.set(tasks);
}

/// When each was run last.
pub(super) struct Runs(Vec<Instant>);

impl Runs {
    /// Intervals begin now.
    pub fn new() -> Runs {
        Runs(vec![Instant::now(); all().len()])
    }

    /// The time until the next one is due; `longest` if none is before.
    pub fn rest(&self, longest: Duration) -> Duration {
        let rests = self
            .0
            .iter()
            .zip(all())
            .map(|(last, task)| task.interval().saturating_sub(last.elapsed()));
        rests.min().map_or(longest, |rest| rest.min(longest))
    }

    /// Runs those that are due.
    pub fn run_due(&mut self) {
        for (last, task) in self.0.iter_mut().zip(all()) {
            if last.elapsed() >= task.interval() {
                task.run();
                *last = Instant::now();
            }
        }
    }
}

fn all() -> &'static [&'static dyn ServerTask] {
    TASKS.get().copied().unwrap_or_default()
}
