//! What is watched in this database: rows of `phone_crypt.activity_watches`.

use pgrx::IntoDatum;
use pgrx::datum::Interval;
use phone_crypt_core::anomaly::{Sensitivity, Window};

use crate::pg::interval::span_us;
use crate::pg::statement::Statement;
use crate::pg::table_row::TableRow;
use crate::pg::{Oid, oids};

thread_local! {
    static ALL: Statement = const { Statement::new(
        c"SELECT w.policy, w.\"window\", w.sensitivity, w.duration, \
                 'notify' OPERATOR(pg_catalog.=) ANY (w.actions), 'block' OPERATOR(pg_catalog.=) ANY (w.actions), \
                 'throttle' OPERATOR(pg_catalog.=) ANY (w.actions), l.looked_at_us, l.run \
            FROM phone_crypt.activity_watches AS w \
            LEFT JOIN phone_crypt.activity_looks AS l ON l.watch OPERATOR(pg_catalog.=) COALESCE(w.policy, '')",
        &[],
    ) };
    static LOOKED: Statement = const { Statement::new(
        c"INSERT INTO phone_crypt.activity_looks AS l (watch, looked_at_us, run) VALUES ($1, $2, $3) \
          ON CONFLICT ON CONSTRAINT activity_looks_pkey \
          DO UPDATE SET looked_at_us = excluded.looked_at_us, run = excluded.run",
        &[oids::TEXTOID, oids::INT8OID, oids::INT8OID],
    ) };
    static FORGET: Statement = const { Statement::new(
        c"WITH gone AS ( \
              DELETE FROM phone_crypt.activity_looks AS l \
               WHERE NOT EXISTS (SELECT FROM phone_crypt.activity_watches AS w \
                                  WHERE COALESCE(w.policy, '') OPERATOR(pg_catalog.=) l.watch) \
              RETURNING l.watch) \
          DELETE FROM phone_crypt.activity_baselines AS b USING gone WHERE b.watch OPERATOR(pg_catalog.=) gone.watch",
        &[],
    ) };
}

/// Something that is watched.
#[derive(Debug, Clone)]
pub struct Watch {
    /// The policy; None: decryptions by role.
    pub policy: Option<String>,
    /// The windows.
    pub window: Window,
    /// From which score on a window is unusual.
    pub threshold: f64,
    /// The longest block, in microseconds.
    pub duration_us: i64,
    /// Whether listeners are told.
    pub notifies: bool,
    /// Whether keys are blocked.
    pub blocks: bool,
    /// Whether keys are blocked for growing times.
    pub throttles: bool,
    /// When it was looked at last, and in which life of the counters.
    pub looked: Option<(i64, i64)>,
}

impl Watch {
    /// Its name in the tables: the policy's, or nothing.
    pub fn name(&self) -> &str {
        self.policy.as_deref().unwrap_or_default()
    }

    /// What it is about.
    pub fn kind(&self) -> &'static str {
        match self.policy {
            Some(_) => "hits",
            None => "reads",
        }
    }
}

/// All that is watched.
pub fn all(owner: Oid) -> Vec<Watch> {
    let mut all = Vec::new();
    ALL.with(|statement| statement.run(owner, &[], |row| all.extend(from_row(row))));
    all
}

fn from_row(row: &TableRow) -> Option<Watch> {
    let window: Interval = row.get(2)?;
    let sensitivity: String = row.get(3)?;
    let duration: Interval = row.get(4)?;
    let looked_at: Option<i64> = row.get(8);
    // The table's CHECKs let no other rows in.
    Some(Watch {
        policy: row.string(1),
        window: Window::new(span_us(&window))?,
        threshold: Sensitivity::parse(&sensitivity).ok()?.threshold(),
        duration_us: span_us(&duration),
        notifies: row.get(5)?,
        blocks: row.get(6)?,
        throttles: row.get(7)?,
        looked: looked_at.zip(row.get(9)),
    })
}

/// Notes that it has been looked at.
pub fn set_looked(owner: Oid, watch: &Watch, at_us: i64, run: i64) {
    let arguments = [
        watch.name().into_datum(),
        at_us.into_datum(),
        run.into_datum(),
    ];
    LOOKED.with(|statement| statement.run(owner, &arguments, |_| ()));
}

/// Deletes what is kept of watches that have ended.
pub fn forget_ended(owner: Oid) {
    FORGET.with(|statement| statement.run(owner, &[], |_| ()));
}
