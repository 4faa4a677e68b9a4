//! The backend's keyring: built at first use after a change, checked against the pin, then only read.

use pgrx::{PgLogLevel, PgSqlErrorCode, ereport};
use phone_crypt_core::crypto::{self, HashSchemes, KeyId, Keyring, KeyringSpec};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::pin;
use super::source::{self, Keys, Source};
use crate::error::{Error, Result};
use crate::pg::{TimestampTz, process};
use crate::settings::{self, TRACKED};

/// A built ring, and what it was built of.
pub struct Ring {
    pub keyring: Keyring,
    ingredients: Ingredients,
}

/// Everything that decides what ring there is.
struct Ingredients {
    keys: Keys,
    hash_key_id: Option<KeyId>,
    legacy_key_id: Option<KeyId>,
    schemes: HashSchemes,
    environment: crypto::Environment,
}

/// What a ring depends on; when it differs, the ring is built again. A reload changes the time, which is
/// how a changed key file is noticed without looking at the file on every call.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Version {
    settings: u64,
    reload: TimestampTz,
}

struct Cached {
    version: Version,
    ring: Rc<Ring>,
}

thread_local! {
    static CACHED: RefCell<Option<Cached>> = const { RefCell::new(None) };
    static WARNED_OF_DEVELOPMENT: Cell<bool> = const { Cell::new(false) };
}

/// Calls `use_ring` with the current keyring.
///
/// Errors (55000): no key, a source that cannot be used, keys that do not fit together, a ring that
/// differs from the database's pin.
pub fn with_ring<T>(use_ring: impl FnOnce(&Keyring) -> Result<T>) -> Result<T> {
    let ring = current()?;
    use_ring(&ring.keyring)
}

/// The current ring, held to the database's pin.
fn current() -> Result<Rc<Ring>> {
    let ring = configured()?;
    pin::check(&ring.keyring)?;
    Ok(ring)
}

/// The ring that the settings give, whatever the database is pinned to: for showing it, never for use.
pub fn configured() -> Result<Rc<Ring>> {
    let version = Version {
        settings: TRACKED.encryption_key.changes(),
        reload: process::reload_time(),
    };
    match fresh(version) {
        Some(ring) => Ok(ring),
        None => renew(version),
    }
}

fn fresh(version: Version) -> Option<Rc<Ring>> {
    CACHED.with_borrow(|cached| {
        let cached = cached.as_ref()?;
        (cached.version == version).then(|| Rc::clone(&cached.ring))
    })
}

fn renew(version: Version) -> Result<Rc<Ring>> {
    let old = CACHED.with_borrow(|cached| cached.as_ref().map(|cached| Rc::clone(&cached.ring)));
    let ring = match (Ingredients::gather(), old) {
        // Most reloads change nothing here; the legacy keys of a ring take long to derive.
        (Ok(ingredients), Some(old)) if ingredients.make(&old) => old,
        (Ok(ingredients), old) => match Ring::build(ingredients) {
            Ok(ring) => {
                process::reset_plans();
                Rc::new(ring)
            }
            Err(error) => keep(old, error)?,
        },
        (Err(error), old) => keep(old, error)?,
    };
    pin::forget_check();
    CACHED.set(Some(Cached {
        version,
        ring: Rc::clone(&ring),
    }));
    Ok(ring)
}

/// A reload that breaks the server's keys must not stop sessions that hold good ones: they go on, and say
/// so in the log. What a session set itself is its own to answer for.
fn keep(old: Option<Rc<Ring>>, error: Error) -> Result<Rc<Ring>> {
    match old {
        Some(ring) if ring.source() != Source::Session && !settings::any_set_in_session() => {
            ereport!(
                PgLogLevel::LOG,
                PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
                format!(
                    "phone_crypt: this session keeps the keys it has, since the new ones cannot be used: {error}"
                )
            );
            Ok(ring)
        }
        _ => Err(error),
    }
}

impl Ingredients {
    fn gather() -> Result<Ingredients> {
        let keys = source::load()?;
        let environment = match settings::environment() {
            settings::Environment::Production => crypto::Environment::Production,
            settings::Environment::Development => crypto::Environment::Development,
        };
        let schemes = HashSchemes::parse(&TRACKED.hash_scheme.get())
            .map_err(|error| Error::KeySource(error.to_string()))?;
        Ok(Ingredients {
            keys,
            hash_key_id: configured_id(&TRACKED.hash_key_id.get()),
            legacy_key_id: configured_id(&TRACKED.legacy_key_id.get()),
            schemes,
            environment,
        })
    }

    /// Whether they make the very ring that is there already.
    fn make(&self, ring: &Ring) -> bool {
        let other = &ring.ingredients;
        self.keys.source == other.keys.source
            && self.hash_key_id == other.hash_key_id
            && self.legacy_key_id == other.legacy_key_id
            && self.schemes == other.schemes
            && self.environment == other.environment
            && self.keys.texts().eq(other.keys.texts())
    }
}

impl Ring {
    fn build(ingredients: Ingredients) -> Result<Ring> {
        let keyring = Keyring::build(&KeyringSpec {
            primary: &ingredients.keys.primary,
            previous: &ingredients.keys.previous,
            hash_key_id: ingredients.hash_key_id,
            legacy_key_id: ingredients.legacy_key_id,
            schemes: ingredients.schemes,
            environment: ingredients.environment,
        })?;
        if ingredients.keys.source == Source::Development {
            warn_of_development();
        }
        Ok(Ring {
            keyring,
            ingredients,
        })
    }

    /// Where the keys came from.
    pub fn source(&self) -> Source {
        self.ingredients.keys.source
    }
}

/// None for the empty default; the check hook let nothing else than an id through.
fn configured_id(text: &str) -> Option<KeyId> {
    text.parse().ok()
}

fn warn_of_development() {
    if !WARNED_OF_DEVELOPMENT.replace(true) {
        ereport!(
            PgLogLevel::WARNING,
            PgSqlErrorCode::ERRCODE_WARNING,
            "phone_crypt uses its public development key: what it encrypts is not protected"
        );
    }
}
