//! The number that is to be forgotten, and whether something stored is that number.

use phone_crypt_core::crypto::{Kind, ValueError};
use zeroize::Zeroizing;

use crate::cipher::stats::Operation;
use crate::cipher::{self, Destination, with_scratch};
use crate::erasure::error::{Error, Result};
use crate::pg::SqlError;
use crate::pg::text::Text;
use crate::phone::e164::with_e164;
use crate::phone::regions::Chosen;

/// A number in E.164.
pub struct Number(Zeroizing<Vec<u8>>);

impl Number {
    /// The number in a text.
    ///
    /// Errors: not a phone number, or an unknown region, 22023; default regions that differ from the pin, 55000.
    pub fn of(phone: Text<'_>, regions: &Chosen<'_>) -> Result<Number> {
        with_e164(phone, regions, Operation::Hash, |e164| {
            Ok(Number(Zeroizing::new(e164.to_vec())))
        })
    }

    /// Its E.164 form.
    pub fn e164(&self) -> &[u8] {
        &self.0
    }

    /// Its hashes under every configured key and both schemes.
    ///
    /// Errors: no key, 55000.
    pub fn hashes(&self, context: &str) -> Result<Vec<String>> {
        let hashes = cipher::every_hash(&self.0, context.as_bytes())?;
        let texts = hashes.iter().map(|hash| String::from_utf8_lossy(hash));
        Ok(texts.map(|hash| hash.into_owned()).collect())
    }

    /// The same without a context, as they are.
    ///
    /// Errors: no key, 55000.
    pub fn every_hash(&self) -> Result<Vec<cipher::Hash>> {
        Ok(cipher::every_hash(&self.0, b"")?)
    }

    /// Whether an encrypted number of the extension's own tables is this one.
    ///
    /// Errors: its key is not configured, 55000.
    pub fn is_in(&self, value: &[u8], context: &str) -> Result<bool> {
        with_scratch(|plain| {
            let opened = cipher::open(
                Kind::Phone,
                value,
                context.as_bytes(),
                Destination::Server,
                plain,
            );
            match opened {
                Ok(()) => Ok(plain.as_slice() == self.0.as_slice()),
                Err(error) => unreadable(error.into()),
            }
        })
    }
}

/// Nobody can read such a value, so it says nothing of anybody. One whose key is missing may.
fn unreadable(error: Error) -> Result<bool> {
    match error {
        Error::Cipher(cipher::error::Error::Value(ValueError::UnknownKey(_))) => Err(error),
        error if error.is_fault_of_the_value() => Ok(false),
        error => Err(error),
    }
}
