//! What can be locked down.

/// Calls that are stopped together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Scope {
    /// Whatever gives plain text, or compares numbers with guesses.
    Decrypt = 1,
    /// Verifying API tokens.
    Tokens = 2,
    /// Asking whether something may be sent.
    Sending = 4,
}

const ALL: [Scope; 3] = [Scope::Decrypt, Scope::Tokens, Scope::Sending];

impl Scope {
    /// The scope of this name.
    pub fn of_name(name: &str) -> Option<Scope> {
        ALL.into_iter().find(|scope| scope.as_str() == name)
    }

    fn as_str(self) -> &'static str {
        match self {
            Scope::Decrypt => "decrypt",
            Scope::Tokens => "tokens",
            Scope::Sending => "sending",
        }
    }
}

/// Some scopes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scopes(u8);

impl Scopes {
    /// Those that [`Scopes::bits`] gave.
    pub fn of_bits(bits: u8) -> Scopes {
        Scopes(bits)
    }

    /// As a number, for an atomic.
    pub fn bits(self) -> u8 {
        self.0
    }

    /// This one, too.
    pub fn add(&mut self, scope: Scope) {
        self.0 |= scope as u8;
    }

    /// Whether this is one of them.
    #[inline]
    pub fn contains(self, scope: Scope) -> bool {
        self.0 & scope as u8 != 0
    }
}
