//! Where plain text goes: what is asked of the connection, and what is recorded, depend on it.

/// Where the plain text goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Destination {
    /// To the client, by the SQL function of this name: subject to `require_tls`.
    Client(&'static str),
    /// A part of it, or a fact about it, to the client, by this function.
    Masked(&'static str),
    /// Nowhere: it is compared, hashed or encrypted again.
    Server,
}
