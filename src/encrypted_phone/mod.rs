//! The SQL functions on values of the data type `encrypted_phone`: a phone number that is encrypted, and compared and looked up
//! by plain text. `encrypted_type` makes the type itself; `show` is what is shown of a value.

// The size is that of pgrx's ErrorReport; errors are not the hot path.
#![allow(clippy::result_large_err)]

pub mod functions;
mod show;

pub use show::{mask, number};
