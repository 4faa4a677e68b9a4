//! `vonage-sms`: the parameter `sig` (developer.vonage.com, "Signing messages", and the SDKs).
//!
//! The parameters without `sig`, sorted by name, each as `&name=value` with `&` and `=` in the value replaced by `_`;
//! then the hex HMAC of that, or the MD5 of it and the secret. Which of MD5, SHA-1, SHA-256 and SHA-512 the account is
//! set to shows in the length. `timestamp` is the time in seconds.
//!
//! Parameters come in the body, as a form or as a JSON object, or else in the query.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;

use crate::webhook::form;
use crate::webhook::json::Object;
use crate::webhook::outcome::Reason;
use crate::webhook::proof::{Hash, Proof, Text};
use crate::webhook::request::Request;
use crate::webhook::scheme::Scheme;
use crate::webhook::signed::{Reading, Signed, SignedTimes};
use crate::webhook::time::seconds;
use crate::webhook::url;

const PROOFS: [Proof; 5] = [
    Proof::Hmac(Hash::Sha256, Text::HexOneCase),
    Proof::Hmac(Hash::Sha512, Text::HexOneCase),
    Proof::Hmac(Hash::Sha1, Text::HexOneCase),
    Proof::Hmac(Hash::Md5, Text::HexOneCase),
    Proof::Md5Suffix,
];

type Parameters = BTreeMap<Vec<u8>, Vec<u8>>;

/// The scheme.
pub struct VonageSms;

impl Scheme for VonageSms {
    fn name(&self) -> &'static str {
        "vonage-sms"
    }

    fn signs_time(&self) -> bool {
        true
    }

    fn read<'a>(&self, request: &Request<'a>) -> Result<Signed<'a>, Reason> {
        let mut parameters = parameters(request)?;
        let signature = parameters
            .remove(&b"sig"[..])
            .filter(|signature| !signature.is_empty());
        let signature = signature.ok_or(Reason::NoSignature)?;
        let timestamp = parameters.get(&b"timestamp"[..]).ok_or(Reason::Malformed)?;
        let timestamp = std::str::from_utf8(timestamp).map_err(|_| Reason::Malformed)?;
        let times = SignedTimes::at(seconds(timestamp)?);
        let signature = String::from_utf8(signature).map_err(|_| Reason::Malformed)?;
        let signed = signed_text(&parameters);
        let readings = PROOFS.map(|proof| Reading {
            parts: vec![Cow::Owned(signed.clone())],
            proof,
            signatures: vec![Cow::Owned(signature.clone())],
        });
        Ok(Signed {
            id: None,
            times,
            readings: readings.into(),
        })
    }
}

fn parameters(request: &Request<'_>) -> Result<Parameters, Reason> {
    let query = url::query(request.url.unwrap_or_default());
    let pairs = match request.payload {
        [] => form::parameters(query.as_bytes()).collect(),
        _ if request.is_get() => return Err(Reason::Malformed),
        [b'{', ..] => json_parameters(request.payload)?,
        payload => form::parameters(payload).collect::<Vec<_>>(),
    };
    let mut parameters = Parameters::new();
    for (name, value) in pairs {
        // With these in a name, one parameter reads like two.
        let is_ambiguous = name.iter().any(|byte| matches!(byte, b'&' | b'='));
        if is_ambiguous || parameters.insert(name, value).is_some() {
            return Err(Reason::Malformed);
        }
    }
    Ok(parameters)
}

fn json_parameters(payload: &[u8]) -> Result<Vec<form::Parameter>, Reason> {
    let object = Object::parse(payload).ok_or(Reason::Malformed)?;
    let pairs = object.into_members().map(|(name, value)| {
        let value = match value {
            Value::String(text) => text,
            Value::Number(number) => number.to_string(),
            Value::Bool(truth) => truth.to_string(),
            Value::Null | Value::Array(_) | Value::Object(_) => return Err(Reason::Malformed),
        };
        Ok((name.into_bytes(), value.into_bytes()))
    });
    pairs.collect()
}

fn signed_text(parameters: &Parameters) -> Vec<u8> {
    let mut text = Vec::new();
    for (name, value) in parameters {
        text.push(b'&');
        text.extend_from_slice(name);
        text.push(b'=');
        text.extend(value.iter().map(|byte| match byte {
            b'&' | b'=' => b'_',
            byte => *byte,
        }));
    }
    text
}
