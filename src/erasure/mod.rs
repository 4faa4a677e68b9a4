//! Erasure: every trace of a number from what the extension knows of, and rows whose time is over.
//!
//! `number` tells whether something stored is the number; `columns` goes through columns of type
//! `encrypted_phone`, `consent` through what is kept of consent and suppression, `limits` through rate limits with their lists and
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

pub use forget::forget;
pub use number::Number;
