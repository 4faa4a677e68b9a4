//! Rate limiting: pure functions from a state and a time to a decision.
//!
//! Nothing here knows a clock or a store. A store hands [`decide`] the state it has under its lock and keeps
//! the one it gets back, so one algorithm serves a row lock and a shared-memory lock alike.
//!
//! Times are microseconds since any fixed epoch, within [`MAX_TIME_US`]; intermediate products are taken in
//! 128 bits, so nothing here overflows.

mod algorithm;
mod decide;
mod decision;
mod fixed_window;
mod penalty;
mod quota;
mod rules;
mod sliding_window;
mod state;
mod token_bucket;

pub use algorithm::{Algorithm, AlgorithmError};
pub use decide::{decide, peek};
pub use decision::Decision;
pub use penalty::{Penalties, PenaltiesError, Violations};
pub use quota::{MAX_SPAN_US, MAX_TIME_US, Quota, QuotaError};
pub use state::State;
