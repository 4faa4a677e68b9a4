//! From an attempt to an answer.

mod decide;

pub use decide::{Asked, check};
