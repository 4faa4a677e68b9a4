//! Sweeping expired rows out of the table, some pages at a time.

use pgrx::{IntoDatum, pg_sys};
use phone_crypt_core::ratelimit::Owner;
use std::sync::atomic::Ordering;

use super::owners::entry;
use super::table_lock::in_table;
use crate::ratelimit::now_us;
use crate::statement::Statement;

/// Pages of the table that a flush looks through.
const PAGES: u32 = 256;

thread_local! {
    static DELETE: Statement = const { Statement::new(
        c"DELETE FROM phone_crypt.rate_limits WHERE ctid = ANY (ARRAY( \
              SELECT ctid FROM phone_crypt.rate_limits \
               WHERE ctid >= $1::tid AND ctid < $2::tid AND expires_us <= $3 \
                 FOR UPDATE SKIP LOCKED))",
        &[pg_sys::TEXTOID, pg_sys::TEXTOID, pg_sys::INT8OID],
    ) };
}

/// Deletes the expired rows of the next pages, and remembers where to go on. A row that somebody has locked stays.
/// False if the table could not be had.
pub fn sweep(owner: Owner) -> bool {
    let from = entry(owner).swept_to.load(Ordering::Relaxed);
    let to = from.saturating_add(PAGES);
    let is_end = in_table(owner, |place| {
        let pages = pages_of(pg_sys::Oid::from(owner.table));
        let arguments = [
            format!("({from},0)").into_datum(),
            format!("({to},0)").into_datum(),
            now_us().into_datum(),
        ];
        DELETE.with(|delete| delete.run(place.owner, &arguments, |_| ()));
        to >= pages
    });
    let next = if is_end == Some(false) { to } else { 0 };
    entry(owner).swept_to.store(next, Ordering::Relaxed);
    is_end.is_some()
}

fn pages_of(table: pg_sys::Oid) -> u32 {
    // SAFETY: the relation stays open while its size is asked for.
    unsafe {
        let relation = pg_sys::table_open(table, pg_sys::AccessShareLock as i32);
        let pages =
            pg_sys::RelationGetNumberOfBlocksInFork(relation, pg_sys::ForkNumber::MAIN_FORKNUM);
        pg_sys::table_close(relation, pg_sys::AccessShareLock as i32);
        pages
    }
}
