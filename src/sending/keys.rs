//! The names of what the limiter counts for a policy. Each is followed by what it counts.

/// Messages to a number: its window in seconds and its rate-limit key follow. Erasure finds it by that.
pub const NUMBER: &str = "number";
/// Messages from a client's network: its window in seconds and the network follow.
pub const CLIENT: &str = "client";
/// Messages of an account: its window in seconds and half a keyed hash of the account follow.
pub const ACCOUNT: &str = "account";
/// Messages to 1,000 numbers: its window in seconds and half a keyed hash of their digits follow.
pub const BLOCK_1000: &str = "block1000";
/// The same for 10,000.
pub const BLOCK_10000: &str = "block10000";
/// Messages to a region: its window in seconds and the region's name follow.
pub const REGION: &str = "region";
/// What is spent in the hour.
pub const BUDGET_HOUR: &str = "budget:hour";
/// What is spent in the day.
pub const BUDGET_DAY: &str = "budget:day";
/// What is spent in the day on a region, whose name follows.
pub const BUDGET_REGION: &str = "budget:region:";
