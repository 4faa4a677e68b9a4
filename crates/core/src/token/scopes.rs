//! What a token may do: scopes such as `calls:read`, and `calls:*` for everything that begins with `calls:`.

use super::error::{MAX_SCOPE_BYTES, ScopeError};

/// A scope that a token can have: the characters of RFC 6749 §3.3, with `*` alone or after the last `:`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scope<'a>(&'a str);

impl<'a> Scope<'a> {
    /// A checked scope.
    ///
    /// # Errors
    /// [`ScopeError`] says which rule does not hold.
    pub fn parse(text: &'a str) -> Result<Scope<'a>, ScopeError> {
        if !(1..=MAX_SCOPE_BYTES).contains(&text.len()) {
            return Err(ScopeError::Length);
        }
        if !text
            .bytes()
            .all(|byte| matches!(byte, 0x21 | 0x23..=0x5B | 0x5D..=0x7E))
        {
            return Err(ScopeError::Character);
        }
        let before_wildcard = text.strip_suffix('*').unwrap_or(text);
        let is_last_part = before_wildcard.is_empty() || before_wildcard.ends_with(':');
        if before_wildcard.contains('*') || (before_wildcard.len() < text.len() && !is_last_part) {
            return Err(ScopeError::Wildcard);
        }
        Ok(Scope(text))
    }

    /// The scope as text.
    #[must_use]
    pub const fn as_str(&self) -> &'a str {
        self.0
    }

    /// Whether a token with this scope may do what asks for `required`.
    ///
    /// `calls:*` covers `calls:read`, `calls:read:own` and `calls:*`, but not `calls`; `*` covers everything.
    #[must_use]
    pub fn covers(&self, required: Scope<'_>) -> bool {
        match self.0.strip_suffix('*') {
            Some(beginning) => {
                required.0.len() > beginning.len() && required.0.starts_with(beginning)
            }
            None => self.0 == required.0,
        }
    }
}

/// Whether any of the scopes `granted` covers `required`. What is no scope covers nothing and is covered by nothing.
#[must_use]
pub fn covers<'a>(granted: impl IntoIterator<Item = &'a str>, required: &str) -> bool {
    let Ok(required) = Scope::parse(required) else {
        return false;
    };
    let mut granted = granted.into_iter().flat_map(Scope::parse);
    granted.any(|scope| scope.covers(required))
}
