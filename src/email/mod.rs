//! E-mail addresses, the other personal field that applications with phone numbers hold: normalised, encrypted, and found by
//! keyed hash. The rules are in the core.

mod error;
pub mod functions;
