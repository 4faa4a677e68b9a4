//! `standard`: Standard Webhooks 1.0.0 (standardwebhooks.com), as Svix, Resend and OpenAI send them.
//!
//! `webhook-signature` is a list of `v1,<base64>` (HMAC-SHA256, secrets are `whsec_` and base64) and `v1a,<base64>`
//! (Ed25519, public keys are `whpk_` and base64) over `id.timestamp.body`. Svix names its headers `svix-…`.

use std::borrow::Cow;

use crate::webhook::error::KeyError;
use crate::webhook::headers::Headers;
use crate::webhook::key::Key;
use crate::webhook::outcome::Reason;
use crate::webhook::proof::{Hash, Proof, Text};
use crate::webhook::request::Request;
use crate::webhook::scheme::Scheme;
use crate::webhook::signed::{Reading, Signed, SignedTimes, borrowed, dotless_id, part};
use crate::webhook::time::seconds;

const VERSIONS: [(&str, Proof); 2] = [
    ("v1,", Proof::Hmac(Hash::Sha256, Text::Base64)),
    ("v1a,", Proof::Ed25519),
];

/// Names of the headers: id, timestamp, signature.
const NAMES: [[&str; 3]; 2] = [
    ["webhook-id", "webhook-timestamp", "webhook-signature"],
    ["svix-id", "svix-timestamp", "svix-signature"],
];

/// The scheme.
pub struct Standard;

impl Scheme for Standard {
    fn name(&self) -> &'static str {
        "standard"
    }

    fn signs_time(&self) -> bool {
        true
    }

    fn key(&self, secret: &str) -> Result<Key, KeyError> {
        if let Some(public_key) = secret.strip_prefix("whpk_") {
            return Key::ed25519(public_key);
        }
        if secret.starts_with("whsk_") {
            return Err(KeyError::PrivateKey);
        }
        Key::base64(secret.strip_prefix("whsec_").unwrap_or(secret))
    }

    fn read<'a>(&self, request: &Request<'a>) -> Result<Signed<'a>, Reason> {
        let ([id, timestamp, _], signatures) = names_and_signatures(request.headers)?;
        let id = dotless_id(request.headers.one(id)?)?;
        let timestamp = request.headers.one(timestamp)?;
        let times = SignedTimes::at(seconds(timestamp)?);
        let all: Vec<&str> = signatures
            .into_iter()
            .flat_map(|list| list.split(' '))
            .collect();
        let readings = VERSIONS.map(|(version, proof)| Reading {
            parts: vec![
                part(id),
                part("."),
                part(timestamp),
                part("."),
                Cow::Borrowed(request.payload),
            ],
            proof,
            signatures: borrowed(
                all.iter()
                    .filter_map(|signature| signature.strip_prefix(version)),
            ),
        });
        Ok(Signed {
            id: Some(Cow::Borrowed(id)),
            times,
            readings: readings.into(),
        })
    }
}

/// Which names are used, and what the signature header has. Where both are sent, Svix sends the same in both.
fn names_and_signatures<'a>(
    headers: &Headers<'a>,
) -> Result<([&'static str; 3], Vec<&'a str>), Reason> {
    for names in NAMES {
        match headers.signatures(names[2]) {
            Err(Reason::NoSignature) => {}
            signatures => return Ok((names, signatures?)),
        }
    }
    Err(Reason::NoSignature)
}
