//! The answer to a hit.

const MICROSECONDS: u64 = 1_000_000;

/// Whether a hit is allowed, and what is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// May the caller go on.
    pub allowed: bool,
    /// The quota.
    pub limit: i64,
    /// Hits of cost 1 that would still be allowed now.
    pub remaining: i64,
    /// Microseconds until the quota is whole again.
    pub reset_after_us: i64,
    /// Microseconds until this same hit would be allowed; `None` if it is allowed, or never will be.
    pub retry_after_us: Option<i64>,
    /// When the hit was counted, by which it can be given back; `None` if it was not.
    pub hit_at_us: Option<i64>,
}

impl Decision {
    /// Seconds from now when the quota is whole again.
    #[must_use]
    pub fn reset_after_seconds(&self) -> u64 {
        whole_seconds(self.reset_after_us)
    }

    /// Seconds from now when this same hit is allowed.
    #[must_use]
    pub fn retry_after_seconds(&self) -> Option<u64> {
        self.retry_after_us.map(whole_seconds)
    }
}

/// Whole seconds, rounded up; what is negative counts as 0. Those of 64 bits of microseconds have at most 13 digits.
pub(super) fn whole_seconds(us: i64) -> u64 {
    u64::try_from(us).unwrap_or(0).div_ceil(MICROSECONDS)
}
