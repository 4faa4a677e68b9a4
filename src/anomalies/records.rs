//! What was unusual, in `phone_crypt.anomaly_records`: a row for windows in a row of one key.

use pgrx::IntoDatum;

use super::counts::Subject;
use super::unusual::Unusual;
use super::watches::Watch;
use crate::pg::interval::POSTGRES_EPOCH_US;
use crate::pg::statement::Statement;
use crate::pg::{Oid, oids};

/// Records that are kept, at most, and for how long.
const MAX_RECORDS: i64 = 10_000;
const KEPT_US: i64 = 90 * 86_400_000_000;

thread_local! {
    static BEGIN: Statement = const { Statement::new(
        c"INSERT INTO phone_crypt.anomaly_records \
              (kind, policy, key, role, began_at, last_at, windows, count, expected, score, actions, blocked_until) \
          SELECT $1, NULLIF($2, ''), $3, $4, $5, $5, 1, $6, $7, $8, w.actions, $9 \
            FROM phone_crypt.activity_watches AS w WHERE COALESCE(w.policy, '') OPERATOR(pg_catalog.=) $2 \
          RETURNING id",
        &[
            oids::TEXTOID, oids::TEXTOID, oids::TEXTOID, oids::TEXTOID, oids::TIMESTAMPTZOID, oids::FLOAT8OID,
            oids::FLOAT8OID, oids::FLOAT8OID, oids::TIMESTAMPTZOID,
        ],
    ) };
    static GO_ON: Statement = const { Statement::new(
        c"UPDATE phone_crypt.anomaly_records AS r \
             SET last_at = $2, windows = r.windows OPERATOR(pg_catalog.+) 1, \
                 count = GREATEST(r.count, $3), score = GREATEST(r.score, $4), \
                 blocked_until = COALESCE($5, r.blocked_until) \
           WHERE r.id OPERATOR(pg_catalog.=) $1 RETURNING id",
        &[oids::INT8OID, oids::TIMESTAMPTZOID, oids::FLOAT8OID, oids::FLOAT8OID, oids::TIMESTAMPTZOID],
    ) };
    static FORGET: Statement = const { Statement::new(
        c"DELETE FROM phone_crypt.anomaly_records AS r \
           WHERE r.last_at OPERATOR(pg_catalog.<) $1 \
              OR r.id OPERATOR(pg_catalog.<=) (SELECT o.id FROM phone_crypt.anomaly_records AS o \
                                                ORDER BY o.id DESC OFFSET $2 LIMIT 1)",
        &[oids::TIMESTAMPTZOID, oids::INT8OID],
    ) };
}

/// Records an unusual window: in the record of the one before it, or in a new one. Its id.
pub fn write(
    owner: Oid,
    watch: &Watch,
    unusual: &Unusual<'_>,
    before: Option<i64>,
    until_us: Option<i64>,
) -> Option<i64> {
    before
        .and_then(|id| go_on(owner, id, unusual, until_us))
        .or_else(|| begin(owner, watch, unusual, until_us))
}

fn begin(owner: Oid, watch: &Watch, unusual: &Unusual<'_>, until_us: Option<i64>) -> Option<i64> {
    let (key, role) = match unusual.subject {
        Subject::Policy => (None, None),
        Subject::Key(_, key) => (Some(key.as_slice()), None),
        Subject::Role(name) => (None, Some(name.as_slice())),
    };
    let arguments = [
        watch.kind().into_datum(),
        watch.name().into_datum(),
        // In the database's own encoding.
        key.and_then(IntoDatum::into_datum),
        role.and_then(IntoDatum::into_datum),
        timestamp(unusual.at_us),
        unusual.count.into_datum(),
        unusual.judgement.expected.into_datum(),
        unusual.judgement.score.into_datum(),
        until_us.and_then(timestamp),
    ];
    let mut id = None;
    BEGIN.with(|statement| statement.run(owner, &arguments, |row| id = row.get(1)));
    id
}

fn go_on(owner: Oid, id: i64, unusual: &Unusual<'_>, until_us: Option<i64>) -> Option<i64> {
    let arguments = [
        id.into_datum(),
        timestamp(unusual.at_us),
        unusual.count.into_datum(),
        unusual.judgement.score.into_datum(),
        until_us.and_then(timestamp),
    ];
    let mut found = None;
    GO_ON.with(|statement| statement.run(owner, &arguments, |row| found = row.get(1)));
    found
}

/// Deletes what is old, and what is too many.
pub fn forget_some(owner: Oid, now_us: i64) {
    let arguments = [
        timestamp(now_us.saturating_sub(KEPT_US)),
        MAX_RECORDS.into_datum(),
    ];
    FORGET.with(|statement| statement.run(owner, &arguments, |_| ()));
}

fn timestamp(time_us: i64) -> Option<crate::pg::Datum> {
    time_us.saturating_sub(POSTGRES_EPOCH_US).into_datum()
}
