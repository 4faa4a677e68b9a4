//! How many numbers each role has read since the server started, in shared memory: what unusual reading is seen by.
//!
//! A transaction counts for itself, and adds that up at its end, whether it commits or not. This slice lies below the others,
//! since whatever decrypts calls it. Without preload nothing is counted.

mod area;
mod count;

pub use area::{READS, databases, forget, totals};
pub use count::{listen, opened};
