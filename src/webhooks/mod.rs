//! Webhooks: whether a request is the provider's, timely, and seen for the first time.
//!
//! What each provider signs is in `crates/core/src/webhook`. Here are endpoints with their stored secrets, and the store of
//! what was seen.

mod cleanup;
mod endpoints;
mod error;
mod functions;
mod receive;
mod secret;
mod seen;
mod stats;

pub use cleanup::Cleanup;
pub use stats::OUTCOMES;
