//! The data type `encrypted_phone` through Rust's drivers. Those of other languages are in tests/drivers.

mod shared;
mod with_sqlx;
mod with_tokio_postgres;
