//! Taking decisions out of shared memory, for a transaction that writes them down: they go back where it does not commit.

use pgrx::bgworkers::BackgroundWorker;
use pgrx::{
    PgSubXactCallbackEvent, PgXactCallbackEvent, register_subxact_callback, register_xact_callback,
};
use std::cell::RefCell;
use std::panic::AssertUnwindSafe;
use std::rc::Rc;
use std::time::Duration;

use super::area;
use super::cleanup::DeleteRecords;
use super::record::Record;
use crate::pg::statement::Statement;
use crate::pg::{Oid, transaction};
use crate::ratelimit;
use crate::sending::error::Result;
use crate::worker::{Job, Task, note_work};

/// The time between two runs. A crash loses what is not written down.
const INTERVAL: Duration = Duration::from_secs(1);

thread_local! {
    static FLUSH: Statement =
        const { Statement::new(c"SELECT phone_crypt.flush_send_decisions()", &[]) };
}

/// Writes decisions down, in the background.
pub struct WriteDecisions;

impl Task for WriteDecisions {
    fn name(&self) -> &'static str {
        "decisions about sends"
    }

    fn interval(&self) -> Duration {
        INTERVAL
    }

    fn run(&self, job: &Job) -> bool {
        BackgroundWorker::transaction(|| match ratelimit::storage() {
            Ok(storage) => {
                FLUSH.with(|flush| flush.run(storage.owner, &[], |_| ()));
                note_work(&DeleteRecords);
            }
            // The extension is gone, or is not committed yet.
            Err(_) => area::forget(job.database),
        });
        true
    }

    fn is_used(&self, database: Oid) -> bool {
        area::is_used(database)
    }

    fn forget(&self, database: Oid) {
        area::forget(database);
    }
}

/// Takes out this database's decisions. If the transaction, or the part of it that has begun last, is rolled back, it is as if
/// nothing had been taken.
///
/// Errors: no table of rate limits, 55000.
pub fn take() -> Result<Vec<Record>> {
    let owner = area::own_owner()?;
    let all = area::take_all(owner);
    if all.is_empty() {
        return Ok(all);
    }
    let taken = Rc::new(RefCell::new(all.clone()));
    let part = transaction::part();
    let of_part = AssertUnwindSafe(Rc::clone(&taken));
    register_subxact_callback(PgSubXactCallbackEvent::AbortSub, move |aborted, _| {
        // Whatever has begun after a part has a greater number.
        if part >= aborted {
            put_back(owner, &of_part);
        }
    });
    let of_all = AssertUnwindSafe(taken);
    register_xact_callback(PgXactCallbackEvent::Abort, move || put_back(owner, &of_all));
    Ok(all)
}

fn put_back(owner: u64, taken: &RefCell<Vec<Record>>) {
    for record in taken.take() {
        area::add(owner, &record);
    }
    note_work(&WriteDecisions);
}
