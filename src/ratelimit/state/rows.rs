//! Rows of `phone_crypt.rate_limits`, read directly.

use phone_crypt_core::ratelimit::{Entry, KeyKind, KeyName};

use super::columns::{self, ENGINE, ID, KIND, SPACE};
use super::state_table::StateTable;
use crate::pg::Oid;
use crate::pg::table_row::TableRow;
use crate::pg::table_scan;

/// The `engine` of rows that belong to durable policies: the memory engine never touches them.
pub const DURABLE: &str = "table";

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
        let key: Option<Vec<u8>> = row.get(ID);
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
    let columns = columns::row_of(row);
    let engine: Option<Vec<u8>> = row.get(ENGINE);
    let entry = columns.to_entry();
    Found {
        entry,
        expires_us: columns.expires_us.unwrap_or(entry.expires_us()),
        is_durable: engine.as_deref() == Some(DURABLE.as_bytes()),
    }
}
