//! Conversion: of the codes that are sent, honest people verify most. Who is paid for messages verifies none.
//!
//! The thresholds follow the traffic, so that neither a launch nor a busy day is taken for an attack. They are those that
//! operators of an open identity server have published.

/// Verified codes of one region, in the windows that its thresholds look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RegionCounts {
    /// The highest count of one day of the last 14.
    pub highest_day: u64,
    /// In the last 24 hours.
    pub day: u64,
    /// In the last hour.
    pub hour: u64,
}

/// Verified codes that one client asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ClientCounts {
    /// In the last 24 hours.
    pub day: u64,
}

/// How many codes may be unverified, in 24 hours and in one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thresholds {
    /// In the last 24 hours.
    pub day: u64,
    /// In the last hour.
    pub hour: u64,
}

/// One in so many verified codes may be unverified.
const SHARE: u64 = 5;
/// A busy hour may have this part of a day's.
const HOURS: u64 = 6;
/// So many codes to a region may always be under way: launches of some thousand an hour have no more.
const UNDER_WAY: u64 = 100;

impl RegionCounts {
    /// 20, or a fifth of what was verified in the last day, or on the busiest of 14; in an hour 3, or a sixth of that, or
    /// a fifth of what was verified in it.
    #[must_use]
    pub fn thresholds(self) -> Thresholds {
        let day = 20.max(self.highest_day / SHARE).max(self.day / SHARE);
        let hour = 3.max(day / HOURS).max(self.hour / SHARE);
        Thresholds { day, hour }
    }

    /// How many codes may be under way at once, neither verified nor late: 100, or as many as may be unverified in a day, or as many
    /// as were verified in the last hour.
    ///
    /// Honest people verify within minutes, so few are under way; who is paid for messages leaves all of them, and none of those
    /// counts as unverified before its time is over.
    #[must_use]
    pub fn may_be_under_way(self) -> u64 {
        UNDER_WAY.max(self.thresholds().day).max(self.hour)
    }
}

impl ClientCounts {
    /// 10, or a fifth of what was verified in the last day; in an hour 5, or a sixth of that fifth.
    #[must_use]
    pub fn thresholds(self) -> Thresholds {
        let share = self.day / SHARE;
        Thresholds {
            day: 10.max(share),
            hour: 5.max(share / HOURS),
        }
    }
}

impl Thresholds {
    /// Whether one more code may go out while so many are unverified in the last day.
    #[must_use]
    pub fn allows_by_day(self, unverified: u64) -> bool {
        unverified < self.day
    }

    /// The same for the last hour.
    #[must_use]
    pub fn allows_by_hour(self, unverified: u64) -> bool {
        unverified < self.hour
    }
}
