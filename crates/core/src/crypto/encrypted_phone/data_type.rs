//! The data types: one layout and one machine, keys and kinds of their own.

use crate::crypto::key::Key;
use crate::crypto::primitives::hmac_sha256::HmacKey;
use crate::crypto::value::Kind;

/// Bytes in front of the hash key id in a context: the type's name and 1F.
pub(super) const CONTEXT_BASE: usize = 16;

/// A data type of encrypted values. No kind of value is of both, and no key makes or opens values of both, so bytes of one are
/// never taken for the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataType {
    /// `encrypted_phone`.
    Phone,
    /// `encrypted_email`.
    Email,
}

impl DataType {
    /// The type that holds values of this kind.
    #[must_use]
    pub fn of_kind(kind: Kind) -> Option<DataType> {
        match kind {
            Kind::Phone | Kind::Text | Kind::Written => Some(DataType::Phone),
            Kind::Address | Kind::NoAddress => Some(DataType::Email),
            Kind::WebhookSecret => None,
        }
    }

    /// The name in SQL.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            DataType::Phone => "encrypted_phone",
            DataType::Email => "encrypted_email",
        }
    }

    /// The type of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<DataType> {
        [DataType::Phone, DataType::Email]
            .into_iter()
            .find(|data_type| data_type.name() == name)
    }

    /// What the context of every value begins with.
    pub(super) fn context_base(self) -> &'static [u8; CONTEXT_BASE] {
        match self {
            DataType::Phone => b"encrypted_phone\x1f",
            DataType::Email => b"encrypted_email\x1f",
        }
    }

    /// What the text of every value begins with.
    pub(super) fn prefix(self) -> &'static [u8; 3] {
        match self {
            DataType::Phone => b"ep:",
            DataType::Email => b"ee:",
        }
    }

    /// The key of the tags.
    pub(super) fn tag_key(self, key: &Key) -> &HmacKey {
        match self {
            DataType::Phone => key.tag(),
            DataType::Email => key.address_tag(),
        }
    }
}
