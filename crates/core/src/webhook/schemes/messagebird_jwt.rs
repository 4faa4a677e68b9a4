//! `messagebird-jwt`: `MessageBird-Signature-JWT`, signed with HS256, HS384 or HS512 (developers.messagebird.com, "Verify HTTP requests",
//! and the SDKs).
//!
//! `url_hash` is the hex SHA-256 of the URL, `payload_hash` that of the body; it is missing exactly if there is no body.
//! `nbf` is the time, `exp` the end, `jti` the id, `iss` is MessageBird.

use super::payload_hash::is_sha256_of;
use crate::webhook::jwt::{HS256, HS384, HS512, Jwt};
use crate::webhook::outcome::Reason;
use crate::webhook::request::Request;
use crate::webhook::scheme::Scheme;
use crate::webhook::signed::{Signed, SignedTimes, part};

/// The scheme.
pub struct MessageBirdJwt;

impl Scheme for MessageBirdJwt {
    fn name(&self) -> &'static str {
        "messagebird-jwt"
    }

    fn signs_time(&self) -> bool {
        true
    }

    fn read<'a>(&self, request: &Request<'a>) -> Result<Signed<'a>, Reason> {
        let header = request.headers.at_most_one("MessageBird-Signature-JWT")?;
        let token = header
            .filter(|token| !token.is_empty())
            .ok_or(Reason::NoSignature)?;
        let jwt = Jwt::parse(token, &[HS256, HS384, HS512])?;
        if jwt.claims.text("iss") != Some("MessageBird") || !covers(&jwt, request)? {
            return Err(Reason::Signature);
        }
        let not_before_us = jwt.time("nbf")?.ok_or(Reason::Malformed)?;
        let times = SignedTimes {
            signed_at_us: Some(jwt.time("iat")?.unwrap_or(not_before_us)),
            not_before_us: Some(not_before_us),
            expires_us: Some(jwt.time("exp")?.ok_or(Reason::Malformed)?),
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

/// Whether the hashes in the token are those of this URL and this body.
fn covers(jwt: &Jwt<'_>, request: &Request<'_>) -> Result<bool, Reason> {
    let url = request.signed_url()?;
    let is_hash = |claim: &str, bytes: &[u8]| {
        let hash = jwt.claims.text(claim);
        hash.is_some_and(|hash| is_sha256_of(hash.as_bytes(), bytes))
    };
    let is_payload = match request.payload {
        [] => jwt.claims.get("payload_hash").is_none(),
        payload => is_hash("payload_hash", payload),
    };
    Ok(is_payload && is_hash("url_hash", url.as_bytes()))
}
