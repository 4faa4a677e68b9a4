//! `vonage-jwt`: `Authorization: Bearer` and a JWT signed with HS256 (developer.vonage.com, "Decoding signed webhooks").
//!
//! `payload_hash` is the hex SHA-256 of the body; of a GET request, that of its query as a JSON object in the order
//! received (Vonage support, "How do I verify that the Voice API Webhook request … has not been tampered"). `iat` is the
//! time, `jti` the id.

use std::borrow::Cow;

use super::payload_hash::is_sha256_of;
use crate::webhook::form;
use crate::webhook::jwt::{HS256, Jwt};
use crate::webhook::outcome::Reason;
use crate::webhook::request::Request;
use crate::webhook::scheme::Scheme;
use crate::webhook::signed::{Signed, SignedTimes, part};
use crate::webhook::url;

/// The scheme.
pub struct VonageJwt;

impl Scheme for VonageJwt {
    fn name(&self) -> &'static str {
        "vonage-jwt"
    }

    fn signs_time(&self) -> bool {
        true
    }

    fn read<'a>(&self, request: &Request<'a>) -> Result<Signed<'a>, Reason> {
        let jwt = Jwt::parse(bearer_token(request)?, &[HS256])?;
        let hash = jwt.claims.text("payload_hash").ok_or(Reason::Signature)?;
        if !is_sha256_of(hash.as_bytes(), &hashed_payload(request)) {
            return Err(Reason::Signature);
        }
        let times = SignedTimes {
            signed_at_us: Some(jwt.time("iat")?.ok_or(Reason::Malformed)?),
            not_before_us: jwt.time("nbf")?,
            expires_us: jwt.time("exp")?,
        };
        let signed = Signed::new(
            times,
            vec![part(jwt.signing_input)],
            jwt.proof,
            vec![jwt.signature],
        );
        Ok(match jwt.id()? {
            Some(id) => signed.with_id(id),
            None => signed,
        })
    }
}

/// The token. Another kind of authorization is no signature.
fn bearer_token<'a>(request: &Request<'a>) -> Result<&'a str, Reason> {
    let authorization = request.headers.at_most_one("Authorization")?;
    let (kind, token) = authorization
        .and_then(|value| value.split_once(' '))
        .ok_or(Reason::NoSignature)?;
    if kind.eq_ignore_ascii_case("Bearer") && !token.is_empty() {
        Ok(token)
    } else {
        Err(Reason::NoSignature)
    }
}

fn hashed_payload<'a>(request: &Request<'a>) -> Cow<'a, [u8]> {
    let query = url::query(request.url.unwrap_or_default());
    if request.is_get() && request.payload.is_empty() && !query.is_empty() {
        Cow::Owned(as_json(query).into_bytes())
    } else {
        Cow::Borrowed(request.payload)
    }
}

/// The parameters as JavaScript's `JSON.stringify` writes an object.
fn as_json(query: &str) -> String {
    let text =
        |bytes: Vec<u8>| serde_json::Value::from(String::from_utf8_lossy(&bytes)).to_string();
    let members = form::parameters(query.as_bytes());
    let members = members.map(|(name, value)| format!("{}:{}", text(name), text(value)));
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}
