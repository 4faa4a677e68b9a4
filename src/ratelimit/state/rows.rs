//! Rows of `phone_crypt.rate_limits`, read directly.

use phone_crypt_core::ratelimit::{Entry, KeyKind, KeyName, Row};

use super::state_table::StateTable;
use crate::pg::Oid;
use crate::pg::interval::POSTGRES_EPOCH_US;
use crate::pg::table_row::TableRow;
use crate::pg::table_scan;

/// The `engine` of rows that belong to durable policies: the memory engine never touches them.
pub const DURABLE: &str = "table";

/// The numbers of the columns `kind` and `space`.
pub const KIND: i32 = 19;
pub const SPACE: i32 = 20;

/// A row and whom it belongs to.
pub struct Found {
    /// What it says of its key.
    pub entry: Entry,
    /// When it expires, in microseconds.
    pub expires_us: i64,
    /// Whether it belongs to a durable policy.
    pub is_durable: bool,
}

/// The row of a key, as the newest snapshot has it.
pub fn row_of(table: &StateTable, name: KeyName<'_>) -> Option<Found> {
    let mut found = None;
    table_scan::scan_key(table.oid, table.index, name.bytes, |row| {
        if space_of(row) == Some((name.kind, name.space)) {
            found = Some(found_in(row));
        }
    });
    found
}

/// Reads every row: its key, and what it says. Rows of a kind that this version does not know are not its own.
pub fn each_row(table: Oid, mut each: impl FnMut(KeyName<'_>, Found)) {
    table_scan::scan(table, |row| {
        let key: Option<Vec<u8>> = row.get(1);
        if let (Some(bytes), Some((kind, space))) = (key.as_deref(), space_of(row)) {
            each(KeyName { bytes, kind, space }, found_in(row));
        }
    });
}

/// Which space the key of a whole row is in, and of which kind.
fn space_of(row: &TableRow) -> Option<(KeyKind, i32)> {
    row.get(KIND)
        .and_then(KeyKind::of_number)
        .zip(row.get(SPACE))
}

/// What a whole row says.
pub fn found_in(row: &TableRow) -> Found {
    let columns = columns_of(row);
    let engine: Option<Vec<u8>> = row.get(18);
    let entry = columns.to_entry();
    Found {
        entry,
        expires_us: columns.expires_us.unwrap_or(entry.expires_us()),
        is_durable: engine.as_deref() == Some(DURABLE.as_bytes()),
    }
}

/// The columns by their number in the table (`sql/ratelimit/ratelimit.sql`).
fn columns_of(row: &TableRow) -> Row {
    let updated: Option<i64> = row.get(5);
    Row {
        count: row.get(2).unwrap_or(0),
        window_start_ms: row.get(3).unwrap_or(0),
        updated_us: updated.map_or(0, |time| time.saturating_add(POSTGRES_EPOCH_US)),
        algorithm: row.get(6),
        window_us: row.get(7),
        start_us: row.get(8),
        current: row.get(9),
        previous: row.get(10),
        tat_ns: row.get(11),
        quota: row.get(12),
        burst: row.get(13),
        violations: row.get(14),
        last_violation_us: row.get(15),
        blocked_until_us: row.get(16),
        expires_us: row.get(17),
    }
}
