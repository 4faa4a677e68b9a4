//! The row of a log in `phone_crypt.audit_logs`.

use pgrx::IntoDatum;
use phone_crypt_core::audit::Frontier;

use crate::audit::error::{Error, Result};
use crate::pg::cached_table::CachedTable;
use crate::pg::statement::Statement;
use crate::pg::table_row::TableRow;
use crate::pg::{Oid, oids, relation};
use crate::settings::SCHEMA;

static LOGS: CachedTable = CachedTable::new(SCHEMA, c"audit_logs");

thread_local! {
    static LOCK: Statement = const { Statement::new(
        c"SELECT l.log, l.size, l.peaks, l.run, l.taken, l.system_id, l.timeline, l.database, l.signed_size, \
                 l.signed_at, l.settings, l.key_ids, \
                 greatest(l.month, pg_catalog.date_trunc('month', pg_catalog.timezone('UTC', pg_catalog.clock_timestamp()))\
                          ::pg_catalog.date)::pg_catalog.text \
            FROM phone_crypt.audit_logs AS l WHERE l.is_current FOR UPDATE",
        &[],
    ) };
    static READ: Statement = const { Statement::new(
        c"SELECT l.log, l.size, l.peaks, l.run, l.taken, l.system_id, l.timeline, l.database, l.signed_size, \
                 l.signed_at, l.settings, l.key_ids, NULL::pg_catalog.text \
            FROM phone_crypt.audit_logs AS l \
           WHERE CASE WHEN $1 IS NULL THEN l.is_current ELSE l.log OPERATOR(pg_catalog.=) $1 END",
        &[oids::TEXTOID],
    ) };
    static UPDATE: Statement = const { Statement::new(
        c"UPDATE phone_crypt.audit_logs SET size = $2, peaks = $3, month = $4::pg_catalog.date, run = $5, taken = $6, \
                 system_id = $7, timeline = $8, database = $9, settings = $10, key_ids = $11 \
           WHERE log OPERATOR(pg_catalog.=) $1",
        &[oids::TEXTOID, oids::INT8OID, oids::BYTEAOID, oids::TEXTOID, oids::INT8OID, oids::INT8OID, oids::TEXTOID,
          oids::INT8OID, oids::OIDOID, oids::TEXTOID, oids::TEXTOID],
    ) };
}

/// What a log was at the last record.
#[derive(Debug, Clone)]
pub struct LogState {
    /// Its id.
    pub log: String,
    /// Its tree.
    pub tree: Frontier,
    /// The month of the next record, as a date.
    pub month: String,
    /// Which queue its last records came from.
    pub run: Option<i64>,
    /// The last number that was taken from it.
    pub taken: Option<i64>,
    /// Where it was written.
    pub place: Place,
    /// The settings that were found last.
    pub settings: Option<String>,
    /// The ids of the keys that were found last.
    pub key_ids: Option<String>,
    /// The size of the last checkpoint.
    pub signed_size: Option<i64>,
    /// When that was signed, in microseconds since 2000.
    pub signed_at: Option<i64>,
}

/// Where a log is written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    /// The cluster's identifier.
    pub system_id: Option<String>,
    /// The timeline.
    pub timeline: Option<i64>,
    /// The database.
    pub database: Option<Oid>,
}

/// The owner of the tables.
///
/// Errors: no such tables, 55000.
pub fn owner() -> Result<Oid> {
    let table = LOGS.watch().ok_or(Error::NoTable)?;
    Ok(relation::owner_and_name(table).0)
}

impl LogState {
    /// The log of this database, locked against everybody else who would write it.
    ///
    /// Errors: no such table, or no log, 55000; a broken row, XX001.
    pub fn lock(owner: Oid) -> Result<LogState> {
        let mut found = None;
        LOCK.with(|lock| lock.run(owner, &[], |row| found = Some(LogState::of(row))));
        found.ok_or(Error::NoLog)?
    }

    /// A log as it is now: this database's, or the one with this id.
    ///
    /// Errors: as [`LogState::lock`].
    pub fn read(owner: Oid, log: Option<&str>) -> Result<LogState> {
        let mut found = None;
        READ.with(|read| {
            read.read(owner, &[log.into_datum()], |row| {
                found = Some(LogState::of(row));
            })
        });
        found.ok_or(Error::NoLog)?
    }

    fn of(row: &TableRow) -> Result<LogState> {
        let size: i64 = row.get(2).unwrap_or_default();
        let peaks: Vec<u8> = row.get(3).unwrap_or_default();
        Ok(LogState {
            log: row.string(1).unwrap_or_default(),
            tree: Frontier::of(size.cast_unsigned(), &peaks)?,
            run: row.get(4),
            taken: row.get(5),
            place: Place {
                system_id: row.string(6),
                timeline: row.get(7),
                database: row.get(8),
            },
            signed_size: row.get(9),
            signed_at: row.get(10),
            settings: row.string(11),
            key_ids: row.string(12),
            month: row.string(13).unwrap_or_default(),
        })
    }

    /// Stores it.
    pub fn store(&self, owner: Oid) {
        let arguments = [
            self.log.as_str().into_datum(),
            self.tree.size().cast_signed().into_datum(),
            self.tree.peaks().into_datum(),
            self.month.as_str().into_datum(),
            self.run.into_datum(),
            self.taken.into_datum(),
            self.place.system_id.as_deref().into_datum(),
            self.place.timeline.into_datum(),
            self.place.database.into_datum(),
            self.settings.as_deref().into_datum(),
            self.key_ids.as_deref().into_datum(),
        ];
        UPDATE.with(|update| update.run(owner, &arguments, |_| ()));
    }

    /// The origin line of its checkpoints.
    pub fn origin(&self) -> String {
        format!("phone_crypt/{}", self.log)
    }
}
