//! Erasure: every trace of a number or an address from what the extension knows of, and rows whose time is over.
//!
//! `number` and `wanted` tell whether something stored is what is meant; `columns` goes through columns of types
//! `encrypted_phone` and `encrypted_email`, `consent` through what is kept of consent and suppression, `limits` through rate limits with their lists and
//! blocks, `sends` through what sending policies keep; `purge` is one batch of what retention periods ask for.

mod columns;
mod consent;
pub mod error;
mod forget;
mod functions;
mod limits;
mod number;
mod outcome;
pub mod purge;
mod rows;
mod sends;
mod wanted;

pub use forget::{forget, forget_address};
pub use number::Number;
pub use wanted::Address;
