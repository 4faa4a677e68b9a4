//! SQL functions on time zones and stop words: no key is needed but for encrypted values.

use pgrx::{default, pg_extern};
use phone_crypt_core::phone;
use phone_crypt_core::sending::{Language, reply};

use crate::cipher::{self, Destination};
use crate::encrypted_phone::{Value, parsed};
use crate::error::{Answer, Error, Result};
use crate::pg::text::Text;
use crate::regions::Chosen;

/// `phone_timezones(phone)`: the time zones where the number's line may be, as names for AT TIME ZONE; none where that is
/// not known. Likely zones, no more: numbers move, and mobiles travel.
///
/// Errors: not a phone number, 22023; default regions that differ from the pin, 55000. Source: libphonenumber's time zones.
#[pg_extern(stable, parallel_safe)]
pub fn phone_timezones(phone: Option<Text<'_>>) -> Answer<Option<Vec<&'static str>>> {
    Ok(zones(phone, &Chosen::Default)?)
}

/// `phone_timezones(phone, regions)`: the same under an explicit list of regions.
///
/// Errors: not a phone number or an unknown region, 22023; regions NULL, 22004.
#[pg_extern(immutable, parallel_safe, name = "phone_timezones")]
pub fn phone_timezones_in(
    phone: Option<Text<'_>>,
    regions: Option<Text<'_>>,
) -> Answer<Option<Vec<&'static str>>> {
    let regions = regions.ok_or(Error::NullArgument("regions"))?;
    Ok(zones(phone, &Chosen::List(regions.exact()?))?)
}

/// `phone_timezones(value)`: the same of an encrypted number; NULL for text that is no number.
///
/// Errors: as `phone_mask`.
#[pg_extern(stable, parallel_safe, name = "phone_timezones", requires = ["encrypted_phone_type"])]
pub fn timezones_of_value(value: Option<Value<'_>>) -> Answer<Option<Vec<&'static str>>> {
    let Some(value) = value else { return Ok(None) };
    Ok(cipher::open_typed(
        value.bytes(),
        Destination::Server,
        |plain| Ok(parsed(plain).map(|phone| phone.time_zones())),
    )?)
}

/// `phone_stop_word(message, language)`: what somebody answers: `stop`, `start` or `help`; NULL where the message as a whole
/// is no such word. language: ISO 639-1; English words count in all.
///
/// Errors: an unknown language, 22023; language NULL, 22004. Source: 47 CFR 64.1200(a)(10); carriers' keywords.
#[pg_extern(immutable, parallel_safe, name = "phone_stop_word")]
pub fn stop_word(
    message: Option<Text<'_>>,
    language: default!(Option<Text<'_>>, "'en'"),
) -> Answer<Option<&'static str>> {
    let language = language.ok_or(Error::NullArgument("language"))?;
    let language = Language::parse(&language.exact()?).map_err(super::error::Error::from)?;
    let Some(message) = message else {
        return Ok(None);
    };
    Ok(reply(&message.or_empty(), language).map(|reply| reply.as_str()))
}

fn zones(phone: Option<Text<'_>>, regions: &Chosen<'_>) -> Result<Option<Vec<&'static str>>> {
    let Some(phone) = phone else { return Ok(None) };
    let phone = phone.or_empty();
    let zones = regions.with(&phone, |regions| {
        Ok(phone::parse(&phone, regions)?.time_zones())
    })?;
    Ok(Some(zones))
}
