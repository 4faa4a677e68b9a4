//! The flushers that run, as the launcher sees them, and who may have the next one.
//!
//! A database can hold its flusher up: it cannot be connected to while it is renamed or its catalogue is locked, and an
//! administrator may hang anything on the table. So several run at once; one that gets nowhere is ended; and a
//! database whose flushers have not come to their end waits longer each time.

use pgrx::IntoDatum;
use pgrx::bgworkers::{
    BackgroundWorkerBuilder, BackgroundWorkerStatus, BgWorkerStartTime, DynamicBackgroundWorker,
};
use phone_crypt_core::ratelimit::{MAX_OWNERS, Owner};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::launcher::LIBRARY;
use super::owners::entry;
use crate::pg::process;

/// How many run at once. PostgreSQL starts at most `max_worker_processes` (8) for everybody.
const AT_ONCE: usize = 3;
/// A flusher that has not connected by then is ended.
const TO_CONNECT: Duration = Duration::from_secs(10);
/// One that has connected, and has got nowhere for so long, is ended, too.
const TO_GET_ON: Duration = Duration::from_secs(60);
/// How often it is looked whether they get on.
const CHECK: Duration = Duration::from_secs(1);
/// Between the starts of two flushers of one database.
const PAUSE: Duration = Duration::from_millis(20);
/// The same after one that could not do what is needed: another one will hardly do better at once.
const LONGER_PAUSE: Duration = Duration::from_secs(1);
/// The same after one that was broken off, doubled after each further one …
const FIRST_RETREAT: Duration = Duration::from_secs(1);
/// … so many times.
const DOUBLINGS: u32 = 6;

/// One that runs.
struct Flusher {
    owner: Owner,
    worker: DynamicBackgroundWorker,
    /// Its beats when it was started, and when it was looked at last.
    first_beats: u64,
    beats: u64,
    beat_at: Instant,
}

/// What an owner needs a flusher for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// The table is to be read, or what is in memory to be given up.
    Load,
    /// Changes are to be written: it is time, or somebody waits.
    Flush,
    /// A hit found no slot.
    Slots,
}

/// What is known of the flushers of whoever has a place in the list.
#[derive(Clone, Copy, Default)]
struct Record {
    is_due: bool,
    last: Option<Start>,
}

/// The start of a flusher.
#[derive(Clone, Copy)]
struct Start {
    owner: Owner,
    at: Instant,
    /// The number of the last flush that somebody waited for by then.
    asked: u64,
    /// The failures by then.
    failures: u64,
}

/// All of them.
pub struct Flushers {
    running: Vec<Flusher>,
    records: [Record; MAX_OWNERS],
    /// Whose turn is next.
    next: u32,
    /// How long somebody has to wait at least who has something to write.
    put_off: Option<Duration>,
}

impl Flushers {
    /// None yet.
    pub fn new() -> Flushers {
        Flushers {
            running: Vec::new(),
            records: [Record::default(); MAX_OWNERS],
            next: 0,
            put_off: None,
        }
    }

    /// The interval is over: whoever has something to write is to write it.
    pub fn all_are_due(&mut self) {
        self.records
            .iter_mut()
            .for_each(|record| record.is_due = true);
    }

    /// How long the launcher may sleep at most, if nothing wakes it.
    pub fn look_again(&self) -> Duration {
        let check = match self.running.is_empty() {
            true => Duration::MAX,
            false => CHECK,
        };
        self.put_off.map_or(check, |put_off| put_off.min(check))
    }

    /// Forgets those that have ended, and ends those that get nowhere.
    pub fn check(&mut self) {
        self.put_off = None;
        let running = std::mem::take(&mut self.running);
        self.running = running.into_iter().filter_map(Flusher::checked).collect();
    }

    /// Puts owners into the order in which they are to be served, so that everybody's turn comes.
    pub fn in_turn(&self, owners: &mut [Owner]) {
        let first = owners
            .iter()
            .position(|owner| owner.index >= self.next)
            .unwrap_or(0);
        owners.rotate_left(first);
    }

    /// Whether a flusher works for the owner: one of these, or one of a launcher that has ended.
    pub fn is_busy(&self, owner: Owner) -> bool {
        let is_running = self.running.iter().any(|it| it.owner.index == owner.index);
        is_running || entry(owner).flusher.load(Ordering::Acquire) != 0
    }

    /// Whether an interval has passed since the last one was started.
    pub fn is_due(&self, owner: Owner) -> bool {
        self.records[owner.index as usize].is_due
    }

    /// Whether somebody waits, who came after the last one was started.
    pub fn is_wanted(&self, owner: Owner) -> bool {
        let entry = entry(owner);
        let wanted = entry.wanted.load(Ordering::Acquire);
        let answered = entry.done.load(Ordering::Acquire);
        let asked = self.last(owner).map_or(0, |last| last.asked);
        wanted > answered.max(asked)
    }

    /// Whether one may be started now for an owner who needs it.
    pub fn may_start(&mut self, owner: Owner, need: Need) -> bool {
        let rest = match self.last(owner) {
            Some(last) => self.pause(&last, need).saturating_sub(last.at.elapsed()),
            None => Duration::ZERO,
        };
        if !rest.is_zero() {
            self.put_off = Some(self.put_off.map_or(rest, |put_off| put_off.min(rest)));
        }
        rest.is_zero() && self.running.len() < AT_ONCE
    }

    fn pause(&self, last: &Start, need: Need) -> Duration {
        let entry = entry(last.owner);
        let has_failed = entry.failures.load(Ordering::Relaxed) != last.failures;
        match (entry.broken_off.load(Ordering::Relaxed), need) {
            _ if self.is_wanted(last.owner) => PAUSE,
            (0, Need::Flush) => PAUSE,
            (0, Need::Slots) if !has_failed => PAUSE,
            (0, Need::Slots | Need::Load) => LONGER_PAUSE,
            (times, _) => FIRST_RETREAT * 2u32.pow((times - 1).min(DOUBLINGS)),
        }
    }

    /// Starts one. False if no process could be had.
    pub fn start(&mut self, owner: Owner) -> bool {
        let entry = entry(owner);
        let start = Start {
            owner,
            at: Instant::now(),
            asked: entry.wanted.load(Ordering::Acquire),
            failures: entry.failures.load(Ordering::Relaxed),
        };
        // Before it is there: it may have come to its end by the time this process goes on.
        let beats = entry.beats.load(Ordering::Relaxed);
        entry.broken_off.fetch_add(1, Ordering::Relaxed);
        let worker = BackgroundWorkerBuilder::new("phone_crypt rate limits flusher")
            .set_library(LIBRARY)
            .set_function("phone_crypt_ratelimit_flusher")
            .enable_spi_access()
            .set_start_time(BgWorkerStartTime::ConsistentState)
            .set_restart_time(None)
            .set_argument((owner.index as i32).into_datum())
            .set_notify_pid(process::id() as i32)
            .load_dynamic();
        let Ok(worker) = worker else {
            pgrx::log!(
                "phone_crypt: no worker for a flush of rate limits; raise max_worker_processes"
            );
            entry.broken_off.fetch_sub(1, Ordering::Relaxed);
            entry.failures.fetch_add(1, Ordering::Relaxed);
            return false;
        };
        self.running.push(Flusher {
            owner,
            worker,
            first_beats: beats,
            beats,
            beat_at: Instant::now(),
        });
        self.records[owner.index as usize] = Record {
            is_due: false,
            last: Some(start),
        };
        self.next = owner.index + 1;
        true
    }

    /// The last one of this owner; whoever had the place before does not matter.
    fn last(&self, owner: Owner) -> Option<Start> {
        self.records[owner.index as usize]
            .last
            .filter(|last| last.owner == owner)
    }
}

impl Flusher {
    /// This one, if it still runs and is to go on. One that has not come to its end counts as a failure.
    fn checked(mut self) -> Option<Flusher> {
        let entry = entry(self.owner);
        match self.worker.pid() {
            Ok(_) | Err(BackgroundWorkerStatus::NotYetStarted) => {}
            Err(_) => {
                if entry.broken_off.load(Ordering::Relaxed) > 0 {
                    entry.failures.fetch_add(1, Ordering::Relaxed);
                }
                return None;
            }
        }
        let beats = entry.beats.load(Ordering::Relaxed);
        if beats != self.beats {
            self.beats = beats;
            self.beat_at = Instant::now();
        }
        let patience = match self.beats == self.first_beats {
            true => TO_CONNECT,
            false => TO_GET_ON,
        };
        if self.beat_at.elapsed() < patience {
            return Some(self);
        }
        entry.failures.fetch_add(1, Ordering::Relaxed);
        self.worker.terminate();
        None
    }
}
