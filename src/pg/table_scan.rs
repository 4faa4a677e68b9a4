//! Tables read directly: no SPI, no privileges, no search_path, and the newest rows whatever snapshot the transaction
//! has.

use pgrx::{IntoDatum, pg_sys};

use super::Oid;
use super::cached_table::invalidate_all;
use super::table_row::{TableRow, attribute, check_type};
use super::unguarded;

/// Reads all rows of a table.
pub fn scan(table: Oid, mut each: impl FnMut(&TableRow)) {
    read(table, Oid::INVALID, None, |row| {
        each(row);
        true
    });
}

/// As [`scan`]; also in parallel mode the newest rows, which [`scan`] does not see there. A row that is being changed may be
/// seen before and after, or not at all: for tables whose every commit makes them be read again.
pub fn scan_newest(table: Oid, mut each: impl FnMut(&TableRow)) {
    let rows = match is_parallel() {
        true => Rows::Committed,
        false => Rows::OfSnapshot,
    };
    read_versions(table, Oid::INVALID, None, rows, |row| {
        each(row);
        true
    });
}

/// Which versions of rows are read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rows {
    /// Those of the newest snapshot that can be had: in parallel mode the leader's.
    OfSnapshot,
    /// Those that are committed when they are read, and this transaction's own.
    Committed,
}

fn is_parallel() -> bool {
    // SAFETY: reads a variable of this process.
    unsafe { pg_sys::IsInParallelMode() }
}

/// Whether a table has any row.
pub fn has_rows(table: Oid) -> bool {
    let mut has_rows = false;
    read(table, Oid::INVALID, None, |_| {
        has_rows = true;
        false
    });
    has_rows
}

/// How rows are found by the first column of an index, whatever its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IndexKey {
    /// The table.
    pub table: Oid,
    /// The index.
    pub index: Oid,
    /// The number of the column in the table.
    pub column: i16,
    /// The column's type.
    pub of_type: Oid,
    /// The function that compares two values of it for equality.
    pub equals: Oid,
}

impl IndexKey {
    /// Reads rows whose key equals a value, until `each` has seen enough of them: it says whether it wants more.
    ///
    /// # Safety
    /// The value must be one of the key's type.
    pub unsafe fn scan(&self, value: pg_sys::Datum, each: impl FnMut(&TableRow) -> bool) {
        let mut condition = pg_sys::ScanKeyData::default();
        // SAFETY: the condition is filled in whole.
        unsafe {
            pg_sys::ScanKeyInit(
                &mut condition,
                self.column,
                pg_sys::BTEqualStrategyNumber as pg_sys::StrategyNumber,
                self.equals,
                value,
            );
        }
        let condition = Condition {
            key: condition,
            types: std::slice::from_ref(&self.of_type),
        };
        read(self.table, self.index, Some(condition), each);
    }
}

/// What rows are wanted, and what types the column may be of.
struct Condition<'a> {
    key: pg_sys::ScanKeyData,
    types: &'a [Oid],
}

/// Reads the row of `table` whose text key is this, through its primary key. The key's collation is C.
pub fn scan_key(table: Oid, index: Oid, key: &[u8], mut each: impl FnMut(&TableRow)) {
    let condition = Condition::on_text(Comparison::Equal, key);
    read(table, index, Some(condition), |row| {
        each(row);
        true
    });
}

/// Reads the row of `table` whose text key is this or, if there is none, the next one in the order of its primary key: what
/// there is to do is the same in both cases. The key's collation is C.
pub fn first_from(table: Oid, index: Oid, key: &[u8], mut each: impl FnMut(&TableRow)) {
    let condition = Condition::on_text(Comparison::EqualOrGreater, key);
    read(table, index, Some(condition), |row| {
        each(row);
        false
    });
}

/// Reads rows until `each` has seen enough of them: it says whether it wants more.
fn read(
    table: Oid,
    index: Oid,
    condition: Option<Condition<'_>>,
    each: impl FnMut(&TableRow) -> bool,
) {
    read_versions(table, index, condition, Rows::OfSnapshot, each);
}

fn read_versions(
    table: Oid,
    index: Oid,
    mut condition: Option<Condition<'_>>,
    rows: Rows,
    mut each: impl FnMut(&TableRow) -> bool,
) {
    let _guard = InvalidateAfterError;
    let mut committed = pg_sys::SnapshotData {
        snapshot_type: pg_sys::SnapshotType::SNAPSHOT_SELF,
        ..Default::default()
    };
    // SAFETY: the relation stays open and locked, and the snapshot registered, for the length of the scan. It is
    // the newest snapshot, since that of an old REPEATABLE READ transaction must not hide a change; parallel
    // workers may not take one and share the leader's. That of committed rows is nothing but its type, and is neither
    // registered nor kept.
    unsafe {
        let relation = pg_sys::table_open(table, pg_sys::AccessShareLock as i32);
        let snapshot = match rows {
            Rows::Committed => &raw mut committed,
            Rows::OfSnapshot if is_parallel() => {
                pg_sys::RegisterSnapshot(pg_sys::GetActiveSnapshot())
            }
            Rows::OfSnapshot => pg_sys::RegisterSnapshot(pg_sys::GetLatestSnapshot()),
        };
        if let Some(condition) = &condition {
            let index = i32::from(condition.key.sk_attno) - 1;
            let found = (*attribute((*relation).rd_att, index)).atttypid;
            check_type(found, condition.types);
        }
        let scan = pg_sys::systable_beginscan(
            relation,
            index,
            index != Oid::INVALID,
            snapshot,
            i32::from(condition.is_some()),
            condition
                .as_mut()
                .map_or(std::ptr::null_mut(), |condition| &mut condition.key),
        );
        loop {
            let tuple = pg_sys::systable_getnext(scan);
            if tuple.is_null() {
                break;
            }
            if !each(&TableRow::of(tuple, (*relation).rd_att)) {
                break;
            }
        }
        pg_sys::systable_endscan(scan);
        if rows == Rows::OfSnapshot {
            pg_sys::UnregisterSnapshot(snapshot);
        }
        pg_sys::table_close(relation, pg_sys::AccessShareLock as i32);
    }
}

/// Whoever reads a table marks what it remembers as valid beforehand. After an error, or a cancel, it is not.
struct InvalidateAfterError;

impl Drop for InvalidateAfterError {
    fn drop(&mut self) {
        if std::thread::panicking() {
            invalidate_all();
        }
    }
}

/// Types whose values `texteq` compares.
const KEY_TYPES: [Oid; 2] = [pg_sys::TEXTOID, pg_sys::VARCHAROID];

/// How the first column is compared with a key.
#[derive(Clone, Copy)]
enum Comparison {
    Equal,
    EqualOrGreater,
}

impl Condition<'static> {
    fn on_text(comparison: Comparison, key: &[u8]) -> Condition<'static> {
        Condition {
            key: compared(comparison, key),
            types: &KEY_TYPES,
        }
    }
}

/// "The first column, a text of collation C, is this", or comes after it.
fn compared(comparison: Comparison, key: &[u8]) -> pg_sys::ScanKeyData {
    let (strategy, function) = match comparison {
        Comparison::Equal => (pg_sys::BTEqualStrategyNumber, pg_sys::F_TEXTEQ),
        Comparison::EqualOrGreater => (pg_sys::BTGreaterEqualStrategyNumber, pg_sys::F_TEXT_GE),
    };
    let mut condition = pg_sys::ScanKeyData::default();
    let text = unguarded::small_text(key).map(pg_sys::Datum::from);
    let text = text.or_else(|| key.into_datum());
    // SAFETY: the condition is filled in whole; ScanKeyInit compares under collation C.
    unsafe {
        pg_sys::ScanKeyInit(
            &mut condition,
            1,
            strategy as pg_sys::StrategyNumber,
            Oid::from(function),
            text.unwrap_or(pg_sys::Datum::null()),
        );
    }
    condition
}

/// Whether there is a version of the row with this key that is live, or that a transaction in progress has inserted or
/// deleted: an INSERT of the key would wait for that transaction. The key is the first column, a text of collation C,
/// and two more columns, a smallint and an integer, each with its number. Runs in a transaction, and does not wait itself.
pub fn has_any_version(
    table: Oid,
    index: Oid,
    key: &[u8],
    second: (i16, i16),
    third: (i16, i32),
) -> bool {
    let (Some(second_value), Some(third_value)) = (second.1.into_datum(), third.1.into_datum())
    else {
        return false;
    };
    let rest = [
        (second.0, pg_sys::F_INT2EQ, pg_sys::INT2OID, second_value),
        (third.0, pg_sys::F_INT4EQ, pg_sys::INT4OID, third_value),
    ];
    let mut conditions = [
        compared(Comparison::Equal, key),
        Default::default(),
        Default::default(),
    ];
    let mut snapshot = pg_sys::SnapshotData {
        snapshot_type: pg_sys::SnapshotType::SNAPSHOT_DIRTY,
        ..Default::default()
    };
    let mode = pg_sys::AccessShareLock as pg_sys::LOCKMODE;
    // SAFETY: the relation stays open and locked, and snapshot, conditions and text in place, until the scan has ended.
    // A dirty snapshot needs nothing but its type, as InitDirtySnapshot() has it.
    unsafe {
        for (condition, (column, equals, _, value)) in conditions[1..].iter_mut().zip(rest) {
            pg_sys::ScanKeyInit(
                condition,
                column,
                pg_sys::BTEqualStrategyNumber as pg_sys::StrategyNumber,
                Oid::from(equals),
                value,
            );
        }
        let relation = pg_sys::table_open(table, mode);
        check_type((*attribute((*relation).rd_att, 0)).atttypid, &KEY_TYPES);
        for (column, _, expected, _) in rest {
            let found = (*attribute((*relation).rd_att, i32::from(column) - 1)).atttypid;
            check_type(found, &[expected]);
        }
        let scan = pg_sys::systable_beginscan(
            relation,
            index,
            true,
            &mut snapshot,
            conditions.len() as i32,
            conditions.as_mut_ptr(),
        );
        let has_version = !pg_sys::systable_getnext(scan).is_null();
        pg_sys::systable_endscan(scan);
        pg_sys::table_close(relation, mode);
        has_version
    }
}
