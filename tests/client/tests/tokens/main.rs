//! API tokens through SQL: who passes, who no longer does, and what nobody gets to see.
#![allow(clippy::unwrap_used)]

mod any_text;
mod dumps;
mod guessing;
mod leaks;
mod revocation;
mod shared;
