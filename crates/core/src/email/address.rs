//! A whole address.

use super::error::AddressError;
use super::{domain, local};

/// The longest address, in bytes (RFC 5321 §4.5.3.1.3, less the angle brackets).
pub const MAX_ADDRESS: usize = 254;

/// Longer input is not looked at.
const MAX_INPUT: usize = 1000;

/// The address in its one spelling: without blanks around it, the domain in lower case and in ASCII, the local part as it is.
///
/// # Errors
/// Why it is none.
pub fn normalize(text: &str) -> Result<String, AddressError> {
    if text.len() > MAX_INPUT {
        return Err(AddressError::TooLong);
    }
    let (local, domain) = split(text.trim_matches([' ', '\t', '\r', '\n']))?;
    local::check(local)?;
    let domain = domain::normalize(domain)?;
    let address = format!("{local}@{domain}");
    match address.len() > MAX_ADDRESS {
        true => Err(AddressError::TooLong),
        false => Ok(address),
    }
}

/// Local part and domain of an address.
pub(super) fn split(address: &str) -> Result<(&str, &str), AddressError> {
    let parts = address.rsplit_once('@').ok_or(AddressError::Parts)?;
    match parts.0.is_empty() || parts.1.is_empty() {
        true => Err(AddressError::Parts),
        false => Ok(parts),
    }
}
