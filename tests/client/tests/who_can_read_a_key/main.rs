//! Who could read a key: each statement of the documentation, tried on live servers.

mod not_loaded;
mod places;
mod readers;
mod refused_sources;
