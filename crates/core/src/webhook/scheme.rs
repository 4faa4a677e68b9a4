//! What every scheme has.

use super::error::KeyError;
use super::key::Key;
use super::outcome::Reason;
use super::request::Request;
use super::signed::Signed;

/// How one provider signs its webhooks.
pub trait Scheme: Sync {
    /// Its name in SQL.
    fn name(&self) -> &'static str;

    /// Whether a time is signed. Where none is, a message stays right for ever, and only a store of those seen can tell
    /// a replay.
    fn signs_time(&self) -> bool;

    /// A key from the text that the provider shows: most take its bytes as they are.
    ///
    /// # Errors
    /// [`KeyError`] where the text cannot be a key of this scheme.
    fn key(&self, secret: &str) -> Result<Key, KeyError> {
        Key::text(secret)
    }

    /// Finds what was signed.
    #[doc(hidden)]
    fn read<'a>(&self, request: &Request<'a>) -> Result<Signed<'a>, Reason>;
}
