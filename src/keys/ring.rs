//! The backend's keyring: built at first use after a change, checked against the pin, then only read.
//!
//! Which key hashes is `hash_key_id` where that is set, else what the database is pinned to, else the primary key.

use pgrx::{PgLogLevel, PgSqlErrorCode, ereport};
use phone_crypt_core::audit::Class;
use phone_crypt_core::crypto::{self, HashSchemes, Key, KeyId, Keyring, KeyringSpec};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::hash_key_change;
use super::pin::{self, PinnedKey};
use super::source::{self, Keys, Source};
use crate::audit::{self, Counted};
use crate::keys::error::{Error, Result};
use crate::pg::{TimestampTz, process};
use crate::settings::{self, TRACKED};

/// A built ring, and what it was built of.
pub struct Ring {
    pub keyring: Keyring,
    ingredients: Rc<Ingredients>,
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
    /// The pins that decided which key hashes.
    pins: u64,
    ring: Rc<Ring>,
}

/// Keys that differ from the pin.
const WRONG_PIN: Counted = Counted {
    class: Class::Auth,
    event: "refused",
    detail: Some(("reason", "pin")),
};

thread_local! {
    static CACHED: RefCell<Option<Cached>> = const { RefCell::new(None) };
    static WARNED_OF_DEVELOPMENT: Cell<bool> = const { Cell::new(false) };
}

/// Calls `use_ring` with the current keyring.
///
/// Errors (55000): no key, a source that cannot be used, keys that do not fit together, a ring that
/// differs from the database's pin.
pub fn with_ring<T, E: From<Error>>(
    use_ring: impl FnOnce(&Keyring) -> std::result::Result<T, E>,
) -> std::result::Result<T, E> {
    let ring = current()?;
    use_ring(&ring.keyring)
}

/// The current ring, held to the database's pin.
fn current() -> Result<Rc<Ring>> {
    let pins = hash_key_change::settled(pin::generation());
    let ring = configured_under(pins)?;
    pin::check(&ring.keyring, pins).inspect_err(|_| audit::count(&WRONG_PIN, None))?;
    Ok(ring)
}

/// Refuses keys that a session alone has, or everybody: for work that encrypts or removes stored data. `other` is a key
/// that values are to be under later.
///
/// Errors: the primary key, the hash key or the other one is known to this session only, or the development key is in
/// use; as [`configured`], 55000.
pub fn check_lasting(other: Option<KeyId>) -> Result<()> {
    let ring = configured()?;
    match ring.source() {
        Source::Development => return Err(Error::DevelopmentKey),
        Source::Session => {}
        _ => return Ok(()),
    }
    let servers = source::load_of_server()?;
    let servers: Vec<Key> = servers
        .iter()
        .flat_map(Keys::texts)
        .map(Key::derive)
        .collect();
    let other = other.and_then(|id| ring.keyring.find(id));
    for key in [ring.keyring.primary(), ring.keyring.hash_key()]
        .into_iter()
        .chain(other)
    {
        if !servers
            .iter()
            .any(|of_server| of_server.fingerprint() == key.fingerprint())
        {
            return Err(Error::KeyOfSession(key.id()));
        }
    }
    Ok(())
}

/// The ring that the settings give, whether the database is pinned to it or not: for showing it, never for use.
pub fn configured() -> Result<Rc<Ring>> {
    configured_under(pin::generation())
}

fn configured_under(pins: u64) -> Result<Rc<Ring>> {
    let version = Version {
        settings: TRACKED.encryption_key.changes(),
        reload: process::reload_time(),
    };
    match fresh(version, pins) {
        Some(ring) => Ok(ring),
        None => renew(version, pins).map_err(|error| match (error, pin::primary()) {
            // Who made a new key now would lose what is there.
            (Error::NoKey, Some(id)) => Error::NoPinnedKey(id),
            (error, _) => error,
        }),
    }
}

fn fresh(version: Version, pins: u64) -> Option<Rc<Ring>> {
    CACHED.with_borrow(|cached| {
        let cached = cached.as_ref()?;
        (cached.version == version && cached.pins == pins).then(|| Rc::clone(&cached.ring))
    })
}

fn renew(version: Version, pins: u64) -> Result<Rc<Ring>> {
    let old = CACHED.with_borrow(|cached| {
        let cached = cached.as_ref()?;
        Some((cached.version, Rc::clone(&cached.ring)))
    });
    let ring = match &old {
        Some((built, ring)) if *built == version => Rc::clone(ring),
        _ => rebuilt(old.as_ref().map(|(_, ring)| Rc::clone(ring)))?,
    };
    let ring = ring.hashing_under(pin::hash_key());
    if old.is_none_or(|(_, old)| !Rc::ptr_eq(&old, &ring)) {
        process::reset_plans();
    }
    pin::forget_check();
    CACHED.set(Some(Cached {
        version,
        pins,
        ring: Rc::clone(&ring),
    }));
    Ok(ring)
}

fn rebuilt(old: Option<Rc<Ring>>) -> Result<Rc<Ring>> {
    match (Ingredients::gather(), old) {
        // Most reloads change nothing here; the legacy keys of a ring take long to derive.
        (Ok(ingredients), Some(old)) if ingredients.make(&old) => Ok(old),
        (Ok(ingredients), old) => match Ring::build(ingredients) {
            Ok(ring) => Ok(Rc::new(ring)),
            Err(error) => keep(old, error),
        },
        (Err(error), old) => keep(old, error),
    }
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
            && self.keys.written().eq(other.keys.written())
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
            ingredients: Rc::new(ingredients),
        })
    }

    /// The same ring, hashing under the key that the database is pinned to: unless a setting names the hash key, or the
    /// ring lacks that key, in which case the pin refuses the ring.
    fn hashing_under(self: Rc<Ring>, pinned: Option<PinnedKey>) -> Rc<Ring> {
        let primary = self.keyring.primary().id();
        let wanted = match (self.ingredients.hash_key_id, pinned) {
            (Some(id), _) => id,
            (None, Some(pinned)) => pinned.find(&self.keyring).map_or(primary, |key| key.id()),
            (None, None) => primary,
        };
        if self.keyring.hash_key().id() == wanted {
            return self;
        }
        match self.keyring.with_hash_key(wanted) {
            Some(keyring) => Rc::new(Ring {
                keyring,
                ingredients: Rc::clone(&self.ingredients),
            }),
            None => self,
        }
    }

    /// The texts that it was built of.
    pub(super) fn keys(&self) -> &Keys {
        &self.ingredients.keys
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
