//! What both engines share: the table, its columns and rows, what becomes of an entry, which engine is in force, and the errors.

pub mod columns;
pub mod engine;
pub mod error;
pub mod outcome_entry;
pub mod rows;
pub mod state_table;
pub mod transition;
