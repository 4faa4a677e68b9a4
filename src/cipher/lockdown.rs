//! What a lockdown stops, with a count of it for the audit log.

use phone_crypt_core::audit::Class;

use crate::audit::{Counted, count};
use crate::cipher::error::Result;
use crate::lockdown;

const LOCKED_DOWN: Counted = Counted {
    class: Class::Auth,
    event: "refused",
    detail: Some(("reason", "lockdown")),
};

/// Refuses what decrypts numbers, or compares them with guesses.
///
/// Errors: a lockdown, 55000.
#[inline]
pub fn check() -> Result<()> {
    Ok(lockdown::check_decrypt().inspect_err(|_| count(&LOCKED_DOWN, None))?)
}
