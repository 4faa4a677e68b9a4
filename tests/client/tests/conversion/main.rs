//! `phone_encrypt_column` on a live database: what the application notices of it, what is carried over, what it stops at,
//! what it keeps of odd texts, how it goes on after it was stopped, and what it makes of legacy values.

mod addresses;
mod afterwards;
mod application;
mod carried;
mod easily_missed;
mod kept_texts;
mod legacy;
mod load;
mod lossless;
mod obstacles;
mod odd_names;
mod odd_tables;
mod partitions;
mod progress;
mod refused;
mod replica_role;
mod resumed;
mod shared;
mod unique_partitions;
mod values;
mod values_meanwhile;
