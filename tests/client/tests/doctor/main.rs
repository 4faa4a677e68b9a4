//! The doctor: every check fires on what it is for, and is quiet on what is set up well.
#![allow(clippy::unwrap_used)]

mod audit;
mod connections;
mod data;
mod hostile;
mod jobs;
mod keys;
mod limits;
mod privileges;
mod server;
mod settings;
mod shared;
mod tokens;
mod whole;
