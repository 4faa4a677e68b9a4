//! Which NULLs mean "no answer" and which are mistakes.
//!
//! A NULL phone or value gives NULL. A NULL context, regions list, style or scheme is an error: taken for
//! "no answer" it would silently lose a number.

use pgrx::Array;
use std::borrow::Cow;

use super::error::{PgError, Result};
use super::regclass::Regclass;
use super::text::Text;
use super::user;

/// An argument that must not be NULL.
///
/// Errors: NULL, 22004.
pub fn given<T>(argument: Option<T>, name: &'static str) -> Result<T> {
    argument.ok_or(PgError::NullArgument(name))
}

/// A text that must not be NULL (22004) and must be UTF-8 (22021).
pub fn required<'a>(argument: Option<Text<'a>>, name: &'static str) -> Result<Cow<'a, str>> {
    given(argument, name)?.exact()
}

/// The texts of an array, which must not be NULL (22004) and must be UTF-8 (22021); elements may be NULL.
pub fn texts(
    array: Option<Array<'_, Text<'_>>>,
    name: &'static str,
) -> Result<Vec<Option<String>>> {
    given(array, name)?.iter().map(optional).collect()
}

/// A text that may be NULL and must be UTF-8 (22021).
pub fn optional(argument: Option<Text<'_>>) -> Result<Option<String>> {
    let text = argument.map(Text::exact).transpose()?;
    Ok(text.map(Cow::into_owned))
}

/// A table.
///
/// Errors: NULL, 22004; no such relation, 42P01.
pub fn relation(table: Option<Regclass>) -> Result<Regclass> {
    let table = given(table, "table")?;
    user::name_of(table.oid())?;
    Ok(table)
}
