//! Tables with columns of type `encrypted_phone` in every shape that PostgreSQL has for a table: each look-up goes through
//! the index, and a role that may not encrypt and hash learns nothing by comparing.

mod compounds;
mod constraints;
mod key_counts;
mod partitions;
mod queries;
mod shared;
mod unverified;
mod views;
