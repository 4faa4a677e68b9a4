//! Keys that are read once: the environment variable and `key_command`.

use pgrx::{PgLogLevel, PgSqlErrorCode, ereport};
use phone_crypt_core::crypto::{KeyError, KeyText, parse_key_lines};
use std::ffi::OsStr;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use zeroize::Zeroizing;

use crate::keys::error::{Error, Result};
use crate::pg::{preload, process};
use crate::settings;

/// The environment variable of the server that may hold the key.
pub const ENVIRONMENT_VARIABLE: &str = "PHONE_ENCRYPTION_KEY";

static FROM_ENVIRONMENT: OnceLock<Option<Zeroizing<String>>> = OnceLock::new();
static FROM_COMMAND: OnceLock<CommandResult> = OnceLock::new();

type CommandResult = std::result::Result<Vec<KeyText>, CommandError>;

/// Why the command gave no keys: kept from the server's start until a function asks for them.
#[derive(Clone)]
enum CommandError {
    Failed(String),
    Malformed(KeyError),
}

impl From<CommandError> for Error {
    fn from(error: CommandError) -> Error {
        match error {
            CommandError::Failed(why) => Error::KeySource(format!("phone_crypt.key_command {why}")),
            CommandError::Malformed(source) => Error::Key {
                origin: "phone_crypt.key_command",
                source,
            },
        }
    }
}

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
    // Keeps the key from every process that the server starts later.
    process::remove_environment_variable(ENVIRONMENT_VARIABLE);
    if let Some(command) = settings::key_command() {
        let keys = run(&command);
        if let Err(error) = &keys {
            ereport!(
                PgLogLevel::LOG,
                PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
                Error::from(error.clone()).to_string()
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
    Some(keys.clone().map_err(Error::from))
}

fn failed(why: impl Into<String>) -> CommandError {
    CommandError::Failed(why.into())
}

fn run(command: &OsStr) -> CommandResult {
    let output = Command::new("/bin/sh")
        .arg("-c")
        .arg(command)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| failed(format!("could not be started: {error}")))?;
    let printed = Zeroizing::new(output.stdout);
    if !output.status.success() {
        return Err(failed(format!("failed: {}", output.status)));
    }
    let text =
        std::str::from_utf8(&printed).map_err(|_| failed("printed something else than text"))?;
    let keys = parse_key_lines(text).map_err(CommandError::Malformed)?;
    if keys.is_empty() {
        return Err(failed("printed no key"));
    }
    Ok(keys)
}
