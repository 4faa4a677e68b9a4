//! The clean-up, a background task: expired rows are deleted from the table, some pages at a time.

use pgrx::IntoDatum;
use pgrx::bgworkers::BackgroundWorker;
use phone_crypt_core::ratelimit::Owner;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::flush;
use super::owners::{self, entry};
use super::table_lock::in_table;
use crate::pg::clock::now_us;
use crate::pg::relation;
use crate::pg::statement::Statement;
use crate::pg::{Oid, oids};
use crate::settings;
use crate::worker::{Job, Seen, Task, Urgency, note_work};

/// Pages of the table that a run looks through.
const PAGES: u32 = 256;

thread_local! {
    static DELETE: Statement = const { Statement::new(
        c"DELETE FROM phone_crypt.rate_limits WHERE ctid = ANY (ARRAY( \
              SELECT ctid FROM phone_crypt.rate_limits \
               WHERE ctid >= $1::tid AND ctid < $2::tid AND expires_us <= $3 \
                 FOR UPDATE SKIP LOCKED))",
        &[oids::TEXTOID, oids::TEXTOID, oids::INT8OID],
    ) };
}

/// Runs beside each flush, and at each interval after that until it has come to the table's end.
pub struct Cleanup;

impl Task for Cleanup {
    fn name(&self) -> &'static str {
        "clean-up of rate limits"
    }

    fn interval(&self) -> Duration {
        settings::ratelimit_flush_interval()
    }

    fn due(&self, seen: &Seen) -> Option<Urgency> {
        let is_flushed = owners::of(seen.database).any(|owner| flush::is_due(owner, seen));
        (is_flushed || seen.is_time && seen.is_pending).then_some(Urgency::Now)
    }

    fn run(&self, job: &Job) -> bool {
        let table = BackgroundWorker::transaction(flush::table_in_use);
        let owner = owners::of(job.database).find(|owner| table == Some(owner.table));
        owner.is_none_or(sweep)
    }
}

/// Deletes the expired rows of the next pages, and remembers where to go on. A row that somebody has locked stays.
/// False if the table could not be locked.
fn sweep(owner: Owner) -> bool {
    let from = entry(owner).swept_to.load(Ordering::Relaxed);
    let to = from.saturating_add(PAGES);
    let is_end = in_table(owner, |table| {
        let pages = relation::pages(Oid::from(owner.table));
        let arguments = [
            format!("({from},0)").into_datum(),
            format!("({to},0)").into_datum(),
            now_us().into_datum(),
        ];
        DELETE.with(|delete| delete.run(table.owner, &arguments, |_| ()));
        to >= pages
    });
    let next = if is_end == Some(false) { to } else { 0 };
    if next > 0 {
        note_work(&Cleanup);
    }
    entry(owner).swept_to.store(next, Ordering::Relaxed);
    is_end.is_some()
}
