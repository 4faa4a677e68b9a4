//! JSON Web Tokens signed with an HMAC (RFC 7515, RFC 7518 §3.2, RFC 7519), as two providers use them.
//!
//! A scheme says which algorithms are its own, and an HMAC they all are: `none`, and RS256 with the public key as an
//! HMAC secret, are how tokens were forged (RFC 8725 §2.1).

use serde_json::Value;

use super::base64;
use super::json::Object;
use super::outcome::Reason;
use super::proof::{Hash, Proof, Text};
use super::signed::delimited_id;
use super::time::SECOND_US;

/// The name of an algorithm, and the hash function of its HMAC.
pub type Algorithm = (&'static str, Hash);

/// HMAC with SHA-256.
pub const HS256: Algorithm = ("HS256", Hash::Sha256);

/// HMAC with SHA-384.
pub const HS384: Algorithm = ("HS384", Hash::Sha384);

/// HMAC with SHA-512.
pub const HS512: Algorithm = ("HS512", Hash::Sha512);

/// A token that has been read, not yet verified.
pub struct Jwt<'a> {
    /// What is signed: header and claims as they stand.
    pub signing_input: &'a str,
    /// The signature, in base64url.
    pub signature: &'a str,
    /// How it was made.
    pub proof: Proof,
    /// The claims.
    pub claims: Object,
}

impl<'a> Jwt<'a> {
    /// Reads a token in compact form.
    ///
    /// Malformed: not three parts of base64url with JSON objects in the first two, or an extension that must be
    /// understood (`crit`). Signature: an algorithm that is not among those of the scheme.
    pub fn parse(token: &'a str, algorithms: &[Algorithm]) -> Result<Jwt<'a>, Reason> {
        let (signing_input, signature) = token.rsplit_once('.').ok_or(Reason::Malformed)?;
        let (header, claims) = signing_input.split_once('.').ok_or(Reason::Malformed)?;
        let header = object(header)?;
        if header.get("crit").is_some() {
            return Err(Reason::Malformed);
        }
        let named = |algorithm: &&Algorithm| header.text("alg") == Some(algorithm.0);
        let (_, hash) = algorithms.iter().find(named).ok_or(Reason::Signature)?;
        Ok(Jwt {
            signing_input,
            signature,
            proof: Proof::Hmac(*hash, Text::Base64Url),
            claims: object(claims)?,
        })
    }

    /// The token's own id (`jti`), if it has one.
    pub fn id(&self) -> Result<Option<String>, Reason> {
        match self.claims.get("jti") {
            None => Ok(None),
            Some(Value::String(id)) => Ok(Some(delimited_id(id)?.to_owned())),
            Some(_) => Err(Reason::Malformed),
        }
    }

    /// A time among the claims (NumericDate: seconds since 1970, perhaps with a fraction), in microseconds.
    pub fn time(&self, claim: &str) -> Result<Option<i64>, Reason> {
        let Some(value) = self.claims.get(claim) else {
            return Ok(None);
        };
        let us = match value.as_u64() {
            Some(seconds) => i64::try_from(seconds)
                .ok()
                .and_then(|s| s.checked_mul(SECOND_US)),
            None => value
                .as_f64()
                .map(|seconds| seconds * 1e6)
                .and_then(whole_microseconds),
        };
        us.map(Some).ok_or(Reason::Malformed)
    }
}

/// None for what is negative, and for what 64 bits cannot hold.
fn whole_microseconds(us: f64) -> Option<i64> {
    (0.0..9.2e18).contains(&us).then_some(us as i64)
}

fn object(part: &str) -> Result<Object, Reason> {
    let json = base64::decode_url(part).ok_or(Reason::Malformed)?;
    Object::parse(&json).ok_or(Reason::Malformed)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::borrow::Cow;

    use serde_json::Value;

    use super::{HS256, Jwt};
    use crate::webhook::key::Key;

    /// Vonage publishes a token without the body that it was for, so only its signature can be checked.
    #[test]
    fn the_token_that_vonage_publishes() {
        let vectors = include_str!("../../tests/vectors/webhook_vectors.json");
        let vectors: Vec<Value> = serde_json::from_str(vectors).unwrap();
        let vector = vectors
            .iter()
            .find(|vector| vector["scheme"] == "vonage-jwt");
        let field = |name: &str| vector.unwrap()[name].as_str().unwrap();
        let token = [field("signing_input"), field("signature")].join(".");
        let jwt = Jwt::parse(&token, &[HS256]).unwrap();
        assert_eq!(jwt.time("iat"), Ok(Some(1_587_494_962_000_000)));
        let key = Key::text(field("secret")).unwrap();
        let parts = [Cow::Borrowed(jwt.signing_input.as_bytes())];
        let check = jwt.proof.prepare(&key, &parts).unwrap();
        assert!(check.accepts(jwt.signature));
        assert!(!check.accepts(&jwt.signature.to_uppercase()));
    }
}
