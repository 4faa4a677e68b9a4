//! The legacy application's `rate_limits`: its rows of phones become rows of hashes, or go into the engine.
//!
//! A batch is one call from a procedure, which commits after it. Rows are taken in the order in which they lie in
//! the table: no row is met twice in a pass, and pages are read one after the other. What somebody has locked is
//! left for the next pass, so a batch never waits while it holds locks.

mod batch;
mod counts;
pub mod error;
mod functions;
mod in_place;
mod into_engine;
mod keys;
mod known_keys;
mod table;
mod take_back;

pub use batch::{Batch, Kinds};
pub use in_place::convert;
pub use into_engine::move_into_engine;
pub use keys::{PHONE, RowOutcome, outcome_of};
pub use known_keys::forget_known;
pub use table::condition;
pub use take_back::take_back;
