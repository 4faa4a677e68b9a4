//! The data types `encrypted_phone` and `encrypted_email`: a column that is encrypted, and compared and looked up by plain
//! text. Both are made by this code; the SQL functions on their values are in `encrypted_phone` and `email`.
//!
//! What PostgreSQL calls: `io` (input and output), `compare`, `sort`, `planner` (support functions), `analyze` (statistics).
//! `input` decides what a text is and who may give it. The bytes are made in the core.

// The size is that of pgrx's ErrorReport; errors are not the hot path.
#![allow(clippy::result_large_err)]

mod access;
mod analyze;
mod column;
mod compare;
pub mod error;
pub mod input;
mod io;
pub mod key_counts;
mod original;
mod planner;
pub mod policy;
mod sort;
mod typed;
mod value;
pub mod verify;

pub use access::may_give_plain;
pub use input::{
    Keep, as_text, decode_text_form, is_text_value, kept, probe_of_text, says, with_meaning,
    with_meaning_of, with_plain_of,
};
pub use io::{data_type_of, is_the_type};
pub use original::original_bytes;
pub use value::{
    EmailValue, EmailValueOut, KeyColumn, Value, ValueOut, ValuesOut, array, bytes_of_row,
};
