//! API tokens: who calls the application's API shows one. Their format is in core.
//!
//! A verification goes: checksum (core) → the token's row, read through its primary key → comparison of the secret's hash →
//! revocation, expiry, network, scope, deny list → the token's rate limit. Nothing of a row is remembered between two calls, so
//! that a revocation is seen by every session from its commit on.

mod brute_force;
mod error;
pub mod functions;
mod outcome;
mod row;
mod store;
mod use_area;
mod use_flush;
mod verify;

pub use use_area::USES;
pub use use_flush::WriteUses;
