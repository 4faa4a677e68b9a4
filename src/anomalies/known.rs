//! What is usual of each key, in `phone_crypt.activity_baselines`.

use pgrx::IntoDatum;
use phone_crypt_core::anomaly::Baseline;
use std::collections::HashMap;

use super::counts::Subject;
use super::watches::Watch;
use crate::pg::interval::POSTGRES_EPOCH_US;
use crate::pg::statement::Statement;
use crate::pg::table_row::TableRow;
use crate::pg::{Oid, arrays, oids};

/// Keys of a watch that are known, at most. Of more, those that were seen in the most windows are kept.
pub const MAX_KEYS: usize = 10_000;
/// What was not counted for so long is forgotten.
const KEPT_US: i64 = 30 * 86_400_000_000;

thread_local! {
    static OF: Statement = const { Statement::new(
        c"SELECT b.kind, b.key, b.baseline, b.seen, b.streak, b.anomaly, b.counted_at \
            FROM phone_crypt.activity_baselines AS b WHERE b.watch OPERATOR(pg_catalog.=) $1",
        &[oids::TEXTOID],
    ) };
    static WRITE: Statement = const { Statement::new(
        c"INSERT INTO phone_crypt.activity_baselines AS b \
              (watch, kind, key, baseline, seen, streak, anomaly, counted_at, windows) \
          SELECT $1, n.* FROM ROWS FROM ( \
              pg_catalog.unnest($2), pg_catalog.unnest($3), pg_catalog.unnest($4), pg_catalog.unnest($5), \
              pg_catalog.unnest($6), pg_catalog.unnest($7), pg_catalog.unnest($8), pg_catalog.unnest($9)) AS n \
          ON CONFLICT ON CONSTRAINT activity_baselines_pkey DO UPDATE \
          SET baseline = excluded.baseline, seen = excluded.seen, streak = excluded.streak, anomaly = excluded.anomaly, \
              counted_at = excluded.counted_at, windows = excluded.windows",
        &[
            oids::TEXTOID, oids::INT2ARRAYOID, oids::TEXTARRAYOID, oids::BYTEAARRAYOID, oids::INT8ARRAYOID,
            oids::INT8ARRAYOID, oids::INT8ARRAYOID, oids::TIMESTAMPTZARRAYOID, oids::INT8ARRAYOID,
        ],
    ) };
    static FORGET_OLD: Statement = const { Statement::new(
        c"DELETE FROM phone_crypt.activity_baselines AS b \
           WHERE b.watch OPERATOR(pg_catalog.=) $1 AND b.counted_at OPERATOR(pg_catalog.<) $2",
        &[oids::TEXTOID, oids::TIMESTAMPTZOID],
    ) };
    static FORGET_MORE: Statement = const { Statement::new(
        c"DELETE FROM phone_crypt.activity_baselines AS b \
           WHERE b.ctid OPERATOR(pg_catalog.=) ANY (ARRAY( \
              SELECT o.ctid FROM phone_crypt.activity_baselines AS o WHERE o.watch OPERATOR(pg_catalog.=) $1 \
               ORDER BY o.windows DESC, o.counted_at DESC OFFSET $2))",
        &[oids::TEXTOID, oids::INT8OID],
    ) };
}

/// What is known of a key.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// What is usual.
    pub baseline: Baseline,
    /// What had been counted when it was looked at last.
    pub seen: i64,
    /// Unusual windows in a row, up to the last one.
    pub streak: i64,
    /// The record of them.
    pub anomaly: Option<i64>,
    /// The end of the last window in which anything was counted, in microseconds since 1970.
    pub counted_us: i64,
}

/// All keys of a watch. What cannot be read is not known.
pub fn of(owner: Oid, watch: &Watch) -> HashMap<Subject, Known> {
    let mut all = HashMap::new();
    OF.with(|statement| {
        statement.run(owner, &[watch.name().into_datum()], |row| {
            all.extend(from_row(row));
        })
    });
    all
}

fn from_row(row: &TableRow) -> Option<(Subject, Known)> {
    let baseline: Vec<u8> = row.get(3)?;
    let counted_at: i64 = row.get(7)?;
    let known = Known {
        baseline: Baseline::from_bytes(&baseline)?,
        seen: row.get(4)?,
        streak: row.get(5)?,
        anomaly: row.get(6),
        counted_us: counted_at.saturating_add(POSTGRES_EPOCH_US),
    };
    Some((Subject::from_stored(row.get(1)?, row.get(2)?)?, known))
}

/// Writes what has changed.
pub fn write(owner: Oid, watch: &Watch, changed: &[(Subject, Known)]) {
    if changed.is_empty() {
        return;
    }
    let stored = || changed.iter().map(|(subject, _)| subject.stored());
    let known = || changed.iter().map(|(_, known)| known);
    let kinds: Vec<i16> = stored().map(|(kind, _)| kind).collect();
    let baselines: Vec<Vec<u8>> = known().map(|it| it.baseline.to_bytes()).collect();
    let arguments = [
        watch.name().into_datum(),
        kinds.into_datum(),
        arrays::texts(stored().map(|(_, key)| Some(key))),
        arrays::byteas(baselines.iter().map(Vec::as_slice)),
        arrays::longs(oids::INT8OID, known().map(|it| Some(it.seen))),
        arrays::longs(oids::INT8OID, known().map(|it| Some(it.streak))),
        arrays::longs(oids::INT8OID, known().map(|it| it.anomaly)),
        arrays::longs(
            oids::TIMESTAMPTZOID,
            known().map(|it| Some(it.counted_us.saturating_sub(POSTGRES_EPOCH_US))),
        ),
        arrays::longs(
            oids::INT8OID,
            known().map(|it| Some(i64::from(it.baseline.windows()))),
        ),
    ];
    WRITE.with(|statement| statement.run(owner, &arguments, |_| ()));
}

/// Forgets what was not counted for long, and what is too many.
pub fn forget_some(owner: Oid, watch: &Watch, now_us: i64) {
    let before = now_us
        .saturating_sub(KEPT_US)
        .saturating_sub(POSTGRES_EPOCH_US);
    let old = [watch.name().into_datum(), before.into_datum()];
    FORGET_OLD.with(|statement| statement.run(owner, &old, |_| ()));
    let more = [watch.name().into_datum(), (MAX_KEYS as i64).into_datum()];
    FORGET_MORE.with(|statement| statement.run(owner, &more, |_| ()));
}
