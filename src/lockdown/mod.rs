//! The kill switch: what an administrator stops at once, in every session.
//!
//! A lockdown of a database is rows of a table (`database`), so that it is replicated, dumped, and in force after a restart.
//! One of the whole server is a file in its data directory (`cluster`). Whoever decrypts, takes a token or sends asks
//! [`is_on`] each time. This slice lies below the others, since they all ask it.
//!
//! It is no boundary against superusers, who can release what they like.

mod cluster;
mod database;
pub mod error;
mod file;
mod functions;
mod scope;
mod shared;

pub use scope::Scope;
pub use shared::{FILE_ACCESS, SWITCH};

use error::{Error, Result};

/// Whether the calls of a scope are to be refused. What another session has committed before this call is seen, whatever
/// snapshot the transaction has.
#[inline]
pub fn is_on(scope: Scope) -> bool {
    database::scopes().contains(scope) || cluster::is_on()
}

/// Refuses what decrypts numbers, or compares them with guesses.
///
/// Errors: scope `decrypt` is locked down, 55000. Not the fault of a value.
#[inline]
pub fn check_decrypt() -> Result<()> {
    match is_on(Scope::Decrypt) {
        true => Err(refusal()),
        false => Ok(()),
    }
}

#[cold]
fn refusal() -> Error {
    match cluster::is_on() {
        true => Error::Server,
        false => Error::Database,
    }
}
