//! Arguments that many functions of phone numbers have.

use phone_crypt_core::phone::Regions;
use std::borrow::Cow;

use super::regions::Chosen;
use crate::pg::SqlError;
use crate::pg::arguments::{given, required};
use crate::pg::text::Text;
use crate::phone::error::{Error, Result};

/// The regions to read a number in.
///
/// Errors: NULL, 22004.
pub fn regions(argument: Option<Text<'_>>) -> Result<Chosen<'_>> {
    Chosen::read(given(argument, "regions")?)
}

/// A context.
///
/// Errors: NULL, 22004; a list of regions, 22023.
pub fn context(argument: Option<Text<'_>>) -> Result<Cow<'_, str>> {
    let context = required(argument, "context")?;
    match names_regions(&context) {
        true => Err(Error::RegionsAsContext),
        false => Ok(context),
    }
}

/// Whether a text is a list of regions: given as a context, as in `phone_hash(phone, 'GB')`, it is a mistake that
/// nobody would notice.
fn names_regions(context: &str) -> bool {
    if context.is_empty() {
        return false;
    }
    let first = context.split(',').next().unwrap_or_default();
    // Most contexts end here.
    first.trim().len() == 2 && Regions::parse(context).is_ok()
}

/// NULL where the phone or the value is at fault; every other error is still raised.
pub fn null_if_at_fault<T, E: SqlError>(
    result: std::result::Result<Option<T>, E>,
) -> std::result::Result<Option<T>, E> {
    match result {
        Err(error) if error.is_fault_of_the_value() => Ok(None),
        other => other,
    }
}
