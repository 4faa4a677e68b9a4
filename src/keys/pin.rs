//! The pin: which keys and which default regions this database was written with, and which key hashes.
//!
//! A server started with the wrong key would look up nothing and silently write mixed data. Once
//! `phone_crypt_pin_keys()` has recorded the keys, any other ring is refused before anything is read or
//! written, and numbers that depend on other regions with it (`crate::phone::regions`). The pin is read once a backend,
//! from shared memory or straight from the table (no privileges are needed for that, and no SPI), and again when
//! PostgreSQL says that the table has changed.
//!
//! A key is recognised by its fingerprint, not by its id: among 2^32 keys, one has the id of another.

use phone_crypt_core::crypto::primitives::hex;
use phone_crypt_core::crypto::{Key, Keyring};
use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::pin_cache;
use crate::keys::error::{Error, Result};
use crate::pg::Oid;
use crate::pg::cached_table::{self, CachedTable};
use crate::pg::invalidation::on_relation_change;
use crate::pg::{process, table_scan};
use crate::settings::SCHEMA;

/// The keys and default regions that the database is pinned to.
static PINNED_KEYS: CachedTable = CachedTable::new(SCHEMA, c"pinned_keys");

/// One row of `phone_crypt.pinned_keys`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Pin {
    role: String,
    key_id: String,
    fingerprint: String,
    hash_scheme: String,
    default_regions: Option<String>,
    /// Of the key that is about to become the hash key: the tables that change with it, by oid.
    tables: Option<String>,
}

impl Pin {
    fn is_of_next_hash_key(&self) -> bool {
        self.role == "next_hash"
    }

    fn is_of(&self, key: &Key) -> bool {
        self.key_id == key.id().to_string() && self.fingerprint == fingerprint(key)
    }
}

/// The key that the database is pinned to in a role.
pub struct PinnedKey(Pin);

impl PinnedKey {
    /// The key among those of a ring.
    pub fn find<'a>(&self, ring: &'a Keyring) -> Option<&'a Key> {
        ring.keys().find(|key| self.0.is_of(key))
    }
}

/// A key's fingerprint as the table has it.
pub fn fingerprint(key: &Key) -> String {
    hex::text(key.fingerprint())
}

thread_local! {
    static PINS: RefCell<Vec<Pin>> = const { RefCell::new(Vec::new()) };
}

// A backend has one thread; each look at a thread-local costs a call, and these are looked at once a row.
/// Counts how often the pins were read.
static GENERATION: AtomicU64 = AtomicU64::new(0);
/// The generation of the pins that the present ring was compared with; 0 where it was not.
static COMPARED: AtomicU64 = AtomicU64::new(0);

/// Whether another key is about to become the hash key, as of the last [`generation`].
static HASH_KEY_IS_CHANGING: AtomicBool = AtomicBool::new(false);
/// Whether this process resets its plans when the pins change.
static RESETS_PLANS: AtomicBool = AtomicBool::new(false);

/// Makes the next call check again; for a ring that has just changed.
pub fn forget_check() {
    COMPARED.store(0, Ordering::Relaxed);
}

/// Refuses a ring that this database is not pinned to. `generation` is what [`generation`] has just given.
///
/// Errors (55000): another primary key, hash key or hash scheme; a pinned key that is not in the ring.
#[inline]
pub fn check(ring: &Keyring, generation: u64) -> Result<()> {
    if COMPARED.load(Ordering::Relaxed) == generation {
        return Ok(());
    }
    PINS.with_borrow(|pins| compare(ring, pins))?;
    COMPARED.store(generation, Ordering::Relaxed);
    Ok(())
}

/// A number that is another one once the pins have changed; never 0.
pub fn generation() -> u64 {
    cached_table::listen_once_a_statement();
    if !PINNED_KEYS.is_valid() {
        if !RESETS_PLANS.swap(true, Ordering::Relaxed) {
            on_relation_change(reset_plans);
        }
        // Before the pins are read: a change that arrives meanwhile makes them be read again.
        PINNED_KEYS.mark_valid();
        let read = Reading;
        PINS.set(read_pins());
        drop(read);
        let is_changing = PINS.with_borrow(|pins| pins.iter().any(Pin::is_of_next_hash_key));
        HASH_KEY_IS_CHANGING.store(is_changing, Ordering::Relaxed);
        GENERATION.fetch_add(1, Ordering::Relaxed);
    }
    GENERATION.load(Ordering::Relaxed)
}

/// Kept plans hold what was made of literals under the key that hashed before.
fn reset_plans(relation: Oid) {
    if PINNED_KEYS.is(relation) {
        process::reset_plans();
    }
}

/// The pins are being read: what an error interrupts is done anew.
struct Reading;

impl Drop for Reading {
    fn drop(&mut self) {
        if std::thread::panicking() {
            PINNED_KEYS.invalidate();
        }
    }
}

/// The default regions that this database is pinned to, as of the last [`generation`]; None where it is not.
pub fn regions() -> Option<String> {
    PINS.with_borrow(|pins| pins.iter().find_map(|pin| pin.default_regions.clone()))
}

/// The hash key that this database is pinned to, as of the last [`generation`]; None where it is not.
pub fn hash_key() -> Option<PinnedKey> {
    PINS.with_borrow(|pins| {
        let pin = pins.iter().find(|pin| pin.role == "hash")?;
        Some(PinnedKey(pin.clone()))
    })
}

/// The id of the primary key that this database is pinned to, as of the last [`generation`]; None where it is not.
pub fn primary() -> Option<String> {
    PINS.with_borrow(|pins| {
        let pin = pins.iter().find(|pin| pin.role == "primary")?;
        Some(pin.key_id.clone())
    })
}

/// Whether another key is about to become the hash key, as of the last [`generation`].
#[inline]
pub fn is_hash_key_changing() -> bool {
    HASH_KEY_IS_CHANGING.load(Ordering::Relaxed)
}

/// The tables that change with the hash key.
pub fn changing_tables() -> Vec<Oid> {
    PINS.with_borrow(|pins| {
        let pin = pins.iter().find(|pin| pin.is_of_next_hash_key());
        let tables = pin.and_then(|pin| pin.tables.as_deref());
        let oids = tables.unwrap_or_default().split(',');
        oids.filter_map(|oid| Some(Oid::from(oid.parse::<u32>().ok()?)))
            .collect()
    })
}

/// The table of pins, as of the last [`generation`].
pub fn table() -> Oid {
    PINNED_KEYS.oid()
}

fn compare(ring: &Keyring, pins: &[Pin]) -> Result<()> {
    let may_be_primary = |pin: &&Pin| matches!(pin.role.as_str(), "primary" | "next");
    let allowed: Vec<&Pin> = pins.iter().filter(may_be_primary).collect();
    if !allowed.is_empty() && !allowed.iter().any(|pin| pin.is_of(ring.primary())) {
        return Err(key_mismatch("key", allowed[0], ring.primary()));
    }
    for pin in pins {
        if !ring.keys().any(|key| pin.is_of(key)) {
            return Err(Error::PinnedKeyMissing(pin.key_id.clone()));
        }
        if pin.role == "hash" {
            compare_hash(ring, pin)?;
        }
    }
    Ok(())
}

fn compare_hash(ring: &Keyring, pin: &Pin) -> Result<()> {
    let found = ring.hash_key();
    if !pin.is_of(found) {
        return Err(key_mismatch("hash key", pin, found));
    }
    let scheme = ring.schemes().as_str();
    if scheme != pin.hash_scheme {
        return Err(mismatch("hash scheme", &pin.hash_scheme, scheme.to_owned()));
    }
    Ok(())
}

fn key_mismatch(what: &'static str, pin: &Pin, found: &Key) -> Error {
    let id = found.id().to_string();
    let found = match id == pin.key_id {
        true => format!("another key with the id {id}"),
        false => id,
    };
    mismatch(what, &pin.key_id, found)
}

fn mismatch(what: &'static str, pinned: &str, found: String) -> Error {
    Error::PinMismatch {
        what,
        pinned: pinned.to_owned(),
        found,
    }
}

/// A pin of another database.
pub struct OtherPin {
    /// The database.
    pub database: Oid,
    /// What the key is for.
    pub role: String,
    /// The key's id.
    pub key_id: String,
    /// The key's fingerprint.
    pub fingerprint: String,
    /// Of the hash key, the regions, if they are pinned.
    pub default_regions: Option<String>,
}

/// The pins of those other databases in which somebody has needed a key since they were pinned and the server was started; with
/// preload only, and not on a standby.
pub fn of_other_databases() -> Vec<OtherPin> {
    let others = pin_cache::others().into_iter();
    let pins = others.flat_map(|(database, text)| {
        read_text(&text).into_iter().map(move |pin| OtherPin {
            database,
            role: pin.role,
            key_id: pin.key_id,
            fingerprint: pin.fingerprint,
            default_regions: pin.default_regions,
        })
    });
    pins.collect()
}

fn read_pins() -> Vec<Pin> {
    let cached = pin_cache::find(|table, text| {
        PINNED_KEYS.watch_known(table);
        read_text(text)
    });
    if let Some(pins) = cached {
        return pins;
    }
    let Some(table) = PINNED_KEYS.watch() else {
        return Vec::new();
    };
    let ticket = pin_cache::begin(table);
    let pins = read_table(table);
    if let Some(ticket) = ticket {
        pin_cache::store(&ticket, &as_text(&pins));
    }
    pins
}

fn read_table(table: Oid) -> Vec<Pin> {
    let mut pins = Vec::new();
    table_scan::scan(table, |row| {
        pins.push(Pin {
            role: row.get(1).unwrap_or_default(),
            key_id: row.get(2).unwrap_or_default(),
            fingerprint: row.get(3).unwrap_or_default(),
            hash_scheme: row.get(4).unwrap_or_default(),
            default_regions: row.get(5),
            tables: row.get(6),
        });
    });
    pins
}

/// Pins as a text: a line each, of words with tabs between them, which no column can hold.
fn as_text(pins: &[Pin]) -> String {
    let line = |pin: &Pin| {
        let words = [&pin.role, &pin.key_id, &pin.fingerprint, &pin.hash_scheme];
        let words = words.map(String::as_str).join("\t");
        let [regions, tables] = [&pin.default_regions, &pin.tables].map(|word| match word {
            Some(word) => format!("+{word}"),
            None => "-".to_owned(),
        });
        format!("{words}\t{regions}\t{tables}\n")
    };
    pins.iter().map(line).collect()
}

fn read_text(text: &str) -> Vec<Pin> {
    text.lines().filter_map(read_line).collect()
}

fn read_line(line: &str) -> Option<Pin> {
    let mut words = line.split('\t').map(str::to_owned);
    let optional = |word: String| word.strip_prefix('+').map(str::to_owned);
    Some(Pin {
        role: words.next()?,
        key_id: words.next()?,
        fingerprint: words.next()?,
        hash_scheme: words.next()?,
        default_regions: words.next().map(optional)?,
        tables: words.next().map(optional)?,
    })
}
