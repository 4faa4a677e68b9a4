//! Where plain text goes: what is asked of the connection, and what is recorded, depend on it.

/// Where the plain text goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Destination {
    /// To the client, by the SQL function of this name: subject to `require_tls` and read budgets. Refused in a lockdown.
    Client(&'static str),
    /// A part of it, or a fact about it, to the client, by this function. Refused in a lockdown.
    Masked(&'static str),
    /// Nowhere, but an answer depends on it: it is compared, hashed or stored as something else. Refused in a lockdown.
    Server,
    /// Nowhere, and no answer depends on it but whether it can be opened: it is verified, or moved to another key.
    Storage,
}
