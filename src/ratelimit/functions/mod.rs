//! The SQL functions.

mod address;
mod admin;
mod arguments;
mod calendar;
mod error;
mod headers;
mod hit;
mod hit_phone;
mod lease;
mod phone;
mod policy;
mod views;
