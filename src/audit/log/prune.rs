//! Old checkpoints. A later one vouches for all that an earlier one does, and proofs are made from the hashes, which stay: so of
//! each day that is long past the last one is enough. One with two signatures leads from a key to the next, and stays.

use pgrx::IntoDatum;
use phone_crypt_core::audit::SIGNATURE_START;

use crate::pg::clock::now_us;
use crate::pg::interval::POSTGRES_EPOCH_US;
use crate::pg::statement::Statement;
use crate::pg::{Oid, oids};

/// Checkpoints that are deleted in one transaction, which is one a day: a few times as many as a day makes.
const MOST: i64 = 10_000;
const DAY_US: i64 = 86_400_000_000;

thread_local! {
    static PRUNE: Statement = const { Statement::new(
        c"DELETE FROM phone_crypt.audit_checkpoints AS c \
           WHERE c.log OPERATOR(pg_catalog.=) $1 AND c.ctid OPERATOR(pg_catalog.=) ANY (ARRAY(\
                 SELECT o.row FROM (\
                     SELECT a.ctid AS row, a.signed_at, a.note, \
                            pg_catalog.date_trunc('day', pg_catalog.timezone('UTC', a.signed_at)) AS day, \
                            pg_catalog.lead(pg_catalog.date_trunc('day', pg_catalog.timezone('UTC', a.signed_at))) \
                                OVER (ORDER BY a.size, a.signed_at) AS next_day \
                       FROM phone_crypt.audit_checkpoints AS a WHERE a.log OPERATOR(pg_catalog.=) $1) AS o \
                  WHERE o.next_day OPERATOR(pg_catalog.=) o.day \
                    AND o.signed_at OPERATOR(pg_catalog.<) \
                        (pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) pg_catalog.make_interval(days => 30)) \
                    AND pg_catalog.\"position\"(pg_catalog.substr(o.note, \
                            pg_catalog.\"position\"(o.note, $3) OPERATOR(pg_catalog.+) 1), \
                            $3) OPERATOR(pg_catalog.=) 0 \
                  LIMIT $2))",
        &[oids::TEXTOID, oids::INT8OID, oids::BYTEAOID],
    ) };
}

/// Deletes checkpoints of a log that are older than 30 days and not the last one of their day (UTC): once a day, when the
/// last one, of that time in microseconds since 2000, is of another day.
pub fn once_a_day(owner: Oid, log: &str, last: Option<i64>) {
    let Some(last) = last else { return };
    let day = |us: i64| us.div_euclid(DAY_US);
    if day(last.saturating_add(POSTGRES_EPOCH_US)) != day(now_us()) {
        let arguments = [
            log.into_datum(),
            MOST.into_datum(),
            SIGNATURE_START.as_bytes().into_datum(),
        ];
        PRUNE.with(|prune| prune.run(owner, &arguments, |_| ()));
    }
}
