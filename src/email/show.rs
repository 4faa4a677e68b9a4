//! What is shown of a value of `encrypted_email` once it is opened.

use phone_crypt_core::crypto::ValueError;
use phone_crypt_core::crypto::encrypted_phone::Plain;
use phone_crypt_core::email;

use super::error::{Error, Result};
use crate::pg::text::TextOut;

/// The address, or the text that is none.
pub fn address(plain: &Plain<'_>) -> Result<TextOut> {
    Ok(TextOut::new(text(plain)?)?)
}

/// The mask of the address. Text that is none is hidden entirely.
pub fn mask(plain: &Plain<'_>) -> Result<TextOut> {
    let mask = match plain {
        Plain::Address(address) => email::mask(address),
        _ => email::mask(""),
    };
    Ok(TextOut::new(&mask)?)
}

/// Calls `use_address` with the address.
///
/// Errors: text that is no address, 22023; those of `use_address`.
pub fn with_address<T>(
    plain: &Plain<'_>,
    use_address: impl FnOnce(&str) -> Result<T>,
) -> Result<T> {
    match plain {
        Plain::Address(address) => use_address(address),
        _ => Err(Error::NotAnAddress),
    }
}

fn text<'a>(plain: &Plain<'a>) -> Result<&'a str> {
    match *plain {
        Plain::Address(text) | Plain::NoAddress(text) => Ok(text),
        // Only bytes that were brought past the input functions are of the other type.
        Plain::Number(_) | Plain::Written { .. } | Plain::Text(_) => {
            Err(ValueError::NotAuthentic.into())
        }
    }
}
