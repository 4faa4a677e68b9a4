//! What a limit may be.

use super::algorithm::Algorithm;

/// The longest window, and the longest time in which a bucket refills: ten years, a month counting 30 days.
pub const MAX_SPAN_US: i64 = 3600 * 86_400_000_000;

/// The latest time that is reckoned with: nanoseconds of it, and a span, fit into 64 bits.
pub const MAX_TIME_US: i64 = i64::MAX / 1000 - 2 * MAX_SPAN_US;

/// The shortest window: a millisecond.
const MIN_WINDOW_US: i64 = 1000;

/// The shortest time between two hits of a token bucket.
const MIN_INTERVAL_NS: i128 = 100;

/// Why a limit is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum QuotaError {
    /// A limit below 0.
    #[error("limit must not be negative")]
    Limit,
    /// A window outside its range.
    #[error("window must be between 1 millisecond and 10 years")]
    Window,
    /// A burst below 1.
    #[error("burst must be at least 1")]
    Burst,
    /// A bucket that takes too long to refill.
    #[error("burst times window divided by limit must be at most 10 years")]
    Refill,
    /// A bucket that refills so fast that whole nanoseconds do not measure it.
    #[error("a token bucket refills at most 10 million times a second")]
    Rate,
    /// A cost below 1.
    #[error("cost must be at least 1")]
    Cost,
}

/// A limit of so many hits a window, checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    limit: i64,
    window_us: i64,
    /// 0: none.
    burst: i64,
    /// Where a window of a calendar begins; 0 for others.
    starts_us: i64,
}

impl Quota {
    /// That of a count from elsewhere, which says nothing of its window.
    pub(super) const UNKNOWN: Quota = Quota {
        limit: 0,
        window_us: 0,
        burst: 0,
        starts_us: 0,
    };

    /// Whether this is the quota of a count from elsewhere.
    pub(super) fn is_unknown(&self) -> bool {
        self.window_us == 0
    }

    /// A quota of `limit` hits (0 denies everything) a window of `window_us` microseconds. `burst` is the
    /// capacity of a token bucket, by default the limit.
    ///
    /// # Errors
    /// [`QuotaError`], each case as its message says.
    pub fn new(limit: i64, window_us: i64, burst: Option<i64>) -> Result<Quota, QuotaError> {
        if limit < 0 {
            return Err(QuotaError::Limit);
        }
        if !(MIN_WINDOW_US..=MAX_SPAN_US).contains(&window_us) {
            return Err(QuotaError::Window);
        }
        if burst.is_some_and(|burst| burst < 1) {
            return Err(QuotaError::Burst);
        }
        let quota = Quota {
            limit,
            window_us,
            burst: burst.unwrap_or(0),
            starts_us: 0,
        };
        let refill = i128::from(quota.capacity()) * i128::from(window_us);
        if limit > 0 && refill > i128::from(MAX_SPAN_US) * i128::from(limit) {
            return Err(QuotaError::Refill);
        }
        Ok(quota)
    }

    /// The quota, if this algorithm can count in it: a bucket's interval is in whole nanoseconds, rounded up. From
    /// 100 ns on that is within 1 % of the limit.
    ///
    /// # Errors
    /// [`QuotaError::Rate`] for a bucket with a shorter interval.
    pub fn suited_to(self, algorithm: Algorithm) -> Result<Quota, QuotaError> {
        let window_ns = i128::from(self.window_us) * 1000;
        let is_too_fast = i128::from(self.limit) * MIN_INTERVAL_NS > window_ns;
        match algorithm == Algorithm::TokenBucket && is_too_fast {
            true => Err(QuotaError::Rate),
            false => Ok(self),
        }
    }

    /// Hits a window.
    #[must_use]
    pub fn limit(&self) -> i64 {
        self.limit
    }

    /// The window in microseconds.
    #[must_use]
    pub fn window_us(&self) -> i64 {
        self.window_us
    }

    /// So many hits in one window of a calendar.
    pub(super) fn in_window(self, starts_us: i64, ends_us: i64) -> Quota {
        Quota {
            limit: self.limit,
            window_us: ends_us - starts_us,
            burst: 0,
            starts_us,
        }
    }

    /// Where its window begins, if it is one of a calendar.
    pub(super) fn starts_us(&self) -> i64 {
        self.starts_us
    }

    /// Whether both have the same window of a calendar.
    pub(super) fn is_same_window(&self, other: &Quota) -> bool {
        self.window_us == other.window_us && self.starts_us == other.starts_us
    }

    /// Whether both have windows of the same length.
    pub(super) fn is_as_long_as(&self, other: &Quota) -> bool {
        self.window_us == other.window_us
    }

    /// The burst as given.
    #[must_use]
    pub fn burst(&self) -> Option<i64> {
        (self.burst > 0).then_some(self.burst)
    }

    /// What a token bucket holds when it is full.
    #[must_use]
    pub fn capacity(&self) -> i64 {
        self.burst().unwrap_or(self.limit)
    }
}

/// A cost as the algorithms take it.
///
/// # Errors
/// [`QuotaError::Cost`] below 1.
pub(super) fn check_cost(cost: i64) -> Result<i64, QuotaError> {
    if cost < 1 {
        Err(QuotaError::Cost)
    } else {
        Ok(cost)
    }
}
