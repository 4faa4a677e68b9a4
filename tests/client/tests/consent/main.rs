//! Consent and suppression through SQL: what counts for whom and when, and what is left of it.
#![allow(clippy::unwrap_used)]

mod concurrency;
mod dumps;
mod erasure;
mod filter;
mod filter_restarts;
mod leaks;
mod rotation;
mod sending;
mod shared;
mod without_preload;
