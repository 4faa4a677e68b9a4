//! May this number be sent to now?

// The size is that of pgrx's ErrorReport; errors are not the hot path.
#![allow(clippy::result_large_err)]

use pgrx::{AnyNumeric, pg_extern};

use crate::encrypted_type::Value;
use crate::lockdown::{self, Scope};
use crate::pg::Answer;
use crate::pg::arguments::required;
use crate::pg::inet::Address;
use crate::pg::record::Record;
use crate::pg::text::Text;
use crate::sending::check::{self, Asked};
use crate::sending::error::Result;
use crate::sending::number::Number;
use crate::sending::outcome::Outcome;
use crate::sending::{money, outcome};

/// `phone_send_check(phone, policy, client, topic, account, cost)`: whether a policy lets a message or call to a number out now.
/// What somebody may type as a number is an answer (`not_a_number`), never an error. policy: by its name. client: the address
/// that asks for it, where there is one. topic: what it is about. account: whose it is, any text. cost: in the policy's
/// currency, instead of the price of the number.
///
/// Errors: policy NULL, 22004; no such policy, or a cost that is negative, no number or above 10⁹, 22023; no key, or keys or
/// default regions that differ from the pin, 55000; with the table engine those of writing a row.
#[pg_extern(requires = ["encrypted_phone_type"], sql = r#"
CREATE FUNCTION phone_send_check(
    phone text, policy text DEFAULT 'default', client inet DEFAULT NULL, topic text DEFAULT NULL,
    account text DEFAULT NULL, cost numeric DEFAULT NULL,
    OUT allowed boolean, OUT reason text, OUT retry_after interval, OUT retry_after_seconds integer,
    OUT region text, OUT type text, OUT send_id bigint, OUT warnings text[]
) RETURNS record
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
"#)]
fn phone_send_check(
    phone: Option<Text<'_>>,
    policy: Option<Text<'_>>,
    client: Option<Address>,
    topic: Option<Text<'_>>,
    account: Option<Text<'_>>,
    cost: Option<AnyNumeric>,
) -> Answer<Record> {
    let asked = asked(policy, client, topic, account, cost)?;
    let number = || Ok(phone.map(Number::in_text).transpose()?.flatten());
    Ok(outcome::record(&answer(number, &asked)?))
}

/// `phone_send_check(value, …)`: the same for an encrypted number. The plain text goes nowhere.
///
/// Errors: as that, and those of `phone_mask`.
#[pg_extern(requires = ["encrypted_phone_type"], sql = r#"
CREATE FUNCTION phone_send_check(
    phone encrypted_phone, policy text DEFAULT 'default', client inet DEFAULT NULL, topic text DEFAULT NULL,
    account text DEFAULT NULL, cost numeric DEFAULT NULL,
    OUT allowed boolean, OUT reason text, OUT retry_after interval, OUT retry_after_seconds integer,
    OUT region text, OUT type text, OUT send_id bigint, OUT warnings text[]
) RETURNS record
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
"#)]
fn phone_send_check_value(
    phone: Option<Value<'_>>,
    policy: Option<Text<'_>>,
    client: Option<Address>,
    topic: Option<Text<'_>>,
    account: Option<Text<'_>>,
    cost: Option<AnyNumeric>,
) -> Answer<Record> {
    let asked = asked(policy, client, topic, account, cost)?;
    let number = || Ok(phone.map(Number::in_value).transpose()?.flatten());
    Ok(outcome::record(&answer(number, &asked)?))
}

/// In a lockdown nothing goes out. Without hashes nothing can be counted, so that of `decrypt` is one, too.
fn answer(number: impl FnOnce() -> Result<Option<Number>>, asked: &Asked<'_>) -> Result<Outcome> {
    match lockdown::is_on(Scope::Sending) || lockdown::is_on(Scope::Decrypt) {
        true => Ok(Outcome::of_lockdown()),
        false => check::check(number()?.as_ref(), asked),
    }
}

fn asked<'a>(
    policy: Option<Text<'a>>,
    client: Option<Address>,
    topic: Option<Text<'a>>,
    account: Option<Text<'a>>,
    cost: Option<AnyNumeric>,
) -> Result<Asked<'a>> {
    Ok(Asked {
        policy: required(policy, "policy")?,
        client: client.map(|client| client.address),
        topic: topic.map(Text::exact).transpose()?,
        account: account.map(Text::bytes),
        cost: cost.as_ref().map(money::amount_of).transpose()?,
    })
}
