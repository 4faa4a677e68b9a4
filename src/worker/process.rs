//! A worker: one short life in one database. It runs the tasks that are due there, and exits.

use pgrx::bgworkers::BackgroundWorker;
use pgrx::pg_guard;
use std::sync::atomic::Ordering;

use super::databases::{self, Database, beat};
use super::task::{self, Job, Task};
use crate::pg::clock::now_us;
use crate::pg::{Datum, Oid, log_filter, process, sqlstate, worker};

/// A worker's main function; the argument is the database's index in the list.
#[pg_guard]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn phone_crypt_worker(argument: Datum) {
    worker::end_at_sigterm();
    let Some(database) = databases::at(argument.value()) else {
        return;
    };
    if !claim(database) {
        return;
    }
    log_filter::database_may_be_gone(true);
    worker::connect_to(Oid::from(database.oid));
    log_filter::database_may_be_gone(false);
    databases::set_own(database);
    beat();
    BackgroundWorker::transaction(prepare_session);
    if run_all(database) {
        database.entry().broken_off.store(0, Ordering::Relaxed);
    }
}

/// Two workers of one database would do the same. False if there is one already: that of a launcher that has ended
/// meanwhile.
fn claim(database: Database) -> bool {
    let worker = &database.entry().worker;
    let is_free = worker
        .compare_exchange(0, process::id() as i32, Ordering::AcqRel, Ordering::Acquire)
        .is_ok();
    if is_free {
        worker::at_exit(release, database.index as usize);
    }
    is_free
}

/// The end of a worker, whatever it is.
fn release(index: usize) {
    if let Some(database) = databases::at(index) {
        database.entry().worker.store(0, Ordering::Release);
    }
}

/// Nobody's lock holds a worker up for long, nor does a standby's absence; names mean PostgreSQL's own.
fn prepare_session() {
    worker::set_settings(&[
        (c"search_path", c"pg_catalog, pg_temp"),
        (c"lock_timeout", c"20ms"),
        (c"statement_timeout", c"0"),
        (c"synchronous_commit", c"local"),
        (c"default_transaction_isolation", c"read committed"),
        (c"default_transaction_read_only", c"off"),
    ]);
}

/// Runs what the launcher has asked for. False if a task raised an error.
fn run_all(database: Database) -> bool {
    let entry = database.entry();
    let to_run = entry.to_run.load(Ordering::Acquire);
    let mut tasks: Vec<usize> = (0..task::all().len())
        .filter(|number| to_run & (1 << number) != 0)
        .collect();
    // One that is stuck each time must not keep the others from their turn: after a worker that was broken off another
    // task is the first. (The present worker counts as broken off until its end.)
    let turn = entry.broken_off.load(Ordering::Relaxed).saturating_sub(1);
    let count = tasks.len().max(1);
    tasks.rotate_left(turn as usize % count);
    let mut is_orderly = true;
    for number in tasks {
        is_orderly &= run(database, number, task::all()[number]);
        entry.to_run.fetch_and(!(1 << number), Ordering::AcqRel);
        beat();
    }
    is_orderly
}

/// Runs one. False if it raised an error.
fn run(database: Database, number: usize, task: &dyn Task) -> bool {
    let entry = &database.entry().tasks[number];
    let wanted = entry.wanted.load(Ordering::Acquire);
    let was_pending = entry.is_pending.swap(false, Ordering::AcqRel);
    let began_us = now_us();
    let job = Job {
        database: Oid::from(database.oid),
        is_awaited: wanted > entry.done.load(Ordering::Acquire),
    };
    let ended = worker::attempt(|| task.run(&job));
    match ended {
        Ok(true) => {
            entry.runs.fetch_add(1, Ordering::Relaxed);
            entry.last_us.store(began_us, Ordering::Relaxed);
            entry.done.fetch_max(wanted, Ordering::AcqRel);
        }
        Ok(false) => {
            entry.failures.fetch_add(1, Ordering::Relaxed);
        }
        Err(code) => {
            let (name, code) = (task.name(), sqlstate::text(code as i32));
            pgrx::log!("phone_crypt: the background task \"{name}\" failed: SQLSTATE {code}");
            entry.failures.fetch_add(1, Ordering::Relaxed);
        }
    }
    if was_pending && ended != Ok(true) {
        entry.is_pending.store(true, Ordering::Release);
    }
    ended.is_ok()
}
