//! The SQL functions.

// pgrx reads the columns from the type as it is written out.
#![allow(clippy::type_complexity)]

use pgrx::datum::{Interval, TimestampWithTimeZone};
use pgrx::iter::TableIterator;
use pgrx::{IntoDatum, name, pg_extern};
use phone_crypt_core::webhook::{self, Headers, Window};

use super::endpoints;
use super::error::{Error, Result};
use super::receive::{self, Received};
use super::secret;
use super::stats;
use crate::pg::Answer;
use crate::pg::arguments::{given, required};
use crate::pg::interval::{POSTGRES_EPOCH_US, span_us, to_timestamp};
use crate::pg::jsonb::Jsonb;
use crate::pg::record::{Record, RowType};
use crate::pg::text::{RawText, Text, TextOut};
use crate::pg::{oids, process};

thread_local! {
    static RECEIVED: RowType = const { RowType::new(&[
        (c"accepted", oids::BOOLOID),
        (c"reason", oids::TEXTOID),
        (c"id", oids::TEXTOID),
        (c"event_at", oids::TIMESTAMPTZOID),
    ]) };
    static SIGNED: RowType = const { RowType::new(&[
        (c"signature", oids::TEXTOID),
        (c"timestamp", oids::TEXTOID),
    ]) };
}

/// `webhook_verify(payload, signature, signed_at, secret[, tolerance])`: whether the hex HMAC-SHA256 of
/// `signed_at.payload` is the signature, and `signed_at` (seconds since 1970) at most `tolerance` from now, in either
/// direction. False for whatever a sender can send, NULL included, and for a secret that is empty or NULL.
///
/// Errors: a NULL tolerance, 22004.
#[pg_extern(sql = r#"
CREATE FUNCTION webhook_verify(
    payload bytea, signature text, signed_at text, secret text, tolerance interval DEFAULT '5 minutes'
) RETURNS boolean
    LANGUAGE c VOLATILE PARALLEL SAFE AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
"#)]
fn webhook_verify(
    payload: Option<&[u8]>,
    signature: Option<Text<'_>>,
    signed_at: Option<Text<'_>>,
    secret: Option<Text<'_>>,
    tolerance: Option<Interval>,
) -> Answer<bool> {
    let window = window(tolerance)?;
    Ok(verify(payload, [signature, signed_at, secret], window).unwrap_or(false))
}

/// `webhook_verify_text(…)`: as `webhook_verify` for a payload that is text, whose bytes in UTF-8 were signed.
///
/// Errors: as `webhook_verify`.
#[pg_extern(sql = r#"
CREATE FUNCTION webhook_verify_text(
    payload text, signature text, signed_at text, secret text, tolerance interval DEFAULT '5 minutes'
) RETURNS boolean
    LANGUAGE c VOLATILE PARALLEL SAFE AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
"#)]
fn webhook_verify_text(
    payload: Option<Text<'_>>,
    signature: Option<Text<'_>>,
    signed_at: Option<Text<'_>>,
    secret: Option<Text<'_>>,
    tolerance: Option<Interval>,
) -> Answer<bool> {
    let window = window(tolerance)?;
    let payload = payload.and_then(|payload| payload.exact().ok());
    let payload = payload.as_ref().map(|payload| payload.as_bytes());
    Ok(verify(payload, [signature, signed_at, secret], window).unwrap_or(false))
}

/// None where something is NULL or not UTF-8.
fn verify(payload: Option<&[u8]>, texts: [Option<Text<'_>>; 3], window: Window) -> Option<bool> {
    let [signature, signed_at, secret] = texts.map(|text| text.and_then(|text| text.exact().ok()));
    let (signature, signed_at, secret) = (signature?, signed_at?, secret?);
    Some(webhook::verify_signature(
        payload?, &signature, &signed_at, &secret, window,
    ))
}

/// `webhook_verify_standard(payload, id, signed_at, signature, secret[, tolerance])`: whether one signature of a list is
/// right, as Standard Webhooks has it. The secret is `whsec_…`, or a public key `whpk_…`. False for whatever a sender
/// can send, NULL included, and for a secret that is none.
///
/// Errors: a NULL tolerance, 22004.
#[pg_extern(sql = r#"
CREATE FUNCTION webhook_verify_standard(
    payload bytea, id text, signed_at text, signature text, secret text, tolerance interval DEFAULT '5 minutes'
) RETURNS boolean
    LANGUAGE c VOLATILE PARALLEL SAFE AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
"#)]
fn webhook_verify_standard(
    payload: Option<&[u8]>,
    id: Option<Text<'_>>,
    signed_at: Option<Text<'_>>,
    signature: Option<Text<'_>>,
    secret: Option<Text<'_>>,
    tolerance: Option<Interval>,
) -> Answer<bool> {
    let window = window(tolerance)?;
    Ok(verify_standard(payload, [id, signed_at, signature, secret], window).unwrap_or(false))
}

/// None where something is NULL or not UTF-8, or the secret is none.
fn verify_standard(
    payload: Option<&[u8]>,
    texts: [Option<Text<'_>>; 4],
    window: Window,
) -> Option<bool> {
    let texts = texts.map(|text| text.and_then(|text| text.exact().ok()));
    let [id, signed_at, signature, secret] = texts;
    let scheme = webhook::find("standard").ok()?;
    let key = scheme.key(&secret?).ok()?;
    let (id, signed_at, signature) = (id?, signed_at?, signature?);
    let headers = Headers::from_pairs([
        ("webhook-id", id.as_ref()),
        ("webhook-timestamp", signed_at.as_ref()),
        ("webhook-signature", signature.as_ref()),
    ]);
    let request = webhook::Request {
        headers: &headers,
        payload: payload?,
        url: None,
        method: "POST",
    };
    Some(webhook::verify(scheme, &request, &[key], window).is_ok())
}

fn window(tolerance: Option<Interval>) -> Result<Window> {
    Ok(Window {
        now_us: process::now().saturating_add(POSTGRES_EPOCH_US),
        tolerance_us: span_us(&given(tolerance, "tolerance")?),
    })
}

/// `webhook_sign(payload, secret[, at])`: what `webhook_verify` takes for this payload.
///
/// Errors: any NULL, 22004; an empty secret, an infinite time, 22023.
#[pg_extern(sql = r#"
CREATE FUNCTION webhook_sign(
    payload bytea, secret text, at timestamptz DEFAULT pg_catalog.clock_timestamp(),
    OUT signature text, OUT "timestamp" text
) RETURNS record
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
"#)]
fn webhook_sign(
    payload: Option<&[u8]>,
    secret: Option<Text<'_>>,
    at: Option<TimestampWithTimeZone>,
) -> Answer<Record> {
    let secret = required(secret, "secret")?;
    let at = given(at, "at")?;
    if at.is_infinity() || at.is_neg_infinity() {
        return Err(Error::InfiniteTime.into());
    }
    let at_us = i64::from(at).saturating_add(POSTGRES_EPOCH_US);
    let payload = given(payload, "payload")?;
    let (signature, timestamp) = webhook::sign(payload, &secret, at_us).map_err(Error::from)?;
    Ok(SIGNED.with(|row| row.row(&[signature.into_datum(), timestamp.into_datum()])))
}

/// `webhook_receive(endpoint, headers, payload[, url, method])`: verifies a request, and stores that it was seen in the
/// caller's transaction. A concurrent duplicate waits for the first.
///
/// Errors: none for what a sender can send. A stored secret that does not open, 22000; no encryption key, or keys that
/// differ from the pin, 55000.
#[pg_extern(sql = r#"
CREATE FUNCTION webhook_receive(
    endpoint text, headers jsonb, payload bytea, url text DEFAULT NULL, method text DEFAULT 'POST',
    OUT accepted boolean, OUT reason text, OUT id text, OUT event_at timestamptz
) RETURNS record
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
"#)]
fn webhook_receive(
    endpoint: Option<Text<'_>>,
    headers: Option<Jsonb>,
    payload: Option<&[u8]>,
    url: Option<Text<'_>>,
    method: Option<Text<'_>>,
) -> Answer<Record> {
    let answer = receive::receive(&Received {
        endpoint,
        headers,
        payload,
        url,
        method,
    })?;
    let values = [
        answer.is_accepted().into_datum(),
        answer.reason.as_str().into_datum(),
        answer
            .id
            .and_then(|id| RawText::utf8(id.as_bytes()).ok())
            .into_datum(),
        answer.event_at_us.and_then(to_timestamp).into_datum(),
    ];
    Ok(RECEIVED.with(|row| row.row(&values)))
}

/// `phone_crypt.webhook_seal(scheme, endpoint, secret, is_public)`: the secret as it is stored.
///
/// Errors: any NULL, 22004; a bad name, an unknown scheme, no key of it, a shared secret as a public key, 22023; no
/// encryption key, or keys that differ from the pin, 55000.
#[pg_extern(schema = "phone_crypt", volatile, parallel_unsafe)]
fn webhook_seal(
    scheme: Option<Text<'_>>,
    endpoint: Option<Text<'_>>,
    secret: Option<Text<'_>>,
    is_public: Option<bool>,
) -> Answer<TextOut> {
    let value = secret::seal(
        &required(scheme, "scheme")?,
        &required(endpoint, "name")?,
        &required(secret, "secret")?,
        given(is_public, "is_public")?,
    )?;
    Ok(TextOut::ascii(&value))
}

/// `phone_crypt.webhook_reseal(scheme, endpoint, value)`: a stored secret under the primary key; NULL where it is under it
/// already.
///
/// Errors: any NULL, 22004; not a value, 22P02; not authentic, 22000; its key is not configured, or keys that differ from
/// the pin, 55000.
#[pg_extern(schema = "phone_crypt", volatile, parallel_unsafe)]
fn webhook_reseal(
    scheme: Option<Text<'_>>,
    endpoint: Option<Text<'_>>,
    value: Option<Text<'_>>,
) -> Answer<Option<TextOut>> {
    let value = given(value, "value")?;
    let scheme = required(scheme, "scheme")?;
    let moved = secret::reseal(&scheme, &required(endpoint, "name")?, value.bytes())?;
    Ok(moved.map(|value| TextOut::ascii(&value)))
}

/// `phone_crypt.webhook_signs_time(scheme)`: whether a scheme signs a time.
///
/// Errors: NULL, 22004; an unknown scheme, 22023.
#[pg_extern(schema = "phone_crypt", immutable, parallel_safe)]
fn webhook_signs_time(scheme: Option<Text<'_>>) -> Answer<bool> {
    let scheme = webhook::find(&required(scheme, "scheme")?).map_err(Error::from)?;
    Ok(scheme.signs_time())
}

/// `phone_crypt.webhook_outcomes()`: how requests were answered since the server started.
#[pg_extern(schema = "phone_crypt", volatile, parallel_unsafe)]
fn webhook_outcomes() -> TableIterator<
    'static,
    (
        name!(endpoint, Option<RawText>),
        name!(reason, RawText),
        name!(count, i64),
    ),
> {
    let mut all = endpoints::all();
    all.push((stats::NO_ENDPOINT, String::new()));
    let rows = all.into_iter().flat_map(|(id, name)| {
        let name = (id != stats::NO_ENDPOINT).then_some(name);
        let counts = stats::counts(id);
        let belongs = move |reason: &stats::Reason| reason.is_of(id);
        let reasons = stats::REASONS.into_iter().zip(counts);
        reasons
            .filter(move |(reason, _)| belongs(reason))
            .map(move |(reason, count)| {
                let name = name.as_ref().map(|name| RawText(name.clone().into_bytes()));
                let reason = RawText(reason.as_str().as_bytes().to_vec());
                (name, reason, i64::try_from(count).unwrap_or(i64::MAX))
            })
    });
    TableIterator::new(rows.collect::<Vec<_>>())
}
