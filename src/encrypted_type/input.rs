//! What a text is: a value as it is stored, or plain text.

use phone_crypt_core::crypto::encrypted_phone::{
    DataType, PROBE_LEN, Plain, decode_text, is_text_form, is_text_form_of_another,
    looks_like_value_text,
};
use phone_crypt_core::{email, phone};

use super::access;
use crate::cipher::{self, Destination, with_scratch};
use crate::encrypted_type::error::{Error, Result};
use crate::pg::SqlError;
use crate::pg::text::Text;
use crate::pg::{Datum, FunctionCallInfo, process, text};
use crate::phone::error as phone_slice;
use crate::phone::regions::Chosen;
use crate::settings;

/// The value of a type that a text stands for: as it is stored (`ep:`, `ee:`), or of plain text.
///
/// Errors: neither, or malformed, 22P02; not authentic, 22000; not permitted, 42501; no key, or keys or default regions
/// that differ from the pin, 55000.
#[inline]
pub fn value_of_text(
    data_type: DataType,
    given: Text<'_>,
    call: FunctionCallInfo,
) -> Result<Datum> {
    if is_text_form(data_type, given.bytes()) {
        return with_scratch(|value| {
            access::check_stored(data_type, call)?;
            decode(data_type, given, value)?;
            stored_value(value)
        });
    }
    access::check_plain(data_type, call)?;
    sealed(data_type, given, &Chosen::Default)
}

/// A value as it is stored, verified as far as there are keys, unless a superuser has switched that off. Whether the user
/// may give it has been checked.
///
/// Errors: not authentic, 22000.
pub fn stored_value(value: &[u8]) -> Result<Datum> {
    if settings::verify_input() && !process::is_binary_upgrade() {
        cipher::verify_if_possible(value)?;
    }
    Ok(text::varlena(value))
}

/// The value of plain text. Regions are of no account for e-mail.
///
/// Errors: as [`with_plain_of`]; no key, or keys that differ from the pin, 55000.
pub fn sealed(data_type: DataType, given: Text<'_>, regions: &Chosen<'_>) -> Result<Datum> {
    with_plain_of(data_type, given, regions, |plain| {
        with_scratch(|value| {
            cipher::seal_typed(plain, value)?;
            Ok(text::varlena(value))
        })
    })
}

/// How much of what was written the value of a number keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// What says more than the number: an extension, words.
    More,
    /// Every spelling that is not the number's own.
    Spelling,
}

/// Whether a value holds the text as such.
///
/// Errors: as `cipher::open_typed`.
pub fn is_text_value(value: &[u8], given: Text<'_>) -> Result<bool> {
    let text = &*given.exact()?;
    cipher::open_typed(value, Destination::Server, |plain| {
        Ok([Plain::Text(text), Plain::NoAddress(text)].contains(plain))
    })
}

/// Whether a value says what was read as `wanted` in the text `original`: the number, and what was written where that says
/// more, or else the text as such.
///
/// Errors: as `cipher::open_typed`.
pub fn says(value: &[u8], wanted: &Plain<'_>, original: &str) -> Result<bool> {
    cipher::open_typed(value, Destination::Server, |found| {
        Ok(found == wanted
            || [Plain::Text(original), Plain::NoAddress(original)].contains(found)
            || matches!(found, Plain::Written { original: kept, .. } if *kept == original))
    })
}

/// Of a value that holds text: what a number would be compared by whose E.164 form is that very text, or an address whose one
/// spelling it is; None where the text is neither, or the value cannot be read.
///
/// Errors: a key that is not configured, or keys that differ from the pin, 55000.
pub fn probe_of_text(value: &[u8]) -> Result<Option<Vec<u8>>> {
    let probe: Result<_> = cipher::open_typed(value, Destination::Server, |plain| {
        let meant = match *plain {
            Plain::Text(text) if phone::is_e164(text.as_bytes()) => Plain::Number(text.as_bytes()),
            Plain::NoAddress(text) if email::normalize(text).is_ok_and(|one| one == text) => {
                Plain::Address(text)
            }
            _ => return Ok(None),
        };
        let mut probe = [0; PROBE_LEN];
        cipher::probe_typed(&meant, &mut probe)?;
        Ok(Some(probe.to_vec()))
    });
    match probe {
        Err(error) if error.is_fault_of_the_value() => Ok(None),
        probe => probe,
    }
}

/// What a value keeps of a plain text that means `plain`.
pub fn kept<'a>(plain: Plain<'a>, original: &'a str, keep: Keep) -> Plain<'a> {
    match plain {
        Plain::Number(e164) if keep == Keep::Spelling && e164 != original.as_bytes() => {
            Plain::Written { e164, original }
        }
        plain => plain,
    }
}

/// Calls `use_plain` with what a text means as a value of a type. Regions are of no account for e-mail.
///
/// Errors: as [`with_plain`] and [`with_address`].
#[inline]
pub fn with_plain_of<T, E: From<Error> + From<phone_slice::Error>>(
    data_type: DataType,
    given: Text<'_>,
    regions: &Chosen<'_>,
    use_plain: impl FnOnce(&Plain<'_>) -> std::result::Result<T, E>,
) -> std::result::Result<T, E> {
    match data_type {
        DataType::Phone => with_plain(given, regions, use_plain),
        DataType::Email => with_address(given, use_plain),
    }
}

/// Calls `use_plain` with what a text means: an e-mail address in its one spelling, or text that is none.
///
/// Errors: an encrypted value, 22P02; not UTF-8, 22021.
fn with_address<T, E: From<Error>>(
    given: Text<'_>,
    use_plain: impl FnOnce(&Plain<'_>) -> std::result::Result<T, E>,
) -> std::result::Result<T, E> {
    refuse_encrypted(DataType::Email, given)?;
    let text = given.exact().map_err(Error::from)?;
    with_meaning_of_address(&text, use_plain)
}

fn with_meaning_of_address<T>(text: &str, use_plain: impl FnOnce(&Plain<'_>) -> T) -> T {
    match email::normalize(text) {
        Ok(address) => use_plain(&Plain::Address(&address)),
        Err(_) => use_plain(&Plain::NoAddress(text)),
    }
}

/// As [`with_plain_of`], of a text that was found inside a value: whatever it looks like, it is plain.
///
/// Errors: those of [`with_meaning`].
pub fn with_meaning_of<T, E: From<phone_slice::Error>>(
    data_type: DataType,
    original: &str,
    use_plain: impl FnOnce(&Plain<'_>) -> std::result::Result<T, E>,
) -> std::result::Result<T, E> {
    match data_type {
        DataType::Phone => with_meaning(original, &Chosen::Default, use_plain),
        DataType::Email => with_meaning_of_address(original, use_plain),
    }
}

/// What a text is as such, whatever it means.
pub fn as_text(data_type: DataType, text: &str) -> Plain<'_> {
    match data_type {
        DataType::Phone => Plain::Text(text),
        DataType::Email => Plain::NoAddress(text),
    }
}

/// To encrypt a ciphertext as if it were plain text would bury it in another.
fn refuse_encrypted(data_type: DataType, given: Text<'_>) -> Result<()> {
    let text = given.bytes();
    match is_text_form(data_type, text)
        || is_text_form_of_another(data_type, text)
        || looks_like_value_text(text)
    {
        true => Err(Error::EncryptedAsPlain(data_type)),
        false => Ok(()),
    }
}

/// Calls `use_plain` with what a text means: a number, a number with what was written where that says more (an extension, words), or
/// text that is no number.
///
/// Errors: an encrypted value, 22P02; an unknown region, 22023; default regions that differ from the pin, where the
/// text depends on them, 55000; not UTF-8, 22021.
fn with_plain<T, E: From<Error> + From<phone_slice::Error>>(
    given: Text<'_>,
    regions: &Chosen<'_>,
    use_plain: impl FnOnce(&Plain<'_>) -> std::result::Result<T, E>,
) -> std::result::Result<T, E> {
    // Most numbers come like this: there are no regions to look up then.
    if matches!(regions, Chosen::Default) && phone::is_e164(given.bytes()) {
        return use_plain(&Plain::Number(given.bytes()));
    }
    refuse_encrypted(DataType::Phone, given)?;
    let original = given.exact().map_err(Error::from)?;
    with_meaning(&original, regions, use_plain)
}

/// As [`with_plain`], of a text that was found inside a value: whatever it looks like, it is plain.
///
/// Errors: an unknown region, 22023; default regions that differ from the pin, where the text depends on them, 55000.
pub fn with_meaning<T, E: From<phone_slice::Error>>(
    original: &str,
    regions: &Chosen<'_>,
    use_plain: impl FnOnce(&Plain<'_>) -> std::result::Result<T, E>,
) -> std::result::Result<T, E> {
    let number = regions.with(original, |regions| -> phone_slice::Result<_> {
        Ok(phone::normalize_noting_more(original, regions).ok())
    })?;
    match &number {
        Some((number, false)) => use_plain(&Plain::Number(number.as_bytes())),
        Some((number, true)) => use_plain(&Plain::Written {
            e164: number.as_bytes(),
            original,
        }),
        None => use_plain(&Plain::Text(original)),
    }
}

/// The bytes of a value of a type in its form as text, where a text has that form at all.
///
/// Errors: malformed, 22P02.
pub fn decode_text_form(data_type: DataType, given: Text<'_>) -> Option<Result<Vec<u8>>> {
    is_text_form(data_type, given.bytes()).then(|| {
        let mut value = Vec::new();
        decode(data_type, given, &mut value)?;
        Ok(value)
    })
}

fn decode(data_type: DataType, given: Text<'_>, value: &mut Vec<u8>) -> Result<()> {
    decode_text(data_type, given.bytes(), value).map_err(|_| Error::MalformedTyped(data_type))
}

/// Whether an error is that of a malformed value, which a caller may want to skip.
pub fn is_malformed(error: &Error) -> bool {
    matches!(error, Error::EncryptedAsPlain(_) | Error::MalformedTyped(_))
}
