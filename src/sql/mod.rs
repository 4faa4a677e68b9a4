//! The SQL functions: each takes its arguments, calls the layer below, and returns.

mod args;
mod encrypt;
mod hash;
mod keys;
mod legacy;
mod phone;
mod pins;
mod raw;
mod reveal;
mod stats;
mod version;
