//! The SQL functions.

mod conversion;
mod rehash;
