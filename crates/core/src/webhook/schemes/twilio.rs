//! `twilio`: `X-Twilio-Signature` (twilio.com/docs/usage/webhooks/webhooks-security and the request validators of
//! twilio-node and twilio-python).
//!
//! Base64 HMAC-SHA1, under the auth token, of the URL as called, followed by each parameter of the form in byte order:
//! name and value, a repeated name once for each distinct value. For a JSON body only the URL is signed; its
//! `bodySHA256` is the hash of the body. Twilio signs the URL with or without a port, whatever it called.
//!
//! With a shared key, `X-Twilio-Webhooks-Signature-Settings: key=…,algorithm=HMAC_SHA256` names the algorithm.
//!
//! Nothing signed is a time or an id.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::payload_hash::is_sha256_of;
use crate::webhook::form;
use crate::webhook::headers::Headers;
use crate::webhook::outcome::Reason;
use crate::webhook::proof::{Hash, Proof, Text};
use crate::webhook::request::Request;
use crate::webhook::scheme::Scheme;
use crate::webhook::signed::{Reading, Signed, SignedTimes, borrowed};
use crate::webhook::url;

/// The scheme.
pub struct Twilio;

impl Scheme for Twilio {
    fn name(&self) -> &'static str {
        "twilio"
    }

    fn signs_time(&self) -> bool {
        false
    }

    fn read<'a>(&self, request: &Request<'a>) -> Result<Signed<'a>, Reason> {
        let signatures = request.headers.signatures("X-Twilio-Signature")?;
        let proof = Proof::Hmac(algorithm(request.headers)?, Text::Base64);
        let called = request.signed_url()?;
        let parameters = match body_hash(called)? {
            Some(hash) if is_sha256_of(&hash, request.payload) => Vec::new(),
            Some(_) => return Err(Reason::Signature),
            None => sorted_parameters(request.payload),
        };
        let readings = url::with_and_without_port(called).map(|url| Reading {
            parts: vec![Cow::Owned(url.into_bytes()), Cow::Owned(parameters.clone())],
            proof,
            signatures: borrowed(signatures.iter().copied()),
        });
        Ok(Signed {
            id: None,
            times: SignedTimes::default(),
            readings: readings.into(),
        })
    }
}

/// Without the header, or without an algorithm in it, it is HMAC-SHA1.
fn algorithm(headers: &Headers<'_>) -> Result<Hash, Reason> {
    let settings = headers.at_most_one("X-Twilio-Webhooks-Signature-Settings")?;
    let items = settings.unwrap_or_default().split(',');
    let items = items.filter_map(|item| item.trim().split_once('='));
    let mut algorithms = items.filter(|(name, _)| *name == "algorithm");
    match (algorithms.next(), algorithms.next()) {
        (None, _) | (Some((_, "HMAC_SHA1")), None) => Ok(Hash::Sha1),
        (Some((_, "HMAC_SHA256")), None) => Ok(Hash::Sha256),
        _ => Err(Reason::Malformed),
    }
}

/// The hash of the body that the URL carries.
fn body_hash(called: &str) -> Result<Option<Vec<u8>>, Reason> {
    let parameters = form::parameters(url::query(called).as_bytes());
    let mut hashes = parameters
        .filter(|(name, _)| name == b"bodySHA256")
        .map(|(_, hash)| hash);
    match (hashes.next(), hashes.next()) {
        (hash, None) => Ok(hash),
        _ => Err(Reason::Malformed),
    }
}

fn sorted_parameters(form_text: &[u8]) -> Vec<u8> {
    let distinct: BTreeSet<form::Parameter> = form::parameters(form_text).collect();
    let pairs = distinct.into_iter().flat_map(|(name, value)| [name, value]);
    pairs.flatten().collect()
}
