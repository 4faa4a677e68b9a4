//! A request that has come in: verified, then held against what was seen.

use phone_crypt_core::audit::Class;
use phone_crypt_core::crypto::primitives::hex;
use phone_crypt_core::webhook::{self, Headers, Message, ReplayKey, Window};
use std::borrow::Cow;

use super::cleanup::Cleanup;
use super::endpoints::{self, Endpoint};
use super::error::Result;
use super::seen::{self, Arrival};
use super::stats::{self, Reason};
use crate::audit::{self, Counted};
use crate::cipher;
use crate::pg::interval::POSTGRES_EPOCH_US;
use crate::pg::jsonb::{Field, Jsonb};
use crate::pg::process;
use crate::pg::text::Text;
use crate::worker::note_work;

/// How much longer than it could be accepted a message stays known, in microseconds: clocks of a server and its standby
/// differ.
const MARGIN_US: i64 = 60_000_000;

/// A request as a caller hands it over. None is NULL.
pub struct Received<'a> {
    pub endpoint: Option<Text<'a>>,
    pub headers: Option<Jsonb>,
    pub payload: Option<&'a [u8]>,
    pub url: Option<Text<'a>>,
    pub method: Option<Text<'a>>,
}

/// What became of it.
pub struct Answer {
    pub reason: Reason,
    /// The message's id, or what stands for it; only where the signature is right.
    pub id: Option<String>,
    /// The signed time, in microseconds since 1970.
    pub event_at_us: Option<i64>,
}

impl Answer {
    /// Whether the request is to be acted on.
    pub fn is_accepted(&self) -> bool {
        self.reason == Reason::Verified(webhook::Reason::Ok)
    }

    fn without_message(reason: Reason) -> Answer {
        Answer {
            reason,
            id: None,
            event_at_us: None,
        }
    }
}

/// Verifies a request and stores that it was seen.
///
/// Errors: a stored secret that does not open, 22000; no encryption key, keys that differ from the pin, or a table that is
/// missing, 55000. None for what a sender can send.
pub fn receive(received: &Received<'_>) -> Result<Answer> {
    let name = received.endpoint.map(Text::or_empty).unwrap_or_default();
    let Some(endpoint) = endpoints::find(&name) else {
        stats::count_unknown(endpoints::numbers);
        recorded(Reason::UnknownEndpoint);
        return Ok(Answer::without_message(Reason::UnknownEndpoint));
    };
    cipher::check_ring()?;
    let answer = answer(&endpoint, received)?;
    let existing = endpoints::numbers;
    stats::count(endpoint.id, &endpoint.outcomes, answer.reason, existing);
    recorded(answer.reason);
    Ok(answer)
}

/// Counts an outcome for the audit log.
fn recorded(reason: Reason) {
    let what = Counted {
        class: Class::Auth,
        event: "webhook",
        detail: Some(("outcome", reason.as_str())),
    };
    audit::count(&what, None);
}

fn answer(endpoint: &Endpoint, received: &Received<'_>) -> Result<Answer> {
    let malformed = || Answer::without_message(Reason::Verified(webhook::Reason::Malformed));
    let now = process::now();
    let keys = endpoint.live_keys(now)?;
    let url = received.url.map(Text::exact).transpose();
    let (Some(headers), Some(payload), Some(method), Ok(url)) =
        (received.headers, received.payload, received.method, url)
    else {
        return Ok(malformed());
    };
    let Some(fields) = fields(&headers) else {
        return Ok(malformed());
    };
    let pairs = fields
        .iter()
        .map(|(name, value)| (name.as_ref(), value.as_deref()));
    let headers = Headers::from_fields(pairs);
    let request = webhook::Request {
        headers: &headers,
        payload,
        url: url.as_deref(),
        method: &method.or_empty(),
    };
    let now_us = now.saturating_add(POSTGRES_EPOCH_US);
    let window = Window {
        now_us,
        tolerance_us: endpoint.tolerance_us,
    };
    let outcome = webhook::verify(endpoint.scheme, &request, keys, window);
    let is_timely = outcome.is_ok();
    let Some(message) = outcome.message else {
        return Ok(Answer::without_message(Reason::Verified(outcome.reason)));
    };
    let reason = match is_timely && !is_new(endpoint, &message, now)? {
        true => Reason::Replay,
        false => Reason::Verified(outcome.reason),
    };
    Ok(Answer {
        reason,
        event_at_us: message.signed_at_us,
        id: Some(id_of(message.replay_key)),
    })
}

fn is_new(endpoint: &Endpoint, message: &Message, now: i64) -> Result<bool> {
    let signed_at = message
        .signed_at_us
        .map_or(now, |at| at.saturating_sub(POSTGRES_EPOCH_US));
    // As long as it would be accepted, and as long as the endpoint wants it known.
    let acceptable_until = signed_at.saturating_add(endpoint.tolerance_us);
    let wanted_until = now.saturating_add(endpoint.replay_period_us);
    let arrival = Arrival {
        endpoint: endpoint.id,
        message: message.replay_key.digest(),
        expires_at: acceptable_until.max(wanted_until).saturating_add(MARGIN_US),
    };
    let is_new = seen::insert(&arrival)?;
    if is_new && !note_work(&Cleanup) {
        seen::delete_few_now_and_then(now)?;
    }
    Ok(is_new)
}

/// The id that was signed; where there is none, the digest of what was signed, in hex.
fn id_of(key: ReplayKey) -> String {
    match key {
        ReplayKey::Id(id) => id,
        key @ ReplayKey::Signed(_) => hex::text(&key.digest()),
    }
}

/// Names and values of headers as UTF-8; a value that is no text, or not UTF-8, is None.
type Fields<'a> = Vec<(Cow<'a, str>, Option<Cow<'a, str>>)>;

/// The headers; None where the jsonb is no object.
fn fields(headers: &Jsonb) -> Option<Fields<'_>> {
    let mut fields = Vec::new();
    let is_object = headers.each_field(|name, field| {
        // No header that a scheme asks for has a name that is not UTF-8.
        let Ok(name) = name.exact() else { return };
        match field {
            Field::Null => {}
            Field::Text(text) => fields.push((name, value(Some(text)))),
            Field::Array(elements) => {
                fields.extend(elements.into_iter().map(|it| (name.clone(), value(it))));
            }
            Field::Other => fields.push((name, None)),
        }
    });
    is_object.then_some(fields)
}

fn value(text: Option<Text<'_>>) -> Option<Cow<'_, str>> {
    text?.exact().ok()
}
