//! The number that is to be sent to, and what its numbering plan tells of it.

use phone_crypt_core::crypto::HASH_LEN;
use phone_crypt_core::crypto::encrypted_phone::Plain;
use phone_crypt_core::phone::{self, E164, PhoneType, Plan, Regions};
use phone_crypt_core::sending::{Blocks, LineType};

use super::error::Result;
use crate::cipher::{self, Destination, Hash};
use crate::encrypted_type::Value;
use crate::pg::SqlError;
use crate::pg::text::Text;
use crate::phone::error::Error as PhoneError;
use crate::phone::regions::Chosen;

/// The label of keyed hashes of blocks.
const BLOCK: &[u8] = b"block";

/// A number, in this call's memory.
pub struct Number {
    e164: E164,
    /// Its hash, as `phone_hash` gives it.
    pub hash: Hash,
    /// A keyed hash of the digits that it shares with the 1,000 numbers around it.
    pub block_of_1000: Hash,
    /// Its region, such as `AU`; `001` for one of no single region.
    pub region: Option<&'static str>,
    /// Its sort.
    pub line_type: LineType,
    /// Whether its numbering plan assigns it.
    pub is_valid: bool,
}

impl Number {
    /// The number in a text, read under the default regions; None where there is none.
    ///
    /// Errors: no key, or keys or default regions that differ from the pin, 55000.
    pub fn in_text(text: Text<'_>) -> Result<Option<Number>> {
        let is_e164 = phone::is_e164(text.bytes());
        let text = text.or_empty();
        let normalized = match is_e164 {
            // No region has a part in it, so none is looked up.
            true => phone::normalize(&text, &Regions::none()).map_err(PhoneError::from),
            false => Chosen::Default.with(&text, |regions| {
                phone::normalize(&text, regions).map_err(PhoneError::from)
            }),
        };
        match normalized {
            Ok(e164) => Number::of(e164).map(Some),
            Err(error) if error.is_fault_of_the_value() => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The number of an encrypted value; None where that is text that is no number.
    ///
    /// Errors: malformed, 22P02; not authentic, 22000; as [`Number::in_text`].
    pub fn in_value(value: Value<'_>) -> Result<Option<Number>> {
        cipher::open_typed(value.bytes(), Destination::Server, |plain| {
            let (Plain::Number(e164) | Plain::Written { e164, .. }) = *plain else {
                return Ok(None);
            };
            let text = std::str::from_utf8(e164).unwrap_or_default();
            match phone::normalize(text, &Regions::none()) {
                Ok(e164) => Number::of(e164).map(Some),
                Err(_) => Ok(None),
            }
        })
    }

    fn of(e164: E164) -> Result<Number> {
        let mut hash = [0; HASH_LEN];
        cipher::hash(e164.as_bytes(), b"", &mut hash)?;
        let Plan { region, phone_type } = Plan::of(&e164);
        Ok(Number {
            e164,
            hash,
            block_of_1000: cipher::labelled_hash(
                BLOCK,
                Blocks::of(digits(&e164)).of_1000.as_bytes(),
            )?,
            region,
            line_type: LineType::of(digits(&e164), phone_type),
            // A numbering plan gives each number that it assigns a type.
            is_valid: phone_type != PhoneType::Unknown,
        })
    }

    /// The number in E.164.
    pub fn e164(&self) -> &[u8] {
        self.e164.as_bytes()
    }

    /// The time zones where its line may be.
    pub fn time_zones(&self) -> Vec<&'static str> {
        phone::parse(self.e164.as_str(), &Regions::none())
            .map(|phone| phone.time_zones())
            .unwrap_or_default()
    }

    /// Its digits, with the calling code, without `+`.
    pub fn digits(&self) -> &str {
        digits(&self.e164)
    }

    /// A keyed hash of the digits that it shares with the 10,000 numbers around it.
    ///
    /// Errors: no key, or keys that differ from the pin, 55000.
    pub fn block_of_10000(&self) -> Result<Hash> {
        let digits = Blocks::of(self.digits()).of_10000;
        Ok(cipher::labelled_hash(BLOCK, digits.as_bytes())?)
    }
}

fn digits(e164: &E164) -> &str {
    e164.as_str().trim_start_matches('+')
}
