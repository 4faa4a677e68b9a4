//! A few rows of a table: read directly, so that no code of the table's owner runs, and without waiting for anybody's lock. How
//! much is read does not depend on how much there is.

use pgrx::pg_sys;

use super::Oid;
use super::relation;
use super::table_row::TableRow;

/// Reads rows of a table's first pages, and of its last ones where it has more, until `each` has seen enough of them: it says
/// whether it wants more. False, and nothing read, where somebody has a lock that conflicts or waits for one, or where it is
/// no heap.
pub fn scan_some(table: Oid, pages: u32, mut each: impl FnMut(&TableRow) -> bool) -> bool {
    if !relation::try_lock_for_reading(table) {
        return false;
    }
    let no_lock = pg_sys::NoLock as pg_sys::LOCKMODE;
    let lock = pg_sys::AccessShareLock as pg_sys::LOCKMODE;
    // SAFETY: in a transaction, with the table locked; what is opened here is closed here, or by the transaction's abort.
    unsafe {
        let is_heap = is_heap(table);
        if is_heap {
            let opened = pg_sys::table_open(table, no_lock);
            let all =
                pg_sys::RelationGetNumberOfBlocksInFork(opened, pg_sys::ForkNumber::MAIN_FORKNUM);
            let wants_more = scan_pages(opened, 0, pages, &mut each);
            if wants_more && all > pages {
                let last = all.saturating_sub(pages).max(pages);
                scan_pages(opened, last, pages, &mut each);
            }
            pg_sys::table_close(opened, no_lock);
        }
        pg_sys::UnlockRelationOid(table, lock);
        is_heap
    }
}

/// # Safety
/// In a transaction, with the relation locked. It may be gone.
unsafe fn is_heap(table: Oid) -> bool {
    use pg_sys::SysCacheIdentifier::RELOID;
    // SAFETY: an entry of this cache is a row of pg_class, valid until it is released.
    unsafe {
        let entry = pg_sys::SearchSysCache1(RELOID as i32, pg_sys::Datum::from(table));
        if entry.is_null() {
            return false;
        }
        let form = pg_sys::GETSTRUCT(entry).cast::<pg_sys::FormData_pg_class>();
        let kind = (*form).relkind as u8;
        let is_heap = matches!(kind, pg_sys::RELKIND_RELATION | pg_sys::RELKIND_MATVIEW)
            && (*form).relam == pg_sys::HEAP_TABLE_AM_OID;
        pg_sys::ReleaseSysCache(entry);
        is_heap
    }
}

/// Whether `each` wants more.
///
/// # Safety
/// The relation is an open and locked heap, and `first` is one of its pages, or 0.
unsafe fn scan_pages(
    relation: pg_sys::Relation,
    first: u32,
    pages: u32,
    each: &mut impl FnMut(&TableRow) -> bool,
) -> bool {
    // SAFETY: the snapshot is registered for the length of the scan; the scan is one of a heap, which has not begun and is
    // not synchronized with others, so it may be limited to some pages.
    unsafe {
        let snapshot = pg_sys::RegisterSnapshot(pg_sys::GetLatestSnapshot());
        let scan = pg_sys::systable_beginscan(
            relation,
            Oid::INVALID,
            false,
            snapshot,
            0,
            std::ptr::null_mut(),
        );
        pg_sys::heap_setscanlimits((*scan).scan, first, pages);
        let mut wants_more = true;
        while wants_more {
            let tuple = pg_sys::systable_getnext(scan);
            if tuple.is_null() {
                break;
            }
            wants_more = each(&TableRow::of(tuple, (*relation).rd_att));
        }
        pg_sys::systable_endscan(scan);
        pg_sys::UnregisterSnapshot(snapshot);
        wants_more
    }
}

/// Calls `each` with a text that has up to so many bytes; with an empty one for a longer text, which is not fetched.
///
/// # Safety
/// The datum must be a varlena that holds a text.
pub(super) unsafe fn with_short(
    datum: pg_sys::Datum,
    longest: usize,
    each: &mut impl FnMut(&[u8]),
) {
    // SAFETY: as the caller says. The size is that of the whole, with its header of four bytes.
    unsafe {
        if pg_sys::toast_raw_datum_size(datum) > longest + pg_sys::VARHDRSZ {
            return each(&[]);
        }
        let detoasted = pg_sys::pg_detoast_datum_packed(datum.cast_mut_ptr());
        each(pgrx::varlena_to_byte_slice(detoasted));
        if !std::ptr::eq(detoasted, datum.cast_mut_ptr()) {
            pg_sys::pfree(detoasted.cast());
        }
    }
}

/// Calls `each` with the text of a row's column, as [`with_short`] does. Nothing where it is NULL, or no text.
pub fn short_text(row: &TableRow, column: i16, longest: usize, mut each: impl FnMut(&[u8])) {
    let Some(datum) = row.stored_text(i32::from(column)) else {
        return;
    };
    // SAFETY: the column is of a type that holds texts.
    unsafe { with_short(datum, longest, &mut each) }
}
