//! Appending records to the log: numbers, hashes, rows.

use pgrx::IntoDatum;
use phone_crypt_core::audit::{Record, TILE, leaf_hash};

use super::state::LogState;
use super::tiles::Tiles;
use crate::audit::error::Result;
use crate::audit::server_log;
use crate::pg::statement::Statement;
use crate::pg::{Oid, arrays, oids};
use crate::settings::{self, AuditMirror};

thread_local! {
    static PARTITION: Statement = const { Statement::new(
        c"SELECT phone_crypt.audit_partition($1, $2::pg_catalog.date)",
        &[oids::TEXTOID, oids::TEXTOID],
    ) };
    static INSERT: Statement = const { Statement::new(
        c"INSERT INTO phone_crypt.audit_records (log, month, seq, record) \
          SELECT $1, $2::pg_catalog.date, $3 OPERATOR(pg_catalog.+) r.place OPERATOR(pg_catalog.-) 1, r.record \
            FROM pg_catalog.unnest($4) WITH ORDINALITY AS r (record, place)",
        &[oids::TEXTOID, oids::TEXTOID, oids::INT8OID, oids::BYTEAARRAYOID],
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
    let first = state.tree.size();
    let tiles = Tiles::of(owner, &state.log);
    let mut hashes = tiles.unfinished(first)?;
    let mut all = Vec::with_capacity(records.len());
    for (time_us, fields) in records {
        let record = Record {
            seq: state.tree.size(),
            time_us: *time_us,
            fields,
        };
        let bytes = record.bytes();
        let leaf = leaf_hash(&bytes);
        state.tree.push(leaf);
        hashes.push(leaf);
        if hashes.len() as u64 == TILE {
            tiles.write(state.tree.size() / TILE - 1, &hashes);
            hashes.clear();
        }
        mirror(owner, &record);
        all.push(bytes);
    }
    if !hashes.is_empty() {
        tiles.write(state.tree.size() / TILE, &hashes);
    }
    let [log, month] = [&state.log, &state.month].map(|text| text.as_str().into_datum());
    PARTITION.with(|partition| partition.run(owner, &[log, month], |_| ()));
    let records = arrays::byteas(all.iter().map(Vec::as_slice));
    let arguments = [log, month, first.cast_signed().into_datum(), records];
    INSERT.with(|insert| insert.run(owner, &arguments, |_| ()));
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
