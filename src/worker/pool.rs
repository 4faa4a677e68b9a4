//! The workers that run, as the launcher sees them, and which database may have the next one.
//!
//! A database can hold its worker up: it cannot be connected to while it is renamed or its catalogue is locked, and an
//! administrator may hang anything on a table. So several run at once; one that gets nowhere is ended; and a
//! database whose workers have not come to their end waits longer each time.

use pgrx::IntoDatum;
use pgrx::bgworkers::{
    BackgroundWorkerBuilder, BackgroundWorkerStatus, BgWorkerStartTime, DynamicBackgroundWorker,
};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::databases::{Database, MAX_DATABASES};
use super::need::{AtStart, Need};
use super::task::{self, Urgency};
use crate::pg::process;

/// The library that PostgreSQL loads into a worker.
pub(super) const LIBRARY: &str = "phone_crypt";
/// How many run at once. PostgreSQL starts at most `max_worker_processes` (8) for everybody.
const AT_ONCE: usize = 3;
/// A worker that has not connected by then is ended.
const TO_CONNECT: Duration = Duration::from_secs(10);
/// One that has connected, and has got nowhere for so long, is ended, too.
const TO_GET_ON: Duration = Duration::from_secs(60);
/// How often it is looked whether they get on.
const CHECK: Duration = Duration::from_secs(1);
/// Between the starts of two workers of one database.
const PAUSE: Duration = Duration::from_millis(20);
/// The same after one that could not do what is needed: another one will hardly do better at once.
const LONGER_PAUSE: Duration = Duration::from_secs(1);
/// The same after one that was broken off, doubled after each further one …
const FIRST_RETREAT: Duration = Duration::from_secs(1);
/// … so many times.
const DOUBLINGS: u32 = 6;

/// One that runs.
struct Worker {
    database: Database,
    process: DynamicBackgroundWorker,
    /// Its beats when it was started, and when it was looked at last.
    first_beats: u64,
    beats: u64,
    beat_at: Instant,
}

/// What is known of the workers of whoever has an entry in the list.
#[derive(Clone, Copy, Default)]
struct Record {
    /// A bit for each task whose interval is over.
    times: u32,
    last: Option<Start>,
}

/// The start of a worker.
#[derive(Clone, Copy)]
struct Start {
    database: Database,
    at: Instant,
    known: AtStart,
}

/// All of them.
pub struct Pool {
    running: Vec<Worker>,
    records: Vec<Record>,
    /// Whose turn is next.
    next: u32,
    /// How long a database has to wait at least that needs a worker.
    put_off: Option<Duration>,
}

impl Pool {
    /// None yet.
    pub fn new() -> Pool {
        Pool {
            running: Vec::new(),
            records: vec![Record::default(); MAX_DATABASES],
            next: 0,
            put_off: None,
        }
    }

    /// A task's interval is over, in all databases.
    pub fn is_time_for(&mut self, task: usize) {
        self.records
            .iter_mut()
            .for_each(|record| record.times |= 1 << task);
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
        self.running = running.into_iter().filter_map(Worker::checked).collect();
    }

    /// Puts databases into the order in which they are to be served, so that each one's turn comes.
    pub fn in_turn(&self, databases: &mut [Database]) {
        let first = databases
            .iter()
            .position(|database| database.index >= self.next)
            .unwrap_or(0);
        databases.rotate_left(first);
    }

    /// Whether one works there: one of these, or one of a launcher that has ended.
    pub fn is_busy(&self, database: Database) -> bool {
        let mut running = self.running.iter();
        running.any(|it| it.database.index == database.index)
            || database.entry().worker.load(Ordering::Acquire) != 0
    }

    /// The tasks whose interval has passed since the last one was started, a bit each.
    pub fn times(&self, database: Database) -> u32 {
        self.records[database.index as usize].times
    }

    /// What was known when the last one was started there.
    pub fn at_start(&self, database: Database) -> AtStart {
        self.last(database)
            .map_or_else(AtStart::default, |last| last.known)
    }

    /// Whether one may be started now.
    pub fn may_start(&mut self, database: Database, need: &Need) -> bool {
        let rest = match self.last(database) {
            Some(last) => pause(&last, need.urgency).saturating_sub(last.at.elapsed()),
            None => Duration::ZERO,
        };
        if !rest.is_zero() {
            self.put_off = Some(self.put_off.map_or(rest, |put_off| put_off.min(rest)));
        }
        let is_full = self.running.len() >= AT_ONCE;
        if rest.is_zero() && is_full {
            let running = self.running.iter();
            running.for_each(|it| it.database.entry().make_room());
        }
        rest.is_zero() && !is_full
    }

    /// A worker is at work there: it is to end soon if it does not have these tasks, which are due.
    pub fn make_room_for(&self, database: Database, need: &Need) {
        let entry = database.entry();
        if need.tasks & !entry.to_run.load(Ordering::Acquire) != 0 {
            entry.make_room();
        }
    }

    /// Starts one. False if no process could be had.
    pub fn start(&mut self, database: Database, need: &Need) -> bool {
        let entry = database.entry();
        let start = Start {
            database,
            at: Instant::now(),
            known: AtStart::now(database, need.tasks, self.at_start(database)),
        };
        // Before it is there: it may have come to its end by the time this process goes on.
        let beats = entry.beats.load(Ordering::Relaxed);
        entry.broken_off.fetch_add(1, Ordering::Relaxed);
        entry.is_to_make_room.store(false, Ordering::Relaxed);
        entry.to_run.store(need.tasks, Ordering::Release);
        let process = BackgroundWorkerBuilder::new("phone_crypt worker")
            .set_library(LIBRARY)
            .set_function("phone_crypt_worker")
            .enable_spi_access()
            .set_start_time(BgWorkerStartTime::ConsistentState)
            .set_restart_time(None)
            .set_argument((database.index as i32).into_datum())
            .set_notify_pid(process::id() as i32)
            .load_dynamic();
        let Ok(process) = process else {
            pgrx::log!(
                "phone_crypt: no background worker could be started; raise max_worker_processes"
            );
            entry.broken_off.fetch_sub(1, Ordering::Relaxed);
            count_failures(database);
            return false;
        };
        self.running.push(Worker {
            database,
            process,
            first_beats: beats,
            beats,
            beat_at: Instant::now(),
        });
        let record = &mut self.records[database.index as usize];
        record.times &= !need.tasks;
        record.last = Some(start);
        self.next = database.index + 1;
        true
    }

    /// The last one there; whoever had the entry before does not matter.
    fn last(&self, database: Database) -> Option<Start> {
        self.records[database.index as usize]
            .last
            .filter(|last| last.database == database)
    }
}

fn pause(last: &Start, urgency: Urgency) -> Duration {
    match (
        last.database.entry().broken_off.load(Ordering::Relaxed),
        urgency,
    ) {
        (_, Urgency::Awaited) | (0, Urgency::Now) => PAUSE,
        (0, Urgency::Soon) => LONGER_PAUSE,
        (times, _) => FIRST_RETREAT * 2u32.pow((times - 1).min(DOUBLINGS)),
    }
}

/// The tasks that a worker has not ended have failed.
fn count_failures(database: Database) {
    let to_run = database.entry().to_run.swap(0, Ordering::AcqRel);
    for (number, _) in task::all().iter().enumerate() {
        if to_run & (1 << number) != 0 {
            let entry = &database.entry().tasks[number];
            entry.failures.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Worker {
    /// This one, if it still runs and is to go on.
    fn checked(mut self) -> Option<Worker> {
        let entry = self.database.entry();
        match self.process.pid() {
            Ok(_) | Err(BackgroundWorkerStatus::NotYetStarted) => {}
            Err(_) => {
                if entry.broken_off.load(Ordering::Relaxed) > 0 {
                    count_failures(self.database);
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
        count_failures(self.database);
        self.process.terminate();
        None
    }
}
