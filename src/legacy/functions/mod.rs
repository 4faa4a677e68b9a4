//! The SQL functions.

mod adopted_rate_limits;
mod migrate_rate_limits;
mod values;
