//! The number that is to be sent to, and what its numbering plan tells of it.

use phone_crypt_core::crypto::HASH_LEN;
use phone_crypt_core::crypto::encrypted_phone::Plain;
use phone_crypt_core::phone::{self, E164, ParsedPhone, PhoneType, Regions};
use phone_crypt_core::sending::{Blocks, LineType};

use super::error::Result;
use crate::cipher::{self, Destination, Hash};
use crate::encrypted_phone::Value;
use crate::pg::SqlError;
use crate::pg::text::Text;
use crate::phone::error::Error as PhoneError;
use crate::phone::regions::Chosen;

/// A number, in this call's memory.
pub struct Number {
    e164: E164,
    /// Its hash, as `phone_hash` gives it.
    pub hash: Hash,
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
        let text = text.or_empty();
        let parsed = Chosen::Default.with(&text, |regions| {
            phone::parse(&text, regions).map_err(PhoneError::from)
        });
        match parsed {
            Ok(phone) => Number::of(&phone).map(Some),
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
            match phone::parse(text, &Regions::none()) {
                Ok(phone) => Number::of(&phone).map(Some),
                Err(_) => Ok(None),
            }
        })
    }

    fn of(phone: &ParsedPhone) -> Result<Number> {
        let e164 = phone.e164();
        let mut hash = [0; HASH_LEN];
        cipher::hash(e164.as_bytes(), b"", &mut hash)?;
        let plan = phone.phone_type();
        Ok(Number {
            e164,
            hash,
            region: phone.region(),
            line_type: LineType::of(digits(&e164), plan),
            // A numbering plan gives each number that it assigns a type.
            is_valid: plan != PhoneType::Unknown,
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

    /// The digits that it shares with the numbers around it.
    pub fn blocks(&self) -> Blocks<'_> {
        Blocks::of(self.digits())
    }
}

fn digits(e164: &E164) -> &str {
    e164.as_str().trim_start_matches('+')
}
