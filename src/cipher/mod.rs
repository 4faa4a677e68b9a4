//! The one seam between plain text and what is stored: sealing, opening and hashing.
//!
//! Whatever encrypts, decrypts or hashes, for a SQL function or within a procedure, does it here. So the keyring is
//! held to the pin, plain text on its way to a client is held to `require_tls`, a lockdown stops what decrypts or compares,
//! a read budget what decrypts too much, and every operation is counted, in one place.

mod address_hash;
mod audit;
mod destination;
pub mod error;
mod functions;
mod hash;
mod lockdown;
mod open;
mod random;
mod read_budget;
mod scratch;
mod seal;
pub mod stats;
mod transport;
mod typed;

pub use address_hash::{address_hash, address_hashes};
pub use destination::Destination;
pub use hash::{Hash, every_hash, hash, hashes, labelled_hash, ordered_hashes, stored_hashes};
pub use open::{LegacyKey, is_read_as_legacy, open, open_legacy, open_phone};
pub use random::random_bytes;
pub use scratch::with_scratch;
pub use seal::{check_ring, reseal, seal};
pub use typed::{
    every_probe, open_typed, probe_typed, rehash_typed, reseal_typed, seal_typed,
    verify_if_possible, verify_typed,
};
