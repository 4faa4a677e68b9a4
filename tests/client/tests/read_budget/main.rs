//! Read budgets: whose reads count, how many pass, and what frees none.
#![allow(clippy::unwrap_used)]

mod concurrency;
mod restarts;
mod roles;
mod shared;
mod standby;
mod transactions;
mod windows;
mod without_preload;
