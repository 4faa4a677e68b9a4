//! Why a text is no e-mail address.

/// What is wrong. The text is never repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// No `@`, or nothing before it.
    #[error("not an e-mail address: it has no local part and domain with @ between them")]
    Parts,
    /// More than 254 bytes, or more than 64 before the `@`.
    #[error("not an e-mail address: it is too long")]
    TooLong,
    /// A local part with characters or dots where none may be.
    #[error(
        "not an e-mail address: the part before the @ has a character that is not allowed there"
    )]
    Local,
    /// A domain that is none in the public DNS.
    #[error("not an e-mail address: the part after the @ is no domain name")]
    Domain,
}
