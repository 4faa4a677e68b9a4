//! The number that a function works on: E.164, under the default regions.

use phone_crypt_core::phone;

use crate::error::Result;
use crate::regions::with_default;
use crate::text::Text;

/// Calls `use_number` with the E.164 form of `phone`.
///
/// Errors: not a phone number, 22023.
pub fn with_e164<T>(phone: Text<'_>, use_number: impl FnOnce(&[u8]) -> Result<T>) -> Result<T> {
    // Most numbers come like this: there are no regions to look up then, and nothing to copy.
    if phone::is_e164(phone.bytes()) {
        return use_number(phone.bytes());
    }
    let e164 = with_default(|regions| Ok(phone::normalize(&phone.or_empty(), regions)?))?;
    use_number(e164.as_bytes())
}
