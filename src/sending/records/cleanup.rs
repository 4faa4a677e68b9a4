//! Records are kept for a time, and then deleted, some at a time.

use pgrx::IntoDatum;
use pgrx::bgworkers::BackgroundWorker;
use std::time::Duration;

use crate::pg::oids;
use crate::pg::statement::Statement;
use crate::ratelimit;
use crate::settings;
use crate::worker::{Job, Task, beat, note_work};

/// How long what is over may stay.
const INTERVAL: Duration = Duration::from_secs(60);
/// Rows that are deleted at once, in a transaction of their own, so that none holds up vacuum.
const PORTION: i64 = 10_000;

thread_local! {
    static DELETE: Statement = const { Statement::new(
        c"DELETE FROM phone_crypt.send_records WHERE ctid OPERATOR(pg_catalog.=) ANY (ARRAY( \
              SELECT r.ctid FROM phone_crypt.send_records AS r \
               WHERE r.last_at OPERATOR(pg_catalog.<) (pg_catalog.clock_timestamp() \
                     OPERATOR(pg_catalog.-) pg_catalog.make_interval(mins => $1)) \
               LIMIT $2 FOR UPDATE SKIP LOCKED))",
        &[oids::INT4OID, oids::INT8OID],
    ) };
    static HAS_ROWS: Statement =
        const { Statement::new(c"SELECT FROM phone_crypt.send_records LIMIT 1", &[]) };
}

/// Runs at each interval until no record is left.
pub struct DeleteRecords;

impl Task for DeleteRecords {
    fn name(&self) -> &'static str {
        "clean-up of decisions about sends"
    }

    fn interval(&self) -> Duration {
        INTERVAL
    }

    fn run(&self, _job: &Job) -> bool {
        while BackgroundWorker::transaction(delete_some) >= PORTION as u64 {
            beat();
        }
        if BackgroundWorker::transaction(is_any_left) {
            note_work(self);
        }
        true
    }
}

fn delete_some() -> u64 {
    let Ok(storage) = ratelimit::storage() else {
        return 0;
    };
    let arguments = [
        settings::send_records_keep_minutes().into_datum(),
        PORTION.into_datum(),
    ];
    DELETE.with(|delete| delete.run(storage.owner, &arguments, |_| ()))
}

fn is_any_left() -> bool {
    ratelimit::storage()
        .is_ok_and(|storage| HAS_ROWS.with(|rows| rows.run(storage.owner, &[], |_| ())) > 0)
}
