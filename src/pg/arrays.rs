//! Arrays to unnest: one statement writes a whole batch.

use pgrx::{IntoDatum, pg_sys};
use std::ffi::c_char;

use super::text;

/// How an element type is stored.
struct Element {
    kind: pg_sys::Oid,
    length: i32,
    by_value: bool,
    align: u8,
}

/// A `tid[]`.
pub fn tids(places: impl Iterator<Item = pg_sys::ItemPointerData>) -> Option<pg_sys::Datum> {
    let element = Element {
        kind: pg_sys::TIDOID,
        length: size_of::<pg_sys::ItemPointerData>() as i32,
        by_value: false,
        align: pg_sys::TYPALIGN_SHORT,
    };
    array(&element, places.map(IntoDatum::into_datum))
}

/// A `text[]` of bytes in the database's own encoding.
pub fn texts<'a>(texts: impl Iterator<Item = Option<&'a [u8]>>) -> Option<pg_sys::Datum> {
    // SAFETY: any bytes are a text as it is stored.
    unsafe { varlenas(pg_sys::TEXTOID, texts) }
}

/// A `bytea[]`.
pub fn byteas<'a>(values: impl Iterator<Item = &'a [u8]>) -> Option<pg_sys::Datum> {
    // SAFETY: any bytes are a bytea as it is stored.
    unsafe { varlenas(pg_sys::BYTEAOID, values.map(Some)) }
}

/// An array of a type whose values are varlenas, aligned like text.
///
/// # Safety
/// The type must be one of those, and the bytes values of it.
pub unsafe fn varlenas<'a>(
    kind: pg_sys::Oid,
    values: impl Iterator<Item = Option<&'a [u8]>>,
) -> Option<pg_sys::Datum> {
    let element = Element {
        kind,
        length: -1,
        by_value: false,
        align: pg_sys::TYPALIGN_INT,
    };
    array(&element, values.map(|value| value.map(text::varlena)))
}

/// An array of a type that is stored as a 64-bit integer: `bigint`, or one of the timestamps.
pub fn longs(
    kind: pg_sys::Oid,
    values: impl Iterator<Item = Option<i64>>,
) -> Option<pg_sys::Datum> {
    let element = Element {
        kind,
        length: size_of::<i64>() as i32,
        by_value: true,
        align: pg_sys::TYPALIGN_DOUBLE,
    };
    array(&element, values.map(IntoDatum::into_datum))
}

fn array(
    element: &Element,
    values: impl Iterator<Item = Option<pg_sys::Datum>>,
) -> Option<pg_sys::Datum> {
    let (mut datums, mut nulls): (Vec<pg_sys::Datum>, Vec<bool>) = values
        .map(|value| (value.unwrap_or(pg_sys::Datum::null()), value.is_none()))
        .unzip();
    let mut count = i32::try_from(datums.len()).ok()?;
    let mut from = 1;
    // SAFETY: as many values and nulls as the one dimension says, of the type that is described.
    let array = unsafe {
        pg_sys::construct_md_array(
            datums.as_mut_ptr(),
            nulls.as_mut_ptr(),
            1,
            &mut count,
            &mut from,
            element.kind,
            element.length,
            element.by_value,
            element.align as c_char,
        )
    };
    Some(pg_sys::Datum::from(array))
}
