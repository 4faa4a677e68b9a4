//! Where the parts of a value stand.

use super::data_type::{CONTEXT_BASE, DataType};
use crate::crypto::iv_data::is_padded_len;
use crate::crypto::key_id::KeyId;
use crate::crypto::primitives::aes_cbc::BLOCK;
use crate::crypto::primitives::hex;
use crate::crypto::value::{HEADER, Kind, OVERHEAD, ValueError, sealed};

/// The first byte: the form of what follows.
pub(super) const FORM: u8 = 1;
/// Where the hash key id begins, behind form and kind.
const HASH_KEY_ID: usize = 2;
/// Where the tag begins.
const TAG_START: usize = HASH_KEY_ID + 4;
/// Bytes in a tag, which is the IV too.
pub const TAG: usize = BLOCK;
/// Bytes in front of key id, encrypted part and MAC. A value that is only there to be compared ends here.
pub const PROBE_LEN: usize = TAG_START + TAG;
/// Bytes that decide whether two values are equal: hash key id and tag.
pub const COMPARED: usize = PROBE_LEN - HASH_KEY_ID;

/// Bytes in a context.
pub(super) const CONTEXT: usize = CONTEXT_BASE + 8;

/// What is bound to a value of a type whose tag is made with this key: the type's name, 1F and the key's id as 8 hex digits.
pub(super) fn context(data_type: DataType, hash_key_id: KeyId) -> [u8; CONTEXT] {
    let mut context = [0; CONTEXT];
    let (base, id) = context.split_at_mut(CONTEXT_BASE);
    base.copy_from_slice(data_type.context_base());
    hex::encode(hash_key_id.as_bytes(), id);
    context
}

/// Whether a context belongs to a data type: nothing else may be encrypted under it.
#[must_use]
pub fn is_reserved_context(context: &[u8]) -> bool {
    [DataType::Phone, DataType::Email]
        .iter()
        .any(|data_type| context.starts_with(data_type.context_base()))
}

/// The number of bytes in a value with `plain_len` bytes of plain text.
pub(super) const fn value_len(plain_len: usize) -> usize {
    // The kind stands in front; the sealed form repeats it.
    PROBE_LEN + sealed_len(plain_len) - 1
}

/// The number of bytes that plain text is sealed into, with kind and key id.
#[must_use]
pub const fn sealed_len(plain_len: usize) -> usize {
    sealed::sealed_len(plain_len)
}

/// A value, taken apart. Nothing of it is authenticated.
pub(super) struct Parts<'a> {
    pub kind: Kind,
    pub data_type: DataType,
    pub hash_key_id: KeyId,
    pub tag: &'a [u8; TAG],
    pub key_id: KeyId,
    /// Encrypted part and MAC.
    pub rest: &'a [u8],
}

/// Takes a value apart.
///
/// # Errors
/// [`ValueError::Malformed`], [`ValueError::UnknownKind`].
pub(super) fn split(value: &[u8]) -> Result<Parts<'_>, ValueError> {
    let split = || {
        let ([form, kind], rest) = value.split_first_chunk()?;
        let (hash_key_id, rest) = rest.split_first_chunk()?;
        let (tag, rest) = rest.split_first_chunk()?;
        let (key_id, rest) = rest.split_first_chunk()?;
        let encrypted = rest.len().checked_sub(OVERHEAD - HEADER)?;
        (*form == FORM && is_padded_len(encrypted)).then_some((
            kind,
            hash_key_id,
            tag,
            key_id,
            rest,
        ))
    };
    let (kind, hash_key_id, tag, key_id, rest) = split().ok_or(ValueError::Malformed)?;
    let kind = Kind::from_byte(*kind).ok_or(ValueError::UnknownKind)?;
    Ok(Parts {
        kind,
        data_type: DataType::of_kind(kind).ok_or(ValueError::UnknownKind)?,
        hash_key_id: KeyId::from_bytes(*hash_key_id),
        tag,
        key_id: KeyId::from_bytes(*key_id),
        rest,
    })
}

/// What a value says of itself. Nothing of it is authenticated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Info {
    /// What it holds.
    pub kind: Kind,
    /// The type that it is of.
    pub data_type: DataType,
    /// The key that it was encrypted with.
    pub key_id: KeyId,
    /// The key that its tag was made with.
    pub hash_key_id: KeyId,
}

/// Reads what a value says of itself: whether it has the form of one, and which keys it needs.
///
/// # Errors
/// [`ValueError::Malformed`], [`ValueError::UnknownKind`].
pub fn inspect(value: &[u8]) -> Result<Info, ValueError> {
    let Parts {
        kind,
        data_type,
        key_id,
        hash_key_id,
        ..
    } = split(value)?;
    Ok(Info {
        kind,
        data_type,
        key_id,
        hash_key_id,
    })
}

/// As [`inspect`], of bytes that must be a value of this type.
///
/// # Errors
/// As [`inspect`]; a kind of another type is [`ValueError::UnknownKind`].
pub fn inspect_as(data_type: DataType, value: &[u8]) -> Result<Info, ValueError> {
    let info = inspect(value)?;
    match info.data_type == data_type {
        true => Ok(info),
        false => Err(ValueError::UnknownKind),
    }
}

/// Whether a value says that it holds a number, with or without what was written.
///
/// # Errors
/// [`ValueError::Malformed`], [`ValueError::UnknownKind`].
pub fn is_number(value: &[u8]) -> Result<bool, ValueError> {
    Ok(matches!(split(value)?.kind, Kind::Phone | Kind::Written))
}

/// Whether a value says that it holds an e-mail address.
///
/// # Errors
/// [`ValueError::Malformed`], [`ValueError::UnknownKind`].
pub fn is_address(value: &[u8]) -> Result<bool, ValueError> {
    Ok(split(value)?.kind == Kind::Address)
}

/// Whether a value says that it holds text that is neither.
///
/// # Errors
/// [`ValueError::Malformed`], [`ValueError::UnknownKind`].
pub fn is_text(value: &[u8]) -> Result<bool, ValueError> {
    Ok(matches!(split(value)?.kind, Kind::Text | Kind::NoAddress))
}

/// The bytes by which values are compared and ordered; fewer where the value is malformed.
#[inline]
#[must_use]
pub fn compared(value: &[u8]) -> &[u8] {
    let end = value.len().min(PROBE_LEN);
    value.get(HASH_KEY_ID..end).unwrap_or_default()
}
