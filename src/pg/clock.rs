//! The time now, whatever the transaction.

use std::time::SystemTime;

/// Microseconds since 1970, now: what `clock_timestamp()` reads, and not the transaction's start.
pub fn now_us() -> i64 {
    let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since_1970.map_or(0, |since| {
        let seconds = i64::try_from(since.as_secs()).unwrap_or(i64::MAX);
        seconds
            .saturating_mul(1_000_000)
            .saturating_add(i64::from(since.subsec_micros()))
    })
}
