//! The number that a function works on: E.164, under the regions that the call asks for.

use phone_crypt_core::phone;

use crate::error::Result;
use crate::regions::Chosen;
use crate::text::Text;

/// Calls `use_number` with the E.164 form of `phone`.
///
/// Errors: not a phone number, or an unknown region, 22023; the default regions differ from the pin and `phone`
/// depends on them, 55000.
pub fn with_e164<T>(
    phone: Text<'_>,
    regions: &Chosen<'_>,
    use_number: impl FnOnce(&[u8]) -> Result<T>,
) -> Result<T> {
    // Most numbers come like this: there are no regions to look up then, and nothing to copy.
    if matches!(regions, Chosen::Default) && phone::is_e164(phone.bytes()) {
        return use_number(phone.bytes());
    }
    let phone = phone.or_empty();
    let e164 = regions.with(&phone, |regions| Ok(phone::normalize(&phone, regions)?))?;
    use_number(e164.as_bytes())
}
