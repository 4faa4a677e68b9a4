//! `sinch-application`, for voice and verification: `Authorization: application <key>:<signature>`
//! (developers.sinch.com, "Callback Request Signing").
//!
//! Base64 HMAC-SHA256, under the base64-decoded secret, of method, base64 MD5 of the body, content type,
//! `x-timestamp:` and that header, and the path, with a line feed between each. Voice 2.0 says `service` for
//! `application`.

use md5::{Digest, Md5};

use crate::webhook::base64;
use crate::webhook::error::KeyError;
use crate::webhook::key::Key;
use crate::webhook::outcome::Reason;
use crate::webhook::proof::{Hash, Proof, Text};
use crate::webhook::request::Request;
use crate::webhook::scheme::Scheme;
use crate::webhook::signed::{Signed, SignedTimes};
use crate::webhook::time;
use crate::webhook::url;

use std::borrow::Cow;

/// The scheme.
pub struct SinchApplication;

impl Scheme for SinchApplication {
    fn name(&self) -> &'static str {
        "sinch-application"
    }

    fn signs_time(&self) -> bool {
        true
    }

    fn key(&self, secret: &str) -> Result<Key, KeyError> {
        Key::base64(secret)
    }

    fn read<'a>(&self, request: &Request<'a>) -> Result<Signed<'a>, Reason> {
        let signature = signature(request)?;
        let timestamp = request.headers.one("x-timestamp")?;
        let content_type = request.headers.one("Content-Type")?;
        let text = format!(
            "{}\n{}\n{content_type}\nx-timestamp:{timestamp}\n{}",
            request.method.to_ascii_uppercase(),
            base64::encode(&Md5::digest(request.payload)),
            url::path(request.signed_url()?),
        );
        Ok(Signed::new(
            SignedTimes::at(time::rfc3339(timestamp)?),
            vec![Cow::Owned(text.into_bytes())],
            Proof::Hmac(Hash::Sha256, Text::Base64),
            vec![signature],
        ))
    }
}

/// Another kind of authorization is no signature.
fn signature<'a>(request: &Request<'a>) -> Result<&'a str, Reason> {
    let authorization = request.headers.at_most_one("Authorization")?;
    let (kind, credentials) = authorization
        .and_then(|value| value.split_once(' '))
        .ok_or(Reason::NoSignature)?;
    if !["application", "service"]
        .iter()
        .any(|name| kind.eq_ignore_ascii_case(name))
    {
        return Err(Reason::NoSignature);
    }
    let (_, signature) = credentials.split_once(':').ok_or(Reason::Malformed)?;
    if signature.is_empty() {
        return Err(Reason::NoSignature);
    }
    Ok(signature)
}
