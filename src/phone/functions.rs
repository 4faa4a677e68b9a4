//! Normalising, validating, describing, formatting and masking: no key is needed here.
//!
//! Most functions come twice: with the default regions (STABLE, since it reads a setting) and with an
//! explicit list (IMMUTABLE).

use pgrx::{default, pg_extern};
use phone_crypt_core::phone::{self, Regions, Style};

use super::arguments::{self, null_if_at_fault};
use crate::cipher::stats::{Operation, count};
use crate::pg::Answer;
use crate::pg::arguments::required;
use crate::pg::text::{RawText, Text, TextOut};
use crate::phone::e164::with_e164;
use crate::phone::error::Result;
use crate::phone::regions::Chosen;

/// What `answer` makes of a phone and the regions to read it in. NULL gives NULL.
fn answer<T>(
    phone: Option<Text<'_>>,
    regions: &Chosen<'_>,
    answer: impl FnOnce(&str, &Regions) -> Result<T>,
) -> Result<Option<T>> {
    let Some(phone) = phone else { return Ok(None) };
    let phone = phone.or_empty();
    regions
        .with(&phone, |regions| answer(&phone, regions))
        .map(Some)
}

/// The regions of an IMMUTABLE function, which must not depend on the setting.
fn listed(regions: Option<Text<'_>>) -> Result<Chosen<'_>> {
    Ok(Chosen::List(required(regions, "regions")?))
}

fn normalized(phone: Option<Text<'_>>, regions: &Chosen<'_>) -> Result<Option<TextOut>> {
    let Some(phone) = phone else { return Ok(None) };
    with_e164(phone, regions, Operation::Normalize, |e164| {
        count(Operation::Normalize, Ok(Some(TextOut::ascii(e164))))
    })
}

/// `phone_normalize(phone)`: E.164 under `phone_crypt.default_regions`. NULL gives NULL.
///
/// Errors: not a phone number, 22023; default regions that differ from the pin, 55000.
#[pg_extern(stable, parallel_safe)]
fn phone_normalize(phone: Option<Text<'_>>) -> Answer<Option<TextOut>> {
    Ok(normalized(phone, &Chosen::Default)?)
}

/// `phone_normalize(phone, regions)`: E.164 under an ordered list of regions such as `'AU,US'`; `''` takes
/// numbers with `+` only.
///
/// Errors: not a phone number or an unknown region, 22023; regions NULL, 22004.
#[pg_extern(immutable, parallel_safe, name = "phone_normalize")]
fn phone_normalize_in(
    phone: Option<Text<'_>>,
    regions: Option<Text<'_>>,
) -> Answer<Option<TextOut>> {
    Ok(normalized(phone, &listed(regions)?)?)
}

/// `phone_try_normalize(phone)`: as `phone_normalize`, NULL instead of "not a phone number".
#[pg_extern(stable, parallel_safe)]
fn phone_try_normalize(phone: Option<Text<'_>>) -> Answer<Option<TextOut>> {
    Ok(null_if_at_fault(normalized(phone, &Chosen::Default))?)
}

/// `phone_try_normalize(phone, regions)`: as `phone_normalize`, NULL instead of "not a phone number".
#[pg_extern(immutable, parallel_safe, name = "phone_try_normalize")]
fn phone_try_normalize_in(
    phone: Option<Text<'_>>,
    regions: Option<Text<'_>>,
) -> Answer<Option<TextOut>> {
    Ok(null_if_at_fault(normalized(phone, &listed(regions)?))?)
}

/// `phone_is_valid(phone)`: whether it is a number that the region's numbering plan assigns.
///
/// Errors: default regions that differ from the pin, 55000.
#[pg_extern(stable, parallel_safe)]
fn phone_is_valid(phone: Option<Text<'_>>) -> Answer<Option<bool>> {
    Ok(answer(phone, &Chosen::Default, is_valid)?)
}

/// `phone_is_valid(phone, regions)`: the same under an explicit list of regions.
#[pg_extern(immutable, parallel_safe, name = "phone_is_valid")]
fn phone_is_valid_in(phone: Option<Text<'_>>, regions: Option<Text<'_>>) -> Answer<Option<bool>> {
    Ok(answer(phone, &listed(regions)?, is_valid)?)
}

fn is_valid(phone: &str, regions: &Regions) -> Result<bool> {
    Ok(phone::is_valid(phone, regions))
}

/// `phone_is_possible(phone)`: whether `phone_normalize` takes it.
///
/// Errors: default regions that differ from the pin, 55000.
#[pg_extern(stable, parallel_safe)]
fn phone_is_possible(phone: Option<Text<'_>>) -> Answer<Option<bool>> {
    Ok(answer(phone, &Chosen::Default, is_possible)?)
}

/// `phone_is_possible(phone, regions)`: the same under an explicit list of regions.
#[pg_extern(immutable, parallel_safe, name = "phone_is_possible")]
fn phone_is_possible_in(
    phone: Option<Text<'_>>,
    regions: Option<Text<'_>>,
) -> Answer<Option<bool>> {
    Ok(answer(phone, &listed(regions)?, is_possible)?)
}

fn is_possible(phone: &str, regions: &Regions) -> Result<bool> {
    Ok(phone::is_possible(phone, regions))
}

/// `phone_region(phone)`: the region the number belongs to, such as `AU`; NULL where it has none.
///
/// Errors: not a phone number, 22023; default regions that differ from the pin, 55000.
#[pg_extern(stable, parallel_safe)]
fn phone_region(phone: Option<Text<'_>>) -> Answer<Option<TextOut>> {
    Ok(answer(phone, &Chosen::Default, region)?.flatten())
}

/// `phone_region(phone, regions)`: the same under an explicit list of regions.
#[pg_extern(immutable, parallel_safe, name = "phone_region")]
fn phone_region_in(phone: Option<Text<'_>>, regions: Option<Text<'_>>) -> Answer<Option<TextOut>> {
    Ok(answer(phone, &listed(regions)?, region)?.flatten())
}

fn region(phone: &str, regions: &Regions) -> Result<Option<TextOut>> {
    let region = phone::parse(phone, regions)?.region();
    Ok(region.map(|region| TextOut::ascii(region.as_bytes())))
}

/// `phone_timezones(phone)`: the time zones where the number's line may be, as names for AT TIME ZONE; none where that is
/// not known. Likely zones, no more: numbers move, and mobiles travel.
///
/// Errors: not a phone number, 22023; default regions that differ from the pin, 55000. Source: libphonenumber's time zones.
#[pg_extern(stable, parallel_safe)]
pub fn phone_timezones(phone: Option<Text<'_>>) -> Answer<Option<Vec<&'static str>>> {
    Ok(answer(phone, &Chosen::Default, time_zones)?)
}

/// `phone_timezones(phone, regions)`: the same under an explicit list of regions.
#[pg_extern(immutable, parallel_safe, name = "phone_timezones")]
fn phone_timezones_in(
    phone: Option<Text<'_>>,
    regions: Option<Text<'_>>,
) -> Answer<Option<Vec<&'static str>>> {
    Ok(answer(phone, &listed(regions)?, time_zones)?)
}

fn time_zones(phone: &str, regions: &Regions) -> Result<Vec<&'static str>> {
    Ok(phone::parse(phone, regions)?.time_zones())
}

/// `phone_type(phone)`: `mobile`, `fixed_line`, `fixed_line_or_mobile`, `toll_free`, … or `unknown`.
///
/// Errors: not a phone number, 22023; default regions that differ from the pin, 55000.
#[pg_extern(stable, parallel_safe)]
fn phone_type(phone: Option<Text<'_>>) -> Answer<Option<TextOut>> {
    Ok(answer(phone, &Chosen::Default, kind_of_number)?)
}

/// `phone_type(phone, regions)`: the same under an explicit list of regions.
#[pg_extern(immutable, parallel_safe, name = "phone_type")]
fn phone_type_in(phone: Option<Text<'_>>, regions: Option<Text<'_>>) -> Answer<Option<TextOut>> {
    Ok(answer(phone, &listed(regions)?, kind_of_number)?)
}

fn kind_of_number(phone: &str, regions: &Regions) -> Result<TextOut> {
    let kind = phone::parse(phone, regions)?.phone_type();
    Ok(TextOut::ascii(kind.as_str().as_bytes()))
}

/// `phone_format(phone, style)`: style `e164`, `international`, `national` or `rfc3966`.
///
/// Errors: not a phone number or an unknown style, 22023; style NULL, 22004; default regions that differ from the
/// pin, 55000.
#[pg_extern(stable, parallel_safe)]
fn phone_format(phone: Option<Text<'_>>, style: Option<Text<'_>>) -> Answer<Option<TextOut>> {
    Ok(formatted(phone, style, &Chosen::Default)?)
}

/// `phone_format(phone, style, regions)`: the same under an explicit list of regions.
#[pg_extern(immutable, parallel_safe, name = "phone_format")]
fn phone_format_in(
    phone: Option<Text<'_>>,
    style: Option<Text<'_>>,
    regions: Option<Text<'_>>,
) -> Answer<Option<TextOut>> {
    Ok(formatted(phone, style, &listed(regions)?)?)
}

fn formatted(
    phone: Option<Text<'_>>,
    style: Option<Text<'_>>,
    regions: &Chosen<'_>,
) -> Result<Option<TextOut>> {
    let style = required(style, "style")?.parse::<Style>()?;
    answer(phone, regions, |phone, regions| {
        Ok(TextOut::new(&phone::parse(phone, regions)?.format(style))?)
    })
}

/// `phone_split(text[, regions])`: the pieces of a text that holds several numbers, as they are written; one piece where
/// there is one number, or none. NULL gives NULL.
///
/// Errors: an unknown region, 22023; regions NULL, 22004; not UTF-8, 22021; default regions that differ from the pin,
/// 55000.
#[pg_extern(stable, parallel_safe)]
fn phone_split(
    text: Option<Text<'_>>,
    regions: default!(Option<Text<'_>>, "'default'"),
) -> Answer<Option<Vec<RawText>>> {
    let regions = arguments::regions(regions)?;
    let Some(text) = text else { return Ok(None) };
    Ok(Some(pieces(&text.exact()?, &regions)?))
}

fn pieces(text: &str, regions: &Chosen<'_>) -> Result<Vec<RawText>> {
    let pieces = regions.with(text, |regions| Result::Ok(phone::split(text, regions)))?;
    let mut written = Vec::with_capacity(pieces.len());
    for piece in pieces {
        // One with `+` does not speak for the others.
        regions.with(&piece, |_| Result::Ok(()))?;
        written.push(RawText::utf8(piece.as_bytes())?);
    }
    Ok(written)
}

/// `phone_equivalents(phone[, regions])`: the number in E.164, then every other form under which its subscriber may have
/// been stored before a numbering plan changed. Takes numbers of such a plan too. NULL gives NULL.
///
/// Errors: not a phone number, or an unknown region, 22023; regions NULL, 22004; default regions that differ from the
/// pin, 55000.
#[pg_extern(stable, parallel_safe)]
fn phone_equivalents(
    phone: Option<Text<'_>>,
    regions: default!(Option<Text<'_>>, "'default'"),
) -> Answer<Option<Vec<String>>> {
    Ok(answer(
        phone,
        &arguments::regions(regions)?,
        |phone, regions| {
            let forms = phone::equivalents_of(phone, regions)?;
            Ok(forms.iter().map(|form| form.as_str().to_owned()).collect())
        },
    )?)
}

/// `phone_mask(phone[, regions])`: calling code and the last three digits, `+61******075`, never fewer than four
/// hidden. What is no phone number is masked entirely.
///
/// Errors: an unknown region, 22023; regions NULL, 22004; default regions that differ from the pin, 55000.
#[pg_extern(stable, parallel_safe)]
fn phone_mask(
    phone: Option<Text<'_>>,
    regions: default!(Option<Text<'_>>, "'default'"),
) -> Answer<Option<TextOut>> {
    Ok(answer(
        phone,
        &arguments::regions(regions)?,
        |phone, regions| Ok(TextOut::new(&phone::mask(phone, regions))?),
    )?)
}
