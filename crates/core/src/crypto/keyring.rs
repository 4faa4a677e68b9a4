//! The keys that a server has, and which of them does what.

use super::hash_scheme::HashSchemes;
use super::key::Key;
use super::key_id::KeyId;
use super::key_text::{Environment, KeyError, KeyText};
use std::sync::Arc;

/// What a keyring is built from.
#[derive(Debug, Clone, Copy)]
pub struct KeyringSpec<'a> {
    /// The key that encrypts.
    pub primary: &'a KeyText,
    /// Keys that may still decrypt and hash, never encrypt. The primary among them is ignored.
    pub previous: &'a [KeyText],
    /// The key that hashes; the primary where None.
    pub hash_key_id: Option<KeyId>,
    /// The key that reads unauthenticated values; the primary where None.
    pub legacy_key_id: Option<KeyId>,
    /// The hash schemes in use.
    pub schemes: HashSchemes,
    /// Whether weak and public keys are let through.
    pub environment: Environment,
}

/// Why keys do not make a keyring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyringError {
    /// A key that this environment does not accept.
    #[error("key {id} is refused: {reason}")]
    Refused {
        /// Which key.
        id: KeyId,
        /// Why.
        reason: KeyError,
    },
    /// One previous key given twice.
    #[error("key {0} is given twice among the previous keys")]
    Repeated(KeyId),
    /// Two different keys whose ids are the same, so that a value could not say which it needs.
    #[error("two different keys have the id {0}: replace one of them")]
    SameId(KeyId),
    /// The hash key is not among the keys.
    #[error("hash_key_id names key {0}, which is not configured")]
    UnknownHashKey(KeyId),
    /// The key for unauthenticated values is not among the keys.
    #[error("legacy_key_id names key {0}, which is not configured")]
    UnknownLegacyKey(KeyId),
}

/// The keys of a server, every subkey prepared. A clone shares them.
#[derive(Debug, Clone)]
pub struct Keyring {
    /// The primary key first.
    keys: Arc<[Key]>,
    hash_key: usize,
    legacy_key: usize,
    schemes: HashSchemes,
}

impl Keyring {
    /// Derives every key and settles the roles.
    ///
    /// # Errors
    /// Any [`KeyringError`].
    pub fn build(spec: &KeyringSpec<'_>) -> Result<Keyring, KeyringError> {
        let mut keys = Vec::with_capacity(1 + spec.previous.len());
        keys.push(accepted(spec.primary, spec.environment)?);
        for text in spec
            .previous
            .iter()
            .filter(|text| !text.is_same_key(spec.primary))
        {
            let key = accepted(text, spec.environment)?;
            refuse_clash(&keys, &key)?;
            keys.push(key);
        }
        let hash_key = role(&keys, spec.hash_key_id).map_err(KeyringError::UnknownHashKey)?;
        let legacy_key = role(&keys, spec.legacy_key_id).map_err(KeyringError::UnknownLegacyKey)?;
        Ok(Keyring {
            keys: keys.into(),
            hash_key,
            legacy_key,
            schemes: spec.schemes,
        })
    }

    /// The same keys, of which another one hashes; None where no key has this id.
    #[must_use]
    pub fn with_hash_key(&self, id: KeyId) -> Option<Keyring> {
        let hash_key = self.keys.iter().position(|key| key.id() == id)?;
        Some(Keyring {
            hash_key,
            ..self.clone()
        })
    }

    /// The key that encrypts.
    #[must_use]
    pub fn primary(&self) -> &Key {
        &self.keys[0]
    }

    /// The key that hashes.
    #[must_use]
    pub fn hash_key(&self) -> &Key {
        &self.keys[self.hash_key]
    }

    /// The key that reads unauthenticated values.
    #[must_use]
    pub fn legacy_key(&self) -> &Key {
        &self.keys[self.legacy_key]
    }

    /// The key with this id. Keys are found by id alone, never by trying them.
    #[must_use]
    pub fn find(&self, id: KeyId) -> Option<&Key> {
        self.keys.iter().find(|key| key.id() == id)
    }

    /// Every key, the primary first.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &Key> {
        self.keys.iter()
    }

    /// The hash schemes in use.
    #[must_use]
    pub fn schemes(&self) -> HashSchemes {
        self.schemes
    }
}

fn accepted(text: &KeyText, environment: Environment) -> Result<Key, KeyringError> {
    let key = Key::derive(text);
    match text.check_strength(environment) {
        Ok(()) => Ok(key),
        Err(reason) => Err(KeyringError::Refused {
            id: key.id(),
            reason,
        }),
    }
}

fn refuse_clash(keys: &[Key], new: &Key) -> Result<(), KeyringError> {
    match keys.iter().find(|key| key.id() == new.id()) {
        None => Ok(()),
        Some(key) if key.text().is_same_key(new.text()) => Err(KeyringError::Repeated(new.id())),
        Some(_) => Err(KeyringError::SameId(new.id())),
    }
}

/// The index of the key that plays a role, or the id that is missing.
fn role(keys: &[Key], id: Option<KeyId>) -> Result<usize, KeyId> {
    match id {
        None => Ok(0),
        Some(id) => keys.iter().position(|key| key.id() == id).ok_or(id),
    }
}
