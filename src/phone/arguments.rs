//! Which NULLs mean "no answer" and which are mistakes.
//!
//! A NULL phone or value gives NULL. A NULL context, regions list, style or scheme is an error: taken for
//! "no answer" it would lose a number without a word.

use pgrx::Array;
use phone_crypt_core::phone::Regions;
use std::borrow::Cow;

use crate::error::{Error, Result};
use crate::pg::text::Text;
use crate::regions::Chosen;

/// An argument that must not be NULL (22004) and must be UTF-8 (22021).
pub fn required<'a>(argument: Option<Text<'a>>, name: &'static str) -> Result<Cow<'a, str>> {
    match argument {
        Some(text) => Ok(text.exact()?),
        None => Err(Error::NullArgument(name)),
    }
}

/// The regions to read a number in.
///
/// Errors: NULL, 22004.
pub fn regions(argument: Option<Text<'_>>) -> Result<Chosen<'_>> {
    Chosen::read(argument.ok_or(Error::NullArgument("regions"))?)
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

/// The texts of an array, which must not be NULL (22004) and must be UTF-8 (22021); elements may be NULL.
pub fn texts(
    array: Option<Array<'_, Text<'_>>>,
    name: &'static str,
) -> Result<Vec<Option<String>>> {
    let array = array.ok_or(Error::NullArgument(name))?;
    array.iter().map(optional).collect()
}

/// A text that may be NULL and must be UTF-8 (22021).
pub fn optional(argument: Option<Text<'_>>) -> Result<Option<String>> {
    let text = argument.map(Text::exact).transpose()?;
    Ok(text.map(Cow::into_owned))
}

/// NULL where the phone or the value is at fault; every other error is still raised.
pub fn null_if_at_fault<T>(result: Result<Option<T>>) -> Result<Option<T>> {
    match result {
        Err(error) if error.is_fault_of_the_value() => Ok(None),
        other => other,
    }
}
