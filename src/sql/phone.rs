//! Normalising, validating, describing, formatting and masking: no key is needed here.
//!
//! Each function comes twice: with the default regions (STABLE, since it reads a setting) and with an
//! explicit list (IMMUTABLE).

use pgrx::pg_extern;
use phone_crypt_core::phone::{self, Regions, Style};

use super::args::{null_if_at_fault, required};
use crate::e164::with_e164;
use crate::error::{Answer, Result};
use crate::regions::{with_default, with_list};
use crate::stats::{Operation, count};
use crate::text::{Text, TextOut};

fn normalized(phone: Option<Text<'_>>) -> Result<Option<TextOut>> {
    let Some(phone) = phone else { return Ok(None) };
    let normalized = with_e164(phone, |e164| Ok(TextOut::ascii(e164)));
    count(Operation::Normalize, normalized).map(Some)
}

fn normalized_in(phone: Option<Text<'_>>, regions: Option<Text<'_>>) -> Result<Option<TextOut>> {
    let list = required(regions, "regions")?;
    let Some(phone) = phone else { return Ok(None) };
    let normalized = with_list(&list, |regions| {
        Ok(phone::normalize(&phone.or_empty(), regions)?)
    });
    let e164 = count(Operation::Normalize, normalized)?;
    Ok(Some(TextOut::ascii(e164.as_bytes())))
}

/// `phone_normalize(phone)`: E.164 under `phone_crypt.default_regions`. NULL gives NULL.
///
/// Errors: not a phone number, 22023.
#[pg_extern(stable, parallel_safe)]
fn phone_normalize(phone: Option<Text<'_>>) -> Answer<Option<TextOut>> {
    Ok(normalized(phone)?)
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
    Ok(normalized_in(phone, regions)?)
}

/// `phone_try_normalize(phone)`: as `phone_normalize`, NULL instead of "not a phone number".
#[pg_extern(stable, parallel_safe)]
fn phone_try_normalize(phone: Option<Text<'_>>) -> Answer<Option<TextOut>> {
    Ok(null_if_at_fault(normalized(phone))?)
}

/// `phone_try_normalize(phone, regions)`: as `phone_normalize`, NULL instead of "not a phone number".
#[pg_extern(immutable, parallel_safe, name = "phone_try_normalize")]
fn phone_try_normalize_in(
    phone: Option<Text<'_>>,
    regions: Option<Text<'_>>,
) -> Answer<Option<TextOut>> {
    Ok(null_if_at_fault(normalized_in(phone, regions))?)
}

/// `phone_is_valid(phone)`: whether it is a number that the region's numbering plan assigns.
#[pg_extern(stable, parallel_safe)]
fn phone_is_valid(phone: Option<Text<'_>>) -> Answer<Option<bool>> {
    let Some(phone) = phone else { return Ok(None) };
    Ok(with_default(|regions| {
        Ok(Some(phone::is_valid(&phone.or_empty(), regions)))
    })?)
}

/// `phone_is_valid(phone, regions)`: the same under an explicit list of regions.
#[pg_extern(immutable, parallel_safe, name = "phone_is_valid")]
fn phone_is_valid_in(phone: Option<Text<'_>>, regions: Option<Text<'_>>) -> Answer<Option<bool>> {
    let list = required(regions, "regions")?;
    let Some(phone) = phone else { return Ok(None) };
    Ok(with_list(&list, |regions| {
        Ok(Some(phone::is_valid(&phone.or_empty(), regions)))
    })?)
}

/// `phone_is_possible(phone)`: whether `phone_normalize` takes it.
#[pg_extern(stable, parallel_safe)]
fn phone_is_possible(phone: Option<Text<'_>>) -> Answer<Option<bool>> {
    let Some(phone) = phone else { return Ok(None) };
    Ok(with_default(|regions| {
        Ok(Some(phone::is_possible(&phone.or_empty(), regions)))
    })?)
}

/// `phone_is_possible(phone, regions)`: the same under an explicit list of regions.
#[pg_extern(immutable, parallel_safe, name = "phone_is_possible")]
fn phone_is_possible_in(
    phone: Option<Text<'_>>,
    regions: Option<Text<'_>>,
) -> Answer<Option<bool>> {
    let list = required(regions, "regions")?;
    let Some(phone) = phone else { return Ok(None) };
    Ok(with_list(&list, |regions| {
        Ok(Some(phone::is_possible(&phone.or_empty(), regions)))
    })?)
}

fn region(phone: Option<Text<'_>>, regions: &Regions) -> Result<Option<TextOut>> {
    let Some(phone) = phone else { return Ok(None) };
    let region = phone::parse(&phone.or_empty(), regions)?.region();
    Ok(region.map(|region| TextOut::ascii(region.as_bytes())))
}

/// `phone_region(phone)`: the region the number belongs to, such as `AU`; NULL where it has none.
///
/// Errors: not a phone number, 22023.
#[pg_extern(stable, parallel_safe)]
fn phone_region(phone: Option<Text<'_>>) -> Answer<Option<TextOut>> {
    Ok(with_default(|regions| region(phone, regions))?)
}

/// `phone_region(phone, regions)`: the same under an explicit list of regions.
#[pg_extern(immutable, parallel_safe, name = "phone_region")]
fn phone_region_in(phone: Option<Text<'_>>, regions: Option<Text<'_>>) -> Answer<Option<TextOut>> {
    let list = required(regions, "regions")?;
    Ok(with_list(&list, |regions| region(phone, regions))?)
}

fn kind_of_number(phone: Option<Text<'_>>, regions: &Regions) -> Result<Option<TextOut>> {
    let Some(phone) = phone else { return Ok(None) };
    let kind = phone::parse(&phone.or_empty(), regions)?.phone_type();
    Ok(Some(TextOut::ascii(kind.as_str().as_bytes())))
}

/// `phone_type(phone)`: `mobile`, `fixed_line`, `fixed_line_or_mobile`, `toll_free`, … or `unknown`.
///
/// Errors: not a phone number, 22023.
#[pg_extern(stable, parallel_safe)]
fn phone_type(phone: Option<Text<'_>>) -> Answer<Option<TextOut>> {
    Ok(with_default(|regions| kind_of_number(phone, regions))?)
}

/// `phone_type(phone, regions)`: the same under an explicit list of regions.
#[pg_extern(immutable, parallel_safe, name = "phone_type")]
fn phone_type_in(phone: Option<Text<'_>>, regions: Option<Text<'_>>) -> Answer<Option<TextOut>> {
    let list = required(regions, "regions")?;
    Ok(with_list(&list, |regions| kind_of_number(phone, regions))?)
}

fn formatted(
    phone: Option<Text<'_>>,
    style: Option<Text<'_>>,
    regions: &Regions,
) -> Result<Option<TextOut>> {
    let style = required(style, "style")?.parse::<Style>()?;
    let Some(phone) = phone else { return Ok(None) };
    let text = phone::parse(&phone.or_empty(), regions)?.format(style);
    TextOut::new(&text).map(Some)
}

/// `phone_format(phone, style)`: style `e164`, `international`, `national` or `rfc3966`.
///
/// Errors: not a phone number or an unknown style, 22023; style NULL, 22004.
#[pg_extern(stable, parallel_safe)]
fn phone_format(phone: Option<Text<'_>>, style: Option<Text<'_>>) -> Answer<Option<TextOut>> {
    Ok(with_default(|regions| formatted(phone, style, regions))?)
}

/// `phone_format(phone, style, regions)`: the same under an explicit list of regions.
#[pg_extern(immutable, parallel_safe, name = "phone_format")]
fn phone_format_in(
    phone: Option<Text<'_>>,
    style: Option<Text<'_>>,
    regions: Option<Text<'_>>,
) -> Answer<Option<TextOut>> {
    let list = required(regions, "regions")?;
    Ok(with_list(&list, |regions| {
        formatted(phone, style, regions)
    })?)
}

/// `phone_mask(phone)`: calling code and the last three digits, `+61******075`, never fewer than four
/// hidden. What is no phone number is masked entirely.
#[pg_extern(stable, parallel_safe)]
fn phone_mask(phone: Option<Text<'_>>) -> Answer<Option<TextOut>> {
    let Some(phone) = phone else { return Ok(None) };
    Ok(with_default(|regions| {
        TextOut::new(&phone::mask(&phone.or_empty(), regions)).map(Some)
    })?)
}
