//! Sorting with abbreviated keys: the first eight of the bytes that are compared, so that nearly every comparison is
//! one of integers.

use pgrx::{pg_guard, pg_sys};
use phone_crypt_core::crypto::encrypted_phone::compared;

use crate::pg::raw_function::{Call, varlena_bytes};
use crate::pg::{Datum, ErrorReport};
use crate::raw_function;

raw_function! {
    /// `encrypted_value_sortsupport(internal)`.
    encrypted_value_sortsupport, pg_finfo_encrypted_value_sortsupport => prepare;
}

unsafe fn prepare(call: &mut Call) -> Result<Datum, ErrorReport> {
    // SAFETY: declared with internal, and STRICT: PostgreSQL hands over what it wants to have filled in.
    unsafe {
        let support: pg_sys::SortSupport = call.datum(0).cast_mut_ptr();
        (*support).comparator = Some(compare_values);
        if (*support).abbreviate {
            (*support).comparator = Some(compare_abbreviated);
            (*support).abbrev_converter = Some(abbreviate);
            (*support).abbrev_abort = Some(never_abort);
            (*support).abbrev_full_comparator = Some(compare_values);
        }
    }
    Ok(Datum::null())
}

#[pg_guard]
unsafe extern "C-unwind" fn compare_values(
    left: Datum,
    right: Datum,
    _support: pg_sys::SortSupport,
) -> i32 {
    // SAFETY: PostgreSQL compares values of the type, none of them NULL.
    unsafe { compared(varlena_bytes(left)).cmp(compared(varlena_bytes(right))) as i32 }
}

#[pg_guard]
unsafe extern "C-unwind" fn compare_abbreviated(
    left: Datum,
    right: Datum,
    _support: pg_sys::SortSupport,
) -> i32 {
    left.value().cmp(&right.value()) as i32
}

#[pg_guard]
unsafe extern "C-unwind" fn abbreviate(value: Datum, _support: pg_sys::SortSupport) -> Datum {
    // SAFETY: PostgreSQL abbreviates values of the type, none of them NULL.
    let bytes = compared(unsafe { varlena_bytes(value) });
    let first = bytes
        .first_chunk()
        .map_or(0, |first| usize::from_be_bytes(*first));
    Datum::from(first)
}

/// Half of the bytes are the hash key's id, the others are of a tag: as good as random.
#[pg_guard]
unsafe extern "C-unwind" fn never_abort(_tuples: i32, _support: pg_sys::SortSupport) -> bool {
    false
}
