//! Encrypted values: bytes in [`sealed`], their form as text in `text`.
//!
//! ```text
//! sealed = kind[1] | key_id[4] | E | T[32]
//! text   = hex(IV[16]) ":" hex(sealed), both in lower case
//! E = AES-256-CBC with PKCS#7 padding
//! A = kind | key_id | context
//! T = HMAC-SHA-256(MAC key, A | IV | E | length of A in bits as 8 bytes, big-endian)
//! ```
//!
//! This is the encrypt-then-MAC construction of draft-mcgrew-aead-aes-cbc-hmac-sha2 and RFC 7518 §5.2,
//! with HMAC-SHA-256 and its whole tag.

pub mod sealed;

mod info;
mod text;

pub use info::{ValueInfo, inspect};
pub use text::{Reencrypted, decrypt_into, encrypt_into, encrypted_len, reencrypt_into};

use crate::crypto::key::{Key, SealKey};
use crate::crypto::key_id::KeyId;
use crate::crypto::primitives::hmac_sha256::TAG;

/// Bytes before the encrypted part: kind and key id.
pub const HEADER: usize = 5;
/// Bytes around the encrypted part.
pub const OVERHEAD: usize = HEADER + TAG;

/// What a value holds. A reader takes its own kind only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// A phone number in E.164, with its `+`.
    Phone = 1,
    /// Any UTF-8 text.
    Text = 2,
    /// An e-mail address in its one spelling. Sealed under a subkey of its own.
    Address = 3,
    /// A phone number with what was written: a check, the E.164 text, a zero byte, the original. Inside
    /// `encrypted_phone` only.
    Written = 4,
    /// A webhook endpoint's secret or public key, UTF-8 text. Sealed under a subkey of its own.
    WebhookSecret = 5,
    /// Text that is no e-mail address, inside `encrypted_email` only. Sealed as an address is.
    NoAddress = 6,
}

impl Kind {
    pub(super) fn from_byte(byte: u8) -> Option<Kind> {
        match byte {
            1 => Some(Kind::Phone),
            2 => Some(Kind::Text),
            3 => Some(Kind::Address),
            4 => Some(Kind::Written),
            5 => Some(Kind::WebhookSecret),
            6 => Some(Kind::NoAddress),
            _ => None,
        }
    }

    /// The subkey that values of this kind are sealed with.
    fn seal_key(self, key: &Key) -> &SealKey {
        match self {
            Kind::Phone | Kind::Text | Kind::Written => key.numbers_and_texts(),
            Kind::Address | Kind::NoAddress => key.addresses(),
            Kind::WebhookSecret => key.webhook_secrets(),
        }
    }

    /// Whether plain text has the form of this kind.
    ///
    /// A number's length is left to the writer, who had the metadata: refusing here what was once
    /// written would lose it.
    fn allows(self, plain: &[u8]) -> bool {
        match self {
            Kind::Phone => is_number(plain),
            Kind::Text | Kind::WebhookSecret | Kind::NoAddress => {
                std::str::from_utf8(plain).is_ok()
            }
            Kind::Address => plain.contains(&b'@') && std::str::from_utf8(plain).is_ok(),
            Kind::Written => written_parts(plain).is_some_and(|parts| {
                is_number(parts.e164) && std::str::from_utf8(parts.original).is_ok()
            }),
        }
    }
}

fn is_number(text: &[u8]) -> bool {
    match text {
        [b'+', digits @ ..] => !digits.is_empty() && digits.iter().all(u8::is_ascii_digit),
        _ => false,
    }
}

/// Bytes of the check at the front of a [`Kind::Written`]'s plain text.
pub(super) const WRITTEN_CHECK: usize = 16;

/// The plain text of a [`Kind::Written`], taken apart.
pub(super) struct WrittenParts<'a> {
    pub check: &'a [u8; WRITTEN_CHECK],
    pub e164: &'a [u8],
    pub original: &'a [u8],
}

/// None where it has not that form.
pub(super) fn written_parts(plain: &[u8]) -> Option<WrittenParts<'_>> {
    let (check, rest) = plain.split_first_chunk()?;
    let end = rest.iter().position(|byte| *byte == 0)?;
    let (e164, original) = (rest.get(..end)?, rest.get(end + 1..)?);
    Some(WrittenParts {
        check,
        e164,
        original,
    })
}

/// Why a value cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// The text has not the form of a value.
    #[error("not a phone_crypt value: expected iv:encrypted_data in lower-case hexadecimal")]
    Malformed,
    /// The form is that of a legacy system's value, which carries no tag.
    #[error("not a phone_crypt value: it is not authenticated, as values of a legacy system")]
    Unauthenticated,
    /// A kind that this version does not know.
    #[error("not a phone_crypt value: its kind is unknown")]
    UnknownKind,
    /// The key that it was encrypted with is not in the ring.
    #[error("the value was encrypted under key {0}, which is not configured")]
    UnknownKey(KeyId),
    /// The key that its tag was made with is not in the ring.
    #[error("the value was hashed under key {0}, which is not configured")]
    UnknownHashKey(KeyId),
    /// Changed, moved from another context, or of another kind: one text whatever the cause.
    #[error("the value failed authentication")]
    NotAuthentic,
}
