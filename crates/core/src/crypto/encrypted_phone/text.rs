//! Values as text: `ep:`, or `ee:` for e-mail, and two letters a byte, `a` to `p` for 0 to 15.
//!
//! There are no digits in it, so that searching for digits, as in `LIKE '%401%'`, never finds a ciphertext by chance.

use super::data_type::DataType;
use super::layout::{PROBE_LEN, inspect_as};
use crate::crypto::value::ValueError;

/// Bytes in a prefix.
const PREFIX: usize = 3;

/// The length of the text of a value.
#[must_use]
pub const fn text_len(value_len: usize) -> usize {
    PREFIX + 2 * value_len
}

/// Whether a text claims to be a value of a type: it begins with its prefix, in either case and after any white space.
#[must_use]
pub fn is_text_form(data_type: DataType, text: &[u8]) -> bool {
    text.trim_ascii_start()
        .first_chunk()
        .is_some_and(|start: &[u8; 3]| start.eq_ignore_ascii_case(data_type.prefix()))
}

/// Whether a text is a value of the other type: to encrypt it as text would bury a ciphertext in another. A prefix is not
/// enough, since `EE: 07700 900123` is plain text.
#[must_use]
pub fn is_text_form_of_another(data_type: DataType, text: &[u8]) -> bool {
    let other = match data_type {
        DataType::Phone => DataType::Email,
        DataType::Email => DataType::Phone,
    };
    text.trim_ascii()
        .strip_prefix(other.prefix())
        .is_some_and(|letters| {
            letters.len() > 2 * PROBE_LEN
                && letters.iter().all(|letter| matches!(letter, b'a'..=b'p'))
        })
}

/// Writes the text of a value of a type, which is exactly [`text_len`] bytes.
pub fn encode_text(data_type: DataType, value: &[u8], text: &mut [u8]) {
    debug_assert_eq!(text.len(), text_len(value.len()));
    let (prefix, letters) = text.split_at_mut(PREFIX);
    prefix.copy_from_slice(data_type.prefix());
    let (pairs, _) = letters.as_chunks_mut::<2>();
    for (pair, byte) in pairs.iter_mut().zip(value) {
        *pair = [b'a' + (byte >> 4), b'a' + (byte & 15)];
    }
}

/// Appends the value of a type that a text stands for. White space around it is ignored, as for most types.
///
/// # Errors
/// [`ValueError::Malformed`], [`ValueError::UnknownKind`]; `out` is then left as it was.
pub fn decode_text(data_type: DataType, text: &[u8], out: &mut Vec<u8>) -> Result<(), ValueError> {
    let letters = text
        .trim_ascii()
        .strip_prefix(data_type.prefix())
        .ok_or(ValueError::Malformed)?;
    let (pairs, rest) = letters.as_chunks::<2>();
    let start = out.len();
    out.reserve(pairs.len());
    let mut all = rest.is_empty();
    for [high, low] in pairs {
        let (high, low) = (high.wrapping_sub(b'a'), low.wrapping_sub(b'a'));
        all &= high < 16 && low < 16;
        out.push(high << 4 | low & 15);
    }
    let checked = match all {
        true => inspect_as(data_type, &out[start..]).map(drop),
        false => Err(ValueError::Malformed),
    };
    if checked.is_err() {
        out.truncate(start);
    }
    checked
}
