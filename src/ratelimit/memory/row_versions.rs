//! Whether a key has a row in any state, also one that nobody else can see yet.

use pgrx::{IntoDatum, pg_sys};
use phone_crypt_core::ratelimit::KeyName;

use crate::ratelimit::place::Place;
use crate::ratelimit::rows::KIND;

/// Whether there is a version of the key's row that is live, or that a transaction in progress has inserted or
/// deleted: an INSERT of the key would wait for that transaction. Runs in a transaction, and does not wait itself.
pub fn any_version(place: &Place, name: KeyName<'_>) -> bool {
    let (Some(text), Some(kind)) = (name.bytes.into_datum(), name.kind.number().into_datum())
    else {
        return false;
    };
    let mut conditions = [pg_sys::ScanKeyData::default(); 2];
    let mut snapshot = pg_sys::SnapshotData {
        snapshot_type: pg_sys::SnapshotType::SNAPSHOT_DIRTY,
        ..Default::default()
    };
    let mode = pg_sys::AccessShareLock as pg_sys::LOCKMODE;
    // SAFETY: the relation stays open and locked, and snapshot, conditions and text in place, until the scan has ended.
    // The primary key is the first column, a text of collation C, and `kind`, a smallint. A dirty snapshot needs nothing
    // but its type, as InitDirtySnapshot() has it.
    unsafe {
        pg_sys::ScanKeyInit(
            &mut conditions[0],
            1,
            pg_sys::BTEqualStrategyNumber as pg_sys::StrategyNumber,
            pg_sys::Oid::from(pg_sys::F_TEXTEQ),
            text,
        );
        pg_sys::ScanKeyInit(
            &mut conditions[1],
            KIND as i16,
            pg_sys::BTEqualStrategyNumber as pg_sys::StrategyNumber,
            pg_sys::Oid::from(pg_sys::F_INT2EQ),
            kind,
        );
        let relation = pg_sys::table_open(place.table, mode);
        let scan = pg_sys::systable_beginscan(
            relation,
            place.index,
            true,
            &mut snapshot,
            2,
            conditions.as_mut_ptr(),
        );
        let is_there = !pg_sys::systable_getnext(scan).is_null();
        pg_sys::systable_endscan(scan);
        pg_sys::table_close(relation, mode);
        is_there
    }
}
