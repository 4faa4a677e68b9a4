//! Webhooks through SQL: what is accepted, once, and by whom.
#![allow(clippy::unwrap_used)]

mod cleanup;
mod dumps;
mod leaks;
mod privileges;
mod replays;
mod requests;
mod secrets;
mod shared;
mod times;
