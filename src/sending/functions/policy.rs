//! What a sending policy is made of, as its table's CHECKs ask.

use pgrx::{AnyNumeric, Array, pg_extern};
use phone_crypt_core::sending::{LineTypes, Places, Rate};

use crate::pg::Answer;
use crate::pg::arguments::given;
use crate::pg::text::Text;
use crate::sending::error::{Error, Result};
use crate::sending::money;

/// The texts of an array, none of which may be NULL.
fn texts(array: Option<Array<'_, Text<'_>>>, name: &'static str) -> Result<Vec<String>> {
    let array = given(array, name)?;
    let mut texts = Vec::with_capacity(array.len());
    for text in array.iter() {
        texts.push(given(text, name)?.exact()?.into_owned());
    }
    Ok(texts)
}

/// `phone_crypt.are_send_rates(rates)`: true if a policy can have these: `{3/10 minutes,10/day}`.
///
/// Errors: NULL, 22004; no rate, the same time twice, or more than four, 22023.
#[pg_extern(immutable, parallel_safe, schema = "phone_crypt")]
fn are_send_rates(rates: Option<Array<'_, Text<'_>>>) -> Answer<bool> {
    let rates = texts(rates, "a rate")?;
    Rate::parse_all(rates.iter().map(String::as_str)).map_err(Error::from)?;
    Ok(true)
}

/// `phone_crypt.are_send_places(places)`: true if a policy can have these: `{AU,+64,all}`.
///
/// Errors: NULL, 22004; something that is no place, 22023.
#[pg_extern(immutable, parallel_safe, schema = "phone_crypt")]
fn are_send_places(places: Option<Array<'_, Text<'_>>>) -> Answer<bool> {
    let places = texts(places, "a place")?;
    Places::parse(places.iter().map(String::as_str)).map_err(Error::from)?;
    Ok(true)
}

/// `phone_crypt.are_send_types(types)`: true if these are types of number: `{premium_rate,satellite}`.
///
/// Errors: NULL, 22004; an unknown type, 22023.
#[pg_extern(immutable, parallel_safe, schema = "phone_crypt")]
fn are_send_types(types: Option<Array<'_, Text<'_>>>) -> Answer<bool> {
    let types = texts(types, "a type")?;
    LineTypes::parse(types.iter().map(String::as_str)).map_err(Error::from)?;
    Ok(true)
}

/// `phone_crypt.is_amount(amount)`: true if it can be a price or a budget; NULL for NULL.
///
/// Errors: negative, no number, or above 10⁹, 22023.
#[pg_extern(immutable, parallel_safe, schema = "phone_crypt")]
fn is_amount(amount: Option<AnyNumeric>) -> Answer<Option<bool>> {
    match amount {
        None => Ok(None),
        Some(amount) => Ok(Some(money::amount_of(&amount).map(|_| true)?)),
    }
}
