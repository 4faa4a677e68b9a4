//! What a value is made of.

use subtle::ConstantTimeEq;

use super::layout::TAG;
use crate::crypto::key::Key;
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
    /// Text that is no phone number.
    Text(&'a str),
}

impl Plain<'_> {
    /// The kind of its value.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Plain::Number(_) => Kind::Phone,
            Plain::Written { .. } => Kind::Written,
            Plain::Text(_) => Kind::Text,
        }
    }

    /// The tag under a hash key. A number's does not depend on how it was written.
    pub(super) fn tag(&self, hash_key: &Key) -> [u8; TAG] {
        match self {
            Plain::Number(e164) | Plain::Written { e164, .. } => {
                short_tag(hash_key, &[&[Kind::Phone as u8], e164])
            }
            Plain::Text(text) => short_tag(hash_key, &[&[Kind::Text as u8], text.as_bytes()]),
        }
    }

    /// The number of bytes that are encrypted.
    pub(super) fn len(&self) -> usize {
        match self {
            Plain::Number(e164) => e164.len(),
            Plain::Written { e164, original } => WRITTEN_CHECK + e164.len() + 1 + original.len(),
            Plain::Text(text) => text.len(),
        }
    }

    /// Writes what is encrypted into exactly [`Plain::len`] bytes.
    pub(super) fn write(&self, hash_key: &Key, out: &mut [u8]) {
        match self {
            Plain::Number(e164) => out.copy_from_slice(e164),
            Plain::Text(text) => out.copy_from_slice(text.as_bytes()),
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
    short_tag(hash_key, &[&[Kind::Written as u8], e164, b"\0", original])
}

fn short_tag(hash_key: &Key, parts: &[&[u8]]) -> [u8; TAG] {
    let mut short = [0; TAG];
    short.copy_from_slice(&hash_key.tag().tag(parts)[..TAG]);
    short
}

/// Compares in constant time.
pub(super) fn is_same(left: &[u8; TAG], right: &[u8; TAG]) -> bool {
    u128::from_ne_bytes(*left)
        .ct_eq(&u128::from_ne_bytes(*right))
        .into()
}
