//! E-mail addresses, the other personal field that applications with phone numbers hold: normalised, encrypted, and found by
//! keyed hash. The rules are in the core. `values` has what is shown of the data type `encrypted_email`, which
//! `encrypted_type` makes.

// The size is that of pgrx's ErrorReport; errors are not the hot path.
#![allow(clippy::result_large_err)]

pub mod error;
pub mod functions;
mod show;
pub mod values;
