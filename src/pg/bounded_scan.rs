//! A few rows of a table, and what its statistics remember: read directly, so that no code of the table's owner runs, and
//! without waiting for anybody's lock. How much is read does not depend on how much there is.

use pgrx::{IntoDatum, pg_sys};

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

const TEXTS: [Oid; 3] = [pg_sys::TEXTOID, pg_sys::VARCHAROID, pg_sys::BPCHAROID];

/// The statistics that ANALYZE keeps values in.
const KINDS: [u32; 2] = [pg_sys::STATISTIC_KIND_MCV, pg_sys::STATISTIC_KIND_HISTOGRAM];

/// Calls `each` with texts that the statistics of a column remember: of each kind at most so many, from all of them. One that is
/// longer than `longest` bytes is given as an empty one. The column may be one of an index. False where there are no statistics, or they hold no texts.
pub fn texts_of_statistics(
    table: Oid,
    column: i16,
    at_most: usize,
    longest: usize,
    mut each: impl FnMut(&[u8]),
) -> bool {
    use pg_sys::SysCacheIdentifier::STATRELATTINH;
    let Some(number) = column.into_datum() else {
        return false;
    };
    let mut has_texts = false;
    // SAFETY: look-ups in the catalogue's cache; the entry is valid until it is released, and a slot until it is freed. Its
    // values are of the type that it names.
    unsafe {
        let entry = pg_sys::SearchSysCache3(
            STATRELATTINH as i32,
            pg_sys::Datum::from(table),
            number,
            pg_sys::Datum::from(false),
        );
        if entry.is_null() {
            return false;
        }
        for kind in KINDS {
            let mut slot = pg_sys::AttStatsSlot::default();
            let is_there = pg_sys::get_attstatsslot(
                &mut slot,
                entry,
                kind as i32,
                Oid::INVALID,
                pg_sys::ATTSTATSSLOT_VALUES as i32,
            );
            if !is_there {
                continue;
            }
            if TEXTS.contains(&slot.valuetype) && !slot.values.is_null() {
                has_texts = true;
                let count = usize::try_from(slot.nvalues).unwrap_or(0);
                // A histogram is sorted: its first values are alike.
                let step = count.div_ceil(at_most.max(1)).max(1);
                let values = std::slice::from_raw_parts(slot.values, count);
                for value in values.iter().step_by(step) {
                    with_short(*value, longest, &mut each);
                }
            }
            pg_sys::free_attstatsslot(&mut slot);
        }
        pg_sys::ReleaseSysCache(entry);
    }
    has_texts
}

/// Calls `each` with a text that has up to so many bytes; with an empty one for a longer text, which is not fetched.
///
/// # Safety
/// The datum must be a varlena that holds a text.
unsafe fn with_short(datum: pg_sys::Datum, longest: usize, each: &mut impl FnMut(&[u8])) {
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
