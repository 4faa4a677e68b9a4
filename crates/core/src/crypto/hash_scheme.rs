//! How a number's hash is keyed, and which ways are in use.

/// One way of keying the hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HashScheme {
    /// Under a subkey derived for hashing, optionally bound to a context.
    Derived,
    /// Under the key text as written, as the legacy system did. There is no context.
    Raw,
}

/// The schemes in use, the one that new hashes are written with first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashSchemes {
    first: HashScheme,
    second: Option<HashScheme>,
}

/// The text names no list of hash schemes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the hash scheme is none of derived; raw; derived,raw; raw,derived")]
pub struct HashSchemesError;

impl HashSchemes {
    /// Reads `derived`, `raw`, `derived,raw` or `raw,derived`.
    ///
    /// # Errors
    /// [`HashSchemesError`] for anything else.
    pub fn parse(text: &str) -> Result<HashSchemes, HashSchemesError> {
        use HashScheme::{Derived, Raw};
        let (first, second) = match text {
            "derived" => (Derived, None),
            "raw" => (Raw, None),
            "derived,raw" => (Derived, Some(Raw)),
            "raw,derived" => (Raw, Some(Derived)),
            _ => return Err(HashSchemesError),
        };
        Ok(HashSchemes { first, second })
    }

    /// The text that [`HashSchemes::parse`] reads.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match (self.first, self.second) {
            (HashScheme::Derived, None) => "derived",
            (HashScheme::Raw, None) => "raw",
            (HashScheme::Derived, Some(_)) => "derived,raw",
            (HashScheme::Raw, Some(_)) => "raw,derived",
        }
    }

    /// The scheme that new hashes are written with.
    #[must_use]
    pub fn first(&self) -> HashScheme {
        self.first
    }

    /// All of them, the first one first.
    pub fn iter(&self) -> impl Iterator<Item = HashScheme> + use<> {
        [Some(self.first), self.second].into_iter().flatten()
    }
}

impl Default for HashSchemes {
    /// `derived` alone.
    fn default() -> HashSchemes {
        HashSchemes {
            first: HashScheme::Derived,
            second: None,
        }
    }
}
