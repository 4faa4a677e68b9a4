//! What can be told of a value without a key.

use super::sealed::read_header;
use super::{Kind, OVERHEAD, ValueError};
use crate::crypto::iv_data::{IvData, is_padded_len};
use crate::crypto::key_id::KeyId;
use crate::crypto::primitives::aes_cbc::BLOCK;
use crate::crypto::primitives::hex;

/// What a value says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueInfo {
    /// A value of ours.
    Current {
        /// What it holds.
        kind: Kind,
        /// The key that it needs.
        key_id: KeyId,
    },
    /// A legacy system's value: it names no key and carries no tag.
    Legacy,
}

/// Reads what a value says of itself. Nothing of it is authenticated: for display and for sorting out
/// which rows need which key, not for decisions.
///
/// # Errors
/// [`ValueError::Malformed`], [`ValueError::UnknownKind`].
pub fn inspect(value: &[u8]) -> Result<ValueInfo, ValueError> {
    let parts = match split_current(value) {
        Err(ValueError::Unauthenticated) => return Ok(ValueInfo::Legacy),
        parts => parts?,
    };
    let mut iv = [0; BLOCK];
    let mut sealed = vec![0; parts.data_len()];
    decode(&parts, &mut iv, &mut sealed)?;
    let header = sealed.first_chunk().ok_or(ValueError::Malformed)?;
    let (kind, key_id) = read_header(header)?;
    Ok(ValueInfo::Current { kind, key_id })
}

/// Splits a value of ours. Its length tells it from an unauthenticated one: 37 bytes stand around the
/// 16n encrypted ones.
pub(super) fn split_current(value: &[u8]) -> Result<IvData<'_>, ValueError> {
    let parts = IvData::split(value).ok_or(ValueError::Malformed)?;
    if parts
        .data_len()
        .checked_sub(OVERHEAD)
        .is_some_and(is_padded_len)
    {
        Ok(parts)
    } else if is_padded_len(parts.data_len()) && parts.is_hex() {
        Err(ValueError::Unauthenticated)
    } else {
        Err(ValueError::Malformed)
    }
}

/// Decodes both parts. Lower case only, so that a value has one spelling.
pub(super) fn decode(
    parts: &IvData<'_>,
    iv: &mut [u8; BLOCK],
    sealed: &mut [u8],
) -> Result<(), ValueError> {
    if hex::decode_lower(parts.iv, iv) && hex::decode_lower(parts.data, sealed) {
        Ok(())
    } else {
        Err(ValueError::Malformed)
    }
}
