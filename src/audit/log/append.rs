//! Appending records to the log: numbers, hashes, rows.

use pgrx::IntoDatum;
use phone_crypt_core::audit::{Batch, Record, TILE, leaf_hash};

use super::state::LogState;
use super::tiles::Tiles;
use crate::audit::error::{Error, Result};
use crate::audit::server_log;
use crate::pg::cached_table::CachedTable;
use crate::pg::clock::now_us;
use crate::pg::copy_in::Rows;
use crate::pg::interval::POSTGRES_EPOCH_US;
use crate::pg::statement::Statement;
use crate::pg::{Oid, oids};
use crate::settings::{self, AuditMirror, SCHEMA};

static RECORDS: CachedTable = CachedTable::new(SCHEMA, c"audit_records");

thread_local! {
    static PARTITION: Statement = const { Statement::new(
        c"SELECT phone_crypt.audit_partition($1, $2::pg_catalog.date), pg_catalog.date_send($2::pg_catalog.date)",
        &[oids::TEXTOID, oids::TEXTOID],
    ) };
    static NOTIFY: Statement = const { Statement::new(
        c"SELECT pg_catalog.pg_notify('phone_crypt_audit', $1)",
        &[oids::TEXTOID],
    ) };
}

/// A record without its number: when it happened, in microseconds since 1970, and its fields.
pub type Unnumbered = (i64, Vec<u8>);

/// Appends records to a log that is locked. Its state is to be stored afterwards.
///
/// Errors: a tile that is not what it should be, XX001.
pub fn append(owner: Oid, state: &mut LogState, records: &[Unnumbered]) -> Result<()> {
    if records.is_empty() {
        return Ok(());
    }
    let table = RECORDS.watch().ok_or(Error::NoTable)?;
    let [log, month] = [&state.log, &state.month].map(|text| text.as_str().into_datum());
    let mut month_bytes = Vec::new();
    PARTITION.with(|partition| {
        partition.run(owner, &[log, month], |row| {
            month_bytes = row.get(2).unwrap_or_default();
        })
    });
    let tiles = Tiles::of(owner, &state.log);
    let mut hashes = tiles.unfinished(state.tree.size())?;
    let written_at = (now_us() - POSTGRES_EPOCH_US).to_be_bytes();
    let mut batch = Batch::new();
    let mut rows = Rows::new();
    let mut add = |last: u64, batch: &mut Batch<'_>| {
        let last = last.to_be_bytes();
        let log = state.log.as_bytes();
        rows.add(&[log, &month_bytes, &last, &written_at, &batch.take()]);
    };
    for (time_us, fields) in records {
        let record = Record {
            seq: state.tree.size(),
            time_us: *time_us,
            fields,
        };
        let leaf = leaf_hash(&record.bytes());
        state.tree.push(leaf);
        hashes.push(leaf);
        if hashes.len() as u64 == TILE {
            tiles.write(state.tree.size() / TILE - 1, &hashes);
            hashes.clear();
        }
        mirror(owner, &record);
        batch.push(*time_us, fields);
        if batch.is_full(record.seq) {
            add(record.seq, &mut batch);
        }
    }
    if !batch.is_empty() {
        add(state.tree.size() - 1, &mut batch);
    }
    if !hashes.is_empty() {
        tiles.write(state.tree.size() / TILE, &hashes);
    }
    rows.write(table, owner);
    Ok(())
}

/// Sends a record where the setting says, as a line of JSON.
fn mirror(owner: Oid, record: &Record<'_>) {
    let mirror = settings::audit_mirror();
    if mirror == AuditMirror::Off {
        return;
    }
    let fields = record.fields.strip_prefix(b"{").unwrap_or_default();
    let mut line = format!("{{\"seq\":{},\"time_us\":{},", record.seq, record.time_us).into_bytes();
    line.extend_from_slice(fields);
    if matches!(mirror, AuditMirror::Log | AuditMirror::Both) {
        server_log::write(&line);
    }
    if matches!(mirror, AuditMirror::Notify | AuditMirror::Both) {
        let line = String::from_utf8_lossy(&line);
        NOTIFY.with(|notify| notify.run(owner, &[line.as_ref().into_datum()], |_| ()));
    }
}
