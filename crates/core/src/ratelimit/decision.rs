//! The answer to a hit.

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
}
