//! What whoever sets up an endpoint can do wrong. What a sender can do wrong is an [`Outcome`](super::Outcome).
//!
//! No message repeats what was given: it may be a secret.

/// The text is no key of the scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// There is nothing in it: anybody could sign.
    #[error("a webhook secret cannot be empty")]
    Empty,
    /// The scheme's secrets are base64, and this is not.
    #[error("this scheme's secrets are base64, and the given one is not")]
    NotBase64,
    /// The scheme has a public key of 32 bytes in base64, and this is none.
    #[error("not an Ed25519 public key in base64")]
    NotAPublicKey,
    /// The scheme has an X.509 certificate with an RSA key of 2048 bits or more, in PEM, and this is none.
    #[error("not an X.509 certificate in PEM with an RSA key of at least 2048 bits")]
    NotACertificate,
    /// A private key that only the sender should have.
    #[error("this is the sender's private key; the public one verifies")]
    PrivateKey,
}

/// No scheme has this name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown webhook scheme")]
pub struct UnknownScheme;
