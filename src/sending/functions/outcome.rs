//! What became of a message: what an application reports of it.

// The size is that of pgrx's ErrorReport; errors are not the hot path.
#![allow(clippy::result_large_err)]

use pgrx::pg_extern;
use phone_crypt_core::sending::observed::Outcome;

use crate::encrypted_type::Value;
use crate::pg::Answer;
use crate::pg::arguments::{given, required};
use crate::pg::text::Text;
use crate::sending::error::{Error, Result};
use crate::sending::number::Number;
use crate::sending::observed;

fn outcome(name: Option<Text<'_>>) -> Result<Outcome> {
    Outcome::parse(&required(name, "outcome")?).map_err(Error::from)
}

/// `phone_send_outcome(send_id, outcome)`: what became of a message that `phone_send_check` let out. send_id: as that has given it.
/// outcome: `sent`, `delivered`, `verified`, or `failed`, which counts nowhere. False where the id is not known, or its time
/// to be verified is over, or it was verified before.
///
/// Errors: NULL, 22004; another outcome, 22023; with the table engine those of writing a row.
#[pg_extern(sql = r#"
CREATE FUNCTION phone_send_outcome(send_id bigint, outcome text) RETURNS boolean
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
"#)]
fn phone_send_outcome(send_id: Option<i64>, outcome_name: Option<Text<'_>>) -> Answer<bool> {
    let outcome = outcome(outcome_name)?;
    Ok(observed::report(given(send_id, "send_id")?, outcome)?)
}

/// `phone_send_outcome_phone(phone, outcome)`: what became of the messages to a number, for who does not keep their ids. Of
/// several under one policy one counts as verified, the others not at all. False where none is open; NULL, and what is no
/// number, is none.
///
/// Errors: `outcome` NULL, 22004; another outcome, 22023; no key, or keys or default regions that differ from the pin, 55000;
/// with the table engine those of writing a row.
#[pg_extern(requires = ["encrypted_phone_type"], sql = r#"
CREATE FUNCTION phone_send_outcome_phone(phone text, outcome text) RETURNS boolean
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
"#)]
fn phone_send_outcome_phone(
    phone: Option<Text<'_>>,
    outcome_name: Option<Text<'_>>,
) -> Answer<bool> {
    let outcome = outcome(outcome_name)?;
    let number = phone.map(Number::in_text).transpose()?.flatten();
    Ok(of_number(number.as_ref(), outcome)?)
}

/// `phone_send_outcome_phone(value, outcome)`: the same for an encrypted number.
///
/// Errors: as that, and those of `phone_mask`.
#[pg_extern(requires = ["encrypted_phone_type"], sql = r#"
CREATE FUNCTION phone_send_outcome_phone(phone encrypted_phone, outcome text) RETURNS boolean
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
"#)]
fn phone_send_outcome_value(
    phone: Option<Value<'_>>,
    outcome_name: Option<Text<'_>>,
) -> Answer<bool> {
    let outcome = outcome(outcome_name)?;
    let number = phone.map(Number::in_value).transpose()?.flatten();
    Ok(of_number(number.as_ref(), outcome)?)
}

fn of_number(number: Option<&Number>, outcome: Outcome) -> Result<bool> {
    match number {
        Some(number) => observed::report_number(number.e164(), outcome),
        None => Ok(false),
    }
}
