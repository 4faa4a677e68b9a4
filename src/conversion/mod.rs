//! Converting a column of plain text into one of the data type `encrypted_phone`, under its own name.
//!
//! A second column of the type is filled by a trigger (`sync_trigger`) while the application goes on, by batches
//! (`batch`) for the rows that are there, checked against the first (`verify`), and takes its name in the end: the order
//! of all that is in `sql/conversion/encrypt_column.sql`. Nothing is registered: a conversion is found by its triggers.

// The size is that of pgrx's ErrorReport; errors are not the hot path.
#![allow(clippy::result_large_err)]

mod batch;
mod constraint;
pub mod functions;
mod sync_trigger;
mod verify;
