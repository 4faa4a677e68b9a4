//! What a value is made of.

use subtle::ConstantTimeEq;

use super::data_type::DataType;
use super::layout::TAG;
use crate::crypto::key::Key;
use crate::crypto::primitives::hmac_sha256::HmacKey;
use crate::crypto::value::{Kind, WRITTEN_CHECK};

/// The plain text of a value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Plain<'a> {
    /// A phone number in E.164.
    Number(&'a [u8]),
    /// A phone number, and what was written for it: an extension, words, a spelling.
    Written {
        /// The number in E.164.
        e164: &'a [u8],
        /// What was written.
        original: &'a str,
    },
    /// Text that is no phone number, in `encrypted_phone`.
    Text(&'a str),
    /// An e-mail address in its one spelling.
    Address(&'a str),
    /// Text that is no e-mail address, in `encrypted_email`.
    NoAddress(&'a str),
}

impl Plain<'_> {
    /// The kind of its value.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Plain::Number(_) => Kind::Phone,
            Plain::Written { .. } => Kind::Written,
            Plain::Text(_) => Kind::Text,
            Plain::Address(_) => Kind::Address,
            Plain::NoAddress(_) => Kind::NoAddress,
        }
    }

    /// The type of its value.
    #[must_use]
    pub fn data_type(&self) -> DataType {
        match self {
            Plain::Number(_) | Plain::Written { .. } | Plain::Text(_) => DataType::Phone,
            Plain::Address(_) | Plain::NoAddress(_) => DataType::Email,
        }
    }

    /// The tag under a hash key. A number's does not depend on how it was written.
    pub(super) fn tag(&self, hash_key: &Key) -> [u8; TAG] {
        let (kind, text) = match self {
            Plain::Number(e164) | Plain::Written { e164, .. } => (Kind::Phone, *e164),
            Plain::Text(text) | Plain::Address(text) | Plain::NoAddress(text) => {
                (self.kind(), text.as_bytes())
            }
        };
        short_tag(self.data_type().tag_key(hash_key), &[&[kind as u8], text])
    }

    /// The number of bytes that are encrypted.
    pub(super) fn len(&self) -> usize {
        match self {
            Plain::Number(e164) => e164.len(),
            Plain::Written { e164, original } => WRITTEN_CHECK + e164.len() + 1 + original.len(),
            Plain::Text(text) | Plain::Address(text) | Plain::NoAddress(text) => text.len(),
        }
    }

    /// Writes what is encrypted into exactly [`Plain::len`] bytes.
    pub(super) fn write(&self, hash_key: &Key, out: &mut [u8]) {
        match self {
            Plain::Number(e164) => out.copy_from_slice(e164),
            Plain::Text(text) | Plain::Address(text) | Plain::NoAddress(text) => {
                out.copy_from_slice(text.as_bytes());
            }
            Plain::Written { e164, original } => {
                let (check, rest) = out.split_at_mut(WRITTEN_CHECK);
                check.copy_from_slice(&written_check(hash_key, e164, original.as_bytes()));
                let (number, rest) = rest.split_at_mut(e164.len());
                number.copy_from_slice(e164);
                let (zero, rest) = rest.split_at_mut(1);
                zero.fill(0);
                rest.copy_from_slice(original.as_bytes());
            }
        }
    }
}

/// What stands in front of a number with its original. Without it, whoever may insert and read back could confirm
/// another row's original block by block: under one number the IV is the same.
pub(super) fn written_check(hash_key: &Key, e164: &[u8], original: &[u8]) -> [u8; WRITTEN_CHECK] {
    short_tag(
        hash_key.tag(),
        &[&[Kind::Written as u8], e164, b"\0", original],
    )
}

fn short_tag(key: &HmacKey, parts: &[&[u8]]) -> [u8; TAG] {
    let mut short = [0; TAG];
    short.copy_from_slice(&key.tag(parts)[..TAG]);
    short
}

/// Compares in constant time.
pub(super) fn is_same(left: &[u8; TAG], right: &[u8; TAG]) -> bool {
    u128::from_ne_bytes(*left)
        .ct_eq(&u128::from_ne_bytes(*right))
        .into()
}
