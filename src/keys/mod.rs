//! Where keys come from, the ring a backend builds of them, and the pin that holds a database to them.
//!
//! Exactly one source of keys is used (`source`); the ring is built at first use after a change (`ring`);
//! a pinned database refuses any other ring (`pin`).

mod at_start;
mod changes;
pub mod error;
mod file;
pub mod form;
mod functions;
mod hash_key_change;
pub mod pin;
mod pin_cache;
mod ring;
mod source;

pub use at_start::collect_at_start;
pub use pin_cache::{
    CACHE as PIN_CACHE, OWNERS as PIN_OWNERS, init as init_pin_cache, note_change,
};
pub use ring::{check_lasting, configured, with_ring};
