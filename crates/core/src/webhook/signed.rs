//! What a scheme finds in a request.

use std::borrow::Cow;

use super::outcome::Reason;
use super::proof::Proof;

/// The most signatures that are tried of one request, so that a sender cannot buy work with a long header.
pub const MAX_SIGNATURES: usize = 32;

/// The longest id or nonce, in bytes.
const MAX_ID_BYTES: usize = 256;

/// What was signed, and the signatures.
pub struct Signed<'a> {
    /// The id or nonce, if one is part of what was signed.
    pub id: Option<Cow<'a, str>>,
    /// The times that are part of what was signed.
    pub times: SignedTimes,
    /// The ways to read the request, any of which may be the one that was signed.
    pub readings: Vec<Reading<'a>>,
}

/// Times in microseconds since 1970-01-01 00:00:00 UTC.
#[derive(Debug, Clone, Copy, Default)]
pub struct SignedTimes {
    /// When it was signed: must lie within the window.
    pub signed_at_us: Option<i64>,
    /// Before this the signature does not hold yet.
    pub not_before_us: Option<i64>,
    /// From this on the signature does not hold any more.
    pub expires_us: Option<i64>,
}

impl SignedTimes {
    /// Only the time of signing.
    pub fn at(signed_at_us: i64) -> SignedTimes {
        SignedTimes {
            signed_at_us: Some(signed_at_us),
            ..SignedTimes::default()
        }
    }
}

/// One way to read a request.
pub struct Reading<'a> {
    /// What was signed, in parts with nothing between them.
    pub parts: Vec<Cow<'a, [u8]>>,
    /// How.
    pub proof: Proof,
    /// The signatures, any of which may be right.
    pub signatures: Vec<Cow<'a, str>>,
}

impl<'a> Signed<'a> {
    /// One reading, with a time or without.
    pub fn new(
        times: SignedTimes,
        parts: Vec<Cow<'a, [u8]>>,
        proof: Proof,
        signatures: Vec<&'a str>,
    ) -> Signed<'a> {
        let reading = Reading {
            parts,
            proof,
            signatures: borrowed(signatures),
        };
        Signed {
            id: None,
            times,
            readings: vec![reading],
        }
    }

    /// With the id that was signed.
    pub fn with_id(self, id: impl Into<Cow<'a, str>>) -> Signed<'a> {
        Signed {
            id: Some(id.into()),
            ..self
        }
    }
}

/// Signatures as they stand in a header.
pub fn borrowed<'a>(signatures: impl IntoIterator<Item = &'a str>) -> Vec<Cow<'a, str>> {
    signatures.into_iter().map(Cow::Borrowed).collect()
}

/// Text as a part of what was signed.
pub fn part(text: &str) -> Cow<'_, [u8]> {
    Cow::Borrowed(text.as_bytes())
}

/// An id or nonce between dots: neither empty nor with a dot in it, or what was signed could be cut at another place.
pub fn dotless_id(id: &str) -> Result<&str, Reason> {
    if (1..=MAX_ID_BYTES).contains(&id.len()) && !id.contains('.') {
        Ok(id)
    } else {
        Err(Reason::Malformed)
    }
}

/// An id in a place of its own.
pub fn delimited_id(id: &str) -> Result<&str, Reason> {
    if (1..=MAX_ID_BYTES).contains(&id.len()) {
        Ok(id)
    } else {
        Err(Reason::Malformed)
    }
}
