//! Which NULLs mean "no answer" and which are mistakes.
//!
//! A NULL phone or value gives NULL. A NULL context, regions list, style or scheme is an error: taken for
//! "no answer" it would lose a number without a word.

use crate::error::{Error, Result};
use crate::text::Text;
use std::borrow::Cow;

/// An argument that must not be NULL (22004) and must be UTF-8 (22021).
pub fn required<'a>(argument: Option<Text<'a>>, name: &'static str) -> Result<Cow<'a, str>> {
    match argument {
        Some(text) => text.exact(),
        None => Err(Error::NullArgument(name)),
    }
}

/// NULL where the phone or the value is at fault; every other error is still raised.
pub fn null_if_at_fault<T>(result: Result<Option<T>>) -> Result<Option<T>> {
    match result {
        Err(error) if error.is_fault_of_the_value() => Ok(None),
        other => other,
    }
}
