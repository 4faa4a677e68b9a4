//! The verification that all schemes share.

use sha2::{Digest, Sha256};

use super::key::Key;
use super::outcome::{Message, Outcome, Reason, ReplayKey};
use super::request::Request;
use super::scheme::Scheme;
use super::signed::{MAX_SIGNATURES, Reading, Signed};
use super::time::Window;

/// Whether a request is the provider's, and timely.
///
/// Any of the keys may have signed it: during a rotation two are live. The signature is checked before the times, so
/// that [`Reason::TooOld`] is said of the provider's own messages only.
#[must_use]
pub fn verify(scheme: &dyn Scheme, request: &Request<'_>, keys: &[Key], window: Window) -> Outcome {
    let signed = match scheme.read(request) {
        Ok(signed) => signed,
        Err(reason) => return Outcome::refused(reason),
    };
    let signatures = signed
        .readings
        .iter()
        .map(|reading| reading.signatures.len());
    match signatures.max() {
        None | Some(0) => return Outcome::refused(Reason::NoSignature),
        Some(count) if count > MAX_SIGNATURES => return Outcome::refused(Reason::Malformed),
        Some(_) => {}
    }
    let right = signed
        .readings
        .iter()
        .find(|reading| is_signed(reading, keys));
    match right {
        None => Outcome::refused(Reason::Signature),
        Some(reading) => Outcome {
            reason: window.judge(&signed.times),
            message: Some(message(&signed, reading)),
        },
    }
}

fn is_signed(reading: &Reading<'_>, keys: &[Key]) -> bool {
    let checks = keys
        .iter()
        .filter_map(|key| reading.proof.prepare(key, &reading.parts));
    checks.fold(false, |found, check| {
        let mut signatures = reading.signatures.iter();
        found | signatures.any(|signature| check.accepts(signature))
    })
}

fn message(signed: &Signed<'_>, reading: &Reading<'_>) -> Message {
    let replay_key = match &signed.id {
        Some(id) => ReplayKey::Id(id.clone().into_owned()),
        None => {
            let mut digest = Sha256::new();
            reading.parts.iter().for_each(|part| digest.update(part));
            ReplayKey::Signed(digest.finalize().into())
        }
    };
    Message {
        signed_at_us: signed.times.signed_at_us,
        replay_key,
    }
}
