//! Encrypted columns of users' tables.
//!
//! `registry` knows which columns there are; `convert` makes of a plain text what is stored, and back; `keep` does
//! so for a row that is being written (the trigger); `batch` for many rows that are there already.

pub mod batch;
pub mod convert;
pub mod keep;
pub mod registry;
pub mod row;

mod passing;
