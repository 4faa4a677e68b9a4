//! Writing decisions down that are in shared memory.

use pgrx::bgworkers::BackgroundWorker;
use std::time::Duration;

use super::area;
use super::cleanup::DeleteRecords;
use super::record::Record;
use crate::pg::Oid;
use crate::pg::statement::Statement;
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

/// Hands this database's decisions over to this transaction. If it, or the part of it that has begun last, is rolled back, it is
/// as if nothing had been taken.
///
/// Errors: no table of rate limits, 55000; where the transaction is to be prepared, that fails (0A000).
pub fn take() -> Result<Vec<Record>> {
    let returned = || {
        note_work(&WriteDecisions);
    };
    Ok(area::hand_over(area::own_owner()?, returned))
}
