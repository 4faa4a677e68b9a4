//! `phone-agent`: the legacy web application's own scheme.
//!
//! `Resend-Signature` is the hex HMAC-SHA256 of `timestamp.payload`, `Resend-Timestamp` the time in seconds.

use std::borrow::Cow;

use crate::webhook::error::KeyError;
use crate::webhook::outcome::Reason;
use crate::webhook::proof::{Hash, Proof, Text, hex_text};
use crate::webhook::request::Request;
use crate::webhook::scheme::Scheme;
use crate::webhook::signed::{Signed, SignedTimes, part};
use crate::webhook::time::{Window, seconds};

const PROOF: Proof = Proof::Hmac(Hash::Sha256, Text::Hex);

/// The scheme.
pub struct PhoneAgent;

impl Scheme for PhoneAgent {
    fn name(&self) -> &'static str {
        "phone-agent"
    }

    fn signs_time(&self) -> bool {
        true
    }

    fn read<'a>(&self, request: &Request<'a>) -> Result<Signed<'a>, Reason> {
        let signatures = request.headers.signatures("Resend-Signature")?;
        let timestamp = request.headers.one("Resend-Timestamp")?;
        let times = SignedTimes::at(seconds(timestamp)?);
        Ok(Signed::new(
            times,
            parts(timestamp, request.payload),
            PROOF,
            signatures,
        ))
    }
}

fn parts<'a>(timestamp: &'a str, payload: &'a [u8]) -> Vec<Cow<'a, [u8]>> {
    vec![part(timestamp), part("."), Cow::Borrowed(payload)]
}

/// Whether `signature` is that of the payload at `timestamp`, and `timestamp` within the window. False, whatever a
/// sender puts in, and for an empty secret.
#[must_use]
pub fn verify_signature(
    payload: &[u8],
    signature: &str,
    timestamp: &str,
    secret: &str,
    window: Window,
) -> bool {
    let (Ok(key), Ok(signed_at_us)) = (PhoneAgent.key(secret), seconds(timestamp)) else {
        return false;
    };
    let check = PROOF.prepare(&key, &parts(timestamp, payload));
    let is_signed = check.is_some_and(|check| check.accepts(signature));
    is_signed && window.judge(&SignedTimes::at(signed_at_us)) == Reason::Ok
}

/// The signature and the timestamp of a payload that is sent at `at_us` (microseconds since 1970; the timestamp has
/// whole seconds, and none before 1970).
///
/// # Errors
/// [`KeyError::Empty`] for an empty secret.
pub fn sign(payload: &[u8], secret: &str, at_us: i64) -> Result<(String, String), KeyError> {
    if secret.is_empty() {
        return Err(KeyError::Empty);
    }
    let timestamp = (at_us.max(0) / 1_000_000).to_string();
    let mac = Hash::Sha256.hmac(secret.as_bytes(), &parts(&timestamp, payload));
    Ok((hex_text(&mac), timestamp))
}
