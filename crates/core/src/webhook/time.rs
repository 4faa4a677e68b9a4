//! Times as senders write them, and the window that they must lie in.

use super::outcome::Reason;
use super::signed::SignedTimes;
use crate::validation;

/// Microseconds in a second.
pub const SECOND_US: i64 = 1_000_000;

/// How far clocks may differ for the limits in a JWT, as in MessageBird's library.
const LEEWAY_US: i64 = SECOND_US;

/// The present, and how far from it a signed time may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Now, in microseconds since 1970-01-01 00:00:00 UTC.
    pub now_us: i64,
    /// The greatest difference that is accepted, in either direction, in microseconds. Below 0 counts as 0.
    pub tolerance_us: i64,
}

impl Window {
    /// Whether all the times hold now.
    pub(super) fn judge(self, times: &SignedTimes) -> Reason {
        let tolerance = self.tolerance_us.max(0);
        let age = times
            .signed_at_us
            .map_or(0, |at| self.now_us.saturating_sub(at));
        let is_over = |end: i64| self.now_us >= end.saturating_add(LEEWAY_US);
        let is_to_come = |begin: i64| self.now_us < begin.saturating_sub(LEEWAY_US);
        if age > tolerance || times.expires_us.is_some_and(is_over) {
            Reason::TooOld
        } else if age < -tolerance || times.not_before_us.is_some_and(is_to_come) {
            Reason::InTheFuture
        } else {
            Reason::Ok
        }
    }
}

/// Seconds since 1970, as digits and nothing else, in microseconds.
pub fn seconds(text: &str) -> Result<i64, Reason> {
    digits(text)
        .and_then(|seconds| seconds.checked_mul(SECOND_US))
        .ok_or(Reason::Malformed)
}

/// Milliseconds since 1970, as exactly 13 digits (2001 to 2286), in microseconds.
pub fn milliseconds_in_13_digits(text: &str) -> Result<i64, Reason> {
    let milliseconds = digits(text).filter(|_| text.len() == 13);
    milliseconds
        .and_then(|milliseconds| milliseconds.checked_mul(1000))
        .ok_or(Reason::Malformed)
}

/// A time in RFC 3339, in microseconds.
pub fn rfc3339(text: &str) -> Result<i64, Reason> {
    validation::rfc3339::microseconds(text).ok_or(Reason::Malformed)
}

fn digits(text: &str) -> Option<i64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { text.parse().ok() } else { None }
}
