//! The number that is to be forgotten, and whether something stored is that number.

use phone_crypt_core::crypto::encrypted_phone::Plain;
use phone_crypt_core::crypto::{self, Kind, ValueError, ValueInfo};
use phone_crypt_core::phone::{self, Regions, read_naive};
use zeroize::Zeroizing;

use crate::cipher::stats::Operation;
use crate::cipher::{self, Destination, is_read_as_legacy, with_scratch};
use crate::columns::registry::Column;
use crate::e164::with_e164;
use crate::error::{Error, Result};
use crate::pg::text::Text;
use crate::regions::{Chosen, with_default, with_list};

/// A number in E.164.
pub struct Number(Zeroizing<Vec<u8>>);

/// What an encrypted value turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sealed {
    /// The number.
    Same,
    /// Something else.
    Other,
    /// Nothing that any key opens.
    Unreadable,
    /// A value of an earlier system, which the settings do not let be read.
    Earlier,
}

impl Number {
    /// The number in a text.
    ///
    /// Errors: not a phone number, or an unknown region, 22023; default regions that differ from the pin, 55000.
    pub fn of(phone: Text<'_>, regions: &Chosen<'_>) -> Result<Number> {
        with_e164(phone, regions, Operation::Hash, |e164| {
            Ok(Number(Zeroizing::new(e164.to_vec())))
        })
    }

    /// As the plain text of a value.
    pub fn plain(&self) -> Plain<'_> {
        Plain::Number(&self.0)
    }

    /// Whether a text means this number, under the default regions.
    ///
    /// Errors: default regions that differ from the pin, 55000.
    pub fn is_text_of(&self, text: &str) -> Result<bool> {
        with_default(|regions| {
            Ok(phone::normalize(text, regions)
                .is_ok_and(|e164| e164.as_bytes() == self.0.as_slice()))
        })
    }

    /// Its hashes under every configured key and both schemes.
    ///
    /// Errors: no key, 55000.
    pub fn hashes(&self, context: &str) -> Result<Vec<String>> {
        let hashes = cipher::every_hash(&self.0, context.as_bytes())?;
        let texts = hashes.iter().map(|hash| String::from_utf8_lossy(hash));
        Ok(texts.map(|hash| hash.into_owned()).collect())
    }

    /// Whether a text of a column says this number, as the column's conversion reads it.
    pub fn is_written(&self, text: &str, column: &Column) -> Result<bool> {
        let is_same = |regions: &Regions| {
            let read = read_naive(text, regions);
            Ok(read.is_ok_and(|read| read.e164().as_bytes() == self.0.as_slice()))
        };
        match &column.regions {
            Some(list) => with_list(list, is_same),
            None => with_default(is_same),
        }
    }

    /// Whether an encrypted number is this one.
    ///
    /// Errors: its key is not configured, 55000.
    pub fn is_sealed(&self, value: &[u8], context: &str, column: &Column) -> Result<Sealed> {
        let is_legacy = matches!(crypto::inspect(value), Ok(ValueInfo::Legacy));
        if is_legacy && !is_read_as_legacy(value, context.as_bytes()) {
            return Ok(Sealed::Earlier);
        }
        with_scratch(|plain| {
            match cipher::open_phone(value, context.as_bytes(), Destination::Server, plain) {
                Ok(()) if plain.as_slice() == self.0.as_slice() => Ok(Sealed::Same),
                Ok(()) if is_legacy => self.is_text(plain, column),
                Ok(()) => Ok(Sealed::Other),
                Err(error) => unreadable(error),
            }
        })
    }

    /// Whether an encrypted text says this number.
    ///
    /// Errors: its key is not configured, 55000.
    pub fn is_sealed_text(&self, value: &[u8], context: &str, column: &Column) -> Result<Sealed> {
        with_scratch(|plain| {
            let opened = cipher::open(
                Kind::Text,
                value,
                context.as_bytes(),
                Destination::Server,
                plain,
            );
            match opened {
                Ok(()) => self.is_text(plain, column),
                Err(error) => unreadable(error),
            }
        })
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
                Err(error) => unreadable(error).map(|_| false),
            }
        })
    }

    fn is_text(&self, plain: &[u8], column: &Column) -> Result<Sealed> {
        let text = String::from_utf8_lossy(plain);
        match self.is_written(&text, column)? {
            true => Ok(Sealed::Same),
            false => Ok(Sealed::Other),
        }
    }
}

/// Nobody can read such a value, so it says nothing of anybody. One whose key is missing may.
fn unreadable(error: Error) -> Result<Sealed> {
    match error {
        Error::Value(ValueError::UnknownKey(_)) => Err(error),
        error if error.is_fault_of_the_value() => Ok(Sealed::Unreadable),
        error => Err(error),
    }
}
