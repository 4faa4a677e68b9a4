//! Reading a token that a client shows: any bytes, of any length.

use super::base62::{is_base62, six_digits};
use super::crc32::crc32;
use super::error::{MalformedToken, PrefixError};
use super::secret_hash::SecretHash;

/// Characters of an id.
pub const ID_LEN: usize = 12;

/// Characters of a secret: 256 bits of base 62.
pub const SECRET_LEN: usize = 43;

const CHECKSUM_LEN: usize = 6;
const SECRET_AND_CHECKSUM_LEN: usize = SECRET_LEN + CHECKSUM_LEN;

/// What a token begins with: 2 to 16 of `a-z0-9`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prefix<'a>(&'a str);

impl<'a> Prefix<'a> {
    /// The prefix of tokens unless another is chosen.
    pub const DEFAULT: Prefix<'static> = Prefix("pc");

    /// A checked prefix.
    ///
    /// # Errors
    /// [`PrefixError`] for another length or any other character.
    pub fn parse(text: &'a str) -> Result<Prefix<'a>, PrefixError> {
        if is_prefix(text.as_bytes()) {
            Ok(Prefix(text))
        } else {
            Err(PrefixError)
        }
    }

    /// The prefix as text.
    #[must_use]
    pub const fn as_str(&self) -> &'a str {
        self.0
    }
}

fn is_prefix(text: &[u8]) -> bool {
    (2..=16).contains(&text.len())
        && text
            .iter()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9'))
}

/// The public part of a token: 12 base62 characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenId([u8; ID_LEN]);

impl TokenId {
    /// An id as it is stored.
    ///
    /// # Errors
    /// [`MalformedToken`] for anything but 12 base62 characters.
    pub fn parse(text: &[u8]) -> Result<TokenId, MalformedToken> {
        let id = text.try_into().map_err(|_| MalformedToken)?;
        if is_base62(text) {
            Ok(TokenId(id))
        } else {
            Err(MalformedToken)
        }
    }

    pub(super) fn from_digits(digits: &[u8; ID_LEN]) -> TokenId {
        debug_assert!(is_base62(digits));
        TokenId(*digits)
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// A token whose form and checksum are right. Whether it was ever issued is another question.
///
/// It has no `Debug`: it holds the secret.
pub struct ParsedToken<'a> {
    id: TokenId,
    secret: &'a [u8],
}

impl ParsedToken<'_> {
    /// The id, to find the stored row by.
    #[must_use]
    pub const fn id(&self) -> TokenId {
        self.id
    }

    /// What the row must hold.
    #[must_use]
    pub fn secret_hash(&self) -> SecretHash {
        SecretHash::of(self.secret)
    }
}

/// Reads a token.
///
/// # Errors
/// [`MalformedToken`] for everything else, whatever is wrong with it.
pub fn parse(text: &[u8]) -> Result<ParsedToken<'_>, MalformedToken> {
    let mut parts = text.splitn(3, |byte| *byte == b'_');
    let (Some(prefix), Some(id), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(MalformedToken);
    };
    if !is_prefix(prefix) || rest.len() != SECRET_AND_CHECKSUM_LEN || !is_base62(rest) {
        return Err(MalformedToken);
    }
    let id = TokenId::parse(id)?;
    let (checked, checksum) = text.split_at(text.len() - CHECKSUM_LEN);
    if six_digits(crc32(checked)) != checksum {
        return Err(MalformedToken);
    }
    let secret = &rest[..SECRET_LEN];
    Ok(ParsedToken { id, secret })
}
