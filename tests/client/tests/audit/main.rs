//! The audit log from outside: what a crash, a ROLLBACK, an editor of tables, a restored backup and a second primary do to it, and
//! that it holds no number.
#![allow(clippy::unwrap_used)]

mod another_implementation;
mod bounds;
mod busy;
mod crash;
mod denials;
mod dumps;
mod edits;
mod elsewhere;
mod keys;
mod leaks;
mod meanwhile;
mod old_checkpoints;
mod rollback;
mod shared;
mod tables;
mod who;
mod without_preload;
