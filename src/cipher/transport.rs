//! Whether plain text may leave over this connection (`phone_crypt.require_tls`).

use pgrx::{PgLogLevel, PgSqlErrorCode, ereport};
use std::cell::Cell;

use crate::cipher::error::{Error, Result};
use crate::pg::connection::{Connection, connection};
use crate::settings::{self, Environment, RequireTls};

thread_local! {
    static WARNED: Cell<bool> = const { Cell::new(false) };
}

/// Refuses to give plain text to a connection that the setting does not trust.
///
/// Errors: 42501. In the development environment it only warns, once a session.
pub fn check() -> Result<()> {
    let trusted = match settings::require_tls() {
        RequireTls::Off => return Ok(()),
        RequireTls::Remote => connection() != Connection::Insecure,
        RequireTls::On => matches!(connection(), Connection::Encrypted | Connection::NoClient),
    };
    match (trusted, settings::environment()) {
        (true, _) => Ok(()),
        (false, Environment::Production) => Err(Error::InsecureTransport),
        (false, Environment::Development) => {
            warn_once();
            Ok(())
        }
    }
}

fn warn_once() {
    if !WARNED.replace(true) {
        ereport!(
            PgLogLevel::WARNING,
            PgSqlErrorCode::ERRCODE_WARNING,
            "phone_crypt: this connection is not encrypted; production would refuse to send plain text over it"
        );
    }
}
