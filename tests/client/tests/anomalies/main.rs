//! Unusual activity: what is found, what is done about it, and what is told of it.
#![allow(clippy::unwrap_used)]

mod actions;
mod dropped_databases;
mod hits;
mod privacy;
mod reads;
mod restarts;
mod shared;
mod without_preload;
