//! What became of a request.

use sha2::{Digest, Sha256};

/// Why a request is accepted or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// Signed with one of the keys, within the window.
    Ok,
    /// Not of the form that the provider sends: nothing could be checked.
    Malformed,
    /// Nothing that the scheme takes for a signature.
    NoSignature,
    /// No signature is right for this request under any of the keys, or what was signed is not this request.
    Signature,
    /// Rightly signed, too long ago.
    TooOld,
    /// Rightly signed, for a time that has not come.
    InTheFuture,
}

impl Reason {
    /// Every reason there is.
    pub const ALL: [Reason; 6] = [
        Reason::Ok,
        Reason::Malformed,
        Reason::NoSignature,
        Reason::Signature,
        Reason::TooOld,
        Reason::InTheFuture,
    ];

    /// A short name that stays the same from release to release.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Reason::Ok => "ok",
            Reason::Malformed => "malformed",
            Reason::NoSignature => "no_signature",
            Reason::Signature => "signature",
            Reason::TooOld => "too_old",
            Reason::InTheFuture => "in_the_future",
        }
    }
}

/// The outcome of [`verify`](super::verify).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Why.
    pub reason: Reason,
    /// What is known of the message; only of one whose signature is right.
    pub message: Option<Message>,
}

impl Outcome {
    /// Whether the request is the provider's, and timely.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.reason == Reason::Ok
    }

    pub(super) const fn refused(reason: Reason) -> Outcome {
        Outcome {
            reason,
            message: None,
        }
    }
}

/// A message whose signature is right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The time that was signed, in microseconds since 1970-01-01 00:00:00 UTC; none where the scheme signs none.
    pub signed_at_us: Option<i64>,
    /// What tells this message from every other one.
    pub replay_key: ReplayKey,
}

impl Message {
    /// The message's id or nonce, where the scheme signs one.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        match &self.replay_key {
            ReplayKey::Id(id) => Some(id),
            ReplayKey::Signed(_) => None,
        }
    }
}

/// What tells one message of an endpoint from every other, however it is sent again.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ReplayKey {
    /// The id or nonce that was signed with it.
    Id(String),
    /// The SHA-256 of what was signed, where there is no id in it.
    Signed([u8; 32]),
}

impl ReplayKey {
    /// The key in 32 bytes: what a store keeps. An id and signed bytes never give the same.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        let (kind, bytes): (&[u8], &[u8]) = match self {
            ReplayKey::Id(id) => (b"id\0", id.as_bytes()),
            ReplayKey::Signed(digest) => (b"signed\0", digest),
        };
        Sha256::new()
            .chain_update(kind)
            .chain_update(bytes)
            .finalize()
            .into()
    }
}
