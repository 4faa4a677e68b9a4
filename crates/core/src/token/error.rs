//! What can be wrong with a token, its prefix or a scope. No message repeats what was given.

/// Bytes of the longest scope.
pub const MAX_SCOPE_BYTES: usize = 128;

/// The text is not a token, or its checksum does not hold: no token that was ever issued reads like that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an API token")]
pub struct MalformedToken;

/// The text cannot begin a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a token prefix has 2 to 16 characters, a-z and 0-9")]
pub struct PrefixError;

/// The text is no scope that a token can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ScopeError {
    /// Nothing in it, or more than [`MAX_SCOPE_BYTES`].
    #[error("a scope has 1 to {MAX_SCOPE_BYTES} characters")]
    Length,
    /// A space, a quote, a backslash, a control character, or something that is not ASCII.
    #[error(
        "a scope consists of printable ASCII characters without spaces, quotes and backslashes"
    )]
    Character,
    /// A `*` that is not everything after the last `:`.
    #[error("a * in a scope stands alone or after its last colon, as in calls:*")]
    Wildcard,
}
