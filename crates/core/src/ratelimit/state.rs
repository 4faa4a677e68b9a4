//! What is kept of a key's hits.

use super::algorithm::Algorithm;
use super::quota::{MAX_TIME_US, Quota};

/// The count of one key. Which fields mean something depends on the algorithm; the others are 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct State {
    /// The algorithm that wrote it.
    pub algorithm: Algorithm,
    /// The quota it was written under: a call with another window or algorithm derives its own state from it.
    pub quota: Quota,
    /// Fixed and sliding window: where the current window begins.
    pub start_us: i64,
    /// Fixed and sliding window: hits in the current window.
    pub current: i64,
    /// Sliding window: hits in the window before.
    pub previous: i64,
    /// Token bucket: the theoretical arrival time, in nanoseconds.
    pub tat_ns: i64,
    /// The latest time seen.
    pub seen_us: i64,
}

impl State {
    /// A state in which nothing has been used.
    pub(super) fn empty(algorithm: Algorithm, quota: &Quota, now_us: i64) -> State {
        State {
            algorithm,
            quota: *quota,
            start_us: now_us,
            current: 0,
            previous: 0,
            tat_ns: 0,
            seen_us: now_us,
        }
    }

    /// A fixed window in which so many hits were counted. Without a quota its length is not known: it becomes
    /// that of the first hit that meets it.
    #[must_use]
    pub fn counted(quota: Option<&Quota>, start_us: i64, count: i64) -> State {
        let start_us = start_us.clamp(0, MAX_TIME_US);
        State {
            current: count.max(0),
            ..State::empty(
                Algorithm::FixedWindow,
                quota.unwrap_or(&Quota::UNKNOWN),
                start_us,
            )
        }
    }

    /// The state with a window: its own, or if that is not known, the one of `quota`.
    pub(super) fn with_known_window(&self, quota: &Quota) -> State {
        match self.quota.is_unknown() {
            true => State {
                quota: *quota,
                ..*self
            },
            false => *self,
        }
    }
}

/// `dividend / divisor`, rounded up. Neither is negative, and the divisor is not 0.
pub(super) fn div_ceil(dividend: i128, divisor: i128) -> i128 {
    (dividend + divisor - 1) / divisor
}

/// Into 64 bits, at their ends where it does not fit: counters saturate, they never overflow.
pub(super) fn saturate(value: i128) -> i64 {
    i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX })
}
