//! The part before the `@`.

use super::error::AddressError;
use crate::validation::is_invisible;

/// The longest local part, in bytes (RFC 5321 §4.5.3.1.1).
const MAX_LOCAL: usize = 64;

/// Holds a local part to the grammar of a dot-atom (RFC 5322 §3.2.3), with visible characters of Unicode (RFC 6531). Quoted ones, which
/// hardly any server takes, are refused.
pub(super) fn check(local: &str) -> Result<(), AddressError> {
    if local.len() > MAX_LOCAL {
        return Err(AddressError::TooLong);
    }
    let is_atom = |atom: &str| !atom.is_empty() && atom.chars().all(is_allowed);
    match local.split('.').all(is_atom) {
        true => Ok(()),
        false => Err(AddressError::Local),
    }
}

fn is_allowed(character: char) -> bool {
    match character.is_ascii() {
        true => character.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(character),
        false => !character.is_whitespace() && !character.is_control() && !is_invisible(character),
    }
}
