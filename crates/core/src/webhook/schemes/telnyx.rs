//! `telnyx`: `telnyx-signature-ed25519` is the base64 Ed25519 signature of `timestamp|body`, `telnyx-timestamp` the time
//! in seconds (developers.telnyx.com, and the SDKs).
//!
//! The key is public. Snippets that make an HMAC with it let anyone sign; this checks a signature.

use std::borrow::Cow;

use crate::webhook::error::KeyError;
use crate::webhook::key::Key;
use crate::webhook::outcome::Reason;
use crate::webhook::proof::Proof;
use crate::webhook::request::Request;
use crate::webhook::scheme::Scheme;
use crate::webhook::signed::{Signed, SignedTimes, part};
use crate::webhook::time::seconds;

/// The scheme.
pub struct Telnyx;

impl Scheme for Telnyx {
    fn name(&self) -> &'static str {
        "telnyx"
    }

    fn signs_time(&self) -> bool {
        true
    }

    fn key(&self, public_key: &str) -> Result<Key, KeyError> {
        Key::ed25519(public_key)
    }

    fn read<'a>(&self, request: &Request<'a>) -> Result<Signed<'a>, Reason> {
        let signatures = request.headers.signatures("telnyx-signature-ed25519")?;
        let timestamp = request.headers.one("telnyx-timestamp")?;
        let times = SignedTimes::at(seconds(timestamp)?);
        let parts = vec![part(timestamp), part("|"), Cow::Borrowed(request.payload)];
        Ok(Signed::new(times, parts, Proof::Ed25519, signatures))
    }
}
