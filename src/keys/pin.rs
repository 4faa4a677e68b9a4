//! The pin: which keys this database was written with.
//!
//! A server started with the wrong key would look up nothing and write mixed data without a word. Once
//! `phone_crypt_pin_keys()` has recorded the keys, any other ring is refused before anything is read or
//! written. The pin is read once a backend and ring, straight from the table (no privileges are needed
//! for that, and no SPI), and again when PostgreSQL says that the table has changed.

use phone_crypt_core::crypto::{KeyId, Keyring};

use crate::error::{Error, Result};
use crate::tables::{self, PINNED_KEYS};

/// One row of `phone_crypt.pinned_keys`.
struct Pin {
    role: String,
    key_id: String,
    hash_scheme: String,
}

/// Makes the next call check again; for a ring that has just changed.
pub fn forget_check() {
    PINNED_KEYS.forget();
}

/// Refuses a ring that this database is not pinned to.
///
/// Errors (55000): another primary key, hash key or hash scheme; a pinned key that is not in the ring.
pub fn check(ring: &Keyring) -> Result<()> {
    tables::listen_once_a_statement();
    if PINNED_KEYS.holds() {
        return Ok(());
    }
    compare(ring, &read_pins())?;
    PINNED_KEYS.remember();
    Ok(())
}

fn compare(ring: &Keyring, pins: &[Pin]) -> Result<()> {
    let primary = ring.primary().id().to_string();
    let may_be_primary = |pin: &&Pin| matches!(pin.role.as_str(), "primary" | "next");
    let allowed: Vec<&Pin> = pins.iter().filter(may_be_primary).collect();
    if !allowed.is_empty() && !allowed.iter().any(|pin| pin.key_id == primary) {
        return Err(mismatch("key", &allowed[0].key_id, primary));
    }
    for pin in pins {
        let id: Option<KeyId> = pin.key_id.parse().ok();
        if let Some(missing) = id.filter(|id| ring.find(*id).is_none()) {
            return Err(Error::PinnedKeyMissing(missing));
        }
        if pin.role == "hash" {
            compare_hash(ring, pin, pins)?;
        }
    }
    Ok(())
}

/// The hash key may also be the next key, once that is the primary one: else nothing could be read between the change
/// of the setting and of the pin. Before, a forgotten `hash_key_id` would let the new key hash.
fn compare_hash(ring: &Keyring, pin: &Pin, pins: &[Pin]) -> Result<()> {
    let found = ring.hash_key().id().to_string();
    let is_pinned_as = |role| {
        pins.iter()
            .any(|pin| pin.role == role && pin.key_id == found)
    };
    if found != pin.key_id && !(is_pinned_as("next") && is_pinned_as("primary")) {
        return Err(mismatch("hash key", &pin.key_id, found));
    }
    let scheme = ring.schemes().as_str();
    if scheme != pin.hash_scheme {
        return Err(mismatch("hash scheme", &pin.hash_scheme, scheme.to_owned()));
    }
    Ok(())
}

fn mismatch(what: &'static str, pinned: &str, found: String) -> Error {
    Error::PinMismatch {
        what,
        pinned: pinned.to_owned(),
        found,
    }
}

fn read_pins() -> Vec<Pin> {
    let mut pins = Vec::new();
    if let Some(table) = PINNED_KEYS.watch() {
        tables::scan(table, |row| {
            pins.push(Pin {
                role: row.get(1).unwrap_or_default(),
                key_id: row.get(2).unwrap_or_default(),
                hash_scheme: row.get(3).unwrap_or_default(),
            });
        });
    }
    pins
}
