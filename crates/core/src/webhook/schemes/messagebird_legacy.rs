//! `messagebird-legacy`: `messagebird-signature` is the base64 HMAC-SHA256 of `messagebird-request-timestamp`, the query
//! sorted by name, and the SHA-256 of the body as bytes, with a line feed between each (the deprecated request signing of
//! MessageBird's libraries).
//!
//! The libraries sign the query decoded and encoded again, with a space in `statusDatetime` for the `+` that it was;
//! where that differs from the query as received, either may have been signed.

use std::borrow::Cow;

use sha2::{Digest, Sha256};

use crate::webhook::form;
use crate::webhook::outcome::Reason;
use crate::webhook::proof::{Hash, Proof, Text};
use crate::webhook::request::Request;
use crate::webhook::scheme::Scheme;
use crate::webhook::signed::{Reading, Signed, SignedTimes, borrowed, part};
use crate::webhook::time::seconds;
use crate::webhook::url;

/// The scheme.
pub struct MessageBirdLegacy;

impl Scheme for MessageBirdLegacy {
    fn name(&self) -> &'static str {
        "messagebird-legacy"
    }

    fn signs_time(&self) -> bool {
        true
    }

    fn read<'a>(&self, request: &Request<'a>) -> Result<Signed<'a>, Reason> {
        let signatures = request.headers.signatures("messagebird-signature")?;
        let timestamp = request.headers.one("messagebird-request-timestamp")?;
        let query = url::query(request.url.unwrap_or_default()).as_bytes();
        let body_hash = Sha256::digest(request.payload).to_vec();
        let readings =
            [sorted_and_encoded(query), sorted_as_received(query)].map(|query| Reading {
                parts: vec![
                    part(timestamp),
                    part("\n"),
                    Cow::Owned(query),
                    part("\n"),
                    Cow::Owned(body_hash.clone()),
                ],
                proof: Proof::Hmac(Hash::Sha256, Text::Base64),
                signatures: borrowed(signatures.iter().copied()),
            });
        Ok(Signed {
            id: None,
            times: SignedTimes::at(seconds(timestamp)?),
            readings: readings.into(),
        })
    }
}

fn sorted_and_encoded(query: &[u8]) -> Vec<u8> {
    let mut parameters: Vec<_> = form::parameters(query).collect();
    parameters.sort_by(|(left, _), (right, _)| left.cmp(right));
    let pairs = parameters.into_iter().map(|(name, mut value)| {
        if name == b"statusDatetime" {
            value
                .iter_mut()
                .filter(|byte| **byte == b' ')
                .for_each(|byte| *byte = b'+');
        }
        let mut pair = Vec::new();
        form::encode(&name, &mut pair);
        pair.push(b'=');
        form::encode(&value, &mut pair);
        pair
    });
    pairs.collect::<Vec<_>>().join(&b'&')
}

fn sorted_as_received(query: &[u8]) -> Vec<u8> {
    let mut parameters: Vec<_> = form::raw_parameters(query).collect();
    parameters.sort_by_key(|(name, _)| *name);
    let pairs = parameters
        .into_iter()
        .map(|(name, value)| [name, value].join(&b'='));
    pairs.collect::<Vec<_>>().join(&b'&')
}
