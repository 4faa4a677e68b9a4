//! The task of the worker that writes the log.

use pgrx::bgworkers::BackgroundWorker;
use phone_crypt_core::audit::{AfterWrite, Stay, StayRule};
use std::time::{Duration, Instant};

use super::current::{self, BATCH, Written};
use super::{retention, sign};
use crate::audit::error::{Error, Result};
use crate::audit::queue;
use crate::pg::clock::now_us;
use crate::pg::interval::POSTGRES_EPOCH_US;
use crate::pg::worker::is_told_to_end;
use crate::pg::{Oid, SqlError, latch};
use crate::settings;
use crate::worker::{Job, Seen, Task, Urgency, beat, is_asked_for, is_to_make_room};

/// The time between two runs, while something waits.
const INTERVAL: Duration = Duration::from_secs(1);
/// When the worker stays for more. It ends earlier where a worker is needed for other tasks.
const STAY: StayRule = StayRule {
    batch: BATCH,
    busy: 100,
    longest: Duration::from_secs(10),
};
/// The time between two transactions of a worker that stays, unless so much waits that one is full; and how often it looks.
const NEXT: Duration = Duration::from_millis(400);
const LOOK_AGAIN_MS: i64 = 10;
/// A database without tables of ours may be one whose CREATE EXTENSION has not committed: its records are kept this long.
const GRACE_US: i64 = 60_000_000;

/// Writes what is in the queue, and signs checkpoints.
pub struct WriteLog;

impl Task for WriteLog {
    fn name(&self) -> &'static str {
        "audit log"
    }

    fn interval(&self) -> Duration {
        INTERVAL
    }

    fn due(&self, seen: &Seen) -> Option<Urgency> {
        if !queue::is_there() {
            return None;
        }
        let status = queue::status(seen.database);
        let is_checkpoint = status.checkpoint_at_us != 0 && now_us() >= status.checkpoint_at_us;
        if status.wanted > status.written && !seen.has_failed {
            return Some(Urgency::Awaited);
        }
        let is_waiting = status.waiting > 0 || status.lost > 0 || is_checkpoint;
        if !is_waiting {
            return None;
        }
        match seen.is_time {
            true => Some(Urgency::Now),
            false => queue::is_filling().then_some(Urgency::Now),
        }
    }

    fn run(&self, job: &Job) -> bool {
        match write_all(job) {
            Ok(is_whole) => is_whole,
            Err(Error::NoTable | Error::NoLog) => {
                let oldest = queue::status(job.database).oldest_us;
                if oldest.is_none_or(|oldest| now_us() - oldest > GRACE_US) {
                    queue::forget(job.database);
                }
                !job.is_awaited
            }
            Err(error) => {
                pgrx::log!(
                    "phone_crypt: the audit log cannot be written: {error} (SQLSTATE {})",
                    error.sqlstate_text()
                );
                false
            }
        }
    }

    fn is_used(&self, database: Oid) -> bool {
        queue::is_there() && {
            let status = queue::status(database);
            status.waiting > 0 || status.lost > 0 || status.checkpoint_at_us != 0
        }
    }

    fn forget(&self, database: Oid) {
        if queue::is_there() {
            queue::forget(database);
        }
    }
}

/// Writes until nothing is left, and signs if it is time to, or somebody waits. False if a checkpoint that somebody waits for
/// cannot be signed.
fn write_all(job: &Job) -> Result<bool> {
    let mut is_first = true;
    let began = Instant::now();
    let mut stay = Stay::new(STAY);
    let last: Written = loop {
        let written =
            BackgroundWorker::transaction(|| current::write_queued(job.database, is_first))?;
        is_first = false;
        queue::remove(job.database, written.up_to, written.lost);
        queue::set_started(job.database);
        beat();
        let goes_on = match stay.wrote(written.count, began.elapsed()) {
            AfterWrite::Write => true,
            AfterWrite::Pause => is_there_more(job),
            AfterWrite::End => false,
        };
        if !goes_on {
            break written;
        }
    };
    if let Some(older_than) = settings::audit_retention() {
        while BackgroundWorker::transaction(|| retention::drop_one(older_than))? {
            beat();
        }
    }
    if last.size == last.signed_size {
        queue::set_checkpoint_at(job.database, 0);
        return Ok(true);
    }
    let interval_us = i64::try_from(settings::audit_checkpoint_interval().as_micros());
    let interval_us = interval_us.unwrap_or(i64::MAX);
    let signed_us = last
        .signed_at
        .map(|at| at.saturating_add(POSTGRES_EPOCH_US));
    let due_us = signed_us.map_or(0, |at| at.saturating_add(interval_us));
    let now_us = now_us();
    if now_us < due_us && !job.is_awaited {
        queue::set_checkpoint_at(job.database, due_us);
        return Ok(true);
    }
    let is_signed = BackgroundWorker::transaction(sign::sign)?;
    let next_us = match is_signed {
        true => 0,
        false => now_us.saturating_add(interval_us),
    };
    queue::set_checkpoint_at(job.database, next_us);
    Ok(is_signed || !job.is_awaited)
}

/// Waits until there is more to write. False if the worker is to end.
fn is_there_more(job: &Job) -> bool {
    let written_at = Instant::now();
    loop {
        if job.is_awaited || is_asked_for() || is_to_make_room() || is_told_to_end() {
            return false;
        }
        let status = queue::status(job.database);
        let is_wanted = status.wanted > status.written;
        if is_wanted || status.waiting as usize >= BATCH || written_at.elapsed() > NEXT {
            return true;
        }
        latch::wait(LOOK_AGAIN_MS);
    }
}
