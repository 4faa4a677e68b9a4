//! Whether a key has a row in any state, also one that nobody else can see yet.

use pgrx::{IntoDatum, pg_sys};

use crate::ratelimit::place::Place;

/// Whether there is a version of the key's row that is live, or that a transaction in progress has inserted or
/// deleted: an INSERT of the key would wait for that transaction. Runs in a transaction, and does not wait itself.
pub fn any_version(place: &Place, key: &[u8]) -> bool {
    let Some(text) = key.into_datum() else {
        return false;
    };
    let mut condition = pg_sys::ScanKeyData::default();
    let mut snapshot = pg_sys::SnapshotData {
        snapshot_type: pg_sys::SnapshotType::SNAPSHOT_DIRTY,
        ..Default::default()
    };
    let mode = pg_sys::AccessShareLock as pg_sys::LOCKMODE;
    // SAFETY: the relation stays open and locked, and snapshot, condition and text in place, until the scan has ended.
    // The first column of the table and of its primary key is a text of collation C. A dirty snapshot needs nothing
    // but its type, as InitDirtySnapshot() has it.
    unsafe {
        pg_sys::ScanKeyInit(
            &mut condition,
            1,
            pg_sys::BTEqualStrategyNumber as pg_sys::StrategyNumber,
            pg_sys::Oid::from(pg_sys::F_TEXTEQ),
            text,
        );
        let relation = pg_sys::table_open(place.table, mode);
        let scan = pg_sys::systable_beginscan(
            relation,
            place.index,
            true,
            &mut snapshot,
            1,
            &mut condition,
        );
        let is_there = !pg_sys::systable_getnext(scan).is_null();
        pg_sys::systable_endscan(scan);
        pg_sys::table_close(relation, mode);
        is_there
    }
}
