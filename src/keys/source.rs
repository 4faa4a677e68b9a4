//! Which source of keys wins, and what it holds.

use phone_crypt_core::crypto::{KeyText, parse_previous_keys};

use super::{at_start, file};
use crate::keys::error::{Error, Result};
use crate::pg::preload;
use crate::pg::tracked_setting::TrackedSetting;
use crate::settings::{self, Environment, TRACKED};

/// Where the keys in use came from, in order of precedence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// This session's own `encryption_key` and `previous_keys`.
    Session,
    /// The same settings in the server's configuration.
    ConfigurationFile,
    /// `key_file`.
    KeyFile,
    /// `key_command`.
    KeyCommand,
    /// The environment variable `PHONE_ENCRYPTION_KEY`.
    Environment,
    /// The public development key.
    Development,
}

impl Source {
    /// The name shown in `phone_crypt.key_status` and in messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Source::Session => "session",
            Source::ConfigurationFile => "configuration file",
            Source::KeyFile => "key_file",
            Source::KeyCommand => "key_command",
            Source::Environment => "environment",
            Source::Development => "development",
        }
    }
}

/// The keys of one source: the primary, the others, and where they came from.
pub struct Keys {
    pub primary: KeyText,
    pub previous: Vec<KeyText>,
    pub source: Source,
}

impl Keys {
    /// The key texts as they were written, the primary first.
    pub fn written(&self) -> impl Iterator<Item = &str> {
        self.texts().map(KeyText::as_written)
    }

    /// The key texts, the primary first.
    pub fn texts(&self) -> impl Iterator<Item = &KeyText> {
        std::iter::once(&self.primary).chain(&self.previous)
    }
}

/// Finds the source that wins and reads it.
///
/// Errors (55000): none configured in production; two server-level sources at once; the source cannot be
/// read; a setting of the configuration file without preload.
pub fn load() -> Result<Keys> {
    if TRACKED.encryption_key.is_set_in_session() {
        return from_settings(Source::Session);
    }
    if TRACKED.previous_keys.is_set_in_session() {
        return Err(Error::PreviousWithoutPrimary);
    }
    let configured = server_sources();
    match configured.as_slice() {
        [] => none_configured(),
        [source] => from_server(*source),
        several => Err(two_sources(several)),
    }
}

/// The keys that a session without any of its own has here: none in production without a key, or the development key.
///
/// Errors: as [`load`].
pub fn load_of_server() -> Result<Option<Keys>> {
    match server_sources().as_slice() {
        [] => Ok(None),
        // What the files say is not known where the connection's options have taken its place.
        [Source::ConfigurationFile] if TRACKED.encryption_key.in_files().is_empty() => Ok(None),
        [source] => from_server(*source).map(Some),
        several => Err(two_sources(several)),
    }
}

fn two_sources(several: &[Source]) -> Error {
    let names: Vec<_> = several.iter().map(|source| source.as_str()).collect();
    Error::TwoSources(names.join(", "))
}

fn server_sources() -> Vec<Source> {
    let in_files = |setting: &TrackedSetting| !setting.in_files().is_empty();
    let configured = [
        (
            in_files(&TRACKED.encryption_key) || in_files(&TRACKED.previous_keys),
            Source::ConfigurationFile,
        ),
        (settings::key_file().is_some(), Source::KeyFile),
        (settings::key_command().is_some(), Source::KeyCommand),
        (at_start::environment_key().is_some(), Source::Environment),
    ];
    configured
        .into_iter()
        .filter_map(|(present, source)| present.then_some(source))
        .collect()
}

fn none_configured() -> Result<Keys> {
    match settings::environment() {
        Environment::Production => Err(Error::NoKey),
        Environment::Development => Ok(Keys {
            primary: KeyText::development(),
            previous: Vec::new(),
            source: Source::Development,
        }),
    }
}

fn from_server(source: Source) -> Result<Keys> {
    match source {
        Source::KeyFile => first_is_primary(
            file::read(&settings::key_file().unwrap_or_default())?,
            source,
        ),
        Source::KeyCommand => first_is_primary(
            at_start::command_keys()
                .unwrap_or(Err(Error::NotPreloaded("phone_crypt.key_command")))?,
            source,
        ),
        Source::Environment => {
            let text = at_start::environment_key().unwrap_or_default();
            let primary = KeyText::parse(text).map_err(|source| Error::Key {
                origin: "environment variable PHONE_ENCRYPTION_KEY",
                source,
            })?;
            Ok(Keys {
                primary,
                previous: Vec::new(),
                source,
            })
        }
        // Until the library is loaded the setting is a placeholder that any user can SHOW; only preloading
        // closes that window.
        Source::ConfigurationFile if !preload::is_preloaded() => {
            Err(Error::NotPreloaded("phone_crypt.encryption_key"))
        }
        _ => from_settings(source),
    }
}

fn from_settings(source: Source) -> Result<Keys> {
    let [primary, previous] = match source {
        Source::Session => {
            let is_own = TRACKED.previous_keys.is_set_in_session();
            let previous = is_own.then(|| TRACKED.previous_keys.get());
            [TRACKED.encryption_key.get(), previous.unwrap_or_default()]
        }
        _ => [&TRACKED.encryption_key, &TRACKED.previous_keys].map(TrackedSetting::in_files),
    };
    if primary.is_empty() {
        return Err(Error::NoKey);
    }
    let primary = KeyText::parse(&primary).map_err(|source| Error::Key {
        origin: "phone_crypt.encryption_key",
        source,
    })?;
    let previous = parse_previous_keys(&previous)
        .map_err(|error| Error::KeySource(format!("phone_crypt.previous_keys: {error}")))?;
    Ok(Keys {
        primary,
        previous,
        source,
    })
}

fn first_is_primary(mut keys: Vec<KeyText>, source: Source) -> Result<Keys> {
    if keys.is_empty() {
        return Err(Error::NoKey);
    }
    let primary = keys.remove(0);
    Ok(Keys {
        primary,
        previous: keys,
        source,
    })
}
