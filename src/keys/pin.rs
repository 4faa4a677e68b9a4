//! The pin: which keys and which default regions this database was written with.
//!
//! A server started with the wrong key would look up nothing and write mixed data without a word. Once
//! `phone_crypt_pin_keys()` has recorded the keys, any other ring is refused before anything is read or
//! written, and numbers that depend on other regions with it (`crate::regions`). The pin is read once a backend and ring, straight from the table (no privileges are needed
//! for that, and no SPI), and again when PostgreSQL says that the table has changed.

use phone_crypt_core::crypto::{KeyId, Keyring};
use std::cell::{Cell, RefCell};

use crate::error::{Error, Result};
use crate::tables::{self, PINNED_KEYS};

/// One row of `phone_crypt.pinned_keys`.
struct Pin {
    role: String,
    key_id: String,
    hash_scheme: String,
    default_regions: Option<String>,
}

thread_local! {
    static PINS: RefCell<Vec<Pin>> = const { RefCell::new(Vec::new()) };
    /// Counts how often the pins were read.
    static GENERATION: Cell<u64> = const { Cell::new(0) };
    /// The pins that the present ring was compared with.
    static COMPARED: Cell<Option<u64>> = const { Cell::new(None) };
}

/// Makes the next call check again; for a ring that has just changed.
pub fn forget_check() {
    COMPARED.set(None);
}

/// Refuses a ring that this database is not pinned to.
///
/// Errors (55000): another primary key, hash key or hash scheme; a pinned key that is not in the ring.
pub fn check(ring: &Keyring) -> Result<()> {
    let generation = generation();
    if COMPARED.get() == Some(generation) {
        return Ok(());
    }
    PINS.with_borrow(|pins| compare(ring, pins))?;
    COMPARED.set(Some(generation));
    Ok(())
}

/// A number that is another one once the pins have changed.
pub fn generation() -> u64 {
    tables::listen_once_a_statement();
    if !PINNED_KEYS.holds() {
        PINS.set(read_pins());
        PINNED_KEYS.remember();
        GENERATION.set(GENERATION.get() + 1);
    }
    GENERATION.get()
}

/// The default regions that this database is pinned to, as of the last [`generation`]; None where it is not.
pub fn regions() -> Option<String> {
    PINS.with_borrow(|pins| pins.iter().find_map(|pin| pin.default_regions.clone()))
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
                default_regions: row.get(4),
            });
        });
    }
    pins
}
