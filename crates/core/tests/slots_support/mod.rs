//! A partition of the memory engine with everybody who uses it: callers, a worker for each database, a table.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod checks;
mod memory;
mod op;
mod simulation;
mod worker;

pub use memory::Memory;
pub use simulation::Simulation;
