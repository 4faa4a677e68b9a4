//! SQL functions on consent and suppression. Those that record are PL/pgSQL (`sql/consent`).

// pgrx reads the columns from the type as it is written out.
#![allow(clippy::type_complexity)]

use pgrx::iter::TableIterator;
use pgrx::{IntoDatum, default, name, pg_extern};
use phone_crypt_core::crypto::encrypted_phone::Plain;
use phone_crypt_core::sending::{ConsentEvent, ConsentState};

use super::number::{Probes, with_number};
use super::tables::OwnTable;
use super::{deciding_event, import, is_suppressed, rekey};
use crate::cipher::stats::Operation;
use crate::cipher::{self, with_scratch};
use crate::consent::error::{Error, Result};
use crate::encrypted_type::{Value, ValueOut, ValuesOut};
use crate::pg::arguments::{given, optional, relation, required};
use crate::pg::record::{Record, RowType};
use crate::pg::regclass::Regclass;
use crate::pg::text::{Text, varlena};
use crate::pg::{Answer, ErrorReport, FunctionCallInfo, catalog, oids};
use crate::phone::arguments;
use crate::phone::e164::with_e164;

/// `phone_suppressed(phone[, regions])`: whether the number must not be called or texted. NULL gives NULL.
///
/// Errors: not a phone number, or an unknown region, 22023; regions NULL, 22004; no key, or keys or default regions that
/// differ from the pin, 55000.
#[pg_extern(stable, parallel_safe)]
fn phone_suppressed(
    phone: Option<Text<'_>>,
    regions: default!(Option<Text<'_>>, "'default'"),
) -> Answer<Option<bool>> {
    let regions = arguments::regions(regions)?;
    let Some(phone) = phone else { return Ok(None) };
    Ok(Some(is_suppressed(&Probes::of_text(phone, &regions)?)?))
}

/// `phone_suppressed(value)`: the same of an encrypted number; text that is no number is not suppressed.
///
/// Errors: malformed, 22P02; not authentic, 22000; a key that is not configured, or keys that differ from the pin, 55000.
#[pg_extern(stable, parallel_safe, name = "phone_suppressed", requires = ["encrypted_phone_type"])]
fn value_suppressed(phone: Option<Value<'_>>) -> Answer<Option<bool>> {
    let Some(value) = phone else { return Ok(None) };
    Ok(Some(match Probes::of_value(value) {
        Err(Error::NotANumber) => false,
        probes => is_suppressed(&probes?)?,
    }))
}

thread_local! {
    /// The OUT parameters of `consent_check`, in their order.
    static COLUMNS: RowType = const { RowType::new(&[
        (c"granted", oids::BOOLOID),
        (c"state", oids::TEXTOID),
        (c"at", oids::TIMESTAMPTZOID),
        (c"all_topics", oids::BOOLOID),
    ]) };
}

fn record(event: Option<ConsentEvent>) -> Record {
    let event = event.as_ref();
    COLUMNS.with(|columns| {
        columns.row(&[
            event
                .is_some_and(|event| event.state == ConsentState::Granted)
                .into_datum(),
            event.map(|event| varlena(event.state.as_str().as_bytes())),
            // A timestamp is a 64-bit integer, and this is the table's own.
            event.and_then(|event| event.at_us.into_datum()),
            event.and_then(|event| event.topic.is_none().into_datum()),
        ])
    })
}

/// `consent_check(phone[, topic[, regions]])`: whether consent is granted, by which state, since when, and whether that was
/// said of all topics. Without a topic: what holds for those that nothing was said about. NULL phone gives NULL.
///
/// Errors: not a phone number, or an unknown region, 22023; regions NULL, 22004; no key, or keys or default regions that
/// differ from the pin, 55000.
#[pg_extern(sql = r#"
CREATE FUNCTION consent_check(
    phone text, topic text DEFAULT NULL, regions text DEFAULT 'default',
    OUT granted boolean, OUT state text, OUT at timestamptz, OUT all_topics boolean
) RETURNS record
    LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
"#)]
fn consent_check(
    phone: Option<Text<'_>>,
    topic: Option<Text<'_>>,
    regions: Option<Text<'_>>,
) -> Answer<Option<Record>> {
    let regions = arguments::regions(regions)?;
    let topic = optional(topic)?;
    let Some(phone) = phone else { return Ok(None) };
    let probes = Probes::of_text(phone, &regions)?;
    Ok(Some(record(deciding_event(&probes, topic.as_deref())?)))
}

/// `consent_check(value[, topic])`: the same of an encrypted number.
///
/// Errors: text that is no number, 22023; malformed, 22P02; not authentic, 22000; a key that is not configured, or keys
/// that differ from the pin, 55000.
#[pg_extern(requires = ["encrypted_phone_type"], sql = r#"
CREATE FUNCTION consent_check(
    phone encrypted_phone, topic text DEFAULT NULL,
    OUT granted boolean, OUT state text, OUT at timestamptz, OUT all_topics boolean
) RETURNS record
    LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
"#)]
fn consent_check_of_value(
    phone: Option<Value<'_>>,
    topic: Option<Text<'_>>,
) -> Answer<Option<Record>> {
    let topic = optional(topic)?;
    let Some(value) = phone else { return Ok(None) };
    let probes = Probes::of_value(value)?;
    Ok(Some(record(deciding_event(&probes, topic.as_deref())?)))
}

fn sealed(e164: &[u8]) -> Result<ValueOut> {
    with_scratch(|value| {
        cipher::seal_typed(&Plain::Number(e164), value)?;
        Ok(ValueOut::new(value))
    })
}

/// `phone_crypt.number_value(phone, regions)`: the number as it is kept by consent and suppression.
///
/// Errors: NULL, 22004; not a phone number, or an unknown region, 22023; no key, or keys or default regions that differ from
/// the pin, 55000.
#[pg_extern(schema = "phone_crypt", volatile, parallel_unsafe, requires = ["encrypted_phone_type"])]
fn number_value(phone: Option<Text<'_>>, regions: Option<Text<'_>>) -> Answer<ValueOut> {
    let regions = arguments::regions(regions)?;
    let phone = given(phone, "phone")?;
    Ok(with_e164(phone, &regions, Operation::Encrypt, sealed)?)
}

/// `phone_crypt.number_value(value)`: the same of an encrypted number, without what was written around it.
///
/// Errors: NULL, 22004; text that is no number, 22023; malformed, 22P02; not authentic, 22000; a key that is not configured,
/// or keys that differ from the pin, 55000.
#[pg_extern(
    schema = "phone_crypt", volatile, parallel_unsafe, name = "number_value", requires = ["encrypted_phone_type"]
)]
fn number_value_of_value(phone: Option<Value<'_>>) -> Answer<ValueOut> {
    Ok(with_number(given(phone, "phone")?, sealed)?)
}

/// `phone_crypt.phone_probes(value)`: what rows of the number are found by, under every configured key.
///
/// Errors: as `number_value`.
#[pg_extern(schema = "phone_crypt", stable, parallel_safe, requires = ["encrypted_phone_type"])]
fn phone_probes(phone: Option<Value<'_>>, fcinfo: FunctionCallInfo) -> Answer<ValuesOut> {
    let probes = Probes::of_value(given(phone, "phone")?)?;
    Ok(ValuesOut::new(
        catalog::argument_type(fcinfo),
        probes.iter(),
    )?)
}

/// `phone_crypt.rekey_consent_batch(table, from_page)`: brings rows of some pages of `consent_events` or
/// `suppressed_phones` under the present keys. `next_page` is NULL at the end.
///
/// Errors: NULL, 22004; another table, 22023; no key, keys of a session only, or keys that differ from the pin, 55000.
#[pg_extern(schema = "phone_crypt", volatile, parallel_unsafe)]
fn rekey_consent_batch(
    table: Option<Text<'_>>,
    from_page: Option<i64>,
) -> std::result::Result<
    TableIterator<
        'static,
        (
            name!(next_page, Option<i64>),
            name!(changed, i64),
            name!(unreadable, i64),
        ),
    >,
    ErrorReport,
> {
    let table = OwnTable::of_name(&required(table, "table")?)?;
    let batch = rekey::batch(table, given(from_page, "from_page")?.max(0))?;
    Ok(TableIterator::once((
        batch.next_page,
        batch.changed,
        batch.unreadable,
    )))
}

/// `phone_crypt.import_suppressions(source, column, reason, regions)`: suppresses the numbers in a column. How many were
/// added, were there or came twice, and are no numbers.
///
/// Errors: NULL, 22004; no such relation, 42P01; a column of another type, 42804; an unknown region, 22023; not permitted,
/// 42501; no key, or keys or default regions that differ from the pin, 55000.
#[pg_extern(schema = "phone_crypt", volatile, parallel_unsafe)]
fn import_suppressions(
    source: Option<Regclass>,
    column: Option<Text<'_>>,
    reason: Option<Text<'_>>,
    regions: Option<Text<'_>>,
) -> std::result::Result<
    TableIterator<'static, (name!(added, i64), name!(repeated, i64), name!(refused, i64))>,
    ErrorReport,
> {
    let regions = arguments::regions(regions)?;
    let column = required(column, "column")?;
    let reason = required(reason, "reason")?;
    let counts = import::run(relation(source)?.oid(), &column, &reason, &regions)?;
    Ok(TableIterator::once((
        counts.added,
        counts.repeated,
        counts.refused,
    )))
}
