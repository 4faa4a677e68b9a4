//! Encrypted values as text, and hashes of numbers: their SQL functions. (The data type is in `encrypted_phone`.)

mod encrypt;
pub mod error;
mod hash;
mod raw;
mod reveal;
mod typed_text;
