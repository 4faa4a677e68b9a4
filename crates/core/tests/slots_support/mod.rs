//! A partition of the memory engine with everybody who uses it: callers, a worker for each database, a table.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod checks;
mod deed;
mod memory;
mod worker;
mod world;

pub use memory::Memory;
pub use world::World;
