//! The number that a function works on: E.164, under the regions that the call asks for.

use phone_crypt_core::phone;

use crate::cipher::stats::{Operation, count};
use crate::pg::text::Text;
use crate::phone::error::{Error, Result};
use crate::phone::regions::Chosen;

/// Calls `use_number` with the E.164 form of `phone`. What is refused is counted as a failure of the operation that
/// wanted the number.
///
/// Errors: not a phone number, or an unknown region, 22023; the default regions differ from the pin and `phone`
/// depends on them, 55000.
pub fn with_e164<T, E: From<Error>>(
    phone: Text<'_>,
    regions: &Chosen<'_>,
    wanted_for: Operation,
    use_number: impl FnOnce(&[u8]) -> std::result::Result<T, E>,
) -> std::result::Result<T, E> {
    // Most numbers come like this: there are no regions to look up then, and nothing to copy.
    if matches!(regions, Chosen::Default) && phone::is_e164(phone.bytes()) {
        return use_number(phone.bytes());
    }
    let phone = phone.or_empty();
    match regions.with(&phone, |regions| -> Result<_> {
        Ok(phone::normalize(&phone, regions)?)
    }) {
        Ok(e164) => use_number(e164.as_bytes()),
        Err(error) => count(wanted_for, Err(error.into())),
    }
}
