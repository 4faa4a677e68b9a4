//! Budgets of decryptions: how many numbers a role may read in a window.
//!
//! Whoever reads reserves some reads at a time, so that what all sessions share is touched once for many reads, and gives back
//! what is left over. What is reserved counts as read: a budget is never exceeded within a window.

mod window;

pub use window::{Budget, MAX_COUNT, MAX_WINDOW_US, MIN_WINDOW_US, Window};
