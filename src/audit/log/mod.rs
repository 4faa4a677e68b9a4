//! The log itself: what is in the queue gets its number and its hash, and is written; checkpoints are signed; proofs are made
//! and the whole is verified.

mod append;
mod current;
pub mod functions;
mod proofs;
mod prune;
mod retention;
mod sign;
mod start;
mod state;
mod task;
mod tiles;
mod verify;
mod watched;

pub use task::WriteLog;
