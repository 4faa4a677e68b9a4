//! Budgets of decryptions: how many numbers a role may read in a window.
//!
//! [`check`] is asked before plain text goes to a client, and [`opened`] counts it. Which budgets apply comes from a table
//! (`budgets`) and the roles of the session (`applied`); how much of them is used is in shared memory (`counts`), which a
//! ROLLBACK leaves as it is. A transaction reserves some reads at a time (`leases`).
//!
//! This slice lies below the others, since whatever decrypts asks it.

mod applied;
mod budgets;
mod counts;
mod counts_area;
pub mod error;
mod functions;
mod leases;

pub use budgets::CHANGES;
pub use counts_area::{CountsArea, SaveCounts};
pub use leases::{check, listen, opened};
