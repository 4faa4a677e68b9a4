//! The names of what the limiter counts for a policy. Each is followed by what it counts.

/// Messages to a number: its window in seconds and its rate-limit key follow. Erasure finds it by that.
pub const NUMBER: &str = "number";
/// What is spent in the hour.
pub const BUDGET_HOUR: &str = "budget:hour";
/// What is spent in the day.
pub const BUDGET_DAY: &str = "budget:day";
/// What is spent in the day on a region, whose name follows.
pub const BUDGET_REGION: &str = "budget:region:";
