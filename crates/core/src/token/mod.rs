//! API tokens: `<prefix>_<id>_<secret><checksum>`.
//!
//! The id is public and finds the stored row; only the SHA-256 of the secret is stored. The prefix and the checksum let
//! a scanner recognise a leaked token, and let a text that was never a token be refused without a look-up.

mod base62;
mod crc32;
mod error;
mod generate;
mod parse;
mod scopes;
mod secret_hash;

pub use error::{MAX_SCOPE_BYTES, MalformedToken, PrefixError, ScopeError};
pub use generate::{NewToken, generate};
pub use parse::{ID_LEN, ParsedToken, Prefix, SECRET_LEN, TokenId, parse};
pub use scopes::{Scope, covers};
pub use secret_hash::SecretHash;
