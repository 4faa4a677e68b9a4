//! Filling the filter, in the background.

use pgrx::IntoDatum;
use pgrx::bgworkers::BackgroundWorker;
use std::cell::Cell;
use std::thread::sleep;
use std::time::Duration;

use super::filter_state as state;
use super::filter_words::add;
use super::tables::SUPPRESSED;
use crate::encrypted_type::Value;
use crate::pg::{Oid, oids, process, relation, statement, table_scan};
use crate::worker::{self, Job, Task, note_work};

/// The time between two attempts.
const INTERVAL: Duration = Duration::from_secs(2);
/// How often a lock against writers is asked for, and the time between.
const ATTEMPTS: usize = 100;
const PAUSE: Duration = Duration::from_millis(10);
/// Rows between two signs of life.
const ROWS: u64 = 100_000;

/// Whether the trigger is one that no session switches off.
const IS_WATCHED: &str = "
    SELECT t.tgenabled OPERATOR(pg_catalog.=) 'A' FROM pg_catalog.pg_trigger AS t
     WHERE t.tgrelid OPERATOR(pg_catalog.=) $1 AND t.tgname OPERATOR(pg_catalog.=) 'note_suppressed'::pg_catalog.name";

/// Reads the list of suppressed numbers into the filter.
pub struct FillFilter;

enum Begun {
    /// The table, and what the end is to find.
    Filling(Oid, u64),
    /// Somebody is writing all the time.
    Busy,
    /// There is no table, its trigger is off, or there is no room.
    NotPossible,
}

impl Task for FillFilter {
    fn name(&self) -> &'static str {
        "filter of suppressed numbers"
    }

    fn interval(&self) -> Duration {
        INTERVAL
    }

    fn run(&self, job: &Job) -> bool {
        if process::is_recovering() {
            return true;
        }
        let begun = BackgroundWorker::transaction(|| match SUPPRESSED.find() {
            Some(table) if state::is_complete(table) => Begun::NotPossible,
            Some(table) => begin(table),
            None => {
                state::forget(job.database);
                Begun::NotPossible
            }
        });
        match begun {
            // Whoever wrote before has ended, and is seen now; whoever has begun since sets the bits.
            Begun::Filling(table, begun) => {
                BackgroundWorker::transaction(|| fill(table));
                state::end(begun);
            }
            Begun::Busy => {
                note_work(self);
            }
            Begun::NotPossible => {}
        }
        true
    }

    fn is_used(&self, database: Oid) -> bool {
        state::is_used(database)
    }

    fn forget(&self, database: Oid) {
        state::forget(database);
    }
}

/// The lock is held until the transaction ends, which is at once.
fn begin(table: Oid) -> Begun {
    let is_locked = (0..ATTEMPTS).any(|attempt| {
        if attempt > 0 {
            sleep(PAUSE);
        }
        relation::try_lock_against_writing(table)
    });
    if !is_locked {
        return Begun::Busy;
    }
    let is_watched = Cell::new(false);
    let arguments = [(oids::OIDOID, table.into_datum())];
    statement::run(IS_WATCHED, &arguments, |row| {
        is_watched.set(row.get(1).unwrap_or(false));
    });
    match is_watched.get().then(|| state::begin(table)).flatten() {
        Some(begun) => Begun::Filling(table, begun),
        None => Begun::NotPossible,
    }
}

fn fill(table: Oid) {
    let mut of_type = None;
    let mut rows = 0;
    table_scan::scan(table, |row| {
        if let Ok(Some(value)) = Value::of_row(row, 1, &mut of_type) {
            add(value.bytes());
        }
        rows += 1;
        if rows % ROWS == 0 {
            worker::beat();
        }
    });
}
