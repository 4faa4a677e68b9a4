//! `phone_encrypt_column` on a live database: what the application notices of it, what is carried over, what it stops at,
//! what it keeps of odd texts, and how it goes on after it was stopped.

mod afterwards;
mod application;
mod carried;
mod easily_missed;
mod kept_texts;
mod load;
mod lossless;
mod obstacles;
mod odd_names;
mod partitions;
mod progress;
mod refused;
mod resumed;
mod shared;
