//! Keys that are read once: the environment variable and `key_command`.

use pgrx::{PgLogLevel, PgSqlErrorCode, ereport};
use phone_crypt_core::crypto::{KeyText, parse_key_lines};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::{preload, settings};

/// The environment variable of the server that may hold the key.
pub const ENVIRONMENT_VARIABLE: &str = "PHONE_ENCRYPTION_KEY";

static FROM_ENVIRONMENT: OnceLock<Option<Zeroizing<String>>> = OnceLock::new();
static FROM_COMMAND: OnceLock<std::result::Result<Vec<KeyText>, String>> = OnceLock::new();

/// Reads what is to be read once: in the postmaster under preload, else when a backend loads the library.
///
/// A failing command does not stop the server, since other databases may live on it; it is logged here,
/// and every function that needs a key says so.
pub fn collect_at_start() {
    let value = std::env::var(ENVIRONMENT_VARIABLE)
        .ok()
        .filter(|value| !value.is_empty());
    let _ = FROM_ENVIRONMENT.set(value.map(Zeroizing::new));
    if !preload::in_progress() {
        return;
    }
    // SAFETY: the postmaster is single-threaded while it loads its libraries. Removing the variable keeps
    // the key from every process that the server starts later.
    unsafe { std::env::remove_var(ENVIRONMENT_VARIABLE) };
    if let Some(command) = settings::key_command() {
        let keys = run(&command);
        if let Err(problem) = &keys {
            ereport!(
                PgLogLevel::LOG,
                PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
                problem.clone()
            );
        }
        let _ = FROM_COMMAND.set(keys);
    }
}

/// The environment's key text, unchecked.
pub fn environment_key() -> Option<&'static str> {
    FROM_ENVIRONMENT.get()?.as_ref().map(|value| value.as_str())
}

/// What `key_command` printed at start; None where no command is set.
pub fn command_keys() -> Option<Result<Vec<KeyText>>> {
    let keys = FROM_COMMAND.get()?;
    Some(keys.clone().map_err(Error::KeySource))
}

fn run(command: &str) -> std::result::Result<Vec<KeyText>, String> {
    let output = Command::new("/bin/sh")
        .args(["-c", command])
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("phone_crypt.key_command could not be started: {error}"))?;
    let printed = Zeroizing::new(output.stdout);
    if !output.status.success() {
        return Err(format!("phone_crypt.key_command failed: {}", output.status));
    }
    let text = std::str::from_utf8(&printed)
        .map_err(|_| "phone_crypt.key_command printed something else than text".to_owned())?;
    let keys =
        parse_key_lines(text).map_err(|error| format!("phone_crypt.key_command: {error}"))?;
    if keys.is_empty() {
        return Err("phone_crypt.key_command printed no key".to_owned());
    }
    Ok(keys)
}
