//! Runs through users' tables: each is one run at a time, in the name of the table's owner, and seen in
//! `phone_crypt.jobs`.

mod as_owner;
pub mod error;
mod functions;
mod own_error;

pub use as_owner::count_rows;
pub use own_error::own_error;
