//! The calendar of a time zone, as PostgreSQL has it.

use pgrx::{IntoDatum, direct_function_call, pg_sys};

use std::ffi::CString;

use super::interval::POSTGRES_EPOCH_US;

/// Whether there is a time zone of this name.
pub fn is_known(name: &str) -> bool {
    let Ok(name) = CString::new(name) else {
        return false;
    };
    // SAFETY: looks for the zone's file; the name is NUL-terminated and copied.
    !unsafe { pg_sys::pg_tzset(name.as_ptr()) }.is_null()
}

/// `date_trunc(unit, time, zone)`: the start of the hour, day, week or month that a time is in, by the clocks of a time
/// zone. Times in microseconds since 1970. Where midnight comes twice, it is the second one, also for times between the two.
///
/// A zone that is not known is an error of PostgreSQL's, 22023: ask `is_known` first.
pub fn date_trunc(unit: &str, time_us: i64, zone: &str) -> i64 {
    let time = time_us.saturating_sub(POSTGRES_EPOCH_US);
    let arguments = [unit.into_datum(), time.into_datum(), zone.into_datum()];
    // SAFETY: the function takes (text, timestamptz, text), which these are: a timestamptz is an i64.
    let start: Option<i64> =
        unsafe { direct_function_call(pg_sys::timestamptz_trunc_zone, &arguments) };
    start.map_or(time_us, |start| start.saturating_add(POSTGRES_EPOCH_US))
}
