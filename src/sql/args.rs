//! Which NULLs mean "no answer" and which are mistakes.
//!
//! A NULL phone or value gives NULL. A NULL context, regions list, style or scheme is an error: taken for
//! "no answer" it would lose a number without a word.

use pgrx::Array;
use std::borrow::Cow;

use crate::error::{Error, Result};
use crate::text::Text;

/// An argument that must not be NULL (22004) and must be UTF-8 (22021).
pub fn required<'a>(argument: Option<Text<'a>>, name: &'static str) -> Result<Cow<'a, str>> {
    match argument {
        Some(text) => text.exact(),
        None => Err(Error::NullArgument(name)),
    }
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
    argument
        .map(|text| text.exact().map(Cow::into_owned))
        .transpose()
}

/// NULL where the phone or the value is at fault; every other error is still raised.
pub fn null_if_at_fault<T>(result: Result<Option<T>>) -> Result<Option<T>> {
    match result {
        Err(error) if error.is_fault_of_the_value() => Ok(None),
        other => other,
    }
}
