//! What the statistics of a column remember: texts, integers, JSON documents, elements of arrays of texts. Only functions of
//! PostgreSQL's own types are called.

use pgrx::{IntoDatum, pg_sys};
use std::ffi::CStr;

use super::bounded_scan::with_short;
use super::{Oid, oids};

/// A value, as text.
pub enum Other<'a> {
    /// An integer, or an element of an array.
    Text(&'a [u8]),
    /// A JSON document.
    Document(&'a [u8]),
}

const TEXTS: [Oid; 3] = [oids::TEXTOID, oids::VARCHAROID, oids::BPCHAROID];
/// The kinds of statistics that have values of the column's type, and those that have an array's elements.
const KINDS: [u32; 3] = [
    pg_sys::STATISTIC_KIND_MCV,
    pg_sys::STATISTIC_KIND_HISTOGRAM,
    pg_sys::STATISTIC_KIND_MCELEM,
];

/// Calls `each` with texts that the statistics of a column remember: of each kind at most so many, from all of them. One that is
/// longer than `longest` bytes is given as an empty one. The column may be one of an index. False where there are no statistics,
/// or they hold no texts.
pub fn texts_of_statistics(
    table: Oid,
    column: i16,
    at_most: usize,
    longest: usize,
    mut each: impl FnMut(&[u8]),
) -> bool {
    let is_text = |kind, of_type| !is_of_elements(kind) && TEXTS.contains(&of_type);
    // SAFETY: texts are varlenas.
    values_of_statistics(table, column, at_most, is_text, |value, _| unsafe {
        with_short(value, longest, &mut each);
    })
}

/// Calls `each` with values that are no texts, and with elements of arrays of texts: of each kind at most so many, from all of
/// them. One that is longer than `longest` bytes is left out. Nothing where there are no statistics, or of other types.
pub fn others_of_statistics(
    table: Oid,
    column: i16,
    at_most: usize,
    longest: usize,
    mut each: impl FnMut(Other<'_>),
) {
    // SAFETY: values are of the type that they are given with.
    values_of_statistics(table, column, at_most, is_other, |value, of_type| unsafe {
        with_text(value, of_type, longest, &mut each);
    });
}

fn is_of_elements(kind: u32) -> bool {
    kind == pg_sys::STATISTIC_KIND_MCELEM
}

fn is_other(kind: u32, of_type: Oid) -> bool {
    match is_of_elements(kind) {
        true => [oids::TEXTOID, oids::VARCHAROID].contains(&of_type),
        false => [oids::INT8OID, oids::NUMERICOID, oids::JSONBOID].contains(&of_type),
    }
}

/// Calls `each` with values of the statistics of a column, and with their type: of each kind at most so many, from all of them.
/// `is_wanted` is asked of kinds and types. Whether there was such a one.
fn values_of_statistics(
    table: Oid,
    column: i16,
    at_most: usize,
    is_wanted: impl Fn(u32, Oid) -> bool,
    mut each: impl FnMut(pg_sys::Datum, Oid),
) -> bool {
    use pg_sys::SysCacheIdentifier::STATRELATTINH;
    let Some(number) = column.into_datum() else {
        return false;
    };
    let mut is_any = false;
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
            let flags = pg_sys::ATTSTATSSLOT_VALUES as i32;
            if !pg_sys::get_attstatsslot(&mut slot, entry, kind as i32, Oid::INVALID, flags) {
                continue;
            }
            if is_wanted(kind, slot.valuetype) && !slot.values.is_null() {
                is_any = true;
                let count = usize::try_from(slot.nvalues).unwrap_or(0);
                // A histogram is sorted: its first values are alike.
                let step = count.div_ceil(at_most.max(1)).max(1);
                let values = std::slice::from_raw_parts(slot.values, count);
                for value in values.iter().step_by(step) {
                    each(*value, slot.valuetype);
                }
            }
            pg_sys::free_attstatsslot(&mut slot);
        }
        pg_sys::ReleaseSysCache(entry);
    }
    is_any
}

/// # Safety
/// The datum must be of that type, which is one of those of [`is_other`].
unsafe fn with_text(
    datum: pg_sys::Datum,
    of_type: Oid,
    longest: usize,
    each: &mut impl FnMut(Other<'_>),
) {
    // SAFETY: as the caller says; the type's own function gives a text that ends in NUL. Whatever is no integer is a varlena.
    unsafe {
        if of_type != oids::INT8OID && pg_sys::toast_raw_datum_size(datum) > longest {
            return;
        }
        let (mut output, mut is_varlena) = (Oid::INVALID, false);
        pg_sys::getTypeOutputInfo(of_type, &mut output, &mut is_varlena);
        let text = pg_sys::OidOutputFunctionCall(output, datum);
        let bytes = CStr::from_ptr(text).to_bytes();
        match of_type == oids::JSONBOID {
            true => each(Other::Document(bytes)),
            false => each(Other::Text(bytes)),
        }
        pg_sys::pfree(text.cast());
    }
}
