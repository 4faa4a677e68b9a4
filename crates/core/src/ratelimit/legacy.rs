//! Rows of the legacy application's `rate_limits`, and how those that turn out to be one key's become one.

/// What such a row counts. The rows of a table have their times in any one epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LegacyRow {
    /// Hits in the window.
    pub count: i64,
    /// The window's start, in milliseconds since 1970.
    pub window_start_ms: i64,
    /// When the row was made, in microseconds.
    pub created_us: Option<i64>,
    /// When it was last written, in microseconds.
    pub updated_us: Option<i64>,
}

/// How rows become one, so that nobody gets more hits than before, in whatever order and portions they are met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MergeRule {
    /// The moment that decides which windows are over, in microseconds since 1970: the same for all rows.
    pub as_of_us: i64,
    /// The length of a window, in microseconds.
    pub window_us: i64,
    /// The largest count that the table can hold.
    pub most: i64,
}

impl MergeRule {
    /// Whether the row's window ends after the moment that decides.
    #[must_use]
    pub fn is_live(&self, row: &LegacyRow) -> bool {
        let start_us = i128::from(row.window_start_ms) * 1000;
        start_us + i128::from(self.window_us) > i128::from(self.as_of_us)
    }

    /// One row for two: the hits of both from the later start if both are live, else the live one, else the newer
    /// one (of two that began together the one with more hits). Made when the first was, written when the last was.
    #[must_use]
    pub fn merge(&self, one: &LegacyRow, other: &LegacyRow) -> LegacyRow {
        let (count, window_start_ms) = match (self.is_live(one), self.is_live(other)) {
            (true, true) => (
                self.sum(one.count, other.count),
                one.window_start_ms.max(other.window_start_ms),
            ),
            (true, false) => (one.count, one.window_start_ms),
            (false, true) => (other.count, other.window_start_ms),
            (false, false) => {
                let newer = newness(one).max(newness(other));
                (newer.1, newer.0)
            }
        };
        LegacyRow {
            count,
            window_start_ms,
            created_us: either(one.created_us, other.created_us, i64::min),
            updated_us: either(one.updated_us, other.updated_us, i64::max),
        }
    }

    /// A count below 0 takes nothing from the other.
    fn sum(&self, one: i64, other: i64) -> i64 {
        one.max(0).saturating_add(other.max(0)).min(self.most)
    }
}

fn newness(row: &LegacyRow) -> (i64, i64) {
    (row.window_start_ms, row.count)
}

fn either(one: Option<i64>, other: Option<i64>, choose: fn(i64, i64) -> i64) -> Option<i64> {
    match (one, other) {
        (Some(one), Some(other)) => Some(choose(one, other)),
        _ => one.or(other),
    }
}
