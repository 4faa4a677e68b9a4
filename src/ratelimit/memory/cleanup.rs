//! Sweeping expired rows out of the table, some pages at a time.

use pgrx::IntoDatum;
use phone_crypt_core::ratelimit::Owner;
use std::sync::atomic::Ordering;

use super::owners::entry;
use super::table_lock::in_table;
use crate::pg::relation;
use crate::pg::statement::Statement;
use crate::pg::{Oid, oids};
use crate::ratelimit::now_us;

/// Pages of the table that a flush looks through.
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

/// Deletes the expired rows of the next pages, and remembers where to go on. A row that somebody has locked stays.
/// False if the table could not be had.
pub fn sweep(owner: Owner) -> bool {
    let from = entry(owner).swept_to.load(Ordering::Relaxed);
    let to = from.saturating_add(PAGES);
    let is_end = in_table(owner, |place| {
        let pages = relation::pages(Oid::from(owner.table));
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
