//! The ids of sends: what a later report of their outcome names.

use std::cell::Cell;

use crate::pg::interval::POSTGRES_EPOCH_US;
use crate::pg::process;

thread_local! {
    static LAST: Cell<i64> = const { Cell::new(0) };
}

/// Bits for the process.
const PROCESS_BITS: u32 = 12;

/// A new id, given the time in microseconds since 1970: that, and whose it is. It rises within a session, and no two sessions
/// have the same.
pub fn next(now_us: i64) -> i64 {
    let own = process::number().unwrap_or_default() as i64 & ((1 << PROCESS_BITS) - 1);
    let now = (now_us - POSTGRES_EPOCH_US).max(LAST.get() + 1);
    LAST.set(now);
    now << PROCESS_BITS | own
}
