//! `plivo-v3`, for calls: `X-Plivo-Signature-V3` and its nonce (plivo.com/docs, "Validating requests", and the SDKs).
//!
//! Base64 HMAC-SHA256 of the URL without its query; `?` and the sorted query if there is one or the body has parameters;
//! `.` between the two; the sorted names and values of the body; `.` and the nonce. Of a GET request all parameters are
//! the query's. No time is signed.

use std::borrow::Cow;

use super::plivo;
use crate::webhook::form;
use crate::webhook::outcome::Reason;
use crate::webhook::proof::{Hash, Proof, Text};
use crate::webhook::request::Request;
use crate::webhook::scheme::Scheme;
use crate::webhook::signed::{Signed, SignedTimes, dotless_id, part};
use crate::webhook::url;

/// The scheme.
pub struct PlivoV3;

impl Scheme for PlivoV3 {
    fn name(&self) -> &'static str {
        "plivo-v3"
    }

    fn signs_time(&self) -> bool {
        false
    }

    fn read<'a>(&self, request: &Request<'a>) -> Result<Signed<'a>, Reason> {
        let names = ["X-Plivo-Signature-V3", "X-Plivo-Signature-Ma-V3"];
        let signatures = plivo::signatures(request.headers, names)?;
        let nonce = dotless_id(request.headers.one("X-Plivo-Signature-V3-Nonce")?)?;
        let called = request.signed_url()?;
        let parts = vec![
            part(url::without_query(called)),
            Cow::Owned(signed_parameters(called, request)),
            part("."),
            part(nonce),
        ];
        let proof = Proof::Hmac(Hash::Sha256, Text::Base64);
        let signed = Signed::new(SignedTimes::default(), parts, proof, signatures);
        Ok(signed.with_id(nonce))
    }
}

fn signed_parameters(called: &str, request: &Request<'_>) -> Vec<u8> {
    let mut query = sorted(url::query(called).as_bytes());
    let mut body = sorted(request.payload);
    if request.is_get() {
        query.append(&mut body);
        query.sort();
    }
    let mut text = Vec::new();
    if !query.is_empty() || !body.is_empty() {
        text.push(b'?');
    }
    let pairs: Vec<_> = query
        .into_iter()
        .map(|(name, value)| [name, value].join(&b'='))
        .collect();
    text.extend(pairs.join(&b'&'));
    if !pairs.is_empty() && !body.is_empty() {
        text.push(b'.');
    }
    text.extend(
        body.into_iter()
            .flat_map(|(name, value)| [name, value].concat()),
    );
    text
}

fn sorted(text: &[u8]) -> Vec<form::Parameter> {
    let mut parameters: Vec<_> = form::parameters(text).collect();
    parameters.sort();
    parameters
}
