//! Values in the form of `super::value`, `iv:encrypted_data`: the same bytes otherwise arranged, so no key is needed.

use super::data_type::DataType;
use super::layout::{FORM, Parts, inspect_as, split};
use crate::crypto::iv_data::IvData;
use crate::crypto::key_id::KeyId;
use crate::crypto::primitives::hex;
use crate::crypto::value::{HEADER, ValueError};

/// Whether a text has the outer form of `iv:encrypted_data`, ours or a legacy system's, in either case: to encrypt
/// it as text would bury a ciphertext in another.
#[must_use]
pub fn looks_like_value_text(text: &[u8]) -> bool {
    IvData::split(text.trim_ascii()).is_some_and(|parts| parts.is_hex())
}

/// Appends a value in the form `iv:encrypted_data`. It decrypts under the context of its
/// type: name, 1F, hash key id.
///
/// # Errors
/// [`ValueError::Malformed`], [`ValueError::UnknownKind`].
pub fn append_value_text(value: &[u8], out: &mut Vec<u8>) -> Result<(), ValueError> {
    let Parts {
        kind,
        tag,
        key_id,
        rest,
        ..
    } = split(value)?;
    hex::append(tag, out);
    out.push(b':');
    hex::append(&[kind as u8], out);
    hex::append(key_id.as_bytes(), out);
    hex::append(rest, out);
    Ok(())
}

/// Appends the value of a type that [`append_value_text`] was given. The text does not say which key its tag was made with.
///
/// # Errors
/// [`ValueError::Malformed`], [`ValueError::UnknownKind`]; `out` is then left as it was.
pub fn from_value_text(
    data_type: DataType,
    text: &[u8],
    hash_key_id: KeyId,
    out: &mut Vec<u8>,
) -> Result<(), ValueError> {
    let start = out.len();
    let read = append_from_text(data_type, text, hash_key_id, out);
    if read.is_err() {
        out.truncate(start);
    }
    read
}

fn append_from_text(
    data_type: DataType,
    text: &[u8],
    hash_key_id: KeyId,
    out: &mut Vec<u8>,
) -> Result<(), ValueError> {
    let parts = IvData::split(text).ok_or(ValueError::Malformed)?;
    if parts.data_len() < HEADER {
        return Err(ValueError::Malformed);
    }
    let start = out.len();
    out.extend_from_slice(&[FORM, 0]);
    out.extend_from_slice(hash_key_id.as_bytes());
    let (kind, rest) = parts.data.split_at(2);
    if !(decode_at(kind, start + 1, out) && append_hex(parts.iv, out) && append_hex(rest, out)) {
        return Err(ValueError::Malformed);
    }
    inspect_as(data_type, &out[start..]).map(drop)
}

fn append_hex(text: &[u8], out: &mut Vec<u8>) -> bool {
    let start = out.len();
    out.resize(start + text.len() / 2, 0);
    hex::decode_lower(text, &mut out[start..])
}

fn decode_at(text: &[u8], at: usize, out: &mut [u8]) -> bool {
    hex::decode_lower(text, &mut out[at..=at])
}
