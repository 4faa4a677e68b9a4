//! Spans of time: PostgreSQL's intervals and our microseconds.

use pgrx::datum::{Interval, TimestampWithTimeZone};
use pgrx::pg_sys;

const DAY_US: i128 = 86_400_000_000;
const MONTH_DAYS: i128 = 30;

/// An interval in microseconds: a day has 24 hours and a month 30 days. Infinite ones, and those beyond 64 bits,
/// become the largest or least number.
pub fn span_us(interval: &Interval) -> i64 {
    let days = i128::from(interval.months()) * MONTH_DAYS + i128::from(interval.days());
    let span = i128::from(interval.micros()) + days * DAY_US;
    i64::try_from(span).unwrap_or(if span < 0 { i64::MIN } else { i64::MAX })
}

/// Microseconds as PostgreSQL's own interval, in hours, minutes and seconds.
pub fn to_interval(span_us: i64) -> pg_sys::Interval {
    pg_sys::Interval {
        time: span_us,
        day: 0,
        month: 0,
    }
}

/// An interval as a row takes it: by reference, so for as long as the interval lives.
pub fn by_reference(interval: &pg_sys::Interval) -> pg_sys::Datum {
    pg_sys::Datum::from(std::ptr::from_ref(interval).cast_mut())
}

/// Microseconds as an interval.
pub fn interval(span_us: i64) -> Option<Interval> {
    Interval::new(0, 0, span_us).ok()
}

/// Microseconds from 1970 to PostgreSQL's epoch, 2000.
pub const POSTGRES_EPOCH_US: i64 = 946_684_800_000_000;

/// A time in microseconds since 1970; `None` beyond what PostgreSQL's calendar holds.
pub fn to_timestamp(time_us: i64) -> Option<TimestampWithTimeZone> {
    TimestampWithTimeZone::try_from(time_us.saturating_sub(POSTGRES_EPOCH_US)).ok()
}

/// The same the other way.
pub fn to_us(time: TimestampWithTimeZone) -> i64 {
    pg_sys::TimestampTz::from(time).saturating_add(POSTGRES_EPOCH_US)
}
