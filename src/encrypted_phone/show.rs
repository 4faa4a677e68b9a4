//! What is shown of a value once it is opened.

use phone_crypt_core::crypto::ValueError;
use phone_crypt_core::crypto::encrypted_phone::Plain;
use phone_crypt_core::phone::{self, ParsedPhone, Regions};

use crate::cipher::{self, Destination};
use crate::encrypted_type::error::Result;
use crate::pg::text::TextOut;
use crate::phone::regions;

/// The number in E.164, or the text that is none.
pub fn number(plain: &Plain<'_>) -> Result<TextOut> {
    match plain {
        Plain::Number(e164) | Plain::Written { e164, .. } => Ok(TextOut::utf8(e164)?),
        Plain::Text(text) => Ok(TextOut::new(text)?),
        // Only bytes that were brought past the input functions are of the other type.
        Plain::Address(_) | Plain::NoAddress(_) => Err(ValueError::NotAuthentic.into()),
    }
}

/// What was written, where that is known, else as [`number`].
pub fn original(plain: &Plain<'_>) -> Result<TextOut> {
    match plain {
        Plain::Written { original, .. } => Ok(TextOut::new(original)?),
        plain => number(plain),
    }
}

/// The mask of the number. Text that is no number is hidden entirely.
pub fn mask(plain: &Plain<'_>) -> Result<TextOut> {
    let mask = match e164(plain) {
        Some(number) => phone::mask_e164(number),
        None => phone::mask("", &Regions::none()),
    };
    Ok(TextOut::new(&mask)?)
}

/// The extension that was written after the number.
pub fn extension(plain: &Plain<'_>) -> Result<Option<TextOut>> {
    let Plain::Written { original, .. } = plain else {
        return Ok(None);
    };
    regions::with_default(|regions| match phone::parse(original, regions) {
        Ok(phone) if phone.has_extension() => Ok(Some(TextOut::new(phone.extension())?)),
        _ => Ok(None),
    })
}

/// What `tell` says of the number; None of text that is none.
pub fn fact(
    plain: &Plain<'_>,
    tell: impl FnOnce(&ParsedPhone) -> Option<&'static str>,
) -> Option<TextOut> {
    tell(&parsed(plain)?).map(|text| TextOut::ascii(text.as_bytes()))
}

/// The number; None of text that is none.
pub fn parsed(plain: &Plain<'_>) -> Option<ParsedPhone> {
    phone::parse(e164(plain)?, &Regions::none()).ok()
}

/// Calls `use_number` with the number, which goes nowhere.
///
/// Errors: text that is no number, 22023; those of opening.
pub fn with_number<T>(
    value: &[u8],
    use_number: impl FnOnce(&[u8]) -> cipher::error::Result<T>,
) -> Result<T> {
    cipher::open_typed(value, Destination::Server, |plain| match e164(plain) {
        Some(number) => Ok(use_number(number.as_bytes())?),
        None => Err(phone::PhoneError::NotAPhoneNumber.into()),
    })
}

fn e164<'a>(plain: &Plain<'a>) -> Option<&'a str> {
    match *plain {
        Plain::Number(e164) | Plain::Written { e164, .. } => std::str::from_utf8(e164).ok(),
        Plain::Text(_) | Plain::Address(_) | Plain::NoAddress(_) => None,
    }
}
