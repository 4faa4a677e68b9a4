//! The kill switch: what a lockdown stops, in whose sessions, and for how long.
#![allow(clippy::unwrap_used)]

mod busy;
mod cluster;
mod keys;
mod replicas;
mod scopes;
mod shared;
mod transactions;
mod without_preload;
